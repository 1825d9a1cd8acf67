"""Totals over a checkpoint are sums over its tensors, whatever the threads, the memory and the order."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

import precisionlab
from analyzers.quantization import analyze
from analyzers.quantization.checkpoint import summarize
from analyzers.quantization.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Heatmap, Scatter, Table
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.reports.json_report import render
from precisionlab.scanning.settings import Settings
from tests.analyzers.quantization.twins import cast_to_e4m3

Array = NDArray[Any]
MakeTensor = Callable[..., Tensor]
Save = Callable[..., str]

SAMPLES = Path(__file__).parents[3] / "samples"
E4M3 = "float8_e4m3fn:none"


def weights(*shape: int, seed: int = 0, deviation: float = 0.05) -> Array:
    """Normal deviates, of which every seventh is zero."""
    array = np.random.default_rng(seed).normal(0, deviation, shape).astype(np.float32)
    array.flat[::7] = 0
    return array


def together(*tensors: Tensor, **options: Any) -> Result:  # noqa: ANN401 - any option's value
    """The checkpoint's own result, as the engine asks for it."""
    chosen = Options(**options)
    return summarize([Answer(tensor, analyze(tensor, chosen)) for tensor in tensors], chosen)


def table(result: Result, at: int = 0) -> Table:
    """One of the tables."""
    return [figure for figure in result.figures if isinstance(figure, Table)][at]


def test_totals_are_those_of_all_elements_together(tensor_of: MakeTensor) -> None:
    """By numpy and ml_dtypes over the concatenated tensors, with zeros, NaN and infinities among them."""
    arrays = [weights(32, 64), weights(16, 48, seed=1, deviation=2), weights(8, 100, seed=2, deviation=0.001)]
    arrays[1][3, :4] = np.nan, np.inf, -np.inf, 500
    result = together(*(tensor_of(array, str(i)) for i, array in enumerate(arrays)), formats=(E4M3,))
    everything = np.concatenate([array.reshape(-1) for array in arrays])
    x = everything[np.isfinite(everything)].astype(np.float64)
    q = cast_to_e4m3(x)
    sqnr = 10 * math.log10((x**2).sum() / ((q - x) ** 2).sum())
    assert float(result.value(f"sqnr[format={E4M3}]")) == pytest.approx(sqnr, rel=1e-12)
    assert float(result.value(f"relative_error[format={E4M3}]")) == pytest.approx(10 ** (-sqnr / 20), rel=1e-12)
    assert result.value(f"bits_per_weight[format={E4M3}]") == 8
    ((_, bits, *rest, arithmetic),) = table(result).rows
    assert arithmetic == "float64"
    flushed = ((q == 0) & (x != 0)).sum() / (x != 0).sum()
    assert (bits, *rest) == pytest.approx((8, sqnr, 10 ** (-sqnr / 20), 1 / len(x), flushed), rel=1e-9)


def test_bits_are_shared_by_all_elements(tensor_of: MakeTensor) -> None:
    """Of a small tensor with long groups and a large one: all bits over all elements, NaN or not."""
    one, other = weights(4, 65), weights(64, 128, seed=1)
    one[0, 0] = np.nan
    result = together(tensor_of(one, "a"), tensor_of(other, "b"), formats=("int4_g128",))
    n_elements, n_groups = one.size + other.size, 4 + 64
    assert result.value("bits_per_weight[format=int4_g128]") == (4 * n_elements + 32 * n_groups) / n_elements


def test_the_tensor_that_loses_most_is_named(tensor_of: MakeTensor) -> None:
    """In each format; zeros alone lose nothing, and a scale that overflows loses all."""
    rough = np.where(np.arange(2048) == 77, np.float32(5), weights(4, 2048))
    tensors = [tensor_of(np.zeros((32, 64), np.float32), "zeros"), tensor_of(weights(32, 64), "smooth")]
    rest = [tensor_of(rough, "rough\n"), tensor_of(weights(32, 64) * np.float32(1e30), "large")]
    result = together(*tensors, *rest, formats=("int8_channel", "q4_0"))
    assert [row[2] for row in table(result, 1).rows] == [r"rough\n", "large"]
    worst = together(*tensors, formats=("int8_channel",))
    assert table(worst, 1).rows[0][2] == "smooth"
    smooth = analyze(tensors[1], Options(formats=("int8_channel",))).value("sqnr[format=int8_channel]")
    assert worst.value("worst_sqnr[format=int8_channel]") == smooth


def test_tied_tensors_count_once(tensor_of: MakeTensor) -> None:
    """What shares the bytes of another tensor changes no total and stands in no figure."""
    one, other = weights(32, 64), weights(32, 64, seed=1)
    alone = together(tensor_of(one, "a"), tensor_of(other, "b"))
    tied = together(tensor_of(one, "a"), tensor_of(one, "tied", owner="a"), tensor_of(other, "b"))
    assert tied == alone
    assert the_map(tied).rows == ("a", "b")


def test_the_sample_with_tied_tensors() -> None:
    """Three of its six names look into the storage of the first: three tensors are quantized together."""
    (checkpoint,) = precisionlab.scan(SAMPLES / "shared-storage.pth", analyzers=["quantization"]).checkpoints
    whole = checkpoint.results[-1]
    assert table(whole).title == "All 3 quantized tensors together"
    by_name = {result.subject: result for result in checkpoint.results}
    energies = [float(by_name[name].value("energy")) for name in ("embed.weight", "copied.weight", "alone.weight")]
    squared = [
        float(by_name[name].value("squared_error[format=int8_channel]"))
        for name in ("embed.weight", "copied.weight", "alone.weight")
    ]
    assert float(whole.value("sqnr[format=int8_channel]")) == pytest.approx(
        10 * math.log10(math.fsum(energies) / math.fsum(squared)), rel=1e-12
    )


