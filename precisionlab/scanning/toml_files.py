"""Reading a TOML file that a user wrote, or that is there by mistake."""

import tomllib
from pathlib import Path
from typing import Any

from precisionlab.errors import UsageError
from precisionlab.escaping import printable

MAX_BYTES = 1 << 20
"""Longest configuration file that is read: one by mistake may be anything."""


def tables_of(path: Path) -> dict[str, Any]:
    """The TOML document.

    Raises:
        UsageError: it cannot be read, is too long or does not parse.
    """
    content = content_of(path)
    try:
        return tomllib.loads(content.decode("utf-8-sig"))  # some editors begin files with a mark
    except UnicodeDecodeError as error:
        raise UsageError(str(path), "is not valid TOML (not UTF-8)") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(str(path), f"is not valid TOML ({printable(str(error))})") from error
    except RecursionError as error:
        raise UsageError(str(path), "is nested too deeply for a configuration") from error


def content_of(path: Path) -> bytes:
    """What the file holds.

    Raises:
        UsageError: it cannot be read, or is too long.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({(error.strerror or 'unknown cause').lower()})") from error
    if len(content) > MAX_BYTES:
        raise UsageError(str(path), f"is too long for a configuration: more than {MAX_BYTES:,} bytes")
    return content
