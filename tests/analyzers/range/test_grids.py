"""Integer grids: those that are planted are found, with their step, and tensors that lie on none have none."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.range.grids import Grid, integer_grid
from precisionlab.analysis.tensors import Tensor

Array = NDArray[Any]
MakeTensor = Callable[..., Tensor]

PRECISIONS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
SCALES = (2.0**-10, 0.0123, 0.7)


def in_format(numbers: NDArray[np.floating[Any]], kind: str) -> Array:
    """Rounded to a float type."""
    return numbers.astype(getattr(ml_dtypes, kind, kind))


def levels_of(bits: int, which: str) -> NDArray[np.int64]:
    """Integers as a symmetric quantizer stores them."""
    top = (1 << (bits - 1)) - 1
    everything = np.arange(-top, top + 1)
    chosen = {
        "all": everything,
        "without zero": everything[everything != 0],
        "without the ends": everything[(abs(everything) < top) | (everything == top)],
        "one side": np.arange(top + 1),
        "smallest difference two": np.array([3, 5, 7, 9, 12, 15, 18, top - 1, top - 3, -7, -9]),
        "smallest difference three": np.array([4, 7, 10, 14, 17, 20, -25, 28, 32, top - 1]),
    }
    levels: NDArray[np.int64] = chosen[which]
    return levels


def stored_scale(scale: float, kind: str) -> float:
    """The scale as the type holds it."""
    return float(in_format(np.array(scale), kind).astype(np.float64))


def assert_keeps_its_definition(grid: Grid, array: Array) -> None:
    """Every finite value is k * step, or within 2u|x| of it, in rational arithmetic; k is within the levels."""
    unit_roundoff = Fraction(1, 1 << min(50, PRECISIONS[array.dtype.name]))
    magnitudes = np.unique(np.abs(array.astype(np.float64)))
    every = max(1, len(magnitudes) // 300)
    values = {Fraction(float(value)) for value in (*magnitudes[::every], magnitudes[-1])}
    step = Fraction(grid.step)
    multiples = {value: round(value / step) for value in values}
    assert max(multiples.values()) == grid.levels
    slack = 0 if grid.is_exact else 2 * unit_roundoff
    assert all(abs(value - k * step) <= slack * value for value, k in multiples.items())


@pytest.mark.parametrize("which", ["all", "without zero", "without the ends", "one side"])
@pytest.mark.parametrize(("kind", "bits"), [("float16", 4), ("float16", 8), ("bfloat16", 4)])
@pytest.mark.parametrize("scale", SCALES)
def test_planted_grids_of_narrow_types_are_found(
    which: str, kind: str, bits: int, scale: float, tensor_of: MakeTensor
) -> None:
    """int4 and int8 times a stored scale, each product rounded to 16 bits."""
    step = stored_scale(scale, kind)
    array = in_format(levels_of(bits, which) * step, kind)
    grid = integer_grid(tensor_of(array).census(), bits)
    assert grid is not None
    assert grid.step == pytest.approx(step, rel=2.0 ** (2 - PRECISIONS[kind]))
    assert grid.levels == (1 << (bits - 1)) - 1
    assert_keeps_its_definition(grid, array)


@pytest.mark.parametrize(
    "which",
    ["all", "without zero", "without the ends", "one side", "smallest difference two", "smallest difference three"],
)
@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("scale", SCALES)
def test_planted_grids_of_wide_types_are_found(
    which: str, kind: str, bits: int, scale: float, tensor_of: MakeTensor
) -> None:
    """int8 to int16, also where small levels and every difference of one are missing."""
    step = stored_scale(scale, kind)
    array = in_format(levels_of(bits, which) * step, kind)
    grid = integer_grid(tensor_of(array).census(), bits)
    assert grid is not None
    assert grid.step == pytest.approx(step, rel=2.0**-22)
    assert grid.levels == np.abs(levels_of(bits, which)).max()
    assert grid.is_exact or math.frexp(step)[0] != 0.5
    assert_keeps_its_definition(grid, array)


def test_the_coarsest_grid_is_reported(tensor_of: MakeTensor) -> None:
    """Even multiples only: the step is twice as wide, and the levels half as many."""
    array = (np.arange(-126, 127, 2) * 0.5).astype(np.float32)
    assert integer_grid(tensor_of(array).census(), 8) == Grid(1.0, 63, is_exact=True)


def test_nans_and_infinities_do_not_count(tensor_of: MakeTensor) -> None:
    """A grid of the finite values."""
    array = np.array([*range(-7, 8), math.nan, math.inf], np.float32)
    assert integer_grid(tensor_of(array).census(), 4) == Grid(1.0, 7, is_exact=True)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_one_level_too_many_is_no_grid(kind: str, tensor_of: MakeTensor) -> None:
    """The bits bound the magnitude of the integers: 127 for 8, not 128."""
    for scale in (0.5, 0.0123):
        fits, exceeds = (in_format(np.arange(top + 1) * stored_scale(scale, kind), kind) for top in (127, 128))
        assert integer_grid(tensor_of(fits).census(), 8) is not None
        assert integer_grid(tensor_of(exceeds).census(), 8) is None
        assert integer_grid(tensor_of(exceeds).census(), 9) is not None


def test_subnormal_products_count_as_rounded(tensor_of: MakeTensor) -> None:
    """In float16 the small multiples of 2e-5 are rounded to multiples of 2^-24, the others to 11 bits."""
    array = (np.arange(-127, 128) * 2e-5).astype(np.float16)
    grid = integer_grid(tensor_of(array).census(), 8)
    assert grid is not None
    assert grid.step == pytest.approx(2e-5, rel=1e-3)


def drawn(which: str) -> NDArray[np.floating[Any]]:
    """4,096 numbers as tensors hold them that nobody quantized."""
    random = np.random.default_rng(7)
    draws: dict[str, Callable[[], NDArray[np.floating[Any]]]] = {
        "gaussian": lambda: random.normal(0, 0.02, 4096),
        "norm": lambda: random.normal(1, 0.02, 4096),
        "wide norm": lambda: random.normal(1, 0.2, 4096),
        "binade": lambda: random.uniform(1, 2, 4096),
        "two binades": lambda: random.uniform(0.25, 1, 4096),
        "positive": lambda: random.exponential(1e-3, 4096),
        "one value": lambda: np.full(4096, 0.1),
        "zeros": lambda: np.zeros(4096),
        "signs": lambda: random.choice([-0.3, 0.3], 4096),
        "mask": lambda: random.choice([0.0, 1.0], 4096),
        "halves": lambda: random.choice([0.5, 1.0], 4096),
        "few": lambda: random.choice(random.normal(0, 1, 12), 4096),
        "powers of two": lambda: 2.0 ** random.integers(-20, 3, 4096),
        "logarithmic": lambda: 10.0 ** random.uniform(-6, 2, 4096),
    }
    return draws[which]()


@pytest.mark.parametrize("bits", [4, 8, 12, 16])
@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize(
    "which",
    [
        "gaussian",
        "norm",
        "wide norm",
        "binade",
        "two binades",
        "positive",
        "one value",
        "zeros",
        "signs",
        "mask",
        "halves",
        "few",
        "powers of two",
        "logarithmic",
    ],
)
def test_other_tensors_lie_on_no_grid(which: str, kind: str, bits: int, tensor_of: MakeTensor) -> None:
    """Narrow ranges, whose numbers a format places on a grid by itself, and few values are no sign of a quantizer."""
    census = tensor_of(in_format(drawn(which), kind)).census()
    grid = integer_grid(census, bits)
    assert grid is None


@pytest.mark.parametrize(
    "array",
    [
        np.arange(-8, 8).astype(ml_dtypes.float8_e4m3fn),
        np.arange(-100, 100, dtype=np.int8),
        np.arange(100, dtype=np.int32),
        np.empty(0, np.float32),
        np.arange(100_000, dtype=np.float32),
        np.array([math.nan, math.inf], np.float32),
    ],
    ids=["float8", "int8", "int32", "empty", "too many values", "no finite value"],
)
def test_grids_are_not_looked_for(array: Array, tensor_of: MakeTensor) -> None:
    """Among integers, types under 16 bits, and more than 65,536 distinct values."""
    assert integer_grid(tensor_of(array).census(), 8) is None


@pytest.mark.parametrize(
    "numbers",
    [
        np.array([5e-324, 1e-323, 1.5e-323, 1.0]),
        np.array([1e-300, 1e300, 3.0]),
        np.arange(1, 100) * 5e-324,
        np.arange(1, 128) * 1.1e306,
        np.array([1.7976931348623157e308, 8e307, 1e307]),
    ],
    ids=["from smallest to one", "extremes", "smallest multiples", "largest multiples", "largest"],
)
def test_extremes_of_float64_are_no_trouble(numbers: NDArray[np.float64], tensor_of: MakeTensor) -> None:
    """Nothing overflows or divides by zero on the way (warnings are errors here)."""
    grid = integer_grid(tensor_of(numbers).census(), 8)
    if grid is not None:
        assert_keeps_its_definition(grid, numbers)


@given(
    integers=st.lists(st.integers(-127, 127), min_size=3, max_size=40),
    scale=st.floats(1e-4, 1.0),
    kind=st.sampled_from(sorted(PRECISIONS)),
    bits=st.integers(3, 16),
)
def test_every_grid_that_is_reported_keeps_its_definition(
    tensor_of: MakeTensor, integers: list[int], scale: float, kind: str, bits: int
) -> None:
    """Whatever multiples a tensor holds."""
    array = in_format(np.array(integers) * stored_scale(scale, kind), kind)
    grid = integer_grid(tensor_of(array).census(), bits)
    if grid is not None:
        assert grid.levels < 1 << (bits - 1)
        assert_keeps_its_definition(grid, array)
