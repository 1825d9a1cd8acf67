"""What the axes of a weight are: which have an order, which are outputs, inputs or layers."""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from precisionlab.analysis.roles import EMBEDDINGS, EXPERTS, is_named
from precisionlab.checkpoints.model import TensorInfo

POSITIONS: Final = (
    "*position_embed*",
    "*pos_embed*",
    "*positional_embedding*",
    "*position_embd*",
    "*wpe*",
    "*embed_positions*",
    "*relative_attention_bias*",
    "*relative_position_bias_table*",
)
"""Names of embeddings whose rows are places one after the other."""


class Axis(Enum):
    """What the indices along an axis of a weight stand for."""

    OUTPUTS = "outputs"
    INPUTS = "inputs"
    TAPS = "taps"
    """Places of a convolution's kernel: they have an order."""
    POSITIONS = "positions"
    """Places of a sequence: they have an order."""
    TOKENS = "tokens"
    LAYERS = "layers"
    """Several weights of one kind, one behind the other: experts."""
    FEATURES = "features"
    SINGLE = "single"
    """Of one index."""

    @property
    def is_ordered(self) -> bool:
        """Whether neighbours along it are neighbours in what they stand for."""
        return self in {Axis.TAPS, Axis.POSITIONS}


def axes_of(info: TensorInfo) -> tuple[Axis, ...]:
    """What each axis of a tensor is, as `torch.nn` lays weights out, from its name and its shape alone.

    One axis are features; two are [outputs, inputs], or [tokens or positions, features] of an embedding; three are
    experts [n, outputs, inputs] where the name says so; three to five are a convolution's [outputs, inputs, taps …].
    """
    n_axes = len(info.shape)
    if is_named(info.name, POSITIONS):
        return singled(info.shape, positions_of(info.shape))
    if n_axes <= 1:
        return (Axis.FEATURES,) * n_axes
    if n_axes == 2:
        is_embedding = is_named(info.name, EMBEDDINGS)
        return (Axis.TOKENS, Axis.FEATURES) if is_embedding else (Axis.OUTPUTS, Axis.INPUTS)
    if n_axes == 3 and is_named(info.name, EXPERTS):
        return Axis.LAYERS, Axis.OUTPUTS, Axis.INPUTS
    return singled(info.shape, (Axis.OUTPUTS, Axis.INPUTS, *(Axis.TAPS,) * (n_axes - 2)))


def positions_of(shape: Sequence[int]) -> tuple[Axis, ...]:
    """The axes of a position embedding: the last are features, the one before it positions, leading ones of one index."""
    if len(shape) < 2:
        return (Axis.FEATURES,) * len(shape)
    return (*(Axis.LAYERS,) * (len(shape) - 2), Axis.POSITIONS, Axis.FEATURES)


def singled(shape: Sequence[int], axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """Axes whose order means nothing since there is one index are called so, but for outputs and inputs."""
    return tuple(
        Axis.SINGLE if size == 1 and (axis.is_ordered or axis is Axis.LAYERS) else axis
        for size, axis in zip(shape, axes, strict=True)
    )


def is_kernel(info: TensorInfo) -> bool:
    """Whether a tensor holds a convolution's kernels of more than one tap."""
    return Axis.TAPS in axes_of(info)
