"""The one place that writes to standard output: the result, and nothing else."""

import os
import sys
from typing import TextIO

from precisionlab.errors import ReportError


def put(text: str) -> None:
    """Write to standard output, even where it cannot show every character.

    A reader that has gone away (`| head`) has what it wanted.

    Raises:
        ReportError: standard output is closed, full or broken.
    """
    stream = sys.stdout
    if stream is None:
        raise ReportError("standard output", "is closed")
    try:
        stream.write(showable(text if text.endswith("\n") else f"{text}\n", stream))
        stream.flush()
    except BrokenPipeError:
        discard(stream)
    except OSError as error:
        discard(stream)
        raise ReportError(
            "standard output", f"cannot be written: {(error.strerror or 'unknown cause').lower()}"
        ) from None


def showable(text: str, stream: TextIO) -> str:
    """The text with escapes for what the stream's encoding lacks."""
    encoding = stream.encoding or "utf-8"
    if not encoding.lower().startswith("utf"):
        text = text.replace("…", "...")
    return text.encode(encoding, "backslashreplace").decode(encoding)


def discard(stream: TextIO) -> None:
    """Let the rest go nowhere: Python would try again to write it, and complain, at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
