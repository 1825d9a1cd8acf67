"""The files that a recipe is written to: which tool's file each is, looked at before anything is measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from precisionlab.cli.targets import refuse_input, try_out
from precisionlab.errors import ReportError, UsageError
from precisionlab.recipes.exports.exporters import EXPORTERS, Exporter
from precisionlab.recipes.recipe import Recipe
from precisionlab.replacement import cause, replace_file


@dataclass(frozen=True, slots=True)
class Output:
    """A file, and what is written there."""

    path: Path
    exporter: Exporter


def outputs_of(files: Sequence[str], runtime: str | None, paths: Iterable[str]) -> tuple[Output, ...]:
    """The files with their kinds: that of the runtime where the suffix is its, else the first of the suffix.

    Raises:
        ReportError: the place cannot be written.
        UsageError: the suffix is no tool's, or a checkpoint would be overwritten.
    """
    outputs = tuple(Output(Path(file), exporter_of(file, runtime)) for file in files)
    for output in outputs:
        try_out(output.path)
        refuse_input(output.path, paths)
    return outputs


def exporter_of(file: str, runtime: str | None) -> Exporter:
    """The exporter for a file by its suffix.

    Raises:
        UsageError: none has it.
    """
    suffix = Path(file).suffix.lower()
    fitting = [exporter for exporter in EXPORTERS if exporter.suffix == suffix]
    if not fitting:
        known = ", ".join(f"{exporter.suffix} ({exporter.name})" for exporter in EXPORTERS)
        raise UsageError(file, "has a suffix of no kind of recipe", f"known: {known}")
    plain = [exporter for exporter in fitting if exporter.runtime is None]
    of_runtime = [exporter for exporter in fitting if runtime is not None and exporter.runtime == runtime]
    return (*of_runtime, *plain, *fitting)[0]


def write(recipe: Recipe, output: Output) -> tuple[str, ...]:
    """Write the recipe in one step; what the file cannot say, or the tool does otherwise.

    Raises:
        ReportError: the place cannot be written.
        UsageError: the tool cannot be told of such a recipe.
    """
    writing = output.exporter.load()
    text = writing.render(recipe)
    try:
        replace_file(output.path, [text.encode("utf-8")])
    except OSError as error:
        raise ReportError(str(output.path), f"cannot be written: {cause(error)}") from None
    return writing.notes(recipe)
