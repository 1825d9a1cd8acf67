"""A sample of rows in which a grid would show."""

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.quantization import sampling
from analyzers.quantization.sampling import NEIGHBOURS, ROWS, sampled_rows
from precisionlab.analysis.tensors import Tensor

Array = NDArray[Any]
MakeTensor = Callable[..., Tensor]


@pytest.mark.parametrize("shape", [(10, 12), (ROWS, 3), (10, 4, 3), (1, 50)], ids=str)
@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn"])
def test_few_rows_are_all_there(shape: tuple[int, ...], kind: str, tensor_of: MakeTensor) -> None:
    """As a matrix of the first axis by all others, in binary32."""
    array = np.random.default_rng(0).normal(0, 1, shape).astype(getattr(ml_dtypes, kind, kind))
    sample = sampled_rows(tensor_of(array))
    assert sample.dtype == np.float32
    np.testing.assert_array_equal(sample, array.astype(np.float32).reshape(shape[0], -1))


def test_many_rows_come_in_runs(tensor_of: MakeTensor) -> None:
    """Of neighbours, from the first row to the last, each once."""
    array = np.repeat(np.arange(1000, dtype=np.float32)[:, np.newaxis], 8, axis=1)
    sample = sampled_rows(tensor_of(array))
    assert sample.shape == (ROWS, 8)
    assert (sample == sample[:, :1]).all()
    places = sample[:, 0]
    assert (places[0], places[-1]) == (0, 999)
    runs = places.reshape(-1, NEIGHBOURS)
    assert (np.diff(runs, axis=1) == 1).all()
    assert set(np.diff(runs[:, 0])) == {328}


def test_long_rows_are_cut(tensor_of: MakeTensor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample never has more elements than are allowed, nor less than one row."""
    monkeypatch.setattr(sampling, "ELEMENTS", 100)
    array = np.arange(1200, dtype=np.float32)
    assert sampled_rows(tensor_of(array.reshape(30, 40))).shape == (2, 40)
    np.testing.assert_array_equal(sampled_rows(tensor_of(array.reshape(3, 400))), [array[:100]])
    assert sampled_rows(tensor_of(array.reshape(1200, 1))).shape == (ROWS, 1)


def test_a_vector_is_one_row(tensor_of: MakeTensor) -> None:
    """As is a scalar."""
    assert sampled_rows(tensor_of(np.ones(5, np.float32))).shape == (1, 5)
    assert sampled_rows(tensor_of(np.ones((), np.float32))).shape == (1, 1)


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
def test_what_is_not_finite_is_a_quiet_nan(kind: str, tensor_of: MakeTensor) -> None:
    """Signalling NaNs and infinities too: whoever converts the sample is not disturbed."""
    words = {"float32": 0x7F800001, "float16": 0x7C01, "bfloat16": 0x7F81}[kind]
    array = np.ones((4, 4), getattr(ml_dtypes, kind, kind))
    array.view(f"u{array.itemsize}")[0, :2] = words
    array[1, 1], array[2, 2] = np.inf, -np.inf
    sample = sampled_rows(tensor_of(array))
    assert np.isnan(sample).sum() == 4
    assert (sample.view(np.uint32)[np.isnan(sample)] & 0x400000 != 0).all()
    assert np.isfinite(sample.astype(np.float64)).sum() == 12
