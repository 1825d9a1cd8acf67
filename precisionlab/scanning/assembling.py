"""From headers and results to the records of a report."""

import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from precisionlab.analysis.options import OptionValue, option_values
from precisionlab.analysis.report import CheckpointReport, Report, RuleSummary, Run, Skipped, TensorSummary, Unreadable
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import Checkpoint, TensorInfo
from precisionlab.scanning.settings import Selected, Settings

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
        files=checkpoint.files,
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


def whole_report(
    checkpoints: Sequence[CheckpointReport],
    unreadable: Sequence[Unreadable],
    analyzers: Sequence[Selected],
    settings: Settings,
    started: datetime,
) -> Report:
    """The report of all checkpoints, with how they were asked and the circumstances up to now."""
    return Report(
        checkpoints=tuple(checkpoints),
        unreadable=tuple(unreadable),
        analyzers=options_by_analyzer(analyzers),
        rules=rule_summaries(analyzers, settings),
        settings={
            "include": settings.include,
            "exclude": settings.exclude,
            "select": settings.select,
            "ignore": settings.ignore,
            **{role.value: path for role, path in settings.beside.items()},
        },
        run=circumstances(started, settings),
    )


def tensor_summary(info: TensorInfo) -> TensorSummary:
    """What a report keeps of a tensor's header."""
    return TensorSummary(
        info.name, info.dtype, info.shape, info.n_elements, info.n_bytes, info.shares_storage_with, info.note
    )


def rule_summaries(analyzers: Iterable[Selected], settings: Settings) -> tuple[RuleSummary, ...]:
    """The rules that could have fired, by code."""
    rules = [rule for selected in analyzers for rule in selected.analyzer.rules if settings.keeps(rule.code)]
    return tuple(
        RuleSummary(rule.code, rule.name, rule.severity, rule.summary)
        for rule in sorted(rules, key=lambda rule: rule.code)
    )


def options_by_analyzer(analyzers: Iterable[Selected]) -> Mapping[str, Mapping[str, OptionValue]]:
    """The options of every analyzer that ran, by its name."""
    return {selected.analyzer.name: option_values(selected.options) for selected in analyzers}


def circumstances(started: datetime, settings: Settings) -> Run:
    """When, where and with what a scan ran."""
    now = datetime.now(UTC)
    return Run(
        started=started.isoformat(timespec="seconds"),
        seconds=round((now - started).total_seconds(), 3),
        device=settings.device,
        threads=settings.n_threads,
        versions={"python": platform.python_version(), **installed_versions()},
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
