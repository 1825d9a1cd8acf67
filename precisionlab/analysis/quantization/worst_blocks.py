"""The blocks of a tensor that lose most in a block format."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest
from typing import Final

import torch

from precisionlab.analysis.quantization.bands import Span
from precisionlab.formats import BlockFormat
from precisionlab.formats.blocks.measuring import Band, Manner
from precisionlab.formats.blocks.rewriting import rewritten

KEPT: Final = 5
"""So many blocks are kept of each band, and of all."""


@dataclass(frozen=True, slots=True)
class BlockLoss:
    """One block along a row of a tensor as a matrix."""

    row: int
    start: int
    """First column."""
    stop: int
    squared_error: float
    energy: float


def has_places(format_: BlockFormat) -> bool:
    """Whether blocks are parts of a row that have a place there: no channels, tiles, or runs from row to row."""
    return format_.extent.rows == 1 and format_.extent.columns is not None and not format_.extent.is_flat


def worst_blocks(band: Band, span: Span, format_: BlockFormat, manner: Manner) -> tuple[BlockLoss, ...]:
    """The blocks of a band of most squared error, the worst first."""
    width = min(format_.extent.columns or 1, max(1, band.values.shape[1]))
    exact = band.values.double()
    errors = (rewritten(band, format_, manner).double() - exact).square()
    if band.is_excluded is not None:
        errors = torch.where(band.is_excluded, 0.0, errors)
    missing = -exact.shape[1] % width
    by_block = [
        torch.nn.functional.pad(array, (0, missing)).view(exact.shape[0], -1, width).sum(dim=2)
        for array in (errors, exact.square())
    ]
    squared, energy = by_block
    worst = torch.topk(squared.reshape(-1), min(KEPT, squared.numel())).indices.tolist()
    n_across = squared.shape[1]
    return tuple(
        BlockLoss(
            span.rows.start + place // n_across,
            span.columns.start + place % n_across * width,
            min(span.columns.start + (place % n_across + 1) * width, span.columns.stop),
            float(squared.reshape(-1)[place]),
            float(energy.reshape(-1)[place]),
        )
        for place in worst
    )


def worst_of(blocks: Iterable[BlockLoss]) -> tuple[BlockLoss, ...]:
    """The worst of all; of equal ones the first."""
    return tuple(nlargest(KEPT, blocks, key=lambda block: (block.squared_error, -block.row, -block.start)))
