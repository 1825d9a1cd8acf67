"""What llama.cpp calls the matrices of models from the Hugging Face hub: the families of Llama, Mistral and Qwen.

As gguf.TensorNameMap 0.19.0 has them. Norms and biases are no matrices and never quantized, so that they are not here.
"""

import re

WHOLE = {
    "model.embed_tokens": "token_embd",
    "embed_tokens": "token_embd",
    "tok_embeddings": "token_embd",
    "lm_head": "output",
    "output": "output",
}
"""Modules that a model has once."""

EXPERT = {"gate_proj": "ffn_gate_exps", "up_proj": "ffn_up_exps", "down_proj": "ffn_down_exps"} | {
    "w1": "ffn_gate_exps",
    "w3": "ffn_up_exps",
    "w2": "ffn_down_exps",
}
"""Modules of an expert; GGUF has those of all experts of a layer in one tensor."""

IN_LAYER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "mlp.gate": "ffn_gate_inp",
    "mlp.shared_expert.gate_proj": "ffn_gate_shexp",
    "mlp.shared_expert.up_proj": "ffn_up_shexp",
    "mlp.shared_expert.down_proj": "ffn_down_shexp",
    "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
    "block_sparse_moe.gate": "ffn_gate_inp",
    "attention.wq": "attn_q",
    "attention.wk": "attn_k",
    "attention.wv": "attn_v",
    "attention.wo": "attn_output",
    "feed_forward.w1": "ffn_gate",
    "feed_forward.w3": "ffn_up",
    "feed_forward.w2": "ffn_down",
}
"""Modules of a layer, by their names within it."""

LAYER = re.compile(r"(?:model\.)?layers\.(0|[1-9]\d*)\.(.+)", re.ASCII)
ONE_EXPERT = re.compile(r"(?:mlp|block_sparse_moe)\.experts\.(?:0|[1-9]\d*)\.(\w+)", re.ASCII)
OWN = re.compile(r"(?:blk\.(?:0|[1-9]\d*)\.[a-z0-9_]+|token_embd|output)\.weight", re.ASCII)


def gguf_name(tensor: str) -> str | None:
    """The name in GGUF of a matrix, by its name in a checkpoint, which may be that already; None where it is unknown.

    >>> gguf_name("model.layers.3.self_attn.q_proj.weight"), gguf_name("blk.3.attn_q.weight")
    ('blk.3.attn_q.weight', 'blk.3.attn_q.weight')
    """
    if OWN.fullmatch(tensor):
        return tensor
    if not tensor.endswith(".weight"):
        return None
    module = gguf_module(tensor.removesuffix(".weight"))
    return None if module is None else f"{module}.weight"


def gguf_module(module: str) -> str | None:
    """The same of a module."""
    layer = LAYER.fullmatch(module)
    if layer is None:
        return WHOLE.get(module)
    expert = ONE_EXPERT.fullmatch(layer[2])
    within = EXPERT.get(expert[1]) if expert else IN_LAYER.get(layer[2])
    return None if within is None else f"blk.{layer[1]}.{within}"
