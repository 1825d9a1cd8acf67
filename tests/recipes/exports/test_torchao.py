"""Recipes for torchao."""

import json

import pytest

from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.recipes.exports.torchao import config, notes, render
from tests.recipes.exports.decoders import assigned, decoder, network, quantized, recipe_of

GOLDEN = """{
 "_notes": ["precisionlab recipe for model.safetensors", "4.5 bits a weight", "bits 1,000,000, loss 0.5, bound 0.25", "fp8_e4m3_channel differs in torchao: a channel, group or tensor of zeros alone becomes NaN"],
 "_type": "FqnToConfig",
 "_version": 1,
 "_data": {"fqn_to_config": {
  "model.layers.0.self_attn.q_proj": FLOAT8,
  "model.layers.0.self_attn.k_proj": FLOAT8,
  "model.layers.0.self_attn.v_proj": FLOAT8,
  "model.layers.0.self_attn.o_proj": FLOAT8
 }}
}
""".replace(
    "FLOAT8",
    '{"_type": "Float8WeightOnlyConfig", "_version": 2, "_data": {"weight_dtype": {"_type": "torch.dtype", "_data": '
    '"float8_e4m3fn"}, "granularity": {"_type": "PerRow", "_version": 1, "_data": {"dim": -1}}}}',
)

FLOAT8_FORMATS = tuple(f"fp8_{kind}_{extent}" for kind in ("e4m3", "e5m2") for extent in ("tensor", "channel", "g64"))
OTHERS = (
    *("float8_e4m3fn:amax", "float8_e5m2:amax", "nvfp4"),
    *("int8_tensor", "int8_channel", "int8_g64", "int4_g32", "int4_g64_asym", "int3_channel", "int8_channel_asym"),
)
RULES = ("", "_ceil", "_even", "_rceil")
MX_FORMATS = tuple(f"{name}{rule}" for name in ("mxfp8_e4m3", "mxfp8_e5m2", "mxfp4") for rule in RULES)
OWN = (
    *("nvfp4_torchao", "nvfp4_plain", "int8_tensor_torchao", "int8_channel_torchao", "int8_g64_torchao"),
    *("int4_g32_torchao", "int4_g64_asym_torchao", "int3_channel_torchao", "int8_channel_asym_torchao"),
    *("int4_g64_noclip_torchao", "int8_channel_noclip_torchao"),
)
FORMATS = (*FLOAT8_FORMATS, *MX_FORMATS, *OWN, *OTHERS)


def test_a_recipe_has_these_lines() -> None:
    """One a module, after the notes."""
    assert render(decoder(1, "fp8_e4m3_channel", None)) == GOLDEN


def test_what_torchao_cannot_do_is_said() -> None:
    """In notes, which stand in the file too."""
    recipe = recipe_of(
        assigned("a.weight", "int4_g128", (256, 200)),
        assigned("b.weight", "nvfp4", (250, 256)),
        assigned("c", "int8_tensor"),
        assigned("d.weight", "fp8_e4m3_tensor", dtype="bfloat16"),
    )
    found = notes(recipe)
    assert found[-4:] == (
        "scales are computed in the dtype of the model (bfloat16): load it as float32 for these numbers",
        "left out: a.weight (int4_g128): its rows of 200 are no multiple of 128",
        "left out: b.weight (nvfp4): it has 250 rows, and NVFP4 wants a multiple of 16",
        "left out: c (int8_tensor): its name does not end in .weight, so that no module is known",
    )
    document = json.loads(render(recipe))
    assert list(found) == document["_notes"][1:]
    assert list(document["_data"]["fqn_to_config"]) == ["d"]


@pytest.mark.parametrize(
    ("name", "key"), [("re:x", r"re:re:x"), ("_default", r"re:_default"), ("re:a.b", r"re:re:a\.b")]
)
def test_names_that_torchao_reads_otherwise_are_expressions(name: str, key: str) -> None:
    """Which match that name alone."""
    assert list(json.loads(render(recipe_of(assigned(f"{name}.weight", "int8_tensor"))))["_data"]["fqn_to_config"]) == [
        key
    ]


@pytest.mark.filterwarnings("ignore")
def test_torchao_quantizes_the_modules_of_the_recipe() -> None:
    """Those and no others; floats of 8 bits, MX formats and its own to the very numbers of the catalogue."""
    quantization = pytest.importorskip("torchao.quantization")
    core = pytest.importorskip("torchao.core.config")
    import torch

    from precisionlab import fake_quantize

    torch.manual_seed(0)
    for target in FORMATS:
        dtype = torch.bfloat16 if target in MX_FORMATS else torch.float32
        recipe = decoder(2, target, None, dtype=str(dtype).removeprefix("torch."))
        built = network(recipe).to(dtype)
        before = {name: weight.detach().clone() for name, weight in built.named_parameters()}
        quantization.quantize_(built, core.config_from_dict(json.loads(render(recipe))), filter_fn=None)
        found = {name: weight for name, weight in built.named_parameters() if type(weight) is not torch.nn.Parameter}
        assert {name.removesuffix(".weight") for name in found} == set(quantized(recipe)), target
        if target not in OTHERS:
            for name, weight in found.items():
                expected = fake_quantize(before[name].float(), target).to(dtype)
                assert torch.equal(weight.dequantize(), expected), target


@pytest.mark.filterwarnings("ignore")
def test_torchao_makes_nothing_of_zeros() -> None:
    """Which is why all of its 8-bit floats are noted to differ."""
    quantization = pytest.importorskip("torchao.quantization")
    core = pytest.importorskip("torchao.core.config")
    import torch

    for target in FLOAT8_FORMATS:
        recipe = recipe_of(assigned("a.weight", target))
        built = network(recipe)
        torch.nn.init.zeros_(built.get_parameter("a.weight"))
        quantization.quantize_(built, core.config_from_dict(json.loads(render(recipe))), filter_fn=None)
        assert built.get_parameter("a.weight").dequantize().isnan().all(), target
        assert any("becomes NaN" in note for note in notes(recipe))


@pytest.mark.filterwarnings("ignore")
def test_configurations_are_what_torchao_writes() -> None:
    """Every member is one that `config_to_dict` gives for the configuration that was read, with the same value."""
    core = pytest.importorskip("torchao.core.config")
    for target in FORMATS:
        ours = config(parse_target(target))
        theirs = core.config_to_dict(core.config_from_dict(ours))
        assert (ours["_type"], ours["_version"]) == (theirs["_type"], theirs["_version"])
        members = ours["_data"]
        assert isinstance(members, dict)
        written = {name: without_versions(theirs["_data"][name]) for name in members}
        assert written == without_versions(members), target


def without_versions(value: object) -> object:
    """The same without `_version`, which torchao gives to records alone."""
    if isinstance(value, dict):
        return {key: without_versions(member) for key, member in value.items() if key != "_version"}
    return value
