"""What the axes of tensors are, by name and shape."""

import numpy as np
import pytest

from precisionlab.analysis.axes import Axis, axes_of, is_kernel
from tests.analyzers.memory import in_memory

OUTPUTS, INPUTS, TAPS, POSITIONS = Axis.OUTPUTS, Axis.INPUTS, Axis.TAPS, Axis.POSITIONS
TOKENS, LAYERS, FEATURES, SINGLE = Axis.TOKENS, Axis.LAYERS, Axis.FEATURES, Axis.SINGLE


def axes(name: str, *shape: int) -> tuple[Axis, ...]:
    """Of a tensor of this name and shape."""
    return axes_of(in_memory(np.zeros(shape, np.float32), name).info)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((), ()),
        ((4,), (FEATURES,)),
        ((4, 3), (OUTPUTS, INPUTS)),
        ((4, 3, 5), (OUTPUTS, INPUTS, TAPS)),
        ((4, 3, 5, 5), (OUTPUTS, INPUTS, TAPS, TAPS)),
        ((4, 3, 2, 5, 5), (OUTPUTS, INPUTS, TAPS, TAPS, TAPS)),
        ((4, 1, 1, 7), (OUTPUTS, INPUTS, SINGLE, TAPS)),
        ((4, 3, 1, 1), (OUTPUTS, INPUTS, SINGLE, SINGLE)),
        ((1, 3), (OUTPUTS, INPUTS)),
        ((4, 0, 3), (OUTPUTS, INPUTS, TAPS)),
    ],
    ids=str,
)
def test_axes_are_those_of_layers(shape: tuple[int, ...], expected: tuple[Axis, ...]) -> None:
    """As `torch.nn` lays them out; taps of one index have no order."""
    assert axes("layer.weight", *shape) == expected


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("model.embed_tokens.weight", (9, 4), (TOKENS, FEATURES)),
        ("transformer.wte.weight", (9, 4), (TOKENS, FEATURES)),
        ("mlp.experts.down_proj", (2, 4, 3), (LAYERS, OUTPUTS, INPUTS)),
        ("mlp.experts.0.down_proj.weight", (4, 3), (OUTPUTS, INPUTS)),
        ("transformer.wpe.weight", (9, 4), (POSITIONS, FEATURES)),
        ("embeddings.position_embeddings.weight", (9, 4), (POSITIONS, FEATURES)),
        ("Encoder.POS_EMBED", (1, 9, 4), (SINGLE, POSITIONS, FEATURES)),
        ("encoder.pos_embed", (2, 9, 4), (LAYERS, POSITIONS, FEATURES)),
        ("encoder.pos_embed", (1, 1, 4), (SINGLE, SINGLE, FEATURES)),
        ("encoder.pos_embed", (4,), (FEATURES,)),
        ("encoder.pos_embed", (), ()),
    ],
    ids=str,
)
def test_names_tell_embeddings_positions_and_experts(
    name: str, shape: tuple[int, ...], expected: tuple[Axis, ...]
) -> None:
    """Before shapes do."""
    assert axes(name, *shape) == expected


def test_taps_and_positions_are_ordered() -> None:
    """And nothing else is."""
    assert {axis for axis in Axis if axis.is_ordered} == {TAPS, POSITIONS}


@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 3), False), ((4, 3, 1, 1), False), ((4, 3, 1, 2), True), ((4, 3, 2), True)], ids=str
)
def test_kernels_have_more_than_one_tap(shape: tuple[int, ...], expected: bool) -> None:
    """A 1x1 convolution is a matrix."""
    assert is_kernel(in_memory(np.zeros(shape, np.float32), "conv.weight").info) is expected
