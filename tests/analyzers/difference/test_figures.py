"""Every figure beside a brute-force twin in exact arithmetic, over all stored types."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from analyzers import difference
from analyzers.difference.distances import distances
from analyzers.difference.options import Options
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.figures import Bars
from precisionlab.analysis.inner_products import InnerProduct, ratio_of_roots, scaled
from precisionlab.analysis.inner_products import difference as rounded_difference
from precisionlab.analysis.results import Scalar
from precisionlab.errors import FormatError, UsageError
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Compared = Callable[..., Mapping[str, Scalar]]
FLOATS = (
    np.float16,
    np.float32,
    np.float64,
    ml_dtypes.bfloat16,
    ml_dtypes.float8_e4m3fn,
    ml_dtypes.float8_e5m2,
    ml_dtypes.float8_e4m3fnuz,
    ml_dtypes.float8_e5m2fnuz,
)
INTEGERS = (np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64)


def patterns_of(dtype: Any, length: int = 40) -> st.SearchStrategy[Array]:  # noqa: ANN401 - any scalar type
    """Any bit patterns, seen as numbers."""
    kind = np.dtype(f"u{np.dtype(dtype).itemsize}")
    return hnp.arrays(kind, length).map(lambda words: words.view(dtype))


def partly_equal(here: Array, there: Array, is_kept: Array) -> Array:
    """The numbers here, but those there where `is_kept`."""
    return np.where(is_kept, there.view(f"u{there.itemsize}"), here.view(f"u{here.itemsize}")).view(there.dtype)


def exact(number: Any) -> Fraction | None:  # noqa: ANN401 - any scalar
    """The number; None where it is none."""
    if isinstance(number, np.integer):
        return Fraction(int(number))
    value = float(number)
    return Fraction(value) if math.isfinite(value) else None


def root(square: Fraction) -> float:
    """The square root, whatever the exponent; infinite beyond float64."""
    if not square:
        return 0.0
    shift = (square.numerator.bit_length() - square.denominator.bit_length()) // 2
    found = math.sqrt(square / Fraction(4) ** shift)
    try:
        return math.ldexp(found, shift)
    except OverflowError:
        return math.inf


def wants(here: Array, there: Array) -> dict[str, Any]:
    """All figures of two arrays of one type, number by number."""
    pairs = [(exact(a), exact(b)) for a, b in zip(here, there, strict=True)]
    finite = [(a, b) for a, b in pairs if a is not None and b is not None]
    gaps = [abs(a - b) for a, b in finite]
    above, below = sum(gap**2 for gap in gaps), sum(b**2 for _, b in finite)
    is_float = not np.issubdtype(here.dtype, np.integer)
    nans = np.stack([np.isnan(x.astype(np.float64)) if is_float else np.zeros(len(x), bool) for x in (here, there)])
    words = [x.view(f"u{x.itemsize}") for x in (here, there)]
    return {
        "changed": int((words[0] != words[1]).sum()),
        "numbers": len(here),
        "sign_flips": sum(a < 0 < b or b < 0 < a for a, b in zip(here.tolist(), there.tolist(), strict=True)),
        "became_nan": int((nans[0] & ~nans[1]).sum()),
        "were_nan": int((nans[1] & ~nans[0]).sum()),
        "largest": max(gaps, default=Fraction(0)),
        "relative": (root(Fraction(above) / Fraction(below)) if below else math.inf if above else 0.0),
        "norm": root(Fraction(sum(a**2 for a, _ in finite))),
    }


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
def test_figures_are_those_of_brute_force(dtype: Any) -> None:  # noqa: ANN401 - any scalar type
    """Of any bit patterns: counts exactly, norms within 1e-12, of integers of 64 bits too."""

    @settings(max_examples=25, deadline=None)
    @given(patterns_of(dtype), patterns_of(dtype), hnp.arrays(bool, 40))
    def check(here: Array, there: Array, is_kept: Array) -> None:
        here = partly_equal(here, there, is_kept)
        with np.errstate(all="ignore"):
            wanted = wants(here, there)
        found = difference.analyze(in_memory(here, against=there), Options()).values
        for key in ("changed", "numbers", "sign_flips", "became_nan", "were_nan"):
            assert found[key] == wanted[key], key
        largest = float(wanted["largest"]) if wanted["largest"] < 2**1023 else None
        if largest is not None:
            assert found["largest_difference"] == pytest.approx(largest, rel=1e-15)
        slack = 1e-12 if np.dtype(dtype).itemsize < 8 or np.dtype(dtype).kind == "f" else 1e-9
        assert found["relative_difference"] == pytest.approx(wanted["relative"], rel=slack)
        assert found["norm"] == pytest.approx(wanted["norm"], rel=slack)

    check()


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2])
def test_distances_count_the_numbers_between(dtype: Any) -> None:  # noqa: ANN401 - any scalar type
    """All finite numbers sorted by value: the distance is how many places lie between two, zeros being one."""
    bits = 8 * np.dtype(dtype).itemsize
    words = np.arange(1 << bits, dtype=f"u{bits // 8}")
    with np.errstate(invalid="ignore"):  # a signalling NaN says so
        values = words.view(dtype).astype(np.float64)
    finite = words[np.isfinite(values)]
    ranks = np.searchsorted(np.unique(values[np.isfinite(values)]), finite.view(dtype).astype(np.float64))
    others = np.random.default_rng(0).permutation(len(finite))
    found = distances(finite, finite[others], LAYOUTS[np.dtype(dtype).name].format)
    assert found.tolist() == np.abs(ranks - ranks[others]).tolist()


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 40))
def test_steps_in_float64_are_distances(start: float, steps: int) -> None:
    """So many calls of `math.nextafter` downwards are so many units, across zero too."""
    end = start
    for _ in range(steps):
        end = math.nextafter(end, -math.inf)
    if math.isfinite(end):
        one, other = (np.array([number]).view(np.uint64) for number in (end, start))
        assert distances(one, other, LAYOUTS["float64"].format).tolist() == [steps]


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1)), max_size=20))
def test_distances_of_integers_are_differences(pairs: list[tuple[int, int]]) -> None:
    """Without overflow."""
    one, other = (np.array([pair[i] for pair in pairs], np.int64).view(np.uint64) for i in (0, 1))
    assert distances(one, other, LAYOUTS["int64"].format).tolist() == [abs(a - b) for a, b in pairs]


def test_bars_count_by_powers_of_two(between: Callable[..., Any]) -> None:
    """1 is in the first bin, 2 and 3 in the second, 2^k in bin k, 2^54 - 1 in bin 53."""
    apart = [1, 2, 3, 4, 7, 8, (1 << 54) - 1, 1 << 54]
    there = np.ones(len(apart) + 1)
    here = there.copy()
    here[:-1].view(np.int64)[:] -= np.array(apart)
    result = between(here, there)
    (bars,) = (one for one in result.figures if isinstance(one, Bars))
    assert {i: n for i, n in enumerate(bars.heights) if n} == {0: 1, 1: 2, 2: 2, 3: 1, 53: 1, 54: 1}
    assert result.value("largest_distance") == 1 << 54


def test_norms_neither_overflow_nor_underflow(compared: Compared) -> None:
    """Of numbers whose squares, and whose differences, float64 does not hold."""
    huge, tiny = np.array([1.5e308, -1.5e308]), np.array([3e-310, 4e-310])
    values = compared(-huge, huge)
    assert values["relative_difference"] == pytest.approx(2, rel=1e-15)
    assert values["cosine"] == -1.0
    assert values["difference_norm"] == math.inf
    values = compared(np.zeros(2), tiny)
    assert values["reference_norm"] == pytest.approx(5e-310, rel=1e-12)
    assert values["relative_difference"] == 1.0


@settings(max_examples=50, deadline=None)
@given(st.lists(hnp.arrays(np.float64, 7, elements=st.floats(-1e308, 1e308)), min_size=1, max_size=5))
def test_sums_of_stretches_are_those_of_the_whole(stretches: list[Array]) -> None:
    """Whatever the sizes of the numbers in each, the ratio of two norms is right to 1e-12."""
    one, other = InnerProduct(), InnerProduct()
    for values in stretches:
        gaps = rounded_difference(values, values[::-1])
        one.add(gaps, gaps)
        other.add(scaled(values), scaled(values))
    above = sum(
        ((Fraction(a) - Fraction(b)) ** 2 for x in stretches for a, b in zip(x, x[::-1], strict=True)), Fraction()
    )
    below = sum((Fraction(a) ** 2 for x in stretches for a in x), Fraction())
    wanted = root(above / below) if below else 0.0
    assert ratio_of_roots(one, other) == pytest.approx(wanted, rel=1e-12)


def test_types_are_compared_by_value(compared: Compared) -> None:
    """float8, float16 and integers beside float32, value for value."""
    there = np.array([1, 2, 3, 0, -4], np.float32)
    for dtype in (np.float16, ml_dtypes.float8_e4m3fn, np.int8, np.int64, np.float64):
        assert compared(there.astype(dtype), there)["changed"] == 0
    values = compared(np.array([1, 2, 5, 0, -4], np.int8), there)
    assert (values["changed"], values["largest_difference"]) == (1, 2.0)
    assert values["relative_difference"] == pytest.approx(2 / math.sqrt(30))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,)])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.bool_, np.complex64])
def test_corners_of_shape(shape: tuple[int, ...], dtype: Any, compared: Compared) -> None:  # noqa: ANN401 - any type
    """Scalars and empty tensors have figures like others."""
    array = np.ones(shape, dtype)
    values = compared(array, array.copy())
    assert values["same_bytes"] is True
    assert values["relative_difference"] == values["changed_share"] == 0


def test_complex_numbers_are_two(between: Callable[..., Any]) -> None:
    """Each part is a number of its own, and is named."""
    there = np.array([1 + 2j, 3 + 4j], np.complex64)
    here = there.copy()
    here[1] = 3 - 4j
    result = between(here, there)
    assert (result.value("numbers"), result.value("changed"), result.value("sign_flips")) == (4, 1, 1)
    (row,) = next(one for one in result.figures if one.title == "Numbers that differ most").rows
    assert row == ("[1].imag", -4.0, 4.0, -8.0)


def test_the_worst_are_named_the_first_of_equal_ones(between: Callable[..., Any]) -> None:
    """Over blocks, at most so many as are asked for."""
    there = np.zeros(1 << 19, np.float32)
    here = there.copy()
    here[[5, 300_000, 400_000]] = 1, 3, 1
    result = between(here, there, named=2)
    table = next(one for one in result.figures if one.title == "Numbers that differ most")
    assert [row[0] for row in table.rows] == ["[300000]", "[5]"]


def test_formats_that_cannot_round_are_refused() -> None:
    """An unknown one, and one without NaN."""
    with pytest.raises(FormatError):
        Options(formats=("bfloat17",))
    with pytest.raises(UsageError, match="is no signed float with NaN"):
        Options(formats=("float4_e2m1fn",))
