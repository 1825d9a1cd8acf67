"""What names say: which tensors stay, and which share a format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.roles import is_named
from precisionlab.recipes.keeping import KEPT, fused_groups

KEPT_NAMES = (
    "model.embed_tokens.weight",
    "embeddings.word_embeddings.weight",
    "transformer.wte.weight",
    "transformer.wpe.weight",
    "shared.weight",
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
    "vit.embeddings.cls_token",
    "token_embd.weight",
    "lm_head.weight",
    "output.weight",
    "classifier.weight",
    "score.weight",
    "head.weight",
    "backbone.head.weight",
    "cls.predictions.decoder.weight",
    "qa_outputs.weight",
    "model.layers.0.input_layernorm.weight",
    "encoder.LayerNorm.weight",
    "blk.0.attn_norm.weight",
    "model.layers.0.mlp.gate.weight",
    "model.layers.0.block_sparse_moe.gate.weight",
    "model.layers.0.mlp.shared_expert_gate.weight",
    "model.layers.0.mlp.router.weight",
    "blk.0.ffn_gate_inp.weight",
)
CHANGED_NAMES = (
    "model.layers.0.self_attn.q_proj.weight",
    "model.layers.0.mlp.gate_proj.weight",
    "model.layers.0.mlp.shared_expert.gate_proj.weight",
    "model.layers.0.block_sparse_moe.experts.0.w1.weight",
    "encoder.layer.0.attention.self.query.weight",
    "encoder.layer.0.attention.output.dense.weight",
    "encoder.layer.0.output.dense.weight",
    "transformer.h.0.attn.c_attn.weight",
    "transformer.h.0.mlp.c_proj.weight",
    "blk.0.attn_output.weight",
    "blk.0.ffn_gate.weight",
    "layers.0.attention.wo.weight",
    "pooler.dense.weight",
    "",
)


@pytest.mark.parametrize("name", KEPT_NAMES)
def test_embeddings_heads_norms_and_routers_stay(name: str) -> None:
    """By the names of the hub, of Meta and of GGUF."""
    assert is_named(name, KEPT)


@pytest.mark.parametrize("name", CHANGED_NAMES)
def test_layers_do_not_stay(name: str) -> None:
    """Neither an attention's output is taken for a head, nor a gated unit's gate for a router."""
    assert not is_named(name, KEPT)


LLAMA = [f"model.layers.0.self_attn.{part}_proj.weight" for part in "qkvo"]
GATED = [f"model.layers.0.mlp.{part}_proj.weight" for part in ("gate", "up", "down")]
EXPERTS = [f"model.layers.1.mlp.experts.{i}.{part}_proj.weight" for i in range(3) for part in ("gate", "up", "down")]
MIXTRAL = [f"model.layers.0.block_sparse_moe.experts.{i}.w{part}.weight" for i in range(2) for part in (1, 2, 3)]
BERT = [f"encoder.layer.0.attention.self.{part}.weight" for part in ("query", "key", "value")]
META = [f"layers.0.attention.w{part}.weight" for part in "qkvo"]
GGUF = [
    f"blk.0.{part}.weight" for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
]
GPT2 = ["h.0.attn.c_attn.weight", "h.0.attn.c_proj.weight", "h.0.mlp.c_fc.weight", "h.0.mlp.c_proj.weight"]
DEEPSEEK = [
    f"model.layers.0.self_attn.{part}.weight" for part in ("q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj")
]
FLAX = [f"layers/0/attn/{part}/kernel" for part in ("q_proj", "k_proj", "v_proj", "o_proj")]
CASES = {
    "llama": (LLAMA, [LLAMA[:3]]),
    "gated": (GATED, [GATED[:2]]),
    "experts": (
        EXPERTS,
        [[name for name in EXPERTS if "down" not in name], [name for name in EXPERTS if "down" in name]],
    ),
    "mixtral": (MIXTRAL, [[name for name in MIXTRAL if "w2" not in name], [name for name in MIXTRAL if "w2" in name]]),
    "bert": (BERT, [BERT]),
    "meta": (META, [META[:3]]),
    "gguf": (GGUF, [GGUF[:3], GGUF[4:6]]),
    "gpt-2": (GPT2, []),
    "deepseek": (DEEPSEEK, [[DEEPSEEK[0], DEEPSEEK[2]]]),
    "flax": (FLAX, [FLAX[:3]]),
}


@pytest.mark.parametrize(("names", "groups"), CASES.values(), ids=CASES.keys())
def test_matrices_that_runtimes_join_are_one_group(names: list[str], groups: list[list[str]]) -> None:
    """In the order of their names; nothing else is in any group."""
    assert [list(group) for group in fused_groups(names)] == groups


def test_layers_do_not_share_groups() -> None:
    """Nor do a query alone, biases beside weights, or names that only contain a part."""
    two = [name.replace("layers.0", f"layers.{i}") for i in range(2) for name in LLAMA[:3]]
    assert [len(group) for group in fused_groups(two)] == [3, 3]
    assert fused_groups(LLAMA[:1]) == ()
    assert fused_groups(["a.q_proj.weight", "a.k_proj.bias"]) == ()
    assert fused_groups(["a.my_q_proj.weight", "a.k_proj2.weight"]) == ()
    assert fused_groups([]) == ()


@given(st.permutations([*LLAMA, *GATED, *EXPERTS, *BERT]))
def test_order_decides_nothing_but_order(names: list[str]) -> None:
    """The same groups whatever the order of the checkpoint, and no name in two of them."""
    groups = fused_groups(names)
    members = [name for group in groups for name in group]
    assert len(members) == len(set(members))
    assert {frozenset(group) for group in groups} == {frozenset(group) for group in fused_groups(sorted(names))}
    assert all([name for name in names if name in group] == list(group) for group in groups)
