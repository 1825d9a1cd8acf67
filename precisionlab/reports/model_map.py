"""A checkpoint at a glance: its layers by its most telling measurements, shaded by how bad each layer is."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from statistics import median_low
from typing import TypeGuard

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.figures import Axis, Column, Heatmap, Table
from precisionlab.analysis.report import AnalyzerSummary, CheckpointReport
from precisionlab.analysis.results import Metric, Scalar, metric
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable
from precisionlab.reports.names import PART
from precisionlab.reports.quantities import is_within_floats, scalar, shown_unit, unit_beside, with_unit
from precisionlab.reports.shading import EMPTY
from precisionlab.reports.tensor_columns import PREFERRED, TensorColumn, metric_label, tensor_columns

MOST_ROWS = 64
"""More layers than that share rows with their neighbours."""
MOST_COLUMNS = 12
"""Measurements, beside the numbers of findings."""
MOST_OF_A_NAME = 2
"""Measurements of one name, such as of two formats."""
COUNTS = "elements"
"""The unit of counts that grow with the size of a tensor: more of them says nothing good of it."""
WIDE = 1_000.0
"""Columns whose largest value is so many times the least are shaded by logarithms."""
LONG = 1e7
"""Whole numbers from here on are written with an exponent, for want of room."""
NUMBERED = re.compile(r"(?:.*_)?[0-9]+")
"""A part of a name that numbers a layer."""


@dataclass(frozen=True, slots=True)
class ModelMap:
    """The map, and the numbers that its shades stand for."""

    heatmap: Heatmap
    """A row for each layer, a column for each measurement. Values have no unit: each is the place in its own column.

    Where the measurement has a better direction, 0 is the best of the layers and 1 the worst; where it has none, 0 is
    the lowest and 1 the highest. NaN where nothing was measured.
    """
    numbers: tuple[tuple[str, ...], ...]
    """What stands in each cell: of the layer's tensors the worst; the median where none is better; of findings the sum."""

    @property
    def table(self) -> Table:
        """The numbers as a table, for media without shades and readers who do not see them."""
        columns = (Column("layer"), *(Column(label) for label in self.heatmap.columns))
        rows = tuple((name, *cells) for name, cells in zip(self.heatmap.rows, self.numbers, strict=True))
        return Table(self.heatmap.title, columns, rows)


@dataclass(frozen=True, slots=True)
class Feature:
    """A column of the map: one measurement of all tensors, and which way it gets better."""

    metric: Metric
    better: Better
    values: Sequence[Scalar | None]
    """By the tensor's place."""
    starts_at_zero: bool = False
    """Whether nothing is better than 0, though all layers may have more."""

    @property
    def label(self) -> str:
        """What it is, and which way is better, as an arrow."""
        marks = {Better.HIGHER: " \N{UPWARDS ARROW}", Better.LOWER: " \N{DOWNWARDS ARROW}", Better.NEITHER: ""}
        unit = shown_unit(self.metric)
        label = metric_label(self.metric)
        is_said = unit in {"share", "bytes", COUNTS} or label.endswith(f" {unit}")
        beside = "" if is_said else unit_beside(label, unit)
        shown = f"{label} ({printable(beside)})" if beside else label
        return shown if self.starts_at_zero else f"{shown}{marks[self.better]}"


def model_map(checkpoint: CheckpointReport, analyzers: Mapping[str, AnalyzerSummary]) -> ModelMap | None:
    """The layers of a checkpoint by its measurements; None where there are no two layers, or nothing to tell of them.

    Args:
        checkpoint: what was found out of it.
        analyzers: of the same report; their definitions say which way numbers get better.
    """
    return map_of(checkpoint, tensor_columns(checkpoint), analyzers)


