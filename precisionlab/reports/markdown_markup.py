"""Markdown (GitHub's dialect) in which no text from a file breaks out of its place.

A name of plain characters stands in a code span; any other one in a `<code>` element with every
character that Markdown or HTML could interpret as a numeric entity.
"""

import re
from collections.abc import Iterable

from precisionlab.escaping import printable
from precisionlab.reports.quantities import shown_name
from precisionlab.reports.references import code_spans

TEXT_LIMIT = 600
PLAIN_NAME = re.compile(r"[A-Za-z0-9_./:+-]+(?: [A-Za-z0-9_./:+-]+)*", re.ASCII)
SPECIAL = re.compile(r"[\\`*\[\]<>&|~$]|(?<!\w)_|_(?!\w)|[@#](?=\w)|:(?=//)|\bwww(?=\.)")


def code(text_of_file: str) -> str:
    """A name as code: shown as it is, interpreted by nobody."""
    shown = shown_name(text_of_file)
    return f"`{shown}`" if PLAIN_NAME.fullmatch(shown) else html_code(text_of_file)


def html_code(text_of_file: str) -> str:
    """A name as code where HTML is read, as in a summary."""
    return f"<code>{entities(shown_name(text_of_file))}</code>"


def entities(shown: str) -> str:
    """Every character that is neither a letter, a digit, a dot nor a space as a numeric entity."""
    return re.sub(r"[^\w. ]|_", lambda match: f"&#{ord(match.group())};", shown)


def text(message: str, limit: int = TEXT_LIMIT) -> str:
    """A message as running text: nothing in it is markup, a link, a mention or the end of a cell."""
    return SPECIAL.sub(disarmed, printable(message, limit))


def disarmed(match: re.Match[str]) -> str:
    """A markup character as an entity; a link or mention, which sites also look for after rendering, cut in two."""
    found = match.group()
    return f"{found}<!-- -->" if found in {"@", "#", ":", "www"} else f"&#{ord(found)};"


def prose(markdown: str) -> str:
    """A sentence of ours whose only markup is code spans."""
    return "".join(code(part) if is_code else text(part) for part, is_code in code_spans(markdown))


def pipe_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; what stands in its cells is Markdown already."""
    head = tuple(header)
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def fenced(lines: str, language: str = "text") -> str:
    """Lines of fixed width; the fence is longer than any in them."""
    fence = "~" * max(3, *(len(run) + 1 for run in re.findall("~+", lines)), 3)
    return f"{fence}{language}\n{lines}\n{fence}"


def folded(summary: str, parts: Iterable[str]) -> tuple[str, ...]:
    """Parts that are shown when the reader opens them; nothing where there are none. The summary is HTML already."""
    inside = tuple(parts)
    return (f"<details>\n<summary>{summary}</summary>", *inside, "</details>") if inside else ()
