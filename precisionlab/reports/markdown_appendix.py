"""The end of the Markdown report: what figures mean, where they are from, how the report was made."""

from collections.abc import Iterator

from precisionlab.analysis.report import Report
from precisionlab.reports import provenance
from precisionlab.reports.markdown_figures import figure_parts, title
from precisionlab.reports.markdown_markup import code, fenced, folded, pipe_table, prose, text
from precisionlab.reports.references import Meaning, bibliography, meanings

OPTIONS_LIMIT = 4_000
"""Characters of all options of one analyzer."""


def appendix_parts(report: Report) -> Iterator[str]:
    """Definitions and provenance, each folded."""
    yield from folded("What the figures mean", meaning_parts(report))
    yield from folded("Provenance: files, options, versions", provenance_parts(report))


def meaning_parts(report: Report) -> Iterator[str]:
    """Every measurement's definition, unit, better direction and source by number, then the sources."""
    header = ("measurement", "meaning", "unit", "better", "source")
    for analyzer, entries in meanings(report).items():
        yield f"#### {code(analyzer)}"
        yield pipe_table(header, map(meaning_row, entries))
    sources = bibliography(report)
    if sources:
        yield "#### References"
        yield "\n".join(f"{number}. {text(source)}" for source, number in sources.items())


def meaning_row(entry: Meaning) -> tuple[str, ...]:
    """A definition as cells."""
    number = "" if entry.reference is None else text(f"[{entry.reference}]")
    return code(entry.definition.name), prose(entry.told), text(entry.unit), entry.better, number


def provenance_parts(report: Report) -> Iterator[str]:
    """When and with what it was made, how to make it anew, of which files, with which options."""
    yield pipe_table(("", ""), ((label, text(value)) for label, value in provenance.circumstances(report)))
    command = provenance.command_line(report)
    if command:
        yield "To make this report anew:"
        yield fenced(command, "sh")
    files, options = provenance.file_table(report), provenance.option_table(report)
    yield from figure_parts(files)
    if options.rows:
        yield title(options.title)
        listed = ([code(str(of)), text(str(told), OPTIONS_LIMIT)] for of, told in options.rows)
        yield pipe_table([text(column.label) for column in options.columns], listed)
