"""Running totals of the census in torch operations, for CUDA and any other device; the twins of `cpu`.

Torch computes little in unsigned integers: codes lie on the device as signed ones of the same
width and are widened to int64, those of 64 bits being ordered by their inverted top bit. All
counts and all sums of fields are integers, so that they equal the CPU's whatever the order in
which a device adds.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from precisionlab.analysis.census.backends import Codes, Patterns
from precisionlab.analysis.census.bin_census import LEADING_BINS, NON_FINITE_BINS, BinTotals
from precisionlab.analysis.census.channels import ChannelPlan
from precisionlab.analysis.census.power_sums import PILOT, PowerSums, about_mean
from precisionlab.analysis.census.records import DISTINCT_LIMIT, CastCounts, Specials
from precisionlab.formats import STORED_FLOATS, FloatFormat

LOWEST: Final = -(1 << 63)
"""The top bit of 64, inverted so that signed comparisons order unsigned codes."""
LOW_BITS: Final = 41
"""Mantissa bits of binary64 below the 11 that lead."""


class TorchBackend:
    """Counts on a torch device, to which blocks are copied."""

    def __init__(self, device: str) -> None:
        self.name = device

    def place(self, codes: Codes) -> torch.Tensor:
        """A copy of the codes on the device, as signed integers but for those of 8 bits."""
        signed = codes if codes.itemsize == 1 else codes.view(f"i{codes.itemsize}")
        return torch.tensor(signed, device=self.name)

    def distinct(self, codes: torch.Tensor) -> Patterns:
        """The distinct codes of one small block and their counts."""
        return ascending(*torch.unique(widened(codes), return_counts=True))

    def pattern_tables(self, code_bits: int) -> "PatternTables":
        """Empty tables for a type of at most 16 bits."""
        return PatternTables(code_bits, self.name)

    def float_tables(self, format_: FloatFormat) -> "FloatTables":
        """Empty tables for binary32 or binary64."""
        return FloatTables(format_, self.name)

    def integer_tables(self, bits: int, *, signed: bool) -> "IntegerTables":
        """Empty tables for integers of 32 or 64 bits."""
        return IntegerTables(bits, signed=signed)

    def column_tables(self, plan: ChannelPlan, kind: np.dtype[np.unsignedinteger]) -> "ColumnTables":
        """Empty tables for the columns of a tensor."""
        return ColumnTables(plan, kind, self.name)


class PatternTables:
    """Counts of every pattern of a type of at most 16 bits."""

    def __init__(self, code_bits: int, device: str) -> None:
        self._totals = torch.zeros(1 << code_bits, dtype=torch.int64, device=device)

    def add(self, codes: torch.Tensor) -> None:
        """Count one block of 8-bit or 16-bit codes."""
        self._totals += torch.bincount(widened(codes), minlength=len(self._totals))

    def counts(self) -> NDArray[np.int64]:
        """How often each pattern occurred, by pattern."""
        return on_host(self._totals)


class DistinctTable:
    """Counts of distinct codes, given up once there are more than `DISTINCT_LIMIT`."""

    def __init__(self) -> None:
        self._known: tuple[torch.Tensor, torch.Tensor] | None = None
        self._is_full = False

    def add(self, codes: torch.Tensor) -> None:
        """Count one block of widened codes."""
        if self._is_full:
            return
        found = torch.unique(codes, return_counts=True)
        self._known = found if self._known is None else merged(self._known, found)
        self._is_full = len(self._known[0]) > DISTINCT_LIMIT
        if self._is_full:
            self._known = None

    def patterns(self) -> Patterns | None:
        """The distinct codes, ascending, and their counts; None once there were too many."""
        if self._is_full:
            return None
        return (np.empty(0, np.uint64), np.empty(0, np.int64)) if self._known is None else ascending(*self._known)


class FloatTables:
    """Bins of a binary32 or binary64 tensor."""

    def __init__(self, format_: FloatFormat, device: str) -> None:
        self.format = format_
        self._is_wide = format_.bits == 64
        self._distinct = DistinctTable()
        n_fields = 1 << (format_.exponent_bits + 1)
        self._leading = zeros(device, LEADING_BINS)
        self._counts = zeros(device, n_fields)
        self._sums = zeros(device, n_fields, 4 if self._is_wide else 3)
        self._smallest = torch.tensor((1 << (format_.bits - 1)) - 1, device=device)
        self._largest = zeros(device)
        self._union = zeros(device)
        self._negative_zeros = zeros(device)
        self._non_finite = zeros(device, 6)
        self._binary32 = zeros(device, 4)
        self._set_bits = zeros(device, format_.bits)

    def add(self, codes: torch.Tensor) -> PowerSums:
        """Count one block; its power sums are the caller's to merge, in the order of the blocks."""
        wide = widened(codes)
        magnitudes = wide & ((1 << (self.format.bits - 1)) - 1)
        self._distinct.add(wide)
        self._set_bits += set_bits(wide, self.format.bits)
        self._count_bins(magnitudes)
        self._sum_fields(wide, magnitudes)
        self._extend(magnitudes)
        self._count_specials(wide, magnitudes)
        values = codes.view(torch.float64 if self._is_wide else torch.float32)
        if self._is_wide:
            self._binary32 += casts_to_binary32(values)
        return power_sums(values, magnitudes <= self.format.max_finite_pattern)

    def _count_bins(self, magnitudes: torch.Tensor) -> None:
        bins = leading_bins64(magnitudes) if self._is_wide else leading_bins32(magnitudes)
        self._leading += torch.bincount(bins, minlength=LEADING_BINS)

    def _sum_fields(self, wide: torch.Tensor, magnitudes: torch.Tensor) -> None:
        mantissa_bits, n_fields = self.format.mantissa_bits, len(self._counts)
        keys = (wide >> mantissa_bits) & (n_fields - 1)
        mantissas = magnitudes & ((1 << mantissa_bits) - 1)
        parts = field_parts64(mantissas) if self._is_wide else field_parts32(mantissas)
        self._counts += torch.bincount(keys, minlength=n_fields)
        self._sums.index_add_(0, keys, torch.stack(parts, dim=1))

    def _extend(self, magnitudes: torch.Tensor) -> None:
        is_finite = magnitudes <= self.format.max_finite_pattern
        nothing = (1 << (self.format.bits - 1)) - 1
        finite = torch.where(is_finite, magnitudes, 0)
        ordinary = torch.where(finite > 0, finite, nothing)
        self._smallest = torch.minimum(self._smallest, ordinary.amin())
        self._largest = torch.maximum(self._largest, finite.amax())
        self._union |= union(finite) & ((1 << self.format.mantissa_bits) - 1)

    def _count_specials(self, wide: torch.Tensor, magnitudes: torch.Tensor) -> None:
        infinity = self.format.max_finite_pattern + 1
        half = self.format.bits // 2
        is_negative = wide != magnitudes
        is_infinite, is_nan = magnitudes == infinity, magnitudes > infinity
        is_quiet = magnitudes & (1 << (self.format.mantissa_bits - 1)) != 0
        is_default = magnitudes == infinity | (1 << (self.format.mantissa_bits - 1))
        is_canonical = is_default | (magnitudes == (1 << (self.format.bits - 1)) - 1)
        is_boxed = is_nan & ~is_canonical & (wide >> half & ((1 << half) - 1) == (1 << half) - 1)
        kinds = (
            is_infinite & ~is_negative,
            is_infinite & is_negative,
            is_nan & is_quiet,
            is_nan & ~is_quiet,
            is_boxed,
            is_nan & ~is_canonical & ~is_boxed,
        )
        self._non_finite += torch.stack([kind.sum() for kind in kinds])
        self._negative_zeros += (is_negative & (magnitudes == 0)).sum()

    def patterns(self) -> Patterns | None:
        """The distinct patterns and counts; None for more than `DISTINCT_LIMIT`."""
        return self._distinct.patterns()

    def totals(self) -> BinTotals:
        """The bins."""
        positive, negative, quiet, signalling, boxed, payload = self._non_finite.tolist()
        return BinTotals(
            format=self.format,
            leading=on_host(self._leading),
            field_counts=on_host(self._counts),
            field_sums=on_host(self._sums),
            smallest=int(self._smallest),
            largest=int(self._largest),
            mantissa_union=int(self._union),
            negative_zeros=int(self._negative_zeros),
            non_finite=Specials(
                positive_infinities=positive,
                negative_infinities=negative,
                quiet_nans=quiet,
                signalling_nans=signalling,
                boxed_nans=boxed,
                payload_nans=payload,
            ),
            binary32=CastCounts(*self._binary32.tolist()) if self._is_wide else None,
            set_bits=on_host(self._set_bits),
        )


