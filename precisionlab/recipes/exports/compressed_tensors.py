"""A recipe for llm-compressor in YAML, whose models vLLM runs: weights in the formats of compressed-tensors.

`llmcompressor.oneshot(model=..., recipe="recipe.yaml")` carries it out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from precisionlab.analysis.quantization.targets import Scale, Target
from precisionlab.escaping import printable
from precisionlab.formats import BlockFormat, IntegerFormat
from precisionlab.formats.blocks.parts import Extent, Storing
from precisionlab.recipes.exports.comments import (
    commented,
    differences,
    has_own_scale,
    heading,
    narrow_scales,
    omissions,
)
from precisionlab.recipes.exports.name_patterns import Product, cover, expression, only_name
from precisionlab.recipes.exports.placing import Placement, no_matrix_of_a_module, place, short_group
from precisionlab.recipes.exports.yaml_text import Yaml, emit
from precisionlab.recipes.recipe import Assignment, Recipe

RUNTIME = "compressed-tensors"

FUSED = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"), ("w1", "w3"), ("q_a_proj", "kv_a_proj_with_mqa"))
"""Siblings that vLLM runs as one matrix (llm-compressor, FUSED_LAYER_NAMES)."""


def render(recipe: Recipe) -> str:
    """The recipe as YAML, what the tool cannot do of it in comments.

    Raises:
        UsageError: compressed-tensors lacks a format of the recipe.
    """
    placement = place(recipe, RUNTIME, obstacle)
    targets = {target.name: target for target in placement.placed.values()}
    groups: dict[str, Yaml] = {
        name: {"targets": module_names(modules), "weights": arguments(targets[name])}
        for name, modules in placement.by_target().items()
    }
    modifier: dict[str, Yaml] = {"config_groups": groups, "ignore": module_names(placement.kept)}
    stage: dict[str, Yaml] = {"quant_modifiers": {"QuantizationModifier": modifier} if groups else {}}
    comments = commented((*heading(recipe), *notes_of(recipe, placement)))
    return "\n".join((*comments, *emit({"quant_stage": stage}))) + "\n"


def notes(recipe: Recipe) -> tuple[str, ...]:
    """Where the tool goes another way, and what it leaves out.

    Raises:
        UsageError: compressed-tensors lacks a format of the recipe.
    """
    return notes_of(recipe, place(recipe, RUNTIME, obstacle))


def notes_of(recipe: Recipe, placement: Placement) -> tuple[str, ...]:
    """The notes on a recipe that is placed."""
    general = (*differences(recipe, RUNTIME), *narrow_scales(recipe))
    return (*general, *omissions(placement.left_out), *split_siblings(placement))


def obstacle(assignment: Assignment, target: Target) -> str:
    """Why llm-compressor cannot quantize a tensor so."""
    return no_matrix_of_a_module(assignment) or short_group(assignment, target)


def arguments(target: Target) -> dict[str, Yaml]:
    """The QuantizationArgs of a format."""
    found = target.format
    element = found.element if isinstance(found, BlockFormat) else found
    plain: dict[str, Yaml] = {
        "num_bits": element.bits,
        "type": "int" if isinstance(element, IntegerFormat) else "float",
    }
    if not isinstance(found, BlockFormat):
        return {**plain, "symmetric": True, "strategy": "tensor"}
    described = {**plain, "symmetric": not found.zero_point, **strategy(found.extent), **scales(target)}
    return described | {"observer": "mse"} if target.scale is Scale.MSE else described


def strategy(extent: Extent) -> dict[str, Yaml]:
    """How far a scale reaches."""
    if extent.columns is None:
        return {"strategy": "tensor" if extent.rows is None else "channel"}
    if extent.rows == 1:
        return {"strategy": "group", "group_size": extent.columns}
    return {"strategy": "block", "block_structure": [extent.rows or 0, extent.columns]}


def scales(target: Target) -> dict[str, Yaml]:
    """How scales are stored, where not in the dtype of the model."""
    found = target.format
    if has_own_scale(target):
        return {"scale_dtype": "torch.uint8", "zp_dtype": "torch.uint8"}
    if isinstance(found, BlockFormat) and found.scale.storing is Storing.TENSOR_SCALED:
        stored = "torch.float8_e4m3fn"
        return {"strategy": "tensor_group", "scale_dtype": stored, "zp_dtype": stored}
    return {}


def module_names(modules: Iterable[str]) -> list[str]:
    """Targets that match these modules and no others: names, and regular expressions for several at once.

    The tool matches expressions from the beginning of a name (`re.match`), so that they must end with the end.
    """
    products = cover({tuple(module.split(".")) for module in modules})
    return [name_or_expression(product) for product in products]


def name_or_expression(product: Product) -> str:
    """One target."""
    name = only_name(product)
    return rf"re:{expression(product)}\Z" if name is None or means_others(name) else name


def means_others(name: str) -> bool:
    """Whether the tool would take a name for an expression, or for that of a class of modules."""
    return name.startswith("re:") or ("." not in name and name[:1].isupper())


def split_siblings(placement: Placement) -> Iterator[str]:
    """Siblings that run as one matrix and have formats of their own."""
    formats = {module: target.name for module, target in placement.placed.items()}
    formats |= dict.fromkeys(placement.kept, "as stored")
    children: dict[str, dict[str, str]] = defaultdict(dict)
    for module, name in formats.items():
        parent, _, child = module.rpartition(".")
        children[parent][child] = name
    for parent, named in children.items():
        for siblings in FUSED:
            present = {child: named[child] for child in siblings if child in named}
            if len(set(present.values())) > 1:
                listed = ", ".join(f"{child} {name}" for child, name in present.items())
                yield f"vLLM runs these of {printable(parent) or 'the model'} as one matrix of one format: {listed}"
