"""Rows of text as lines whose cells stand under one another."""

from collections.abc import Collection, Iterator, Sequence

GAP = "  "


def aligned(rows: Sequence[Sequence[str]], to_right: Collection[int] = ()) -> list[str]:
    """A line for each row, its cells padded to the widest of their column; none ends in blanks.

    Args:
        rows: as long as one another, headings among them.
        to_right: the columns whose cells stand to the right, as numbers do.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [aligned_row(cells, widths, to_right) for cells in rows]


def aligned_row(cells: Sequence[str], widths: Sequence[int], to_right: Collection[int]) -> str:
    """The line of one row."""
    padded = (
        cell.rjust(width) if i in to_right else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return GAP.join(padded).rstrip()


def records(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """One short line for each cell below the first of its row, for terminals that are narrower than the table."""
    for first, *others in rows:
        yield first
        yield from (f"  {heading:<10}{cell}" for heading, cell in zip(headings[1:], others, strict=True))
