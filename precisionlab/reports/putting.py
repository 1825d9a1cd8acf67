"""Writing a file that a user asked for: wholly, or not at all and with the reason."""

from pathlib import Path

from precisionlab.errors import ReportError
from precisionlab.replacement import cause, replace_file


def put(target: Path, content: bytes) -> None:
    """Write a file in one step.

    Raises:
        ReportError: it cannot be written; what stood there before is then untouched.
    """
    try:
        replace_file(target, [content])
    except OSError as error:
        raise ReportError(str(target), f"cannot be written: {cause(error)}") from None


def encoded(text: str) -> bytes:
    """As UTF-8. Names are escaped by who writes them; a surrogate that one let through must not cost the file."""
    return text.encode("utf-8", "backslashreplace")


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: a lone surrogate becomes its escape."""
    return encoded(text).decode("utf-8")
