"""The figures of the `range` analyzer, all from one census and the extremes of the channels."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from analyzers.range.options import Options
from precisionlab.analysis.census.casts import Casts
from precisionlab.analysis.census.channels import ChannelExtremes
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.census.records import CastCounts, Census
from precisionlab.analysis.results import Measurement, Metric, Scalar
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import STORED_FORMATS, FloatFormat, Format


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """Channels of one axis in figures."""

    axis: int
    amax_ratio: float
    """Largest channel's amax over the median channel's; infinite for a median of 0, NaN without a non-zero element."""
    largest: int
    """Index of the channel with the largest amax."""
    dead: tuple[int, ...]
    """Indices of the channels of at least two elements that hold nothing but zeros."""
    constant: tuple[int, ...]
    """Indices of the channels of at least two elements with one and the same non-zero number throughout."""
    n_channels: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements, findings and figures of one tensor are made of."""

    census: Census
    narrowest: tuple[Format, ...]
    """Of equal width."""
    casts: Mapping[str, CastCounts]
    """By target format; empty for integers."""
    channels: tuple[ChannelFigures, ...]
    digest: str
    """Equal for equal tensors of one shape; equal digests are no proof of equality."""

    @property
    def n_nonzero(self) -> int:
        """Finite elements other than zero."""
        return self.census.n_finite - self.census.specials.zeros


def measure(tensor: Tensor, options: Options) -> Figures:
    """Everything there is to know of one tensor."""
    census = tensor.census()
    casts = Casts(census)
    targets = options.casts if isinstance(census.format, FloatFormat) else ()
    components = LAYOUTS[tensor.info.dtype].components
    channels = tuple(channel_figures(extremes, census, components) for extremes in tensor.channels())
    return Figures(
        census=census,
        narrowest=narrowest_formats(census, casts),
        casts={
            name: casts.counts(STORED_FORMATS[name])
            for name in dict.fromkeys((*targets, *reported_targets(census, options)))
        },
        channels=channels,
        digest=digest(census, tensor.channels()),
    )


def reported_targets(census: Census, options: Options) -> tuple[str, ...]:
    """Formats that the rules ask about, whatever the user wants listed."""
    return ("float16", options.underflow_format) if isinstance(census.format, FloatFormat) else ()


def narrowest_formats(census: Census, casts: Casts) -> tuple[Format, ...]:
    """The narrowest formats that hold every element; integers not counted one by one keep theirs."""
    is_known = census.is_exact or isinstance(census.format, FloatFormat)
    return casts.narrowest() if is_known else (census.format,)


def channel_figures(extremes: ChannelExtremes, census: Census, components: int) -> ChannelFigures:
    """Ratio, dead and constant channels of one axis, of elements that are counted as `components` numbers each.

    With infinities or NaNs in the tensor a channel counts as dead only if all its patterns are one zero.
    A channel of one element is not called dead or constant: it is a number like any other.
    """
    median = float(np.median(extremes.amax))
    largest = int(np.argmax(extremes.amax))
    is_zero = extremes.amax == 0
    if census.n_finite < census.n_elements:
        is_zero &= extremes.is_constant & ~extremes.is_non_finite
    is_constant = extremes.is_constant & ~is_zero & ~extremes.is_non_finite
    peak = float(extremes.amax[largest])
    is_judged = extremes.length > components
    return ChannelFigures(
        axis=extremes.axis,
        amax_ratio=peak / median if median else (math.inf if peak else math.nan),
        largest=largest,
        dead=tuple(int(index) for index in np.flatnonzero(is_zero & is_judged)),
        constant=tuple(int(index) for index in np.flatnonzero(is_constant & is_judged)),
        n_channels=len(extremes.amax),
    )


def digest(census: Census, channels: tuple[ChannelExtremes, ...]) -> str:
    """A fingerprint of counts and channel extremes: 128 bits in hexadecimal."""
    extent = census.specials, census.smallest_magnitude, census.largest_magnitude, census.entropies
    state = hashlib.blake2b(f"{census.format.name} {extent}".encode(), digest_size=16)
    counted = (census.values, census.counts) if census.patterns is None else (census.patterns, census.pattern_counts)
    fractions = None if census.field_bins is None else census.field_bins.fractions
    for array in (*counted, fractions, *(extremes.amax for extremes in channels)):
        if array is not None:
            state.update(np.ascontiguousarray(array).data)
    return state.hexdigest()


