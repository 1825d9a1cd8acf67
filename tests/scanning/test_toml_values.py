"""Values as TOML has them: the standard library reads the same back."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from precisionlab.scanning.toml_values import spelled

TEXTS = st.text(st.characters(codec="utf-8"))
NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))


@given(st.one_of(st.booleans(), NUMBERS, TEXTS, st.lists(TEXTS), st.lists(NUMBERS)))
def test_values_are_read_back(value: object) -> None:
    """With their types: neither 1 for true nor 1.0 for 1."""
    read = tomllib.loads(f"x = {spelled(value)}")["x"]
    assert repr(read) == repr(value)


@given(TEXTS)
def test_texts_are_names_too(text: str) -> None:
    """As the heading of a table."""
    assert tomllib.loads(f"[{spelled(text)}]\nx = 1") == {text: {"x": 1}}
