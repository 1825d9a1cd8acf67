"""Errors of a band under element formats with a scale for the tensor, for tensors whose census does not tell them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precisionlab.analysis.quantization import element_loops
from precisionlab.formats import ElementFormat, FloatFormat, IntegerFormat
from precisionlab.formats.blocks.measuring import NO_FLAGS, NO_WEIGHTS, Band, BandErrors
from precisionlab.formats.drawn import drawn_between
from precisionlab.formats.nearest import clipping_of, levels_of
from precisionlab.formats.neighbours import Neighbour
from precisionlab.formats.rounding import round_to

NONE: Final = np.empty(0)


def measure_elements(
    band: Band, format_: ElementFormat, scale: float, neighbour: Neighbour, *, by_column: bool
) -> BandErrors:
    """The errors of numbers over the scale, rounded in float64, beyond the ends the ends: those of `element_sums`.

    Raises:
        FormatError: numbers are to be drawn in a format of more than 16 bits, or float64 does not hold it.
    """
    if neighbour is Neighbour.NEAREST and band.values.device.type == "cpu":
        return measure_compiled(band, format_, scale, by_column=by_column)
    exact = band.values.double()
    quotients = exact / scale
    made = rounded(quotients, format_) if neighbour is Neighbour.NEAREST else drawn(quotients, format_, neighbour)
    return summed(band, made.times(scale, exact), outside(quotients, format_), by_column=by_column)


def measure_compiled(band: Band, format_: ElementFormat, scale: float, *, by_column: bool) -> BandErrors:
    """`measure_elements` to the nearest element, by the compiled loops."""
    n_rows, n_columns = band.values.shape
    by_row, columns = np.zeros((n_rows, 3)), np.zeros(n_columns if by_column else 0)
    peaks, counts = np.zeros((2, 2), np.int64)
    element_loops.measure_band(
        band.values.numpy(),
        scale,
        for_loops(format_),
        clipping_of(format_),
        NO_FLAGS if band.is_excluded is None else band.is_excluded.numpy(),
        NO_WEIGHTS if band.weights is None else band.weights.numpy(),
        (by_row, columns, peaks, counts),
    )
    largest, ratio = (float(peak) for peak in peaks.view(np.float64))
    return BandErrors(by_row, columns, largest, ratio, int(counts[0]), int(counts[1]))


@lru_cache(maxsize=256)
def for_loops(
    format_: ElementFormat,
) -> tuple[int, tuple[float, float, int, int], NDArray[np.float64], NDArray[np.float64]]:
    """The kind, the constants, the levels and their thresholds, as `measure_band` takes them."""
    if isinstance(format_, IntegerFormat):
        return element_loops.INTEGERS, (float(format_.minimum), float(format_.maximum), 0, 0), NONE, NONE
    if isinstance(format_, FloatFormat) and is_binary64(format_):
        return element_loops.SAME, (0.0, 0.0, 0, 0), NONE, NONE
    if isinstance(format_, FloatFormat) and has_anchors(format_):
        lowest, above = (format_.min_exponent + 1023) << 52, (52 - format_.mantissa_bits) << 52
        return element_loops.FLOATS, (-format_.max_finite, format_.max_finite, max(lowest, 0), above), NONE, NONE
    levels = levels_of(format_)
    return element_loops.LEVELS, (0.0, 0.0, 0, 0), levels.numbers, levels.thresholds


def is_binary64(format_: FloatFormat) -> bool:
    """Whether every number of binary64 is one of the format."""
    return format_.mantissa_bits >= 52 and format_.max_exponent >= 1023 and format_.lowest_bit <= -1074


def has_anchors(format_: FloatFormat) -> bool:
    """Whether adding a power of two rounds to the format: it has subnormals, and even numbers by their last bit."""
    return format_.signed and format_.subnormals and 1 <= format_.mantissa_bits <= 50


@dataclass(frozen=True, slots=True)
class Made:
    """What the numbers of a band become, in units of the scale."""

    mean: Tensor
    variance: Tensor | None
    """None under rounding to nearest."""
    reach: Tensor | None
    """The largest possible error; None under rounding to nearest."""
    zero_probability: Tensor

    def times(self, scale: float, exact: Tensor) -> "Errors":
        """The errors of the numbers themselves."""
        error = self.mean * scale - exact
        variance = None if self.variance is None else self.variance * (scale * scale)
        return Errors(
            exact, error, variance, error.abs() if self.reach is None else self.reach * scale, self.zero_probability
        )


@dataclass(frozen=True, slots=True)
class Errors:
    """Numbers and their errors, in float64."""

    exact: Tensor
    error: Tensor
    """On average."""
    variance: Tensor | None
    largest: Tensor
    zero_probability: Tensor


def rounded(quotients: Tensor, format_: ElementFormat) -> Made:
    """The elements nearest to float64 numbers."""
    if isinstance(format_, IntegerFormat):
        elements = quotients.clamp(format_.minimum, format_.maximum).round()
    elif isinstance(format_, FloatFormat):
        elements = round_to(quotients, format_, overflow="saturate")
    else:
        levels = levels_of(format_)
        numbers, thresholds = (
            torch.from_numpy(array).to(quotients.device) for array in (levels.numbers, levels.thresholds)
        )
        elements = numbers[torch.bucketize(quotients, thresholds, right=True)]
    return Made(elements, None, None, (elements == 0).double())


def drawn(quotients: Tensor, format_: ElementFormat, neighbour: Neighbour) -> Made:
    """What is drawn between the neighbours of float64 numbers."""
    between = drawn_between(quotients, levels_of(format_), neighbour)
    return Made(between.mean, between.variance, between.reach, between.zero_probability)


def outside(quotients: Tensor, format_: ElementFormat) -> Tensor:
    """Which numbers are clipped."""
    low, high = clipping_of(format_)
    return (quotients < low) | (quotients > high)


def summed(band: Band, errors: Errors, is_clipped: Tensor, *, by_column: bool) -> BandErrors:
    """The sums of a band's errors, without what is excluded."""
    counted = torch.ones_like(errors.exact) if band.is_excluded is None else (~band.is_excluded).double()
    spread = 0.0 if errors.variance is None else errors.variance
    squared = (errors.error * errors.error + spread) * counted
    weighted = torch.zeros_like(squared) if band.weights is None else squared * band.weights.double()
    by_row = [terms.sum(dim=1) for terms in (squared, errors.exact * errors.error * counted, weighted)]
    is_nonzero = (errors.exact != 0) & (counted > 0)
    ratios = torch.where(is_nonzero, errors.largest / errors.exact.abs(), 0.0)
    return BandErrors(
        by_row=torch.stack(by_row, dim=1).cpu().numpy(),
        by_column=squared.sum(dim=0).cpu().numpy() if by_column else np.empty(0),
        largest=greatest(errors.largest * counted),
        largest_ratio=greatest(ratios),
        clipped=int((is_clipped & (counted > 0)).sum()),
        flushed=float((errors.zero_probability * is_nonzero).sum()),
        variance=0.0 if errors.variance is None else float((errors.variance * counted).sum()),
    )


def greatest(numbers: Tensor) -> float:
    """The largest; 0 of none."""
    return float(numbers.max()) if numbers.numel() else 0.0
