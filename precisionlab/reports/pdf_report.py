"""The report as a PDF: set by Typst, with vector charts, contents and references; the same bytes from the same report.

Nothing that a file says is read as markup: the document is calls of the functions of `page/report.typ`, and
texts are string literals in them. Typst is given the document alone, and no folder of the user's.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from precisionlab.analysis.report import Report
from precisionlab.errors import ReportError
from precisionlab.replacement import cause
from precisionlab.reports import digest
from precisionlab.reports.pdf_appendix import gone_parts, meaning_parts, provenance_parts, unreadable_parts
from precisionlab.reports.pdf_sections import checkpoint_parts, overview, title_block
from precisionlab.reports.typst_markup import Code, call, flowing

REMEDY = "pip install 'precisionlab[pdf]'"


def render(report: Report) -> bytes:
    """The report as one PDF document on A4.

    Raises:
        ReportError: the package `typst` is not installed, or there is no room for temporary files.
    """
    try:
        import typst  # noqa: PLC0415  # An extra: who writes no PDF need not have it.
    except ImportError as missing:
        raise ReportError("pdf", "a PDF report needs the package typst", REMEDY) from missing
    try:
        # A root with nothing else in it: no other file can be read.
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            document = root / "report.typ"
            document.write_text(source(report), encoding="utf-8")
            return typst.compile(
                document,
                root=root,
                ignore_system_fonts=True,
                timestamp=started(report),
                package_path=root,
                package_cache_path=root,
            )
    except OSError as error:
        problem = f"needs a temporary file, which cannot be written: {cause(error)}"
        raise ReportError("pdf", problem, "set TMPDIR to a folder with room") from None


def source(report: Report) -> str:
    """The whole document in Typst's language."""
    style = resources.files("precisionlab.reports").joinpath("page", "report.typ").read_text(encoding="utf-8")
    title = f"precisionlab report: {digest.found(report)}"
    show = f"show: {call('styled.with', title=title, running=flowing(digest.verdict(report), 160))}"
    return "\n".join((style, *(f"#{part}" for part in (show, *parts(report)) if part), ""))


def parts(report: Report) -> Iterator[Code]:
    """All of the document in its order."""
    yield title_block(report)
    yield from overview(report)
    yield call("contents")
    for checkpoint in report.checkpoints:
        yield from checkpoint_parts(checkpoint, report)
    yield from unreadable_parts(report)
    yield from gone_parts(report)
    yield from meaning_parts(report)
    yield from provenance_parts(report)


def started(report: Report) -> datetime:
    """When the scan began: the document's date, so that rendering it later gives the same bytes."""
    try:
        return datetime.fromisoformat(report.run.started).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
