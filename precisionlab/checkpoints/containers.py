"""Which container a file is, and the one table of all of them."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from precisionlab.checkpoints.model import Checkpoint
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.unsupported import ZIP_ARCHIVE, kind_of_content, kind_of_name
from precisionlab.errors import CheckpointError

MODULES: tuple[str, ...] = (
    "precisionlab.checkpoints.safetensors",
    "precisionlab.checkpoints.sharded",
    "precisionlab.checkpoints.numpy_arrays",
    "precisionlab.checkpoints.pytorch",
)
"""The module of every container, in the order in which they are asked; each is a `Container`."""

HEAD_BYTES = 4096
"""How much of a file's beginning a container is shown."""


class Container(Protocol):
    """What a container's module offers."""

    NAME: str
    SUFFIXES: tuple[str, ...]
    """In lower case; they count where no container recognises the content."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file's content, of which `head` is the beginning, is of this container."""

    def open_file(self, path: Path) -> Checkpoint:
        """The file's tensors.

        Raises:
            CheckpointError: the file is damaged, or holds what may not be read.
        """


def all_containers() -> Iterator[Container]:
    """Every container, imported when its turn comes."""
    return (cast("Container", import_module(name)) for name in MODULES)


def all_suffixes() -> tuple[str, ...]:
    """The suffixes of all containers, in lower case."""
    return tuple(suffix for container in all_containers() for suffix in container.SUFFIXES)


def recognise(path: str) -> Container:
    """The container of a file: by its content first, by its suffix where that tells nothing.

    Raises:
        CheckpointError: it cannot be read, is empty, or is of no container.
    """
    with RegularFile(path) as file:
        if file.size == 0:
            raise CheckpointError(path, "is empty")
        head = bytes(file.read(0, min(file.size, HEAD_BYTES)))
    container = _container_of_content(path, head) or _container_of_name(path)
    if container is None:
        raise _unknown(path, head)
    return container


def open_file(path: str) -> Checkpoint:
    """The checkpoint in one file, whichever container it is.

    Raises:
        CheckpointError: it cannot be read, is of no container, or is damaged.
    """
    return recognise(path).open_file(Path(path))


def _container_of_content(path: str, head: bytes) -> Container | None:
    container = next((container for container in all_containers() if container.recognises(Path(path), head)), None)
    if container is None and (kind := kind_of_content(head)) is not None:
        raise kind.error(path)
    return container


def _container_of_name(path: str) -> Container | None:
    name = path.lower()
    return next((container for container in all_containers() if name.endswith(container.SUFFIXES)), None)


def _unknown(path: str, head: bytes) -> CheckpointError:
    kind = kind_of_name(path) or (ZIP_ARCHIVE if head.startswith(b"PK") else None)
    if kind is not None:
        return kind.error(path)
    known = ", ".join(container.NAME for container in all_containers())
    return CheckpointError(path, "is of an unknown type", f"known are {known}")
