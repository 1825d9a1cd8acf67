"""Every output format of a report: its name, its file suffixes, the module that renders it and what that needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from precisionlab.analysis.report import Report
from precisionlab.errors import ReportError
from precisionlab.escaping import printable
from precisionlab.reports.putting import encoded, put


@dataclass(frozen=True, slots=True)
class Writer:
    """One output format; its module is imported when it is first rendered."""

    name: str
    suffixes: tuple[str, ...]
    """Lower case, with the dot, the usual one first; none where it only goes to standard output."""
    module: str
    """Holds `render(report: Report) -> str | bytes`."""
    is_text: bool = True
    """Whether it can be printed; the others are bytes, for files alone."""
    library: str = ""
    """The package that an extra of the writer's name installs; empty where none is needed."""


WRITERS = (
    Writer("text", (".txt",), "precisionlab.reports.text_report"),
    Writer("json", (".json",), "precisionlab.reports.json_report"),
    Writer("jsonl", (".jsonl", ".ndjson"), "precisionlab.reports.jsonl_report"),
    Writer("markdown", (".md", ".markdown"), "precisionlab.reports.markdown_report"),
    Writer("html", (".html", ".htm"), "precisionlab.reports.html_report"),
    Writer("pdf", (".pdf",), "precisionlab.reports.pdf_report", is_text=False, library="typst"),
    Writer("csv", (".csv",), "precisionlab.reports.csv_report"),
    Writer("parquet", (".parquet",), "precisionlab.reports.parquet_report", is_text=False, library="pyarrow"),
    Writer("sarif", (".sarif",), "precisionlab.reports.sarif_report"),
    Writer("junit", (".xml",), "precisionlab.reports.junit_report"),
    Writer("github", (), "precisionlab.reports.github_report"),
)


class Renderer(Protocol):
    """What the module of a writer looks like."""

    def render(self, report: Report) -> str | bytes:
        """The whole output."""


def writer_named(name: str, writers: Iterable[Writer] = WRITERS) -> Writer:
    """The writer of a format, by its name or by one of its suffixes without the dot: `markdown`, `md`.

    Raises:
        ReportError: there is none of that name.
    """
    writers = tuple(writers)
    by_name = {suffix[1:]: writer for writer in writers for suffix in writer.suffixes}
    by_name |= {writer.name: writer for writer in writers}
    if name not in by_name:
        raise ReportError(name, "is no report format", choices(name, [writer.name for writer in writers]))
    return by_name[name]


def writer_for(target: Path, writers: Iterable[Writer] = WRITERS) -> Writer:
    """The writer that a file's suffix asks for, in any case; ask before the scan, not after it.

    Raises:
        ReportError: the suffix is no writer's.
    """
    by_suffix = {suffix: writer for writer in writers for suffix in writer.suffixes}
    suffix = target.suffix.lower()
    if suffix not in by_suffix:
        problem = (
            f"no report format has the suffix {printable(suffix)}" if suffix else "has no suffix to tell its format"
        )
        raise ReportError(str(target), problem, choices(suffix, by_suffix))
    return by_suffix[suffix]


def choices(wanted: str, accepted: Iterable[str]) -> str:
    """The remedy for an unknown name: all that are accepted, and the nearest where one is near."""
    known = list(accepted)
    nearest = get_close_matches(wanted, known, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return f"use one of {' '.join(known)}{hint}"


def is_installed(writer: Writer) -> bool:
    """Whether what the writer needs is there; nothing is imported for the answer."""
    return not writer.library or find_spec(writer.library) is not None


def require(writer: Writer, subject: str) -> None:
    """See that what the writer needs is there.

    Raises:
        ReportError: it is not; names the subject, which is the file or the format asked for.
    """
    if not is_installed(writer):
        remedy = f"pip install 'precisionlab[{writer.name}]'"
        raise ReportError(subject, f"cannot be written without {writer.library}", remedy)


def render(report: Report, format_name: str) -> str | bytes:
    """The report in a format: text, or the bytes of one that is not text.

    Raises:
        ReportError: there is no such format, or what it needs is not installed.
    """
    return rendered(report, writer_named(format_name))


def rendered(report: Report, writer: Writer) -> str | bytes:
    """The report through a writer's module.

    Raises:
        ReportError: what the writer needs is not installed.
    """
    require(writer, writer.name)
    return cast("Renderer", import_module(writer.module)).render(report)


def write(report: Report, target: Path) -> None:
    """Write the report to a file in the format of its suffix: wholly, or not at all.

    Raises:
        ReportError: no format has this suffix, what it needs is not installed, or the file
            cannot be written; what stood there before is then untouched.
    """
    content = rendered(report, writer_for(target))
    put(target, content if isinstance(content, bytes) else encoded(content))
