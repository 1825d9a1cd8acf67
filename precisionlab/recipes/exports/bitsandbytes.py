"""A uniform recipe as the BitsAndBytesConfig of transformers in JSON.

`AutoModelForCausalLM.from_pretrained(..., quantization_config=BitsAndBytesConfig(**json.load(file)))` carries it out.
bitsandbytes quantizes every linear layer that is not listed, so that all that stay are.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable

from precisionlab.analysis.quantization.targets import Target
from precisionlab.errors import UsageError
from precisionlab.formats import BlockFormat, CodebookFormat
from precisionlab.formats.blocks.parts import Storing
from precisionlab.recipes.exports.comments import differences, heading, omissions
from precisionlab.recipes.exports.placing import Placement, no_matrix_of_a_module, place
from precisionlab.recipes.recipe import Assignment, Recipe

RUNTIME = "bitsandbytes"

TABLES = {"nf4": "nf4", "bnb_fp4": "fp4"}
"""What bitsandbytes calls the tables."""
COMPUTED = frozenset({"bfloat16", "float16", "float32"})
PLAIN_NAME = re.compile(r"[\w.]+", re.ASCII)


def render(recipe: Recipe) -> str:
    """The recipe as JSON; what cannot be said there stands in `_notes`, which transformers does not read.

    Raises:
        UsageError: bitsandbytes lacks a format of the recipe, or the recipe has several, or none.
    """
    placement = place(recipe, RUNTIME, obstacle)
    described = {
        "quant_method": "bitsandbytes",
        **loading(recipe, only_target(placement)),
        "llm_int8_skip_modules": skipped(placement.kept, placement.placed),
        "_notes": [*heading(recipe), *notes_of(recipe, placement)],
    }
    return json.dumps(described, indent=1) + "\n"


def notes(recipe: Recipe) -> tuple[str, ...]:
    """Where bitsandbytes goes another way, and what it leaves out.

    Raises:
        UsageError: bitsandbytes lacks a format of the recipe.
    """
    return notes_of(recipe, place(recipe, RUNTIME, obstacle))


def notes_of(recipe: Recipe, placement: Placement) -> tuple[str, ...]:
    """The notes on a recipe that is placed."""
    return (*differences(recipe, RUNTIME), *omissions(placement.left_out))


def obstacle(assignment: Assignment, target: Target) -> str:
    """Why transformers does not quantize a tensor through bitsandbytes."""
    del target  # blocks run on from row to row, so that every matrix has them
    last = assignment.tensor.split(".")[-2:-1]
    if any("embed" in part or part in {"wte", "wpe"} for part in last):
        return "only linear layers are quantized, and its name is that of an embedding"
    return no_matrix_of_a_module(assignment)


def only_target(placement: Placement) -> Target:
    """The one format of all quantized modules.

    Raises:
        UsageError: there are several, or none.
    """
    targets = {target.name: target for target in placement.placed.values()}
    if len(targets) == 1:
        return next(iter(targets.values()))
    remedy = "make a recipe of one format, or write it for another runtime"
    if not targets:
        raise UsageError(RUNTIME, "is told of one format for all layers, and this recipe quantizes none", remedy)
    raise UsageError(RUNTIME, f"has one format for all layers, and this recipe mixes {', '.join(targets)}", remedy)


def loading(recipe: Recipe, target: Target) -> dict[str, object]:
    """How weights are loaded."""
    found = target.format
    if not isinstance(found, BlockFormat) or not isinstance(found.element, CodebookFormat):
        return {"load_in_8bit": True}
    return {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": TABLES[found.element.name],
        "bnb_4bit_use_double_quant": found.scale.storing is Storing.CENTRED,
        "bnb_4bit_compute_dtype": computed_in(recipe),
    }


def computed_in(recipe: Recipe) -> str:
    """The dtype of most quantized elements' tensors, in which the layers then compute; else float32."""
    stored = Counter(a.stored_dtype for a in recipe.assignments if a.format is not None and a.stored_dtype in COMPUTED)
    return max(stored, key=stored.__getitem__, default="float32")


def skipped(kept: Iterable[str], quantized: Collection[str]) -> list[str]:
    """Entries of the list of modules that stay, none of which stands for a quantized one as well.

    transformers 5 takes an entry as an expression for the beginning of a name (from 5.24 on, up to a dot), and
    as the end of one.
    """
    return [module if is_exact(module, quantized) else f"{re.escape(module)}$" for module in kept]


def is_exact(module: str, quantized: Collection[str]) -> bool:
    """Whether a bare name means no quantized module."""
    if not PLAIN_NAME.fullmatch(module):
        return False
    beginning = re.compile(module)
    return not any(beginning.match(name) or name.endswith(module) for name in quantized)
