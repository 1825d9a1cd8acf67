"""A recipe as the FqnToConfig of torchao in JSON: the weights of single modules, each by its full name.

`quantize_(model, config_from_dict(json.load(file)), filter_fn=None)` carries it out; transformers takes
`TorchAoConfig(config_from_dict(json.load(file)))`.
"""

import json

from precisionlab.analysis.quantization.targets import Target
from precisionlab.formats import BlockFormat, FloatFormat
from precisionlab.formats.blocks.parts import Extent, ScaleRule
from precisionlab.recipes.exports.comments import differences, has_own_scale, heading, narrow_scales, omissions
from precisionlab.recipes.exports.name_patterns import cover, expression
from precisionlab.recipes.exports.placing import Placement, no_matrix_of_a_module, place, short_group
from precisionlab.recipes.recipe import Assignment, Recipe

RUNTIME = "torchao"

Json = dict[str, object]

SCALING_MODES = {
    ScaleRule.POWER_FLOOR: "FLOOR",
    ScaleRule.POWER_CEIL: "CEIL",
    ScaleRule.POWER_EVEN: "EVEN",
    ScaleRule.POWER_UP: "RCEIL",
}
MAPPINGS = {
    ScaleRule.HALF_RANGE: "SYMMETRIC",
    ScaleRule.NO_CLIPPING: "SYMMETRIC_NO_CLIPPING_ERR",
    ScaleRule.RANGE: "ASYMMETRIC",
}
PACKED_FP4 = {"float4_e2m1fn": "float4_e2m1fn_x2"}
"""Dtypes that torch has for pairs of elements alone."""


def render(recipe: Recipe) -> str:
    """The recipe as JSON; what cannot be said there stands in `_notes`, which torchao does not read.

    Raises:
        UsageError: torchao lacks a format of the recipe.
    """
    placement = place(recipe, RUNTIME, obstacle)
    comments = json.dumps([*heading(recipe), *notes_of(recipe, placement)])
    rows = (f"  {json.dumps(key_of(module))}: {json.dumps(config(of))}" for module, of in placement.placed.items())
    lines = (
        "{",
        f' "_notes": {comments},',
        ' "_type": "FqnToConfig",',
        ' "_version": 1,',
        ' "_data": {"fqn_to_config": {',
        ",\n".join(rows),
        " }}",
        "}",
    )
    return "\n".join(lines) + "\n"


def notes(recipe: Recipe) -> tuple[str, ...]:
    """Where torchao goes another way, and what it leaves out.

    Raises:
        UsageError: torchao lacks a format of the recipe.
    """
    return notes_of(recipe, place(recipe, RUNTIME, obstacle))


def notes_of(recipe: Recipe, placement: Placement) -> tuple[str, ...]:
    """The notes on a recipe that is placed."""
    return (*differences(recipe, RUNTIME), *narrow_scales(recipe), *omissions(placement.left_out))


def obstacle(assignment: Assignment, target: Target) -> str:
    """Why torchao cannot quantize a tensor so."""
    reason = no_matrix_of_a_module(assignment) or short_group(assignment, target)
    if not reason and target.format.name in {"nvfp4", "nvfp4_torchao", "nvfp4_plain"} and assignment.shape[0] % 16:
        return f"it has {assignment.shape[0]} rows, and NVFP4 wants a multiple of 16"
    return reason


def key_of(module: str) -> str:
    """The key of a module; an expression for the name that would be taken for something else."""
    if module.startswith("re:") or module == "_default":
        [product] = cover({tuple(module.split("."))})
        return f"re:{expression(product)}"
    return module


def config(target: Target) -> Json:
    """The configuration that quantizes weights to a format."""
    found = target.format
    if not isinstance(found, BlockFormat):
        return float8(found.name, made("PerTensor", 1, {}))
    if has_own_scale(target):
        return microscaling(found)
    if isinstance(found.element, FloatFormat) and found.element.bits == 8:
        return float8(found.element.name, granularity(found.extent))
    if isinstance(found.element, FloatFormat):
        return made("NVFP4WeightOnlyConfig", 1, {"use_dynamic_per_tensor_scale": found.scale.is_tensor_wide})
    if found.element.bits == 8 and found.rule is ScaleRule.HALF_RANGE:
        return made("Int8WeightOnlyConfig", 2, {"granularity": granularity(found.extent)})
    return any_integer(found)


def float8(dtype: str, of: Json) -> Json:
    """Weights alone in 8 bits."""
    return made("Float8WeightOnlyConfig", 2, {"weight_dtype": torch_dtype(dtype), "granularity": of})


def microscaling(found: BlockFormat) -> Json:
    """Weights and, by the way, activations in an MX format."""
    dtype = torch_dtype(PACKED_FP4.get(found.element.name, found.element.name))
    mode = {"_type": "ScaleCalculationMode", "_data": SCALING_MODES[found.rule]}
    return made(
        "MXDynamicActivationMXWeightConfig",
        1,
        {"block_size": found.extent.columns, "activation_dtype": dtype, "weight_dtype": dtype, "scaling_mode": mode},
    )


def any_integer(found: BlockFormat) -> Json:
    """Weights in integers of any width."""
    is_channel = found.extent.columns is None
    return made(
        "IntxWeightOnlyConfig",
        2,
        {
            "weight_dtype": torch_dtype(f"int{found.element.bits}"),
            "granularity": made("PerAxis", 1, {"axis": 0}) if is_channel else granularity(found.extent),
            "mapping_type": {"_type": "MappingType", "_data": MAPPINGS[found.rule]},
        },
    )


def granularity(extent: Extent) -> Json:
    """How far a scale reaches."""
    if extent.columns is not None:
        return made("PerGroup", 1, {"group_size": extent.columns})
    return made("PerTensor", 1, {}) if extent.rows is None else made("PerRow", 1, {"dim": -1})


def torch_dtype(name: str) -> Json:
    """A dtype of torch."""
    return {"_type": "torch.dtype", "_data": name}


def made(kind: str, version: int, arguments: Json) -> Json:
    """An object of torchao, as `config_to_dict` writes it."""
    return {"_type": kind, "_version": version, "_data": arguments}
