"""Open whatever a path stands for."""

import os
from dataclasses import replace
from pathlib import Path

from precisionlab.checkpoints import containers, sharded
from precisionlab.checkpoints.finding import Place, find_in_folder
from precisionlab.checkpoints.model import Checkpoint
from precisionlab.checkpoints.reading import unopenable
from precisionlab.checkpoints.unsupported import kind_of_folder
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable


def open_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """The checkpoint that the path stands for; only headers are read.

    The path is a file, a folder with one checkpoint in it or below it, or stands for
    numbered shards (`model-*-of-00003.safetensors`). See `find_checkpoints` for what
    counts in a folder.

    Raises:
        CheckpointError: there is none or more than one, it cannot be read, is damaged, or
            is of no supported container.
    """
    given = os.fspath(path)
    if not given:
        raise CheckpointError("", "the path is empty")
    return replace(_open(_single(given)), path=given)


def _single(path: str) -> str:
    """The one file to open."""
    if not os.path.isdir(path):  # noqa: PTH112 (a str, as the user gave it)
        return path
    places = find_in_folder(path)
    if len(places) > 1:
        raise CheckpointError(path, f"holds {len(places):,} checkpoints: {_shown(places)}", "name one of them")
    return places[0].file


def _shown(places: tuple[Place, ...]) -> str:
    shown = ", ".join(printable(place.shown) for place in places[:3])
    return f"{shown}, ..." if len(places) > len(places[:3]) else shown


def _open(file: str) -> Checkpoint:
    if os.path.isdir(file):  # noqa: PTH112 (a str, as in every ByteRange)
        raise _unreadable(file)
    if sharded.is_set(Path(file).name) and not os.path.lexists(file):
        return sharded.open_set(Path(file))
    return containers.open_file(file)


def _unreadable(folder: str) -> CheckpointError:
    try:
        kind = kind_of_folder(os.listdir(folder))  # noqa: PTH208 (a str, as the user gave it)
    except OSError as error:
        return unopenable(folder, error)
    return kind.error(folder) if kind else CheckpointError(folder, "holds no checkpoint")
