"""What formats lose of a tensor, beside factors of the same size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from precisionlab.analysis.quantization.targets import Target, parse_targets
from precisionlab.errors import FormatError
from precisionlab.formats import BlockFormat

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Rival:
    """A format, what it takes and what it loses."""

    name: str
    bits: float
    """A weight, scales counted."""
    error: float
    """|W - Q(W)| / |W|."""


def rivals(matrix: "torch.Tensor", formats: Sequence[str]) -> Iterator[Rival]:
    """Each block format that the rows fit, of a finite matrix [m, n]."""
    for target in parse_targets(formats):
        if isinstance(target.format, BlockFormat):
            yield from measured(matrix, target, target.format)


def measured(matrix: "torch.Tensor", target: Target, format_: BlockFormat) -> Iterator[Rival]:
    """One of them; none where its blocks do not fit."""
    from precisionlab.formats.blocks.summing import error_sums  # noqa: PLC0415 - numba and torch, which are slow

    try:
        sums = error_sums(matrix.float(), format_)
    except FormatError:
        return
    yield Rival(target.name, target.bits_per_weight(tuple(matrix.shape)), sums.relative_error)
