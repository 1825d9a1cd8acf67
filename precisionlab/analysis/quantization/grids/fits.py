"""Whether the numbers of blocks are entries of one table times a scale that each block has for itself."""

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.quantization.grids.blocks import Numbers, Zero
from precisionlab.analysis.quantization.grids.loops import Floats, Integers, TableArrays, fit_blocks
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.patterns import decode_all

Booleans = NDArray[np.bool_]

INTEGER: Final = "integer"
ABOVE_MINIMUM: Final = "integer above a minimum"
LARGEST_INTEGER: Final = 255
"""An 8-bit integer less its zero point."""
TWO_BITS: Final = "e5m1"
"""Two significant bits and any exponent: E2M1 in blocks, wherever they are, whose scales are powers of two."""
MIRRORED: Final = (
    "float4_e2m1fn",
    "bnb_fp4",
    "float6_e2m3fn",
    "float6_e3m2fn",
    TWO_BITS,
    "float8_e4m3fn",
    "float8_e5m2",
)
SIGNED: Final = ("nf4", "af4", "iq4_nl_table")

LEAST_SURPRISE: Final = 1.0
"""Bits under which a block that fits says nothing."""
RESOLVED: Final = 8
"""So many windows the largest number of a block must be from zero: subnormal ones may be anything."""


class Table:
    """What elements stand for before they are scaled."""

    def __init__(self, entries: Floats, anchors: Floats) -> None:
        gaps = np.diff(entries)
        left, right = np.concatenate([gaps[:1], gaps]), np.concatenate([gaps, gaps[-1:]])
        self.anchors = anchors
        """What the number of largest magnitude may be, in the order in which it is tried."""
        self.arrays: TableArrays = (
            entries,
            (entries[1:] + entries[:-1]) / 2,
            (left + right) / 2,
            np.minimum(left, right),
        )

    @property
    def entries(self) -> Floats:
        """In increasing order."""
        return self.arrays[0]


@dataclass(frozen=True, slots=True)
class Family:
    """Grids that differ in nothing but scale."""

    element: str
    """An element format, or one of two kinds of integers of any width."""
    zero: Zero
    table: Table
    levels: int
    """Numbers of an element."""


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """All that are looked for. Integers are tried from the coarsest step on, tables from the least scale on."""
    integers = Table(np.arange(LARGEST_INTEGER + 1.0), np.arange(1.0, LARGEST_INTEGER + 1.0))
    return (
        Family(INTEGER, Zero.MIRROR, integers, LARGEST_INTEGER + 1),
        Family(ABOVE_MINIMUM, Zero.LEAST, integers, LARGEST_INTEGER + 1),
        *map(mirrored, MIRRORED),
        *map(signed, SIGNED),
    )


def mirrored(name: str) -> Family:
    """A format whose numbers have both signs."""
    numbers = numbers_of(name)
    magnitudes = np.unique(np.abs(numbers))
    return Family(name, Zero.MIRROR, Table(magnitudes, magnitudes[:0:-1].copy()), len(numbers))


def signed(name: str) -> Family:
    """A table whose numbers differ by sign."""
    numbers = numbers_of(name)
    by_size = numbers[np.argsort(-np.abs(numbers), kind="stable")]
    return Family(name, Zero.ENTRY, Table(numbers, by_size[by_size != 0]), len(numbers))


def numbers_of(name: str) -> Floats:
    """The distinct finite numbers of an element format, in increasing order."""
    numbers = decode_all(ELEMENTS.find(name)).astype(np.float64)
    return np.unique(numbers[np.isfinite(numbers)])


@dataclass(frozen=True, slots=True)
class Fits:
    """Of each block, by the first entry that the number of largest magnitude can be."""

    is_tested: Booleans
    """Not of blocks that fit anything: of fewer than two distinct numbers, or too small for their type."""
    low: Floats
    """Ends of the interval that holds the scale."""
    high: Floats
    surprise: Floats
    """In bits: how rarely numbers would fit by accident, tries counted."""
    tries: Integers
    """How many entries were tried; 0 where none fits."""
    places: Integers
    """[blocks, most distinct numbers]: the entry that each is."""
    bits: Floats
    """[blocks, most distinct numbers]: the surprise of each."""
    counts: Integers
    """[blocks, most distinct numbers]: how often each occurs."""

    @property
    def is_fitted(self) -> Booleans:
        """Which blocks fit, and say something by it."""
        return np.asarray((self.tries > 0) & (self.surprise >= LEAST_SURPRISE), np.bool_)

    @property
    def is_contradicted(self) -> Booleans:
        """Which blocks fit under no scale."""
        return np.asarray(self.is_tested & (self.tries == 0), np.bool_)

    @property
    def scales(self) -> Floats:
        """In the middle of what is possible."""
        return self.low + (self.high - self.low) / 2

    def of(self, blocks: Booleans) -> "Fits":
        """Those of some blocks."""
        return Fits(**{field.name: getattr(self, field.name)[blocks] for field in fields(self)})


def fit(numbers: Numbers, table: Table) -> Fits:
    """Fit each block that has two distinct numbers or more."""
    values, windows = numbers.values, numbers.windows
    sizes, largest = numbers.sizes, numbers.largest
    rows = np.arange(len(values))
    is_tested = (sizes > 1) & (np.abs(values[rows, largest]) >= RESOLVED * windows[rows, largest])
    lengths = np.where(is_tested & (sizes <= len(table.entries)), sizes, 0)
    found, tries = np.zeros((len(values), 3)), np.zeros(len(values), np.int64)
    places, bits = np.zeros(values.shape, np.int64), np.zeros(values.shape)
    fit_blocks(values, windows, lengths, largest, table.anchors, table.arrays, places, bits, found, tries)
    low, high, surprise = found.T
    return Fits(is_tested, low, high, surprise, tries, places, bits, numbers.counts)
