"""Where one is, in the columns that there are."""

from hypothesis import given
from hypothesis import strategies as st

from precisionlab.tui.trails import LEFT_OUT, STEP, trail

NAMES = st.lists(st.text("ab1", min_size=1, max_size=8), min_size=1, max_size=9).map(".".join)


def test_the_way_is_whole_where_there_is_room() -> None:
    """Checkpoint, modules, tensor, analyzer."""
    assert trail("/x/m.pth", "layers.0.w", "range", 80).split(STEP) == ["m.pth", "layers", "0", "w", "range"]
    assert trail("m.pth", None, None, 80).split(STEP) == ["m.pth", "whole checkpoint"]


@given(name=NAMES, width=st.integers(1, 120))
def test_it_keeps_its_ends(name: str, width: int) -> None:
    """It fits, or holds nothing but the checkpoint, the last step of the tensor and the analyzer."""
    steps = trail("m", name, "range", width).split(STEP)
    assert (steps[0], steps[-1]) == ("m", "range")
    assert steps[-2] == name.rsplit(".", maxsplit=1)[-1]
    assert steps.count(LEFT_OUT) <= 1
    assert len(STEP.join(steps)) <= width or len(steps) <= 4


def test_names_are_text() -> None:
    """Control characters are spelled."""
    assert "\x1b" not in trail("m", "a\x1b[31m.b", None, 80)
