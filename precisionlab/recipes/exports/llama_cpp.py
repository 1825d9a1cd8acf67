"""A recipe as the call of llama-quantize that carries it out: `sh recipe.sh model-f16.gguf quantized.gguf`.

One `--tensor-type NAME=TYPE` for each type and group of names, kept matrices included, for llama-quantize gives
its default type to all that it is not told of. Its options may go before the two files.
"""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from precisionlab.analysis.quantization.targets import Target, parse_target
from precisionlab.escaping import printable
from precisionlab.formats import BlockFormat
from precisionlab.recipes.exports.comments import commented, differences, heading, omissions
from precisionlab.recipes.exports.gguf_names import gguf_name
from precisionlab.recipes.exports.name_patterns import cover, expression
from precisionlab.recipes.exports.placing import LeftOut, require_support
from precisionlab.recipes.recipe import Assignment, Recipe
from precisionlab.recipes.runtimes import support_for

RUNTIME = "llama.cpp"

STORED_TYPES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}
DEFAULT_TYPE = "Q8_0"
"""For what the recipe does not know, where it quantizes nothing; overrides count only under a quantized type."""

NO_FILE_TYPES = frozenset({"MXFP4", "NVFP4"})
"""Types of tensors that llama-quantize does not take for those of a file."""

MIXED = "it is one tensor with others (experts of a layer) that have another format"


@dataclass(frozen=True, slots=True)
class Typed:
    """A tensor of the recipe with what it is in GGUF."""

    assignment: Assignment
    name: str
    type: str


def render(recipe: Recipe) -> str:
    """The recipe as a shell script, what llama.cpp cannot do of it in comments.

    Raises:
        UsageError: llama.cpp lacks a format of the recipe.
    """
    typed, left_out = divide(recipe)
    lines = [f"  --tensor-type {shlex.quote(option)} \\" for option in options(typed)]
    usage = "# sh THIS_FILE [OPTIONS] model-f16.gguf quantized.gguf"
    comments = commented((*heading(recipe), *notes_of(recipe, typed, left_out)))
    call = f'  "$@" {default_type(typed)}'
    return "\n".join(("#!/bin/sh", usage, *comments, "exec llama-quantize \\", *lines, call)) + "\n"


def notes(recipe: Recipe) -> tuple[str, ...]:
    """Where llama.cpp goes another way, and of what it cannot be told.

    Raises:
        UsageError: llama.cpp lacks a format of the recipe.
    """
    return notes_of(recipe, *divide(recipe))


def notes_of(recipe: Recipe, typed: Iterable[Typed], left_out: Sequence[LeftOut]) -> tuple[str, ...]:
    """The notes on a divided recipe."""
    default = f"what is left out becomes {default_type(typed)}, or what llama-quantize takes instead"
    return (*differences(recipe, RUNTIME), *omissions(left_out), *((default,) if left_out else ()))


def divide(recipe: Recipe) -> tuple[tuple[Typed, ...], tuple[LeftOut, ...]]:
    """The matrices whose type can be told, and the tensors of which it cannot.

    Raises:
        UsageError: llama.cpp lacks a format of the recipe.
    """
    require_support(recipe, RUNTIME)
    typed: list[Typed] = []
    left_out: list[LeftOut] = []
    for assignment in filter(concerns, recipe.assignments):
        name = gguf_name(assignment.tensor)
        reason = obstacle(assignment, name)
        if name is None or reason:
            left_out.append(LeftOut(assignment, reason))
        else:
            typed.append(Typed(assignment, name, ggml_type(assignment)))
    mixed = mixed_names(typed)
    left_out += [LeftOut(entry.assignment, MIXED) for entry in typed if entry.name in mixed]
    return tuple(entry for entry in typed if entry.name not in mixed), tuple(left_out)


def concerns(assignment: Assignment) -> bool:
    """Whether llama.cpp has to be told of a tensor: all but vectors that are kept, which it keeps itself."""
    return assignment.format is not None or is_matrix(assignment)


def is_matrix(assignment: Assignment) -> bool:
    """Whether a tensor has two axes longer than one."""
    return len(assignment.shape) > 1 and prod(assignment.shape[:-1]) > 1


def obstacle(assignment: Assignment, name: str | None) -> str:
    """Why llama-quantize cannot be told of a tensor, which GGUF calls so; empty where it can."""
    if not is_matrix(assignment):
        return "only matrices are quantized"
    if name is None:
        return "its name in GGUF is unknown"
    if assignment.format is None:
        return "" if assignment.stored_dtype in STORED_TYPES else f"GGUF has no {printable(assignment.stored_dtype)}"
    if name.endswith(".ffn_gate_inp.weight"):
        return "llama.cpp keeps the routers of experts"
    return short_block(assignment, parse_target(assignment.format))


def short_block(assignment: Assignment, target: Target) -> str:
    """Why the blocks of a type do not fill the rows of a matrix; empty where they do."""
    found = target.format
    size = max(found.padding, found.extent.columns or 1) if isinstance(found, BlockFormat) else 1
    columns = assignment.shape[-1]
    return f"its rows of {columns} are no multiple of {size}" if columns % size else ""


def ggml_type(assignment: Assignment) -> str:
    """The name of the type of a tensor for which there is no obstacle."""
    support = support_for(RUNTIME, assignment.format) if assignment.format is not None else None
    return support.called if support else STORED_TYPES[assignment.stored_dtype]


def mixed_names(typed: Iterable[Typed]) -> frozenset[str]:
    """The names that several tensors share which are not of one type."""
    kinds: dict[str, set[str]] = {}
    for entry in typed:
        kinds.setdefault(entry.name, set()).add(entry.type)
    return frozenset(name for name, types in kinds.items() if len(types) > 1)


def options(typed: Iterable[Typed]) -> Iterator[str]:
    """NAME=TYPE for all tensors; names are expressions, which llama-quantize searches in the lower-case names."""
    for kind, names in names_by_type(typed).items():
        for product in cover({tuple(name.split(".")) for name in names}):
            yield f"^{expression(product)}$={kind}"


def names_by_type(typed: Iterable[Typed]) -> Mapping[str, tuple[str, ...]]:
    """The names of each type, in the order of the recipe."""
    names: dict[str, dict[str, None]] = {}
    for entry in typed:
        names.setdefault(entry.type, {})[entry.name] = None
    return {kind: tuple(found) for kind, found in names.items()}


def default_type(typed: Iterable[Typed]) -> str:
    """The type of most quantized elements, which the file then names as its own."""
    elements: Counter[str] = Counter()
    for entry in typed:
        if entry.type not in STORED_TYPES.values() and entry.type not in NO_FILE_TYPES:
            elements[entry.type] += prod(entry.assignment.shape)
    return max(elements, key=elements.__getitem__, default=DEFAULT_TYPE)
