"""The ranges of formats on one axis."""

import pytest

from precisionlab.formats import formats
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.specials import Special
from precisionlab.tui.microscope import specimen_of, typed
from precisionlab.tui.range_lines import FAINT, INSIDE, OUTSIDE, SOLID, range_lines

START = specimen_of(0, formats.element("float64"))


def lines(text: str, *names: str) -> tuple[str, ...]:
    """The lines of a number."""
    return range_lines(typed(text, START).number, [formats.element(name) for name in names], 100)


def test_the_number_is_marked_where_a_format_reaches_it_and_where_not() -> None:
    """100,000 is within float32's range and beyond float16's, at the same place of the axis."""
    wide, narrow, axis = lines("100000", "float32", "float16")
    assert wide.index(INSIDE) == narrow.index(OUTSIDE)
    assert wide[0] == FAINT
    assert SOLID in narrow
    assert axis.startswith("2^-149")
    assert axis.endswith("2^128")


def test_what_a_format_without_sign_lacks_is_beyond_it() -> None:
    """A negative number is beyond an unsigned format, whatever its size."""
    signed, unsigned, _ = lines("-5", "int8", "uint8")
    assert INSIDE in signed
    assert OUTSIDE in unsigned


@pytest.mark.parametrize("special", [*Special, 0])
def test_zero_infinity_and_nan_have_no_place(special: Special | int) -> None:
    """Only numbers with a size are marked."""
    text = special.value if isinstance(special, Special) else "0"
    assert not any(mark in line for line in lines(text, "float32", "int8") for mark in (INSIDE, OUTSIDE))


def test_every_format_of_the_catalogue_has_a_line() -> None:
    """All lines are as long as the axis, also of numbers far beyond every format."""
    for text in ("1", "1e-12000", "1e12000"):
        found = range_lines(typed(text, START).number, tuple(ELEMENTS.values()), 60)
        assert len(found) == len(ELEMENTS) + 1
        assert {len(line) for line in found} == {60}