@cache
def metric(name: str, unit: str, label: str = "", value: str = "") -> Metric:
    """The metric with at most one label, made once."""
    return Metric(name, unit, {label: value}) if label else Metric(name, unit)


def measurements(figures: Figures) -> tuple[Measurement, ...]:
    """The figures as named numbers; shares are of all elements and NaN for an empty tensor."""
    return (
        *count_measurements(figures),
        *value_measurements(figures),
        *cast_measurements(figures),
        *channel_measurements(figures),
    )


def count_measurements(figures: Figures) -> Iterator[Measurement]:
    """Counts and shares of the special elements."""
    census = figures.census
    specials, n = census.specials, census.n_elements
    yield Measurement(metric("elements", "elements"), n)
    for name, count in (
        ("zeros", specials.zeros),
        ("subnormals", specials.subnormals),
        ("infinities", specials.infinities),
        ("nans", specials.nans),
    ):
        yield Measurement(metric(name, "elements"), count)
        yield Measurement(metric(f"{name}_share", "share"), count / n if n else math.nan)
    yield Measurement(metric("negative_zeros", "elements"), specials.negative_zeros)
    yield Measurement(metric("signalling_nans", "elements"), specials.signalling_nans)
    yield Measurement(metric("non_canonical_patterns", "elements"), non_canonical(census))


def non_canonical(census: Census) -> int:
    """Patterns that no arithmetic of the format produces: boxed and payload NaNs, boolean bytes over 1."""
    specials = census.specials
    return specials.boxed_nans + specials.payload_nans + specials.non_canonical


def value_measurements(figures: Figures) -> Iterator[Measurement]:
    """Extent, moments, entropies, distinct values and what precision is used."""
    census = figures.census
    moments, entropies = census.moments, census.entropies
    yield Measurement(metric("smallest_magnitude", ""), census.smallest_magnitude)
    yield Measurement(metric("largest_magnitude", ""), census.largest_magnitude)
    yield Measurement(metric("dynamic_range", "bits"), dynamic_range(census))
    yield Measurement(metric("mean", ""), moments.mean)
    yield Measurement(metric("variance", ""), moments.variance)
    yield Measurement(metric("skewness", "1"), moments.skewness)
    yield Measurement(metric("kurtosis", "1"), moments.kurtosis)
    for field in ("sign", "exponent", "mantissa", "pattern"):
        yield Measurement(metric("entropy", "bits", "field", field), getattr(entropies, field))
    yield Measurement(metric("entropy_is_upper_bound", ""), entropies.is_upper_bound)
    yield Measurement(metric("lossless_share", "share"), lossless_share(census))
    yield Measurement(*distinct(census))
    yield Measurement(metric("trailing_zero_bits", "bits"), census.trailing_zeros)
    yield Measurement(metric("narrowest_format", ""), " ".join(format_.name for format_ in figures.narrowest))
    yield Measurement(metric("narrowest_bits", "bits"), figures.narrowest[0].bits)
    yield Measurement(metric("digest", ""), figures.digest)


def distinct(census: Census) -> tuple[Metric, Scalar]:
    """The number of distinct patterns, or the bound that it exceeds."""
    if census.distinct is None:
        return metric("distinct_values_above", "values"), 1 << 16
    return metric("distinct_values", "values"), census.distinct


def dynamic_range(census: Census) -> float:
    """Bits between the smallest and the largest magnitude: log2 of their ratio."""
    return (
        math.log2(census.largest_magnitude) - math.log2(census.smallest_magnitude)
        if census.smallest_magnitude > 0
        else math.nan
    )


def lossless_share(census: Census) -> float:
    """Size after ideal lossless coding of single elements as a share of the stored size (at most, where bounded)."""
    return census.entropies.pattern / census.format.bits if census.n_elements else math.nan


def cast_measurements(figures: Figures) -> Iterator[Measurement]:
    """What casts would do, by target format."""
    for name, counts in figures.casts.items():
        for outcome in ("overflows", "underflows", "subnormals", "exact"):
            yield Measurement(metric(f"cast_{outcome}", "elements", "format", name), getattr(counts, outcome))


def channel_measurements(figures: Figures) -> Iterator[Measurement]:
    """Ratio of extremes, dead and constant channels, by axis."""
    for channel in figures.channels:
        axis = str(channel.axis)
        yield Measurement(metric("channel_amax_ratio", "1", "axis", axis), channel.amax_ratio)
        yield Measurement(metric("dead_channels", "channels", "axis", axis), len(channel.dead))
        yield Measurement(metric("constant_channels", "channels", "axis", axis), len(channel.constant))
