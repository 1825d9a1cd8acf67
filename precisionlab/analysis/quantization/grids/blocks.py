"""Samples of a tensor's blocks, and their distinct numbers, as grids are looked for in them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.quantization.grids.loops import Floats, Integers, squeeze
from precisionlab.analysis.quantization.grids.records import Reach
from precisionlab.formats import FloatFormat
from precisionlab.formats.casting import is_exact, significant_bits
from precisionlab.formats.naming import ELEMENTS

Rows = NDArray[np.floating[Any]]

SHORTEST_GROUP: Final = 16
MAX_BLOCKS: Final = 128
"""Sampled of one length."""
MAX_NUMBERS: Final = 1 << 16
"""In all sampled blocks of one length."""
MAX_LENGTH: Final = 2048
"""Of longer blocks so many numbers are looked at, and the least and the greatest."""
GOLDEN: Final = 0.6180339887498949
"""Multiples of it, less their whole parts, are spread evenly and have no period."""
MANTISSA_BITS: Final = 48
"""Beyond these float64, in which all is computed, has no room to tell roundings."""
WIDE: Final = 16
"""Mantissa bits of types that tell grids at a glance."""
SHORT_PRECISION: Final = 8
"""Numbers of fewer significant bits are on a grid of their own, whatever type they went through."""


class Zero(Enum):
    """What zero is to a family of grids."""

    MIRROR = "an entry in the middle of others, so that signs do not matter"
    ENTRY = "an entry, or none, of a table in which signs matter"
    LEAST = "the least number of a block, which has a minimum beside its scale"


@dataclass(frozen=True, slots=True)
class Rounding:
    """How numbers were rounded: to so many bits after the leading one, but to no bit below the lowest."""

    mantissa_bits: int
    lowest_bit: int

    @classmethod
    def to(cls, format_: FloatFormat) -> "Rounding":
        """To a format."""
        return cls(min(format_.mantissa_bits, MANTISSA_BITS), format_.lowest_bit)

    def spacings(self, values: Floats) -> Floats:
        """From each number to the next larger one; NaN for NaN."""
        exponents = np.where(values == 0, self.lowest_bit, np.frexp(values)[1] - 1)
        last_places = np.maximum(exponents - self.mantissa_bits, self.lowest_bit)
        return np.where(np.isnan(values), np.nan, np.ldexp(1.0, last_places))

    def windows(self, values: Floats) -> Floats:
        """How far numbers may lie from what they stand for: a spacing, of which rounding takes half; NaN for NaN.

        Twice as far in wide types, where there is room for products of several roundings.
        """
        return self.spacings(values) * (2 if self.mantissa_bits >= WIDE else 1)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The distinct numbers of blocks, [blocks, most distinct ones] ascending, NaN where a block has fewer."""

    values: Floats
    counts: Integers
    windows: Floats
    """How far a number may lie from what it stands for."""

    @property
    def sizes(self) -> Integers:
        """How many each block has."""
        return np.asarray((~np.isnan(self.values)).sum(axis=1), np.int64)

    @property
    def largest(self) -> Integers:
        """Where in each block the number of largest magnitude stands; 0 in empty ones."""
        return np.asarray(np.argmax(np.nan_to_num(np.abs(self.values), nan=-1.0), axis=1), np.int64)


class Blocks:
    """Blocks, [blocks, length], of numbers that were rounded last as told; those that are not finite are left out."""

    def __init__(self, numbers: Rows, rounding: Rounding) -> None:
        self.numbers: Floats = np.where(np.isfinite(numbers), numbers, np.nan).astype(np.float64)
        self.rounding = rounding

    def view(self, zero: Zero) -> Numbers:
        """The numbers as a family of grids sees them."""
        match zero:
            case Zero.MIRROR:
                return self.magnitudes
            case Zero.ENTRY:
                return self.signed
            case Zero.LEAST:
                return self.above_least

    @cached_property
    def signed(self) -> Numbers:
        """But for zeros, which may come from elsewhere."""
        values, counts = distinct(np.where(self.numbers == 0, np.nan, self.numbers))
        return Numbers(values, counts, self.rounding.windows(values))

    @cached_property
    def magnitudes(self) -> Numbers:
        """But for zeros."""
        values, counts = distinct(np.abs(np.where(self.numbers == 0, np.nan, self.numbers)))
        return Numbers(values, counts, self.rounding.windows(values))

    @cached_property
    def above_least(self) -> Numbers:
        """What is above the least number of each block, but for zeros, and for numbers whose negatives are there.

        These follow from one another, and would count twice. Of each number, and of the least one, one rounding
        is its own and the other that of a product before the minimum was added, which may be as large as the
        largest number.
        """
        values, counts = without_twins(self.signed.values, self.signed.counts)
        own = self.rounding.windows(values)
        windows = (own + np.fmax.reduce(own, axis=1)[:, None]) / 2
        with np.errstate(over="ignore"):  # such blocks fit nothing
            above = values - values[:, :1]
        return Numbers(above[:, 1:], counts[:, 1:], (windows + windows[:, :1])[:, 1:])


