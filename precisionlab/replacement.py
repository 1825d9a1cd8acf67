"""Putting a file or a folder in place in one step: the old content or the new one, never a part of either."""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path


def replace_file(target: Path, chunks: Iterable[bytes | bytearray | memoryview]) -> None:
    """Put the chunks, joined, where the target is, or where a symbolic link there points, in one step.

    What the iterable itself raises passes through.

    Raises:
        OSError: the place cannot be written, or is something else than a file. What stood
            there before is then untouched, and nothing new is left.
    """
    place = place_of(target)
    check_replaceable(place)
    with temporary_beside(place) as temporary:
        write_through(temporary, chunks)
        temporary.replace(place)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, beside the target; put there, where nothing or an empty folder is, once the block is done.

    What the block raises passes through, and the folder is deleted with all that is in it.

    Raises:
        OSError: the folder cannot be made, or something else than an empty folder is there.
    """
    place = place_of(target)
    check_vacant(place)
    temporary = _temporary_name(place)
    temporary.mkdir()
    try:
        _take_mode(temporary, place)
        yield temporary
        temporary.replace(place)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary, ignore_errors=True)


def place_of(target: Path) -> Path:
    """The absolute path without symbolic links, whether anything is there or not.

    Raises:
        OSError: no path can be such, or its links form a circle.
    """
    try:
        place = Path(os.path.realpath(target))
    except ValueError:  # a NUL, or a character that no file name can hold
        raise OSError(errno.EINVAL, "it is no possible path") from None
    if place.is_symlink():
        raise OSError(errno.ELOOP, "its symbolic links form a circle")
    return place


def check_replaceable(place: Path) -> None:
    """Refuse folders, devices and pipes, and files that may not be written: replacing would go around that.

    Raises:
        OSError: it is one of these.
    """
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if place.exists() and not place.is_file():
        raise OSError(errno.EINVAL, "it is a device or a pipe")
    if place.exists() and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def check_vacant(place: Path) -> None:
    """Refuse all but nothing and an empty folder.

    Raises:
        OSError: something else is there.
    """
    if place.is_dir():
        if any(place.iterdir()):
            raise OSError(errno.ENOTEMPTY, "it is a folder that is not empty")
    elif place.exists():
        raise FileExistsError(errno.EEXIST, "it is there already, and no folder")


def require_room(place: Path, n_bytes: int) -> None:
    """Make sure, before anything is written, that the disk of the place's folder has so many bytes free.

    Raises:
        OSError: it has not, or there is no such folder.
    """
    free = shutil.disk_usage(place.parent).free
    if n_bytes > free:
        raise OSError(errno.ENOSPC, f"it takes {n_bytes:,} bytes of disk, of which {free:,} are free")


def cause(error: OSError) -> str:
    """What the operating system says, without the path that it names."""
    return (error.strerror or "unknown cause").lower()


@contextlib.contextmanager
def temporary_beside(place: Path) -> Iterator[Path]:
    """A new empty file in the same folder, with the permissions of the one there; gone at the end unless renamed."""
    temporary = _temporary_name(place)
    temporary.touch(mode=0o666, exist_ok=False)
    try:
        _take_mode(temporary, place)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def write_through(path: Path, chunks: Iterable[bytes | bytearray | memoryview]) -> None:
    """Write and wait until the disk has it: a full disk shows here, before anything is replaced."""
    with path.open("wb") as stream:
        stream.writelines(chunks)
        stream.flush()
        os.fsync(stream.fileno())


def _temporary_name(place: Path) -> Path:
    return place.with_name(f".{place.name[:50]}.{secrets.token_hex(4)}.part")


def _take_mode(temporary: Path, place: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        temporary.chmod(place.stat().st_mode & 0o777)
