"""Nested mappings and lists as YAML 1.2 that readers of YAML 1.1 take the same way: every text is quoted."""

import re
from collections.abc import Iterator, Mapping

Scalar = str | int | bool
Yaml = Mapping[str, "Yaml"] | list[str] | list[int] | Scalar
"""What is written; texts are data and may hold any character."""

PLAIN_KEY = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z]\w*", re.ASCII | re.IGNORECASE)
"""Keys that no reader takes for a truth value or null."""


def emit(mapping: Mapping[str, Yaml], indent: int = 0) -> Iterator[str]:
    """The lines of a mapping in block style: a line for each text in a list, one line for a list of numbers.

    Keys take at most 1,024 characters as written (YAML 1.2.2, 8.2.2); values may be of any length.
    """
    margin = " " * indent
    for key, value in mapping.items():
        name = margin + (key if PLAIN_KEY.fullmatch(key) else scalar(key))
        if isinstance(value, Mapping) and value:
            yield f"{name}:"
            yield from emit(value, indent + 2)
        elif isinstance(value, list) and any(isinstance(element, str) for element in value):
            yield f"{name}:"
            yield from (f"{margin}  - {scalar(element)}" for element in value)
        else:
            yield f"{name}: {on_one_line(value)}"


def on_one_line(value: Yaml) -> str:
    """An empty mapping, a list or a scalar."""
    if isinstance(value, Mapping):
        return "{}"
    return f"[{', '.join(map(scalar, value))}]" if isinstance(value, list) else scalar(value)


def scalar(value: Scalar) -> str:
    """A text in single quotes, in double ones where characters must be escaped; a number or truth value plain."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if value.isascii() and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(map(escaped, value)) + '"'


def escaped(character: str) -> str:
    """A character as in double quotes (YAML 1.2.2, section 5.7)."""
    if character in {'"', "\\"}:
        return f"\\{character}"
    if character.isascii() and character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