def map_of(
    checkpoint: CheckpointReport, columns: Sequence[TensorColumn], analyzers: Mapping[str, AnalyzerSummary]
) -> ModelMap | None:
    """As `model_map`, for who has the columns already."""
    layers = layers_of([tensor.name for tensor in checkpoint.tensors])
    features = [*findings_features(checkpoint), *telling(columns, analyzers)]
    if len(layers) < 2 or not features:
        return None
    size = -(-len(layers) // MOST_ROWS)
    rows = merged(layers, size)
    cells = [[summary(feature, places) for places in rows.values()] for feature in features]
    shades = [[*map(placing(feature, column), column)] for feature, column in zip(features, cells, strict=True)]
    told = [[text(feature.metric, value) for value in column] for feature, column in zip(features, cells, strict=True)]
    title = "Model map: layers by measurements" + (f", {size} layers a row" if size > 1 else "")
    heatmap = Heatmap(
        title,
        x=Axis("measurement"),
        y=Axis("layer"),
        columns=tuple(feature.label for feature in features),
        rows=tuple(rows),
        values=tuple(zip(*shades, strict=True)),
        unit="",
        low_is_bad=False,
    )
    return ModelMap(heatmap, tuple(zip(*told, strict=True)))


def layer_of(name: str) -> str:
    """The layer of a tensor: its name up to its first number, or without its last part.

    >>> layer_of("model.layers.3.mlp.down_proj.weight"), layer_of("lm_head.weight"), layer_of("bias")
    ('model.layers.3', 'lm_head', 'bias')
    """
    ends = [part.start() for part in PART.finditer(name)]
    starts = [0, *(end + 1 for end in ends)]
    for start, end in zip(starts, [*ends, len(name)], strict=True):
        if NUMBERED.fullmatch(name, start, end):
            return name[:end]
    return name[: ends[-1]] if ends and ends[-1] else name


def layers_of(names: Sequence[str]) -> dict[str, list[int]]:
    """The places of the tensors of each layer: kinds of layers as they come first, each by its numbers."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(layer_of(name), []).append(place)
    kinds: dict[str, int] = {}
    keys = {layer: (kinds.setdefault(kind(layer), len(kinds)), counter(layer)) for layer in found}
    return {layer: found[layer] for layer in sorted(found, key=keys.__getitem__)}


def kind(layer: str) -> str:
    """The name of a layer without its number."""
    return layer.rstrip("0123456789")


def counter(layer: str) -> tuple[int, str]:
    """A layer's number, as a key that sorts numbers however long."""
    digits = layer[len(kind(layer)) :].lstrip("0")
    return len(digits), digits


def merged(layers: Mapping[str, list[int]], size: int) -> dict[str, list[int]]:
    """The layers in rows of so many neighbours."""
    entries = list(layers.items())
    parts = (entries[at : at + size] for at in range(0, len(entries), size))
    return {spanned(part[0][0], part[-1][0]): [*chain(*(places for _, places in part))] for part in parts}


def spanned(first: str, last: str) -> str:
    """The name of neighbouring layers: `model.layers.0 to 3` where they differ by their number."""
    if first == last:
        return first
    return f"{first} to {last[len(kind(last)) :] if kind(first) == kind(last) else last}"


def findings_features(checkpoint: CheckpointReport) -> Iterator[Feature]:
    """How many findings of each severity the tensors have, for severities that any has."""
    places = {tensor.name: place for place, tensor in enumerate(checkpoint.tensors)}
    counts = {severity: [0] * len(checkpoint.tensors) for severity in sorted(Severity, reverse=True)}
    for finding in checkpoint.findings:
        if finding.subject in places:
            counts[finding.severity][places[finding.subject]] += 1
    for severity, numbers in counts.items():
        if any(numbers):
            yield Feature(metric(f"{severity.label}s", ""), Better.LOWER, numbers, starts_at_zero=True)


def telling(columns: Sequence[TensorColumn], analyzers: Mapping[str, AnalyzerSummary]) -> list[Feature]:
    """The most telling columns: those with a better direction, then the preferred; the analyzers take turns."""
    by_analyzer: dict[str, list[TensorColumn]] = {}
    names: dict[tuple[str, str], int] = {}
    for column in sorted(columns, key=lambda one: not direction(one, analyzers)):
        better = direction(column, analyzers)
        is_told = bool(better) or column.metric.name in PREFERRED
        named = names.get((column.analyzer, column.metric.name), 0)
        compares = better is not Better.HIGHER or column.metric.unit != COUNTS
        if is_told and compares and named < MOST_OF_A_NAME and varies(column):
            names[column.analyzer, column.metric.name] = named + 1
            by_analyzer.setdefault(column.analyzer, []).append(column)
    turns = chain.from_iterable(zip_longest(*by_analyzer.values()))
    chosen = [column for column in turns if column is not None][:MOST_COLUMNS]
    return [
        Feature(column.metric, direction(column, analyzers), column.values)
        for name in by_analyzer
        for column in chosen
        if column.analyzer == name
    ]


def direction(column: TensorColumn, analyzers: Mapping[str, AnalyzerSummary]) -> Better:
    """Which way a measurement gets better, by its analyzer's definition."""
    definitions = analyzers[column.analyzer].definitions if column.analyzer in analyzers else ()
    return next((one.better for one in definitions if one.name == column.metric.name), Better.NEITHER)


def varies(column: TensorColumn) -> bool:
    """Whether it holds different numbers: what is the same everywhere tells layers apart nowhere."""
    numbers = {value for value in column.values if isinstance(value, int | float) and not isinstance(value, bool)}
    return len(numbers) > 1


def summary(feature: Feature, places: Sequence[int]) -> int | float | None:
    """One number for the tensors of a layer: the worst, or the median; of findings their sum."""
    found = [value for place in places if is_number(value := feature.values[place])]
    if not found:
        return None
    if feature.starts_at_zero:
        return sum(found)
    if feature.better is Better.NEITHER:
        return median_low(found)
    return min(found) if feature.better is Better.HIGHER else max(found)


def is_number(value: Scalar | None) -> TypeGuard[int | float]:
    """Whether it can be compared: neither text nor truth value nor NaN, nor an integer beyond all floats."""
    if isinstance(value, float):
        return not math.isnan(value)
    return isinstance(value, int) and not isinstance(value, bool) and is_within_floats(value)


def placing(feature: Feature, column: Sequence[float | None]) -> Callable[[float | None], float]:
    """Gives a value its place from 0 to 1 in its column: by logarithms where all are positive and span decades.

    Infinities stand at the ends. Where all are equal, none is worse than another: all stand at 0.
    """
    finite = [float(value) for value in column if value is not None and math.isfinite(value)]
    ends = (min(0.0 if feature.starts_at_zero else math.inf, *finite), max(finite)) if finite else (0.0, 0.0)
    measure: Callable[[float], float] = math.log if ends[0] > 0 and ends[1] / ends[0] >= WIDE else float
    low, high = map(measure, ends)
    scale = 0.5 if max(abs(low), abs(high)) > 1 else 1.0  # the distance of two large floats may exceed the largest one

    def place(value: float | None) -> float:
        if value is None:
            return math.nan
        if math.isinf(value):
            share = float(value > 0)
        else:
            if high == low:
                return 0.0
            share = (measure(value) * scale - low * scale) / (high * scale - low * scale)
        return 1 - share if feature.better is Better.HIGHER else share

    return place


def text(told: Metric, value: float | None) -> str:
    """A number as it stands in its cell: its unit stands in the header, but for shares and bytes."""
    if value is None:
        return EMPTY
    unit = shown_unit(told)
    if unit in {"share", "bytes"}:
        return with_unit(value, unit)
    return scalar(value if abs(value) < LONG else float(value))
