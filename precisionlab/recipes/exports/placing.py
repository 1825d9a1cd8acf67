"""Which modules of a model a recipe quantizes, as the tools for PyTorch models address them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from precisionlab.analysis.quantization.targets import Target, parse_target
from precisionlab.errors import UsageError
from precisionlab.formats import BlockFormat
from precisionlab.recipes.recipe import Assignment, Recipe
from precisionlab.recipes.runtimes import supports

WEIGHT = ".weight"

Obstacle = Callable[[Assignment, Target], str]
"""Why a tool cannot quantize this tensor so; empty where it can."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tensor that a recipe quantizes and the tool cannot."""

    assignment: Assignment
    reason: str


@dataclass(frozen=True, slots=True)
class Placement:
    """A recipe by the names of modules."""

    placed: Mapping[str, Target]
    """The modules whose weights are quantized, in the order of the recipe."""
    kept: tuple[str, ...]
    """Those whose weights are matrices and stay as stored, the left out ones among them."""
    left_out: tuple[LeftOut, ...]

    def by_target(self) -> Mapping[str, list[str]]:
        """The modules of each format, by its name."""
        modules: dict[str, list[str]] = {}
        for module, target in self.placed.items():
            modules.setdefault(target.name, []).append(module)
        return modules


def place(recipe: Recipe, runtime: str, obstacle: Obstacle) -> Placement:
    """Each tensor as a module that is quantized, kept, or left out with a reason.

    Raises:
        UsageError: the runtime lacks a format of the recipe.
    """
    require_support(recipe, runtime)
    placed: dict[str, Target] = {}
    left_out: list[LeftOut] = []
    kept: list[str] = []
    for assignment in recipe.assignments:
        target = None if assignment.format is None else parse_target(assignment.format)
        reason = obstacle(assignment, target) if target else ""
        if target and not reason:
            placed[assignment.tensor.removesuffix(WEIGHT)] = target
            continue
        if target:
            left_out.append(LeftOut(assignment, reason))
        if not no_matrix_of_a_module(assignment):
            kept.append(assignment.tensor.removesuffix(WEIGHT))
    return Placement(placed, tuple(kept), tuple(left_out))


def require_support(recipe: Recipe, runtime: str) -> None:
    """See that a runtime has all formats of a recipe.

    Raises:
        UsageError: it lacks one.
        FormatError: one is no format at all.
    """
    used = dict.fromkeys(assignment.format for assignment in recipe.assignments if assignment.format is not None)
    lacking = [parse_target(name).name for name in used if not supports(runtime, name)]
    if lacking:
        remedy = f"make the recipe with --for {runtime}, or write it as json"
        raise UsageError(runtime, f"has no weights in {', '.join(lacking)}", remedy)


def no_matrix_of_a_module(assignment: Assignment) -> str:
    """Why this is no matrix that a module calls its weight; empty where it is."""
    if not assignment.tensor.endswith(WEIGHT) or assignment.tensor == WEIGHT:
        return "its name does not end in .weight, so that no module is known"
    if len(assignment.shape) != 2:
        return f"it has {len(assignment.shape)} axes, and only matrices are quantized"
    return ""


def short_group(assignment: Assignment, target: Target) -> str:
    """Why the groups of a block format do not fill the rows of a matrix; empty where they do."""
    if not isinstance(target.format, BlockFormat) or target.format.extent.rows != 1:
        return ""
    size, columns = target.format.extent.columns, assignment.shape[-1]
    return f"its rows of {columns} are no multiple of {size}" if size and columns % size else ""
