"""Running totals of the census in the CPU's compiled loops; `accelerator` has their twins."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census import kernels
from precisionlab.analysis.census.backends import Codes, Patterns
from precisionlab.analysis.census.bin_census import LEADING_BINS, BinTotals
from precisionlab.analysis.census.channels import ChannelPlan, start_extremes
from precisionlab.analysis.census.power_sums import PILOT, PowerSums, about_mean
from precisionlab.analysis.census.records import DISTINCT_LIMIT, CastCounts, Specials
from precisionlab.formats import FloatFormat

FLUSH: Final = 1 << 31
"""Elements after which the 32-bit counters are emptied into 64-bit ones."""


class CpuBackend:
    """Counts on the CPU, where the codes are."""

    name = "cpu"

    def place(self, codes: Codes) -> Codes:
        """Leave the codes where they are."""
        return codes

    def distinct(self, codes: Codes) -> Patterns:
        """The distinct codes of one small block and their counts."""
        patterns, counts = np.unique(codes, return_counts=True)
        return patterns.astype(np.uint64), counts.astype(np.int64)

    def pattern_tables(self, code_bits: int) -> "PatternTables":
        """Empty tables for a type of at most 16 bits."""
        return PatternTables(code_bits)

    def float_tables(self, format_: FloatFormat) -> "FloatTables":
        """Empty tables for binary32 or binary64."""
        return FloatTables(format_)

    def integer_tables(self, bits: int, *, signed: bool) -> "IntegerTables":
        """Empty tables for integers of 32 or 64 bits."""
        return IntegerTables(np.dtype(f"{'i' if signed else 'u'}{bits // 8}"))

    def column_tables(self, plan: ChannelPlan, kind: np.dtype[np.unsignedinteger]) -> "ColumnTables":
        """Empty tables for the columns of a tensor."""
        return ColumnTables(plan, kind)


class PatternTables:
    """Counts of every pattern of a type of at most 16 bits."""

    def __init__(self, code_bits: int) -> None:
        self._totals = np.zeros(1 << code_bits, np.int64)
        self._even = np.zeros(1 << code_bits, np.uint32)
        self._odd = np.zeros(1 << code_bits, np.uint32)
        self._pending = 0
        self._count = kernels.count_patterns16 if code_bits == 16 else kernels.count_patterns8

    def add(self, codes: Codes) -> None:
        """Count one block of 8-bit or 16-bit codes."""
        per_word = 8 // codes.itemsize
        whole = len(codes) // per_word * per_word
        self._count(codes[:whole].view(np.uint64), self._even, self._odd)
        np.add.at(self._totals, codes[whole:], 1)
        self._pending += whole
        if self._pending >= FLUSH:
            self._flush()

    def counts(self) -> NDArray[np.int64]:
        """How often each pattern occurred, by pattern."""
        self._flush()
        return self._totals

    def _flush(self) -> None:
        self._totals += self._even
        self._totals += self._odd
        self._even[:] = 0
        self._odd[:] = 0
        self._pending = 0


class DistinctTable:
    """Counts of distinct codes of any width, given up once there are more than `DISTINCT_LIMIT`."""

    def __init__(self) -> None:
        self._keys = np.zeros(2 * DISTINCT_LIMIT, np.uint64)
        self._counts = np.zeros(2 * DISTINCT_LIMIT, np.int64)
        self._used = 0

    @property
    def is_full(self) -> bool:
        """Whether more than `DISTINCT_LIMIT` distinct codes were met."""
        return self._used < 0

    def add(self, codes: Codes) -> None:
        """Count one block."""
        if not self.is_full:
            self._used = kernels.tally(codes, self._keys, self._counts, self._used, DISTINCT_LIMIT)

    def patterns(self) -> Patterns | None:
        """The distinct codes, ascending, and their counts; None once there were too many."""
        if self.is_full:
            return None
        occupied = np.flatnonzero(self._counts)
        order = occupied[np.argsort(self._keys[occupied])]
        return self._keys[order], self._counts[order]


class SetBits:
    """In how many codes of 32 or 64 bits each bit is set."""

    def __init__(self, code_bits: int) -> None:
        self._code_bits = code_bits
        self._counts = np.zeros(64, np.int64)

    def add(self, codes: Codes) -> None:
        """Count one block, by words of 64 bits; a last half one is filled with zeros."""
        whole = len(codes) * codes.itemsize // 8 * 8 // codes.itemsize
        kernels.count_set_bits(codes[:whole].view(np.uint64), self._counts)
        if whole < len(codes):
            last = np.array([codes[whole], 0], codes.dtype)
            kernels.count_set_bits(last.view(np.uint64), self._counts)

    def counts(self) -> NDArray[np.int64]:
        """How often each bit was set, the least significant first."""
        counts: NDArray[np.int64] = self._counts.reshape(-1, self._code_bits).sum(axis=0)
        return counts


class FloatTables:
    """Bins of a binary32 or binary64 tensor."""

    def __init__(self, format_: FloatFormat) -> None:
        self.format = format_
        self._distinct = DistinctTable()
        self._is_wide = format_.bits == 64
        self._value_type = np.dtype(f"f{format_.bits // 8}")
        n_fields = 1 << (format_.exponent_bits + 1)
        self._leading = np.zeros(LEADING_BINS, np.uint32)
        self._flushed: NDArray[np.int64] | None = None
        self._pending = 0
        self._counts = np.zeros(n_fields, np.int64)
        self._sums = np.zeros((n_fields, 4 if self._is_wide else 3), np.int64)
        self._smallest, self._largest = (1 << (format_.bits - 1)) - 1, 0
        self._union = 0
        self._negative_zeros = 0
        self._non_finite = np.zeros(6, np.int64)
        self._binary32 = np.zeros(4, np.int64)
        self._set_bits = SetBits(format_.bits)

    def add(self, codes: Codes) -> PowerSums:
        """Count one block; its power sums are the caller's to merge, in the order of the blocks."""
        self._distinct.add(codes)
        shift = pilot_mean(codes.view(self._value_type))
        starts = range(0, len(codes), kernels.CHUNK)
        sums = [self._add_chunk(codes[start : start + kernels.CHUNK], shift) for start in starts]
        self._pending += len(codes)
        if self._pending >= FLUSH:
            self._flush()
        count, *powers = (sum(column) for column in zip(*sums, strict=True))
        return about_mean(shift, int(count), *powers)

    def _add_chunk(self, codes: Codes, shift: float) -> tuple[int, float, float, float, float]:
        """One chunk through every loop while it lies in the cache; its power sums."""
        values: NDArray[np.floating] = codes.view(self._value_type)
        self._set_bits.add(codes)
        if self._is_wide:
            kernels.count_leading64(codes, self._leading)
            kernels.sum_bins64(codes, self._counts, self._sums)
            extent = kernels.extent64(codes)
            kernels.count_as_binary32(codes.view(np.float64), self._binary32)
        else:
            kernels.count_leading32(codes, self._leading)
            kernels.sum_bins32(codes, self._counts, self._sums)
            extent = kernels.extent32(codes)
        self._smallest = min(self._smallest, extent[0])
        self._largest = max(self._largest, extent[1])
        self._union |= extent[2]
        self._negative_zeros += extent[3]
        if extent[4]:
            self._non_finite += kernels.count_non_finite(codes, *non_finite_masks(self.format))
        return kernels.power_sums(values, codes, self.format.max_finite_pattern + 1, shift)

    def _flush(self) -> None:
        self._flushed = self._all_leading().astype(np.int64)
        self._leading[:] = 0
        self._pending = 0

    def _all_leading(self) -> NDArray[np.integer]:
        return self._leading if self._flushed is None else self._flushed + self._leading

    def patterns(self) -> Patterns | None:
        """The distinct patterns and counts; None for more than `DISTINCT_LIMIT`."""
        return self._distinct.patterns()

    def totals(self) -> BinTotals:
        """The bins."""
        return BinTotals(
            format=self.format,
            leading=self._all_leading(),
            field_counts=self._counts,
            field_sums=self._sums,
            smallest=self._smallest,
            largest=self._largest,
            mantissa_union=self._union,
            negative_zeros=self._negative_zeros,
            non_finite=specials_of_non_finite(self._non_finite),
            binary32=CastCounts(*(int(count) for count in self._binary32)) if self._is_wide else None,
            set_bits=self._set_bits.counts(),
        )


