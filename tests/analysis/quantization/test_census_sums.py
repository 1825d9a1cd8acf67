"""Error sums of element formats from a census against a direct cast of every element, and against seeded draws."""

import math
from dataclasses import asdict
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.quantization.census_sums import (
    Distribution,
    distribution_of,
    element_sums,
    largest_of,
    scale_of,
)
from precisionlab.analysis.quantization.targets import Scale
from precisionlab.formats import ElementFormat, formats, round_to
from precisionlab.formats.catalogue import ENTRIES
from precisionlab.formats.neighbours import Neighbour
from precisionlab.formats.specials import floor_log2, power_of_two
from precisionlab.formats.sums import ErrorSums
from tests.analysis.quantization.conftest import Direct, direct_cast, finite_elements, nearest, stored
from tests.analysis.quantization.conftest import largest_of as exact_largest

FORMATS = [one for one in ENTRIES if one.bits <= 64 and one.name not in {"bool", "posit32"}]
"""All that tensors are quantized to."""
by_format = pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
PLAIN = (Scale.NONE, Scale.AMAX, Scale.POWER)
EXACT = 1e-12


def mixed(dtype: torch.dtype, draw: str, size: float, seed: int) -> torch.Tensor:
    """Numbers with zeros of both signs, infinities, NaN, and the smallest and largest ones of the dtype."""
    random = np.random.default_rng(seed)
    numbers = random.standard_normal(1500) if draw == "gaussian" else random.standard_t(3, 1500)
    values = torch.from_numpy(numbers * size).to(dtype)
    info = torch.finfo(dtype)
    rare = [0.0, -0.0, math.nan, info.smallest_normal, info.tiny / 2, -info.tiny / 4]
    rare += [math.inf, -math.inf] if dtype is not torch.float8_e4m3fn else []
    places = torch.from_numpy(random.choice(1500, 20 * len(rare), replace=False))
    values[places] = torch.tensor(rare * 20, dtype=torch.float64).to(dtype)
    return values.reshape(30, 50)


def few(seed: int) -> torch.Tensor:
    """Binary32 numbers of 24 significant bits, of which few are distinct."""
    random = np.random.default_rng(seed)
    levels, rare = (
        random.standard_normal(300).astype(np.float32),
        np.array([0, -0.0, np.inf, np.nan, 1e-42], np.float32),
    )
    return torch.from_numpy(random.choice(np.append(levels, rare), 1500))


SOURCES = {
    "bfloat16 gaussian": mixed(torch.bfloat16, "gaussian", 0.02, 0),
    "bfloat16 student": mixed(torch.bfloat16, "student", 1e5, 1),
    "float16 gaussian": mixed(torch.float16, "gaussian", 1.0, 2),
    "float16 student": mixed(torch.float16, "student", 1e3, 3),
    "float8_e4m3fn gaussian": mixed(torch.float8_e4m3fn, "gaussian", 1.0, 4),
    "float8_e5m2 student": mixed(torch.float8_e5m2, "student", 100.0, 5),
    "float32 of few values": few(6),
    "zeros": torch.tensor([0.0, -0.0, 0.0], dtype=torch.bfloat16),
    "nothing finite": torch.tensor([math.inf, math.nan], dtype=torch.float16),
    "empty": torch.zeros((0, 4), dtype=torch.bfloat16),
    "scalar": torch.tensor(0.3, dtype=torch.bfloat16),
}
by_source = pytest.mark.parametrize("values", SOURCES.values(), ids=SOURCES)


def told(values: torch.Tensor) -> Distribution:
    """What the census says."""
    return distribution_of(stored(values).census())


def exact_scale(rule: Scale, x: np.ndarray, format_: ElementFormat) -> float:
    """By the definitions, powers of two in rationals; within the normal numbers of binary32."""
    amax = float(np.abs(x).max(initial=0.0))
    if rule is Scale.NONE or not amax:
        return 1.0
    scale = min(max(amax / exact_largest(format_), 2.0**-126), 2.0**127)
    if rule is Scale.AMAX:
        return scale
    below = power_of_two(floor_log2(Fraction(scale)))
    return float(below if below == Fraction(scale) else 2 * below)


def agree(found: ErrorSums, wanted: Direct) -> None:
    """Sums to 1e-12 of the sum of magnitudes, counts and largest errors exactly."""
    sums, figures = wanted.sums(), asdict(found)
    lost = math.fsum(np.abs(wanted.x * (wanted.q - wanted.x)))
    assert figures.pop("cross") == pytest.approx(sums.pop("cross"), rel=EXACT, abs=EXACT * lost)
    for name in ("squared_error", "energy"):
        assert figures.pop(name) == pytest.approx(sums.pop(name), rel=EXACT)
    assert {name: figures[name] for name in sums} == sums
    assert figures["weighted_error"] == figures["weighted_energy"] == 0
    size, made = np.linalg.norm(wanted.x), np.linalg.norm(wanted.q)
    if size and 1e-3 * size < made < 1e3 * size:
        lost_by_cancelling = 1e-15 * float(size / made) ** 2  # of the quantized energy, which sums give as a difference
        wanted_cosine = math.fsum((wanted.x / size) * (wanted.q / made))
        assert found.cosine == pytest.approx(wanted_cosine, abs=EXACT + lost_by_cancelling)


@by_source
@by_format
def test_sums_are_those_of_a_direct_cast(format_: ElementFormat, values: torch.Tensor) -> None:
    """Without a scale, by the largest magnitude and by a power of two: of every finite element, in float64."""
    tensor, x = told(values), finite_elements(values)
    for rule in PLAIN:
        scale = scale_of(rule, tensor, format_)
        assert scale == exact_scale(rule, x, format_)
        agree(element_sums(tensor, format_, scale), direct_cast(values, format_, scale))


