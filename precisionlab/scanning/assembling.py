"""From headers and results to the records of a report."""

import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

from precisionlab.analysis.options import option_values
from precisionlab.analysis.report import (
    AnalyzerSummary,
    CheckpointReport,
    Report,
    RuleSummary,
    Run,
    Skipped,
    TensorSummary,
    Unreadable,
)
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import Checkpoint, TensorInfo
from precisionlab.scanning.identities import checksummed, identities
from precisionlab.scanning.reproducing import command_of
from precisionlab.scanning.settings import Selected, Settings

T = TypeVar("T")

LIBRARIES = ("precisionlab", "numpy", "numba", "torch")
"""Whose versions a report states: those that compute."""


def checkpoint_report(
    checkpoint: Checkpoint,
    infos: Sequence[TensorInfo],
    results: Iterable[Result],
    unmatched: Sequence[Skipped] = (),
    *,
    complete: bool,
) -> CheckpointReport:
    """The report of one checkpoint from its headers and what was found in the selected tensors.

    `unmatched` is what files beside it hold of no tensor.
    """
    owners = [info for info in checkpoint.tensors if info.shares_storage_with is None]
    by_dtype = Counter[str]()
    for info in owners:
        by_dtype[info.dtype] += info.n_elements
    chosen = {info.name for info in infos}
    left_out = [Skipped(info.name, "not selected by --include and --exclude") for info in checkpoint.tensors]
    return CheckpointReport(
        path=checkpoint.path,
        container=checkpoint.container,
        files=identities(checkpoint.files),
        n_parameters=sum(by_dtype.values()),
        n_bytes=sum(info.n_bytes for info in owners),
        parameters_by_dtype=dict(by_dtype.most_common()),
        tensors=tuple(tensor_summary(info) for info in infos),
        results=tuple(results),
        skipped=(
            *(Skipped(omission.name, omission.reason) for omission in checkpoint.omissions),
            *(skipped for skipped in left_out if skipped.name not in chosen),
            *unmatched,
        ),
        complete=complete,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """How a scan was asked for."""

    analyzers: Sequence[Selected]
    settings: Settings
    started: datetime
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Files beside the checkpoints that are looked at, by role."""


def whole_report(checkpoints: Sequence[CheckpointReport], unreadable: Sequence[Unreadable], asked: Asked) -> Report:
    """The report of all checkpoints, with how they were asked and the circumstances up to now.

    Where checksums are asked for, files of checkpoints that are complete have them.
    """
    analyzers, settings = asked.analyzers, asked.settings
    beside = {role: identities(files) for role, files in sorted(asked.beside.items())}
    if settings.checksum:
        checkpoints = [with_checksums(checkpoint) for checkpoint in checkpoints]
        beside = {role: checksummed(files) for role, files in beside.items()}
    return Report(
        checkpoints=tuple(checkpoints),
        unreadable=tuple(unreadable),
        analyzers=by_name({selected.analyzer.name: analyzer_summary(selected, settings) for selected in analyzers}),
        rules=rule_summaries(analyzers, settings),
        settings=by_name(
            {
                "include": settings.include,
                "exclude": settings.exclude,
                "select": settings.select,
                "ignore": settings.ignore,
                **{role.value: path for role, path in settings.beside.items()},
                **({"others": settings.others} if settings.others else {}),
            }
        ),
        run=circumstances(asked.started, settings),
        command=command_of((checkpoint.path for checkpoint in checkpoints), analyzers, settings),
        beside=beside,
    )


def by_name(values: Mapping[str, T]) -> dict[str, T]:
    """In the order in which JSON has them, so that a report that is read back looks like the one that was written."""
    return {name: values[name] for name in sorted(values)}


def with_checksums(checkpoint: CheckpointReport) -> CheckpointReport:
    """The report of a checkpoint with the SHA-256 of its files, where the scan came to its end."""
    return replace(checkpoint, files=checksummed(checkpoint.files)) if checkpoint.complete else checkpoint


def tensor_summary(info: TensorInfo) -> TensorSummary:
    """What a report keeps of a tensor's header."""
    return TensorSummary(
        info.name, info.dtype, info.shape, info.n_elements, info.n_bytes, info.shares_storage_with, info.note
    )


def rule_summaries(analyzers: Iterable[Selected], settings: Settings) -> tuple[RuleSummary, ...]:
    """The rules that could have fired, by code."""
    rules = [rule for selected in analyzers for rule in selected.analyzer.rules if settings.keeps(rule.code)]
    return tuple(
        RuleSummary(rule.code, rule.name, rule.severity, rule.summary, rule.remedy, rule.explanation)
        for rule in sorted(rules, key=lambda rule: rule.code)
    )


def analyzer_summary(selected: Selected, settings: Settings) -> AnalyzerSummary:
    """What a report keeps of an analyzer that ran."""
    analyzer = selected.analyzer
    return AnalyzerSummary(
        options=by_name(option_values(selected.options)),
        question=analyzer.question,
        definitions=analyzer.definitions,
        rules=tuple(rule.code for rule in analyzer.rules if settings.keeps(rule.code)),
    )


def circumstances(started: datetime, settings: Settings) -> Run:
    """When, where and with what a scan ran."""
    now = datetime.now(UTC)
    return Run(
        started=started.isoformat(timespec="seconds"),
        seconds=round((now - started).total_seconds(), 3),
        device=settings.device,
        threads=settings.n_threads,
        versions=by_name({"python": platform.python_version(), **installed_versions()}),
        platform=f"{platform.system()} {platform.machine()}",
    )


def installed_versions() -> dict[str, str]:
    """Versions of the computing libraries, from their metadata, without importing them."""
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            continue
    return versions
