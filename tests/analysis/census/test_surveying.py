"""Tensors of several blocks: whatever their order and the threads that add them, one and the same census."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.census import cpu
from precisionlab.analysis.census.backends import Backend
from precisionlab.analysis.census.bin_census import LEADING_BINS
from precisionlab.analysis.census.counting import FloatCounting, merge_patterns
from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.census.survey import Survey, Surveyor, blocks_of
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.formats import STORED_FLOATS

if TYPE_CHECKING:
    from tests.analysis.census.conftest import MakeSpecimen, Specimen

    SurveyWith = Callable[[Specimen, Backend], Survey]

Codes = NDArray[np.unsignedinteger]


def gaussian(component: str, n_codes: int, mean: float = 0.0) -> Codes:
    """Normal numbers of a numpy type, as codes."""
    numbers = mean + np.random.default_rng(0).standard_normal(n_codes)
    return numbers.astype(component).view(f"u{np.dtype(component).itemsize}")


def uniform(kind: str, n_codes: int, n_patterns: int) -> Codes:
    """Codes below a number of patterns."""
    return np.random.default_rng(1).integers(0, n_patterns, n_codes, dtype=np.uint64).astype(kind)


BUILDERS: dict[tuple[str, str], Callable[[], Codes]] = {
    ("float32", "gaussian"): lambda: gaussian("float32", 2_100_001),
    ("float32", "far mean"): lambda: gaussian("float32", 1_100_000, mean=1e3),
    ("float32", "few distinct"): lambda: np.round(gaussian("float32", 1_100_000).view("f4"), 2).view("u4"),
    ("float64", "gaussian"): lambda: gaussian("float64", 1_200_001),
    ("complex64", "gaussian"): lambda: gaussian("float32", 1_200_000),
    ("float16", "gaussian"): lambda: gaussian("float16", 2_200_001),
    ("float8_e4m3fn", "all patterns"): lambda: uniform("u1", 4_300_001, 256),
    ("float6_e3m2fn", "all patterns"): lambda: uniform("u1", 4_200_001, 64),
    ("float4_e2m1fn", "all patterns"): lambda: uniform("u1", 8_400_001, 16),
    ("int32", "many"): lambda: uniform("u4", 1_100_000, 1 << 32),
    ("uint64", "few"): lambda: uniform("u8", 600_000, 1000),
}


@pytest.fixture(scope="module", params=BUILDERS, ids="-".join)
def large(request: pytest.FixtureRequest, make_specimen: "MakeSpecimen") -> "Specimen":
    """A tensor of at least two blocks, in two axes of which one block may hold half a row."""
    codes = BUILDERS[request.param]()
    dtype = request.param[0]
    n_elements = len(codes) // (2 if dtype.startswith("complex") else 1)
    found = make_specimen(dtype, codes, shape=(1, n_elements))
    assert len(blocks_of(found.info)) > 1
    return found


@pytest.fixture(scope="module")
def in_order(large: "Specimen", survey_with: "SurveyWith") -> Survey:
    """The survey of the blocks one after the other."""
    return survey_with(large, CpuBackend())


def test_counts_of_several_blocks_are_numpys(large: "Specimen", in_order: Survey) -> None:
    """Patterns, zeros, extent and number of elements of the whole are numpy's."""
    census = in_order.census
    assert census.n_elements == len(large.codes)
    assert census.specials.zeros == np.count_nonzero(large.numbers == 0)
    assert census.largest_magnitude == np.abs(large.finite).max()
    assert census.is_exact == large.is_listed
    if census.is_exact:
        np.testing.assert_equal((census.patterns, census.pattern_counts), large.counted)


def test_moments_of_several_blocks_are_right(
    large: "Specimen", in_order: Survey, make_specimen: "MakeSpecimen"
) -> None:
    """Merged power sums agree with sums over all elements about their mean in extended precision."""
    census = in_order.census
    if not census.is_exact and not large.is_float:
        assert math.isnan(census.moments.mean)
        return
    patterns, counts = large.counted
    values = make_specimen(large.component, patterns.astype(large.codes.dtype)).numbers
    values, counts = values[np.isfinite(values)], counts[np.isfinite(values)]
    n = counts.sum()
    mean = math.fsum(values * counts) / n
    deviations = values.astype(np.longdouble) - mean
    squares = deviations * deviations
    powers = (squares, squares * deviations, squares * squares)
    second, third, fourth = (float((power * counts).sum() / n) for power in powers)
    found = census.moments
    assert found.mean == pytest.approx(mean, rel=1e-15, abs=1e-13 * math.sqrt(second))
    assert found.variance == pytest.approx(second, rel=1e-12)
    assert found.skewness == pytest.approx(third / second**1.5, rel=1e-11, abs=1e-11)
    assert found.kurtosis == pytest.approx(fourth / second**2, rel=1e-11)


def test_order_and_threads_change_nothing(large: "Specimen", in_order: Survey) -> None:
    """Shuffled blocks from four threads give the same survey to the last bit, moments and sums included."""
    surveyor = Surveyor(large.info, CpuBackend())
    blocks = list(blocks_of(large.info))
    np.random.default_rng(2).shuffle(blocks)
    with ThreadPoolExecutor(4) as pool:
        for task in [
            pool.submit(surveyor.add, block, large.content[block.start : block.start + block.length])
            for block in blocks
        ]:
            task.result()
    found = surveyor.finish()
    np.testing.assert_equal(as_dict(found.census), as_dict(in_order.census))
    np.testing.assert_equal([astuple(one) for one in found.channels], [astuple(one) for one in in_order.channels])


