"""Where the counting runs: compiled loops on the CPU, or torch on an accelerator."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.bin_census import BinTotals
from precisionlab.analysis.census.channels import ChannelPlan
from precisionlab.analysis.census.power_sums import PowerSums
from precisionlab.formats import FloatFormat

Codes = NDArray[np.unsignedinteger]
Patterns = tuple[NDArray[np.uint64], NDArray[np.int64]]
"""Distinct patterns, ascending, and their counts."""
PlacedCodes = Any
"""Codes where the backend wants them: a numpy array, or a tensor on a device."""


class PatternTables(Protocol):
    """Counts of every pattern of a type of at most 16 bits."""

    def add(self, codes: PlacedCodes) -> None:
        """Count one block."""

    def counts(self) -> NDArray[np.int64]:
        """How often each pattern occurred, by pattern."""


class FloatTables(Protocol):
    """Bins of a binary32 or binary64 tensor, and its distinct patterns as long as they are few."""

    def add(self, codes: PlacedCodes) -> PowerSums:
        """Count one block; its power sums are the caller's to merge, in the order of the blocks."""

    def patterns(self) -> Patterns | None:
        """The distinct patterns and counts; None for more than `DISTINCT_LIMIT`."""

    def totals(self) -> BinTotals:
        """The bins."""


class IntegerTables(Protocol):
    """Extent of a 32-bit or 64-bit integer tensor, and its distinct patterns as long as they are few."""

    n_elements: int
    zeros: int
    minimum: int
    maximum: int

    def add(self, codes: PlacedCodes) -> None:
        """Count one block, which is not empty."""

    def patterns(self) -> Patterns | None:
        """The distinct patterns and counts; None for more than `DISTINCT_LIMIT`."""

    def set_bits(self) -> NDArray[np.int64]:
        """In how many codes each bit is set, the least significant first."""


class ColumnTables(Protocol):
    """Extremes of the columns so far."""

    def add(self, column: int, codes: PlacedCodes) -> Codes:
        """Count one block that starts at `column` of a row; the [3, rows touched] extremes of its rows."""

    def columns(self) -> Codes:
        """[3, width]: largest finite magnitude code, smallest and largest code of each column."""


class Backend(Protocol):
    """What counts, and where. Each table is used by one thread at a time."""

    @property
    def name(self) -> str:
        """`cpu`, `cuda:0`, …."""

    def place(self, codes: Codes) -> PlacedCodes:
        """Codes of one block to where the tables count them."""

    def distinct(self, codes: PlacedCodes) -> Patterns:
        """The distinct codes of one small block and their counts."""

    def pattern_tables(self, code_bits: int) -> PatternTables:
        """Empty tables for a type of at most 16 bits stored in `code_bits` (8 or 16)."""

    def float_tables(self, format_: FloatFormat) -> FloatTables:
        """Empty tables for binary32 or binary64."""

    def integer_tables(self, bits: int, *, signed: bool) -> IntegerTables:
        """Empty tables for integers of 32 or 64 bits."""

    def column_tables(self, plan: ChannelPlan, kind: np.dtype[np.unsignedinteger]) -> ColumnTables:
        """Empty tables for a tensor that divides by `plan` into codes of this kind."""