class IntegerTables:
    """Extent of a 32-bit or 64-bit integer tensor, and its patterns as long as they are few."""

    def __init__(self, bits: int, *, signed: bool) -> None:
        self._distinct = DistinctTable()
        self._bits = bits
        self._signed = signed
        self.n_elements = 0
        self.zeros = 0
        self.minimum = 1 << 64
        self.maximum = -(1 << 64)
        self._set_bits = np.zeros(bits, np.int64)

    def add(self, codes: torch.Tensor) -> None:
        """Count one block, which is not empty."""
        wide = widened(codes)
        self._distinct.add(wide)
        self._set_bits += on_host(set_bits(wide, self._bits))
        offset = (1 << 63) if self._bits == 64 and not self._signed else 0
        ordered = codes if self._signed else wide ^ LOWEST if offset else wide
        low, high = torch.aminmax(ordered)
        self.minimum = min(self.minimum, int(low) + offset)
        self.maximum = max(self.maximum, int(high) + offset)
        self.zeros += int((wide == 0).sum())
        self.n_elements += len(codes)

    def patterns(self) -> Patterns | None:
        """The distinct patterns and counts; None for more than `DISTINCT_LIMIT`."""
        return self._distinct.patterns()

    def set_bits(self) -> NDArray[np.int64]:
        """In how many codes each bit is set, the least significant first."""
        return self._set_bits


