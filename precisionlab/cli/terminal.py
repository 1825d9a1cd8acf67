"""What is known of the terminal: width and colour of text that goes there, and whether somebody sits at it."""

import os
import shutil
import sys

PIPE_COLUMNS = 80
"""Width of the text where standard output is no terminal."""
LEAST_COLUMNS = 40
"""Narrower terminals wrap the lines themselves."""


def columns(in_a_pipe: int = PIPE_COLUMNS) -> int:
    """How wide the text may be."""
    return max(LEAST_COLUMNS, shutil.get_terminal_size().columns) if is_terminal() else in_a_pipe


def wants_colour(choice: str) -> bool:
    """Whether to colour: by the flag, else on a terminal that NO_COLOR does not silence."""
    if choice != "auto":
        return choice == "always"
    return is_terminal() and silencer() is None


def silencer() -> str | None:
    """The variable of the environment that says not to colour; None where none does."""
    if os.environ.get("NO_COLOR"):
        return "NO_COLOR"
    return "TERM" if os.environ.get("TERM") == "dumb" else None


def is_terminal() -> bool:
    """Whether somebody watches standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


def is_interactive() -> bool:
    """Whether somebody sits at a terminal that all three streams lead to."""
    return can_draw() and is_terminal()


def can_draw() -> bool:
    """Whether the app has what it draws on, which is standard error, and keys to listen to."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def styled(text: str, code: str, *, is_coloured: bool) -> str:
    """The text in a colour of the terminal (the number of an SGR sequence), or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if is_coloured and text else text
