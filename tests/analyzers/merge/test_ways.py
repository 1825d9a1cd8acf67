"""Merges against rational arithmetic, and against what torch computes in its own types."""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.merge.recipes import ADDED, AVERAGED, WEIGHTED
from analyzers.merge.ways import Kitchen
from precisionlab.analysis.results import Scalar
from precisionlab.formats import FloatFormat, formats
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Figures = Callable[..., Mapping[str, Scalar]]

SIGNIFICANT = {"bfloat16": 8, "float16": 11, "float32": 24}
TYPES: Mapping[str, Any] = {"bfloat16": ml_dtypes.bfloat16, "float16": np.float16, "float32": np.float32}


def nearest(number: Fraction, significant: int) -> Fraction:
    """The nearest number of so many significant bits, ties to even, whatever its size."""
    if not number:
        return number
    step = Fraction(2) ** (math.frexp(float(abs(number)))[1] - significant)
    return round(number / step) * step


def drawn(count: int, dtype: Any, size: int = 96, step: float = 3e-3) -> list[Array]:  # noqa: ANN401 - any scalar type
    """A base, and checkpoints that differ a little from it."""
    random = np.random.default_rng(count)
    base = random.uniform(0.1, 3, size) * random.choice([-1, 1], size)
    return [(base + step * (i > 0) * random.standard_normal(size)).astype(dtype) for i in range(count)]


def by_hand(recipe: tuple[str, str], numbers: Sequence[Fraction], name: str, scaling: Fraction) -> Fraction:
    """One number, merged in a way."""
    to = partial(nearest, significant=SIGNIFICANT[name])
    wide = partial(nearest, significant=24 if name != "float32" else 53)
    base, *others = numbers
    merge, way = recipe
    step = wide if way == "wide" else to
    if merge == "task":
        total = base
        for one in others:
            total = step(total + step(step(scaling) * step(one - base)))
        return to(total)
    if way == "weighted":
        weight, total = to(Fraction(1 / len(numbers))), Fraction(0)
        for one in numbers:
            total = to(total + to(weight * one))
        return total
    total = base
    for one in others:
        total = step(total + one)
    return to(step(total / len(numbers)))


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("name", SIGNIFICANT)
def test_errors_are_those_of_rational_arithmetic(name: str, count: int, figures: Figures) -> None:
    """Every operation rounded by hand, beside the exact result and its one rounding."""
    arrays = drawn(count, TYPES[name])
    values = figures(*arrays)
    scaling = Fraction(0.4)
    numbers = [tuple(Fraction(float(one)) for one in row) for row in zip(*arrays, strict=True)]
    exact = {
        "average": [sum(row, Fraction(0)) / count for row in numbers],
        "task": [row[0] + scaling * sum((one - row[0] for one in row[1:]), Fraction(0)) for row in numbers],
    }
    for merge, ways in (("average", ("running", "weighted", "wide")), ("task", ("running", "wide"))):
        truth = exact[merge]
        once = [nearest(one, SIGNIFICANT[name]) for one in truth]
        size = math.sqrt(sum(one * one for one in truth))
        update = math.sqrt(sum((one - row[0]) ** 2 for one, row in zip(truth, numbers, strict=True)))
        least = math.sqrt(sum((one - other) ** 2 for one, other in zip(once, truth, strict=True)))
        near = 1e-6 if name == "float32" else 1e-11
        assert values[f"unavoidable_error[merge={merge}]"] == pytest.approx(least / size, rel=near)
        assert values[f"update_norm[merge={merge}]"] == pytest.approx(update, rel=near)
        for way in ways:
            found = [by_hand((merge, way), row, name, scaling) for row in numbers]
            errors = [one - other for one, other in zip(found, truth, strict=True)]
            steps = [Fraction(2) ** (math.frexp(float(abs(one)))[1] - SIGNIFICANT[name]) for one in truth]
            labels = f"[merge={merge},way={way}]"
            norm = math.sqrt(sum(one * one for one in errors))
            assert values[f"wrong{labels}"] == sum(one != other for one, other in zip(found, once, strict=True))
            assert values[f"relative_error{labels}"] == pytest.approx(norm / size, rel=near)
            assert values[f"error_over_update{labels}"] == pytest.approx(norm / update, rel=near)
            expected = math.sqrt(sum(one * one for one in steps) / 12)
            assert values[f"error_over_rounding{labels}"] == pytest.approx(norm / expected, rel=near)
            ulps = [float(abs(one) / step) for one, step in zip(errors, steps, strict=True)]
            assert values[f"largest_error{labels}"] == pytest.approx(max(ulps), rel=near)
            assert values[f"mean_error{labels}"] == pytest.approx(sum(ulps) / len(ulps), rel=near)
            signed = sum(error if one > 0 else -error for error, one in zip(errors, truth, strict=True))
            assert values[f"bias{labels}"] == pytest.approx(float(signed / sum(map(abs, truth))), abs=1e-13, rel=near)


