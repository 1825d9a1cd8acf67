"""Arrays of numbers that Hypothesis and seeded generators make, and what it is for results to be the same."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.summation.reference import FORMATS, Format, Numbers

Array = NDArray[Any]

ARRAY_TYPES = ("float16", "bfloat16", "float32", "float64")
WORKING = (
    ("float16", None),
    ("bfloat16", None),
    ("float32", None),
    ("float64", None),
    ("float32", "bfloat16"),
    ("float64", "float32"),
    ("float32", "float8_e5m2"),
    ("float64", "e5m7"),
    ("float16", "float32"),
    ("bfloat16", "float16"),
)
"""Types of arrays and working formats: their own, narrower ones, wider ones, and one that neither holds."""
by_working = pytest.mark.parametrize(
    ("array_type", "working"), WORKING, ids=[f"{array}-in-{working or 'its own'}" for array, working in WORKING]
)
SUMMING = (
    "recursive",
    "pairwise",
    "blocked:1",
    "blocked:3",
    "kahan",
    "neumaier",
    "klein",
    "sum2",
    "sumk:2",
    "sumk:3",
    "sumk:5",
    "double-double",
    "exact",
)
MULTIPLYING = ("fma", "dot2", "dotk:3", "dotk:5")
COMPENSATED = ("kahan", "neumaier", "klein", "sum2", "sumk:2", "sumk:3", "sumk:5", "double-double")


def kind_of(type_name: str) -> np.dtype[Any]:
    """The dtype of that name."""
    return np.dtype(getattr(ml_dtypes, type_name, type_name))


def array_of(numbers: Numbers | Sequence[Numbers], type_name: str) -> Array:
    """An array of numbers that its type holds."""
    with np.errstate(all="ignore"):
        return np.array(numbers, np.float64).astype(kind_of(type_name))


def numbers_of(result: object) -> list[float]:
    """The numbers of a result in row-major order, numpy's or torch's."""
    if isinstance(result, torch.Tensor):
        return [float(number) for number in result.double().reshape(-1).tolist()]
    with np.errstate(all="ignore"):
        return [float(number) for number in np.asarray(result).astype(np.float64).reshape(-1).tolist()]


def type_of(result: object) -> str:
    """The name of a result's type, numpy's or torch's."""
    if isinstance(result, torch.Tensor):
        return str(result.dtype).removeprefix("torch.")
    assert isinstance(result, np.ndarray | np.generic)
    return str(result.dtype.name)


def written(numbers: Numbers) -> list[str]:
    """Numbers so that all that differ differ, and NaN is NaN: hexadecimal, with the sign of zero."""
    return ["nan" if math.isnan(number) else number.hex() for number in numbers]


def assert_same(got: object, expected: Numbers, *context: object) -> None:
    """See that results are these numbers, bit for bit."""
    assert written(numbers_of(got)) == written(expected), context


def to_torch(array: Array) -> torch.Tensor:
    """The same numbers as a tensor."""
    if array.dtype == kind_of("bfloat16"):
        return torch.from_numpy(np.ascontiguousarray(array).view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(np.array(array))


def total(numbers: Numbers) -> Fraction:
    """The exact sum."""
    return sum(map(Fraction, numbers), Fraction(0))


def size(numbers: Numbers) -> Fraction:
    """The exact sum of absolute values."""
    return total([abs(number) for number in numbers])


def edges(format_: Format) -> list[float]:
    """Zeros, infinities, NaN, and both ends of the subnormal, normal and finite numbers."""
    normal = math.ldexp(1.0, format_.min_exponent)
    step = math.ldexp(1.0, max(-1074, math.frexp(format_.largest)[1] - format_.precision))
    positive = (
        format_.least,
        normal - format_.least,
        normal,
        1.0,
        step,
        1.5 * step,
        format_.largest - step,
        format_.largest,
    )
    held = [number for number in positive if format_.cast(number) == number]
    return [0.0, -0.0, *held, *(-number for number in held)]


def finite_numbers(type_name: str) -> st.SearchStrategy[float]:
    """Numbers of a type: near to one another, of any exponent, and at the edges."""
    format_ = FORMATS[type_name]
    span = 1 << format_.precision
    least = format_.min_exponent - format_.precision + 1
    greatest = math.frexp(format_.largest)[1] - format_.precision
    significands = st.integers(1 - span, span - 1)
    near = st.integers(-format_.precision - 2, 2)
    anywhere = st.integers(least, greatest)
    return st.one_of(
        st.builds(math.ldexp, st.integers(-4, 4) | significands, near),
        st.builds(math.ldexp, significands, near),
        st.builds(math.ldexp, significands, anywhere),
        st.builds(math.ldexp, st.sampled_from((-1, 1)), anywhere),
        st.sampled_from(edges(format_)),
    )


def any_numbers(type_name: str) -> st.SearchStrategy[float]:
    """Numbers of a type; more seldom infinities and NaN."""
    ordinary = finite_numbers(type_name)
    return st.integers(0, 30).flatmap(
        lambda draw: st.sampled_from((math.inf, -math.inf, math.nan)) if draw == 30 else ordinary
    )


@st.composite
def rows(draw: st.DrawFn, type_name: str, longest: int = 12, n_rows: int = 4) -> list[list[float]]:
    """Some rows of equal length, each of its own kind: numbers of one size, large ones, anything."""
    length = draw(st.integers(0, longest))
    format_ = FORMATS[type_name]
    kinds = (
        any_numbers(type_name),
        finite_numbers(type_name),
        st.sampled_from([number for number in edges(format_) if abs(number) >= 1]),
        st.sampled_from([number for number in edges(format_) if abs(number) <= 1]),
        st.sampled_from((0.0, -0.0)),
    )
    return [draw(st.lists(draw(st.sampled_from(kinds)), min_size=length, max_size=length)) for _ in range(n_rows)]
