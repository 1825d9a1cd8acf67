"""Which way numbers get better, as far as the analyzers' definitions say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Finding, Measurement, Scalar

Directions = Mapping[str, Mapping[str, Better]]
"""By analyzer and by the name of the metric; what gets neither better nor worse is left out."""


def directions(*reports: Report) -> Directions:
    """What the reports define; of several definitions the first report's counts."""
    known: dict[str, dict[str, Better]] = {}
    for report in reversed(reports):
        for name, analyzer in report.analyzers.items():
            defined = {one.name: one.better for one in analyzer.definitions}
            known[name] = {**known.get(name, {}), **defined}
    return {
        name: {metric: better for metric, better in defined.items() if better is not Better.NEITHER}
        for name, defined in known.items()
    }


@dataclass(frozen=True, slots=True)
class Directed:
    """An entry of a finding's evidence that gets better one way."""

    name: str
    value: Scalar
    better: Better
    unit: str


def directed_evidence(
    finding: Finding, measurements: Iterable[Measurement], better: Mapping[str, Better]
) -> Iterator[Directed]:
    """The numbers of the evidence with a way that is better.

    An entry has that of the metric of its name; else that of what it repeats: the measurements with its
    value whose names contain its own (`share` repeats `clipped_share`), where they agree.
    """
    known = list(measurements)
    for name, value in finding.evidence.items():
        if isinstance(value, bool | str):
            continue
        units = {one.metric.name: one.metric.unit for one in known}
        if name in better:
            yield Directed(name, value, better[name], units.get(name, ""))
            continue
        repeated = {one.metric.name: one.metric.unit for one in known if repeats(name, value, one)}
        ways = {better.get(metric, Better.NEITHER) for metric in repeated}
        if len(ways) == 1 and Better.NEITHER not in ways:
            yield Directed(name, value, ways.pop(), next(iter(repeated.values())))


def repeats(name: str, value: Scalar, measurement: Measurement) -> bool:
    """Whether an entry of evidence is a measurement under a shorter name, or with its unit behind it."""
    metric = measurement.metric
    words, own = metric.name.split("_"), name.removesuffix(f"_{metric.unit.lower()}").split("_")
    starts = range(len(words) - len(own) + 1)
    return measurement.value == value and any(words[start : start + len(own)] == own for start in starts)
