"""The sections of the PDF report about checkpoints: what they are, what was found, what each analyzer says."""

from collections.abc import Iterator, Sequence

from precisionlab.analysis.figures import Figure, Table
from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Finding, Result
from precisionlab.analysis.rules import Severity
from precisionlab.reports import digest
from precisionlab.reports.advice import advice
from precisionlab.reports.analyzer_digest import Chapter, chapters, own_table
from precisionlab.reports.digest import RuleGroup, Unanswered, capitalised
from precisionlab.reports.model_map import model_map
from precisionlab.reports.pdf_figures import figure_code, model_map_code, table
from precisionlab.reports.pdf_tables import Setting, grid
from precisionlab.reports.quantities import byte_size, count, shown_name
from precisionlab.reports.typst_markup import Code, call, flowing, folded_name, name, worded

FINDINGS_SHOWN = 20
"""Findings of one rule that are listed; the others are counted."""
WORST_SHOWN = 15
OF_EACH_ANALYZER = 8
"""Worst tensors that stand in an analyzer's section."""
CHARTED = 2
"""Of these, whose charts are shown where they have findings, and how many of each one's."""
NAMES_SHOWN = 8


def title_block(report: Report) -> Code:
    """What was found, in what, what is missing, and what to do."""
    is_empty = digest.nothing_analysed(report)
    worst = report.worst
    return call(
        "title_block",
        title="Nothing was analysed" if is_empty else capitalised(digest.found(report)),
        within="" if is_empty else flowing(digest.within(report)),
        shortfalls=[capitalised(clause) for clause in digest.shortfalls(report)],
        advice=[flowing(line) for line in advice(report)],
        word=worst.label if worst else "",
    )


def overview(report: Report) -> Iterator[Code]:
    """A line for each checkpoint."""
    numbers = ("tensors", "size", "errors", "warnings", "notes")
    settings = (Setting("checkpoint", folded_name), *(Setting(label, is_number=True) for label in numbers))
    if report.checkpoints:
        yield grid("Checkpoints", settings, [overview_row(one) for one in report.checkpoints])


def overview_row(checkpoint: CheckpointReport) -> tuple[str, ...]:
    """A checkpoint with its counts."""
    severities = [finding.severity for finding in checkpoint.findings]
    counts = (count(severities.count(severity)) for severity in sorted(Severity, reverse=True))
    return shown_name(checkpoint.path), count(len(checkpoint.tensors)), byte_size(checkpoint.n_bytes), *counts


def checkpoint_parts(checkpoint: CheckpointReport, report: Report) -> Iterator[Code]:
    """All about one checkpoint."""
    reference = digest.reference(report)
    against = () if reference is None else (" against ", name(reference))
    yield call("checkpoint", worded(name(checkpoint.path), *against))
    yield call("facts", *((label, flowing(value)) for label, value in digest.facts(checkpoint)))
    yield call("section", "Findings")
    groups = digest.rule_groups(checkpoint, report.rules)
    yield from map(rule_code, groups)
    if not groups:
        yield call("remark", flowing(f"{capitalised(digest.absence(report))}."))
    found = model_map(checkpoint, report.analyzers)
    if found is not None:
        yield call("section", "Model map")
        yield model_map_code(found)
    yield from worst_parts(checkpoint)
    for chapter in chapters(checkpoint, report, OF_EACH_ANALYZER):
        yield from chapter_parts(chapter)
    yield from unanswered_parts(checkpoint)


def rule_code(group: RuleGroup) -> Code:
    """A rule that fired: what to do, and where."""
    rest = len(group.findings) - FINDINGS_SHOWN
    return call(
        "rule",
        flowing(group.code),
        group.severity.label,
        flowing(group.summary or group.name),
        group.extent,
        [flowing(f"{remedy}.") for remedy in group.remedies],
        [finding_code(finding) for finding in group.findings[:FINDINGS_SHOWN]],
        f"and {count(rest)} more" if rest > 0 else "",
    )


def finding_code(finding: Finding) -> Code:
    """The tensor, what is the case there, and how it stands to the baseline."""
    novelty = f" ({finding.novelty.value})" if finding.novelty else ""
    message = flowing(f"{finding.message}{novelty}")
    return message if finding.subject is None else worded(name(finding.subject), ": ", message)


def worst_parts(checkpoint: CheckpointReport) -> Iterator[Code]:
    """The tensors that have findings, the worst first."""
    worst = digest.worst_table(checkpoint, WORST_SHOWN)
    if worst.rows:
        yield call("section", worst.title)
        settings = (
            *(Setting("severity", severity), Setting("tensor", folded_name), Setting("dtype"), Setting("shape")),
            *(Setting("size", is_number=True), Setting("rules")),
        )
        yield grid("", settings, [[*map(str, row)] for row in worst.rows])


def severity(word: str) -> Code:
    """A severity in its colour."""
    return call("severity", word)


def chapter_parts(chapter: Chapter) -> Iterator[Code]:
    """An analyzer: its question, the checkpoint's figures, and the worst tensors with theirs."""
    yield call("section", flowing(shown_name(chapter.name)))
    if chapter.summary.question:
        yield call("lead", flowing(chapter.summary.question))
    for result in chapter.own:
        measured = own_table(result)
        figures = (measured, *result.figures) if measured.rows else result.figures
        yield from map(figure_code, figures)
    if len(chapter.table.columns) > 1 and chapter.table.rows:
        yield table(chapter.table, folded_name)
    found = [result for result in chapter.results if result.findings]
    for result in (found or chapter.results[:1])[:CHARTED]:
        yield from charted(result)


def charted(result: Result) -> Iterator[Code]:
    """The first charts of a tensor, under its name; its first table where it has no chart."""
    charts = [figure for figure in result.figures if not isinstance(figure, Table)]
    tables = [figure for figure in result.figures if isinstance(figure, Table) and figure.rows]
    shown: Sequence[Figure] = charts[:CHARTED] or tables[:1]
    if shown:
        yield call("subsection", name(result.subject or ""))
        yield from map(figure_code, shown)


def unanswered_parts(checkpoint: CheckpointReport) -> Iterator[Code]:
    """Which analyses failed, and what was skipped."""
    for title, groups in (("Failed", digest.failures(checkpoint)), ("Skipped", digest.skips(checkpoint))):
        if groups:
            yield call("section", title)
            yield call("bullets", *map(unanswered, groups))


def unanswered(group: Unanswered) -> Code:
    """A reason and the names that it keeps from having an answer."""
    by: Sequence[Code] = (name(group.analyzer), flowing(": ")) if group.analyzer else ()
    shown = group.names[:NAMES_SHOWN]
    names = [part for one in shown for part in (", ", flowing("the checkpoint") if one is None else name(one))][1:]
    rest = len(group.names) - NAMES_SHOWN
    more = f" and {count(rest)} more" if rest > 0 else ""
    return worded(*by, flowing(group.reason), ": ", *names, more)