class IntegerTables:
    """Extent of a 32-bit or 64-bit integer tensor, and its patterns as long as they are few."""

    def __init__(self, value_type: np.dtype[np.integer]) -> None:
        self._distinct = DistinctTable()
        self.n_elements = 0
        self.zeros = 0
        self.minimum = 1 << 64
        self.maximum = -(1 << 64)
        self._value_type = value_type
        self._set_bits = SetBits(8 * value_type.itemsize)

    def add(self, codes: Codes) -> None:
        """Count one block, which is not empty."""
        self._distinct.add(codes)
        self._set_bits.add(codes)
        low, high, zeros = (int(figure) for figure in kernels.integer_extent(codes.view(self._value_type)))
        self.minimum = min(self.minimum, low)
        self.maximum = max(self.maximum, high)
        self.zeros += zeros
        self.n_elements += len(codes)

    def patterns(self) -> Patterns | None:
        """The distinct patterns and counts; None for more than `DISTINCT_LIMIT`."""
        return self._distinct.patterns()

    def set_bits(self) -> NDArray[np.int64]:
        """In how many codes each bit is set, the least significant first."""
        return self._set_bits.counts()


class ColumnTables:
    """Extremes of the columns so far."""

    def __init__(self, plan: ChannelPlan, kind: np.dtype[np.unsignedinteger]) -> None:
        self._plan = plan
        self._columns = start_extremes(kind, plan.width)

    def add(self, column: int, codes: Codes) -> Codes:
        """Count one block that starts at `column` of a row; the [3, rows touched] extremes of its rows."""
        n_rows = -(-(column + len(codes)) // self._plan.width)
        rows = start_extremes(codes.dtype, n_rows)
        kernels.channel_extremes(
            codes, column, self._plan.magnitude_mask, self._plan.format.max_finite_pattern, rows, self._columns
        )
        return rows

    def columns(self) -> Codes:
        """[3, width]: largest finite magnitude code, smallest and largest code of each column."""
        return self._columns


def pilot_mean(values: NDArray[np.floating]) -> float:
    """The mean of a block's first finite values: of all where the first `PILOT` have few; 0 without any."""
    pilot = values[:PILOT][np.isfinite(values[:PILOT])]
    if len(pilot) < PILOT // 2:
        pilot = values[np.isfinite(values)]
    with np.errstate(over="ignore", invalid="ignore"):  # sums of the largest numbers of both signs
        return float(pilot.astype(np.float64).mean()) if len(pilot) else 0.0


def non_finite_masks(format_: FloatFormat) -> tuple[int, int, int, int]:
    """Codes of infinity, sign bit, quiet bit and upper half of a wide format."""
    half = format_.bits // 2
    return (
        format_.max_finite_pattern + 1,
        1 << (format_.bits - 1),
        1 << (format_.mantissa_bits - 1),
        ((1 << half) - 1) << half,
    )


def specials_of_non_finite(counts: NDArray[np.int64]) -> Specials:
    """The six counts of `kernels.count_non_finite` by name."""
    positive, negative, quiet, signalling, boxed, payload = (int(count) for count in counts)
    return Specials(
        positive_infinities=positive,
        negative_infinities=negative,
        quiet_nans=quiet,
        signalling_nans=signalling,
        boxed_nans=boxed,
        payload_nans=payload,
    )
