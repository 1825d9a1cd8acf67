"""The files that a recipe is to go to, looked at before anything is measured."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from precisionlab.errors import UsageError
from precisionlab.recipes.exports.files import Output, exporter_of
from precisionlab.replacement import place_of
from precisionlab.reports.targets import refuse_input, try_out


def outputs_of(
    files: Sequence[str], runtime: str | None, paths: Iterable[str], applied: str | None
) -> tuple[Output, ...]:
    """The files with their kinds: that of the runtime where the suffix is its, else the first of the suffix.

    Args:
        files: as they are named.
        runtime: what is to run the recipe; None for anything.
        paths: what is read, and must not be replaced.
        applied: the checkpoint that is to be written too; None for none.

    Raises:
        ReportError: the place cannot be written.
        UsageError: the suffix is no tool's, something that is read or a checkpoint would be overwritten, or two
            things would be written to one place.
    """
    outputs = tuple(Output(Path(file), exporter_of(file, runtime)) for file in files)
    known = tuple(paths)
    taken = [Path(os.path.realpath(applied))] if applied is not None else []
    for output in outputs:
        try_out(output.path)
        refuse_input(output.path, known)
        place = place_of(output.path)
        if place in taken:
            raise UsageError(str(output.path), "is named twice", "one file would replace the other")
        if applied is not None and taken[0] in place.parents:
            raise UsageError(str(output.path), "lies in the folder that --apply is to make", "write it elsewhere")
        taken.append(place)
    return outputs


def runtimes_of(runtime: str | None, outputs: Iterable[Output]) -> tuple[str, ...]:
    """All that is to run the recipe: what was named, and what the files are for."""
    return tuple(dict.fromkeys(one for one in (runtime, *(output.exporter.runtime for output in outputs)) if one))
