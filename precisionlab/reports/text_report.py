"""The report for a terminal or a log: what `precisionlab scan` prints."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from precisionlab.analysis.figures import Figure, Heatmap, Table
from precisionlab.analysis.report import CheckpointReport, Report, Unreadable
from precisionlab.analysis.results import Finding
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable, without_commands
from precisionlab.reports import digest, novelties
from precisionlab.reports.digest import RuleGroup, Unanswered
from precisionlab.reports.quantities import count, shown_name
from precisionlab.reports.terminal_charts import chart_rows, draw
from precisionlab.reports.terminal_tables import table_drawing, written

NAMES_SHOWN = 3
"""Findings of one rule that are listed; the others are counted."""
WORST_SHOWN = 10
CHART_COLUMNS = 120
TABLE_ROWS = 20
HEATMAP_ROWS = 45
TEXT_LIMIT = 600
"""Characters of a message or a reason."""

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How wide the text may be, and whether it may use ANSI colours."""

    width: int = 100
    colour: bool = False


PLAIN = TextStyle()


def render(report: Report, style: TextStyle = PLAIN) -> str:
    """The report as text, its verdict in the last line."""
    blocks = [Group(*checkpoint_lines(checkpoint, report, style)) for checkpoint in report.checkpoints]
    end = [*gone_lines(report), *unreadable_lines(report.unreadable), verdict_line(report)]
    return without_commands(written(Group(*blocks, *end), style.width, colour=style.colour)) + "\n"


def checkpoint_lines(checkpoint: CheckpointReport, report: Report, style: TextStyle) -> Iterator[RenderableType]:
    """Everything about one checkpoint; where it is compared with another one, what differs comes before what is wrong."""
    reference = digest.reference(report)
    against = "" if reference is None else f" against {shown_name(reference)}"
    yield Text(f"{shown_name(checkpoint.path)}{against}", style="bold")
    yield facts_grid(checkpoint)
    yield Text()
    figures = [line for figure in own_figures(checkpoint, report) for line in figure_lines(figure, style)]
    findings = [*finding_lines(checkpoint, report), *worst_lines(checkpoint, style)]
    yield from (*figures, *findings) if is_comparison(report) else (*findings, *figures)
    unanswered = [
        *unanswered_lines("skipped", digest.skips(checkpoint)),
        *unanswered_lines("failed", digest.failures(checkpoint)),
    ]
    yield from ([*unanswered, Text()] if unanswered else [])


def finding_lines(checkpoint: CheckpointReport, report: Report) -> Iterator[RenderableType]:
    """The findings by rule, with an empty line after the last one."""
    groups = digest.rule_groups(checkpoint, report.rules)
    for group in groups:
        yield from group_lines(group)
    if groups:
        yield Text()


def facts_grid(checkpoint: CheckpointReport) -> RenderableType:
    """The summary, its labels in one column."""
    grid = RichTable.grid(padding=(0, 2, 0, 0))
    for label, value in digest.facts(checkpoint):
        grid.add_row(Text(label, style="dim"), Text(value))
    return Padding(grid, (0, 0, 0, 2), expand=False)


def group_lines(group: RuleGroup) -> Iterator[RenderableType]:
    """One rule: severity, code and what is the case; the first findings; what to do."""
    title = Text.assemble((group.severity.label, STYLES[group.severity]), f" {printable(group.code)}")
    about = printable(group.summary or group.name)
    yield title.append(f" {about} ({group.extent})")
    for finding in group.findings[:NAMES_SHOWN]:
        yield indented(finding_text(finding), 4)
    rest = len(group.findings) - NAMES_SHOWN
    if rest > 0:
        yield indented(Text(f"and {count(rest)} more", style="dim"), 4)
    for remedy in group.remedies[:NAMES_SHOWN]:
        yield indented(Text(f"remedy: {printable(remedy, TEXT_LIMIT)}", style="dim"), 4)


