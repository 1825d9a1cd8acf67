"""The report as Markdown, for pull requests, wikis and model cards: what to do first, long parts folded."""

from collections.abc import Iterator

from precisionlab.analysis.report import CheckpointReport, Report, Run, Unreadable
from precisionlab.analysis.results import Finding
from precisionlab.reports import digest
from precisionlab.reports.advice import advice
from precisionlab.reports.analyzer_digest import Chapter, chapters, own_table
from precisionlab.reports.digest import RuleGroup, Standing, Unanswered, capitalised
from precisionlab.reports.markdown_appendix import appendix_parts
from precisionlab.reports.markdown_figures import figure_parts, figure_table
from precisionlab.reports.markdown_markup import code, folded, html_code, pipe_table, text
from precisionlab.reports.model_map import model_map
from precisionlab.reports.quantities import byte_size, count, counted, shape

FINDINGS_SHOWN = 20
"""Findings of one rule that are listed; the others are counted."""
WORST_SHOWN = 10
OF_EACH_ANALYZER = 5
"""Worst tensors in an analyzer's part."""
NAMES_SHOWN = 10


def render(report: Report) -> str:
    """The report as Markdown (GitHub's dialect), readable as plain text too."""
    parts = (
        ("# precisionlab report", f"**{text(digest.verdict(report))}**", advice_list(report)),
        *(tuple(checkpoint_parts(checkpoint, report)) for checkpoint in report.checkpoints),
        tuple(unreadable_parts(report.unreadable)),
        tuple(gone_parts(report)),
        tuple(appendix_parts(report)),
        (circumstances(report.run),),
    )
    return "\n\n".join(part for group in parts for part in group) + "\n"


def advice_list(report: Report) -> str:
    """What to do, the most pressing first."""
    return "\n".join(f"{number}. {text(line)}" for number, line in enumerate(advice(report), 1))


def checkpoint_parts(checkpoint: CheckpointReport, report: Report) -> Iterator[str]:
    """The sections of one checkpoint, those left out that have nothing to say."""
    reference = digest.reference(report)
    yield f"## {code(checkpoint.path)}" + ("" if reference is None else f" against {code(reference)}")
    yield pipe_table(("", ""), ((label, text(value)) for label, value in digest.facts(checkpoint)))
    groups = digest.rule_groups(checkpoint, report.rules)
    for severity in dict.fromkeys(group.severity for group in groups):
        concerned = [group for group in groups if group.severity is severity]
        total = sum(len(group.findings) for group in concerned)
        yield f"### {counted(total, severity.label)}"
        yield from (rule_part(group) for group in concerned)
    if not groups:
        yield f"{text(capitalised(digest.absence(report)))}."
    yield from worst_parts(digest.worst_tensors(checkpoint, WORST_SHOWN))
    yield from unanswered_parts("Failed", digest.failures(checkpoint))
    found = model_map(checkpoint, report.analyzers)
    if found is not None:
        yield from folded(text(found.heatmap.title), [figure_table(found.table)])
    for chapter in chapters(checkpoint, report, OF_EACH_ANALYZER):
        question = f": {text(chapter.summary.question)}" if chapter.summary.question else ""
        yield from folded(f"{html_code(chapter.name)}{question}", chapter_parts(chapter))
    yield from folded("Skipped", [*unanswered_parts("", digest.skips(checkpoint))])


def rule_part(group: RuleGroup) -> str:
    """One rule: what is the case, what to do, and where."""
    title = f"**{code(group.code)} {text(group.summary or group.name)}** ({group.extent})"
    listed = [f"- {finding_line(finding)}" for finding in group.findings[:FINDINGS_SHOWN]]
    rest = len(group.findings) - FINDINGS_SHOWN
    more = [f"- and {count(rest)} more"] if rest > 0 else []
    remedies = [f"Remedy: {text(remedy)}." for remedy in group.remedies]
    return "\n\n".join((title, "\n".join(listed + more), *remedies))


def finding_line(finding: Finding) -> str:
    """The tensor, what is the case there, and how it stands to the baseline."""
    novelty = f" ({finding.novelty.value})" if finding.novelty else ""
    message = f"{text(finding.message)}{novelty}"
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


def chapter_parts(chapter: Chapter) -> Iterator[str]:
    """An analyzer: the checkpoint's figures, and the worst tensors with their key figures."""
    for result in chapter.own:
        for figure in (own_table(result), *result.figures):
            yield from figure_parts(figure)
    if len(chapter.table.columns) > 1:
        yield from figure_parts(chapter.table)


def unanswered_parts(title: str, groups: tuple[Unanswered, ...]) -> Iterator[str]:
    """What was skipped or failed, a line for each reason."""
    if groups:
        yield from [f"### {title}"] if title else []
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


def gone_parts(report: Report) -> Iterator[str]:
    """What the baseline has and this report has not."""
    gone = report.baseline.gone if report.baseline else ()
    if gone:
        listed = [f"- {code(finding.code)} {finding_line(finding)}" for finding in gone[:FINDINGS_SHOWN]]
        rest = len(gone) - FINDINGS_SHOWN
        yield "## Gone since the baseline"
        yield "\n".join((*listed, *([f"- and {count(rest)} more"] if rest > 0 else [])))


def circumstances(run: Run) -> str:
    """When and with what, in one line."""
    versions = ", ".join(f"{library} {version}" for library, version in run.versions.items())
    return f"<sub>{text(f'{run.started}, {versions}, {run.device}')}</sub>"
