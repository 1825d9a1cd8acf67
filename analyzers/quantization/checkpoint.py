"""Quantizing a whole checkpoint."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzers.quantization.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Heatmap, Table
from precisionlab.analysis.quantization.fronts import Point, pareto
from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.analysis.results import Measurement, Result, Scalar, metric
from precisionlab.escaping import printable
from precisionlab.formats.sums import ErrorSums

TOTAL_COLUMNS = (
    Column("format"),
    Column("bits a weight"),
    Column("SQNR", "dB"),
    Column("relative error"),
    Column("clipped", "share"),
    Column("to zero", "share"),
    Column("arithmetic of"),
)
WIDE = 16
"""Formats of so many bits lose so little that beside them all others would look alike in the map."""
WORST_COLUMNS = (Column("format"), Column("SQNR", "dB"), Column("tensor"))


@dataclass(frozen=True, slots=True)
class Measured:
    """A tensor that was quantized, and what was measured of it, by key."""

    name: str
    n_elements: int
    values: Mapping[str, Scalar]

    def number(self, key: str) -> float:
        """A measurement; NaN where it has none."""
        return float(self.values.get(key, math.nan))

    def standing(self, format_: str) -> float:
        """The SQNR to compare with others: of zeros alone nothing is lost; all is where a scale overflows."""
        sqnr = self.number(f"sqnr[format={format_}]")
        if math.isnan(sqnr):
            return -math.inf if self.number("energy") > 0 else math.inf
        return sqnr

    def sums(self, format_: str) -> ErrorSums:
        """The sums of a format that add up over tensors."""
        label, n, nonzero = f"[format={format_}]", self.number("elements"), self.number("nonzero")
        return ErrorSums(
            n=int(n),
            nonzero=int(nonzero),
            energy=self.number("energy"),
            squared_error=self.number(f"squared_error{label}"),
            cross=self.number(f"cross{label}"),
            clipped=or_nothing(self.number(f"clipped_share{label}")) * n,
            flushed=or_nothing(self.number(f"flushed_share{label}")) * nonzero,
            weighted_error=or_nothing(self.number(f"weighted_loss{label}")),
        )


@dataclass(frozen=True, slots=True)
class Total:
    """One format over all tensors that have it."""

    format: str
    n_tensors: int
    bits_per_weight: float
    sums: ErrorSums
    worst: Measured
    is_weighted: bool

    @property
    def worst_sqnr_db(self) -> float:
        """Of the tensor that loses most."""
        return self.worst.number(f"sqnr[format={self.format}]")


def or_nothing(number: float) -> float:
    """The number, or 0 for NaN."""
    return 0.0 if math.isnan(number) else number


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """Formats over all tensors together, loss against bits, and a map of tensors and formats.

    Over tensors that own their bytes, so that shared storage counts once.
    """
    del options
    measured = [one for one in map(measured_of, answers) if one is not None]
    totals = [total_of(name, measured) for name in formats_of(measured)]
    return Result(
        "quantization",
        None,
        measurements=tuple(one for total in totals for one in measurements(total)),
        figures=tuple(figures_of(totals, measured)),
    )


def measured_of(answer: Answer) -> Measured | None:
    """What was measured of a tensor; None of those that were not, and of those whose bytes another one owns."""
    info = answer.tensor.info
    if not answer.counts:
        return None
    return Measured(info.name, info.n_elements, answer.result.values)


def formats_of(measured: Sequence[Measured]) -> list[str]:
    """The formats that any tensor was quantized to, in the order of the first."""
    keys = (key for one in measured for key in one.values if key.startswith("sqnr["))
    return [key.removeprefix("sqnr[format=").removesuffix("]") for key in dict.fromkeys(keys)]


def total_of(format_: str, measured: Sequence[Measured]) -> Total:
    """A format over all tensors that have it."""
    having = [one for one in measured if f"sqnr[format={format_}]" in one.values]
    sums = sum((one.sums(format_) for one in having), ErrorSums())
    bits = sum(one.number(f"stored_bits[format={format_}]") for one in having)
    worst = min(having, key=lambda one: one.standing(format_))
    is_weighted = all(f"weighted_loss[format={format_}]" in one.values for one in having)
    n_elements = max(1, sum(one.n_elements for one in having))
    return Total(format_, len(having), bits / n_elements, sums, worst, is_weighted)


def measurements(total: Total) -> Iterator[Measurement]:
    """A format's totals as named numbers."""
    label = {"format": total.format}
    yield Measurement(metric("bits_per_weight", "bits", **label), total.bits_per_weight)
    yield Measurement(metric("sqnr", "dB", **label), total.sums.sqnr_db)
    yield Measurement(metric("relative_error", **label), total.sums.relative_error)
    yield Measurement(metric("worst_sqnr", "dB", **label), total.worst_sqnr_db)
    if total.is_weighted:
        yield Measurement(metric("weighted_loss", "", **label), total.sums.weighted_error)


def figures_of(totals: Sequence[Total], measured: Sequence[Measured]) -> Iterator[Figure]:
    """The table of totals, loss against bits, and the map of tensors and formats."""
    if not totals:
        return
    yield total_table(totals, len(measured))
    points = [Point(one.format, one.bits_per_weight, one.sums.sqnr_db) for one in totals]
    yield pareto("Loss against bits, all tensors", points)
    worst = tuple((one.format, one.worst_sqnr_db, printable(one.worst.name)) for one in totals)
    yield Table("The tensor that loses most in each format", WORST_COLUMNS, worst)
    yield tensor_map([one.format for one in totals if one.bits_per_weight < WIDE] or formats_of(measured), measured)


def tensor_map(formats: Sequence[str], measured: Sequence[Measured]) -> Heatmap:
    """The SQNR of each tensor in each of these formats."""
    return Heatmap(
        "SQNR of each tensor",
        Axis("format"),
        Axis("tensor"),
        tuple(formats),
        tuple(one.name for one in measured),
        tuple(tuple(one.number(f"sqnr[format={name}]") for name in formats) for one in measured),
        "dB",
        low_is_bad=True,
    )


def total_table(totals: Sequence[Total], n_tensors: int) -> Table:
    """All formats; with the number of tensors and the weighted loss where these tell anything."""
    extra = (
        (Column("weighted loss"), [one.sums.weighted_error for one in totals if one.is_weighted]),
        (Column("tensors"), [one.n_tensors for one in totals if any(each.n_tensors < n_tensors for each in totals)]),
    )
    kept = [(column, values) for column, values in extra if len(values) == len(totals)]
    rows = ((*total_row(total), *(values[i] for _, values in kept)) for i, total in enumerate(totals))
    title = f"All {n_tensors:,} quantized tensors together"
    return Table(title, (*TOTAL_COLUMNS, *(column for column, _ in kept)), tuple(rows))


def total_row(total: Total) -> tuple[Cell, ...]:
    """A format under `TOTAL_COLUMNS`."""
    sums = total.sums
    return (
        total.format,
        total.bits_per_weight,
        sums.sqnr_db,
        sums.relative_error,
        sums.clipped_share,
        sums.flushed_share,
        parse_target(total.format).arithmetic,
    )
