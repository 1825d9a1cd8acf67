"""A tensor as a target keeps it, band by band, in the type in which it is stored."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from precisionlab.analysis.quantization.bands import Span, band_of, cut_for
from precisionlab.analysis.quantization.element_bands import rounded
from precisionlab.analysis.quantization.passing import manner_of
from precisionlab.analysis.quantization.surroundings import surroundings_for
from precisionlab.analysis.quantization.sweep import tensor_scale
from precisionlab.analysis.quantization.targets import Target
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import BlockFormat
from precisionlab.formats.blocks.measuring import Band
from precisionlab.formats.blocks.rewriting import rewritten


def requantized(tensor: Tensor, target: Target) -> Iterator[bytes]:
    """The bytes of a tensor, as many as it has, of what its elements become; in pieces, in order.

    Each number is rounded once more to the stored type. Elements that are not finite stay as they are.
    """
    formats = [target.format] if isinstance(target.format, BlockFormat) else []
    cut = cut_for(tensor.info.shape, formats)
    tensor.hold()
    band_at = partial(band_of, tensor, cut=cut)
    largest = tensor.census().largest_magnitude
    known = surroundings_for(formats, cut, band_at, 0.0 if np.isnan(largest) else largest)
    scale = None if isinstance(target.format, BlockFormat) else tensor_scale(tensor, target)
    for span in cut.spans():
        band = band_at(span)
        if scale is None and isinstance(target.format, BlockFormat):
            made = rewritten(band, target.format, manner_of(target, known(target.format, span)))
        else:
            made = by_element(band, target, scale or 1.0)
        yield stored_bytes(tensor, span, cut.n_columns, band, made)


def by_element(band: Band, target: Target, scale: float) -> torch.Tensor:
    """A band in an element format under one scale."""
    if isinstance(target.format, BlockFormat):
        raise TypeError(target.name)
    return (rounded(band.values.double() / scale, target.format).mean * scale).float()


def stored_bytes(tensor: Tensor, span: Span, n_columns: int, band: Band, made: torch.Tensor) -> bytes:
    """A band in the stored type; what was excluded as it is."""
    start = span.rows.start * n_columns + span.columns.start
    stop = (span.rows.stop - 1) * n_columns + span.columns.stop
    stored = tensor.part(start, stop).reshape(made.shape)
    result = made.to(stored.dtype)
    if band.is_excluded is not None:
        result = torch.where(band.is_excluded, stored, result)
    return result.contiguous().cpu().view(torch.uint8).numpy().tobytes()
