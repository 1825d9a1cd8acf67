"""In which order layers follow one another."""

import numpy as np
import pytest

from analyzers.rounding.sequence import in_sequence

MODELS = {
    "llama": [
        "model.layers.0.self_attn.q_proj.weight",
        "model.layers.0.self_attn.o_proj.weight",
        "model.layers.0.mlp.gate_proj.weight",
        "model.layers.0.mlp.up_proj.weight",
        "model.layers.0.mlp.down_proj.weight",
        "model.layers.2.self_attn.k_proj.weight",
        "model.layers.10.self_attn.k_proj.weight",
        "lm_head.weight",
    ],
    "bert": [
        "encoder.layer.0.attention.self.query.weight",
        "encoder.layer.0.attention.output.dense.weight",
        "encoder.layer.0.intermediate.dense.weight",
        "encoder.layer.0.output.dense.weight",
        "pooler.dense.weight",
    ],
    "gpt2": ["h.0.attn.c_attn.weight", "h.0.attn.c_proj.weight", "h.0.mlp.c_fc.weight", "h.0.mlp.c_proj.weight"],
    "gguf": [
        "blk.0.attn_q.weight",
        "blk.0.attn_output.weight",
        "blk.0.ffn_gate.weight",
        "blk.0.ffn_down.weight",
        "output.weight",
    ],
    "meta": [
        "layers.0.attention.wq.weight",
        "layers.0.attention.wo.weight",
        "layers.0.feed_forward.w1.weight",
        "layers.0.feed_forward.w3.weight",
        "layers.0.feed_forward.w2.weight",
        "output.weight",
    ],
    "short": ["layers.0.q_proj.weight", "layers.0.o_proj.weight", "layers.0.mlp.up_proj.weight"],
    "resnet": [
        "conv1.weight",
        "layer1.0.conv1.weight",
        "layer1.0.conv2.weight",
        "layer1.1.conv1.weight",
        "layer2.0.conv1.weight",
        "fc.weight",
    ],
    "t5": [
        "encoder.block.0.layer.0.SelfAttention.q.weight",
        "encoder.block.0.layer.0.SelfAttention.o.weight",
        "encoder.block.0.layer.1.DenseReluDense.wi.weight",
        "encoder.block.0.layer.1.DenseReluDense.wo.weight",
        "decoder.block.0.layer.0.SelfAttention.q.weight",
        "lm_head.weight",
    ],
}


@pytest.mark.parametrize("names", MODELS.values(), ids=MODELS.keys())
def test_names_tell_the_order_of_their_models(names: list[str]) -> None:
    """Written down from the models' code, whatever the order of the checkpoint."""
    shuffled = np.random.default_rng(0).permutation(names).tolist()
    assert in_sequence(shuffled, ()) == names


def test_embeddings_are_looked_up_and_multiply_nothing() -> None:
    """They are left out, but where a glob names them."""
    names = ["model.embed_tokens.weight", "a.0.weight"]
    assert in_sequence(names, ()) == ["a.0.weight"]
    assert in_sequence(names, ("*embed*", "*")) == names


def test_globs_order_and_choose() -> None:
    """The first that matches counts; what none matches is left out."""
    names = ["c.weight", "b.2.weight", "b.10.weight", "a.weight", "d.weight"]
    assert in_sequence(names, ("c*", "b*", "[ab]*")) == ["c.weight", "b.2.weight", "b.10.weight", "a.weight"]
    assert in_sequence(names, ("nothing",)) == []


@pytest.mark.parametrize("name", ["", "9" * 5000, "a." + "1" * 5000 + ".b", "²³.٣.weight", "0"])
def test_any_name_has_its_place(name: str) -> None:
    """Names come from files: digits of any kind and number."""
    assert in_sequence([name, "a"], ()) in ([name, "a"], ["a", name])
