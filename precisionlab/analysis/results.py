"""What analyzers answer with: measurements, findings, figures, and the result that holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Never

from precisionlab.analysis.figures import Figure
from precisionlab.analysis.rules import Rule, Severity

Scalar = int | float | str | bool
"""What a measurement, an evidence entry and a table cell can hold."""


def nothing() -> MappingProxyType[str, Never]:
    """An empty mapping: no labels, no evidence."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number means: its name, unit and labels, e.g. `overflows`, `elements`, `{format: float16}`.

    Metrics are made once and shared by all measurements of them (see `metric`).
    """

    name: str
    unit: str
    """`elements`, `1` for a ratio or share, `bits`, `dB`, …; empty for a bare value in the tensor's own unit."""
    labels: Mapping[str, str] = field(default_factory=nothing)

    @property
    def key(self) -> str:
        """Name and labels in one string: `overflows[format=float16]`."""
        if not self.labels:
            return self.name
        inside = ",".join(f"{key}={value}" for key, value in self.labels.items())
        return f"{self.name}[{inside}]"


@cache
def metric(name: str, unit: str = "1", **labels: str) -> Metric:
    """The metric with these labels, made once."""
    return Metric(name, unit, labels)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A metric's value for one tensor or checkpoint."""

    metric: Metric
    value: Scalar


class Novelty(StrEnum):
    """How a finding stands to a baseline."""

    NEW = "new"
    """The baseline has none of this rule about this subject."""
    WORSE = "worse"
    """The baseline has it, less severe or with better figures."""
    KNOWN = "known"
    """The baseline has it, no better."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fired."""

    code: str
    severity: Severity
    subject: str | None
    """The tensor's name as stored (show it through `printable`); None for the checkpoint itself."""
    message: str
    """One line; names in it are already printable."""
    remedy: str
    evidence: Mapping[str, Scalar] = field(default_factory=nothing)
    novelty: Novelty | None = None
    """None where there is no baseline."""

    @property
    def counts(self) -> bool:
        """Whether it matters to the exit code: no baseline knows it."""
        return self.novelty is not Novelty.KNOWN


def finding(rule: Rule, subject: str | None, message: str, **evidence: Scalar) -> Finding:
    """The finding of `rule` about `subject`, with the rule's severity and remedy."""
    return Finding(rule.code, rule.severity, subject, message, rule.remedy, MappingProxyType(evidence))


class Status(StrEnum):
    """How an analysis of one tensor ended."""

    DONE = "done"
    SKIPPED = "skipped"
    """The question does not apply; `Result.reason` says why."""
    FAILED = "failed"
    """The analyzer broke; `Result.reason` says how."""


@dataclass(frozen=True, slots=True)
class Result:
    """One analyzer's answer for one tensor, or for the whole checkpoint (`subject` is None)."""

    analyzer: str
    subject: str | None
    status: Status = Status.DONE
    reason: str = ""
    measurements: tuple[Measurement, ...] = ()
    findings: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def values(self) -> dict[str, Scalar]:
        """The measurements' values by the keys of their metrics."""
        return {one.metric.key: one.value for one in self.measurements}

    def value(self, key: str) -> Scalar:
        """The measurement whose metric has this key, e.g. `overflows[format=float16]`.

        Raises:
            KeyError: no such measurement.
        """
        for measurement in self.measurements:
            if measurement.metric.key == key:
                return measurement.value
        raise KeyError(key)
