"""Error sums of element formats from a census alone.

Elements of equal value have equal errors, so the sums over a tensor are sums over its distinct values, weighted by
their counts: see docs/quantization.md.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.records import Census, FieldBins
from precisionlab.analysis.quantization.targets import Scale
from precisionlab.analysis.quantization.tensor_scales import plain_scale, searched_scale
from precisionlab.formats import ElementFormat, FloatFormat, IntegerFormat
from precisionlab.formats.facts import facts_of
from precisionlab.formats.nearest import MAX_BITS, clipping_of, levels_of
from precisionlab.formats.neighbours import Neighbour
from precisionlab.formats.rounding import round_to
from precisionlab.formats.sums import ErrorSums

if TYPE_CHECKING:
    from precisionlab.analysis.quantization.census_loops import Sums

Floats = NDArray[np.float64]

NOTHING: Final = ErrorSums()


@dataclass(frozen=True, slots=True)
class Distribution:
    """The finite values of a tensor, each once, in increasing order, and how often each occurs."""

    values: Floats
    counts: NDArray[np.int64]
    sums: ErrorSums
    """Those that no format changes: counts and energy."""
    amax: float

    @property
    def rms(self) -> float:
        """Root mean square, never 0 but of zeros alone: squares are taken relative to the largest magnitude."""
        if not self.amax:
            return 0.0
        ratios = self.values / self.amax
        return self.amax * float(np.sqrt(np.sum(ratios * ratios * self.counts) / self.sums.n))


def distribution_of(census: Census) -> Distribution:
    """The values of a census with its zeros; of a binned one numbers that stand for bins.

    The census has the signs of bins by exponent only: those of a bin are divided as those of its exponent are.
    """
    zeros = census.specials.zeros
    found, numbers = (
        (census.values, census.counts) if census.field_bins is None else with_signs(census, census.field_bins)
    )
    values = np.append(found, np.zeros(int(zeros > 0)))
    counts = np.append(numbers, np.full(int(zeros > 0), zeros))
    order = np.argsort(values, kind="stable")
    values, counts = np.ascontiguousarray(values[order]), np.ascontiguousarray(counts[order])
    with np.errstate(over="ignore", under="ignore"):  # squares of float64 may leave its range
        energy = float(np.sum(values * values * counts))
    sums = ErrorSums(n=int(counts.sum()), nonzero=int(census.counts.sum()), energy=energy)
    return Distribution(values, counts, sums, census.largest_magnitude if sums.nonzero else 0.0)


def with_signs(census: Census, bins: FieldBins) -> tuple[Floats, NDArray[np.int64]]:
    """The magnitudes of a binned census with either sign, and how many there are."""
    _, exponents = np.frexp(census.values)
    bias = census.format.bias if isinstance(census.format, FloatFormat) else 0
    fields = np.clip(exponents - 1 + bias, 0, bins.counts.shape[1] - 2)
    of_field = bins.counts.sum(axis=0)[fields]
    shares = np.divide(bins.counts[1][fields], of_field, out=np.zeros(len(fields)), where=of_field > 0)
    negative = np.rint(census.counts * shares).astype(np.int64)
    values = np.concatenate([-census.values, census.values])
    counts = np.concatenate([negative, census.counts - negative])
    return values[counts > 0], counts[counts > 0]


def scale_of(rule: Scale, tensor: Distribution, format_: ElementFormat) -> float:
    """The scale of a tensor by a rule; NaN where the format has no positive number to scale to."""
    largest = largest_of(format_)
    if rule is not Scale.MSE or not tensor.sums.n:
        return plain_scale(rule, tensor.amax, largest)

    def loss(scale: float) -> tuple[float, float]:
        sums = loop_sums(tensor, format_, scale, Neighbour.NEAREST)
        return sums[0], 2 * sums[-1]

    return searched_scale(loss, tensor.amax, tensor.rms, largest)


def largest_of(format_: ElementFormat) -> float:
    """The largest number of a format, in float64."""
    return float(facts_of(format_).largest_finite) if format_.bits > MAX_BITS else float(levels_of(format_).numbers[-1])


def element_sums(
    tensor: Distribution, format_: ElementFormat, scale: float, neighbour: Neighbour = Neighbour.NEAREST
) -> ErrorSums:
    """The sums for elements that are numbers over the scale, rounded in float64 and beyond the ends the ends.

    Raises:
        FormatError: arrays are not rounded to the format.
    """
    squared, cross, largest, relative, clipped, flushed, variance, _ = loop_sums(tensor, format_, scale, neighbour)
    return replace(
        tensor.sums,
        squared_error=squared,
        cross=cross,
        largest_error=largest,
        largest_relative_error=relative,
        clipped=clipped,
        flushed=flushed,
        variance=variance,
    )


def loop_sums(tensor: Distribution, format_: ElementFormat, scale: float, neighbour: Neighbour) -> "Sums":
    """The sums as the loops give them."""
    if format_.bits > MAX_BITS:
        return wide_sums(tensor, format_, scale, neighbour)
    from precisionlab.analysis.quantization.census_loops import expected_sums, nearest_sums  # noqa: PLC0415 - numba

    levels = levels_of(format_)
    ends = (levels.clipped_below, levels.clipped_above)
    if neighbour is Neighbour.NEAREST:
        return nearest_sums(tensor.values, tensor.counts, scale, levels.numbers, levels.thresholds, *ends)
    is_dithered = neighbour is Neighbour.DITHERED
    return expected_sums(tensor.values, tensor.counts, scale, levels.numbers, *ends, is_dithered)


def wide_sums(tensor: Distribution, format_: ElementFormat, scale: float, neighbour: Neighbour) -> "Sums":
    """`loop_sums` for formats whose levels are too many to list: the levels next to the values serve."""
    from precisionlab.analysis.quantization.census_loops import expected_sums, nearest_sums  # noqa: PLC0415 - numba

    quotients, ends = tensor.values / scale, clipping_of(format_)
    if neighbour is Neighbour.NEAREST:
        nearest = nearest_wide(quotients, format_)
        return nearest_sums(tensor.values, tensor.counts, scale, nearest, quotients[1:], *ends)
    levels, is_dithered = neighbours_of(quotients, format_), neighbour is Neighbour.DITHERED
    return expected_sums(tensor.values, tensor.counts, scale, levels, *ends, is_dithered)


def nearest_wide(quotients: Floats, format_: ElementFormat) -> Floats:
    """The nearest numbers of a wide format; ends of integers that float64 does not hold are rounded to it."""
    if isinstance(format_, IntegerFormat):
        return np.clip(np.rint(quotients), format_.minimum, format_.maximum)
    return round_to(quotients, format_, overflow="saturate")


def neighbours_of(quotients: Floats, format_: ElementFormat) -> Floats:
    """The levels on either side of each number, increasing."""
    sides = [round_to(quotients, format_, side, overflow="saturate") for side in ("down", "up")]
    return np.unique(np.concatenate(sides)) + 0.0
