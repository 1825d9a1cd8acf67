"""Rounding errors of a whole checkpoint: which accumulators are safe, and what becomes of errors through the layers."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from analyzers.rounding.accumulators import cost
from analyzers.rounding.drawing import apart
from analyzers.rounding.errors import bits_of
from analyzers.rounding.options import Options
from analyzers.rounding.sampling import Kind
from analyzers.rounding.sequence import in_sequence
from precisionlab.accumulation.catalogue import parse_accumulator
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Heatmap, Lines, Series, Table
from precisionlab.analysis.results import Measurement, Result, Scalar, metric
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

TOTAL_COLUMNS = (
    Column("accumulator"),
    Column("tensors"),
    Column("fewest bits"),
    Column("median bits"),
    Column("safe", "share"),
    Column("tensor of fewest bits"),
)
SHORT = 2
"""Layers of which a table says as much as a chart."""
PATH_COLUMNS = (
    Column("accumulator"),
    Column("layers"),
    Column("bits after all layers"),
    Column("at worst"),
    Column("too few from layer"),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """A tensor that was looked at, and what was measured of it, by key."""

    name: str
    stored: str
    """Its type."""
    values: Mapping[str, Scalar]

    def number(self, key: str) -> float:
        """A measurement; NaN where it has none."""
        return float(self.values.get(key, math.nan))

    def bits(self, accumulator: str) -> float:
        """The fewest bits that it keeps on the kinds of inputs that are judged."""
        return self.number(f"bits[accumulator={accumulator}]")

    def error(self, accumulator: str) -> float:
        """The relative error of outputs, on the calibration's inputs, else on normal ones; infinite where one overflows."""
        kinds = (Kind.CALIBRATION, Kind.NORMAL)
        labels = [f"[accumulator={accumulator},inputs={kind.value}]" for kind in kinds]
        label = next((one for one in labels if f"relative_error{one}" in self.values), labels[-1])
        overflows = self.number(f"overflowed_share{label}") > 0
        return math.inf if overflows else self.number(f"relative_error{label}")

    @property
    def amplification(self) -> float:
        """How much a relative error of the input can grow; 1 where it was not computed."""
        known = self.number("amplification")
        return 1.0 if math.isnan(known) else known


@dataclass(frozen=True, slots=True)
class Path:
    """Relative errors of the data after each layer, to first order."""

    accumulator: str
    names: tuple[str, ...]
    typical: tuple[float, ...]
    """Errors of layers are independent, and grow as the data does: root of the sum of squares."""
    worst: tuple[float, ...]
    """Each layer amplifies what comes with its input as much as it can, and adds its own."""

    def first_below(self, min_bits: float) -> str | None:
        """The layer after which fewer bits are right; None where there is none."""
        below = (name for name, error in zip(self.names, self.typical, strict=True) if not bits_of(error) >= min_bits)
        return next(below, None)


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """Accumulators over all tensors, and the way of errors through the layers.

    Raises:
        UsageError: the sequence matches nothing.
    """
    layers = [layer for layer in map(layer_of, answers) if layer is not None]
    names = accumulators_of(layers)
    named = {layer.name: layer for layer in layers}
    passed = [named[name] for name in in_sequence(tuple(named), options.sequence)]
    if options.sequence and layers and not passed:
        raise UsageError(
            "rounding.sequence", "matches none of the layers that were looked at", "see 'inspect' for names"
        )
    paths = [path_of(name, passed) for name in names if passed]
    return Result(
        "rounding",
        None,
        measurements=tuple(measurements(names, layers, paths, options)),
        figures=tuple(figures_of(names, layers, paths, options)),
    )


def layer_of(answer: Answer) -> Layer | None:
    """What was measured of a tensor; None of those that were not, and of those whose bytes another one owns."""
    info = answer.tensor.info
    if not answer.counts:
        return None
    return Layer(info.name, info.dtype, answer.result.values)


def accumulators_of(layers: Sequence[Layer]) -> list[str]:
    """The accumulators that any layer was measured with, in the order of the first."""
    keys = (key for layer in layers for key in layer.values if key.startswith("bits["))
    return [key.removeprefix("bits[accumulator=").removesuffix("]") for key in dict.fromkeys(keys)]


def path_of(accumulator: str, layers: Sequence[Layer]) -> Path:
    """Errors after each layer that the accumulator was measured with."""
    having = [layer for layer in layers if not math.isnan(layer.error(accumulator))]
    errors = [layer.error(accumulator) for layer in having]
    typical = [math.sqrt(total) for total in accumulate(error**2 for error in errors)]
    worst: list[float] = []
    for layer, error in zip(having, errors, strict=True):
        before = worst[-1] if worst else 0.0
        worst.append(before * layer.amplification + error)
    return Path(accumulator, tuple(layer.name for layer in having), tuple(typical), tuple(worst))


