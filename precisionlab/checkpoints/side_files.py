"""What lies beside the weights of a Hugging Face model and is needed to load them elsewhere."""

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from precisionlab.checkpoints.model import ByteRange
from precisionlab.checkpoints.reading import RegularFile, unopenable
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable

PATTERNS = (
    "config.json",
    "*_config.json",
    "config_*.json",
    "modules.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer*",
    "vocab*",
    "merges.txt",
    "*.model",
    "chat_template*",
)
"""Names of the settings of a model and of all that a tokenizer is made of."""

SUFFIXES = frozenset({".json", ".jsonl", ".txt", ".model", ".jinja", ".bpe", ".tiktoken"})
"""Files of plain data; never code, and never weights."""

MAX_BYTES = 64 << 20
"""Longest file that is taken."""


@dataclass(frozen=True, slots=True)
class SideFiles:
    """What was found in a folder."""

    files: tuple[ByteRange, ...]
    """Each of them, whole."""
    notes: tuple[str, ...]
    """What is not taken although a loader may ask for it, and why: one clause each."""


def find_side_files(folder: Path, others: Collection[str]) -> SideFiles:
    """The side files of the folder, in the order of their names; `others` are the names that are none.

    A symbolic link counts as the file that it leads to, as in the caches of Hugging Face.

    Raises:
        CheckpointError: the folder cannot be listed.
    """
    files: list[ByteRange] = []
    notes: list[str] = []
    for name in sorted(_names(folder) - set(others)):
        if name.endswith(".py"):
            notes.append(f"{printable(name)} is not copied (it is code)")
        elif is_side_file(name):
            try:
                files.append(_whole(folder / name))
            except CheckpointError as error:
                notes.append(f"{printable(name)} is not copied ({error.problem})")
    return SideFiles(tuple(files), tuple(notes))


def is_side_file(name: str) -> bool:
    """Whether a file of this name belongs to the model beside it."""
    return Path(name).suffix in SUFFIXES and any(fnmatchcase(name, pattern) for pattern in PATTERNS)


def _whole(path: Path) -> ByteRange:
    with RegularFile(str(path)) as file:
        if file.size > MAX_BYTES:
            raise CheckpointError(file.path, f"takes {file.size:,} bytes, {MAX_BYTES:,} are allowed")
        return ByteRange(file.path, 0, file.size)


def _names(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except OSError as error:
        raise unopenable(str(folder), error) from error