class ColumnTables:
    """Extremes of the columns so far."""

    def __init__(self, plan: ChannelPlan, kind: np.dtype[np.unsignedinteger], device: str) -> None:
        self._plan = plan
        self._kind = kind
        self._top = (1 << 63) - 1 if kind.itemsize == 8 else (1 << (8 * kind.itemsize)) - 1
        self._bottom = LOWEST if kind.itemsize == 8 else 0
        starts = torch.tensor([0, self._top, self._bottom], device=device)
        self._columns = starts[:, None].repeat(1, plan.width)

    def add(self, column: int, codes: torch.Tensor) -> Codes:
        """Count one block that starts at `column` of a row; the [3, rows touched] extremes of its rows."""
        wide = widened(codes)
        magnitudes = wide & self._plan.magnitude_mask
        finite = torch.where(magnitudes <= self._plan.format.max_finite_pattern, magnitudes, 0)
        ordered = wide ^ self._bottom
        amax = self._rows_of(finite, column, 0)
        low, high = self._rows_of(ordered, column, self._top), self._rows_of(ordered, column, self._bottom)
        part = torch.stack([amax.amax(dim=0), low.amin(dim=0), high.amax(dim=0)])
        self._columns[0] = torch.maximum(self._columns[0], part[0])
        self._columns[1] = torch.minimum(self._columns[1], part[1])
        self._columns[2] = torch.maximum(self._columns[2], part[2])
        return self._codes(torch.stack([amax.amax(dim=1), low.amin(dim=1), high.amax(dim=1)]))

    def columns(self) -> Codes:
        """[3, width]: largest finite magnitude code, smallest and largest code of each column."""
        return self._codes(self._columns)

    def _rows_of(self, block: torch.Tensor, column: int, filling: int) -> torch.Tensor:
        """The block as whole rows, the ends of the first and the last one filled."""
        missing = -(column + len(block)) % self._plan.width
        return torch.constant_pad_nd(block, (column, missing), filling).reshape(-1, self._plan.width)

    def _codes(self, extremes: torch.Tensor) -> Codes:
        extremes = extremes.clone()
        extremes[1:] ^= self._bottom
        return on_host(extremes).astype(self._kind)


def zeros(device: str, *shape: int) -> torch.Tensor:
    """Integer zeros on the device."""
    return torch.zeros(shape, dtype=torch.int64, device=device)


def on_host(counts: torch.Tensor) -> NDArray[np.int64]:
    """A copy of int64 counts as a numpy array."""
    array: NDArray[np.int64] = counts.detach().cpu().numpy().copy()
    return array


def widened(codes: torch.Tensor) -> torch.Tensor:
    """Placed codes as int64: the codes themselves, but for the sign of those of 64 bits."""
    bits = 8 * codes.element_size()
    wide = codes.to(torch.int64)
    return wide if bits == 64 else wide & ((1 << bits) - 1)


