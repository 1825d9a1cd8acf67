"""The way back and forth through what was under the microscope."""

from precisionlab.formats import formats
from precisionlab.tui.elements import Place
from precisionlab.tui.microscope import flipped, moved, specimen_of
from precisionlab.tui.scenes import MOST_KEPT, History, Scene, advanced, redone, undone

ZERO = specimen_of(0, formats.element("int8"))


def test_changes_are_undone_and_done_again() -> None:
    """Undo leads back one change at a time, redo forth, and neither goes beyond an end."""
    first = History(Scene(ZERO))
    second = advanced(first, Scene(flipped(ZERO)))
    assert undone(second).present == first.present
    assert redone(undone(second)) == second
    assert undone(first) == first
    assert redone(second) == second


def test_a_new_change_forgets_what_was_undone() -> None:
    """After undo and another change there is nothing to do again."""
    back = undone(advanced(History(Scene(ZERO)), Scene(flipped(ZERO))))
    other = advanced(back, Scene(flipped(moved(ZERO, 1))))
    assert redone(other) == other


def test_moving_the_cursor_is_no_change() -> None:
    """The cursor's moves are kept, but not gone back through; another place is a change."""
    history = advanced(History(Scene(ZERO)), Scene(moved(ZERO, 2)))
    assert history.present.specimen.cursor == 5
    assert not history.past
    assert advanced(history, Scene(ZERO, Place((1,)), ZERO)).past


def test_the_way_back_is_bounded() -> None:
    """Only so many changes are kept."""
    history = History(Scene(ZERO))
    for _ in range(MOST_KEPT + 10):
        history = advanced(history, Scene(flipped(history.present.specimen)))
    assert len(history.past) == MOST_KEPT


def test_an_edited_element_is_told_from_what_is_stored() -> None:
    """A scene knows whether its bits are those of the file; the cursor does not matter."""
    place = Place((0,))
    assert not Scene(moved(ZERO, 3), place, ZERO).is_edited
    assert Scene(flipped(ZERO), place, ZERO).is_edited
    assert not Scene(flipped(ZERO)).is_edited
