"""The `lowrank` analyzer on arrays."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

import precisionlab
from analyzers.lowrank import cost
from analyzers.lowrank.measuring import factors_of, folded, folding_for
from analyzers.lowrank.options import Options
from precisionlab.analysis.analyzers import Analyzer, Answer, Answers
from precisionlab.analysis.figures import Lines, Table
from precisionlab.analysis.results import Finding, Result, Scalar, Status
from precisionlab.errors import FormatError, UsageError
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Measured = Callable[..., Mapping[str, Scalar]]
RANDOM = np.random.default_rng(0)
WEIGHT = (RANDOM.standard_normal((96, 128)) @ np.diag(np.logspace(0, -2, 128))).astype(np.float32)
KERNEL = RANDOM.standard_normal((16, 12, 3, 3)).astype(np.float32)
QUICK: Mapping[str, Any] = {"nulls": ()}


def singular(array: Array) -> NDArray[np.float64]:
    """LAPACK's singular values of an array as a matrix."""
    return np.linalg.svd(array.reshape(len(array), -1).astype(np.float64), compute_uv=False)


@pytest.mark.parametrize("array", [WEIGHT, WEIGHT.T.copy(), KERNEL])
def test_the_best_factors_are_eckarts_and_youngs(measured: Measured, array: Array) -> None:
    """Ranks and errors at equal size from numpy's singular values."""
    values, s = measured(array, **QUICK), singular(array)
    m, n = len(array), array.size // len(array)
    for error in (0.01, 0.05, 0.1):
        rank = next(r for r in range(len(s) + 1) if math.sqrt((s[r:] ** 2).sum()) <= error * math.sqrt((s**2).sum()))
        assert values[f"rank[error={error}]"] == rank
        assert values[f"numbers[method=svd,error={error}]"] == pytest.approx(rank * (m + n) / (m * n))
    for size in (0.5, 0.25, 0.125):
        rank = int(size * m * n) // (m + n)
        expected = math.sqrt((s[rank:] ** 2).sum() / (s**2).sum())
        assert values[f"error[method=svd,size={size}]"] == pytest.approx(expected, rel=1e-9)


def test_formats_lose_what_they_lose(measured: Measured) -> None:
    """As `precisionlab.error_sums` says, and the winner is the least error that fits."""
    values = measured(WEIGHT, formats=("int8_channel", "int4_g128", "nvfp4"), **QUICK)
    for name in ("int8_channel", "int4_g128", "nvfp4"):
        assert values[f"format_error[format={name}]"] == pytest.approx(
            precisionlab.error_sums(WEIGHT, name).relative_error, rel=1e-5
        )
    for size in (0.5, 0.25, 0.125):
        fitting = {
            key: float(value)
            for key, value in values.items()
            if key.startswith("format_error") and float(values[key.replace("error", "bits")]) <= 32 * size
        }
        factors = [
            float(value) for key, value in values.items() if key.startswith("error[") and key.endswith(f"size={size}]")
        ]
        assert values[f"best_error[size={size}]"] == pytest.approx(min([*fitting.values(), *factors]))


def test_factors_win_where_the_rank_is_low(measured: Measured) -> None:
    """And formats where it is not."""
    low = (RANDOM.standard_normal((96, 3)) @ RANDOM.standard_normal((3, 128))).astype(np.float32)
    assert measured(low, **QUICK)["best[size=0.125]"] in {"svd", "cr", "tucker", "tensor_train"}
    full = RANDOM.standard_normal((96, 128)).astype(np.float32)
    assert measured(full, **QUICK)["best[size=0.25]"] == "mxfp6_e2m3"


def test_kernels_are_folded_as_they_are(answered: Callable[..., Result]) -> None:
    """All five ways and the formats are on one chart."""
    result = answered(KERNEL, formats=("int8_channel",), **QUICK)
    chart = next(figure for figure in result.figures if isinstance(figure, Lines))
    assert "16x12x3x3 (kernel)" in chart.title
    assert [series.label for series in chart.series] == [
        "SVD",
        "own columns (CR)",
        "Tucker",
        "tensor train",
        "hierarchical Tucker",
        "quantized",
    ]
    for series in chart.series[:5]:
        assert list(series.ys) == sorted(series.ys, reverse=True)
        assert max(series.xs, default=0) <= 32


