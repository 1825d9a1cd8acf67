"""Sums of the magnitudes of a tensor above any cell of its census, and how far they may be from the elements' own."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.cells import cells_of
from precisionlab.analysis.census.records import Census, FieldBins
from precisionlab.formats import FloatFormat
from precisionlab.formats.patterns import decode, infinity_pattern

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

ROUNDING: Final = 2.0**-40
"""More than all rounding here, relative to the sum of all terms: `sums_from` adds at most 2,053 numbers one after
another, which misses by at most 2^-42, and no figure adds up more than three such sums."""
LARGEST_EXPONENT: Final = 480
"""Tensors whose largest magnitude is between 2^-480 and 2^480 have an energy that float64 holds in all bits."""
ROW: Final = 1024
"""Numbers that are added up in a row: the root of the number of bins."""


def obstacle(census: Census) -> str | None:
    """Why a census does not tell what these levels lose; None where it does.

    Integers are fitted as the numbers they are, without zero point or scale: those of a ternary net are ternary.
    """
    if not census.n_finite:
        return "it holds no finite number"
    n_told = int(census.counts.sum()) + census.specials.zeros
    if n_told < census.n_finite:
        return "it has too many distinct integers for each to be counted"
    if n_told > census.specials.zeros and abs(math.frexp(census.largest_magnitude)[1]) > LARGEST_EXPONENT:
        return "float64 does not hold the squares of its magnitudes"
    return None


@dataclass(frozen=True, slots=True)
class Tails:
    """The finite non-zero elements by magnitude, ascending in cells, and what lies above the low end of each."""

    lowest: Floats
    """Ends of the cells, within which all their elements lie; equal where the elements are known."""
    highest: Floats
    counts: Counts
    n_from: Counts
    """How many elements are in a cell and above it; one entry more, for nothing, as the next two."""
    lower_sums: Floats
    """Bounds on their sum; equal where the elements are known."""
    upper_sums: Floats
    total: float
    """Sum of all magnitudes."""
    energy: float
    zeros: int

    @property
    def n(self) -> int:
        """The finite elements."""
        return int(self.n_from[0]) + self.zeros

    @property
    def mean(self) -> float:
        """Mean magnitude of the finite elements."""
        return self.total / self.n

    @property
    def is_exact(self) -> bool:
        """Whether every element is known."""
        return self.lowest is self.highest


def tails_of(census: Census) -> Tails | None:
    """The magnitudes of a census; None where `obstacle` has a reason."""
    if obstacle(census):
        return None
    if census.field_bins is None or not isinstance(census.format, FloatFormat):
        return known_tails(census)
    return binned_tails(census, census.format, census.field_bins)


def known_tails(census: Census) -> Tails:
    """The magnitudes of an exact census; both signs in one cell."""
    magnitudes, places = np.unique(np.abs(census.values), return_inverse=True)
    counts = np.bincount(places, census.counts, len(magnitudes)).astype(np.int64)  # exact: far below 2^53
    terms = counts * magnitudes
    sums = sums_from(terms)
    return Tails(
        lowest=magnitudes,
        highest=magnitudes,
        counts=counts,
        n_from=numbers_from(counts),
        lower_sums=sums,
        upper_sums=sums,
        total=math.fsum(terms),
        energy=float(np.sum(terms * magnitudes)),
        zeros=census.specials.zeros,
    )


def binned_tails(census: Census, format_: FloatFormat, bins: FieldBins) -> Tails:
    """The magnitudes of a binned census, with bounds on the sums."""
    lowest, highest, counts = finite_cells(census, format_)
    fields = (lowest >> np.uint64(format_.mantissa_bits)).astype(np.int64)
    ends = decode(lowest, format_), decode(highest, format_)
    sums, squares = field_sums(bins, format_)
    lower_sums, upper_sums = bounds_on_sums(fields, (counts * ends[0], counts * ends[1]), sums_from(sums))
    return Tails(
        lowest=ends[0],
        highest=ends[1],
        counts=counts,
        n_from=numbers_from(counts),
        lower_sums=lower_sums,
        upper_sums=upper_sums,
        total=float(np.sum(sums)),
        energy=float(np.sum(squares)),
        zeros=census.specials.zeros,
    )


def finite_cells(census: Census, format_: FloatFormat) -> tuple[NDArray[np.uint64], NDArray[np.uint64], Counts]:
    """Lowest and highest pattern and count of the cells of finite non-zero elements, ascending."""
    cells = cells_of(census)
    if cells is None:  # of integers alone
        return np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64)
    is_kept = (cells.counts > 0) & (cells.lowest > 0) & (cells.highest < infinity_pattern(format_))
    order = np.flatnonzero(is_kept)[np.argsort(cells.lowest[is_kept])]
    return cells.lowest[order], cells.highest[order], cells.counts[order]


def field_sums(bins: FieldBins, format_: FloatFormat) -> tuple[Floats, Floats]:
    """Sum of the magnitudes and of their squares by exponent field, to rounding.

    A number is 2^e (h + f) with the fraction f and the hidden bit h, so that counts and the sums of f and f^2 tell.
    """
    n, fractions, squares = (part[:, :-1].sum(axis=0) for part in (bins.counts, bins.fractions, bins.squared_fractions))
    fields = np.arange(len(n))
    exponents = np.maximum(fields, 1) - format_.bias
    hidden = np.minimum(fields, 1)
    return np.ldexp(hidden * n + fractions, exponents), np.ldexp(hidden * (n + 2 * fractions) + squares, 2 * exponents)


def bounds_on_sums(fields: Counts, terms: tuple[Floats, Floats], from_field: Floats) -> tuple[Floats, Floats]:
    """The least and the largest possible sum of the elements in each cell and above it.

    Two ways lead to each: what is in the cells above of the same exponent and all of higher ones, or all of
    these exponents without what is in the cells below. The narrower one counts.

    Args:
        fields: exponent field of each cell, ascending.
        terms: the number of elements of each cell times its lowest and its highest number.
        from_field: sum of the elements of each exponent field and above.
    """
    lowest, highest = map(sums_from, terms)
    first, end = np.searchsorted(fields, fields, "left"), np.searchsorted(fields, fields, "right")
    higher, all_ = from_field[fields + 1], from_field[fields]
    lower = np.maximum(higher + lowest[:-1] - lowest[end], all_ - highest[first] + highest[:-1])
    upper = np.minimum(higher + highest[:-1] - highest[end], all_ - lowest[first] + lowest[:-1])
    return np.append(lower - ROUNDING * all_, 0.0), np.append(upper + ROUNDING * all_, 0.0)


def sums_from(terms: Floats) -> Floats:
    """For each term the sum of it and all later ones, and 0 for none; added in rows, so that errors stay small."""
    rows = np.zeros((-(-len(terms) // ROW), ROW))
    rows.ravel()[: len(terms)] = terms[::-1]
    within = np.cumsum(rows, axis=1)
    before = np.append(0.0, np.cumsum(within[:, -1]))[: len(rows)]
    sums = (before[:, np.newaxis] + within).ravel()[: len(terms)]
    return np.append(sums[::-1], 0.0)


def numbers_from(counts: Counts) -> Counts:
    """`sums_from` for counts, exactly."""
    return np.append(np.cumsum(counts[::-1])[::-1], 0)
