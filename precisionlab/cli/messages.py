"""The one place that writes to standard error: one line a message."""

import sys


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
    """`precisionlab: error: …`, even where the terminal cannot show every character."""
    line = f"precisionlab: {kind}: {text}\n"
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding))
