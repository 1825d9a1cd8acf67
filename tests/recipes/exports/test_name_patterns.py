"""Expressions for names: exact, and few."""

import re
from itertools import product
from string import ascii_letters

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.recipes.exports.name_patterns import cover, either, expression, only_name

PARTS = st.one_of(
    st.sampled_from(["0", "1", "10", "007", "layers", "q", "k", "a.b", "", "re:", "x\n", "[", "$"]), st.text(max_size=3)
)
PATHS = st.sets(st.lists(PARTS, min_size=1, max_size=3).map(tuple), max_size=12)
NAMES = st.sets(st.lists(PARTS, min_size=1, max_size=3).map(".".join), max_size=12)


@given(PATHS)
def test_products_are_disjoint_and_together_exactly_the_paths(paths: set[tuple[str, ...]]) -> None:
    """Written out, the products name every path once and no other."""
    written = [path for alternatives in cover(paths) for path in product(*alternatives)]
    assert len(written) == len(set(written))
    assert set(written) == paths


@settings(max_examples=200)
@given(NAMES, NAMES)
def test_expressions_match_these_names_alone(names: set[str], others: set[str]) -> None:
    """Fully and from the beginning to the end, whatever characters the names have."""
    expressions = [expression(alternatives) for alternatives in cover({tuple(name.split(".")) for name in names})]
    for name in names | others:
        assert sum(re.fullmatch(found, name) is not None for found in expressions) == (name in names)
        assert any(re.match(rf"{found}\Z", name) for found in expressions) == (name in names)


@settings(max_examples=100)
@given(
    st.sets(st.integers(0, 1200), min_size=1, max_size=400), st.sets(st.tuples(st.integers(0, 9), st.integers(0, 99)))
)
def test_numbers_match_as_they_are_written(numbers: set[int], ranges: set[tuple[int, int]]) -> None:
    """Of all numbers to 1,300, and of those with leading zeros, just these."""
    numbers |= {start * 130 + i for start, length in ranges for i in range(length)}
    found = re.compile(either({str(number) for number in numbers}))
    assert {i for i in range(1300) if found.fullmatch(str(i))} == {i for i in numbers if i < 1300}
    assert not any(found.fullmatch(f"0{i}") for i in range(1300))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (range(1), "0"),
        (range(10), "[0-9]"),
        (range(32), "([0-9]|[12][0-9]|3[01])"),
        (range(1, 32), "([1-9]|[12][0-9]|3[01])"),
        ((3, 4, 7), "[347]"),
        (range(100, 130), "1[0-2][0-9]"),
    ],
)
def test_ranges_of_layers_read_well(numbers: range, expected: str) -> None:
    """As one would write them by hand."""
    assert either([str(number) for number in numbers]) == expected


def test_a_uniform_decoder_takes_one_expression_a_parent() -> None:
    """32 layers of seven modules are two products."""
    names = {("model", "layers", str(i), "self_attn", name) for i in range(32) for name in ("q", "k", "v", "o")}
    names |= {("model", "layers", str(i), "mlp", name) for i in range(32) for name in ("gate", "up", "down")}
    assert [expression(found) for found in cover(names)] == [
        r"model\.layers\.([0-9]|[12][0-9]|3[01])\.mlp\.(down|gate|up)",
        r"model\.layers\.([0-9]|[12][0-9]|3[01])\.self_attn\.(k|o|q|v)",
    ]


def test_whole_columns_and_whole_rows_both_merge() -> None:
    """Layers that agree on a module, and modules that agree in a layer: as many products as such groups."""
    by_layer = {(str(i), name) for i in range(0, 20, 2) for name in ascii_letters}
    by_module = {(str(i), name) for i in range(20) for name in "aeiou"}
    assert len(cover(by_layer)) == len(cover(by_module)) == 1
    assert len(cover({("7", name) for name in "abc"} | {(str(i), "a") for i in range(20)})) == 2


def test_a_product_of_one_name_is_that_name() -> None:
    """And others are none."""
    assert only_name((frozenset({"a"}), frozenset({"b"}))) == "a.b"
    assert only_name((frozenset({"a"}), frozenset({"b", "c"}))) is None
