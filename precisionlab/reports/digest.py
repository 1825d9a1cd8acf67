"""What all renderers for people show of a report: the same groups, the same order, the same verdict."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from precisionlab.analysis.beside import Role
from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.report import CheckpointReport, Report, RuleSummary, TensorSummary
from precisionlab.analysis.results import Finding, Measurement, Result, Status
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable
from precisionlab.reports import novelties
from precisionlab.reports.quantities import byte_size, count, counted, measured, shape, short_count, shown_name


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """The findings of one rule in one checkpoint, those first that no baseline knows, else in the checkpoint's order."""

    code: str
    severity: Severity
    name: str
    summary: str
    findings: tuple[Finding, ...]

    @property
    def n_tensors(self) -> int:
        """Distinct tensors concerned; 0 where the findings are about the checkpoint itself."""
        return len({finding.subject for finding in self.findings} - {None})

    @property
    def extent(self) -> str:
        """Where it fired, and how that stands to a baseline: `11 tensors`, `11 tensors; 8 new, 3 known`."""
        tensors = counted(self.n_tensors, "tensor") if self.n_tensors else "checkpoint"
        return "; ".join(filter(None, (tensors, novelties.within_rule(self.findings))))

    @property
    def remedies(self) -> tuple[str, ...]:
        """What the findings advise, each remedy once."""
        return tuple(dict.fromkeys(finding.remedy for finding in self.findings if finding.remedy))


@dataclass(frozen=True, slots=True)
class Standing:
    """How one tensor came off."""

    tensor: TensorSummary
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity | None:
        """The severest finding's; None where there is none."""
        return max((finding.severity for finding in self.findings), default=None)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Names that were skipped, or whose analysis broke, for one and the same reason."""

    analyzer: str
    """Empty where no analyzer was asked at all."""
    reason: str
    names: tuple[str | None, ...]
    """None for the checkpoint itself."""


def reference(report: Report) -> str | None:
    """The path of the checkpoint that all others were held against; None where they were not."""
    path = report.settings.get(Role.REFERENCE.value)
    return None if path is None else str(path)


def facts(checkpoint: CheckpointReport) -> tuple[tuple[str, str], ...]:
    """What a checkpoint is, as labels with their values."""
    dtypes = (f"{printable(dtype)} {short_count(number)}" for dtype, number in checkpoint.parameters_by_dtype.items())
    n_files = len(checkpoint.files)
    return (
        ("container", f"{printable(checkpoint.container)}, {counted(n_files, 'file')}"),
        ("tensors", progress(checkpoint)),
        ("parameters", count(checkpoint.n_parameters)),
        ("size", byte_size(checkpoint.n_bytes)),
        ("dtypes", ", ".join(dtypes) or "none"),
    )


def progress(checkpoint: CheckpointReport) -> str:
    """How many tensors there are, and how many were analysed where the scan was interrupted."""
    n_tensors = count(len(checkpoint.tensors))
    return n_tensors if checkpoint.complete else f"{n_tensors}, {count(n_analysed(checkpoint))} analysed, interrupted"


def interruption(checkpoint: CheckpointReport) -> str:
    """How far the scan of a checkpoint came that was interrupted: `interrupted after 3 of 291 tensors`."""
    return f"interrupted after {count(n_analysed(checkpoint))} of {counted(len(checkpoint.tensors), 'tensor')}"


def rule_groups(checkpoint: CheckpointReport, rules: Iterable[RuleSummary]) -> tuple[RuleGroup, ...]:
    """The checkpoint's findings by severity, the severest first, then by code."""
    return grouped(checkpoint.findings, rules)


def grouped(findings: Iterable[Finding], rules: Iterable[RuleSummary]) -> tuple[RuleGroup, ...]:
    """The findings of each rule, the severest first, then by code."""
    known = {rule.code: rule for rule in rules}
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((-finding.severity, finding.code), []).append(finding)
    return tuple(
        rule_group(known.get(code), tuple(found)) for (_, code), found in sorted(groups.items(), key=lambda g: g[0])
    )


def rule_group(rule: RuleSummary | None, findings: tuple[Finding, ...]) -> RuleGroup:
    """One group; a rule that the report does not list keeps its code alone."""
    first = findings[0]
    name, summary = (rule.name, rule.summary) if rule else ("", "")
    return RuleGroup(first.code, first.severity, name, summary, novelties.newest_first(findings))


