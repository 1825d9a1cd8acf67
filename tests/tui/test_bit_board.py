"""Where bits stand on the screen."""

import pytest

from precisionlab.formats import formats
from precisionlab.formats.inspection import bit_fields
from precisionlab.formats.naming import ELEMENTS
from precisionlab.tui.bit_board import GAP, board, letter_of, name_over


@pytest.mark.parametrize("width", [40, 76, 136, 300])
@pytest.mark.parametrize("name", sorted(ELEMENTS))
def test_every_bit_has_one_place_and_none_sticks_out(name: str, width: int) -> None:
    """All bits stand once, in order, each found where it is drawn, within the width."""
    format_ = ELEMENTS[name]
    pattern = (1 << format_.bits) // 3
    made = board(bit_fields(pattern, format_), width)
    found = [cell for row in made.rows for cell in row.cells]
    assert [cell.bit for cell in found] == list(range(format_.bits))[::-1]
    assert int("".join(cell.digit for cell in found), 2) == pattern
    for i, row in enumerate(made.rows):
        assert all(0 <= cell.x <= width - made.cell_width for cell in row.cells)
        assert all(made.cell_at(i, cell.x + made.cell_width - 1) == cell for cell in row.cells)


def test_fields_stand_apart() -> None:
    """Between two fields there is a gap, which is no cell, and each field is named over its cells."""
    made = board(bit_fields(0x3F80, formats.element("bfloat16")), 100)
    (row,) = made.rows
    assert list(row.spans()) == [
        ("sign", 0, 1),
        ("exponent", made.cell_width + GAP, 8),
        ("mantissa", 9 * made.cell_width + 2 * GAP, 7),
    ]
    assert made.cell_at(0, made.cell_width) is None
    assert made.cell_at(1, 0) is None


def test_names_fit_or_are_one_letter() -> None:
    """What stands over a field leaves a column free before the next one's, and is its name or its letter."""
    for name in ("sign", "exponent", "integer bit", "regime", "mantissa", "fraction"):
        for width in range(2, 40):
            text = name_over(name, width)
            assert width <= len(text) < width + GAP
            assert text.strip("─ ") == (name if len(name) < width + GAP else letter_of(name))
