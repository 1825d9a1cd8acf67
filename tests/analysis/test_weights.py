"""Weights as matrices, read whole, in rows, in columns."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.analysis.tensors import Tensor, TensorTooLargeError
from precisionlab.analysis.weights import chosen_rows, matrix_of, obstacle, rows, shape_of, unfinite
from tests.analyzers.memory import in_memory

Array = NDArray[Any]


def small_memory(array: Array) -> Tensor:
    """A tensor that does not fit into the memory it may take."""
    tensor = in_memory(array)
    tensor.memory_bytes = array.nbytes - 1
    return tensor


@pytest.mark.parametrize(
    ("array", "name", "reason"),
    [
        (np.ones((2, 2), np.float32), "w", ""),
        (np.ones((2, 2), ml_dtypes.bfloat16), "w", ""),
        (np.ones((2, 3, 3), np.float64), "w", ""),
        (np.ones(4, np.float32), "w", "it has fewer than two axes: there is no matrix"),
        (np.float32(1), "w", "it has fewer than two axes: there is no matrix"),
        (np.ones((0, 4), np.float32), "w", "it has no elements"),
        (np.ones((2, 2), np.int8), "w", "its type is no signed float"),
        (np.ones((2, 2), np.complex64), "w", "complex numbers are not looked at"),
        (np.ones((2, 2), np.float32), "optimizer.state.0.exp_avg", "an optimizer's state is no weight"),
    ],
)
def test_what_is_no_weight_is_told(array: Array, name: str, reason: str) -> None:
    """By type, name, axes and elements."""
    assert obstacle(in_memory(np.asarray(array), name).info) == reason


def test_axes_may_be_asked_for() -> None:
    """Kernels have three."""
    assert obstacle(in_memory(np.ones((2, 2), np.float32)).info, 3) == "it has fewer than 3 axes"


def test_numbers_that_are_none_are_counted() -> None:
    """NaN and infinities, of either sign."""
    array = np.array([[1, np.nan], [np.inf, -np.inf]], np.float32)
    assert unfinite(in_memory(array)) == "it holds 3 NaN or infinities"
    assert not unfinite(in_memory(np.ones((2, 2), np.float32)))


@pytest.mark.parametrize("make", [in_memory, small_memory], ids=["held", "streamed"])
@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 3), (7, 2, 3, 2)], ids=str)
def test_rows_are_those_of_the_reshaped_array(make: Any, shape: tuple[int, ...]) -> None:  # noqa: ANN401 - a maker
    """Whole, from one to another, and chosen ones, in order; float64 where they are computed with."""
    array = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    flat = array.reshape(shape[0], -1)
    tensor = make(array)
    assert shape_of(tensor.info) == flat.shape
    np.testing.assert_array_equal(rows(tensor, 1, 4).numpy(), flat[1:4])
    chosen = torch.tensor([0, 2, shape[0] - 1])
    np.testing.assert_array_equal(chosen_rows(tensor, chosen).numpy(), flat[chosen].astype(np.float64))
    assert chosen_rows(tensor, chosen[:0]).shape == (0, flat.shape[1])


def test_a_matrix_is_read_by_rows_and_by_columns_and_scaled() -> None:
    """Rows of one beyond the memory too; its columns are refused with a remedy."""
    array = np.random.default_rng(1).standard_normal((6, 4)).astype(np.float32)
    matrix = matrix_of(in_memory(array), scale=4.0)
    assert matrix.shape == (6, 4)
    np.testing.assert_array_equal(matrix.rows(2, 5).numpy(), array[2:5].astype(np.float64) / 4)
    np.testing.assert_array_equal(matrix.columns(1, 3).numpy(), array[:, 1:3].astype(np.float64) / 4)
    streamed = matrix_of(small_memory(array))
    np.testing.assert_array_equal(streamed.rows(0, 6).numpy(), array.astype(np.float64))
    with pytest.raises(TensorTooLargeError, match="raise --memory"):
        streamed.columns(0, 1)


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("mlp.experts.down_proj", (3, 10, 6), (30, 6)),
        ("pos_embed", (2, 10, 6), (20, 6)),
        ("pos_embed", (1, 10, 6), (10, 6)),
        ("conv.weight", (3, 10, 6), (3, 60)),
        ("conv.weight", (1, 10, 6), (10, 6)),
    ],
    ids=str,
)
def test_experts_stand_one_below_the_other(name: str, shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    """Each row is an output of one of them; of all else rows are the first axis of more than one index."""
    assert shape_of(in_memory(np.zeros(shape, np.float32), name).info) == expected
