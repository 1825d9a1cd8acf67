"""Recipes for llm-compressor."""

import re
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.recipes.exports.compressed_tensors import arguments, module_names, notes, render
from tests.recipes.exports.decoders import assigned, decoder, network, quantized, recipe_of

GOLDEN = r"""# precisionlab recipe for model.safetensors
# 4.5 bits a weight
# bits 1,000,000, loss 0.5, bound 0.25
# nvfp4 differs in compressed-tensors: q, k and v, and gate and up, share the scale of the tensor in llm-compressor
quant_stage:
  quant_modifiers:
    QuantizationModifier:
      config_groups:
        fp8_e4m3_128x128:
          targets:
            - 're:model\.layers\.0\.mlp\.(down_proj|gate_proj|up_proj)\Z'
            - 're:model\.layers\.0\.self_attn\.(k_proj|o_proj|q_proj|v_proj)\Z'
          weights:
            num_bits: 8
            type: 'float'
            symmetric: true
            strategy: 'block'
            block_structure: [128, 128]
        int4_g128_asym:
          targets:
            - 're:model\.layers\.([1-9]|[12][0-9]|3[01])\.self_attn\.(k_proj|o_proj|q_proj|v_proj)\Z'
          weights:
            num_bits: 4
            type: 'int'
            symmetric: false
            strategy: 'group'
            group_size: 128
        nvfp4:
          targets:
            - 're:model\.layers\.([1-9]|[12][0-9]|3[01])\.mlp\.(down_proj|gate_proj|up_proj)\Z'
          weights:
            num_bits: 4
            type: 'float'
            symmetric: true
            strategy: 'tensor_group'
            group_size: 16
            scale_dtype: 'torch.float8_e4m3fn'
            zp_dtype: 'torch.float8_e4m3fn'
      ignore:
        - 'lm_head'
        - 'model.embed_tokens'
"""

FORMATS = (
    *("int4_g128", "int4_g32_asym", "int3_g64", "int4_g128:mse", "nvfp4", "mxfp4_even", "mxfp8_e4m3"),
    *("int8_tensor", "int8_tensor_asym", "int8_channel", "int8_channel_asym", "int4_channel"),
    *("fp8_e4m3_tensor", "fp8_e4m3_channel", "fp8_e4m3_g64", "fp8_e4m3_128x128", "float8_e4m3fn:amax"),
)
PRESETS = {
    "nvfp4": "NVFP4A16",
    "mxfp4_even": "MXFP4A16",
    "mxfp8_e4m3": "MXFP8A16",
    "int4_g128": "W4A16",
    "int4_g128_asym": "W4A16_ASYM",
    "int8_channel": "W8A8",
    "fp8_e4m3_tensor": "FP8",
    "fp8_e4m3_channel": "FP8_DYNAMIC",
    "fp8_e4m3_128x128": "FP8_BLOCK",
}
"""Schemes of compressed-tensors whose weights are of these formats."""
NAMES = st.lists(
    st.sampled_from(["0", "1", "12", "layers", "Linear", "re:.*", "q", "a|b", "x\n", "$", "é"]), min_size=1, max_size=4
)


def matching(name: str, targets: Iterable[str]) -> bool:
    """Whether the tool takes a name for one of these targets (compressed_tensors.utils.match.match_name)."""
    return any(
        re.match(target.removeprefix("re:"), name) is not None if target.startswith("re:") else target == name
        for target in targets
    )


def test_a_recipe_has_these_lines() -> None:
    """Three formats in 32 layers are four targets."""
    assert render(decoder(32, "int4_g128_asym", "nvfp4", "fp8_e4m3_128x128")) == GOLDEN


@settings(max_examples=200)
@given(st.sets(NAMES.map(".".join), max_size=15), st.sets(NAMES.map(".".join), max_size=15))
def test_targets_match_their_modules_alone(modules: set[str], others: set[str]) -> None:
    """Under the tool's own rule, and never by the name of a class."""
    targets = module_names(modules)
    for name in modules | others:
        assert matching(name, targets) == (name in modules)
    assert not {"Linear", "Embedding"} & set(targets)


