"""Where `precisionlab sum` finds its numbers: standard input, a text, or a tensor of a checkpoint."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.reals import reals_of, type_of
from precisionlab.checkpoints.containers import all_suffixes
from precisionlab.checkpoints.opening import open_checkpoint
from precisionlab.checkpoints.reading import FileReader, unopenable
from precisionlab.cli.element_reference import MARK, Place, find_place, path_and_rest
from precisionlab.cli.sum_numbers import numbers_in
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.replacement import cause

Reals = NDArray[Any]

STANDARD_INPUT: Final = "-"
HEAD_BYTES: Final = 4096
"""Of a file, by which a text is told from a checkpoint."""
OF_TEXT: Final = "float64"
"""What words become."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Numbers, and where they were."""

    name: str
    """As the user gave it: `-`, or a path."""
    place: Place | None
    """The tensor of a checkpoint."""
    values: Reals
    """Of float16, bfloat16, float32 or float64, flat."""
    own_format: str
    """In which they are summed where no other format is named."""


def source_named(given: str) -> Source:
    """The numbers that an argument stands for.

    Raises:
        UsageError: a word is no number, there is no such tensor, or it holds none that are summed.
        CheckpointError: the file cannot be read.
    """
    if given == STANDARD_INPUT:
        return of_text(read_standard_input(), given, "standard input")
    if MARK in given:
        return of_tensor(*path_and_rest(given))
    refuse_numbers(given)
    content = None if is_checkpoint(given) else text_or_none(given)
    return of_tensor(given, None) if content is None else of_text(content, given, given)


def of_text(content: bytes, name: str, subject: str) -> Source:
    """The numbers of a text.

    Raises:
        UsageError: it is no text, or a word is no number.
    """
    if b"\0" in content:
        raise UsageError(subject, "is no text", "write a checkpoint to a file, and name that")
    text = content.decode("utf-8-sig", "backslashreplace")
    return Source(name, None, np.array(numbers_in(text, subject), np.float64), OF_TEXT)


def read_standard_input() -> bytes:
    """All of it.

    Raises:
        UsageError: it is closed, or cannot be read.
    """
    if sys.stdin is None:
        raise UsageError("standard input", "is closed", "pipe numbers into it, or name a file")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise UsageError("standard input", f"cannot be read: {cause(error)}") from None


def refuse_numbers(given: str) -> None:
    """See that the argument is not the numbers themselves.

    Raises:
        UsageError: it is, and no file is called so.
    """
    if os.path.lexists(given):
        return
    try:
        is_list = bool(numbers_in(given, ""))
    except UsageError:
        return
    if is_list:
        raise UsageError(given, "is no file", "numbers are read from standard input: echo 1 2 3 | precisionlab sum -")


def is_checkpoint(path: str) -> bool:
    """Whether the path is a folder, or called as checkpoints are."""
    return Path(path).is_dir() or path.lower().endswith(all_suffixes())


def text_or_none(path: str) -> bytes | None:
    """The content of a text; None where it is none.

    Raises:
        CheckpointError: it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(HEAD_BYTES)
            return None if b"\0" in head else head + file.read()
    except (OSError, ValueError) as error:
        raise unopenable(path, error) from None


def of_tensor(path: str, name: str | None) -> Source:
    """The numbers of a tensor, or of the only one where none is named.

    Raises:
        UsageError: there is no such tensor, or its numbers are none that are summed.
        CheckpointError: the checkpoint cannot be read.
    """
    with open_checkpoint(path) as checkpoint, FileReader() as reader:
        if name is None and len(checkpoint.tensors) != 1:
            raise no_single_tensor(path, [tensor.name for tensor in checkpoint.tensors])
        place = Place(checkpoint.tensors[0], None) if name is None else whole_tensor(find_place(checkpoint, name))
        content = np.empty(place.tensor.n_bytes, np.uint8)
        reader.read_into(place.tensor.location, 0, content.data)
        return Source(path, place, reals_of(place.tensor, content), type_of(place.tensor))


def no_single_tensor(path: str, names: Sequence[str]) -> UsageError:
    """The error for a checkpoint of which no tensor was named."""
    example = f", such as {printable(path)}::{printable(names[0])}" if names else ""
    return UsageError(path, f"holds {len(names):,} tensors", f"name one, PATH::TENSOR{example}")


def whole_tensor(place: Place) -> Place:
    """The place, if it is a whole tensor.

    Raises:
        UsageError: an element was named.
    """
    if place.index or place.component:
        raise UsageError(place.tensor.name, f"is summed as a whole; leave out {place.element}")
    return Place(place.tensor, None)