def as_dict(census: Census) -> dict[str, object]:
    """Every figure by name, records as tuples."""
    records = {"specials", "moments", "entropies", "binary32", "field_bins"}
    names = Census.__dataclass_fields__
    values = {name: getattr(census, name) for name in names}
    return {name: astuple(value) if name in records and value is not None else value for name, value in values.items()}


def test_torch_merges_blocks_as_the_loops_do(
    large: "Specimen",
    in_order: Survey,
    torch_backend: Backend,
    survey_with: "SurveyWith",
    same_census: Callable[[Census, Census, float], None],
) -> None:
    """Several blocks on a device have the census and the channels of the compiled loops."""
    found = survey_with(large, torch_backend)
    same_census(found.census, in_order.census, 1e-12)
    np.testing.assert_equal([astuple(one) for one in found.channels], [astuple(one) for one in in_order.channels])


def test_blocks_end_between_elements_and_cover_the_tensor(make_specimen: "MakeSpecimen") -> None:
    """Blocks follow each other without a gap and divide by the bits of an element."""
    for dtype in DTYPE_BITS:
        info = make_specimen(dtype, np.zeros(0, np.uint8), shape=(3, 5_000_001)).info
        blocks = blocks_of(info)
        assert [block.index for block in blocks] == list(range(len(blocks)))
        assert [block.start for block in blocks[1:]] == [block.start + block.length for block in blocks[:-1]]
        assert blocks[-1].start + blocks[-1].length == info.n_bytes
        assert all(block.start * 8 % DTYPE_BITS[dtype] == 0 for block in blocks)
        assert all(block.length <= 4 << 20 for block in blocks)


@pytest.mark.parametrize("n_distinct", [65_536, 65_537])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint64"])
def test_limit_of_distinct_patterns(
    dtype: str, n_distinct: int, backend: Backend, make_specimen: "MakeSpecimen", survey_with: "SurveyWith"
) -> None:
    """65,536 distinct patterns are counted one by one; one more are not."""
    kind = f"u{np.dtype(dtype).itemsize}"
    codes = np.arange(200_000) % n_distinct + 0x3F000000
    np.random.default_rng(3).shuffle(codes)
    specimen = make_specimen(dtype, codes.astype(kind))
    census = survey_with(specimen, backend).census
    assert census.is_exact == (n_distinct == 65_536)
    assert census.distinct == (65_536 if n_distinct == 65_536 else None)
    assert census.n_elements == 200_000
    if census.is_exact:
        np.testing.assert_equal((census.patterns, census.pattern_counts), specimen.counted)


@pytest.mark.parametrize(("overlap", "is_exact"), [(0, False), (40_000, True)])
def test_tables_of_two_threads_are_merged(overlap: int, *, is_exact: bool, backend: Backend) -> None:
    """Two tables of 40,000 distinct patterns each are few together only if they share enough."""
    counting = FloatCounting(STORED_FLOATS["float32"], backend)
    first = np.arange(40_000, dtype=np.uint32) + np.uint32(0x3F800000)
    second = first + np.uint32(40_000 - overlap)
    with counting._pool.borrow():
        counting.add(0, backend.place(first))
    counting.add(1, backend.place(second))
    assert len(counting._pool.all()) == 2
    census = counting.census()
    assert census.is_exact == is_exact
    assert census.n_elements == census.counts.sum() == 80_000
    assert census.largest_magnitude == second.view(np.float32).max()
    numbers = np.concatenate([first, second]).view(np.float32).astype(np.float64)
    assert census.moments.mean == pytest.approx(math.fsum(numbers) / len(numbers), rel=1e-14)


def test_patterns_of_parts_add_up() -> None:
    """Equal patterns of two parts are one; a part without list leaves the whole without."""
    one = (np.array([1, 5], np.uint64), np.array([2, 3]))
    other = (np.array([5, 9], np.uint64), np.array([4, 1]))
    merged = merge_patterns([one, other])
    assert merged is not None
    assert [part.tolist() for part in merged] == [[1, 5, 9], [2, 7, 1]]
    assert merge_patterns([one, None]) is None


def test_counters_outlive_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bins are emptied into 64-bit counters in time, so that more than 2^32 equal elements are counted."""
    monkeypatch.setattr(cpu, "FLUSH", 1)
    tables = CpuBackend().float_tables(STORED_FLOATS["float32"])
    zeros = np.zeros(10, np.uint32)
    for _ in range(3):
        tables._leading[0] = np.uint32((1 << 32) - 11)
        tables.add(zeros)
    leading = tables.totals().leading
    assert leading.shape == (LEADING_BINS,)
    assert leading[0] == 3 * ((1 << 32) - 1)


def test_pattern_counters_outlive_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for the counters of single patterns."""
    monkeypatch.setattr(cpu, "FLUSH", 1)
    tables = CpuBackend().pattern_tables(16)
    for _ in range(3):
        tables._even[7] = tables._odd[7] = np.uint32((1 << 32) - 101)
        tables.add(np.full(200, 7, np.uint16))
    assert tables.counts()[7] == 3 * 2 * ((1 << 32) - 1)


def test_finished_twice_is_the_same(make_specimen: "MakeSpecimen") -> None:
    """Telling the outcome does not change it."""
    specimen = make_specimen("float32", gaussian("float32", 100_000))
    surveyor = Surveyor(specimen.info, CpuBackend())
    surveyor.add(blocks_of(specimen.info)[0], specimen.content)
    np.testing.assert_equal(as_dict(surveyor.finish().census), as_dict(surveyor.finish().census))
