"""What a part of the screen gives to the clipboard."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rich.text import Text
from textual.widget import Widget
from textual.widgets import DataTable


@dataclass(frozen=True, slots=True)
class Copied:
    """A text, and what it is in a few words: `the name of the tensor`."""

    label: str
    text: str


@runtime_checkable
class Copyable(Protocol):
    """A part that has something to copy, at times."""

    def copied(self) -> Copied | None:
        """What there is now; None where there is nothing."""


def copied_from(focused: Widget | None) -> Copied | None:
    """What the focused part has, or else the nearest around it."""
    for node in focused.ancestors_with_self if focused is not None else ():
        if isinstance(node, Copyable):
            copied = node.copied()
        elif isinstance(node, DataTable):
            copied = row_of(node)
        else:
            continue
        if copied is not None:
            return copied
    return None


def row_of(table: DataTable[object]) -> Copied | None:
    """The row under the cursor, its cells with tabs between; None where there is no row."""
    if not table.is_valid_row_index(table.cursor_row):
        return None
    return Copied("the row", tabbed(table.get_row_at(table.cursor_row)))


def tabbed(cells: Iterable[object]) -> str:
    """Cells as they are seen, with tabs between."""
    return "\t".join((cell.plain if isinstance(cell, Text) else str(cell)).strip() for cell in cells)