def test_formats_that_not_all_tensors_have_say_how_many(tensor_of: MakeTensor) -> None:
    """Wide formats are looked at for wide tensors: the table then counts the tensors of each row."""
    wide, narrow = weights(32, 64), weights(32, 64).astype(ml_dtypes.bfloat16)
    assert [column.label for column in table(together(tensor_of(wide, "a"))).columns][-1] == "arithmetic of"
    mixed = table(together(tensor_of(wide, "a"), tensor_of(narrow, "b")))
    assert mixed.columns[-1].label == "tensors"
    assert {str(row[0]): row[-1] for row in mixed.rows} == {
        str(row[0]): 1 if str(row[0]) in {"bfloat16:none", "float16:none"} else 2 for row in mixed.rows
    }


def test_weighted_losses_add_up(tensor_of: MakeTensor) -> None:
    """Where every tensor has a sensitivity; else there is no total, which would be too small."""
    one = tensor_of(weights(32, 64), "a", sensitivity=np.array(2.0, np.float32))
    other = tensor_of(weights(32, 64, seed=1), "b", sensitivity=np.full((32, 64), 3.0, np.float32))
    result = together(one, other, formats=("nvfp4", "int8:amax"))
    for name in ("nvfp4", "int8:amax"):
        losses = [
            float(analyze(tensor, Options(formats=(name,))).value(f"weighted_loss[format={name}]"))
            for tensor in (one, other)
        ]
        assert float(result.value(f"weighted_loss[format={name}]")) == pytest.approx(sum(losses), rel=1e-12)
    assert table(result).columns[-1].label == "weighted loss"
    without = together(one, tensor_of(weights(32, 64), "c"), formats=("nvfp4",))
    assert not [measurement for measurement in without.measurements if measurement.metric.name == "weighted_loss"]
    assert table(without).columns[-1].label == "arithmetic of"


def the_map(result: Result) -> Heatmap:
    """The one heat map."""
    (heatmap,) = (figure for figure in result.figures if isinstance(figure, Heatmap))
    return heatmap


def test_the_map_has_every_tensor(tensor_of: MakeTensor) -> None:
    """SQNR as each tensor has it; NaN where a tensor does not have the format."""
    tensors = [tensor_of(weights(32, 64), "a"), tensor_of(weights(32, 64, seed=1).astype(ml_dtypes.float8_e5m2), "b")]
    heatmap = the_map(together(*tensors))
    assert (heatmap.rows, heatmap.unit, heatmap.low_is_bad) == (("a", "b"), "dB", True)
    for tensor, row in zip(tensors, heatmap.values, strict=True):
        keys = {one.metric.key: one.value for one in analyze(tensor, Options()).measurements}
        for name, value in zip(heatmap.columns, row, strict=True):
            np.testing.assert_equal(value, keys.get(f"sqnr[format={name}]", math.nan))
    assert math.isnan(heatmap.values[1][heatmap.columns.index("int8_channel")])


def test_wide_formats_are_in_the_map_only_where_there_are_no_others(tensor_of: MakeTensor) -> None:
    """Beside 16-bit ones all others would be shaded alike."""
    tensor = tensor_of(weights(32, 64), "a")
    assert the_map(together(tensor, formats=("float16:none", "int8_channel", "nvfp4"))).columns == (
        "int8_channel",
        "nvfp4",
    )
    assert the_map(together(tensor, formats=("float16:none",))).columns == ("float16:none",)


def test_the_picture_shows_the_totals(tensor_of: MakeTensor) -> None:
    """A point for each format at its bits and its SQNR over all tensors."""
    result = together(tensor_of(weights(32, 64), "a"), tensor_of(weights(32, 128), "b"))
    (scatter,) = (figure for figure in result.figures if isinstance(figure, Scatter))
    for group in scatter.groups:
        for name, bits, sqnr in zip(group.names, group.xs, group.ys, strict=True):
            assert bits == result.value(f"bits_per_weight[format={name}]")
            assert sqnr == result.value(f"sqnr[format={name}]")


def test_without_quantized_tensors_there_is_nothing_to_show(tensor_of: MakeTensor) -> None:
    """Skipped ones, or none at all."""
    for result in (together(), together(tensor_of(np.zeros(8, np.float32)), tensor_of(np.zeros((32, 32), np.int8)))):
        assert (result.status, result.measurements, result.figures) == (Status.DONE, (), ())


def without_run(path: str, settings: Settings) -> object:
    """The JSON report but for what may differ from run to run."""
    report = json.loads(render(precisionlab.scan(path, analyzers=["quantization"], settings=settings)))
    del report["run"]
    return report


@pytest.fixture
def checkpoint(save: Save) -> str:
    """A tensor of two bands, one of rows that blocks do not divide, a convolution, one with NaN, and a vector."""
    with_nan = weights(32, 96, seed=3)
    with_nan[::3, 5] = np.nan
    arrays: Mapping[str, Array] = {
        "large.weight": np.resize(weights(128, 1024), (1100, 1024)),
        "short.weight": weights(24, 100, seed=1).astype(np.float16),
        "convolution.weight": weights(16, 8, 3, 3, seed=2),
        "nan.weight": with_nan,
        "norm.bias": weights(512),
    }
    return save(arrays)


def test_threads_and_memory_change_nothing(checkpoint: str) -> None:
    """The same bytes of JSON, but for the run, on one thread or three, in little memory or in much."""
    expected = without_run(checkpoint, Settings(threads=1))
    assert without_run(checkpoint, Settings(threads=3)) == expected
    assert without_run(checkpoint, Settings(threads=2, memory_bytes=1 << 16)) == expected
