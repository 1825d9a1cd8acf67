"""What llama.cpp calls the matrices of a model."""

import pytest

from precisionlab.recipes.exports.gguf_names import EXPERT, IN_LAYER, WHOLE, gguf_name

ARCHITECTURES = ("LLAMA", "MISTRAL3", "QWEN2", "QWEN3", "QWEN2MOE", "QWEN3MOE")


@pytest.mark.parametrize(
    ("tensor", "name"),
    [
        ("model.layers.31.self_attn.q_proj.weight", "blk.31.attn_q.weight"),
        ("layers.0.attention.wo.weight", "blk.0.attn_output.weight"),
        ("model.layers.3.block_sparse_moe.experts.7.w2.weight", "blk.3.ffn_down_exps.weight"),
        ("model.layers.3.mlp.experts.127.up_proj.weight", "blk.3.ffn_up_exps.weight"),
        ("model.embed_tokens.weight", "token_embd.weight"),
        ("lm_head.weight", "output.weight"),
        ("blk.3.attn_qkv.weight", "blk.3.attn_qkv.weight"),
        ("output.weight", "output.weight"),
        ("blk.03.attn_q.weight", None),
        ("blk.3.ATTN_Q.weight", None),
        ("model.layers.3.self_attn.q_proj.bias", None),
        ("model.layers.3.self_attn.q_proj", None),
        ("model.layers.03.self_attn.q_proj.weight", None),
        ("model.layers.3.mlp.experts.gate_up_proj", None),
        ("x.model.layers.3.self_attn.q_proj.weight", None),
        ("transformer.h.0.attn.c_attn.weight", None),
    ],
)
def test_names_are_translated_or_unknown(tensor: str, name: str | None) -> None:
    """Never guessed."""
    assert gguf_name(tensor) == name


def test_names_are_those_of_gguf() -> None:
    """Wherever gguf's own table knows a module of an architecture, it says the same."""
    gguf = pytest.importorskip("gguf")
    modules = [*WHOLE, *(f"{model}layers.37.{name}" for model in ("model.", "") for name in IN_LAYER)]
    for architecture in ARCHITECTURES:
        theirs = gguf.get_tensor_name_map(gguf.MODEL_ARCH[architecture], 40)
        known = {module: theirs.get_name(module) for module in modules if theirs.get_name(module) is not None}
        assert {module: (gguf_name(f"{module}.weight") or "").removesuffix(".weight") for module in known} == known
        assert {"model.embed_tokens", "lm_head", "model.layers.37.self_attn.q_proj"} <= set(known)


def test_experts_are_called_as_what_they_are_merged_to() -> None:
    """The converter joins the experts of a layer under the name without their number."""
    gguf = pytest.importorskip("gguf")
    theirs = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3MOE, 4)
    for name, merged in EXPERT.items():
        parent = "block_sparse_moe" if name.startswith("w") else "mlp"
        assert theirs.get_name(f"model.layers.2.{parent}.experts.{name}") == f"blk.2.{merged}"
        assert gguf_name(f"model.layers.2.{parent}.experts.9.{name}.weight") == f"blk.2.{merged}.weight"
