"""HTML and SVG without a forgotten escape: what is not `Markup` yet is escaped where it is put in."""

import html

from precisionlab.escaping import printable

TEXT_LIMIT = 1_000
"""Characters of one text; names are cut shorter by who shows them."""

VOID = frozenset({"meta", "link", "input", "br", "col"})
"""Elements of HTML that have no end."""


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Content = str | int


def escaped(content: Content) -> Markup:
    """The content as markup: itself where it is markup, else made printable and escaped."""
    if isinstance(content, Markup):
        return content
    return Markup(html.escape(printable(str(content), TEXT_LIMIT)))


def joined(*contents: Content) -> Markup:
    """Contents one after the other."""
    return Markup("".join(map(escaped, contents)))


def element(name: str, /, *contents: Content, **attributes: str | float | bool) -> Markup:
    """An element. `class_` and `aria_label` name `class` and `aria-label`; True is a bare attribute, False none."""
    opening = "".join([f"<{name}", *map(attribute, attributes.items()), ">"])
    return Markup(opening if name in VOID else f"{opening}{joined(*contents)}</{name}>")


def attribute(pair: tuple[str, str | float | bool]) -> str:
    """One attribute with a blank before it; nothing where its value is False."""
    name = pair[0].rstrip("_").replace("_", "-")
    if isinstance(pair[1], bool):
        return f' {name}=""' if pair[1] else ""
    return f' {name}="{escaped(pair[1] if isinstance(pair[1], str) else f"{pair[1]:g}")}"'