def test_a_planted_train_wins(measured: Measured) -> None:
    """A kernel made of a train of ranks 2 takes few numbers as one."""
    cores = [RANDOM.standard_normal(shape) for shape in ((1, 16, 2), (2, 12, 2), (2, 3, 2), (2, 3, 1))]
    kernel = np.einsum("aib,bjc,ckd,dle->ijkl", *cores).astype(np.float32)
    values = measured(kernel, **QUICK)
    exact = sum(core.size for core in cores)
    assert values["numbers[method=tensor_train,error=0.01]"] == pytest.approx(exact / kernel.size)
    assert float(values["numbers[method=svd,error=0.01]"]) > 2 * exact / kernel.size
    assert float(values["best_error[size=0.125]"]) < 0.01


@pytest.mark.parametrize(
    ("side", "factors"), [(4096, (16, 16, 16)), (14336, (16, 28, 32)), (768, (8, 8, 12)), (17, (17,)), (64, (4, 4, 4))]
)
def test_sides_are_cut_into_like_factors(side: int, factors: tuple[int, ...]) -> None:
    """Three of them, whose product is the side; primes stay."""
    assert math.prod(factors_of(side)) == side
    assert len(factors_of(side)) == len(factors)
    assert max(factors_of(side)) / min(factors_of(side)) <= 2 or len(factors) == 1


def test_made_modes_pair_outputs_with_inputs() -> None:
    """Entry ((o1, i1), (o2, i2), (o3, i3)) of the tensor is entry (o1 o2 o3, i1 i2 i3) of the matrix."""
    import torch

    matrix = np.arange(8 * 27, dtype=np.float32).reshape(8, 27)
    info = in_memory(matrix).info
    folding = folding_for(info, Options())
    assert folding is not None
    assert folding.reason == "modes"
    tensor = folded(torch.from_numpy(matrix), info, folding).numpy()
    expected = matrix.reshape(2, 2, 2, 3, 3, 3).transpose(0, 3, 1, 4, 2, 5).reshape(6, 6, 6)
    np.testing.assert_array_equal(tensor, expected)


def test_low_rank_is_reported(found: Callable[..., Mapping[str, Finding]]) -> None:
    """With the rank and what its factors take; full rank is not."""
    low = (RANDOM.standard_normal((100, 8)) @ RANDOM.standard_normal((8, 90))).astype(np.float32)
    finding = found(low, **QUICK)["PL321"]
    assert finding.evidence["rank"] == 8
    assert finding.evidence["numbers"] == pytest.approx(8 * 190 / 9000)
    assert "PL321" not in found(RANDOM.standard_normal((100, 90)).astype(np.float32), **QUICK)
    assert "PL321" not in found(np.ones((4, 300), np.float32), **QUICK)


def test_random_matrices_stand_beside(measured: Measured) -> None:
    """A decaying spectrum loses far less than its entries in other places do; a kernel is compared in every way."""
    values = measured(WEIGHT)
    assert float(values["sample_error_svd_z[null=shuffled]"]) < -10
    kernel = measured(KERNEL)
    for way in ("svd", "tucker", "tensor_train", "hierarchical_tucker"):
        assert abs(float(kernel[f"sample_error_{way}_z[null=gaussian]"])) < 6


@pytest.mark.parametrize("factor", [1e-250, 1e-30, 1e250])
def test_units_do_not_matter(measured: Measured, factor: float) -> None:
    """To any figure but those of formats with ends."""
    one = measured(WEIGHT.astype(np.float64), formats=(), **QUICK)
    scaled = measured(WEIGHT.astype(np.float64) * factor, formats=(), **QUICK)
    assert {k: v for k, v in scaled.items() if not isinstance(v, str)} == pytest.approx(
        {k: v for k, v in one.items() if not isinstance(v, str)}, rel=1e-5, abs=1e-9
    )


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.ones(5000, np.float32), "fewer than two axes"),
        (np.float32(1), "fewer than two axes"),
        (np.zeros((0, 4), np.float32), "no elements"),
        (np.zeros((40, 40), np.float32), "every element is 0"),
        (np.full((40, 40), np.inf, np.float32), "1,600 NaN or infinities"),
        (np.ones((20, 20), np.float32), "fewer than 1,024 elements"),
    ],
)
def test_what_cannot_be_factored_is_skipped(answered: Callable[..., Result], array: Array, reason: str) -> None:
    """With the reason."""
    result = answered(np.asarray(array))
    assert result.status is Status.SKIPPED
    assert reason in result.reason


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "array",
    [
        np.ones((40, 40)),
        np.tile(RANDOM.standard_normal(64), (32, 1)),
        RANDOM.standard_normal((1, 2000)),
        RANDOM.standard_normal((2000, 1)),
        RANDOM.standard_normal((37, 41)),
        np.eye(64),
    ],
    ids=["constant", "identical rows", "one row", "one column", "prime sides", "identity"],
)
def test_odd_matrices(answered: Callable[..., Result], array: Array) -> None:
    """Are factored as far as they can be."""
    result = answered(array.astype(np.float32))
    assert result.status is Status.DONE
    assert not any(isinstance(value, float) and math.isnan(value) for value in result.values.values())


