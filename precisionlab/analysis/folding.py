"""Weights as tensors of three and more axes, where that is natural: kernels, heads, experts, or as the user says."""

import math
import re
from dataclasses import dataclass
from typing import Final

from precisionlab.analysis.axes import Axis, axes_of
from precisionlab.analysis.roles import is_named
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

READING_HEADS: Final = (
    "*q_proj.*",
    "*k_proj.*",
    "*v_proj.*",
    "*.query.*",
    "*.key.*",
    "*.value.*",
    "*attn_q.*",
    "*attn_k.*",
    "*attn_v.*",
)
"""Projections whose outputs are heads, one behind the other."""
WRITING_HEADS: Final = ("*o_proj.*", "*out_proj.*", "*attn_output.*", "*attention.output.dense.*")
"""Projections whose inputs are heads."""
SHAPE: Final = re.compile(r"[1-9][0-9]{0,9}(x[1-9][0-9]{0,9})+")


@dataclass(frozen=True, slots=True)
class Folding:
    """A way to see a weight as a tensor: a reshape in row-major order."""

    reason: str
    """Why it is natural: `kernel`, `experts`, `heads`, `reshape`."""
    shape: tuple[int, ...]
    """Without axes of one index; its product is the number of elements."""


def parse_shape(option: str, text: str) -> tuple[int, ...]:
    """`64x64x256` as numbers, without axes of one index; empty for an empty text.

    Raises:
        UsageError: it is no shape of two or more axes of more than one index.
    """
    if not text:
        return ()
    sizes = tuple(int(part) for part in text.split("x") if int(part) > 1) if SHAPE.fullmatch(text) else ()
    if len(sizes) < 2:
        raise UsageError(option, f"takes a shape such as 64x64x256, not {printable(text, 40)}")
    return sizes


def folding_of(info: TensorInfo, heads: int, reshape: tuple[int, ...]) -> Folding | None:
    """The tensor that a weight naturally is; None for a matrix that nothing is known of.

    Args:
        info: the weight.
        heads: attention heads of the full projections; 0 where not known. One onto fewer, grouped heads has heads of the
            same size.
        reshape: the user's shape, for weights of so many elements; others are folded as if there were none.
    """
    if reshape and math.prod(reshape) == info.n_elements:
        return Folding("reshape", reshape)
    axes = axes_of(info)
    shape = tuple(size for size in info.shape if size > 1)
    if len(shape) >= 3:
        reason = "kernel" if Axis.TAPS in axes else "experts" if Axis.LAYERS in axes else "axes"
        return Folding(reason, shape)
    if heads > 1 and axes == (Axis.OUTPUTS, Axis.INPUTS):
        return headed(info, heads)
    return None


def headed(info: TensorInfo, heads: int) -> Folding | None:
    """A projection by its heads; None of what is none, or does not divide."""
    n_outputs, n_inputs = info.shape
    if is_named(info.name, READING_HEADS) and (size := head_size(n_inputs, n_outputs, heads)):
        return Folding("heads", (n_outputs // size, size, n_inputs))
    if is_named(info.name, WRITING_HEADS) and (size := head_size(n_outputs, n_inputs, heads)):
        return Folding("heads", (n_outputs, n_inputs // size, size))
    return None


def head_size(width: int, n_channels: int, heads: int) -> int:
    """Channels of one head, in a layer of this width whose heads have `n_channels` in all; 0 where they do not divide.

    Fewer channels than the layer is wide are those of grouped heads.
    """
    size = max(width, n_channels) // heads
    return size if size > 1 and n_channels % size == 0 and n_channels > size else 0
