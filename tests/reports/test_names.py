"""Names where there is little room."""

from hypothesis import given
from hypothesis import strategies as st

from precisionlab.reports.names import shortened, shortened_names

LAYERS = [f"model.layers.{i}.self_attn.{part}_proj.weight" for i in (0, 12) for part in "qo"]


@given(st.text("abcdé./ ", max_size=60), st.integers(1, 60))
def test_a_shortened_text_fits_and_keeps_both_ends(text: str, limit: int) -> None:
    """It is the text where that fits, else exactly as long as allowed: a beginning, one mark, an end about as long."""
    short = shortened(text, limit)
    if len(text) <= limit:
        assert short == text
        return
    start, _, end = short.partition("…")
    assert len(short) == limit
    assert text.startswith(start)
    assert text.endswith(end)
    assert 0 <= len(start) - len(end) <= 1


def test_what_names_share_is_left_out_first() -> None:
    """First whole parts that all begin with, then those that all end with, then middles."""
    assert shortened_names(LAYERS, 40) == LAYERS
    assert shortened_names(LAYERS, 28)[1] == "…0.self_attn.o_proj.weight"
    assert shortened_names(LAYERS, 22)[2] == "…12.self_attn.q_proj…"
    assert shortened_names(LAYERS, 12)[2] == "…12.se…proj…"


def test_a_name_alone_has_nothing_to_share() -> None:
    """Its middle is left out."""
    assert shortened_names(["model.layers.0.weight"], 11) == ["model…eight"]
    assert shortened_names([], 11) == []


def test_names_are_made_printable_before_they_are_cut() -> None:
    """No cut falls into a character that a terminal obeys."""
    assert shortened_names(["a\x1b[31mb"], 20) == [r"a\x1b[31mb"]


@given(st.lists(st.text("ab./é", max_size=12), max_size=5), st.integers(1, 16))
def test_any_names_fit(names: list[str], limit: int) -> None:
    """Whatever their parts, there is one for each, and none is too long."""
    short = shortened_names(names, limit)
    assert len(short) == len(names)
    assert all(len(name) <= limit for name in short)


@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=2, max_size=5, unique=True))
def test_what_differs_stays(middles: list[str]) -> None:
    """Where there is room for the parts that differ, these are there in full."""
    names = [f"model.layers.{middle}.weight" for middle in middles]
    assert shortened_names(names, max(map(len, middles)) + 2) == [f"…{middle}…" for middle in middles]
