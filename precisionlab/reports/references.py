"""What the figures of a report mean: each measurement's definition, its unit, and where it is from, by number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from precisionlab.analysis.definitions import Definition, families
from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Measurement
from precisionlab.analysis.wording import listed
from precisionlab.reports.quantities import shown_unit
from precisionlab.reports.shading import EMPTY

UNIT_WORDS = {"1": "ratio", "": "the tensor's"}
"""Units that are no words by themselves."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A definition with what the report knows beside it."""

    definition: Definition
    drawn: tuple[str, ...]
    """What of random draws of the figure is measured too: the ends of these measurements' names."""
    unit: str
    """In words; empty where the report holds no such measurement."""
    reference: int | None
    """The number of its source in the bibliography; None where it has none."""

    @property
    def told(self) -> str:
        """What it means, and which measurements of random draws stand beside it; in Markdown of code spans alone."""
        beside = listed([f"`_{suffix}`" for suffix in self.drawn]) if self.drawn else ""
        return f"{self.definition.meaning}; {beside} tell of random draws" if beside else self.definition.meaning

    @property
    def better(self) -> str:
        """Which way is better, in a word; a dash where none is."""
        return self.definition.better.value or EMPTY


def meanings(report: Report) -> Mapping[str, tuple[Meaning, ...]]:
    """What every analyzer's figures mean, by its name; analyzers that define none are left out."""
    numbers, units = bibliography(report), measured_units(report)
    return {
        name: tuple(
            Meaning(
                one.definition,
                one.drawn,
                units.get((name, one.definition.name), ""),
                numbers.get(one.definition.source),
            )
            for one in families(summary.definitions)
        )
        for name, summary in report.analyzers.items()
        if summary.definitions
    }


def bibliography(report: Report) -> Mapping[str, int]:
    """The sources of all definitions, each once, numbered from 1 in the order in which they are first named."""
    sources = (one.source for summary in report.analyzers.values() for one in summary.definitions if one.source)
    return {source: number for number, source in enumerate(dict.fromkeys(sources), 1)}


def measured_units(report: Report) -> Mapping[tuple[str, str], str]:
    """The units of what was measured, in words, by analyzer and measurement."""
    found: dict[tuple[str, str], Measurement] = {}
    for checkpoint in report.checkpoints:
        for result in checkpoint.results:
            for measurement in result.measurements:
                found.setdefault((result.analyzer, measurement.metric.name), measurement)
    return {key: unit_word(measurement) for key, measurement in found.items()}


def unit_word(measurement: Measurement) -> str:
    """The unit a measurement is shown in, as a word; of what is no number, what it is."""
    if isinstance(measurement.value, bool):
        return "yes or no"
    unit = shown_unit(measurement.metric)
    return "text" if isinstance(measurement.value, str) and not unit else UNIT_WORDS.get(unit, unit)


def code_spans(markdown: str) -> Iterable[tuple[str, bool]]:
    """A definition's words in their order, each part with whether it stands as code.

    >>> list(code_spans("share of `x` that"))
    [('share of ', False), ('x', True), (' that', False)]
    """
    parts = markdown.split("`")
    if len(parts) % 2 == 0:  # a mark without its partner is a character like any other
        parts[-2:] = ["`".join(parts[-2:])]
    return [(part, at % 2 == 1) for at, part in enumerate(parts) if part]
