"""The measurements of the `topology` analyzer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.topology.against import Against, against_of
from analyzers.topology.beside import BesideNulls, Purpose, beside_nulls_of
from analyzers.topology.census import Roll, roll_of
from analyzers.topology.costing import most_points
from analyzers.topology.cubical import Cubical, cubical_of
from analyzers.topology.homology import Deadline
from analyzers.topology.linkage import Linkage, linkage_of
from analyzers.topology.options import Options
from analyzers.topology.reading import Points, counted, points_of
from analyzers.topology.sampling import Homology, homology_of
from precisionlab.analysis.comparisons import measurements_beside
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.seeding import generator
from precisionlab.analysis.tensors import Tensor
from precisionlab.structure.nulls import Null
from precisionlab.structure.points import LARGEST, Cloud, Distance, cloud
from precisionlab.structure.singular import scale_of
from precisionlab.structure.spanning import spanning_tree

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is known of a weight's points."""

    points: Points
    distance: Distance
    roll: Roll
    n_unplaced: int
    """Points, one of each that are equal, without a direction; none for Euclidean distances."""
    linkage: Linkage
    homology: Homology | None
    """None where it is not asked for beyond dimension 0."""
    beside: BesideNulls | None
    cubical: Cubical | None
    against: Against | None

    @property
    def words(self) -> str:
        """`Euclidean distance of rows`, for titles."""
        return f"{self.distance.value} distance of {self.points.what}"


def measure(tensor: Tensor, options: Options) -> Figures | str:
    """Everything; or why there is nothing to measure."""
    points = points_of(tensor, options)
    if points.n < 2:
        return f"it is a single point: it has {counted(points.n, points.what)}"
    roll = roll_of(points)
    if not roll.is_finite.any():
        return f"all its {points.what} hold NaN or infinities"
    name, distance = tensor.info.name, Distance(options.distance)
    if distance is Distance.EUCLIDEAN and roll.largest > LARGEST:
        return f"numbers beyond {LARGEST:g}: sums of {distance.value} distances may overflow float64"
    scale = scale_of(roll.largest)
    distinct = roll.distinct
    looked_at = some_of(distinct, most_points(points.d, options), options, name)
    placed = centred(points, looked_at, scale, distance)
    if not len(placed.rows):
        return f"none of its {points.what} has a direction, which {distance.value} distance needs"
    places = looked_at[placed.rows.numpy()]
    unit = scale if distance is Distance.EUCLIDEAN else 1.0
    n_sampled_out = len(distinct) - len(looked_at)
    linkage = linkage_of(spanning_tree(placed.points), places, len(places) + n_sampled_out, options.near, unit)
    deadline = Deadline(options.deadline)
    homology = homology_of(placed.points, options, unit, deadline, name) if options.dimension else None
    few = some_of(places, options.null_size, options, name)
    first = places[homology.choice.samples[0]] if homology else few
    against = against_of(tensor, first, options, scale, deadline)
    del placed
    matrix = points.chosen(indices_of(few), scale)
    return Figures(
        points,
        distance,
        roll,
        len(looked_at) - len(places),
        linkage,
        homology,
        beside_nulls_of(matrix, options, scale, Purpose(name, deadline)) if len(few) > 1 else None,
        cubical_of(tensor, options, scale),
        against,
    )


def some_of(indices: NDArray[np.int64], most: int, options: Options, name: str) -> NDArray[np.int64]:
    """At most so many, drawn at random, ascending."""
    if len(indices) <= most:
        return indices
    random = generator(options.seed, "topology", f"{most} points", name)
    return np.sort(random.choice(indices, most, replace=False))


def indices_of(places: NDArray[np.int64]) -> "torch.Tensor":
    """For torch."""
    import torch  # noqa: PLC0415 - slow, and loaded by then

    return torch.from_numpy(np.ascontiguousarray(places))


def centred(points: Points, places: NDArray[np.int64], scale: float, distance: Distance) -> Cloud:
    """Points of these places over `scale`, less their mean: in one copy, since they may be many."""
    placed = cloud(points.chosen(indices_of(places), scale), distance)
    if len(placed.rows):
        placed.points.sub_(placed.points.mean(dim=0))
    return placed


