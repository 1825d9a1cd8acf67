"""What the names of tensors say they are, as the Hugging Face hub, Meta and GGUF name them."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

EMBEDDINGS: Final = (
    "*embed*",
    "*_embd*",
    "*wte*",
    "*wpe*",
    "shared.weight",
    "*relative_attention_bias*",
    "*cls_token*",
)
HEADS: Final = (
    "*lm_head*",
    "output.weight",
    "head.weight",
    "*.head.weight",
    "*classifier*",
    "score.weight",
    "*cls.predictions*",
    "*qa_outputs*",
)
NORMS: Final = ("*norm*",)
ROUTERS: Final = ("*router*", "*.gate.weight", "*_expert_gate.weight", "*gate_inp*")
EXPERTS: Final = ("*experts*",)
"""Several layers in one tensor, one behind the other along the first of three axes."""
STATES: Final = ("optimizer*", "*.optimizer*", "*.exp_avg", "*.exp_avg_sq", "*.max_exp_avg_sq", "*.momentum_buffer")
"""What an optimizer keeps, and which is of no model."""
MOMENTS: Final = (
    "*exp_avg*",
    "*momentum*",
    "*moment1*",
    "*moment2*",
    "*moment_*",
    "*opt*.m",
    "*opt*.v",
    "*opt*.mu.*",
    "*opt*.nu.*",
)
"""What PyTorch, ONNX, JAX and scripts call what optimizers average."""


def is_named(name: str, globs: Iterable[str]) -> bool:
    """Whether a name matches a glob; capitals do not count."""
    return any(fnmatchcase(name.lower(), glob.lower()) for glob in globs)
