"""Distances between patterns of one format, counted in units in the last place."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzers.difference.pairs import Stretch
from precisionlab.analysis.cast_losses import Codes, Flags
from precisionlab.formats import FloatFormat, Format, IntegerFormat
from precisionlab.formats.patterns import leading_zeros, magnitudes

N_BINS: Final = 64
"""Of distances from 2^k up to the next power of two."""

Distances = NDArray[np.uint64]


class Histogram:
    """How far numbers lie apart that changed."""

    def __init__(self) -> None:
        self.counts: NDArray[np.int64] = np.zeros(N_BINS, np.int64)
        """[N_BINS] of numbers from 2^k to the next power of two units apart; zeros of different signs are nowhere."""
        self.largest = 0

    def add(self, found: Distances) -> None:
        """Count some."""
        self.largest = max(self.largest, int(found.max(initial=0)))
        self.counts += np.bincount(63 - leading_zeros(found[found > 0]), minlength=N_BINS)


def distances_in(stretch: Stretch, places: NDArray[np.intp]) -> Distances:
    """Those of the numbers at some places of a stretch of one type, which are finite in both tensors."""
    return distances(stretch.here[places], stretch.there[places], stretch.layouts[0].format)


def distances(one: Codes, other: Codes, format_: Format) -> Distances:
    """How many numbers of the format one must step over from each number to the other; 0 between zeros of either sign.

    Patterns are those of finite numbers. Of integers that is the difference.
    """
    if isinstance(format_, IntegerFormat):
        return integer_distances(one, other, format_)
    sizes, others = magnitudes(one, format_), magnitudes(other, format_)
    is_across = signs(one, format_) != signs(other, format_)
    return np.where(is_across, sizes + others, np.maximum(sizes, others) - np.minimum(sizes, others))


def signs(codes: Codes, format_: FloatFormat) -> Flags:
    """Which patterns have the sign bit set."""
    if not format_.signed:
        return np.zeros(codes.shape, np.bool_)
    return np.asarray(codes >> codes.dtype.type(format_.bits - 1) != 0)


def integer_distances(one: Codes, other: Codes, format_: IntegerFormat) -> Distances:
    """Differences of integers in two's complement, without overflow."""
    # With the sign bit flipped the patterns of signed integers are in the order of the numbers.
    flip = np.uint64(1 << (format_.bits - 1) if format_.signed else 0)
    ranks, others = one.astype(np.uint64) ^ flip, other.astype(np.uint64) ^ flip
    return np.asarray(np.maximum(ranks, others) - np.minimum(ranks, others))
