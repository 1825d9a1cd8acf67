"""What an exported recipe says of itself beside what the tool reads: lines of text, safe to show."""

from collections.abc import Iterable

from precisionlab.analysis.quantization.targets import Target, parse_target
from precisionlab.escaping import printable
from precisionlab.formats import BlockFormat
from precisionlab.recipes.exports.placing import LeftOut
from precisionlab.recipes.recipe import Recipe
from precisionlab.recipes.runtimes import support_for

NARROW = frozenset({"bfloat16", "float16"})


def heading(recipe: Recipe) -> tuple[str, ...]:
    """Of which checkpoint the recipe is, what was asked for, what it takes and loses."""
    lines = [f"precisionlab recipe for {printable(recipe.checkpoint)}"]
    if recipe.objective:
        lines.append(printable(recipe.objective))
    figures = (("bits", recipe.bits), ("loss", recipe.loss), ("bound", recipe.bound))
    known = [
        f"{name} {value:,}" if name == "bits" else f"{name} {value:.6g}" for name, value in figures if value is not None
    ]
    return (*lines, ", ".join(known)) if known else tuple(lines)


def targets_of(recipe: Recipe) -> tuple[Target, ...]:
    """The formats of a recipe, each once."""
    names = dict.fromkeys(assignment.format for assignment in recipe.assignments if assignment.format is not None)
    return tuple(dict.fromkeys(parse_target(name) for name in names))


def differences(recipe: Recipe, runtime: str) -> tuple[str, ...]:
    """Where the runtime's numbers are not those that the recipe was made with."""
    found = ((target.name, support_for(runtime, target.name)) for target in targets_of(recipe))
    return tuple(
        f"{name} differs in {runtime}: {support.differs}" for name, support in found if support and support.differs
    )


def narrow_scales(recipe: Recipe) -> tuple[str, ...]:
    """That scales are rounded to the dtype of the model, where this is a narrow one."""
    scaled = (a for a in recipe.assignments if a.format is not None and not has_own_scale(parse_target(a.format)))
    narrow = sorted({assignment.stored_dtype for assignment in scaled} & NARROW)
    if not narrow:
        return ()
    return (
        f"scales are computed in the dtype of the model ({', '.join(narrow)}): load it as float32 for these numbers",
    )


def has_own_scale(target: Target) -> bool:
    """Whether scales are powers of two, which any dtype holds."""
    return isinstance(target.format, BlockFormat) and target.format.scale.format.name == "float8_e8m0fnu"


def omissions(left_out: Iterable[LeftOut]) -> tuple[str, ...]:
    """The tensors of which the tool cannot be told, with what the recipe wants of them and the reason."""
    return tuple(
        f"left out: {printable(entry.assignment.tensor)} ({entry.assignment.format or 'as stored'}): {entry.reason}"
        for entry in left_out
    )


def commented(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines as comments of YAML or of a shell."""
    return tuple(f"# {line}" for line in lines)
