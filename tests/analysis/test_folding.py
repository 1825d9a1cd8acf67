"""Weights as tensors: which foldings are natural."""

import numpy as np
import pytest

from precisionlab.analysis.folding import Folding, folding_of, head_size, parse_shape
from precisionlab.errors import UsageError
from tests.analyzers.memory import in_memory


def folded(name: str, *shape: int, heads: int = 0, reshape: tuple[int, ...] = ()) -> Folding | None:
    """How a tensor of this name and shape is folded."""
    return folding_of(in_memory(np.zeros(shape, np.float32), name).info, heads, reshape)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ()), ("64x64x256", (64, 64, 256)), ("4x1x6", (4, 6)), ("2x2", (2, 2))],
)
def test_shapes_are_read(text: str, expected: tuple[int, ...]) -> None:
    """Axes of one index are left out."""
    assert parse_shape("lowrank.reshape", text) == expected


@pytest.mark.parametrize(
    "text", ["64", "0x3", "4x", "x4", "4X4", "4 x 4", "-1x4", "4x٣", "99999999999x2", "a\x1bb", "1x4096", "1x1"]
)
def test_other_texts_are_no_shapes(text: str) -> None:
    """And no control character of them reaches a terminal."""
    with pytest.raises(UsageError, match="takes a shape such as 64x64x256") as caught:
        parse_shape("lowrank.reshape", text)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("conv.weight", (8, 4, 3, 3), Folding("kernel", (8, 4, 3, 3))),
        ("conv.weight", (8, 1, 3, 3), Folding("kernel", (8, 3, 3))),
        ("conv.weight", (8, 4, 1, 7), Folding("kernel", (8, 4, 7))),
        ("conv.weight", (8, 1, 1, 7), None),
        ("conv.weight", (8, 4, 1, 1), None),
        ("mlp.experts.weight", (2, 6, 5), Folding("experts", (2, 6, 5))),
        ("mlp.experts.weight", (1, 6, 5), None),
        ("pos_embed", (2, 6, 5), Folding("experts", (2, 6, 5))),
        ("dense.weight", (8, 6), None),
        ("dense.bias", (8,), None),
    ],
    ids=str,
)
def test_tensors_are_what_they_are(name: str, shape: tuple[int, ...], expected: Folding | None) -> None:
    """Without axes of one index; two axes that are left are a matrix."""
    assert folded(name, *shape) == expected


@pytest.mark.parametrize(
    ("name", "shape", "heads", "expected"),
    [
        ("self_attn.q_proj.weight", (64, 64), 8, (8, 8, 64)),
        ("self_attn.q_proj.weight", (128, 64), 8, (8, 16, 64)),
        ("self_attn.k_proj.weight", (16, 64), 8, (2, 8, 64)),
        ("self_attn.v_proj.weight", (16, 64), 8, (2, 8, 64)),
        ("self_attn.o_proj.weight", (64, 64), 8, (64, 8, 8)),
        ("layer.0.attention.output.dense.weight", (64, 64), 4, (64, 4, 16)),
        ("blk.0.attn_q.weight", (64, 64), 8, (8, 8, 64)),
    ],
    ids=str,
)
def test_projections_are_folded_by_heads(
    name: str, shape: tuple[int, ...], heads: int, expected: tuple[int, ...]
) -> None:
    """Outputs of those that read, inputs of those that write; grouped ones have fewer heads of the same size."""
    assert folded(name, *shape, heads=heads) == Folding("heads", expected)


@pytest.mark.parametrize(
    ("name", "shape", "heads"),
    [
        ("self_attn.q_proj.weight", (64, 64), 0),
        ("self_attn.q_proj.weight", (64, 64), 1),
        ("self_attn.q_proj.weight", (64, 64), 64),
        ("self_attn.q_proj.weight", (64, 64), 100),
        ("self_attn.q_proj.weight", (66, 66), 8),
        ("self_attn.k_proj.weight", (8, 64), 8),
        ("self_attn.q_proj.bias", (64,), 8),
        ("mlp.up_proj.weight", (64, 64), 8),
    ],
    ids=str,
)
def test_what_has_no_heads_stays_a_matrix(name: str, shape: tuple[int, ...], heads: int) -> None:
    """Where no heads are known, they do not divide, have one channel, are but one, or the layer is no projection."""
    assert folded(name, *shape, heads=heads) is None


def test_a_shape_of_as_many_elements_comes_first() -> None:
    """Before kernels and heads; for others it is as if there were none."""
    assert folded("conv.weight", 8, 4, 3, 3, reshape=(4, 8, 9)) == Folding("reshape", (4, 8, 9))
    assert folded("q_proj.weight", 8, 8, heads=2, reshape=(4, 4, 4)) == Folding("reshape", (4, 4, 4))
    assert folded("conv.weight", 8, 4, 3, 3, reshape=(4, 4, 4)) == Folding("kernel", (8, 4, 3, 3))
    assert folded("dense.weight", 8, 6, reshape=(4, 4, 4)) is None


@pytest.mark.parametrize(
    ("width", "n_channels", "heads", "size"),
    [(64, 64, 8, 8), (64, 128, 8, 16), (64, 16, 8, 8), (64, 8, 8, 0), (64, 64, 64, 0), (64, 60, 8, 0), (7, 7, 8, 0)],
)
def test_heads_have_a_size(width: int, n_channels: int, heads: int, size: int) -> None:
    """0 where they do not divide, or where there is but one."""
    assert head_size(width, n_channels, heads) == size
