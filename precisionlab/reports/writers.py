"""Every output format of a report: its name, its file suffixes and the module that renders it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
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
    """Lower case, with the dot."""
    module: str
    """Holds `render(report: Report) -> str`."""


WRITERS = (
    Writer("text", (".txt",), "precisionlab.reports.text_report"),
    Writer("json", (".json",), "precisionlab.reports.json_report"),
    Writer("jsonl", (".jsonl", ".ndjson"), "precisionlab.reports.jsonl_report"),
    Writer("markdown", (".md", ".markdown"), "precisionlab.reports.markdown_report"),
    Writer("html", (".html", ".htm"), "precisionlab.reports.html_report"),
)


class Renderer(Protocol):
    """What the module of a writer looks like."""

    def render(self, report: Report) -> str:
        """The whole output."""


def writer_named(name: str, writers: Iterable[Writer] = WRITERS) -> Writer:
    """The writer of a format.

    Raises:
        ReportError: there is none of that name.
    """
    by_name = {writer.name: writer for writer in writers}
    if name not in by_name:
        raise ReportError(name, "is no report format", choices(name, by_name))
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


def render(report: Report, format_name: str) -> str:
    """The report in a format, as text.

    Raises:
        ReportError: there is no such format.
    """
    return rendered(report, writer_named(format_name))


def rendered(report: Report, writer: Writer) -> str:
    """The report through a writer's module."""
    return cast("Renderer", import_module(writer.module)).render(report)


def write(report: Report, target: Path) -> None:
    """Write the report to a file in the format of its suffix: wholly, or not at all.

    Raises:
        ReportError: no format has this suffix, or the file cannot be written; what stood
            there before is then untouched.
    """
    put(target, encoded(rendered(report, writer_for(target))))