def measurements(figures: Figures) -> Iterator[Measurement]:
    """All numbers; those of distances are labelled with which."""
    yield from of_points(figures)
    labels = {"distance": figures.distance.value}
    unit = "" if figures.distance is Distance.EUCLIDEAN else "1"
    yield from of_linkage(figures.linkage, unit, labels)
    if figures.homology is not None:
        yield from of_homology(figures.homology, unit, labels)
    if figures.beside is not None:
        yield Measurement(metric("null_points", "points"), figures.beside.n_points)
        named = {f"sampled_{name}": beside for name, beside in figures.beside.figures.items()}
        for one in measurements_beside(named, {name: unit_of(name, unit) for name in named}):
            whole = {**one.metric.labels, **labels}
            yield Measurement(metric(one.metric.name, one.metric.unit, **whole), one.value)
    if figures.cubical is not None:
        beside_permuted = {"cubical_persistence": {Null.SHUFFLED: figures.cubical.persistence}}
        yield Measurement(metric("cubical_images", "images"), figures.cubical.n_sampled)
        for one in measurements_beside(beside_permuted, {}):
            permuted = {"null": "permuted axes"} if one.metric.labels else {}
            yield Measurement(metric(one.metric.name, one.metric.unit, **permuted), one.value)
    if figures.against is not None:
        for name, values in (("bottleneck", figures.against.bottleneck), ("wasserstein", figures.against.wasserstein)):
            for dimension, value in enumerate(values):
                yield Measurement(metric(f"{name}_distance", unit, dimension=str(dimension), **labels), value)


def of_points(figures: Figures) -> Iterator[Measurement]:
    """What is known of each point alone."""
    roll, what = figures.roll, figures.points.what
    yield Measurement(metric("points", what), figures.points.n)
    yield Measurement(metric("coordinates", "elements"), figures.points.d)
    yield Measurement(metric("dead", what), len(roll.dead))
    yield Measurement(metric("duplicates", what), len(roll.duplicates))
    yield Measurement(metric("non_finite", what), roll.n_unfinite)
    if figures.distance is not Distance.EUCLIDEAN:
        yield Measurement(metric("without_direction", what), figures.n_unplaced)


def of_linkage(linkage: Linkage, unit: str, labels: dict[str, str]) -> Iterator[Measurement]:
    """What is known of components."""
    yield Measurement(metric("linked_points", "points"), linkage.n_sampled)
    yield Measurement(metric("near_duplicates", "points", **labels), linkage.n_near)
    yield Measurement(metric("clusters", "clusters", **labels), len(linkage.sizes))
    yield Measurement(metric("largest_cluster", "points", **labels), linkage.sizes[0])
    yield Measurement(metric("largest_gap", unit, **labels), linkage.gap)
    if len(linkage.heights):
        low, middle, high = np.quantile(linkage.heights, (0.0, 0.5, 1.0))
        for name, value in (("least", low), ("median", middle), ("greatest", high)):
            yield Measurement(metric(f"{name}_merge_height", unit, **labels), float(value))
        yield Measurement(metric("h0_total_persistence", unit, **labels), float(linkage.heights.sum()))


def of_homology(homology: Homology, unit: str, labels: dict[str, str]) -> Iterator[Measurement]:
    """What is known of loops and voids."""
    yield Measurement(metric("homology_points", "points"), homology.choice.size if homology.diagrams else 0)
    yield Measurement(metric("homology_samples", "samples"), len(homology.diagrams))
    for name, (mean, deviation) in homology.figures.items():
        if name.startswith("h0"):
            continue  # those of all points say more
        yield Measurement(metric(name, unit_of(name, unit), **labels), mean)
        if deviation is not None:
            yield Measurement(metric(f"{name}_spread", unit_of(name, unit), **labels), deviation)
    if homology.choice.radius is not None and homology.certificate is not None:
        yield Measurement(metric("covering_radius", unit, **labels), homology.choice.radius)
        yield Measurement(metric("certificate", unit, **labels), homology.certificate)
        if homology.n_certain is not None:
            yield Measurement(metric("certain_bars", "bars", **labels), homology.n_certain)


def unit_of(name: str, unit: str) -> str:
    """That of a figure, where lengths have `unit`."""
    return "bars" if name.endswith("_bars") else "nats" if name.endswith("_entropy") else unit