@by_source
def test_a_census_tells_counts_and_energy(values: torch.Tensor) -> None:
    """Those that no format changes."""
    x, tensor = finite_elements(values), told(values)
    assert tensor.sums.n == x.size
    assert tensor.sums.nonzero == np.count_nonzero(x)
    assert tensor.sums.energy == pytest.approx(math.fsum(x * x), rel=EXACT)
    assert tensor.amax == np.abs(x).max(initial=0.0)
    assert tensor.rms == pytest.approx(math.sqrt(math.fsum(x * x) / max(1, x.size)), rel=EXACT)
    np.testing.assert_array_equal(np.repeat(tensor.values, tensor.counts), np.sort(x))


@by_format
def test_the_largest_number_is_that_of_exact_arithmetic(format_: ElementFormat) -> None:
    """In float64."""
    assert largest_of(format_) == exact_largest(format_)


@settings(max_examples=40)
@given(
    st.lists(st.floats(-60000, 60000, width=16), max_size=30),
    st.sampled_from(FORMATS),
    st.floats(1e-3, 1e3),
)
def test_any_scale_gives_the_sums_of_a_direct_cast(numbers: list[float], format_: ElementFormat, scale: float) -> None:
    """Whatever the numbers are."""
    values = torch.tensor(numbers, dtype=torch.float16)
    agree(element_sums(told(values), format_, scale), direct_cast(values, format_, scale))


DRAWS = 400
DRAWN = ("float4_e2m1fn", "float8_e4m3fn", "float8_e5m2", "int4", "int8", "uint4", "float6_e2m3fn")


def within_five_errors(sums: np.ndarray, expected: float) -> None:
    """The mean of many sums is the expected one."""
    standard_error = sums.std(ddof=1) / np.sqrt(len(sums))
    assert abs(sums.mean() - expected) <= 5 * standard_error + 1e-12 * abs(expected)


@pytest.mark.parametrize("rule", [Scale.AMAX, Scale.POWER], ids=lambda rule: rule.value)
@pytest.mark.parametrize("name", DRAWN)
def test_stochastic_sums_are_the_means_of_seeded_draws(name: str, rule: Scale) -> None:
    """Of 400 by `round_to`: squared and cross sums, zeros, variance; no draw errs by more than the largest error."""
    values, format_ = SOURCES["bfloat16 gaussian"], formats.element(name)
    tensor, x = told(values), finite_elements(values)
    scale = scale_of(rule, tensor, format_) / 2  # so that some are clipped
    found = element_sums(tensor, format_, scale, Neighbour.STOCHASTIC)
    draws = np.stack(
        [round_to(x / scale, format_, "stochastic", overflow="saturate", seed=seed) * scale for seed in range(DRAWS)]
    )
    errors = draws - x
    within_five_errors((errors**2).sum(axis=1), found.squared_error)
    within_five_errors((x * errors).sum(axis=1), found.cross)
    within_five_errors(((draws == 0) & (x != 0)).sum(axis=1), found.flushed)
    assert errors.var(axis=0, ddof=1).sum() == pytest.approx(found.variance, rel=0.02)
    assert np.abs(errors).max() == pytest.approx(found.largest_error, rel=1e-12)
    assert (np.abs(errors[:, x != 0]) / np.abs(x[x != 0])).max() <= found.largest_relative_error * (1 + EXACT)
    assert found.clipped == element_sums(tensor, format_, scale).clipped > 0


@pytest.mark.parametrize("neighbour", [Neighbour.STOCHASTIC, Neighbour.DITHERED])
@by_format
def test_drawn_errors_are_zero_on_average_inside_the_range(format_: ElementFormat, neighbour: Neighbour) -> None:
    """What is squared is variance then, and nothing goes with the numbers."""
    values = (
        SOURCES["float16 gaussian"].abs()
        if nearest(np.array([-1e9]), format_) > -1e-9
        else SOURCES["float32 of few values"]
    )
    tensor = told(values)
    scale = 2 * scale_of(Scale.AMAX, tensor, format_)
    found = element_sums(tensor, format_, scale, neighbour)
    smallest = nearest(np.array([0.0]), format_).item() * scale
    if smallest == 0:  # else numbers below it are beyond the range
        assert found.squared_error == found.variance
        assert abs(found.cross) <= 1e-15 * tensor.sums.energy
        assert found.clipped == 0


def test_dither_has_a_twelfth_of_a_squared_step_for_every_element() -> None:
    """On integers, zeros included; Schuchman's uniform error."""
    values = SOURCES["float16 gaussian"]
    tensor = told(values)
    found = element_sums(tensor, formats.element("int8"), 0.25, Neighbour.DITHERED)
    assert found.variance == pytest.approx(tensor.sums.n * 0.25**2 / 12, rel=EXACT)
    assert found.squared_error == found.variance
    assert found.largest_error == 0.125


def test_wide_formats_are_drawn_between_their_own_neighbours() -> None:
    """Of a format of 24 bits, by the definition of the two neighbours in rationals."""
    values, format_ = SOURCES["float32 of few values"], formats.element("fp24")
    x = finite_elements(values)
    wanted = 0.0
    for number in x.tolist():
        if number:
            step = power_of_two(max(floor_log2(abs(Fraction(number))), -62) - 16)
            above = Fraction(number) / step % 1
            wanted += float(above * (1 - above) * step * step)
    found = element_sums(told(values), format_, 1.0, Neighbour.STOCHASTIC)
    assert found.squared_error == found.variance == pytest.approx(wanted, rel=1e-9)