@pytest.mark.parametrize("name", SIGNIFICANT)
@pytest.mark.parametrize("count", [2, 3, 7])
def test_ways_are_what_torch_computes(name: str, count: int) -> None:
    """Bit for bit, with weights that are tensors of the type."""
    arrays = [one.astype(np.float64) for one in drawn(count, TYPES[name], 4096)]
    tensors = [torch.from_numpy(one).to(getattr(torch, name)) for one in arrays]
    format_ = formats.element(name)
    assert isinstance(format_, FloatFormat)
    kitchen = Kitchen(format_, 0.3)
    weight, factor = (torch.tensor(one, dtype=tensors[0].dtype) for one in (1 / count, 0.3))
    total, weighted, added = tensors[0], weight * tensors[0], tensors[0]
    for one in tensors[1:]:
        total = total + one
        weighted = weighted + weight * one
        added = added + factor * (one - tensors[0])
    for recipe, wanted in ((AVERAGED, total / count), (WEIGHTED, weighted), (ADDED, added)):
        assert np.array_equal(kitchen.merged(recipe, kitchen.cast(arrays)), wanted.double().numpy())


def test_two_checkpoints_are_averaged_as_well_as_can_be(figures: Figures) -> None:
    """Halving is exact: every way gives the correctly rounded mean."""
    values = figures(*drawn(2, ml_dtypes.bfloat16, 4096))
    for way in ("running", "weighted", "wide"):
        assert values[f"wrong[merge=average,way={way}]"] == 0
        assert values[f"relative_error[merge=average,way={way}]"] == values["unavoidable_error[merge=average]"]


def test_a_weight_that_is_rounded_shifts_everything(figures: Figures) -> None:
    """By what 1/3 is too large in bfloat16; a wider accumulator shifts nothing."""
    values = figures(*drawn(3, ml_dtypes.bfloat16, 1 << 16))
    too_large = 3 * float(ml_dtypes.bfloat16(1 / 3)) - 1
    assert values["bias[merge=average,way=weighted]"] == pytest.approx(too_large, rel=0.3)
    assert abs(float(values["bias[merge=average,way=wide]"])) < 1e-5


def test_sums_overflow_where_means_do_not(figures: Figures) -> None:
    """In float16, beyond 65,504; weighted and wide sums do not."""
    arrays = [np.array([60000, 1, -50000, 20000], np.float16)] * 2
    values = figures(*arrays)
    assert values["overflows[merge=average,way=running]"] == 2
    assert values["overflows[merge=average,way=weighted]"] == values["overflows[merge=average,way=wide]"] == 0
    assert values["relative_error[merge=average,way=running]"] == 0


def test_what_the_precision_does_not_hold_is_counted_apart(figures: Figures) -> None:
    """And numbers that are not finite are left out from the start."""
    base = np.array([1e30, 1.0, np.nan, 3.0], np.float32)
    values = figures(base, np.array([1e30, 2.0, 1.0, np.inf], np.float32), precision="float16")
    assert (values["left_out"], values["beyond[merge=average]"], values["numbers[merge=average]"]) == (2, 1, 1)


@given(st.integers(2, 5), st.integers(-8, 8))
def test_relative_figures_do_not_depend_on_the_unit(count: int, exponent: int) -> None:
    """Times a power of two nothing changes but norms."""
    from analyzers.merge.measuring import measure, measurements
    from analyzers.merge.options import Options

    format_ = formats.element("bfloat16")
    assert isinstance(format_, FloatFormat)
    arrays = drawn(count, np.float32, 32)
    scaled = [one * np.float32(2.0**exponent) for one in arrays]
    one, other = (
        {
            told.metric.key: told.value
            for told in measurements(measure([in_memory(array) for array in some], format_, Options()))
        }
        for some in (arrays, scaled)
    )
    norms = {key for key in one if key.startswith(("merged_norm", "update_norm"))}
    assert {key: other[key] for key in one.keys() - norms} == {key: one[key] for key in one.keys() - norms}
    assert all(other[key] == pytest.approx(float(one[key]) * 2.0**exponent) for key in norms)
