"""A recipe as plain JSON, all of it, and back: `read(render(recipe)) == recipe`.

| member | what |
| --- | --- |
| `kind` | `precisionlab recipe` |
| `schema_version` | 1 |
| `checkpoint`, `objective` | texts |
| `bits` | a whole number, or null |
| `loss`, `bound` | numbers, or null; those that JSON lacks are `"nan"`, `"inf"`, `"-inf"` |
| `settings` | texts by option, sorted |
| `assignments` | one object a tensor: `tensor`, `shape`, `stored_dtype`, `format` (null: as stored), `bits`, `reason` |
"""

import json
import math
from collections import Counter

from precisionlab.errors import ReportError
from precisionlab.escaping import printable
from precisionlab.recipes.exports.json_members import Members
from precisionlab.recipes.recipe import Assignment, Recipe

KIND = "precisionlab recipe"
SCHEMA_VERSION = 1


def render(recipe: Recipe) -> str:
    """The recipe as JSON, a line for each tensor; the same bytes for the same recipe."""
    head = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "checkpoint": recipe.checkpoint,
        "objective": recipe.objective,
        "bits": recipe.bits,
        "loss": encoded(recipe.loss),
        "bound": encoded(recipe.bound),
        "settings": {name: recipe.settings[name] for name in sorted(recipe.settings)},
    }
    members = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    rows = ",\n  ".join(map(line, recipe.assignments))
    members.append(f' "assignments": [\n  {rows}\n ]' if rows else ' "assignments": []')
    return "{\n" + ",\n".join(members) + "\n}\n"


def notes(recipe: Recipe) -> tuple[str, ...]:
    """Nothing: the file says all."""
    del recipe
    return ()


def line(assignment: Assignment) -> str:
    """One tensor."""
    return json.dumps(
        {
            "tensor": assignment.tensor,
            "shape": list(assignment.shape),
            "stored_dtype": assignment.stored_dtype,
            "format": assignment.format,
            "bits": assignment.bits,
            "reason": assignment.reason,
        }
    )


def encoded(number: float | None) -> float | str | None:
    """A number; as a text where JSON has none."""
    if number is None or math.isfinite(number):
        return number
    return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"


def read(text: str) -> Recipe:
    """The recipe that `render` wrote.

    Raises:
        ReportError: the text is no recipe, is cut off, or is of another version.
    """
    document = parsed(text)
    if document.values.get("kind") != KIND:
        raise ReportError("recipe", f"is no {KIND}", "write one as json")
    if document.values.get("schema_version") != SCHEMA_VERSION:
        raise ReportError("recipe", f"is not of version {SCHEMA_VERSION}", "read it with the release that wrote it")
    recipe = Recipe(
        checkpoint=document.text("checkpoint"),
        assignments=tuple(map(assignment_of, document.each("assignments"))),
        bits=document.count_or_null("bits"),
        loss=document.number_or_null("loss"),
        bound=document.number_or_null("bound"),
        objective=document.text("objective"),
        settings=document.texts("settings"),
    )
    refuse_twins(recipe)
    return recipe


def parsed(text: str) -> Members:
    """The object that a text holds.

    Raises:
        ReportError: it is not JSON, or no object, or names a key twice.
    """
    try:
        document = json.loads(text, object_pairs_hook=unique, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        problem = f"is no JSON, or only the beginning of it (line {error.lineno}, column {error.colno})"
        raise ReportError("recipe", problem) from None
    except (ValueError, RecursionError):
        raise ReportError("recipe", "holds a number, a nesting or a key twice that no recipe has") from None
    if not isinstance(document, dict):
        raise ReportError("recipe", "is no JSON object")
    return Members(document)


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The members of an object, refusing one that comes twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def refuse_constant(name: str) -> float:
    """Refuse the bare NaN and Infinity that Python's JSON would read."""
    raise ValueError(name)


def assignment_of(members: Members) -> Assignment:
    """One tensor.

    Raises:
        ReportError: the object describes none.
    """
    return Assignment(
        tensor=members.text("tensor"),
        shape=members.counts("shape"),
        stored_dtype=members.text("stored_dtype"),
        format=members.text_or_null("format"),
        bits=members.count("bits"),
        reason=members.text("reason"),
    )


def refuse_twins(recipe: Recipe) -> None:
    """See that every tensor has one format.

    Raises:
        ReportError: one is named twice.
    """
    times = Counter(assignment.tensor for assignment in recipe.assignments)
    twice = next((name for name, count in times.items() if count > 1), None)
    if twice is not None:
        raise ReportError("recipe", f"names the tensor {printable(twice)} twice")