def finding_text(finding: Finding) -> Text:
    """What it is to the baseline, the tensor's name and what is the case there."""
    message = printable(finding.message, TEXT_LIMIT)
    novelty = f"{novelties.word(finding)}: ".removeprefix(": ")
    if finding.subject is None:
        return Text(novelty + message)
    return Text.assemble(novelty, (shown_name(finding.subject), "bold"), f": {message}")


def worst_lines(checkpoint: CheckpointReport, style: TextStyle) -> Iterator[RenderableType]:
    """The table of the worst tensors, where any has a finding."""
    worst = digest.worst_table(checkpoint, WORST_SHOWN)
    if worst.rows:
        yield Text(worst.title, style="bold")
        yield indented(table_drawing(worst, WORST_SHOWN, style.width - 2), 2)
        yield Text()


def own_figures(checkpoint: CheckpointReport, report: Report) -> Iterator[Figure]:
    """The checkpoint's own figures, its measurements as a table before them; in a comparison after the first, which sums up."""
    measurements = digest.own_measurements(checkpoint)
    figures = [figure for result in digest.own_results(checkpoint) for figure in result.figures]
    n_leading = int(is_comparison(report))
    yield from figures[:n_leading]
    if measurements.rows:
        yield measurements
    yield from figures[n_leading:]


def is_comparison(report: Report) -> bool:
    """Whether checkpoints were held against another one."""
    return digest.reference(report) is not None


def figure_lines(figure: Figure, style: TextStyle) -> Iterator[RenderableType]:
    """A figure with an empty line after it."""
    yield Text.from_ansi(draw(figure, min(style.width, CHART_COLUMNS), figure_rows(figure), colour=style.colour))
    yield Text()


def figure_rows(figure: Figure) -> int:
    """How many lines a figure may take."""
    match figure:
        case Table():
            return TABLE_ROWS
        case Heatmap():
            return HEATMAP_ROWS
        case _:
            return chart_rows(figure)


def unanswered_lines(verb: str, groups: Iterable[Unanswered]) -> Iterator[RenderableType]:
    """What was skipped or failed, for each reason."""
    for group in groups:
        names = ", ".join(
            "the checkpoint" if subject is None else shown_name(subject) for subject in group.names[:NAMES_SHOWN]
        )
        rest = f" and {count(len(group.names) - NAMES_SHOWN)} more" if len(group.names) > NAMES_SHOWN else ""
        by = f" by {printable(group.analyzer)}" if group.analyzer else ""
        yield Text(f"{verb}{by}: {names}{rest} ({printable(group.reason, TEXT_LIMIT)})")


def gone_lines(report: Report) -> Iterator[RenderableType]:
    """What is found no more."""
    for group in digest.gone(report):
        names = ", ".join(dict.fromkeys(where(finding) for finding in group.findings[:NAMES_SHOWN]))
        rest = f" and {count(len(group.findings) - NAMES_SHOWN)} more" if len(group.findings) > NAMES_SHOWN else ""
        about = printable(group.summary or group.name)
        yield Text(f"gone: {group.severity.label} {printable(group.code)} {about}".rstrip() + f" ({names}{rest})")


def where(finding: Finding) -> str:
    """The tensor, or that it was the checkpoint."""
    return "the checkpoint" if finding.subject is None else shown_name(finding.subject)


def unreadable_lines(entries: Iterable[Unreadable]) -> Iterator[RenderableType]:
    """Paths that could not be read."""
    for entry in entries:
        yield Text.assemble(
            ("unreadable", STYLES[Severity.ERROR]),
            f": {shown_name(entry.path)}: {printable(entry.message, TEXT_LIMIT)}",
        )


def verdict_line(report: Report) -> Text:
    """The last line, in the colour of the severest finding that counts; one line however long it is."""
    worst = report.worst_counting
    return Text(digest.verdict(report), STYLES[worst] if worst else "bold", no_wrap=True, overflow="ignore")


def indented(renderable: RenderableType, columns: int) -> Padding:
    """The renderable moved to the right, the lines that it is wrapped into as well."""
    return Padding(renderable, (0, 0, 0, columns), expand=False)