def standings(checkpoint: CheckpointReport) -> tuple[Standing, ...]:
    """Every tensor with its findings, the severest first, in the checkpoint's order."""
    found: dict[str | None, list[Finding]] = {}
    for finding in checkpoint.findings:
        found.setdefault(finding.subject, []).append(finding)
    return tuple(Standing(tensor, tuple(found.get(tensor.name, ()))) for tensor in checkpoint.tensors)


def by_severity(entries: Iterable[Standing]) -> list[Standing]:
    """The severest first; then the one with more findings, the larger one, the earlier one."""
    return sorted(entries, key=badness)


def badness(entry: Standing) -> tuple[int, int, int]:
    """What tensors are ordered by, the worst being the least: severity, number of findings, size."""
    return -(entry.severity or 0), -len(entry.findings), -entry.tensor.n_bytes


def worst_tensors(checkpoint: CheckpointReport, limit: int) -> list[Standing]:
    """At most `limit` of the tensors that have findings, the worst first."""
    return by_severity(entry for entry in standings(checkpoint) if entry.findings)[:limit]


def worst_table(checkpoint: CheckpointReport, limit: int) -> Table:
    """At most `limit` of the tensors that have findings, the worst first."""
    columns = tuple(map(Column, ("severity", "tensor", "dtype", "shape", "size", "rules")))
    return Table("Worst tensors", columns, tuple(worst_row(entry) for entry in worst_tensors(checkpoint, limit)))


def worst_row(entry: Standing) -> tuple[Cell, ...]:
    """A tensor with findings as cells."""
    tensor = entry.tensor
    codes = " ".join(dict.fromkeys(finding.code for finding in entry.findings))
    severity = entry.severity.label if entry.severity else ""
    return severity, shown_name(tensor.name), tensor.dtype, shape(tensor.shape), byte_size(tensor.n_bytes), codes


def own_measurements(checkpoint: CheckpointReport) -> Table:
    """What was measured of the checkpoint itself, but for what a table of the same result has a row for."""
    rows = (
        (measurement.metric.key, measured(measurement.metric, measurement.value))
        for result in own_results(checkpoint)
        for measurement in untabulated(result)
    )
    return Table("Measurements of the checkpoint", (Column("measurement"), Column("value")), tuple(rows))


def untabulated(result: Result) -> Iterator[Measurement]:
    """What was measured, but for what a table of the same result has a row for."""
    return (measurement for measurement in result.measurements if not is_tabulated(measurement, result))


def is_tabulated(measurement: Measurement, result: Result) -> bool:
    """Whether a table of the result has a row for the measurement, or for what its labels name, such as a format."""
    labels = {measurement.metric.name, *measurement.metric.labels.values()}
    tables = (figure for figure in result.figures if isinstance(figure, Table))
    return any(row[0] in labels for table in tables for row in table.rows if row)


def skips(checkpoint: CheckpointReport) -> tuple[Unanswered, ...]:
    """What was not looked at: by the scan, then by each analyzer, names with one reason together."""
    whole = (("", entry.reason, entry.name) for entry in checkpoint.skipped)
    single = (answer(result) for result in checkpoint.results if result.status is Status.SKIPPED)
    return unanswered((*whole, *single))


def failures(checkpoint: CheckpointReport) -> tuple[Unanswered, ...]:
    """The analyses that broke, names with one cause together."""
    return unanswered(answer(result) for result in checkpoint.failures)


def answer(result: Result) -> tuple[str, str, str | None]:
    """Analyzer, reason and subject of a result that holds no answer."""
    return result.analyzer, result.reason, result.subject


def unanswered(entries: Iterable[tuple[str, str, str | None]]) -> tuple[Unanswered, ...]:
    """The names grouped by analyzer and reason, in the order of the first of each group."""
    groups: dict[tuple[str, str], list[str | None]] = {}
    for analyzer, reason, name in entries:
        groups.setdefault((analyzer, reason), []).append(name)
    return tuple(Unanswered(analyzer, reason, tuple(names)) for (analyzer, reason), names in groups.items())


def own_results(checkpoint: CheckpointReport) -> tuple[Result, ...]:
    """The results about the checkpoint itself: those without a subject."""
    return tuple(result for result in checkpoint.results if result.subject is None)


def tensor_results(checkpoint: CheckpointReport) -> Iterator[Result]:
    """The results about tensors."""
    return (result for result in checkpoint.results if result.subject is not None)