def test_what_the_tool_cannot_do_is_said() -> None:
    """Other names, vectors, filters and groups that do not fill a row stay as they are, and are listed."""
    recipe = recipe_of(
        assigned("a.weight", "int4_g128"),
        assigned("experts.gate_up", "int4_g128", (8, 256, 256)),
        assigned("conv.weight", "int4_g128", (8, 256, 3, 3)),
        assigned("narrow.weight", "int4_g128", (256, 200)),
        assigned("rest.weight", "fp8_e4m3_128x128", (200, 200)),
    )
    assert notes(recipe) == (
        "left out: experts.gate_up (int4_g128): its name does not end in .weight, so that no module is known",
        "left out: conv.weight (int4_g128): it has 4 axes, and only matrices are quantized",
        "left out: narrow.weight (int4_g128): its rows of 200 are no multiple of 128",
    )
    text = render(recipe)
    assert all(f"# {note}\n" in text for note in notes(recipe))
    assert text.endswith("      ignore:\n        - 'narrow'\n")


def test_narrow_models_and_other_arithmetic_are_noted() -> None:
    """Scales in bfloat16 are not those of the recipe; powers of two are in any dtype."""
    scales = "scales are computed in the dtype of the model (bfloat16): load it as float32 for these numbers"
    assert notes(decoder(1, "int8_channel", "int8_channel", dtype="bfloat16")) == (scales,)
    assert notes(decoder(1, "mxfp4_even", "mxfp4_even", dtype="bfloat16")) == ()
    [note] = notes(decoder(1, "mxfp4", "mxfp4"))
    assert note.startswith("mxfp4 differs in compressed-tensors: amax is rounded")


def test_siblings_of_several_formats_are_noted() -> None:
    """Where vLLM runs several matrices as one."""
    recipe = recipe_of(
        assigned("l.0.self_attn.q_proj.weight", "int4_g128"),
        assigned("l.0.self_attn.k_proj.weight", "int8_g128"),
        assigned("l.0.self_attn.v_proj.weight", None),
        assigned("l.0.self_attn.o_proj.weight", "int8_g128"),
        assigned("l.0.mlp.gate_proj.weight", "int4_g128"),
        assigned("l.0.mlp.up_proj.weight", "int4_g128"),
    )
    listed = "q_proj int4_g128, k_proj int8_g128, v_proj as stored"
    assert notes(recipe) == (f"vLLM runs these of l.0.self_attn as one matrix of one format: {listed}",)


def test_a_recipe_that_keeps_all_has_no_modifier() -> None:
    """llm-compressor would take an empty one for all linear layers."""
    assert render(recipe_of(assigned("a.weight", None))).endswith("quant_stage:\n  quant_modifiers: {}\n")


@pytest.mark.filterwarnings("ignore")
def test_compressed_tensors_quantizes_the_modules_of_the_recipe() -> None:
    """The library takes the arguments, and gives each module of a network the scheme that the recipe says."""
    yaml = pytest.importorskip("yaml")
    library = pytest.importorskip("compressed_tensors.quantization")
    for target in FORMATS:
        recipe = decoder(12, target, "int8_g128", "int8_g64")
        modifier = yaml.safe_load(render(recipe))["quant_stage"]["quant_modifiers"]["QuantizationModifier"]
        config = library.QuantizationConfig.model_validate(modifier)
        built = network(recipe)
        library.apply_quantization_config(built, config, show_progress=False)
        found = {name: getattr(module, "quantization_scheme", None) for name, module in built.named_modules()}
        schemes = {name: config.config_groups[of] for name, of in quantized(recipe).items()}
        assert {name: scheme for name, scheme in found.items() if scheme is not None} == schemes, target


@pytest.mark.filterwarnings("ignore")
def test_arguments_are_those_of_the_library_presets() -> None:
    """Where the library has a name for the same format."""
    library = pytest.importorskip("compressed_tensors.quantization")
    for target, preset in PRESETS.items():
        expected = library.preset_name_to_scheme(preset, ["Linear"]).weights
        assert library.QuantizationArgs.model_validate(arguments(parse_target(target))) == expected, target


@pytest.mark.filterwarnings("ignore")
def test_llm_compressor_reads_the_recipe() -> None:
    """As one QuantizationModifier that needs no data."""
    library = pytest.importorskip("llmcompressor.recipe")
    recipe = library.Recipe.create_instance(render(decoder(3, "int4_g128", "nvfp4", "int8_channel")))
    [modifier] = recipe.modifiers
    assert set(modifier.config_groups) == {"int4_g128", "nvfp4", "int8_channel"}
    assert not modifier.requires_calibration_data
