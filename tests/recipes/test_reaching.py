"""Which tensors runtimes are told of: whatever is offered, the file for the tool leaves nothing out."""

import pytest

from precisionlab.analysis.quantization.targets import Target
from precisionlab.checkpoints import TensorInfo
from precisionlab.recipes.assembling import Division, divided
from precisionlab.recipes.exports.exporters import EXPORTERS
from precisionlab.recipes.keeping import KEPT
from precisionlab.recipes.losses import Offer
from precisionlab.recipes.offering import offered
from precisionlab.recipes.reaching import OBSTACLES, reachable
from precisionlab.recipes.recipe import Assignment, Recipe
from precisionlab.recipes.runtimes import RUNTIMES
from tests.recipes.checkpoints import info_of

MODEL = (
    info_of("model.embed_tokens.weight", (512, 256)),
    *(info_of(f"model.layers.0.self_attn.{part}_proj.weight", (256, 256)) for part in "qkvo"),
    info_of("model.layers.0.mlp.gate_proj.weight", (896, 256)),
    info_of("model.layers.0.mlp.up_proj.weight", (896, 256)),
    info_of("model.layers.0.mlp.down_proj.weight", (256, 896)),
    info_of("model.layers.0.odd_rows.weight", (7, 224)),
    info_of("model.layers.0.conv.weight", (64, 64, 3)),
    info_of("model.layers.0.mlp.experts", (4, 64, 128)),
    info_of("model.layers.0.input_layernorm.weight", (256,)),
)


def offers_for(runtime: str, infos: tuple[TensorInfo, ...] = MODEL) -> tuple[Division, dict[str, tuple[Target, ...]]]:
    """What stays, and what each of the others is offered."""
    division, offers = reachable(divided(infos, KEPT), offered((), (runtime,)), (runtime,))
    return division, {offer.info.name: offer.targets for offer in offers}


@pytest.mark.parametrize("runtime", [runtime.name for runtime in RUNTIMES])
def test_exporters_leave_nothing_out_of_what_is_offered(runtime: str) -> None:
    """Every tensor in each format that it is offered; the note that something was left out names none of them."""
    division, offers = offers_for(runtime)
    [exporter] = [one for one in EXPORTERS if one.runtime == runtime]
    assert offers
    for target in {target for targets in offers.values() for target in targets}:
        assignments = tuple(
            Assignment(
                info.name, info.shape, "float32", target.name if target in offers.get(info.name, ()) else None, 0, ""
            )
            for info in MODEL
        )
        for note in exporter.load().notes(Recipe("model", assignments)):
            assert "left out: " not in note or "(as stored)" in note
    assert {info.name for info in division.quantized} == set(offers)


def test_rows_that_blocks_do_not_divide_are_offered_other_formats() -> None:
    """896 is no multiple of 256: no K-quants there; 224 is one of 32."""
    _, offers = offers_for("llama.cpp")
    assert "q4_k" in {target.name for target in offers["model.layers.0.self_attn.q_proj.weight"]}
    assert {target.name for target in offers["model.layers.0.mlp.down_proj.weight"]} == {
        "q8_0",
        "q5_0",
        "q4_0",
        "iq4_nl",
    }


def test_what_a_runtime_cannot_be_told_of_stays_with_the_reason() -> None:
    """Names that GGUF has not, tensors of three axes, names without a module."""
    llama, _ = offers_for("llama.cpp")
    assert llama.kept["model.layers.0.odd_rows.weight"] == "llama.cpp: its name in GGUF is unknown"
    torchao, _ = offers_for("torchao")
    assert torchao.kept["model.layers.0.conv.weight"] == "torchao: it has 3 axes, and only matrices are quantized"
    assert torchao.kept["model.layers.0.mlp.experts"].startswith("torchao: its name does not end in .weight")
    assert torchao.kept["model.embed_tokens.weight"] == "kept by name"


def test_several_runtimes_must_all_be_told() -> None:
    """The first that cannot be is named."""
    infos = (info_of("a.weight", (16, 48)),)
    targets = offered(("int4_g32", "int8_channel"), ("compressed-tensors", "torchao"))
    _, offers = reachable(divided(infos, ()), targets, ("compressed-tensors", "torchao"))
    assert [target.name for target in offers[0].targets] == ["int8_channel"]


def test_without_a_runtime_all_is_offered() -> None:
    """Short last blocks are quantized as the runtime of the format would."""
    targets = offered((), ())
    division, offers = reachable(divided(MODEL, KEPT), targets, ())
    assert offers == tuple(Offer(info, targets) for info in division.quantized)


def test_every_runtime_is_known() -> None:
    """A new one must say what it cannot be told of."""
    assert set(OBSTACLES) == {runtime.name for runtime in RUNTIMES}