def severity_counts(report: Report) -> Mapping[Severity, int]:
    """Findings by severity, the severest first; every severity is there."""
    counts = Counter(finding.severity for _, finding in report.findings)
    return {severity: counts[severity] for severity in sorted(Severity, reverse=True)}


def found(report: Report) -> str:
    """How many findings of each severity: `3 errors, 12 warnings, 40 notes`; `no findings`; `no rules were asked`.

    Where they were held against a baseline, how they stand to it: `2 new (1 error, 1 warning), 14 known, 1 gone`.
    """
    if report.baseline is not None:
        return novelties.told(report) if was_judged(report) else "figures alone"
    counts = [counted(number, severity.label) for severity, number in severity_counts(report).items() if number]
    return ", ".join(counts) or ("no findings" if report.rules else "no rules were asked")


def was_judged(report: Report) -> bool:
    """Whether the absence of findings means something: there was a rule that could have fired."""
    return bool(report.rules) or report.worst is not None


def why_unjudged(report: Report) -> str:
    """Why there was no rule: `bits has none`, `bits and sizes have none`."""
    if report.baseline is not None:
        return "figures alone were compared"
    if report.settings.get("select") or report.settings.get("ignore"):
        return "--select and --ignore leave none"
    names = [printable(name) for name in report.analyzers]
    return f"{' and '.join(names) or 'no analyzer'} {'have' if len(names) > 1 else 'has'} none"


def gone(report: Report) -> tuple[RuleGroup, ...]:
    """What the baseline has and is found no more, by rule."""
    missing = report.baseline.gone if report.baseline is not None else ()
    return grouped(missing, report.rules)


def capitalised(sentence: str) -> str:
    """The sentence with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]


def absence(report: Report) -> str:
    """What stands in the place of a checkpoint's findings: `no findings`, `no rules were asked: bits has none`."""
    return "no findings" if was_judged(report) else f"no rules were asked: {why_unjudged(report)}"


def n_analysed(checkpoint: CheckpointReport) -> int:
    """Tensors that at least one analyzer answered."""
    answered = {result.subject for result in checkpoint.results if result.status is Status.DONE}
    return sum(tensor.name in answered for tensor in checkpoint.tensors)


def looked_at(report: Report) -> str:
    """What the findings were looked for in: `291 tensors of 2 checkpoints`, `12 of 291 tensors of 1 checkpoint`."""
    analysed = sum(map(n_analysed, report.checkpoints))
    total = sum(len(checkpoint.tensors) for checkpoint in report.checkpoints)
    tensors = counted(total, "tensor") if analysed == total else f"{count(analysed)} of {counted(total, 'tensor')}"
    return f"{tensors} of {counted(len(report.checkpoints), 'checkpoint')}"


def within(report: Report) -> str:
    """What was asked: `in 291 tensors of 2 checkpoints`; where no rule was, of what, and why, or against what."""
    if report.baseline is not None and not was_judged(report):
        return f"of {counted(len(report.checkpoints), 'checkpoint')}, {novelties.baseline_line(report)}"
    tensors = looked_at(report)
    if not was_judged(report):
        return f"of {tensors}: {why_unjudged(report)}"
    return ", ".join(filter(None, (f"in {tensors}", novelties.baseline_line(report))))


def nothing_analysed(report: Report) -> bool:
    """Whether no analyzer gave any answer, so that the absence of findings means nothing."""
    return not any(result.status is Status.DONE for checkpoint in report.checkpoints for result in checkpoint.results)


def shortfalls(report: Report) -> tuple[str, ...]:
    """Why the report says less than was asked for: failed analyses, unreadable paths, an interruption."""
    n_failed = sum(len(checkpoint.failures) for checkpoint in report.checkpoints)
    interrupted = not all(checkpoint.complete for checkpoint in report.checkpoints)
    return tuple(
        clause
        for clause, applies in (
            (f"{counted(n_failed, 'analysis')} failed", n_failed),
            (f"{counted(len(report.unreadable), 'path')} unreadable", report.unreadable),
            ("interrupted", interrupted),
        )
        if applies
    )


def verdict(report: Report) -> str:
    """The whole report in one line, e.g. `3 errors, 12 warnings, 40 notes in 291 tensors of 2 checkpoints`."""
    outcome = "nothing was analysed" if nothing_analysed(report) else f"{found(report)} {within(report)}"
    return "; ".join((outcome, *shortfalls(report)))
