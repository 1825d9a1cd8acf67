"""Names from files are data: how to show one that nobody vouches for."""

import re

COMMAND = re.compile(r"^((?:\x1b\[[\d;]*m|[^\S\n])*):(?=:)|#(?=#\[)", re.MULTILINE)
"""What GitHub's runner looks for in a log: lines that begin with `::`, and `##[` anywhere."""


def printable(text: str, limit: int = 200) -> str:
    r"""The text on one line, with every character that does not print escaped.

    Control characters, terminal escapes, newlines, bidirectional overrides and lone
    surrogates become `\x1b`, `\n`, `\u202e`, …; a backslash stays as it is. Longer texts
    are cut at `limit` characters, the cut marked with `…` and the full length. What the
    medium itself would interpret (HTML, console markup) is escaped by its writer.

    >>> printable("layer\x1b[31m\n")
    'layer\\x1b[31m\\n'
    """
    shown = text[:limit]
    if not shown.isprintable():
        shown = "".join(
            c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in shown
        )
    return shown if len(text) <= limit else f"{shown}… ({len(text):,} characters)"


def without_commands(lines: str) -> str:
    r"""The lines for a log, in which nothing is a command to GitHub's runner, such as a name that forges an annotation.

    >>> without_commands("    ::error::forged\nw##[warning]forged, a::b")
    '    \\x3a:error::forged\nw\\x23#[warning]forged, a::b'
    """
    return COMMAND.sub(lambda found: r"\x23" if found.group(1) is None else rf"{found.group(1)}\x3a", lines)
