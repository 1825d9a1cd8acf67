"""What differs between two tensors, counted in one pass over both."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.difference.casts import Cast, Way, suspicions_of
from analyzers.difference.changes import Changes
from analyzers.difference.distances import Histogram, distances_in
from analyzers.difference.extremes import Extremes
from analyzers.difference.options import Options, formats_of
from analyzers.difference.pairs import Pair, Stretch
from precisionlab.analysis import inner_products
from precisionlab.analysis.cast_losses import Flags, Floats
from precisionlab.analysis.inner_products import InnerProduct, Scaled, scaled
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.ulps import ulps
from precisionlab.formats import FloatFormat


@dataclass(frozen=True, slots=True)
class Norms:
    """Of the numbers that are finite in both tensors."""

    difference: float
    here: float
    there: float
    relative: float
    """Of the difference, over that of the other tensor."""
    cosine: float | None
    """None where one of the tensors is 0."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements, findings and figures of one tensor are made of."""

    pair: Pair
    n_numbers: int
    changes: Changes
    norms: Norms
    extremes: Extremes
    distances: Histogram | None
    """None of two types."""
    casts: tuple[Cast, ...]
    """Those that explain all differences, the finest first of each way; none where nothing changed."""
    is_within_roundings: bool
    """Of two float types: whether both may be roundings of the same numbers to nearest, since none are farther apart."""

    @property
    def is_identical(self) -> bool:
        """Whether both are the same bytes of the same type, and all of them."""
        is_stored_alike = self.pair.has_one_type and self.pair.has_one_order and not self.pair.is_dequantized
        return is_stored_alike and not self.changes.n_changed

    @property
    def largest(self) -> float:
        """The largest magnitude of a difference between finite numbers."""
        return self.extremes.worst[0].size if self.extremes.worst else 0.0

    def cast(self, way: Way) -> Cast | None:
        """The finest cast of a way that explains all differences."""
        return next((cast for cast in self.casts if cast.way is way), None)


class Tally:
    """What is known of the numbers so far."""

    def __init__(self, pair: Pair, options: Options) -> None:
        self.pair = pair
        self.n_numbers = 0
        self.changes = Changes()
        self.extremes = Extremes(options.named)
        self.histogram = Histogram() if pair.has_one_type else None
        self.suspicions = suspicions_of(pair, formats_of(options.formats))
        self.is_within_roundings = not pair.has_one_type and not pair.is_dequantized and pair.has_floats
        self.squares, self.others, self.products, self.differences = (InnerProduct() for _ in range(4))

    def add(self, stretch: Stretch) -> None:
        """Look at the next numbers of both."""
        self.n_numbers += len(stretch.here)
        for suspicion in self.suspicions:
            suspicion.look_at(stretch)
        self.suspicions = [one for one in self.suspicions if not one.is_refuted]
        is_finite = np.isfinite(stretch.values_here) & np.isfinite(stretch.values_there)
        here, there = cleared(stretch.values_here, is_finite), cleared(stretch.values_there, is_finite)
        one, other = scaled(here), scaled(there)
        self.squares.add(one, one)
        self.others.add(other, other)
        self.products.add(one, other)
        if not stretch.is_unchanged:
            self.changes += Changes.of(stretch)
            self.compare(stretch, inner_products.difference(here, there), is_finite)

    def compare(self, stretch: Stretch, gaps: Scaled, is_finite: Flags) -> None:
        """Look at what changed; `gaps` are the differences, 0 where one number is not finite."""
        places = stretch.changed_places
        finite, broken = places[is_finite[places]], places[~is_finite[places]]
        with np.errstate(over="ignore"):
            sizes = np.abs(np.ldexp(gaps.values[finite], gaps.exponent))
        if self.histogram is not None:
            apart = distances_in(stretch, finite)
            self.histogram.add(apart)
            if stretch.has_wide_integers:
                sizes = apart.astype(np.float64)
                gaps = scaled(sizes)
        if self.is_within_roundings:
            self.is_within_roundings = are_within_roundings(stretch, finite, sizes) and not stretch.has_lost(broken)
        self.differences.add(gaps, gaps)
        self.extremes.add(stretch, finite, broken, sizes)

    def figures(self) -> Figures:
        """The outcome, once all was looked at."""
        norms = Norms(
            self.differences.root(),
            self.squares.root(),
            self.others.root(),
            inner_products.ratio_of_roots(self.differences, self.others),
            inner_products.cosine(self.products, self.squares, self.others),
        )
        casts = tuple(one.cast for one in self.suspicions if one.is_telling)
        return Figures(
            self.pair,
            self.n_numbers,
            self.changes,
            norms,
            self.extremes,
            self.histogram,
            casts,
            self.is_within_roundings,
        )


