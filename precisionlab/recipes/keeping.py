"""Which tensors stay as they are, and which must share a format: what the names of tensors say."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

KEPT: Final = ("*embed*", "*wte*", "*wpe*", "*lm_head*", "*output.weight", "*norm*", "*router*", "*gate.weight")
"""Globs of names, in lower case, of what is usually kept: embeddings, heads, norms and routers."""
FUSED: Final = (
    ("q_proj", "k_proj", "v_proj"),
    ("query", "key", "value"),
    ("attn_q", "attn_k", "attn_v"),
    ("gate_proj", "up_proj"),
    ("ffn_gate", "ffn_up"),
    ("w1", "w3"),
)
"""Parts of names by which matrices differ that runtimes join into one (vLLM, TensorRT-LLM, llama.cpp)."""


def is_kept(name: str, globs: Iterable[str]) -> bool:
    """Whether a tensor of this name matches a glob."""
    return any(fnmatchcase(name.lower(), glob.lower()) for glob in globs)


def fused_groups(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The names that runtimes join, in order: those that differ in nothing but a part of one family."""
    groups: dict[tuple[str, int], list[str]] = {}
    for name in names:
        for family, parts in enumerate(FUSED):
            stem = stem_of(name, parts)
            if stem is not None:
                groups.setdefault((stem, family), []).append(name)
                break
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def stem_of(name: str, parts: Sequence[str]) -> str | None:
    """The name without the part that differs; None where it has none of them."""
    replaced, count = re.subn(rf"(?<![^./])(?:{'|'.join(map(re.escape, parts))})(?![^./])", "*", name)
    return replaced if count else None
