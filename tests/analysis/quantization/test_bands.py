"""Bands cover every element once and end where blocks of every format that is asked for do."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from precisionlab.analysis.quantization import bands
from precisionlab.analysis.quantization.bands import Cut, Span, band_of, cut_for, is_cuttable
from precisionlab.formats import BlockFormat, formats
from tests.analysis.quantization.conftest import stored
from tests.formats.blocks.conftest import BLOCK_FORMATS

SPELLED = [formats.block(name) for name in ("int5_g48_asym", "fp8_e5m2_3x20", "nf4_g96_dq", "fp8_e5m2_tensor")]
ALL = [*BLOCK_FORMATS, *SPELLED]
shapes = st.lists(st.integers(0, 40), max_size=4).map(tuple)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bands of a few elements, and rows that are cut."""
    monkeypatch.setattr(bands, "ELEMENTS", 100)
    monkeypatch.setattr(bands, "LONGEST_ROW", 300)


def matrix_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """First axis by all others; one row for fewer than two axes."""
    return (shape[0], math.prod(shape[1:])) if len(shape) > 1 else (1, math.prod(shape))


def covered(cut: Cut) -> np.ndarray:
    """How often each element lies in a band."""
    counts = np.zeros((cut.n_rows, cut.n_columns), np.int64)
    for span in cut.spans():
        counts[span.rows, span.columns] += 1
    return counts


@pytest.mark.usefixtures("_small")
@settings(max_examples=60)
@given(shape=shapes, chosen=st.lists(st.sampled_from(ALL), max_size=3))
def test_bands_cover_every_element_once(shape: tuple[int, ...], chosen: list[BlockFormat]) -> None:
    """In order: whole rows, or parts of one row."""
    cut = cut_for(shape, chosen)
    assert (cut.n_rows, cut.n_columns) == matrix_of(shape)
    assert (covered(cut) == 1).all()
    for span in cut.spans():
        is_whole = span.columns == slice(0, cut.n_columns)
        assert is_whole or span.rows.stop - span.rows.start == 1
    assert cut.is_whole_rows or cut.n_columns > 300


def blocks_of(format_: BlockFormat, cut: Cut) -> np.ndarray:
    """To which block, or blocks that share a second level, each element belongs; rows start anew unless blocks run on.

    What a channel or a tensor shares is known to a band from its surroundings and ties nothing together.
    """
    rows, columns = np.indices((cut.n_rows, cut.n_columns))
    size = (format_.extent.columns or 1) * (format_.scale.span or 1)
    if format_.extent.is_flat:
        return (rows * cut.n_columns + columns) // size
    down, across = rows // (format_.extent.rows or 1), columns // size
    return down * (cut.n_columns + 1) + across


@pytest.mark.usefixtures("_small")
@settings(max_examples=150)
@given(
    shape=st.tuples(st.integers(1, 300), st.integers(1, 1200)),
    chosen=st.lists(st.sampled_from(ALL), min_size=1, max_size=3),
)
def test_no_block_lies_in_two_bands(shape: tuple[int, int], chosen: list[BlockFormat]) -> None:
    """Of any of the formats, where the tensor can be cut for them."""
    assume(math.prod(shape) < 50_000)
    assume(all(is_cuttable(format_, shape) for format_ in chosen))
    cut = cut_for(shape, chosen)
    for format_ in chosen:
        blocks = blocks_of(format_, cut)
        seen: set[int] = set()
        for span in cut.spans():
            here = set(np.unique(blocks[span.rows, span.columns]).tolist())
            assert not seen & here
            seen |= here


def test_rows_stay_whole_up_to_sixteen_million_elements() -> None:
    """Of a matrix, a vector, a kernel; longer ones are cut after whole blocks."""
    assert cut_for((1 << 24,), []) == Cut(1, 1 << 24, 1, 1 << 24)
    assert cut_for((3, 1 << 24), []).is_whole_rows
    assert cut_for((4096, 1024), []) == Cut(4096, 1024, 1024, 1024)
    assert cut_for((512, 64, 3, 3), []) == Cut(512, 576, 1820, 576)
    longer = cut_for((2, (1 << 24) + 1), [formats.block("int5_g48"), formats.block("mxfp4")])
    assert not longer.is_whole_rows
    assert longer.height == 1
    assert longer.width % 96 == 0
    assert (1 << 20) - 96 < longer.width <= 1 << 20


CUTTABLE = {
    "mxfp4": (True, True),
    "int8_channel": (True, True),
    "int8_tensor_asym": (True, True),
    "nf4_g64": (True, False),
    "nf4_g64_dq": (True, False),
    "fp8_e4m3_128x128": (False, False),
    "q4_k": (True, True),
}


@pytest.mark.parametrize(("name", "expected"), CUTTABLE.items(), ids=CUTTABLE)
def test_tiles_and_blocks_that_run_on_need_whole_rows(name: str, expected: tuple[bool, bool]) -> None:
    """In one long row, and in two; rows that stay whole serve every format."""
    length = (1 << 24) + 5
    format_ = formats.block(name)
    assert (is_cuttable(format_, (length,)), is_cuttable(format_, (2, length))) == expected
    assert is_cuttable(format_, (4096, 4096))
    assert is_cuttable(format_, ())
    assert is_cuttable(format_, (0, 5))


@pytest.mark.parametrize("memory_bytes", [0, 1 << 20], ids=["from the file", "held"])
@pytest.mark.parametrize("shape", [(7, 11), (60,), (3, 4, 5), ()], ids=str)
def test_a_band_is_that_part_of_the_tensor(shape: tuple[int, ...], memory_bytes: int) -> None:
    """In binary32, read from the file or from what is held; what is not finite is excluded and 0."""
    values = torch.from_numpy(np.random.default_rng(0).standard_normal(shape)).to(torch.bfloat16)
    values.view(-1)[::5] = math.nan
    values.view(-1)[1::7] = -math.inf
    tensor = stored(values, memory_bytes)
    tensor.hold()
    cut = Cut(*matrix_of(shape), 2, 5) if len(shape) == 1 else Cut(*matrix_of(shape), 2, max(1, matrix_of(shape)[1]))
    whole = values.float().reshape(matrix_of(shape))
    for span in cut.spans():
        band, part = band_of(tensor, span, cut), whole[span.rows, span.columns]
        is_finite = part.isfinite()
        assert torch.equal(band.values, torch.where(is_finite, part, 0.0))
        assert band.values.dtype == torch.float32
        assert band.values.is_contiguous()
        assert torch.equal(torch.zeros_like(is_finite) if band.is_excluded is None else band.is_excluded, ~is_finite)


def test_numbers_beyond_binary32_are_excluded() -> None:
    """Those of binary64 that would become infinite; what rounds down to its largest number stays."""
    largest = float(np.finfo(np.float32).max)
    values = torch.tensor([[1e39, 1.0, -1e308, largest, largest * (1 + 2.0**-26)]], dtype=torch.float64)
    band = band_of(stored(values), Span(slice(0, 1), slice(0, 5)), cut_for((1, 5), []))
    assert band.values.tolist() == [[0.0, 1.0, 0.0, largest, largest]]
    assert band.is_excluded is not None
    assert band.is_excluded.tolist() == [[True, False, True, False, False]]


def test_finite_bands_exclude_nothing() -> None:
    """So that nobody needs to look at a mask."""
    assert band_of(stored(torch.ones(3, 4)), Span(slice(0, 3), slice(0, 4)), cut_for((3, 4), [])).is_excluded is None
