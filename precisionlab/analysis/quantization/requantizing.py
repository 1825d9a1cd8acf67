"""A tensor as a target keeps it, band by band, in the type in which it is stored."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from precisionlab.analysis.quantization.bands import BINARY32_MAX, Cut, Span, band_of, cut_for
from precisionlab.analysis.quantization.element_bands import rounded
from precisionlab.analysis.quantization.passing import manner_of
from precisionlab.analysis.quantization.surroundings import surroundings_for
from precisionlab.analysis.quantization.sweep import tensor_scale
from precisionlab.analysis.quantization.targets import Target
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import BlockFormat, ElementFormat
from precisionlab.formats.blocks.measuring import Band
from precisionlab.formats.blocks.rewriting import rewritten

Remake = Callable[[Band, Span], torch.Tensor]
"""What the elements of a band become, [rows, columns] in binary32."""


def requantized(tensor: Tensor, target: Target) -> Iterator[bytes]:
    """The bytes of a tensor, as many as it has, of what its elements become; in pieces, in order.

    Each number is rounded once more, from binary32 to the stored type, where those beyond its range become its largest
    numbers: an element times its scale may be a little larger than all that was quantized. Elements that are not
    finite in binary32 stay as they are.
    """
    tensor.hold()
    if isinstance(target.format, BlockFormat):
        cut = cut_for(tensor.info.shape, [target.format])
        remake = by_blocks(tensor, target, target.format, cut)
    else:
        cut = cut_for(tensor.info.shape, [])
        remake = partial(by_element, format_=target.format, scale=tensor_scale(tensor, target))
    for span in cut.spans():
        band = band_of(tensor, span, cut)
        yield stored_bytes(tensor, span, cut, band, remake(band, span))


def by_blocks(tensor: Tensor, target: Target, format_: BlockFormat, cut: Cut) -> Remake:
    """The way into a block format; looks through the tensor first where blocks take something from all of it."""
    largest = tensor.census().largest_magnitude
    band_at = partial(band_of, tensor, cut=cut)
    known = surroundings_for([format_], cut, band_at, 0.0 if np.isnan(largest) else largest)
    return lambda band, span: rewritten(band, format_, manner_of(target, known(format_, span)))


def by_element(band: Band, span: Span, format_: ElementFormat, scale: float) -> torch.Tensor:
    """A band in an element format under one scale, in the arithmetic of float64."""
    del span
    return (rounded(band.values.double() / scale, format_).mean * scale).float()


def stored_bytes(tensor: Tensor, span: Span, cut: Cut, band: Band, made: torch.Tensor) -> bytes:
    """A band in the stored type; what was excluded as it is."""
    start = span.rows.start * cut.n_columns + span.columns.start
    stop = (span.rows.stop - 1) * cut.n_columns + span.columns.stop
    stored = tensor.part(start, stop).reshape(made.shape)
    largest = min(torch.finfo(stored.dtype).max, BINARY32_MAX)
    result = made.clamp(-largest, largest).to(stored.dtype)
    if band.is_excluded is not None:
        result = torch.where(band.is_excluded, stored, result)
    return result.contiguous().cpu().view(torch.uint8).numpy().tobytes()
