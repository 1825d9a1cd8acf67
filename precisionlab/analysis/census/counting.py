"""Which way of counting fits a tensor, and how the totals of several threads become one."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.backends import (
    Backend,
    ColumnTables,
    FloatTables,
    IntegerTables,
    Patterns,
    PatternTables,
    PlacedCodes,
)
from precisionlab.analysis.census.bin_census import BinTotals, census_of_bins, merge_totals
from precisionlab.analysis.census.channels import (
    ChannelExtremes,
    ChannelPlan,
    extremes,
    merge_columns,
    start_extremes,
    widen,
)
from precisionlab.analysis.census.integer_census import census_of_extent
from precisionlab.analysis.census.pattern_census import census_of_patterns
from precisionlab.analysis.census.power_sums import PowerSums
from precisionlab.analysis.census.records import DISTINCT_LIMIT, Census
from precisionlab.formats import FloatFormat, Format, IntegerFormat

WIDE_TABLES: Final = 3
"""Sets of running totals for one wide tensor: under 64 MiB whatever the number of threads."""
NARROW_TABLES: Final = 16
"""The same for types of at most 16 bits, whose tables take 1 MiB."""
COLUMN_BYTES: Final = 32 << 20
"""Extremes of columns that all threads together may hold."""
SORTING_LIMIT: Final = 4096
"""Elements up to which sorting narrow codes is quicker than going through a table of all patterns."""

Tables = TypeVar("Tables")


class Counting(Protocol):
    """Counts blocks in any order, from any number of threads."""

    def add(self, index: int, codes: PlacedCodes) -> None:
        """Count the block with this index."""

    def census(self) -> Census:
        """The census, once every block was added."""


def counting_of(format_: Format, n_codes: int, backend: Backend) -> Counting:
    """The way of counting for a tensor of `n_codes` codes of one format."""
    if n_codes <= (SORTING_LIMIT if format_.bits <= 16 else DISTINCT_LIMIT):
        return SortedCounting(format_, backend)
    if format_.bits <= 16:
        return PatternCounting(format_, backend)
    if isinstance(format_, FloatFormat):
        return FloatCounting(format_, backend)
    return IntegerCounting(format_, backend)


class TablePool(Generic[Tables]):
    """Tables that threads borrow in turn; made when all others are lent, up to a limit."""

    def __init__(self, make: Callable[[], Tables], limit: int) -> None:
        self._make = make
        self._places = threading.Semaphore(limit)
        self._free: deque[Tables] = deque()

    @contextmanager
    def borrow(self) -> Iterator[Tables]:
        """Tables for this thread alone; waits where the limit is reached."""
        with self._places:
            try:
                tables = self._free.pop()
            except IndexError:
                tables = self._make()
            yield tables
            self._free.append(tables)

    def all(self) -> Sequence[Tables]:
        """Every table, none being lent any more."""
        return tuple(self._free) or (self._make(),)


class SortedCounting:
    """For tensors so small that their codes are sorted in one go."""

    def __init__(self, format_: Format, backend: Backend) -> None:
        self._format = format_
        self._backend = backend
        self._patterns: Patterns = (np.empty(0, np.uint64), np.empty(0, np.int64))

    def add(self, index: int, codes: PlacedCodes) -> None:
        """Count the only block."""
        del index
        self._patterns = self._backend.distinct(codes)

    def census(self) -> Census:
        """The census; that of an empty tensor if nothing was added."""
        return census_of_patterns(self._format, *self._patterns)


class PatternCounting:
    """For types of at most 16 bits: one counter a pattern."""

    def __init__(self, format_: Format, backend: Backend) -> None:
        self._format = format_
        code_bits = max(8, format_.bits)
        self._pool: TablePool[PatternTables] = TablePool(lambda: backend.pattern_tables(code_bits), NARROW_TABLES)

    def add(self, index: int, codes: PlacedCodes) -> None:
        """Count one block; order does not matter."""
        del index
        with self._pool.borrow() as tables:
            tables.add(codes)

    def census(self) -> Census:
        """The census from the sum of all tables."""
        counts = np.sum([tables.counts() for tables in self._pool.all()], axis=0)
        present = np.flatnonzero(counts)
        return census_of_patterns(self._format, present.astype(np.uint64), counts[present])


class FloatCounting:
    """For binary32 and binary64: patterns while they are few, bins always."""

    def __init__(self, format_: FloatFormat, backend: Backend) -> None:
        self._format = format_
        self._pool: TablePool[FloatTables] = TablePool(lambda: backend.float_tables(format_), WIDE_TABLES)
        self._power_sums: dict[int, PowerSums] = {}

    def add(self, index: int, codes: PlacedCodes) -> None:
        """Count one block; its power sums are kept until all can be merged in order."""
        with self._pool.borrow() as tables:
            self._power_sums[index] = tables.add(codes)

    def census(self) -> Census:
        """Exact where there are few distinct patterns, else from the bins."""
        tables = self._pool.all()
        patterns = merge_patterns([one.patterns() for one in tables])
        if patterns is not None:
            return census_of_patterns(self._format, *patterns)
        power_sums = reduce(PowerSums.merge, (self._power_sums[i] for i in sorted(self._power_sums)), PowerSums())
        totals: BinTotals = reduce(merge_totals, (one.totals() for one in tables))
        return census_of_bins(totals, power_sums)


class IntegerCounting:
    """For integers of 32 and 64 bits: patterns while they are few, the extent always."""

    def __init__(self, format_: IntegerFormat, backend: Backend) -> None:
        self._format = format_
        self._pool: TablePool[IntegerTables] = TablePool(
            lambda: backend.integer_tables(format_.bits, signed=format_.signed), WIDE_TABLES
        )

    def add(self, index: int, codes: PlacedCodes) -> None:
        """Count one block; order does not matter."""
        del index
        with self._pool.borrow() as tables:
            tables.add(codes)

    def census(self) -> Census:
        """Exact where there are few distinct patterns, else the extent."""
        tables = self._pool.all()
        patterns = merge_patterns([one.patterns() for one in tables])
        if patterns is not None:
            return census_of_patterns(self._format, *patterns)
        return census_of_extent(
            self._format,
            sum(one.n_elements for one in tables),
            sum(one.zeros for one in tables),
            min(one.minimum for one in tables),
            max(one.maximum for one in tables),
            np.sum([one.set_bits() for one in tables], axis=0),
        )


class ChannelCounting:
    """Extremes of rows and columns."""

    def __init__(self, plan: ChannelPlan, kind: np.dtype[np.unsignedinteger], backend: Backend) -> None:
        self._plan = plan
        limit = max(1, min(NARROW_TABLES, COLUMN_BYTES // (3 * plan.width * kind.itemsize)))
        self._pool: TablePool[ColumnTables] = TablePool(lambda: backend.column_tables(plan, kind), limit)
        self._rows = start_extremes(kind, plan.n_rows)
        self._lock = threading.Lock()

    def add(self, first: int, codes: PlacedCodes) -> None:
        """Count a block whose first code is the tensor's `first`."""
        row, column = divmod(first, self._plan.width)
        with self._pool.borrow() as tables:
            part = tables.add(column, codes)
        with self._lock:
            widen(self._rows[:, row : row + part.shape[1]], part)

    def channels(self) -> tuple[ChannelExtremes, ...]:
        """The extremes along the first and the second axis."""
        columns = merge_columns(self._plan, [tables.columns() for tables in self._pool.all()])
        return extremes(self._plan, 0, self._rows), extremes(self._plan, 1, columns)


def merge_patterns(parts: Sequence[Patterns | None]) -> Patterns | None:
    """All distinct patterns and their counts; None if a part is None or if there are more than `DISTINCT_LIMIT`."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    patterns, groups = np.unique(np.concatenate([part[0] for part in known]), return_inverse=True)
    if len(patterns) > DISTINCT_LIMIT:
        return None
    counts: NDArray[np.int64] = np.zeros(len(patterns), np.int64)
    np.add.at(counts, groups, np.concatenate([part[1] for part in known]))
    return patterns, counts
