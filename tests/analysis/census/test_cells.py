"""Set bits and cells of elements, against unpacking and sorting the codes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.analysis.census.backends import Backend
from precisionlab.analysis.census.cells import bit_counts, cells_of
from precisionlab.analysis.census.cpu import CpuBackend, SetBits
from precisionlab.analysis.census.kernels import count_set_bits
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.census.survey import Survey, Surveyor, blocks_of

if TYPE_CHECKING:
    from tests.analysis.census.conftest import MakeSpecimen, Specimen

    SurveyWith = Callable[[Specimen, Backend], Survey]

LOW_BITS = {"float32": 23 - 11, "float64": 52 - 11}
"""Mantissa bits that the bins do not tell."""


def unpacked(codes: NDArray[np.unsignedinteger]) -> NDArray[np.int64]:
    """In how many codes each bit is set, the least significant first."""
    bits = np.unpackbits(codes[:, np.newaxis].view(np.uint8), axis=1, bitorder="little")
    counts: NDArray[np.int64] = bits.sum(axis=0, dtype=np.int64)
    return counts


def test_set_bits_are_those_of_unpacking(specimen: "Specimen", census: Census) -> None:
    """Of every census, counted one by one, in bins, or as the extent of integers."""
    np.testing.assert_array_equal(bit_counts(census), unpacked(specimen.codes)[: specimen.bits])


@pytest.mark.parametrize("n_words", [0, 1, 47, 48, 49, 48 * 84, 48 * 84 + 1, 48 * 169 + 17])
def test_the_loop_counts_any_number_of_words(n_words: int) -> None:
    """Whole groups, single words, and bytes that are emptied just before they overflow; counts are added up."""
    full = np.full(n_words, 0xFFFFFFFFFFFFFFFF, np.uint64)
    drawn = np.random.default_rng(n_words).integers(0, 1 << 63, n_words, dtype=np.uint64)
    counts = np.zeros(64, np.int64)
    count_set_bits(full, counts)
    count_set_bits(drawn, counts)
    np.testing.assert_array_equal(counts, n_words + unpacked(drawn))


@given(codes=st.lists(st.integers(0, (1 << 32) - 1), max_size=300))
def test_half_words_are_counted(codes: list[int]) -> None:
    """32-bit codes lie two in a word; a last single one counts too, block after block."""
    array = np.array(codes, np.uint32)
    set_bits = SetBits(32)
    for block in (array[:7], array[7:]):
        set_bits.add(block.copy())
    np.testing.assert_array_equal(set_bits.counts(), unpacked(array))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint64"])
def test_blocks_are_added_up(dtype: str, make_specimen: "MakeSpecimen", backend: Backend) -> None:
    """Over several blocks, in any order."""
    n_codes = 1_100_003
    codes = np.random.default_rng(0).integers(0, 1 << 63, n_codes, dtype=np.uint64)
    specimen = make_specimen(dtype, codes.astype("u4") if dtype.endswith("32") else codes)
    surveyor = Surveyor(specimen.info, backend)
    for block in reversed(blocks_of(specimen.info)):
        surveyor.add(block, specimen.content[block.start : block.start + block.length])
    np.testing.assert_array_equal(bit_counts(surveyor.finish().census), unpacked(specimen.codes))


def test_every_element_lies_in_one_cell(specimen: "Specimen", census: Census) -> None:
    """Cells of exact censuses are the patterns; those of bins count the magnitudes between their ends, NaNs at infinity."""
    cells = cells_of(census)
    if cells is None:
        assert not census.is_exact
        assert not specimen.is_float
        return
    if census.is_exact:
        patterns, counts = specimen.counted
        np.testing.assert_array_equal(cells.lowest, patterns)
        np.testing.assert_array_equal(cells.highest, patterns)
        np.testing.assert_array_equal(cells.counts, counts)
        return
    kind = specimen.codes.dtype.type
    infinity = ((1 << specimen.exponent_bits) - 1) << specimen.mantissa_bits
    magnitudes = np.sort(np.minimum(specimen.codes & kind((1 << (specimen.bits - 1)) - 1), kind(infinity)))
    assert int(cells.counts.sum()) == len(magnitudes)
    is_counted = cells.counts > 0
    first = np.searchsorted(magnitudes, cells.lowest.astype(kind), side="left")
    last = np.searchsorted(magnitudes, cells.highest.astype(kind), side="right")
    np.testing.assert_array_equal((last - first)[is_counted], cells.counts[is_counted])
    assert np.all(cells.lowest[~is_counted] == cells.highest[~is_counted])
    assert np.isin(cells.lowest[~is_counted], magnitudes).all()


def test_cells_are_as_narrow_as_bins(specimen: "Specimen", census: Census) -> None:
    """One exponent field, and the 11 leading bits where the bins know them: float64 in the range of float32."""
    cells = cells_of(census)
    if cells is None or census.is_exact:
        return
    width = np.uint64(specimen.mantissa_bits)
    np.testing.assert_array_equal(cells.lowest >> width, cells.highest >> width)
    exponents = (cells.lowest >> width).astype(np.int64) - (1 << (specimen.exponent_bits - 1)) + 1
    is_told = (exponents >= -126) & (exponents <= 127) | (specimen.bits == 32)
    low = np.uint64(LOW_BITS[specimen.component])
    np.testing.assert_array_equal(cells.lowest[is_told] >> low, cells.highest[is_told] >> low)


def test_the_twin_has_the_same_cells(
    make_specimen: "MakeSpecimen", survey_with: "SurveyWith", torch_backend: Backend
) -> None:
    """Cells come from the census, which is the same on every device."""
    numbers = np.random.default_rng(1).standard_normal(70_001) * 10.0 ** np.arange(-100, 100).repeat(351)[:70_001]
    specimen = make_specimen("float64", numbers.view(np.uint64))
    one, other = (cells_of(survey_with(specimen, backend).census) for backend in (CpuBackend(), torch_backend))
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.lowest, other.lowest)
    np.testing.assert_array_equal(one.highest, other.highest)
    np.testing.assert_array_equal(one.counts, other.counts)
