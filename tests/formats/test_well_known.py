"""The documentation's table of eight well-known formats, entry by entry, and the entries that circulate wrongly."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from precisionlab.formats.exact import decode_exact, encode_exact, neighbours
from precisionlab.formats.facts import facts_of, landmarks
from precisionlab.formats.naming import ELEMENTS

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
EIGHT = {"float16", "bfloat16", "tfloat32", "fp24", "pxr24", "float32", "float64", "x87_extended"}
DEFINITIONS = {
    "float16": (5, 10, 15),
    "bfloat16": (8, 7, 127),
    "tfloat32": (8, 10, 127),
    "fp24": (7, 16, 63),
    "pxr24": (8, 15, 127),
    "float32": (8, 23, 127),
    "float64": (11, 52, 1023),
    "x87_extended": (15, 63, 16383),
}
"""Exponent bits, mantissa bits and bias as the formats' definitions print them."""


def two(exponent: int) -> Fraction:
    """A power of two."""
    return Fraction(2) ** exponent


def derived(name: str) -> dict[str, Fraction]:
    """The landmarks by the formulas of IEEE 754-2019, clause 3.3."""
    width, m, bias = DEFINITIONS[name]
    lowest, highest = 1 - bias, 2**width - 2 - bias
    return {
        "smallest subnormal": two(lowest - m),
        "largest subnormal": two(lowest) - two(lowest - m),
        "smallest normal": two(lowest),
        "largest below 1": 1 - two(-m - 1),
        "smallest above 1": 1 + two(-m),
        "largest finite": (2 - two(-m)) * two(highest),
    }


def documented() -> Iterator[tuple[str, list[str]]]:
    """Each row of the page's landmark tables with its table's title."""
    title = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"\*\*(.+)\*\*", line)
        title = heading[1].lower() if heading else title
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in EIGHT and len(cells) == 4:
            yield title, cells


def powers(text: str) -> Fraction:
    """The value of `2047 * 2^5`, `1 - 2^-53`."""
    total, sign = Fraction(0), 1
    for term in re.split(r" ([+-]) ", text):
        if term in "+-":
            sign = 1 if term == "+" else -1
            continue
        odd, _, exponent = (term if "^" in term else f"{term} * 2^0").rpartition("2^")
        total += sign * int(odd.removesuffix(" * ") or 1) * two(int(exponent))
    return total


@pytest.mark.parametrize("name", DEFINITIONS)
def test_landmarks_follow_from_three_numbers(name: str) -> None:
    """What the catalogue says of the eight formats is what the formulas give."""
    found = dict(landmarks(facts_of(ELEMENTS[name])))
    assert {key: found[key] for key in derived(name)} == derived(name)


def test_the_page_documents_every_landmark_correctly() -> None:
    """Forty-eight entries: fields, exact value and decimal of each are the derived ones."""
    rows = list(documented())
    assert len(rows) == len(EIGHT) * 6
    for title, (name, fields, exactly, about) in rows:
        value, format_ = derived(name)[title], ELEMENTS[name]
        assert powers(exactly) == value
        assert abs(Fraction(about) - value) <= value * Fraction(1, 10**8)
        bits = re.escape(fields.strip("`").replace(" ", "")).replace("0…0", "0+").replace("1…1", "1+")
        assert re.fullmatch(bits, f"{encode_exact(value, format_):0{format_.bits}b}")


def test_the_page_documents_precision_and_range() -> None:
    """Epsilon, unit roundoff, dynamic range, exact integers and digits of each format."""
    lines = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    rows = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 7}
    for name, (_, m, _) in DEFINITIONS.items():
        facts, found = facts_of(ELEMENTS[name]), derived(name)
        assert found["smallest above 1"] - 1 == powers(rows[name][0]) == facts.epsilon
        assert powers(rows[name][1]) == facts.unit_roundoff == two(-m - 1)
        assert rows[name][2] == f"{facts.dynamic_range_decades:.2f}"
        assert rows[name][3] == f"{facts.dynamic_range_bits:.2f}"
        assert int(rows[name][4]) == 2 ** (m + 1)
        assert rows[name][5] == f"{facts.guaranteed_digits}, {facts.round_trip_digits}"


def test_entries_that_circulate_wrongly() -> None:
    """Half: smallest subnormal 2^-24, largest finite 65504 at 11110 1111111111, next after one 1.0009765625."""
    half = ELEMENTS["half"]
    assert decode_exact(1, half) == two(-24)
    assert float(two(-24)) == 5.960464477539063e-08
    assert decode_exact(0b0_11110_1111111111, half) == 65504
    assert neighbours(0b0_11110_1111111111, half)[1] == 0b0_11111_0000000000
    _, after_one = neighbours(encode_exact(Fraction(1), half), half)
    assert after_one is not None
    assert decode_exact(after_one, half) == Fraction("1.0009765625")
    assert encode_exact(Fraction("1.00048828125"), half) == encode_exact(Fraction(1), half)


def test_the_pages_examples_run() -> None:
    """Each example alone, as it is copied."""
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), {})  # noqa: S102 - our own page
