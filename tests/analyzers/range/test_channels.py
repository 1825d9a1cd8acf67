"""Channels against numpy's figures of every slice."""

import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.range.measuring import ChannelFigures, measure
from analyzers.range.options import Options
from precisionlab.analysis.tensors import Tensor

Array = NDArray[Any]
MakeTensor = Callable[..., Tensor]


def patterns_of(channel: Array) -> set[bytes]:
    """The distinct bit patterns of a slice."""
    return {element.tobytes() for element in channel.reshape(-1)}


def finite_amax(channel: Array) -> float:
    """The largest finite magnitude of a slice; 0 without one."""
    magnitudes = np.abs(channel.astype(np.float64))
    return float(magnitudes[np.isfinite(magnitudes)].max(initial=0.0))


def by_slices(array: Array, axis: int) -> ChannelFigures:
    """The same figures from each slice along an axis."""
    channels = np.moveaxis(array, axis, 0)
    largest = [finite_amax(channel) for channel in channels]
    median, is_finite = float(np.median(largest)), bool(np.isfinite(array.astype(np.float64)).all())
    zero = [bool((channel == 0).all()) and (is_finite or len(patterns_of(channel)) == 1) for channel in channels]
    constant = [len(patterns_of(one)) == 1 and np.isfinite(one.reshape(-1)[0]) and (one != 0).all() for one in channels]
    is_judged = channels[0].size > 1
    return ChannelFigures(
        axis=axis,
        amax_ratio=max(largest) / median if median else math.inf if max(largest) else math.nan,
        largest=int(np.argmax(largest)),
        dead=tuple(i for i, is_zero in enumerate(zero) if is_zero and is_judged),
        constant=tuple(i for i, is_constant in enumerate(constant) if is_constant and is_judged),
        n_channels=len(channels),
    )


def damaged(shape: tuple[int, ...], kind: str, *, special: float | None) -> Array:
    """Deviates with zero, constant and large slices along both axes, and perhaps one number that is none."""
    random = np.random.default_rng(len(shape))
    array = random.normal(0, 1, shape)
    array[shape[0] // 2] = 0
    array[:, shape[1] // 3] = 0
    array[0] = 0.25
    array[:, -1] *= 30
    if special is not None:
        array[-1, 0] = special
    return array.astype(getattr(ml_dtypes, kind, kind))


@pytest.mark.parametrize("special", [None, math.nan, math.inf], ids=str)
@pytest.mark.parametrize("shape", [(6, 7), (9, 1), (1, 9), (2, 2), (5, 4, 3), (4, 3, 2, 2), (300, 40)], ids=str)
@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64", "float8_e5m2"])
def test_channels_are_those_of_slices(
    kind: str, shape: tuple[int, ...], special: float | None, tensor_of: MakeTensor
) -> None:
    """Ratio, largest, dead and constant channels along both axes."""
    array = damaged(shape, kind, special=special)
    assert measure(tensor_of(array), Options()).channels == (by_slices(array, 0), by_slices(array, 1))


def test_zeros_of_both_signs_make_a_dead_channel(tensor_of: MakeTensor) -> None:
    """0 and -0 in one row."""
    array = np.array([[0.0, -0.0], [1, 2]], np.float32)
    assert measure(tensor_of(array), Options()).channels[0].dead == (0,)


def test_a_channel_without_a_finite_number_is_neither_dead_nor_constant(tensor_of: MakeTensor) -> None:
    """Rows of NaN and of infinities."""
    array = np.array([[math.nan] * 3, [math.inf] * 3, [0, 0, 0], [1, 1, 1], [1, 2, 3]], np.float16)
    rows = measure(tensor_of(array), Options()).channels[0]
    assert (rows.dead, rows.constant) == ((2,), (3,))


def test_complex_channels_are_judged_by_both_parts(tensor_of: MakeTensor) -> None:
    """A zero row is dead; of rows of one complex number none is, nor constant."""
    array = np.array([[0, 0], [1 + 2j, 3j]], np.complex64)
    assert measure(tensor_of(array), Options()).channels[0].dead == (0,)
    column = measure(tensor_of(np.array([[0], [1 + 1j], [2j]], np.complex64)), Options()).channels[0]
    assert (column.dead, column.constant) == ((), ())


@pytest.mark.parametrize("shape", [(), (8,), (0, 4), (4, 0)], ids=str)
def test_without_two_axes_and_elements_there_are_no_channels(shape: tuple[int, ...], tensor_of: MakeTensor) -> None:
    """Vectors, scalars, empty matrices."""
    assert measure(tensor_of(np.ones(shape, np.float32)), Options()).channels == ()


def test_the_ratio_of_nothing_is_nan_and_that_to_nothing_infinite(tensor_of: MakeTensor) -> None:
    """A zero tensor has no ratio; one with most rows zero has no median to compare with."""
    assert math.isnan(measure(tensor_of(np.zeros((3, 4), np.float32)), Options()).channels[0].amax_ratio)
    sparse = np.diag([1.0, 0, 0]).astype(np.float32)
    assert measure(tensor_of(sparse), Options()).channels[0].amax_ratio == math.inf


def test_integers_have_no_channels(tensor_of: MakeTensor) -> None:
    """Nor have booleans."""
    assert measure(tensor_of(np.ones((4, 4), np.int8)), Options()).channels == ()
    assert measure(tensor_of(np.ones((4, 4), bool)), Options()).channels == ()