def are_within_roundings(stretch: Stretch, places: NDArray[np.intp], sizes: Floats) -> bool:
    """Whether numbers at some places of two float types differ by at most half a unit in the last place of each, together."""
    units = [
        ulps(values[places], layout.format)
        for values, layout in zip((stretch.values_here, stretch.values_there), stretch.layouts, strict=True)
        if isinstance(layout.format, FloatFormat)
    ]
    return bool(np.all(sizes <= sum(units) / 2))


def measure(pair: Pair, options: Options) -> Figures:
    """Everything there is to know of a pair of which each number has a counterpart."""
    tally = Tally(pair, options)
    for stretch in pair.stretches():
        tally.add(stretch)
    return tally.figures()


def cleared(values: Floats, is_finite: Flags) -> Floats:
    """The numbers, with 0 where one of both is not finite."""
    return values if is_finite.all() else np.where(is_finite, values, 0.0)


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers."""
    changes, norms = figures.changes, figures.norms
    yield Measurement(metric("relative_difference"), norms.relative)
    yield from of_headers(figures.pair, is_identical=figures.is_identical)
    yield Measurement(metric("changed_share", "share"), changes.n_changed / max(1, figures.n_numbers))
    yield Measurement(metric("largest_difference", ""), figures.largest)
    if norms.cosine is not None:
        yield Measurement(metric("cosine"), norms.cosine)
    if figures.distances is not None:
        yield Measurement(metric("one_ulp_apart", "numbers"), int(figures.distances.counts[0]))
        yield Measurement(metric("largest_distance", "ulp"), figures.distances.largest)
    yield Measurement(metric("numbers", "numbers"), figures.n_numbers)
    for name, count in changes.counts().items():
        yield Measurement(metric(name, "numbers"), count)
    yield Measurement(metric("difference_norm", ""), norms.difference)
    yield Measurement(metric("norm", ""), norms.here)
    yield Measurement(metric("reference_norm", ""), norms.there)
    if not figures.pair.has_one_type:
        yield Measurement(metric("within_roundings", ""), figures.is_within_roundings)
    for cast in filter(None, map(figures.cast, Way)):
        labels = {"way": cast.way.value, "rounding": cast.rounding.value}
        yield Measurement(metric("explained_by_cast", "", **labels), cast.format.name)


def of_headers(pair: Pair, *, is_identical: bool) -> Iterator[Measurement]:
    """What is the same in both, and what is not; all there is to say where numbers have no counterparts."""
    yield Measurement(metric("same_bytes", ""), is_identical)
    yield Measurement(metric("same_shape", ""), pair.has_one_shape)
    yield Measurement(metric("same_dtype", ""), pair.has_one_type and not pair.is_dequantized)
    if pair.is_dequantized:
        yield Measurement(metric("dequantized", ""), value=True)
    if not pair.has_one_shape and pair.n_rows:
        yield Measurement(metric("compared_rows", "rows"), pair.n_rows)
    if pair.here.info.name != pair.there.info.name:
        yield Measurement(metric("reference_name", ""), pair.there.info.name)