def merged(
    known: tuple[torch.Tensor, torch.Tensor], found: tuple[torch.Tensor, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Distinct codes of both and how often they occurred together."""
    codes, groups = torch.unique(torch.cat([known[0], found[0]]), return_inverse=True)
    counts = torch.zeros_like(codes).index_add_(0, groups, torch.cat([known[1], found[1]]))
    return codes, counts


def ascending(codes: torch.Tensor, counts: torch.Tensor) -> Patterns:
    """Distinct widened codes as patterns, ordered without sign."""
    patterns = on_host(codes).view(np.uint64)
    order = np.argsort(patterns)
    return patterns[order], on_host(counts)[order]


def leading_bins32(magnitudes: torch.Tensor) -> torch.Tensor:
    """The bin of each binary32 magnitude code; see `kernels.count_leading32`."""
    return (magnitudes >> 11 & 0xFFFFE) | (magnitudes & 0xFFF != 0)


def leading_bins64(magnitudes: torch.Tensor) -> torch.Tensor:
    """The bin of each binary64 magnitude code, rounded to odd into binary32's range; see `kernels.count_leading64`."""
    exponents = (magnitudes >> 52) - 1023
    mantissas = magnitudes & ((1 << 52) - 1)
    # Below binary32's normal numbers the hidden bit counts too, and bits move out on the right.
    is_small = exponents < -126
    significands = torch.where(is_small, mantissas | 1 << 52, mantissas)
    shifts = LOW_BITS + torch.where(is_small, (-126 - exponents).clamp(max=12), 0)
    top = significands >> shifts
    sticky = significands & ((1 << shifts) - 1) != 0
    bins = torch.where(is_small, 0, exponents + 127) << 12 | top << 1 | sticky
    bins = torch.where((exponents > 127) & (exponents < 1024), NON_FINITE_BINS - 1, bins)
    bins = torch.where(exponents == 1024, NON_FINITE_BINS | mantissas >> LOW_BITS << 1 | sticky, bins)
    return torch.where(exponents < -138, (magnitudes != 0).long(), bins)


def field_parts32(mantissas: torch.Tensor) -> list[torch.Tensor]:
    """The parts that `kernels.sum_bins32` adds up."""
    squares = mantissas * mantissas
    return [mantissas, squares & 0xFFFFFFFF, squares >> 32]


def field_parts64(mantissas: torch.Tensor) -> list[torch.Tensor]:
    """The parts that `kernels.sum_bins64` adds up."""
    fractions = mantissas.double() * 2.0**-52
    squares = (fractions * fractions * 2.0**62).long()
    return [mantissas & 0x3FFFFFF, mantissas >> 26, squares & 0x7FFFFFFF, squares >> 31]


def set_bits(codes: torch.Tensor, n_bits: int) -> torch.Tensor:
    """In how many widened codes each of their lowest bits is set; see `kernels.count_set_bits`."""
    return torch.stack([(codes >> bit & 1).sum() for bit in range(n_bits)])


def union(codes: torch.Tensor) -> torch.Tensor:
    """All bits that any code has, by halving: torch has no such reduction."""
    while len(codes) > 1:
        half = len(codes) // 2
        folded = codes[:half] | codes[half : 2 * half]
        codes = torch.cat([folded, codes[2 * half :]])
    return codes[0]


def casts_to_binary32(values: torch.Tensor) -> torch.Tensor:
    """Overflows, underflows, subnormals and exact results of a cast to float32; see `kernels.count_as_binary32`."""
    is_ordinary = torch.isfinite(values) & (values != 0)
    cast = values.float().double()
    sizes = cast.abs()
    survives = is_ordinary & (sizes > 0) & torch.isfinite(sizes)
    outcomes = (
        is_ordinary & torch.isinf(sizes),
        is_ordinary & (sizes == 0),
        survives & (sizes < STORED_FLOATS["float32"].min_normal),
        survives & (cast == values),
    )
    return torch.stack([outcome.sum() for outcome in outcomes])


def power_sums(values: torch.Tensor, is_finite: torch.Tensor) -> PowerSums:
    """Power sums of the finite values about the mean of the first ones, as on the CPU."""
    wide = values.double()
    shift = pilot_mean(wide, is_finite)
    first = torch.where(is_finite, wide - shift, 0.0)
    second = first * first
    sums = torch.stack([first.sum(), second.sum(), (second * first).sum(), (second * second).sum()])
    return about_mean(shift, int(is_finite.sum()), *sums.tolist())


def pilot_mean(values: torch.Tensor, is_finite: torch.Tensor) -> float:
    """The mean of a block's first finite values: of all where the first `PILOT` have few; 0 without any."""
    pilot = values[:PILOT][is_finite[:PILOT]]
    if len(pilot) < PILOT // 2:
        pilot = values[is_finite]
    return float(pilot.mean()) if len(pilot) else 0.0
