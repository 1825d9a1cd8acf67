"""What the small commands share about standard output: width, colour, characters that cannot be shown."""

import os
import shutil
import sys

PIPE_COLUMNS = 80
"""Width of the text where standard output is no terminal."""


def put(text: str) -> None:
    """Write to standard output, even where it cannot show every character."""
    encoding = sys.stdout.encoding or "utf-8"
    if not encoding.lower().startswith("utf"):
        text = text.replace("…", "...")
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def columns() -> int:
    """How wide the text may be."""
    return max(40, shutil.get_terminal_size().columns) if sys.stdout.isatty() else PIPE_COLUMNS


def wants_colour(choice: str) -> bool:
    """Whether to colour: by the flag, else on a terminal that NO_COLOR does not silence."""
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, code: str, *, is_coloured: bool) -> str:
    """The text in a colour of the terminal (the number of an SGR sequence), or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if is_coloured and text else text