def measurements(
    names: Sequence[str], layers: Sequence[Layer], paths: Sequence[Path], options: Options
) -> Iterator[Measurement]:
    """Totals as named numbers."""
    safest = safe_everywhere(names, layers, options)
    if safest is not None:
        yield Measurement(metric("cheapest_safe", ""), safest)
    for name in names:
        bits = sorted(layer.bits(name) for layer in layers if f"bits[accumulator={name}]" in layer.values)
        yield Measurement(metric("fewest_bits", "bits", accumulator=name), bits[0])
        yield Measurement(metric("median_bits", "bits", accumulator=name), bits[len(bits) // 2])
        safe = sum(one >= options.min_bits for one in bits) / len(bits)
        yield Measurement(metric("safe_share", "share", accumulator=name), safe)
    for path in paths:
        if path.typical:
            labels = {"accumulator": path.accumulator}
            yield Measurement(metric("bits_after_all_layers", "bits", **labels), bits_of(path.typical[-1]))
            yield Measurement(metric("bits_after_all_layers_at_worst", "bits", **labels), bits_of(path.worst[-1]))


def figures_of(
    names: Sequence[str], layers: Sequence[Layer], paths: Sequence[Path], options: Options
) -> Iterator[Figure]:
    """The table of accumulators, the maps of layers, and errors along them."""
    if not names:
        return
    rows = tuple(total_row(name, layers, options) for name in names)
    safe = safe_everywhere(names, layers, options)
    told = f"{safe} is the cheapest that" if safe else "none of them"
    yield Table(f"Accumulators: {told} keeps {options.min_bits:g} bits in each layer alone", TOTAL_COLUMNS, rows)
    if len(layers) > 1:
        yield from layer_maps(names, layers, options)
    drawn = [path for path in paths if len(path.names) > 1]
    if not drawn:
        return
    yield Table(
        "Right bits through the layers, to first order", PATH_COLUMNS, tuple(path_row(path, options) for path in drawn)
    )
    lines = {path.accumulator: tuple(map(bits_of, path.typical)) for path in drawn if len(path.names) > SHORT}
    series = tuple(
        Series(name, tuple(map(float, range(1, len(lines[name]) + 1))), lines[name])
        for name in apart({name: bits[-1] for name, bits in lines.items()})
    )
    if series:
        yield Lines("Right bits after each layer", Axis("layer"), Axis("bits"), series)


def layer_maps(names: Sequence[str], layers: Sequence[Layer], options: Options) -> Iterator[Heatmap]:
    """The right bits of each layer with each accumulator, one map a stored type, in the order in which data passes them."""
    passed = in_sequence([layer.name for layer in layers], options.sequence)
    places = {name: i for i, name in enumerate(passed)}
    ordered = sorted(layers, key=lambda layer: places.get(layer.name, len(places)))
    for stored in dict.fromkeys(layer.stored for layer in ordered):
        rows = [layer for layer in ordered if layer.stored == stored]
        columns = [name for name in names if any(f"bits[accumulator={name}]" in layer.values for layer in rows)]
        yield Heatmap(
            f"Right bits of each {stored} layer",
            Axis("accumulator"),
            Axis("tensor"),
            tuple(columns),
            tuple(layer.name for layer in rows),
            tuple(tuple(layer.bits(name) for name in columns) for layer in rows),
            "bits",
            low_is_bad=True,
        )


def safe_everywhere(names: Sequence[str], layers: Sequence[Layer], options: Options) -> str | None:
    """The cheapest accumulator that keeps enough bits of every tensor, each of which was measured with it."""
    safe = [name for name in names if all(layer.bits(name) >= options.min_bits for layer in layers)]
    return min(safe, key=lambda name: cost(parse_accumulator(name))) if safe else None


def total_row(name: str, layers: Sequence[Layer], options: Options) -> tuple[Cell, ...]:
    """An accumulator under `TOTAL_COLUMNS`."""
    having = sorted(
        (layer for layer in layers if f"bits[accumulator={name}]" in layer.values), key=lambda layer: layer.bits(name)
    )
    safe = sum(layer.bits(name) >= options.min_bits for layer in having) / len(having)
    median = having[len(having) // 2].bits(name)
    fewest = having[0].bits(name)
    return name, len(having), fewest, median, safe, "" if math.isinf(fewest) else printable(having[0].name)


def path_row(path: Path, options: Options) -> tuple[Cell, ...]:
    """An accumulator under `PATH_COLUMNS`."""
    below = path.first_below(options.min_bits)
    return (
        path.accumulator,
        len(path.names),
        bits_of(path.typical[-1]),
        bits_of(path.worst[-1]),
        "none" if below is None else printable(below),
    )
