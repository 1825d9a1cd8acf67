"""Recipes as JSON, and back."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.errors import ReportError
from precisionlab.recipes.exports.plain_json import notes, read, render
from precisionlab.recipes.recipe import Assignment, Recipe
from tests.recipes.exports.decoders import assigned, recipe_of

GOLDEN = """{
 "kind": "precisionlab recipe",
 "schema_version": 1,
 "checkpoint": "model.safetensors",
 "objective": "4.5 bits a weight",
 "bits": 4096,
 "loss": "inf",
 "bound": 0.25,
 "settings": {"bits": "4.5", "keep": "lm_head"},
 "assignments": [
  {"tensor": "a.weight", "shape": [32, 32], "stored_dtype": "bfloat16", "format": "nvfp4", "bits": 4096, "reason": "best"},
  {"tensor": "\\u00e9\\n", "shape": [], "stored_dtype": "float32", "format": null, "bits": 32, "reason": ""}
 ]
}
"""
EXAMPLE = Recipe(
    "model.safetensors",
    (
        Assignment("a.weight", (32, 32), "bfloat16", "nvfp4", 4096, "best"),
        Assignment("\u00e9\n", (), "float32", None, 32, ""),
    ),
    bits=4096,
    loss=math.inf,
    bound=0.25,
    objective="4.5 bits a weight",
    settings={"keep": "lm_head", "bits": "4.5"},
)

COUNTS = st.integers(0, 1 << 80)
NUMBERS = st.none() | st.floats(allow_nan=False)
ASSIGNMENTS = st.builds(
    Assignment,
    tensor=st.text(),
    shape=st.lists(COUNTS, max_size=4).map(tuple),
    stored_dtype=st.text(max_size=8),
    format=st.none() | st.text(max_size=8),
    bits=COUNTS,
    reason=st.text(max_size=8),
)
RECIPES = st.builds(
    Recipe,
    checkpoint=st.text(),
    assignments=st.lists(ASSIGNMENTS, max_size=5, unique_by=lambda a: a.tensor).map(tuple),
    bits=st.none() | COUNTS,
    loss=NUMBERS,
    bound=NUMBERS,
    objective=st.text(),
    settings=st.dictionaries(st.text(), st.text(), max_size=4),
)


def test_a_recipe_has_these_lines() -> None:
    """A line for each tensor, settings sorted, all in ASCII, numbers that JSON lacks as texts."""
    assert render(EXAMPLE) == GOLDEN
    assert notes(EXAMPLE) == ()


@given(RECIPES)
def test_what_is_written_is_read_back(recipe: Recipe) -> None:
    """All of it, and rendered again it is the same text."""
    assert read(render(recipe)) == recipe
    assert render(read(render(recipe))) == render(recipe)


def test_not_a_number_and_half_pairs_are_read_back() -> None:
    """Names of unpickled tensors may hold half of a surrogate pair."""
    recipe = replace(EXAMPLE, bound=math.nan, checkpoint="\ud800")
    back = read(render(recipe))
    assert back.bound is not None
    assert math.isnan(back.bound)
    assert back.checkpoint == "\ud800"
    assert back.loss == math.inf


def test_the_parts_of_a_recipe_cannot_be_changed() -> None:
    """One that was read, or made without settings."""
    assert isinstance(read(render(EXAMPLE)).settings, MappingProxyType)
    assert isinstance(recipe_of(assigned("a", None)).settings, MappingProxyType)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_other_texts_are_refused(text: str) -> None:
    """Whatever they hold, by one error on one line."""
    with pytest.raises(ReportError) as caught:
        read(text)
    assert str(caught.value).isprintable()


@given(st.integers(0, len(GOLDEN) - 2))
def test_a_recipe_that_is_cut_off_is_refused(length: int) -> None:
    """At any character."""
    with pytest.raises(ReportError):
        read(GOLDEN[:length])


def changed(**members: object) -> Callable[[dict[str, object]], Mapping[str, object]]:
    """The document with other members."""
    return lambda document: document | members


def with_tensor(**members: object) -> Callable[[dict[str, object]], Mapping[str, object]]:
    """The document with another first tensor."""

    def change(document: dict[str, object]) -> Mapping[str, object]:
        rows = document["assignments"]
        assert isinstance(rows, list)
        return document | {"assignments": [rows[0] | members, *rows[1:]]}

    return change


def without(name: str) -> Callable[[dict[str, object]], Mapping[str, object]]:
    """The document without a member."""
    return lambda document: {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (changed(kind="report"), "is no precisionlab recipe"),
        (changed(schema_version=2), "is not of version 1; read it with the release that wrote it"),
        (without("bits"), "bits should be there"),
        (changed(bits=-1), "bits should be a whole number of at least 0"),
        (changed(bits=True), "bits should be a whole number of at least 0"),
        (changed(bits=1.5), "bits should be a whole number of at least 0"),
        (changed(loss="NaN"), "loss should be a number, nan, inf, -inf or null"),
        (changed(loss=True), "loss should be a number, nan, inf, -inf or null"),
        (changed(checkpoint=None), "checkpoint should be a text"),
        (changed(settings=[]), "settings should be an object"),
        (changed(settings={"a\n": 1}), r"settings.a\n should be a text"),
        (changed(assignments={}), "assignments should be an array"),
        (changed(assignments=[None]), r"assignments[0] should be an object"),
        (with_tensor(shape=[1, "2"]), r"assignments[0].shape should be an array of whole numbers of at least 0"),
        (with_tensor(format=4), r"assignments[0].format should be a text"),
        (with_tensor(tensor="\u00e9\n"), r"names the tensor é\n twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    change: Callable[[dict[str, object]], Mapping[str, object]], problem: str
) -> None:
    """One member that is not what it should be."""
    with pytest.raises(ReportError) as caught:
        read(json.dumps(change(json.loads(GOLDEN))))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": NaN}',
        '{"kind": 1, "kind": 2}',
        "[" * 100_000,
        "[]",
        '{"a": ' + "9" * 5000 + "}",
        GOLDEN.replace("0.25", "1e999"),
    ],
    ids=["constant", "twice", "deep", "array", "digits", "beyond"],
)
def test_documents_that_are_no_recipes_are_refused(text: str) -> None:
    """Without the parser's own words."""
    with pytest.raises(ReportError, match=r"^recipe: "):
        read(text)
