"""Which rows and inputs are drawn."""

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.rounding.options import Options
from analyzers.rounding.sampling import Kind, Trial, sampled_rows, trials_of
from precisionlab.analysis.tensors import Tensor
from tests.analyzers.memory import in_memory

Singles = NDArray[np.float32]


def numbered(rows: int, columns: int) -> Singles:
    """A matrix of which no two numbers are equal."""
    return np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)


def kinds(tensor: Tensor, options: Options) -> dict[Kind, Trial]:
    """The trials of a tensor by kind."""
    return {trial.kind: trial for trial in trials_of(tensor, sampled_rows(tensor, options), options)}


def test_few_rows_are_all_taken_in_order() -> None:
    """Nothing is drawn twice."""
    assert np.array_equal(sampled_rows(in_memory(numbered(5, 7)), Options(rows=32)), numbered(5, 7))


def test_many_rows_are_drawn_without_repetition() -> None:
    """Whole rows of the matrix, in its order; another seed draws others, the same one the same."""
    array = numbered(200, 6)
    drawn = sampled_rows(in_memory(array), Options(rows=32))
    numbers = (drawn[:, 0] / 6).astype(int)
    assert np.array_equal(drawn, array[numbers])
    assert (np.diff(numbers) > 0).all()
    assert len(numbers) == 32
    assert np.array_equal(sampled_rows(in_memory(array), Options(rows=32)), drawn)
    assert not np.array_equal(sampled_rows(in_memory(array), Options(rows=32, seed=1)), drawn)


def test_every_row_is_as_likely_as_any_other() -> None:
    """Over 2,000 seeds each of 10 rows comes 400 times in 2 of 10 draws: within 6 standard errors of 17.9."""
    counts = np.zeros(10)
    for seed in range(2000):
        rows = sampled_rows(in_memory(numbered(10, 4)), Options(rows=2, seed=seed))
        counts[(rows[:, 0] / 4).astype(int)] += 1
    assert np.abs(counts - 400).max() < 6 * np.sqrt(2000 * 0.2 * 0.8)


def test_convolutions_are_matrices_of_their_outputs() -> None:
    """[outputs, inputs, taps...] becomes [outputs, inputs * taps]."""
    array = numbered(6, 24).reshape(6, 2, 3, 4)
    assert np.array_equal(sampled_rows(in_memory(array), Options()), array.reshape(6, 24))


def test_long_rows_are_cut() -> None:
    """To `max_terms`."""
    assert np.array_equal(sampled_rows(in_memory(numbered(3, 50)), Options(max_terms=20)), numbered(3, 50)[:, :20])


def test_inputs_are_what_their_kinds_say() -> None:
    """Normal deviates have mean 0 and variance 1, others lie in [0, 1], products of one sign are all positive."""
    weights = np.random.default_rng(0).standard_normal((4, 8192)).astype(np.float32)
    by_kind = kinds(in_memory(weights), Options(inputs=16))
    normal, uniform, one_sign = (by_kind[kind] for kind in (Kind.NORMAL, Kind.UNIFORM, Kind.ONE_SIGN))
    n = 8192 * 16
    assert normal.inputs.shape == (8192, 16)
    assert abs(normal.inputs.mean()) < 6 / np.sqrt(n)
    assert abs(normal.inputs.var() - 1) < 6 * np.sqrt(2 / n)
    assert uniform.inputs.min() >= 0
    assert uniform.inputs.max() <= 1
    assert abs(uniform.inputs.mean() - 0.5) < 6 / np.sqrt(12 * n)
    assert (one_sign.weights[:, :, None] * one_sign.inputs[None, :, :1] >= 0).all()
    assert np.array_equal(np.abs(weights), one_sign.weights)
    assert Kind.CALIBRATION not in by_kind


def test_calibrated_inputs_have_the_moments_that_the_file_gives() -> None:
    """Each input channel its own, which the taps of a convolution share."""
    moments = np.array([0.25, 1.0, 16.0, 0.0], np.float32)
    tensor = in_memory(np.ones((8, 4, 3), np.float32), calibration=moments)
    inputs = kinds(tensor, Options(inputs=4096))[Kind.CALIBRATION].inputs
    squares = (inputs.astype(np.float64) ** 2).mean(axis=1).reshape(4, 3)
    assert squares == pytest.approx(np.repeat(moments[:, None], 3, axis=1), rel=6 * np.sqrt(2 / 4096))


@pytest.mark.parametrize(
    ("stored", "fed"),
    [
        ("float32", "float32"),
        ("float16", "float16"),
        ("bfloat16", "bfloat16"),
        ("float8_e4m3fn", "bfloat16"),
        ("float64", "float32"),
    ],
)
def test_inputs_are_numbers_of_the_type_that_a_layer_is_fed(stored: str, fed: str) -> None:
    """The stored one; bfloat16 where that has 8 bits, float32 where it has 64."""
    array = numbered(4, 128).astype(getattr(ml_dtypes, stored, stored))
    for trial in kinds(in_memory(array), Options()).values():
        again = trial.inputs.astype(getattr(ml_dtypes, fed, fed)).astype(np.float32)
        assert np.array_equal(trial.inputs, again)


def test_what_is_drawn_for_a_tensor_depends_on_its_name_alone() -> None:
    """Not on others; two tensors of one shape are not multiplied with the same inputs."""
    one, other = (kinds(in_memory(numbered(40, 8), name), Options())[Kind.NORMAL] for name in ("a", "b"))
    again = kinds(in_memory(numbered(40, 8), "a"), Options())[Kind.NORMAL]
    assert np.array_equal(one.inputs, again.inputs)
    assert not np.array_equal(one.inputs, other.inputs)
