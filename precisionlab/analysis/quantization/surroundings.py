"""What blocks take from beyond their band: extremes of the tensor, or of a row that is cut, and the mean of all scales."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from precisionlab.analysis.quantization.bands import BINARY32_MAX, Cut, Span
from precisionlab.formats import BlockFormat
from precisionlab.formats.blocks.measuring import Band
from precisionlab.formats.blocks.parts import RANGE_RULES
from precisionlab.formats.blocks.work import NOTHING, Surroundings, Work

BandAt = Callable[[Span], Band]


@dataclass(frozen=True, slots=True)
class Extremes:
    """Of each row: least and greatest finite number in binary32."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def of(self, rows: slice) -> Surroundings:
        """What is known of some rows together."""
        low, high = float(self.low[rows].min(initial=0.0)), float(self.high[rows].max(initial=0.0))
        return Surroundings(max(-low, high), low, high)


def reaches_tensor(format_: BlockFormat) -> bool:
    """Whether blocks take something from all of the tensor."""
    return format_.extent.rows is None or format_.scale.is_tensor_wide


def reaches_row(format_: BlockFormat) -> bool:
    """Whether blocks take something from all of their row."""
    return format_.extent.rows is not None and format_.extent.columns is None


def surroundings_for(
    formats: Sequence[BlockFormat], cut: Cut, band_at: BandAt, largest: float
) -> Callable[[BlockFormat, Span], Surroundings]:
    """The function that tells the surroundings of a band for a format.

    Args:
        formats: all that are asked for.
        cut: how the tensor is cut.
        band_at: reads a band; called before this returns where the tensor must be gone through.
        largest: the largest finite magnitude of the tensor.
    """
    looking = [
        format_ for format_ in formats if reaches_tensor(format_) or (reaches_row(format_) and not cut.is_whole_rows)
    ]
    needs_rows = any(format_.rule in RANGE_RULES or not reaches_tensor(format_) for format_ in looking)
    extremes = extremes_of(cut, band_at) if looking and (needs_rows or largest > BINARY32_MAX) else None
    whole = Surroundings(largest) if extremes is None else extremes.of(slice(None))
    means = {format_: mean_scale(format_, cut, band_at) for format_ in formats if format_.is_centred}

    def tell(format_: BlockFormat, span: Span) -> Surroundings:
        if format_.is_centred:
            return Surroundings(mean_scale=means[format_])
        if reaches_tensor(format_):
            return whole
        if reaches_row(format_) and extremes is not None and not cut.is_whole_rows:
            return extremes.of(span.rows)
        return NOTHING

    return tell


def extremes_of(cut: Cut, band_at: BandAt) -> Extremes:
    """The extremes of each row."""
    found = Extremes(np.full(cut.n_rows, np.inf, np.float32), np.full(cut.n_rows, -np.inf, np.float32))
    for span in cut.spans():
        low, high = torch.aminmax(band_at(span).values, dim=1)
        np.minimum(found.low[span.rows], low.cpu().numpy(), out=found.low[span.rows])
        np.maximum(found.high[span.rows], high.cpu().numpy(), out=found.high[span.rows])
    return found


def mean_scale(format_: BlockFormat, cut: Cut, band_at: BandAt) -> float:
    """The mean of the scales of all blocks, before they are stored, in binary32."""
    scales = [scale for span in cut.spans() for scale in scales_in(band_at(span), format_)]
    n_scales = sum(scale.numel() for scale in scales)
    total = sum(float(scale.double().sum()) for scale in scales)
    return float(np.float32(total / n_scales)) if n_scales else 0.0


def scales_in(band: Band, format_: BlockFormat) -> Iterable[torch.Tensor]:
    """The scales of a band's blocks."""
    work = Work(band.values, format_)
    return [work.found(region)[0].scale for region in work.regions()]
