"""Which tensors stay as they are, and which must share a format: what the names of tensors say."""

import re
from collections.abc import Sequence
from typing import Final

from precisionlab.analysis.roles import EMBEDDINGS, HEADS, NORMS, ROUTERS

KEPT: Final = (*EMBEDDINGS, *HEADS, *NORMS, *ROUTERS)
"""Globs of names of what is usually kept."""
FUSED: Final = (
    ("q_proj", "k_proj", "v_proj"),
    ("query", "key", "value"),
    ("attn_q", "attn_k", "attn_v"),
    ("wq", "wk", "wv"),
    ("q_a_proj", "kv_a_proj_with_mqa"),
    ("gate_proj", "up_proj"),
    ("ffn_gate", "ffn_up"),
    ("w1", "w3"),
)
"""Parts of names by which matrices differ that runtimes join into one (vLLM, TensorRT-LLM, llama.cpp)."""
EXPERT: Final = re.compile(r"(?<![^./])experts([./])[0-9]+(?![^./])")
"""The experts of a layer, which runtimes join as well."""


def fused_groups(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The names that runtimes join, in order: those that differ in nothing but a part of one family, or the expert."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(joined_name(name), []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def joined_name(name: str) -> str:
    """The name of what a matrix is joined into; its own where it stays alone."""
    of_layer = EXPERT.sub(r"experts\1*", name)
    replaced = (with_family(of_layer, parts) for parts in FUSED)
    return next((one for one in replaced if one != of_layer), of_layer)


def with_family(name: str, parts: Sequence[str]) -> str:
    """The name with all of a family in the place of one of its parts, if it has one."""
    found = rf"(?<![^./])(?:{'|'.join(map(re.escape, parts))})(?![^./])"
    return re.sub(found, f"<{'|'.join(parts)}>", name)
