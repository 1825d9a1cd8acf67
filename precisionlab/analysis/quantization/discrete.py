"""Binary and ternary weights: what {-s, s} and {-s, 0, s} would lose, from a tensor's census alone.

Signs are kept, so only magnitudes count. Elements above a threshold t become s, the others 0: with their number
k and sum M, and E the sum of all squares, the squared error is E - 2 s M + s^2 k. The best s for a t is the mean
M / k, which leaves E - M^2 / k; the best t for an s is s / 2, where both levels are equally near. Non-finite
elements are left out. All arithmetic is real arithmetic in float64, not that of a runtime.

Of a binned census (docs/census.md) E, and the sum of the elements of each exponent, are known to rounding, and
between which ends the elements of a cell lie. So the sum above the end of a cell is certain but for half the
width of a cell, 2^-12 of a number, times the fewer of the elements above and below it of the same exponent; and
elements in the cell of the threshold may lie on either side of it. Both are followed to the bounds of a fit.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.records import Census
from precisionlab.analysis.quantization.tails import ROUNDING, Tails, tails_of
from precisionlab.formats.sums import decibels, root_ratio

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

TWN_FACTOR: Final = 0.7
"""Threshold over the mean magnitude (Li, Zhang, Liu, Ternary Weight Networks, 2016)."""
ABSMEAN_FLOOR: Final = 1e-5
"""The least scale in the code that the authors of 1.58-bit models published, for the epsilon of their formula."""
GAUSSIAN_DISTANCE: Final = 0.436089
"""`Discreteness.distance` of a large Gaussian tensor: the root of 1 - max over t of 2 phi(t)^2 / Q(t) = 0.190174,
with phi the normal density and Q its upper tail, at t = 0.612003 (Max, Quantizing for Minimum Distortion, 1960,
table I, N = 3: 0.6120, 1.224, 0.1902)."""


@dataclass(frozen=True, slots=True)
class DiscreteFit:
    """A quantizer to two or three levels, and what it loses."""

    levels: Literal["binary", "ternary"]
    method: str
    scale: float
    """The level s."""
    threshold: float
    """Magnitudes above this very number become s, others 0; 0 for binary levels."""
    squared_error: float
    energy: float
    """Sum of the squares of the finite elements."""
    zeros_share: float
    """Of the finite elements, those that become 0."""
    relative_bound: float
    """By which share of `energy` the squared error may differ from what the elements lose under the method, and
    from what they lose under this scale and threshold. Bounds of exact censuses are of rounding alone."""
    scale_bound: float
    """How far the scale may be, relatively, from the one that the method finds on the elements, or from all where
    several are equally good."""
    zeros_bound: float
    """How far `zeros_share` may be from that of the elements under this threshold."""

    @property
    def relative_error(self) -> float:
        """Frobenius norm of the error over that of the tensor; NaN of zeros alone."""
        return root_ratio(self.squared_error, self.energy)

    @property
    def relative_error_bound(self) -> float:
        """How far `relative_error` may be from that of the elements; NaN of zeros alone.

        Roots of numbers that differ by d differ by at most the root of d, and by at most d over either root.
        """
        root = max(self.relative_error, math.sqrt(self.relative_bound))
        return self.relative_bound / root

    @property
    def sqnr_db(self) -> float:
        """Signal to quantization noise in dB; infinite without error, NaN of zeros alone."""
        return decibels(self.energy, self.squared_error)


@dataclass(frozen=True, slots=True)
class Discreteness:
    """How near weights are to three levels: 0 for a binary or ternary net."""

    distance: float
    """Root mean square distance to the nearest of {-1, 0, 1} s over the root mean square, at the best s."""
    bound: float
    """How far the distance may be from that of the elements."""
    gaussian: float = GAUSSIAN_DISTANCE
    """The distance of a large Gaussian tensor of any deviation. Few elements, and heavier tails, change it too."""

    @property
    def ratio(self) -> float:
        """The distance over that of a Gaussian."""
        return self.distance / self.gaussian


def binary_by_mean(census: Census) -> DiscreteFit | None:
    """Signs times the mean magnitude S / n: the least squared error of binary levels, E - S^2 / n.

    There is no level 0: as in the source zeros become +s (B = +1 for W >= 0), so that they count in n and lose s^2
    each; -s would lose as much.
    None where `obstacle` has a reason. Source: Rastegari et al., XNOR-Net, 2016, section 3.1.
    """
    tails = tails_of(census)
    if tails is None:
        return None
    return DiscreteFit(
        levels="binary",
        method="mean",
        scale=tails.mean,
        threshold=0.0,
        squared_error=binary_error(tails),
        energy=tails.energy,
        zeros_share=0.0,
        relative_bound=ROUNDING,
        scale_bound=ROUNDING,
        zeros_bound=0.0,
    )


def ternary_by_threshold(census: Census, factor: float = TWN_FACTOR) -> DiscreteFit | None:
    """Magnitudes above `factor` times the mean magnitude become their mean, others 0.

    The means are of all finite elements, zeros included, and of those above; without any the scale is 0.
    None where `obstacle` has a reason. Source: Li, Zhang, Liu, Ternary Weight Networks, 2016.

    Raises:
        ValueError: the factor is negative or not finite.
    """
    if not 0 <= factor < math.inf:
        raise ValueError(f"a threshold of {factor} times the mean magnitude is none")
    tails = tails_of(census)
    if tails is None:
        return None
    split = split_at(tails, factor * tails.mean)
    return ternary_fit(tails, "threshold", mean_above(split), split, tails.energy - split.largest_gain)


def ternary_optimum(census: Census) -> DiscreteFit | None:
    """The scale and threshold of least squared error of all, by one scan of M^2 / k over the sorted magnitudes.

    The threshold is half the scale. The optimum is flat: of a binned census the error is known far better than
    the scale.
    None where `obstacle` has a reason.
    """
    tails = tails_of(census)
    if tails is None:
        return None
    level, largest_gain = best_level(tails)
    return ternary_fit(tails, "optimum", level, split_at(tails, level.value / 2), tails.energy - largest_gain)


def ternary_absmean(census: Census, floor: float = ABSMEAN_FLOOR) -> DiscreteFit | None:
    """What 1.58-bit models do: w becomes s clip(round(w / s), -1, 1), ties to even, with the mean magnitude as s.

    Half of s rounds to 0, so that the threshold is s / 2. Where the paper adds an epsilon of no stated size to the
    s that w is divided by, the authors' code keeps s above a `floor` throughout, and so does this.
    None where `obstacle` has a reason. Source: Ma et al., The Era of 1-bit LLMs, 2024, section 2, and the code in
    its training notes.
    """
    tails = tails_of(census)
    if tails is None:
        return None
    level = Level(max(tails.mean, floor), ROUNDING)
    return ternary_fit(tails, "absmean", level, split_at(tails, level.value / 2))


def discreteness(census: Census) -> Discreteness | None:
    """How near the weights are to {-1, 0, 1} s, and how near a Gaussian is; None where `obstacle` has a reason."""
    fit = ternary_optimum(census)
    return None if fit is None else Discreteness(fit.relative_error, fit.relative_error_bound)


class Level(NamedTuple):
    """A scale, and how far it may be off, relatively."""

    value: float
    bound: float


def best_level(tails: Tails) -> tuple[Level, float]:
    """The scale of least squared error, and what M^2 / k is at most, wherever the threshold lies.

    Down a cell M grows with k by at most its highest number each; M^2 / k is convex along such a line, and hence
    largest at one of its ends. The best threshold is in a cell, or at its low end, where this is not below what
    some other certainly reaches; and the mean above it falls with every element that the cell adds.
    """
    n = np.maximum(tails.n_from, 1)
    sums = (tails.lower_sums + tails.upper_sums) / 2
    scale = float((sums / n)[np.argmax(sums * (sums / n))])
    down_cells = tails.upper_sums[1:] + tails.counts * tails.highest
    gains = down_cells * (down_cells / n[:-1])
    least_means = tails.lower_sums[:-1] / n[:-1]
    can_be_best = gains >= np.max(tails.lower_sums[:-1] * least_means, initial=0.0) * (1 - ROUNDING)
    largest_means = np.where(
        tails.highest > tails.lowest,
        (tails.upper_sums[1:] + tails.highest) / (tails.n_from[1:] + 1),
        tails.upper_sums[:-1] / n[:-1],
    )
    lowest = float(np.min(least_means[can_be_best], initial=scale))
    highest = float(np.max(largest_means[can_be_best], initial=scale))
    return level_between(lowest, scale, highest), float(np.max(gains, initial=0.0))


def level_between(lowest: float, scale: float, highest: float) -> Level:
    """A scale that may be as low and as high as this."""
    return Level(scale, max(scale - lowest, highest - scale) / scale + ROUNDING if scale else 0.0)


class Split(NamedTuple):
    """What is known of the elements above a threshold."""

    threshold: float
    first: int
    """The first cell that lies above it as a whole."""
    n: int
    """Elements from there on."""
    lower_sum: float
    """Bounds on their sum."""
    upper_sum: float
    n_cut: int
    """Elements of the cell that the threshold cuts, 0 without one."""
    n_cut_above: float
    """How many of these lie above if they lie evenly."""
    top: float
    """Where that cell ends."""

    @property
    def n_above(self) -> float:
        """Elements above the threshold."""
        return self.n + self.n_cut_above

    @property
    def sum(self) -> float:
        """Of the elements from the first whole cell on."""
        return (self.lower_sum + self.upper_sum) / 2

    @property
    def largest_gain(self) -> float:
        """What M^2 / k is at most: without the cut cell, or with all of it at its top (see `best_level`)."""
        sum_with_cut = self.upper_sum + self.n_cut * self.top
        return max(gain(self.upper_sum, self.n), gain(sum_with_cut, self.n + self.n_cut))


def gain(total: float, n: int) -> float:
    """M^2 / k, 0 for none."""
    return total * (total / n) if n else 0.0


def split_at(tails: Tails, threshold: float) -> Split:
    """The elements above a threshold."""
    first = int(np.searchsorted(tails.lowest, threshold, "right"))
    n_cut, n_cut_above, top = 0, 0.0, threshold
    if first and tails.highest[first - 1] > threshold:
        n_cut, bottom, top = (
            int(tails.counts[first - 1]),
            float(tails.lowest[first - 1]),
            float(tails.highest[first - 1]),
        )
        n_cut_above = n_cut * (top - threshold) / (top - bottom)
    sums = float(tails.lower_sums[first]), float(tails.upper_sums[first])
    return Split(threshold, first, int(tails.n_from[first]), *sums, n_cut, n_cut_above, top)


def mean_above(split: Split) -> Level:
    """Mean of the elements above the threshold; 0 of none.

    Every element that the cut cell adds above the threshold lies below the mean of the others, and lowers it.
    """
    if not split.n_above:
        return Level(0.0, 0.0)
    mean = (split.sum + split.n_cut_above * (split.threshold + split.top) / 2) / split.n_above
    lowest = (split.lower_sum + split.n_cut * split.threshold) / (split.n + split.n_cut)
    return level_between(lowest, mean, split.upper_sum / split.n if split.n else split.top)


class Interval(NamedTuple):
    """A figure, and between what it must lie."""

    low: float
    value: float
    high: float


def ternary_fit(tails: Tails, method: str, level: Level, split: Split, least_error: float = math.inf) -> DiscreteFit:
    """The fit with a level and the threshold of a split.

    `least_error` is what the squared error of the method is at least where its level had to be estimated.
    """
    error = error_of(tails, level.value, split)
    spread = max(error.high - error.value, error.value - min(error.low, least_error))
    return DiscreteFit(
        levels="ternary",
        method=method,
        scale=level.value,
        threshold=split.threshold,
        squared_error=error.value,
        energy=tails.energy,
        zeros_share=(tails.n - split.n_above) / tails.n,
        relative_bound=ROUNDING + (spread / tails.energy if tails.energy else 0.0),
        scale_bound=level.bound,
        zeros_bound=max(split.n_cut_above, split.n_cut - split.n_cut_above) / tails.n,
    )


def error_of(tails: Tails, scale: float, split: Split) -> Interval:
    """Squared error with a scale s above the threshold.

    Known elements are summed directly, so that small errors keep their digits; else it is E - 2 s M + s^2 k, to
    which an element x of the cut cell adds s (s - 2 x) if it lies above the threshold.
    """
    if tails.is_exact:
        levels = np.where(np.arange(len(tails.counts)) < split.first, 0.0, scale)
        error = distance(tails, levels)
        return Interval(error, error, error)
    base = tails.energy + split.n * scale**2
    at_top, at_threshold = (scale * (scale - 2 * x) for x in (split.top, split.threshold))
    low = base - 2 * scale * split.upper_sum + split.n_cut * min(at_top, 0.0)
    high = base - 2 * scale * split.lower_sum + split.n_cut * max(at_threshold, 0.0)
    value = base - 2 * scale * split.sum + split.n_cut_above * (at_top + at_threshold) / 2
    return Interval(low, max(0.0, value), high)


def binary_error(tails: Tails) -> float:
    """Squared error with the mean magnitude as the level, by which zeros are off too."""
    if tails.is_exact:
        return distance(tails, tails.mean) + tails.zeros * tails.mean**2
    return max(0.0, tails.energy - tails.total * tails.mean)


def distance(tails: Tails, levels: Floats | float) -> float:
    """Sum of the squared distances of known magnitudes to their levels."""
    return float(np.sum(tails.counts * (tails.lowest - levels) ** 2))
