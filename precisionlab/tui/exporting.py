"""What can be saved as a file and how: what is seen, a figure, all that was found."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from textual.screen import Screen
from textual.widget import Widget

from precisionlab.analysis.figures import Figure, Table
from precisionlab.analysis.report import Report
from precisionlab.errors import ReportError
from precisionlab.escaping import printable
from precisionlab.reports.putting import encoded, put
from precisionlab.tui.png import drawn, with_fonts

MOST_CHARACTERS = 56
"""Of a part of a file's name: longer ones lose their beginning."""
UNFIT = re.compile(r"[^A-Za-z0-9._=+-]+")
"""What file names do without."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A figure, and its numbers with all their digits."""

    figure: Figure
    table: Table


@runtime_checkable
class Exhibiting(Protocol):
    """A part of the screen that shows a figure, at times."""

    def exhibit(self) -> Exhibit | None:
        """The one that is shown now; None where there is none."""


@runtime_checkable
class Reporting(Protocol):
    """A screen that knows what was found in a checkpoint."""

    def names(self) -> tuple[str, ...]:
        """What is looked at, from the checkpoint to the analyzer."""

    def reporter(self) -> Callable[[], Report] | None:
        """Makes the report of all that was found until now, in any thread; None where nothing is open."""


@dataclass(frozen=True, slots=True)
class Exportable:
    """Something that can be written to files of several formats."""

    title: str
    """What it is: `this view`."""
    stem: str
    """What its file is called, without the suffix."""
    formats: Mapping[str, str]
    """In a word or two, by suffix."""
    write: Callable[[Path], None]
    """To a file, wholly or not at all; raises `ReportError`. Not on the interface's thread."""


def exhibit_from(focused: Widget | None) -> Exhibit | None:
    """What the focused part shows, or else the nearest around it."""
    for node in focused.ancestors_with_self if focused is not None else ():
        exhibit = node.exhibit() if isinstance(node, Exhibiting) else None
        if exhibit is not None:
            return exhibit
    return None


def offered(screens: Sequence[Screen[Any]], svg: str) -> list[Exportable]:
    """What can be saved of these screens, the last of which is seen, drawn as SVG."""
    seen = screens[-1]
    home = next((one for one in reversed(screens) if isinstance(one, Reporting)), None)
    names = home.names() if home is not None else ("precisionlab",)
    over = () if isinstance(seen, Reporting) else (type(seen).__name__.removesuffix("Screen").lower(),)
    exhibit = exhibit_from(seen.focused)
    figures = [figure(exhibit, file_stem((*names, exhibit.table.title)))] if exhibit is not None else []
    reporter = home.reporter() if home is not None else None
    reports = [report(reporter, file_stem((*names[:1], "report")))] if reporter is not None else []
    return [view(svg, file_stem((*names, *over))), *figures, *reports]


def export(what: Exportable, target: Path) -> None:
    """Write it in the format of the file's suffix.

    Raises:
        ReportError: it has no format of this suffix, or the file cannot be written; nothing is lost then.
        UsageError: a checkpoint is there.
    """
    suffix = target.suffix.lower()
    if suffix not in what.formats:
        problem = (
            f"{what.title} cannot be saved as {printable(suffix)}" if suffix else "has no suffix to tell its format"
        )
        raise ReportError(str(target), problem, f"use one of {' '.join(what.formats)}")
    if os.path.isfile(target):  # noqa: PTH113 - which raises for no name
        from precisionlab.reports.targets import refuse_input  # noqa: PLC0415 - when something is there already

        refuse_input(target, ())
    what.write(target)


def view(svg: str, stem: str) -> Exportable:
    """What is seen, drawn as SVG already."""

    def write(target: Path) -> None:
        put(target, encoded(with_fonts(svg)) if target.suffix.lower() == ".svg" else drawn(svg))

    return Exportable("this view", stem, MappingProxyType({".svg": "drawing", ".png": "picture"}), write)


def figure(exhibit: Exhibit, stem: str) -> Exportable:
    """A figure's numbers, and its drawing where it is one."""
    from precisionlab.reports import figure_tables, svg_file  # noqa: PLC0415 - only where one is wanted

    chart, table = exhibit.figure, exhibit.table
    tables = {".csv": figure_tables.comma_separated, ".tsv": figure_tables.tab_separated}

    def write(target: Path) -> None:
        suffix = target.suffix.lower()
        if suffix in tables:
            put(target, encoded(tables[suffix](table)))
        elif not isinstance(chart, Table):
            put(target, encoded(svg_file.standalone(chart)))

    formats = {".csv": "CSV", ".tsv": "tab-separated"} | ({} if isinstance(chart, Table) else {".svg": "drawing"})
    return Exportable(f"figure: {printable(table.title, 40)}", stem, MappingProxyType(formats), write)


def report(assemble: Callable[[], Report], stem: str) -> Exportable:
    """All that was found so far, in the formats whose libraries are installed."""
    from precisionlab.reports import writers  # noqa: PLC0415 - as above

    usable = [writer for writer in writers.WRITERS if writers.is_installed(writer)]
    formats = {suffix: writer.name for writer in usable for suffix in writer.suffixes}
    return Exportable(
        "full report so far",
        stem,
        MappingProxyType(formats),
        lambda target: writers.write(assemble(), target),
    )


def file_stem(parts: Iterable[str]) -> str:
    """A file's name, without suffix, that every system takes: the parts with what is unfit replaced.

    >>> file_stem(["model.safetensors", "../layers/0 weight", "range"])
    'model.safetensors-layers-0-weight-range'
    """
    fit = (UNFIT.sub("-", part)[-MOST_CHARACTERS:].strip("-._") for part in parts)
    return "-".join(part for part in fit if part) or "precisionlab"
