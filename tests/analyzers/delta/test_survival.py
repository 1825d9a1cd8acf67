"""What storage leaves of an update, against rational arithmetic."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import starmap
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.analysis.results import Result, Scalar, Status
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Between = Callable[..., Result]
Figures = Callable[..., Mapping[str, Scalar]]

PRECISIONS = {"bfloat16": (8, -126), "float16": (11, -14), "float8_e4m3fn": (4, -6), "float8_e5m2": (3, -14)}
"""Significant bits, and the exponent of the smallest normal number."""
LARGEST = {"float8_e4m3fn": 448.0, "float8_e5m2": 57344.0}


def nearest(number: Fraction, significant: int, least: int) -> Fraction:
    """The nearest number of a format, ties to even, below the end of its range."""
    if not number:
        return number
    exponent = math.frexp(float(abs(number)))[1] - 1
    step = Fraction(2) ** (max(exponent, least) - significant + 1)
    return round(number / step) * step


def drawn(shape: tuple[int, ...], seed: int, step: float = 3e-3) -> tuple[Array, Array]:
    """A tensor and its base in float32."""
    random = np.random.default_rng(seed)
    base = random.standard_normal(shape).astype(np.float32)
    return base + (step * random.standard_normal(shape)).astype(np.float32), base


@pytest.mark.parametrize("name", PRECISIONS)
def test_what_is_left_is_that_of_rational_arithmetic(name: str, figures: Figures) -> None:
    """Every element is rounded by hand: base, sum and update, and the sum of base and update in the format."""
    tensor, base = drawn((8, 24), 1, step=0.02)
    key, is_scaled = f"{name}:{'amax' if name in LARGEST else 'none'}", name in LARGEST
    scale = max(map(float, np.abs([tensor, base]).ravel())) / LARGEST[name] if is_scaled else 1.0
    gaps = tensor.astype(np.float64) - base
    own = np.abs(gaps).max() / LARGEST[name] if is_scaled else 1.0
    left: dict[str, list[float]] = {"stored": [], "added": []}
    for new, old, gap in zip(tensor.flat, base.flat, gaps.flat, strict=True):
        below, above = (nearest(Fraction(float(one) / float(scale)), *PRECISIONS[name]) for one in (old, new))
        update = nearest(Fraction(float(gap) / float(own)), *PRECISIONS[name]) * Fraction(float(own) / float(scale))
        left["stored"].append(float(above - below) * float(scale))
        left["added"].append(float(nearest(below + update, *PRECISIONS[name]) - below) * float(scale))
    values = figures(tensor, base)
    for way, found in left.items():
        labels, kept, flat = f"[format={key},way={way}]", np.array(found), gaps.ravel()
        assert values[f"lost{labels}"] == int((kept == 0).sum()) > 0
        assert values[f"lost_share{labels}"] == float((kept == 0).mean())
        wanted = {
            "update_error": np.linalg.norm(kept - flat) / np.linalg.norm(flat),
            "update_cosine": kept @ flat / np.linalg.norm(kept) / np.linalg.norm(flat),
            "update_gain": kept @ flat / (flat @ flat),
        }
        assert {one: values[f"{one}{labels}"] for one in wanted} == pytest.approx(wanted, rel=1e-12)


def test_updates_below_half_a_step_are_gone_where_they_are_added(figures: Figures) -> None:
    """By construction: none moves a base of the grid; stored from a wide sum neither, since the base is on it."""
    base = np.repeat(np.array([1.0, 1.5, 3.0, -0.75], ml_dtypes.bfloat16).astype(np.float32), 32)
    step = np.float32(2.0**-7) * np.exp2(np.floor(np.log2(np.abs(base))))
    values = figures(base + np.float32(0.49) * step, base)
    for way in ("stored", "added"):
        assert values[f"lost_share[format=bfloat16:none,way={way}]"] == 1
        assert values[f"update_error[format=bfloat16:none,way={way}]"] == 1
        assert values[f"update_gain[format=bfloat16:none,way={way}]"] == 0
        assert f"update_cosine[format=bfloat16:none,way={way}]" not in values
    assert values["below_half_step[format=bfloat16:none]"] == 1
    assert values["median_steps[format=bfloat16:none]"] == pytest.approx(0.49, rel=0.032)


def test_ties_go_to_even(figures: Figures) -> None:
    """Half a step from an even number is lost, from an odd one it is doubled."""
    even, odd = np.float32(1 + 2.0**-6), np.float32(1 + 2.0**-7)
    for base, share in ((even, 1.0), (odd, 0.0)):
        array = np.full((4, 4), base)
        values = figures(array + np.float32(2.0**-8), array)
        assert values["lost_share[format=bfloat16:none,way=stored]"] == share
        assert values["lost_share[format=bfloat16:none,way=added]"] == share
        assert values["below_half_step[format=bfloat16:none]"] == 0


def test_rounding_a_base_off_the_grid_is_noise_without_bias(figures: Figures) -> None:
    """Stored sums keep small updates on average, added ones drop them: the gain tells the ways apart."""
    tensor, base = drawn((256, 256), 2, step=2e-4)
    values = figures(tensor, base)
    assert values["update_gain[format=bfloat16:none,way=stored]"] == pytest.approx(1, abs=0.1)
    assert float(values["update_error[format=bfloat16:none,way=stored]"]) > 2
    assert float(values["update_gain[format=bfloat16:none,way=added]"]) < 0.2


def test_a_tensor_keeps_what_it_is_stored_in(figures: Figures) -> None:
    """Of its own type and base nothing is lost, and only rounding the update makes a difference."""
    tensor, base = (one.astype(ml_dtypes.bfloat16) for one in drawn((32, 32), 3))
    values = figures(tensor, base, formats=("float32",), target="")
    for format_ in ("bfloat16", "float32"):
        assert values[f"update_error[format={format_}:none,way=stored]"] == 0
    assert values["update_error[format=float32:none,way=added]"] == 0
    assert values["lost[format=bfloat16:none,way=added]"] == 0
    assert values["changed"] == int((tensor != base).sum())


def test_no_update_is_nothing_to_tell(between: Between) -> None:
    """Counts alone; no finding, no figure, whatever the numbers are."""
    array = drawn((16, 16), 4)[0]
    array[0, 0], array[1, 1] = np.nan, np.inf
    result = between(array, array.copy())
    assert result.status is Status.DONE
    assert (result.findings, result.figures) == ((), ())
    values = result.values
    assert (values["changed"], values["left_out"], values["relative_update"]) == (0, 2, 0)
    assert not any("format=" in key for key in values)


def test_numbers_that_are_not_finite_are_left_out(figures: Figures) -> None:
    """Everything is as if they were not there; directions are not looked for."""
    tensor, base = drawn((1, 4096), 5)
    clean = figures(tensor[:, :-2], base[:, :-2])
    tensor[0, -2], base[0, -1] = np.nan, np.inf
    values = figures(tensor, base)
    assert values["left_out"] == 2
    for key in (
        "changed",
        "update_norm",
        "lost[format=bfloat16:none,way=stored]",
        "update_error[format=float16:none,way=added]",
    ):
        assert values[key] == pytest.approx(clean[key], rel=1e-12)
    assert "numerical_rank" in clean
    assert "numerical_rank" not in values


@given(st.integers(0, 1000), st.integers(-20, 20))
def test_figures_do_not_depend_on_the_unit(seed: int, exponent: int) -> None:
    """Times a power of two all relative figures stay the same, in formats that hold the numbers or scale them."""
    from analyzers.delta import analyze
    from analyzers.delta.options import Options

    tensor, base = drawn((4, 16), seed)
    factor = np.float32(2.0**exponent)
    options = Options(formats=("bfloat16", "float8_e5m2"), min_elements=1000)
    pairs = ((tensor, base), (factor * tensor, factor * base))
    one, other = (analyze(in_memory(new, against=old), options).values for new, old in pairs)
    sizes = {"update_norm", "base_norm", "largest_update"}
    assert one.keys() == other.keys()
    assert {key: other[key] for key in one.keys() - sizes} == pytest.approx(
        {key: one[key] for key in one.keys() - sizes}, rel=1e-12
    )
    assert all(other[key] == pytest.approx(float(one[key]) * float(factor), rel=1e-12) for key in sizes)


def test_many_blocks_are_one_tensor(figures: Figures) -> None:
    """Counts of a tensor that is read in pieces are those of numpy."""
    tensor, base = drawn(((1 << 19) + 11,), 6)
    base[::3] = tensor[::3]
    values = figures(tensor, base)
    changed = tensor != base
    stored = [one.astype(ml_dtypes.bfloat16) for one in (tensor, base)]
    assert values["changed"] == int(changed.sum())
    assert values["lost[format=bfloat16:none,way=stored]"] == int((changed & (stored[0] == stored[1])).sum())
    assert values["largest_update"] == float(np.abs(tensor.astype(np.float64) - base).max())
    assert values["update_norm"] == pytest.approx(
        math.sqrt(math.fsum(starmap(gap_squared, zip(tensor.tolist(), base.tolist(), strict=True)))), rel=1e-12
    )


def gap_squared(one: float, other: float) -> float:
    """Of a difference."""
    return (one - other) ** 2
