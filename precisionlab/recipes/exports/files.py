"""The files that a recipe is written to: which tool's file each is, and writing them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.recipes.exports.exporters import EXPORTERS, Exporter
from precisionlab.recipes.recipe import Recipe
from precisionlab.reports.putting import put

SYNONYMS: Final = {".yml": ".yaml"}
"""Other suffixes of the same."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file, and what is written there."""

    path: Path
    exporter: Exporter


def exporter_of(file: str, runtime: str | None) -> Exporter:
    """The exporter for a file by its suffix.

    Raises:
        UsageError: none has it.
    """
    suffix = Path(file).suffix.lower()
    fitting = [exporter for exporter in EXPORTERS if exporter.suffix == SYNONYMS.get(suffix, suffix)]
    if not fitting:
        kinds = dict.fromkeys(exporter.suffix for exporter in EXPORTERS)
        known = (f"{kind} ({' or '.join(one.name for one in EXPORTERS if one.suffix == kind)})" for kind in kinds)
        raise UsageError(file, "has the suffix of no kind of recipe", f"known: {', '.join(known)}")
    plain = [exporter for exporter in fitting if exporter.runtime is None]
    of_runtime = [exporter for exporter in fitting if runtime is not None and exporter.runtime == runtime]
    return (*of_runtime, *plain, *fitting)[0]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file with its content."""

    path: Path
    text: str
    notes: tuple[str, ...]
    """What the file cannot say, or the tool does otherwise."""


def rendered(recipe: Recipe, outputs: Iterable[Output]) -> tuple[Rendered, ...]:
    """The content of all files, before any is written.

    Raises:
        UsageError: a tool cannot be told of such a recipe.
    """
    writers = [(output.path, output.exporter.load()) for output in outputs]
    return tuple(Rendered(path, writer.render(recipe), writer.notes(recipe)) for path, writer in writers)


def write(files: Iterable[Rendered]) -> Iterator[str]:
    """Write each file in one step, and yield what to know of it.

    Raises:
        ReportError: the place cannot be written.
    """
    for file in files:
        put(file.path, file.text.encode("utf-8"))
        yield from (f"{printable(str(file.path))}: {note}" for note in file.notes)
