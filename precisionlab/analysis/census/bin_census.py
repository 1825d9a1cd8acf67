"""A census of wide floats from bins: counts are exact, entropies bounded, moments summed in float64."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.pattern_census import entropy, trailing_zeros
from precisionlab.analysis.census.power_sums import PowerSums
from precisionlab.analysis.census.records import CastCounts, Census, Entropies, FieldBins, Specials
from precisionlab.formats import FloatFormat
from precisionlab.formats.patterns import decode

Counts = TypeVar("Counts", CastCounts, Specials)

LEADING_BINS = 1 << 20
"""8 exponent bits, 11 mantissa bits and the sticky bit."""
NON_FINITE_BINS = 0xFF << 12
"""The first bin of the infinities and NaNs."""
FRACTION_UNITS: Mapping[int, tuple[float, ...]] = MappingProxyType({32: (2.0**-23,), 64: (2.0**-52, 2.0**-26)})
"""What 1 stands for in each part of the sums of fractions, by the width of the format."""
SQUARE_UNITS: Mapping[int, tuple[float, ...]] = MappingProxyType({32: (2.0**-46, 2.0**-14), 64: (2.0**-62, 2.0**-31)})
"""The same for the sums of squared fractions."""


@dataclass(frozen=True, slots=True)
class BinTotals:
    """What the streaming pass adds up for a binary32 or binary64 tensor."""

    format: FloatFormat
    leading: NDArray[np.integer]
    """[LEADING_BINS] counts by binary32 exponent, 11 leading mantissa bits, sticky bit; without sign."""
    field_counts: NDArray[np.int64]
    """Counts by sign and exponent field."""
    field_sums: NDArray[np.int64]
    """Of each sign and exponent field the sum of fractions and that of their squares, in integer parts (columns)
    of `FRACTION_UNITS` and then `SQUARE_UNITS`: integers, so that they do not depend on the order of the blocks."""
    smallest: int
    """Magnitude code of the smallest finite non-zero element; any larger code than `largest` without one."""
    largest: int
    mantissa_union: int
    negative_zeros: int
    non_finite: Specials
    """The infinities and NaNs; its other counts are 0."""
    binary32: CastCounts | None
    set_bits: NDArray[np.int64]
    """In how many codes each bit is set, the least significant first."""


def merge_totals(one: BinTotals, other: BinTotals) -> BinTotals:
    """The totals of both parts of a tensor together."""
    return BinTotals(
        format=one.format,
        leading=np.add(one.leading, other.leading, dtype=np.int64),
        field_counts=one.field_counts + other.field_counts,
        field_sums=one.field_sums + other.field_sums,
        smallest=min(one.smallest, other.smallest),
        largest=max(one.largest, other.largest),
        mantissa_union=one.mantissa_union | other.mantissa_union,
        negative_zeros=one.negative_zeros + other.negative_zeros,
        non_finite=add_counts(one.non_finite, other.non_finite),
        binary32=None if one.binary32 is None or other.binary32 is None else add_counts(one.binary32, other.binary32),
        set_bits=one.set_bits + other.set_bits,
    )


def add_counts(one: Counts, other: Counts) -> Counts:
    """Two records of counts, added field by field."""
    return type(one)(*(a + b for a, b in zip(astuple(one), astuple(other), strict=True)))


def census_of_bins(totals: BinTotals, power_sums: PowerSums) -> Census:
    """The census of a wide float tensor with more than `DISTINCT_LIMIT` distinct patterns."""
    bins = np.flatnonzero(totals.leading != 0)
    counts = totals.leading[bins].astype(np.int64)
    ordinary = (bins > 0) & (bins < NON_FINITE_BINS)
    exponents, exponent_counts = exponents_of(totals)
    smallest, largest = decode(np.array([totals.smallest, totals.largest], np.uint64), totals.format)
    empty = totals.smallest > totals.largest
    return Census(
        format=totals.format,
        n_elements=int(totals.field_counts.sum()),
        specials=specials_of(totals),
        values=bin_representatives(bins[ordinary]),
        counts=counts[ordinary],
        is_exact=False,
        patterns=None,
        pattern_counts=None,
        exponents=exponents,
        exponent_counts=exponent_counts,
        smallest_magnitude=np.nan if empty else float(smallest),
        largest_magnitude=np.nan if empty else float(largest),
        moments=power_sums.moments(),
        entropies=entropies_of(totals, bins, counts),
        trailing_zeros=trailing_zeros(totals.mantissa_union, totals.format.mantissa_bits),
        binary32=totals.binary32,
        field_bins=field_bins_of(totals),
        set_bits=totals.set_bits,
    )


def field_bins_of(totals: BinTotals) -> FieldBins:
    """The bins by sign and exponent field, each sum of integer parts as one number."""
    fraction_units = np.array(FRACTION_UNITS[totals.format.bits])
    square_units = np.array(SQUARE_UNITS[totals.format.bits])
    fractions, squares = np.split(totals.field_sums, [len(fraction_units)], axis=1)
    return FieldBins(
        totals.field_counts.reshape(2, -1),
        (fractions * fraction_units).sum(axis=1).reshape(2, -1),
        (squares * square_units).sum(axis=1).reshape(2, -1),
    )


def bin_representatives(bins: NDArray[np.int64]) -> NDArray[np.float64]:
    """One number inside each bin: its lower edge, or its middle where the sticky bit is set."""
    codes = ((bins >> 1) << 12) | ((bins & 1) << 11)
    return codes.astype(np.uint32).view(np.float32).astype(np.float64)


def specials_of(totals: BinTotals) -> Specials:
    """Zeros and subnormals from the bins, infinities and NaN kinds as counted."""
    zeros = int(totals.leading[0])
    return replace(
        totals.non_finite,
        positive_zeros=zeros - totals.negative_zeros,
        negative_zeros=totals.negative_zeros,
        subnormals=int(totals.field_counts.reshape(2, -1)[:, 0].sum()) - zeros,
    )


def exponents_of(totals: BinTotals) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Exponents that occur and how often; subnormals stand just below the smallest normal exponent."""
    by_field = totals.field_counts.reshape(2, -1).sum(axis=0)
    by_field[0] -= int(totals.leading[0])
    present = np.flatnonzero(by_field[:-1])
    return present - totals.format.bias, by_field[present]


def entropies_of(totals: BinTotals, bins: NDArray[np.int64], counts: NDArray[np.int64]) -> Entropies:
    """Sign and exponent exactly; mantissa and pattern with every uncounted low bit taken as random.

    `bins` are the occupied ones of `totals.leading`, ascending, with their `counts`.
    """
    fields = totals.field_counts.reshape(2, -1)
    sign, exponent = entropy(fields.sum(axis=1)), entropy(fields.sum(axis=0))
    width = totals.format.mantissa_bits
    # The union is of finite mantissas: the payload of a NaN may use any bit.
    used = width if totals.non_finite.nans else width - trailing_zeros(totals.mantissa_union, width)
    if totals.format.bits == 64:
        return Entropies(sign, exponent, float(used), sign + exponent + used, is_upper_bound=True)
    low_bits = max(0, used - 11)
    leading = bins >> 1
    by_leading = np.add.reduceat(counts, np.flatnonzero(np.diff(leading, prepend=-1)))
    by_mantissa = np.bincount(leading & 0x7FF, weights=counts)
    mantissa = min(entropy(by_mantissa) + low_bits, float(used))
    return Entropies(sign, exponent, mantissa, sign + entropy(by_leading) + low_bits, is_upper_bound=True)
