"""What Typst itself reads in the literals that we write."""

import json

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.reports import typst_markup
from precisionlab.reports.typst_markup import Code, call, code, literal, writable

texts = st.lists(
    st.text(st.characters(exclude_categories=()), max_size=30) | st.text('"\\#$*_[]{}()\n\r\t/u\u2028'), max_size=20
)


def read_by_typst(expression: str) -> object:
    """The value of an expression, as Typst's own query tells it."""
    document = f"#metadata({expression}) <told>".encode()
    return json.loads(typst.query(document, "<told>", field="value", one=True, ignore_system_fonts=True))


@settings(max_examples=50, deadline=None)
@given(given_texts=texts)
def test_a_literal_is_read_as_its_text(given_texts: list[str]) -> None:
    """Whatever a text holds, Typst reads the same characters, those that it cannot write as their numbers."""
    expression = f"({''.join(f'{literal(text)}, ' for text in given_texts)})"
    assert read_by_typst(expression) == [writable(text) for text in given_texts]


def test_values_are_read_as_they_are() -> None:
    """Nothing, truth values, numbers, arrays of one entry and of none, and code."""
    content = [None, True, 3, 0.5, ["one"], [], Code("1 + 1"), "#none"]
    assert read_by_typst(code(content)) == [None, True, 3, 0.5, ["one"], [], 2, "#none"]


def test_calls_name_their_arguments() -> None:
    """Underscores of Python's names are the hyphens of Typst's."""
    assert call("a_b", "x", c_d=1) == 'a-b("x", c-d: 1)'


def test_characters_beyond_the_fonts_are_told_by_number() -> None:
    """East Asian characters, those written from right to left, lone surrogates and control characters."""
    assert writable("w\u91cd\u05d0\ud800\U0001f600\x07") == r"w\u91cd\u05d0\ud800\U0001f600\x07"
    assert writable("żółć Ωλ Жж … ↓ ≤ 1\n") == "żółć Ωλ Жж … ↓ ≤ 1\n"


@pytest.mark.parametrize(
    "fonts", ['("Libertinus Serif", "DejaVu Sans Mono")', '("DejaVu Sans Mono", "Libertinus Serif")']
)
def test_the_fonts_inside_typst_write_every_character_that_is_kept(fonts: str) -> None:
    """An archival PDF is refused where a character has no picture; none is, in any weight."""
    characters = "".join(chr(point) for part in typst_markup.WRITABLE for point in part if chr(point).isprintable())
    weights = "".join(f'#text(weight: "{weight}", all)\n' for weight in ("regular", "semibold", "bold"))
    document = f"#set document(title: [t])\n#set text(font: {fonts})\n#let all = {literal(characters)}\n{weights}"
    archival = typst.compile(document.encode(), ignore_system_fonts=True, pdf_standards=["a-2u"])
    assert archival.startswith(b"%PDF")
