"""The files that reports are to go to, looked at before the scan starts."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from precisionlab.checkpoints.containers import recognise
from precisionlab.errors import CheckpointError, ReportError, UsageError
from precisionlab.replacement import cause, check_replaceable, place_of, temporary_beside
from precisionlab.reports import writers


def checked_targets(outputs: Sequence[str], paths: Iterable[str]) -> tuple[Path, ...]:
    """The files, each of a known format, in a place that can be written, and none a checkpoint.

    Raises:
        ReportError: the suffix is no format's, what the format needs is not installed, or the
            place cannot be written.
        UsageError: a checkpoint or a scanned path would be overwritten, or a file is named twice.
    """
    targets = tuple(Path(output) for output in outputs)
    for target in targets:
        writers.require(writers.writer_for(target), str(target))
        try_out(target)
        refuse_input(target, paths)
    for i, target in enumerate(targets):
        if target.resolve() in {earlier.resolve() for earlier in targets[:i]}:
            raise UsageError(str(target), "is named twice by --output", "one report would replace the other")
    return targets


def try_out(target: Path) -> None:
    """See that a file can be put there: make one beside it, and take it away.

    Raises:
        ReportError: the folder is missing or cannot be written, or something else than a file is there.
    """
    try:
        place = place_of(target)
        check_replaceable(place)
        with temporary_beside(place):
            pass
    except OSError as error:
        raise ReportError(str(target), f"cannot be written: {cause(error)}", "nothing was read") from None


def refuse_input(target: Path, paths: Iterable[str]) -> None:
    """See that no checkpoint, and nothing that is an input, would be lost.

    Raises:
        UsageError: it would.
    """
    if any(is_same(target, path) for path in paths):
        raise UsageError(str(target), "is an input, and would be overwritten", "name another file")
    kind = kind_of_checkpoint(target)
    if kind:
        problem = f"is a checkpoint ({kind}), and would be overwritten"
        raise UsageError(str(target), problem, "name another file")


def is_same(target: Path, path: str) -> bool:
    """Whether both are there and are one file."""
    try:
        return target.samefile(path)
    except (OSError, ValueError):
        return False


def kind_of_checkpoint(target: Path) -> str:
    """The container that the file is; empty where it is none, or not there."""
    try:
        return recognise(str(target)).NAME
    except CheckpointError:
        return ""
