"""The figures of the `bits` analyzer: from one census, and the places of the extremes from the codes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from analyzers.bits.extremes import Extremes, Near, extremes_of
from analyzers.bits.fields import field_of, number_of
from analyzers.bits.flips import Flip, flips_of
from analyzers.bits.options import Options
from precisionlab.analysis.census.cells import bit_counts
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.notation import hex_pattern
from precisionlab.analysis.results import Measurement, Metric, Scalar, metric
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import FloatFormat


@dataclass(frozen=True, slots=True)
class Frequent:
    """One of the most frequent patterns."""

    pattern: int
    value: int | float
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements and figures of one tensor are made of."""

    census: Census
    set_shares: tuple[float, ...]
    """By bit, as the next; NaN for an empty tensor."""
    flips: tuple[Flip, ...]
    """Empty for integers that were not counted one by one."""
    frequent: tuple[Frequent, ...]
    """The most frequent first, of equally frequent ones the lowest; empty where patterns are not known."""
    extremes: Extremes


def measure(tensor: Tensor, options: Options) -> Figures:
    """Everything there is to know of the bits of one tensor."""
    census = tensor.census()
    n = census.n_elements
    return Figures(
        census=census,
        set_shares=tuple(int(count) / n if n else math.nan for count in bit_counts(census)),
        flips=flips_of(census),
        frequent=frequent_patterns(census, options.top),
        extremes=extremes_of(tensor, options.nearest),
    )


def frequent_patterns(census: Census, at_most: int) -> tuple[Frequent, ...]:
    """The most frequent patterns, where they are known."""
    if census.patterns is None or census.pattern_counts is None:
        return ()
    order = np.argsort(-census.pattern_counts, kind="stable")[:at_most]
    patterns, counts = census.patterns[order].tolist(), census.pattern_counts[order].tolist()
    return tuple(
        Frequent(pattern, number_of(pattern, census.format), count)
        for pattern, count in zip(patterns, counts, strict=True)
    )


def entropy(share: float) -> float:
    """The binary entropy of a share in bits; NaN where it is."""
    if not 0 < share < 1:
        return 0.0 * share
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


@cache
def bit_metric(name: str, unit: str, bit: int, field: str) -> Metric:
    """The metric of one bit, made once."""
    return Metric(name, unit, {"bit": str(bit), "field": field})


@cache
def rank_metric(name: str, unit: str, rank: int) -> Metric:
    """The metric of one entry of a list, made once."""
    return Metric(name, unit, {"rank": str(rank)})


def measurements(figures: Figures) -> tuple[Measurement, ...]:
    """The figures as named numbers, without those that are none; shares are of all elements, and none of no element."""
    n_elements = Measurement(metric("elements", "elements"), figures.census.n_elements)
    if not figures.census.n_elements:
        return (n_elements,)
    measured = (
        n_elements,
        *tensor_measurements(figures),
        *set_measurements(figures),
        *flip_measurements(figures),
        *frequent_measurements(figures),
        *extreme_measurements("overflow", "headroom", figures.extremes.overflow),
        *extreme_measurements("underflow", "footroom", figures.extremes.underflow),
    )
    return tuple(one for one in measured if not is_nan(one.value))


def is_nan(value: Scalar) -> bool:
    """Whether a measurement would be no number; texts are none of that kind."""
    return isinstance(value, float) and math.isnan(value)


def tensor_measurements(figures: Figures) -> Iterator[Measurement]:
    """Mantissa bits in use, and how exact the flips are."""
    census = figures.census
    if isinstance(census.format, FloatFormat):
        used = census.format.mantissa_bits - census.trailing_zeros
        yield Measurement(metric("mantissa_bits_in_use", "bits"), used)
    if figures.flips:
        yield Measurement(metric("flip_error", "1"), max(flip.error for flip in figures.flips))


def set_measurements(figures: Figures) -> Iterator[Measurement]:
    """Share and entropy of each bit."""
    for bit, share in enumerate(figures.set_shares):
        field = field_of(bit, figures.census.format)
        yield Measurement(bit_metric("set_share", "share", bit, field), share)
        yield Measurement(bit_metric("bit_entropy", "bits", bit, field), entropy(share))


def flip_measurements(figures: Figures) -> Iterator[Measurement]:
    """What flipping each bit does."""
    census = figures.census
    n = census.n_elements
    for bit, flip in enumerate(figures.flips):
        field = field_of(bit, census.format)
        yield Measurement(bit_metric("flip_median_change", "1", bit, field), flip.median)
        yield Measurement(bit_metric("flip_worst_change", "1", bit, field), flip.worst)
        yield Measurement(bit_metric("flip_worst_value", "", bit, field), flip.worst_value)
        yield Measurement(bit_metric("flip_to_non_finite_share", "share", bit, field), flip.to_non_finite / n)
        if census.n_finite < n:
            yield Measurement(bit_metric("flip_to_finite_share", "share", bit, field), flip.to_finite / n)
        if census.specials.zeros:
            yield Measurement(bit_metric("flip_zero_becomes", "", bit, field), flip.zero)


def frequent_measurements(figures: Figures) -> Iterator[Measurement]:
    """The most frequent patterns by rank."""
    census = figures.census
    for rank, frequent in enumerate(figures.frequent, 1):
        pattern = hex_pattern(frequent.pattern, census.format.bits)
        yield Measurement(rank_metric("frequent_pattern", "", rank), pattern)
        yield Measurement(rank_metric("frequent_value", "", rank), frequent.value)
        yield Measurement(rank_metric("frequent_count", "elements", rank), frequent.count)
        yield Measurement(rank_metric("frequent_share", "share", rank), frequent.count / census.n_elements)


def extreme_measurements(end: str, distance: str, extremes: tuple[Near, ...]) -> Iterator[Measurement]:
    """The elements nearest to one end by rank."""
    for rank, near in enumerate(extremes, 1):
        yield Measurement(rank_metric(f"near_{end}_value", "", rank), near.value)
        yield Measurement(rank_metric(f"near_{end}_index", "", rank), near.index)
        yield Measurement(rank_metric(f"near_{end}_{distance}", "binades", rank), near.binades)
        if end == "underflow":
            yield Measurement(rank_metric("near_underflow_is_subnormal", "", rank), near.is_subnormal)
