"""Figures hold what the measurements and the formats' definitions say."""

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.range import analyze
from analyzers.range.options import CAST_TARGETS, Options
from precisionlab.analysis.figures import Bars, Table, Window
from precisionlab.analysis.tensors import Tensor

Array = NDArray[Any]
MakeTensor = Callable[..., Tensor]

TENSORS = {
    "float16": np.arange(1 << 16).astype(np.uint16).view(np.float16),
    "bfloat16": np.arange(1 << 16).astype(np.uint16).view(ml_dtypes.bfloat16),
    "float8_e5m2": np.arange(1 << 8).astype(np.uint8).view(ml_dtypes.float8_e5m2),
    "float32": np.random.default_rng(0).normal(0, 1e-3, (50, 60)).astype(np.float32),
    "many float32": np.random.default_rng(0).normal(0, 1e-3, 100_000).astype(np.float32),
    "many float64": np.random.default_rng(0).normal(0, 1e-300, 100_000),
    "complex64": np.random.default_rng(0).normal(0, 1, 100).astype(np.float32).view(np.complex64),
    "one": np.array(-3.0, np.float32),
}

WINDOWS = (
    Window("float16", -24, -14, 16),
    Window("bfloat16", -133, -126, 128),
    Window("tfloat32", -136, -126, 128),
    Window("float8_e4m3fn", -9, -6, 9),
    Window("float8_e5m2", -16, -14, 16),
    Window("float6_e3m2fn", -4, -2, 5),
    Window("float6_e2m3fn", -3, 0, 3),
    Window("float4_e2m1fn", -1, 0, 3),
)
"""Exponents of the smallest subnormal and normal number, and one beyond that of the largest: IEEE 754-2019, table 3.5;
OCP FP8 1.0, table 1; OCP MX 1.0, section 5.3."""


def bars_of(array: Array, tensor_of: MakeTensor) -> Bars:
    """The exponent histogram."""
    figure = analyze(tensor_of(array), Options()).figures[0]
    assert isinstance(figure, Bars)
    return figure


@pytest.mark.parametrize("name", TENSORS, ids=lambda name: name.replace(" ", "_"))
def test_bars_count_every_finite_number_by_its_exponent(name: str, tensor_of: MakeTensor) -> None:
    """Heights are numpy's counts of floor(log2 |x|), with neither end empty."""
    array = TENSORS[name]
    components = array.view(np.float32) if array.dtype == np.complex64 else array
    with np.errstate(invalid="ignore"):
        numbers = components.astype(np.float64).reshape(-1)
    _, above = np.frexp(numbers[np.isfinite(numbers) & (numbers != 0)])
    bars = bars_of(array, tensor_of)
    assert (bars.first, bars.width, bars.x.unit, bars.y.logarithmic) == (above.min() - 1, 1, "", True)
    assert bars.heights == tuple(np.bincount(above - above.min()).tolist())
    assert sum(bars.heights) == len(above)


def test_windows_are_those_of_the_formats(tensor_of: MakeTensor) -> None:
    """Faint where subnormal, solid where normal; int8 has no exponents."""
    assert bars_of(TENSORS["one"], tensor_of).windows == WINDOWS


@pytest.mark.parametrize("name", TENSORS, ids=lambda name: name.replace(" ", "_"))
def test_the_table_repeats_the_measurements(name: str, tensor_of: MakeTensor) -> None:
    """A row a target in their order, the share one of the finite non-zero elements."""
    result = analyze(tensor_of(TENSORS[name]), Options())
    bars, table = result.figures
    assert isinstance(bars, Bars)
    assert isinstance(table, Table)
    assert [column.label for column in table.columns] == [
        "format",
        "overflow",
        "to zero",
        "subnormal",
        "exact",
        "exact share",
    ]
    assert table.columns[-1].unit == "share"
    for target, row in zip(CAST_TARGETS, table.rows, strict=True):
        keys = [f"cast_{name}[format={target}]" for name in ("overflows", "underflows", "subnormals", "exact")]
        counts = [result.value(key) for key in keys]
        assert row == (target, *counts, int(counts[-1]) / sum(bars.heights))


def test_only_chosen_casts_are_drawn(tensor_of: MakeTensor) -> None:
    """In the chosen order, each once; float16 is measured for a rule but not listed. Without any there is no table."""
    chosen = ("int8", "bfloat16", "int8")
    bars, table = analyze(tensor_of(TENSORS["one"]), Options(casts=chosen)).figures
    assert isinstance(bars, Bars)
    assert isinstance(table, Table)
    assert [window.label for window in bars.windows] == ["bfloat16"]
    assert [row[0] for row in table.rows] == ["int8", "bfloat16"]
    (bars,) = analyze(tensor_of(TENSORS["one"]), Options(casts=())).figures
    assert isinstance(bars, Bars)
    assert bars.windows == ()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(5, np.float32),
        np.empty(0, np.float16),
        np.array([np.nan, np.inf], np.float32),
        np.arange(5),
        np.ones(3, bool),
    ],
    ids=["zeros", "empty", "no finite number", "integers", "booleans"],
)
def test_without_a_float_that_has_an_exponent_nothing_is_drawn(array: Array, tensor_of: MakeTensor) -> None:
    """No empty chart, no table of zeros."""
    assert analyze(tensor_of(array), Options()).figures == ()
