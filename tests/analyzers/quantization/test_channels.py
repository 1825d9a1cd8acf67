"""Channels that lose most, and channels for whose sake others lose."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.quantization.channels import Channels, channels_of
from analyzers.quantization.measuring import measure
from analyzers.quantization.options import Options
from precisionlab.analysis.tensors import Tensor
from tests.analyzers.quantization.twins import in_groups, symmetric_integers

Array = NDArray[Any]
MakeTensor = Callable[..., Tensor]


def channels(tensor: Tensor, **options: Any) -> dict[str, Channels]:  # noqa: ANN401 - any option's value
    """Both axes by their names."""
    return {one.axis: one for one in channels_of(measure(tensor, Options(**options)))}


@pytest.mark.parametrize("shape", [(12, 40), (12, 10, 2, 2)], ids=str)
def test_channels_are_those_of_numpy(shape: tuple[int, ...], tensor_of: MakeTensor) -> None:
    """Errors and energies of slices along the first and the second axis, in INT8 by channel."""
    array = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    array[3] *= 10
    found = channels(tensor_of(array), min_elements=1)
    x = array.astype(np.float64)
    e = in_groups(array, 1 << 30, symmetric_integers(8)) - x
    assert list(found) == ["first", "second"]
    for axis, one in enumerate(found.values()):
        others = tuple(other for other in range(len(shape)) if other != axis)
        squares, energies = (e**2).sum(axis=others), (x**2).sum(axis=others)
        np.testing.assert_allclose(one.errors, squares, rtol=1e-5)
        np.testing.assert_allclose(one.energies, energies, rtol=1e-12)
        np.testing.assert_allclose(one.relative_errors, np.sqrt(squares / energies), rtol=1e-5)
        np.testing.assert_allclose(one.sizes, np.sqrt(energies / np.median(energies)), rtol=1e-12)
        assert one.worst(3) == np.argsort(-squares / energies)[:3].tolist()
    assert found["first"].outliers(4.0, 5) == [3]
    assert found["second"].outliers(4.0, 5) == []


def test_channels_of_zeros_lose_nothing() -> None:
    """Nor do they count for the median."""
    one = Channels("first", np.array([0.0, 1.0, 0.0, 4.0]), np.array([0.0, 4.0, 0.0, 400.0]))
    assert one.relative_errors.tolist() == [0.0, 0.5, 0.0, 0.1]
    assert one.worst(2) == [1, 3]
    np.testing.assert_allclose(one.sizes, np.sqrt(np.array([0, 4, 0, 400]) / 202))
    assert one.outliers(1.2, 5) == [3]
    assert one.outliers(1.2, 0) == []


@pytest.mark.parametrize(
    ("array", "axes"),
    [
        (np.zeros((32, 32), np.float32), []),
        (np.ones((1, 300), np.float32), ["second"]),
        (np.ones((300, 1), np.float32), ["first"]),
    ],
    ids=["zeros", "one row", "one column"],
)
def test_axes_that_say_nothing_are_left_out(array: Array, axes: list[str], tensor_of: MakeTensor) -> None:
    """One channel is not compared with itself, and of zeros there is nothing to tell."""
    assert list(channels(tensor_of(array))) == axes


def test_without_errors_by_column_there_are_rows_only(tensor_of: MakeTensor) -> None:
    """`channels=0` does not sum by column; a vector has no second axis; the census knows no places."""
    array = np.random.default_rng(0).normal(0, 1, (32, 32)).astype(np.float32)
    assert list(channels(tensor_of(array), channels=0)) == ["first"]
    assert list(channels(tensor_of(array), channels=0, formats=("int8:amax",))) == []
    assert list(channels(tensor_of(array.reshape(-1)), min_axes=1)) == []
