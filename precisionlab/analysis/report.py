"""All that a scan found out, as data: what every writer is given and what JSON reads back to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from precisionlab.analysis.definitions import Definition
from precisionlab.analysis.results import Finding, Result, Scalar, Status
from precisionlab.analysis.rules import Severity

SCHEMA_VERSION = 2
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
class FileIdentity:
    """Which file was read."""

    path: str
    n_bytes: int | None = None
    """None where it is not known: in reports of the first version."""
    modified: str = ""
    """When it was last written: UTC, ISO 8601; empty where it is not known."""
    sha256: str = ""
    """Of its bytes, hexadecimal; empty where nobody asked for it."""


@dataclass(frozen=True, slots=True)
class CheckpointReport:
    """Everything about one checkpoint. Totals count shared storage once."""

    path: str
    container: str
    files: tuple[FileIdentity, ...]
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
    remedy: str = ""
    explanation: str = ""
    """Markdown."""


@dataclass(frozen=True, slots=True)
class AnalyzerSummary:
    """What a reader of the report needs to know of an analyzer that ran."""

    options: Mapping[str, Scalar | tuple[Scalar, ...]]
    question: str = ""
    definitions: tuple[Definition, ...] = ()
    """Of what it measured, by name, in its own order."""
    rules: tuple[str, ...] = ()
    """Codes of those of its rules that could have fired."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The report that the findings were held against."""

    path: str
    started: str
    """When it was made: UTC, ISO 8601."""
    gone: tuple[Finding, ...] = ()
    """What it found that is not found any more, in tensors and checkpoints that were looked at again."""


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
    analyzers: Mapping[str, AnalyzerSummary]
    """Every analyzer that ran, by its name."""
    rules: tuple[RuleSummary, ...]
    """Every rule that could have fired."""
    settings: Mapping[str, Scalar | tuple[Scalar, ...]]
    """Include, exclude, select, ignore: what decides the outcome beside the options."""
    run: Run
    command: tuple[str, ...] = ()
    """Words of a command line that makes the report anew, wherever the files are."""
    beside: Mapping[str, tuple[FileIdentity, ...]] = field(default_factory=dict)
    """Files beside the checkpoints that were looked at, by role (`against`, `sensitivity`, ...)."""
    baseline: Baseline | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def findings(self) -> Iterator[tuple[CheckpointReport, Finding]]:
        """Every finding with its checkpoint."""
        return ((checkpoint, finding) for checkpoint in self.checkpoints for finding in checkpoint.findings)

    @property
    def worst(self) -> Severity | None:
        """The severest finding's severity; None where there is no finding."""
        return max((finding.severity for _, finding in self.findings), default=None)

    @property
    def worst_counting(self) -> Severity | None:
        """The severity of the severest finding that no baseline knows; None where there is none."""
        return max((finding.severity for _, finding in self.findings if finding.counts), default=None)
