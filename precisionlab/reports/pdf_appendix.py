"""The end of the PDF report: what was not read, what figures mean, where they are from, how the report was made."""

from collections.abc import Iterator
from dataclasses import replace

from precisionlab.analysis.report import Report
from precisionlab.reports import provenance
from precisionlab.reports.pdf_figures import table
from precisionlab.reports.pdf_sections import FINDINGS_SHOWN, finding_code
from precisionlab.reports.pdf_tables import Setting, grid
from precisionlab.reports.quantities import count, counted, shown_name
from precisionlab.reports.references import Meaning, bibliography, meanings
from precisionlab.reports.typst_markup import Code, call, flowing, folded_name, name, prose, worded

FILES_SHOWN = 400
"""Files that are listed with their identity; the others are counted."""


def unreadable_parts(report: Report) -> Iterator[Code]:
    """Paths with what is wrong with them."""
    if report.unreadable:
        yield call("chapter", "Unreadable")
        entries = (worded(name(entry.path), ": ", flowing(entry.message)) for entry in report.unreadable)
        yield call("bullets", *entries)


def gone_parts(report: Report) -> Iterator[Code]:
    """What the baseline has and this report has not."""
    if report.baseline and report.baseline.gone:
        gone = report.baseline.gone
        yield call("chapter", "Gone since the baseline")
        yield call("remark", flowing(f"{counted(len(gone), 'finding')} of the baseline that this scan did not make."))
        entries = (worded(name(one.code), " ", finding_code(one)) for one in gone[:FINDINGS_SHOWN])
        rest = len(gone) - FINDINGS_SHOWN
        yield call("bullets", *entries, *([f"and {count(rest)} more"] if rest > 0 else []))


def meaning_parts(report: Report) -> Iterator[Code]:
    """Every measurement's definition, unit, better direction and source, then the sources."""
    defined = meanings(report)
    if defined:
        yield call("chapter", "What the figures mean")
    settings = (
        *(Setting("measurement", folded_name), Setting("meaning", prose), Setting("unit"), Setting("better")),
        Setting("source", reference),
    )
    for analyzer, entries in defined.items():
        yield call("section", flowing(shown_name(analyzer)))
        yield grid("", settings, [meaning_row(entry) for entry in entries])
    sources = bibliography(report)
    if sources:
        yield call("chapter", "References")
        yield call("bibliography_list", *map(flowing, sources))


def meaning_row(entry: Meaning) -> tuple[str, ...]:
    """A definition as texts of cells."""
    number = "" if entry.reference is None else str(entry.reference)
    return entry.definition.name, entry.told, entry.unit, entry.better, number


def reference(number: str) -> Code:
    """A source's number, which leads to its entry."""
    return call("reference", number) if number else flowing("")


def provenance_parts(report: Report) -> Iterator[Code]:
    """When and with what it was made, how to make it anew, of which files, with which options."""
    yield call("chapter", "Provenance")
    yield call("facts", *((label, flowing(value)) for label, value in provenance.circumstances(report)))
    command = provenance.command_line(report)
    if command:
        yield call("section", "To make this report anew")
        yield call("preformatted", flowing(command))
    files, options = provenance.file_table(report), provenance.option_table(report)
    if files.rows:
        yield call("section", files.title)
        yield table(replace(files, title=""), folded_name, FILES_SHOWN)
    if options.rows:
        yield call("section", options.title)
        settings = [Setting(column.label, face) for column, face in zip(options.columns, (name, flowing), strict=True)]
        yield grid("", settings, [[*map(str, row)] for row in options.rows])
