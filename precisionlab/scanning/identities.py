"""Which files a scan read: size, time and, where asked for, SHA-256."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from precisionlab.analysis.report import FileIdentity


def identities(paths: Iterable[str]) -> tuple[FileIdentity, ...]:
    """What tells these files from others. Of one that is not there any more only the path is told."""
    return tuple(map(identity, paths))


def identity(path: str) -> FileIdentity:
    """What tells a file from others, without its checksum."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return FileIdentity(path)
    modified = datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds")
    return FileIdentity(path, status.st_size, modified)


def checksummed(files: Iterable[FileIdentity]) -> tuple[FileIdentity, ...]:
    """The same with the SHA-256 of each; of one that cannot be read any more there is none."""
    return tuple(replace(file, sha256=checksum(Path(file.path))) for file in files)


def checksum(file: Path) -> str:
    """The SHA-256 of a file's bytes, hexadecimal; empty where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""
