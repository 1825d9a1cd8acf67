"""One scale for a tensor: exact rules, a search never worse than the largest magnitude, and constants of the literature."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import norm

from precisionlab.analysis.quantization.census_sums import Distribution, distribution_of, element_sums, scale_of
from precisionlab.analysis.quantization.targets import Scale
from precisionlab.analysis.quantization.tensor_scales import (
    HIGHEST,
    LOWEST,
    clamped,
    largest_scale,
    plain_scale,
    power_scale,
    search_grid,
    searched_scale,
)
from precisionlab.formats import CodebookFormat, ElementFormat, formats
from precisionlab.formats.specials import floor_log2, power_of_two
from precisionlab.formats.sums import ErrorSums
from tests.analysis.quantization.conftest import every_number, largest_of, nearest, stored

Doubles = NDArray[np.float64]

positive = st.floats(2.0**-140, 2.0**140)


@given(amax=positive, largest=st.floats(0.5, 1e6))
def test_scales_by_the_largest_magnitude_map_it_to_the_largest_number(amax: float, largest: float) -> None:
    """Within the normal numbers of binary32."""
    scale = largest_scale(amax, largest)
    assert scale == min(max(amax / largest, 2.0**-126), 2.0**127)
    assert scale == plain_scale(Scale.AMAX, amax, largest) == plain_scale(Scale.MSE, amax, largest)
    assert plain_scale(Scale.NONE, amax, largest) == 1


@given(amax=positive, largest=st.floats(0.5, 1e6))
def test_powers_of_two_are_the_least_that_are_not_below(amax: float, largest: float) -> None:
    """In rationals; exact powers stay."""
    scale, wanted = power_scale(amax, largest), Fraction(largest_scale(amax, largest))
    assert Fraction(scale) == power_of_two(floor_log2(Fraction(scale)))
    assert Fraction(scale) >= wanted
    assert Fraction(scale) / 2 < wanted
    assert power_scale(scale * largest, largest) == clamped(scale)


def test_zeros_have_a_scale_of_one() -> None:
    """By every rule."""
    for rule in Scale:
        assert scale_of(rule, told(torch.zeros(5)), formats.element("int8")) == 1
        assert scale_of(rule, told(torch.zeros(0)), formats.element("int8")) == 1
    assert searched_scale(lambda _: (0.0, 0.0), 0.0, 0.0, 127.0) == 1


@given(
    amax=st.floats(2.0**-140, 2.0**120),
    share=st.floats(1e-6, 1),
    largest=st.sampled_from([1.0, 7.0, 127.0, 448.0, 0.9, 2.0**24, 3.4e38]),
)
def test_the_grid_goes_from_clipping_almost_all_to_clipping_nothing(amax: float, share: float, largest: float) -> None:
    """In steps that never leave binary32; at most 30 octaves below where 1 is scaled to the largest magnitude."""
    grid = search_grid(amax, amax * share, largest)
    assert (np.diff(grid) >= 0).all()
    assert LOWEST <= grid[0] <= max(clamped(amax * share / largest), clamped(amax * 2.0**-30)) * (1 + 1e-9)
    assert grid[-1] <= HIGHEST
    assert grid[-1] >= min(amax, HIGHEST) * (1 - 1e-9)
    assert len(grid) < 600


def told(values: torch.Tensor) -> Distribution:
    """What the census says."""
    return distribution_of(stored(values).census())


def loss(tensor: Distribution, format_: ElementFormat, rule: Scale) -> float:
    """The squared error under the scale of a rule."""
    return element_sums(tensor, format_, scale_of(rule, tensor, format_)).squared_error


SEARCHED = ("int2", "int4", "uint4", "int8", "float4_e2m1fn", "float8_e4m3fn", "nf4", "posit8", "ternary", "binary", "iq4_nl_table", "float8_e8m0fnu", "float16")  # fmt: skip


@settings(max_examples=60)
@given(
    numbers=st.lists(st.floats(-60000, 60000, width=16), min_size=1, max_size=40),
    name=st.sampled_from(SEARCHED),
)
def test_searched_scales_never_lose_more_than_the_largest_magnitude(numbers: list[float], name: str) -> None:
    """For any numbers of binary16."""
    tensor, format_ = told(torch.tensor(numbers, dtype=torch.float16)), formats.element(name)
    assert loss(tensor, format_, Scale.MSE) <= loss(tensor, format_, Scale.AMAX)


@settings(max_examples=20)
@given(
    seed=st.integers(0, 1 << 32),
    exponent=st.integers(-60, 60),
    name=st.sampled_from(SEARCHED),
)
def test_heavy_tails_and_outliers_never_lose_more(seed: int, exponent: int, name: str) -> None:
    """Hundreds of numbers of bfloat16 of any size."""
    random = np.random.default_rng(seed)
    numbers = random.standard_t(1.5, 300) * 2.0**exponent
    tensor, format_ = told(torch.from_numpy(numbers).to(torch.bfloat16)), formats.element(name)
    assert loss(tensor, format_, Scale.MSE) <= loss(tensor, format_, Scale.AMAX)


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-40, 1e40, 1e150, 1e200], ids=str)
@pytest.mark.parametrize("name", ["int8", "float8_e4m3fn", "ternary"])
def test_scales_of_binary64_tensors_of_any_size_are_found_without_a_warning(name: str, size: float) -> None:
    """Also where squares leave the range of float64, or no scale of binary32 fits."""
    tensor = told(torch.tensor([1.0, -0.3, 2.5, 0.0], dtype=torch.float64) * size)
    scale = scale_of(Scale.MSE, tensor, formats.element(name))
    assert LOWEST <= scale <= HIGHEST


@cache
def gaussian(n_steps: int = 20_000) -> Distribution:
    """The standard normal density as a histogram of fine steps: no sample, so no confidence is needed."""
    values = np.linspace(-8, 8, n_steps + 1)
    counts = np.round(norm.pdf(values) * 1e14).astype(np.int64)
    energy = math.fsum(values * values * counts)
    sums = ErrorSums(n=int(counts.sum()), nonzero=int(counts[values != 0].sum()), energy=energy)
    return Distribution(values, counts, sums, 8.0)


def distortion(levels: Doubles) -> float:
    """Mean squared error of a standard normal variable rounded to the nearest of sorted levels, by quadrature."""
    bounds = np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])
    parts = zip(levels.tolist(), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    return math.fsum(
        quad(lambda x, level=level: (x - level) ** 2 * norm.pdf(x), low, high)[0] for level, low, high in parts
    )


@dataclass(frozen=True)
class Uniform:
    """Max, Quantizing for Minimum Distortion (1960), table II: uniform quantizers of a normal variable."""

    n_levels: int
    step: float
    distortion: float

    @property
    def format(self) -> CodebookFormat:
        """So many levels a step of 1 apart, around 0."""
        values = tuple(k - (self.n_levels - 1) / 2 for k in range(self.n_levels))
        return CodebookFormat(f"uniform{self.n_levels}", (self.n_levels - 1).bit_length(), values, "", "")


MAX_1960 = (
    Uniform(2, 1.596, 0.3634),
    Uniform(3, 1.224, 0.1902),
    Uniform(4, 0.9957, 0.1188),
    Uniform(5, 0.8430, 0.08218),
    Uniform(6, 0.7334, 0.06065),
    Uniform(7, 0.6508, 0.04686),
    Uniform(8, 0.5860, 0.03744),
    Uniform(16, 0.3352, 0.01154),
    Uniform(32, 0.1881, 0.003495),
)


@pytest.mark.parametrize("published", MAX_1960, ids=lambda one: str(one.n_levels))
def test_uniform_quantizers_of_a_normal_variable_are_those_of_max(published: Uniform) -> None:
    """Step and distortion to the digits of his table."""
    tensor, format_ = gaussian(), published.format
    scale = scale_of(Scale.MSE, tensor, format_)
    found = element_sums(tensor, format_, scale)
    assert found.squared_error / found.n == pytest.approx(published.distortion, rel=2e-3)
    assert scale == pytest.approx(published.step, rel=2e-3)


def test_binary_and_ternary_weights_have_the_known_signal_to_noise() -> None:
    """10 log10 of 1 / (1 - 2 / pi) and of 1 / 0.1902: 4.396 and 7.21 dB."""
    found = {
        name: element_sums(gaussian(), formats.element(name), scale_of(Scale.MSE, gaussian(), formats.element(name)))
        for name in ("binary", "ternary")
    }
    assert found["binary"].sqnr_db == pytest.approx(-10 * math.log10(1 - 2 / math.pi), abs=1e-3)
    assert found["binary"].sqnr_db == pytest.approx(4.396, abs=1e-3)
    assert found["ternary"].sqnr_db == pytest.approx(7.21, abs=2e-3)


@pytest.mark.parametrize("scale", [0.2, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("name", ["nf4", "float4_e2m1fn", "int4", "af4", "iq4_nl_table"])
def test_distortion_of_a_normal_variable_is_that_of_quadrature(name: str, scale: float) -> None:
    """Under given scales, from the density and the levels."""
    format_ = formats.element(name)
    unit = scale * 2 / largest_of(format_)
    found = element_sums(gaussian(), format_, unit)
    levels = np.unique([number + 0.0 for number in every_number(format_) if math.isfinite(number)]) * unit
    assert found.squared_error / found.n == pytest.approx(distortion(levels), rel=1e-4)


@pytest.mark.parametrize("name", ["nf4", "float4_e2m1fn", "int8", "float8_e4m3fn"])
def test_samples_have_the_distortion_of_quadrature_within_confidence(name: str) -> None:
    """Of 200,000 draws in binary16 under their own scale, within 4 standard errors."""
    format_ = formats.element(name)
    values = torch.from_numpy(np.random.default_rng(11).standard_normal(200_000)).half()
    tensor = told(values)
    scale = scale_of(Scale.AMAX, tensor, format_)
    found = element_sums(tensor, format_, scale)
    levels = np.unique([number + 0.0 for number in every_number(format_) if math.isfinite(number)]) * scale
    x = values.double().numpy()
    squares = (nearest(x / scale, format_) * scale - x) ** 2
    standard_error = squares.std() / math.sqrt(x.size)
    assert abs(found.squared_error / found.n - distortion(levels)) < 4 * standard_error + 1e-3 * squares.mean()


BRUTE = ("int2", "int4", "int8", "float4_e2m1fn", "float8_e4m3fn", "nf4", "ternary", "binary", "posit8", "uint4")
STEPS_AN_OCTAVE = 50


def brute_force(x: Doubles, format_: ElementFormat) -> float:
    """The least squared error over scales a fiftieth of an octave apart, in numpy alone."""
    numbers = np.array(sorted({number + 0.0 for number in every_number(format_) if math.isfinite(number)}))
    levels = numbers[np.isfinite(numbers)]
    middles = (levels[1:] + levels[:-1]) / 2
    distinct, counts = np.unique(x, return_counts=True)
    low = math.log2(np.sqrt(np.mean(x * x)) / levels[-1]) - 2
    high = math.log2(np.abs(x).max()) + 2
    scales = np.exp2(np.arange(low, high, 1 / STEPS_AN_OCTAVE))
    errors = (levels[np.searchsorted(middles, distinct / s)] * s - distinct for s in scales.tolist())
    return min(float(np.sum(error * error * counts)) for error in errors)


@pytest.mark.parametrize("name", BRUTE)
def test_gaussian_tensors_are_within_half_a_percent_of_brute_force(name: str) -> None:
    """Over every scale that could do, a fiftieth of an octave apart."""
    values = torch.from_numpy(np.random.default_rng(12).standard_normal(20_000) * 0.02).to(torch.bfloat16)
    best = brute_force(values.double().numpy(), formats.element(name))
    assert loss(told(values), formats.element(name), Scale.MSE) <= best * 1.005
