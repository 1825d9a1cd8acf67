"""Writing a file in one step: the old content or the new one, never a part of either."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from precisionlab.errors import ReportError


def replace_file(target: Path, content: bytes) -> None:
    """Put the content where the target is, or where a symbolic link there points, in one step.

    Raises:
        ReportError: the place cannot be written, or is something else than a file; what
            stood there before is then untouched.
    """
    try:
        place = target.resolve()
        check_replaceable(place)
        with temporary_beside(place) as temporary:
            write_through(temporary, content)
            temporary.replace(place)
    except (OSError, RuntimeError) as error:
        raise ReportError(str(target), f"cannot be written: {cause(error)}") from None


def check_replaceable(place: Path) -> None:
    """Refuse folders, devices and pipes, and files that may not be written: replacing would go around that."""
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if place.exists() and not place.is_file():
        raise OSError(errno.EINVAL, "it is a device or a pipe")
    if place.exists() and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def cause(error: OSError | RuntimeError) -> str:
    """What the operating system says, without the path that it names."""
    spoken = error.strerror if isinstance(error, OSError) else "its symbolic links form a circle"
    return (spoken or "unknown cause").lower()


@contextlib.contextmanager
def temporary_beside(place: Path) -> Iterator[Path]:
    """A new empty file in the same folder, with the permissions of the one there; gone at the end unless renamed."""
    temporary = place.with_name(f".{place.name[:50]}.{secrets.token_hex(4)}.part")
    temporary.touch(mode=0o666, exist_ok=False)
    try:
        with contextlib.suppress(FileNotFoundError):
            temporary.chmod(place.stat().st_mode & 0o777)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def write_through(path: Path, content: bytes) -> None:
    """Write and wait until the disk has it: a full disk shows here, before anything is replaced."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