def reaches(n_rows: int, n_columns: int) -> Iterator[Reach]:
    """From the shortest: groups of each power of two that is shorter than a row, channels, the tensor."""
    length = SHORTEST_GROUP
    while length < n_columns:
        yield Reach("group", length)
        length *= 2
    if n_rows > 1:
        yield Reach("channel", n_columns)
    yield Reach("tensor", n_rows * n_columns)


def sampled(rows: Rows, reach: Reach) -> Rows:
    """Some blocks, [blocks, length]: full ones, spread evenly; of long ones only some numbers and the ends."""
    matrix = rows.reshape(1, -1) if reach.layout == "tensor" else rows
    covered = matrix.shape[1] // reach.length * reach.length
    blocks = matrix[:, :covered].reshape(-1, reach.length)
    limit = min(MAX_BLOCKS, MAX_NUMBERS // min(reach.length, MAX_LENGTH))
    return thinned(blocks[spread(len(blocks), limit)])


def spread(count: int, limit: int) -> Integers:
    """At most `limit` of `count` indices, evenly and without a period that blocks may have, too."""
    if count <= limit:
        return np.arange(count)
    return np.unique((np.arange(1, limit + 1) * GOLDEN % 1 * count).astype(np.int64))


def thinned(blocks: Rows) -> Rows:
    """Long blocks with fewer numbers, the least and the greatest among them."""
    if blocks.shape[1] <= MAX_LENGTH:
        return blocks
    finite = np.where(np.isfinite(blocks), blocks, np.nan)
    ends = (np.fmin.reduce(finite, axis=1), np.fmax.reduce(finite, axis=1))
    return np.column_stack([blocks[:, spread(blocks.shape[1], MAX_LENGTH)], *ends])


def without_twins(values: Floats, counts: Integers) -> tuple[Floats, Integers]:
    """Of distinct numbers in ascending rows, and their counts, the negative one of two that differ in sign alone."""
    order = np.argsort(np.abs(values), axis=1, kind="stable")
    by_size = np.take_along_axis(values, order, axis=1)
    is_twin = np.abs(by_size[:, 1:]) == np.abs(by_size[:, :-1])
    by_size[:, 1:][is_twin] = np.nan
    ascending = np.argsort(by_size, axis=1)
    kept = np.take_along_axis(np.take_along_axis(counts, order, axis=1), ascending, axis=1)
    left = np.take_along_axis(by_size, ascending, axis=1)
    return left, np.where(np.isnan(left), 0, kept)


def distinct(blocks: Floats) -> tuple[Floats, Integers]:
    """The distinct numbers of each row, and how often they occur; NaNs are none."""
    ordered = np.sort(blocks, axis=1)
    values, counts = np.full(blocks.shape, np.nan), np.zeros(blocks.shape, np.int64)
    width = max(2, squeeze(ordered, values, counts))
    return values[:, :width], counts[:, :width]


def rounding_of(values: Floats, stored: FloatFormat) -> Rounding:
    """How numbers were rounded last: to a coarser type than the stored one if that holds all of them."""
    numbers = values[np.isfinite(values) & (values != 0)]
    bits = significant_bits(numbers)
    if int((bits.highest - bits.lowest).max(initial=0)) + 1 < SHORT_PRECISION:
        return Rounding.to(stored)
    coarser = (ELEMENTS.float(name) for name in ("bfloat16", "float16", "float32"))
    holding = (f for f in coarser if f.precision < stored.precision and is_exact(np.abs(numbers), bits, f).all())
    last = Rounding.to(next(holding, stored))
    return replace(last, lowest_bit=max(last.lowest_bit, stored.lowest_bit))
