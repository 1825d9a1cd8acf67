"""The report as Markdown, for pull requests and model cards.

Names from files cannot break out of their place: a name of plain characters stands in a
code span; any other one in a `<code>` element with every character that Markdown or HTML
could interpret as a numeric entity.
"""

import math
import re
from collections.abc import Iterable, Iterator

from precisionlab.analysis.figures import Column, Figure, Heatmap, Scatter, Table
from precisionlab.analysis.report import CheckpointReport, Report, Run, Unreadable
from precisionlab.analysis.results import Finding
from precisionlab.escaping import printable
from precisionlab.reports import digest, shading
from precisionlab.reports.digest import RuleGroup, Standing, Unanswered
from precisionlab.reports.quantities import (
    axis_header,
    byte_size,
    cell,
    column_header,
    count,
    counted,
    shape,
    shown_name,
)
from precisionlab.reports.terminal_charts import draw

FINDINGS_SHOWN = 20
"""Findings of one rule that are listed; the others are counted."""
WORST_SHOWN = 10
NAMES_SHOWN = 20
ROWS_SHOWN = 50
CHART_COLUMNS = 80
CHART_ROWS = 18
SCATTER_ROWS = 24
TEXT_LIMIT = 600

PLAIN_NAME = re.compile(r"[A-Za-z0-9_./:+-]+(?: [A-Za-z0-9_./:+-]+)*", re.ASCII)
SPECIAL = re.compile(r"[\\`*\[\]<>&|~$]|(?<!\w)_|_(?!\w)|[@#](?=\w)|:(?=//)|\bwww(?=\.)")


def render(report: Report) -> str:
    """The report as Markdown (GitHub's dialect), readable as plain text too."""
    parts = (
        ("# precisionlab report", f"**{digest.verdict(report)}**"),
        *(tuple(checkpoint_parts(checkpoint, report)) for checkpoint in report.checkpoints),
        tuple(unreadable_parts(report.unreadable)),
        (circumstances(report.run),),
    )
    return "\n\n".join(part for group in parts for part in group) + "\n"


def checkpoint_parts(checkpoint: CheckpointReport, report: Report) -> Iterator[str]:
    """The sections of one checkpoint, those left out that have nothing to say."""
    yield f"## {code(checkpoint.path)}"
    yield pipe_table(("", ""), ((label, text(value)) for label, value in digest.facts(checkpoint)))
    groups = digest.rule_groups(checkpoint, report.rules)
    for severity in dict.fromkeys(group.severity for group in groups):
        concerned = [group for group in groups if group.severity is severity]
        total = sum(len(group.findings) for group in concerned)
        yield f"### {counted(total, severity.label)}"
        yield from (rule_part(group) for group in concerned)
    yield from worst_parts(digest.worst_tensors(checkpoint, WORST_SHOWN))
    yield from own_figures(checkpoint)
    yield from unanswered_parts("Skipped", digest.skips(checkpoint))
    yield from unanswered_parts("Failed", digest.failures(checkpoint))


def rule_part(group: RuleGroup) -> str:
    """One rule: what is the case, what to do, and where."""
    tensors = f" in {counted(group.n_tensors, 'tensor')}" if group.n_tensors else ""
    title = f"**{code(group.code)} {text(group.summary or group.name)}**{tensors}"
    listed = [f"- {finding_line(finding)}" for finding in group.findings[:FINDINGS_SHOWN]]
    rest = len(group.findings) - FINDINGS_SHOWN
    more = [f"- and {count(rest)} more"] if rest > 0 else []
    remedies = [f"Remedy: {text(remedy)}." for remedy in group.remedies]
    return "\n\n".join((title, "\n".join(listed + more), *remedies))


def finding_line(finding: Finding) -> str:
    """The tensor and what is the case there."""
    message = text(finding.message)
    return message if finding.subject is None else f"{code(finding.subject)}: {message}"


def worst_parts(entries: list[Standing]) -> Iterator[str]:
    """The table of the worst tensors."""
    if entries:
        yield "### Worst tensors"
        yield pipe_table(("severity", "tensor", "dtype", "shape", "size", "rules"), map(worst_row, entries))


def worst_row(entry: Standing) -> tuple[str, ...]:
    """One of the worst tensors."""
    codes = " ".join(dict.fromkeys(code(finding.code) for finding in entry.findings))
    severity = entry.severity.label if entry.severity else ""
    tensor = entry.tensor
    return severity, code(tensor.name), code(tensor.dtype), shape(tensor.shape), byte_size(tensor.n_bytes), codes


def own_figures(checkpoint: CheckpointReport) -> Iterator[str]:
    """What was measured of the checkpoint itself, and its figures."""
    figures = (figure for result in digest.own_results(checkpoint) for figure in result.figures)
    for figure in (digest.own_measurements(checkpoint), *figures):
        yield from figure_parts(figure)


