"""Blocks whose scale one element sets alone, against counting them one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from precisionlab.analysis.quantization.lone_outliers import LoneOutliers, extent_of, lone_outliers
from precisionlab.formats import formats
from precisionlab.formats.blocks.parts import CHANNEL, group

Floats = NDArray[np.float32]


def counted(blocks: list[Floats]) -> LoneOutliers:
    """How many blocks there are, and in how many one of several elements is more than twice as large as any other."""
    lone = sum(len(block) > 1 and int((np.abs(block) > np.abs(block).max() / 2).sum()) == 1 for block in blocks)
    return LoneOutliers(len(blocks), lone)


def cut(row: Floats, width: int) -> list[Floats]:
    """The blocks of a row, the last one short."""
    return [row[start : start + width] for start in range(0, len(row), width)]


@pytest.mark.parametrize("width", [1, 2, 3, 16, 32, 48, 64, 128, 200])
@pytest.mark.parametrize("shape", [(1, 1), (1, 17), (3, 64), (5, 100), (2, 4097), (64, 1)], ids=str)
def test_groups_are_counted_along_each_row(shape: tuple[int, int], width: int) -> None:
    """Whether groups divide a row or not, and whatever loop serves their width."""
    values = np.random.default_rng(width).standard_t(2, shape).astype(np.float32)
    blocks = [block for row in values for block in cut(row, width)]
    assert lone_outliers(values, group(width)) == counted(blocks)


def test_groups_that_run_on_are_counted_over_all_rows() -> None:
    """As those of bitsandbytes."""
    values = np.random.default_rng(0).standard_t(2, (7, 30)).astype(np.float32)
    assert lone_outliers(values, group(64, is_flat=True)) == counted(cut(values.reshape(-1), 64))


def test_a_channel_is_a_whole_row() -> None:
    """One block for each row."""
    values = np.random.default_rng(0).standard_t(1, (50, 40)).astype(np.float32)
    assert lone_outliers(values, CHANNEL) == counted(list(values))


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(1, 80)),
        elements=st.floats(-(2.0**100), 2.0**100, width=32).filter(lambda x: x == 0 or abs(x) > 2.0**-100),
    ),
    st.sampled_from([2, 16, 32, 64]),
)
def test_any_numbers(values: Floats, width: int) -> None:
    """Zeros, ties at exactly half, and equal magnitudes of both signs."""
    blocks = [block for row in values for block in cut(row, width)]
    assert lone_outliers(values, group(width)) == counted(blocks)


@pytest.mark.parametrize(
    ("name", "has"), [("int8_channel", True), ("nvfp4", True), ("int8_tensor", False), ("fp8_e4m3_128x128", False)]
)
def test_only_parts_of_rows_are_looked_at(name: str, *, has: bool) -> None:
    """Tiles and whole tensors have too few blocks for a share."""
    assert (extent_of(formats.block(name)) is not None) is has


def test_without_blocks_there_is_no_share() -> None:
    """NaN, not 0."""
    assert np.isnan(LoneOutliers().share)