def test_large_tensors_have_fewer_ways_and_say_so(answered: Callable[..., Result], analyzer: Analyzer) -> None:
    """Beyond the bound on folding no tensors; beyond the memory singular values alone."""
    unfolded = answered(WEIGHT, max_folded=100, **QUICK)
    assert "numbers[method=cr,error=0.1]" in unfolded.values
    assert not any("tucker" in key for key in unfolded.values)
    assert "not folded" in next(f.title for f in unfolded.figures if isinstance(f, Table) and "taken" in f.title)
    tensor = in_memory(WEIGHT.T.copy())
    tensor.memory_bytes = 100
    streamed = analyzer.analyze(tensor, Options(nulls=()))
    assert "numbers[method=svd,error=0.1]" in streamed.values
    assert not any("cr" in key or "format" in key for key in streamed.values)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"reshape": "3by4"}, UsageError),
        ({"formats": ("nvfp44",)}, FormatError),
        ({"formats": ("float8_e4m3fn",)}, UsageError),
        ({"formats": ("int8_channel:mse",)}, UsageError),
    ],
)
def test_wrong_options_are_refused(options: Mapping[str, Any], error: type[Exception]) -> None:
    """Before anything is read."""
    with pytest.raises(error):
        Options(**options)


def test_the_checkpoint_counts_wins(analyzer: Analyzer, answered: Callable[..., Result]) -> None:
    """A line for each tensor, and how often each way wins."""
    tensors = [in_memory(WEIGHT, "a"), in_memory(KERNEL, "b\x1b")]
    answers = [Answer(tensor, answered(tensor, **QUICK)) for tensor in tensors]
    assert analyzer.summarize
    result = analyzer.summarize(Answers(answers), Options())
    (table,) = result.figures
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["a", "b\\x1b"]
    for size in (0.5, 0.25, 0.125):
        assert sum(int(value) for key, value in result.values.items() if f"wins[size={size}" in key) == 2


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2])
def test_types_of_few_bits_are_those_of_the_same_numbers(answered: Callable[..., Result], dtype: type[Any]) -> None:
    """In float32; only what takes a share of the stored bits differs."""
    array = (WEIGHT * np.float32(100)).astype(dtype)
    few, many = answered(array, **QUICK), answered(array.astype(np.float32), **QUICK)
    assert few.status is Status.DONE
    same = [key for key in few.values if key.startswith(("numbers", "error", "rank", "format_error"))]
    assert {key: few.values[key] for key in same} == pytest.approx({key: many.values[key] for key in same})


def test_small_numbers_of_float16_are_not_lost(measured: Measured) -> None:
    """Divided by a large one in float16, they would be 0."""
    array = np.full((64, 64), 1e-4, np.float16) * RANDOM.choice([-1, 1], (64, 64)).astype(np.float16)
    array[0, 0] = 60_000
    values = measured(array, formats=(), max_columns=64, **QUICK)
    assert values["error[method=cr,size=0.125]"] == pytest.approx(values["error[method=svd,size=0.125]"], rel=0.2)
    assert float(values["error[method=svd,size=0.125]"]) > 0


def test_costs_grow_with_the_tensor() -> None:
    """Nothing for what is skipped; an LLM's matrix takes some 10^12 operations."""
    info = in_memory(np.zeros((2, 2), np.float32)).info
    assert cost(info, Options()).operations == 0
    assert 3e11 < cost(type(info)("w", "bfloat16", (4096, 14336), info.location), Options()).operations < 5e12
