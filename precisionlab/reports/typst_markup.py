"""Typst without a forgotten escape: what is not `Code` yet becomes a string literal, which Typst never reads as markup."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain

from precisionlab.escaping import printable
from precisionlab.reports.quantities import shown_name
from precisionlab.reports.references import code_spans

TEXT_LIMIT = 4_000
"""Characters of one text."""
LONGEST_IN_LINE, LONGEST_IN_CELL = 44, 14
"""Characters of words that are never broken, in lines as wide as the page and in cells."""
PIECE = re.compile(
    rf"(?:\S{{1,{LONGEST_IN_CELL}}}(?:\s+|$))+"  # short words with what is between them
    rf"|[^./_\-=,:\s]{{1,{LONGEST_IN_CELL}}}[./_\-=,:]*\s*|[./_\-=,:]{{1,{LONGEST_IN_CELL}}}\s*|\s+"
)
"""Where a long word may be broken: after separators, or anywhere in parts that are longer still."""

WRITABLE = (
    *(range(0x20, 0x34F), range(0x374, 0x3CF), range(0x3F0, 0x460), range(0x490, 0x4C5)),
    *(
        range(0x1D3E, 0x1D60),
        range(0x1E00, 0x1E9C),
        range(0x1F00, 0x2038),
        range(0x2070, 0x20B6),
        range(0x2153, 0x2185),
    ),
    *(range(0x2190, 0x2221), range(0x2241, 0x226C), range(0x228D, 0x22A6), range(0x24FF, 0x2630)),
)
"""Characters that the fonts inside Typst can write, all from left to right: Latin, Greek, Cyrillic, symbols."""
UNWRITABLE = re.compile(f"[^{''.join(f'{chr(part[0])}-{chr(part[-1])}' for part in WRITABLE)}\n]")

MARKS = {ord("\\"): r"\\", ord('"'): r"\"", ord("\n"): r"\n"}
"""What a string literal would interpret."""


class Code(str):
    """Text that is Typst code already."""

    __slots__ = ()


Content = str | int | float | bool | None | Sequence["Content"]


def writable(text: str) -> str:
    r"""The text with every character that no font can write as its number: `\u91cd`.

    So a report has the same bytes on every machine, whatever its fonts, and no name shows as empty boxes
    or turns the words around it.
    """
    return UNWRITABLE.sub(lambda found: found.group().encode("unicode_escape", "surrogatepass").decode("ascii"), text)


def literal(text: str) -> Code:
    """A string literal of these characters, whole."""
    return Code(f'"{writable(text).translate(MARKS)}"')


def code(content: Content) -> Code:
    """The content as an expression: code as it is; texts printable and in quotes; sequences as arrays."""
    match content:
        case Code():
            return content
        case str():
            return literal(printable(content, TEXT_LIMIT))
        case None:
            return Code("none")
        case bool():
            return Code("true" if content else "false")
        case int() | float():
            return Code(f"{content:g}")
        case _:
            return array(content)


def array(contents: Iterable[Content]) -> Code:
    """An array; the comma after its last entry makes one of a single entry too."""
    return Code(f"({''.join(f'{code(one)}, ' for one in contents)})")


def call(name: str, /, *contents: Content, **named: Content) -> Code:
    """A function's call. A `_` in a name stands for the `-` of Typst's names."""
    places = map(code, contents)
    names = (f"{key.replace('_', '-')}: {code(value)}" for key, value in named.items())
    return Code(f"{name.replace('_', '-')}({', '.join(chain(places, names))})")


def flowing(text: str, limit: int = TEXT_LIMIT) -> Code:
    """A text in lines of the page, whose longest words, such as names, may be broken."""
    return breakable(printable(text, limit), LONGEST_IN_LINE)


def folded(text: str) -> Code:
    """A text in a cell, whose long words may be broken."""
    return breakable(printable(text, TEXT_LIMIT), LONGEST_IN_CELL)


def breakable(text: str, longest: int) -> Code:
    """A literal, or pieces between which a line may end, where a word is longer than that."""
    shown = writable(text)
    if max(map(len, shown.split(" "))) <= longest:
        return literal(shown)
    return call("pieces", *map(literal, PIECE.findall(shown)))


def name(text: str) -> Code:
    """A name or another word of a computer in its own typeface, in lines of the page."""
    return call("code", flowing(shown_name(text)))


def folded_name(text: str) -> Code:
    """The same in a cell."""
    return call("code", folded(shown_name(text)))


def worded(*contents: Content) -> Code:
    """Contents one after the other in a line."""
    return call("words", *contents)


def prose(markdown: str) -> Code:
    """A sentence of Markdown in a cell, that has code spans and nothing else."""
    return worded(*(folded_name(part) if is_code else folded(part) for part, is_code in code_spans(markdown)))
