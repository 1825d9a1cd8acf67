"""The one place that writes to standard error: one line a message."""

import contextlib
import sys

from precisionlab.escaping import without_commands


def error(text: str) -> None:
    """Something that could not be done."""
    write("error", text)


def warning(text: str) -> None:
    """Something that may surprise."""
    write("warning", text)


def note(text: str) -> None:
    """Something worth knowing."""
    write("note", text)


def write(kind: str, text: str) -> None:
    """`precisionlab: error: …`, even where the terminal cannot show every character, or is gone."""
    stream = sys.stderr
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    line = without_commands(f"precisionlab: {kind}: {text}\n")
    with contextlib.suppress(OSError):
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


def is_terminal() -> bool:
    """Whether somebody watches standard error."""
    return sys.stderr is not None and sys.stderr.isatty()
