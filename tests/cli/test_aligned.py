"""Rows of text as lines."""

from precisionlab.cli.aligned import aligned


def test_cells_stand_under_one_another() -> None:
    """Words to the left, numbers to the right, and no blanks at the end."""
    rows = [("name", "bits", "title"), ("a", "16", "A"), ("longer", "8", "")]
    assert aligned(rows, {1}) == ["name    bits  title", "a         16  A", "longer     8"]
    assert aligned(rows) == ["name    bits  title", "a       16    A", "longer  8"]


def test_no_rows_are_no_lines() -> None:
    """Nor are there columns."""
    assert aligned([]) == []