def figure_parts(figure: Figure) -> Iterator[str]:
    """A figure: a chart in characters, a table or a heat map as a table under its title."""
    match figure:
        case Table():
            yield from (f"### {text(figure.title)}", figure_table(figure)) if figure.rows else ()
        case Heatmap():
            yield from (f"### {text(figure.title)}", heatmap_table(figure)) if figure.rows and figure.columns else ()
        case Scatter():
            yield fenced(draw(figure, CHART_COLUMNS, SCATTER_ROWS, colour=False))
        case _:
            yield fenced(draw(figure, CHART_COLUMNS, CHART_ROWS, colour=False))


def figure_table(table: Table) -> str:
    """A figure's first rows."""
    rows = [
        [text(cell(value, column)) for value, column in zip(row, table.columns, strict=False)] for row in table.rows
    ]
    drawn = pipe_table([text(column_header(column)) for column in table.columns], rows[:ROWS_SHOWN])
    return "\n\n".join((drawn, *more_rows(len(rows))))


def more_rows(n_rows: int) -> Iterator[str]:
    """How many rows of a table are not shown, where there are any."""
    if n_rows > ROWS_SHOWN:
        yield f"and {count(n_rows - ROWS_SHOWN)} more rows"


def heatmap_table(heatmap: Heatmap) -> str:
    """The numbers of a heat map's first rows, and between which they lie."""
    header = [text(axis_header(heatmap.y)), *map(code, heatmap.columns)]
    rows = [
        [code(name), *(heat(value, heatmap.unit) for value in values)]
        for name, values in shading.first_rows(heatmap, ROWS_SHOWN)
    ]
    said = shading.extremes(heatmap)
    return "\n\n".join((pipe_table(header, rows), *more_rows(shading.n_rows(heatmap)), *([text(said)] if said else [])))


def heat(value: float, unit: str) -> str:
    """A number of a heat map; a dash where there is none."""
    return shading.EMPTY if math.isnan(value) else cell(value, Column("", unit))


def pipe_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; what stands in its cells is Markdown already."""
    head = tuple(header)
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def unanswered_parts(title: str, groups: tuple[Unanswered, ...]) -> Iterator[str]:
    """What was skipped or failed, a line for each reason."""
    if groups:
        yield f"### {title}"
        yield "\n".join(f"- {unanswered_line(group)}" for group in groups)


def unanswered_line(group: Unanswered) -> str:
    """The names that one reason keeps from having an answer."""
    by = f"{code(group.analyzer)}: " if group.analyzer else ""
    names = ", ".join("the checkpoint" if subject is None else code(subject) for subject in group.names[:NAMES_SHOWN])
    rest = f" and {count(len(group.names) - NAMES_SHOWN)} more" if len(group.names) > NAMES_SHOWN else ""
    return f"{by}{text(group.reason)}: {names}{rest}"


def unreadable_parts(entries: tuple[Unreadable, ...]) -> Iterator[str]:
    """Paths that could not be read."""
    if entries:
        yield "## Unreadable"
        yield "\n".join(f"- {code(entry.path)}: {text(entry.message)}" for entry in entries)


def circumstances(run: Run) -> str:
    """When and with what, in one line."""
    versions = ", ".join(f"{library} {version}" for library, version in run.versions.items())
    return f"<sub>{text(f'{run.started}, {versions}, {run.device}')}</sub>"


def code(text_of_file: str) -> str:
    """A name as code: shown as it is, interpreted by nobody."""
    shown = shown_name(text_of_file)
    return f"`{shown}`" if PLAIN_NAME.fullmatch(shown) else f"<code>{entities(shown)}</code>"


def entities(shown: str) -> str:
    """Every character that is neither a letter, a digit, a dot nor a space as a numeric entity."""
    return re.sub(r"[^\w. ]|_", lambda match: f"&#{ord(match.group())};", shown)


def text(message: str) -> str:
    """A message as running text: nothing in it is markup, a link, a mention or the end of a cell."""
    return SPECIAL.sub(disarmed, printable(message, TEXT_LIMIT))


def disarmed(match: re.Match[str]) -> str:
    """A markup character as an entity; a link or mention, which sites also look for after rendering, cut in two."""
    found = match.group()
    return f"{found}<!-- -->" if found in {"@", "#", ":", "www"} else f"&#{ord(found)};"


def fenced(drawing: str) -> str:
    """Lines of fixed width; the fence is longer than any in them."""
    fence = "~" * max(3, *(len(run) + 1 for run in re.findall("~+", drawing)), 3)
    return f"{fence}text\n{drawing}\n{fence}"
