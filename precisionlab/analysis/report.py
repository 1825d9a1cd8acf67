"""All that a scan found out, as data: what every writer is given and what JSON reads back to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from precisionlab.analysis.results import Finding, Result, Scalar, Status
from precisionlab.analysis.rules import Severity

SCHEMA_VERSION = 1
"""Version of the report's shape; raised when a reader of the old one would misread the new."""


@dataclass(frozen=True, slots=True)
class TensorSummary:
    """What the headers say of one tensor."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    n_elements: int
    n_bytes: int
    shares_storage_with: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not looked at, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckpointReport:
    """Everything about one checkpoint. Totals count shared storage once."""

    path: str
    container: str
    files: tuple[str, ...]
    n_parameters: int
    n_bytes: int
    parameters_by_dtype: Mapping[str, int]
    """Elements by dtype, the most frequent first."""
    tensors: tuple[TensorSummary, ...]
    """Those that were selected for analysis, in the checkpoint's order."""
    results: tuple[Result, ...]
    """Tensors outer (in order), analyzers inner, then the checkpoint's own results (`subject` None)."""
    skipped: tuple[Skipped, ...] = ()
    complete: bool = True
    """False where the scan was interrupted: `results` holds what was done until then."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the severest first, else in the order of the results."""
        found = [finding for result in self.results for finding in result.findings]
        return tuple(sorted(found, key=lambda finding: -finding.severity))

    @property
    def failures(self) -> tuple[Result, ...]:
        """The results of analyzers that broke."""
        return tuple(result for result in self.results if result.status is Status.FAILED)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A path that could not be opened or not be read to its end."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """What a reader of the report needs to know of a rule."""

    code: str
    name: str
    severity: Severity
    summary: str


@dataclass(frozen=True, slots=True)
class Run:
    """Circumstances; the only part of a report that differs between two runs of the same scan."""

    started: str
    """UTC, ISO 8601, to the second."""
    seconds: float
    device: str
    threads: int
    versions: Mapping[str, str]
    """Of precisionlab, Python and the libraries that computed."""
    platform: str


@dataclass(frozen=True, slots=True)
class Report:
    """One scan: its checkpoints, what could not be read, and how it was asked for."""

    checkpoints: tuple[CheckpointReport, ...]
    unreadable: tuple[Unreadable, ...]
    analyzers: Mapping[str, Mapping[str, Scalar | tuple[Scalar, ...]]]
    """The options of every analyzer that ran, by its name."""
    rules: tuple[RuleSummary, ...]
    """Every rule that could have fired."""
    settings: Mapping[str, Scalar | tuple[Scalar, ...]]
    """Include, exclude, select, ignore: what decides the outcome beside the options."""
    run: Run
    schema_version: int = SCHEMA_VERSION

    @property
    def findings(self) -> Iterator[tuple[CheckpointReport, Finding]]:
        """Every finding with its checkpoint."""
        return ((checkpoint, finding) for checkpoint in self.checkpoints for finding in checkpoint.findings)

    @property
    def worst(self) -> Severity | None:
        """The severest finding's severity; None where there is no finding."""
        return max((finding.severity for _, finding in self.findings), default=None)
