"""The `spectrum` analyzer on arrays, against numpy's full decomposition."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

import precisionlab
from analyzers import spectrum
from analyzers.spectrum.options import Options
from precisionlab.analysis.analyzers import Analyzer, Answer, Answers
from precisionlab.analysis.figures import Table
from precisionlab.analysis.results import Finding, Result, Scalar, Status
from precisionlab.errors import FormatError, UsageError
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Measured = Callable[..., Mapping[str, Scalar]]
RANDOM = np.random.default_rng(0)
WEIGHT = (RANDOM.standard_normal((96, 160)) @ np.diag(np.logspace(0, -1.5, 160))).astype(np.float32)
NO_NULLS: Mapping[str, Any] = {"nulls": ()}


def singular(array: Array) -> NDArray[np.float64]:
    """LAPACK's singular values of an array as a matrix."""
    return np.linalg.svd(array.reshape(len(array), -1).astype(np.float64), compute_uv=False)


@pytest.mark.parametrize("array", [WEIGHT, WEIGHT.T.copy(), WEIGHT.reshape(96, 16, 10), WEIGHT.astype(np.float64)])
def test_figures_are_those_of_the_singular_values(measured: Measured, array: Array) -> None:
    """Norms, ranks and errors by their definitions, of matrices, kernels and float64."""
    s, shape = singular(array), array.reshape(len(array), -1).shape
    values = measured(array, **NO_NULLS)
    expected = {
        "spectral_norm": s[0],
        "frobenius_norm": np.linalg.norm(array.astype(np.float64)),
        "nuclear_norm": s.sum(),
        "stable_rank": (s**2).sum() / s[0] ** 2,
        "effective_rank": math.exp(-sum(p * math.log(p) for p in s / s.sum())),
        "participation_ratio": (s**2).sum() ** 2 / (s**4).sum(),
        "condition_number": s[0] / s[-1],
        "captured_energy": 1.0,
        "break_even_rank": shape[0] * shape[1] // sum(shape),
        "singular_values": len(s),
    }
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-7), name
    for error in (0.01, 0.05, 0.1):
        rank = next(r for r in range(len(s) + 1) if math.sqrt((s[r:] ** 2).sum()) <= error * math.sqrt((s**2).sum()))
        assert values[f"rank[error={error}]"] == rank
        assert values[f"parameters[error={error}]"] == pytest.approx(rank * sum(shape) / math.prod(shape))


@pytest.mark.parametrize("format_", ["int4_g128", "nvfp4", "bfloat16", "float8_e4m3fn:amax", "int8_channel"])
def test_noise_is_that_of_rounding(measured: Measured, format_: str) -> None:
    """Singular values of Q(W) - W by numpy; what lies below its norm, and below the detection threshold."""
    values = measured(WEIGHT, format=format_, **NO_NULLS)
    label = f"[format={precisionlab.formats.formats[format_.partition(':')[0]].name}{':none' if format_ == 'bfloat16' else ''}{':amax' if ':' in format_ else ''}]"
    if format_ == "bfloat16":
        rounded = WEIGHT.astype(ml_dtypes.bfloat16).astype(np.float32)
    elif ":" in format_:
        scale = np.abs(WEIGHT).max() / np.float32(448)
        rounded = (WEIGHT / scale).astype(ml_dtypes.float8_e4m3fn).astype(np.float32) * scale
    else:
        rounded = precisionlab.fake_quantize(WEIGHT, format_)
    noise, s = singular(rounded - WEIGHT), singular(WEIGHT)
    limit = math.sqrt((noise**2).sum() / WEIGHT.size) * WEIGHT.size**0.25
    assert values[f"noise_norm{label}"] == pytest.approx(noise[0], rel=1e-4)
    assert values[f"noise_frobenius{label}"] == pytest.approx(math.sqrt((noise**2).sum()), rel=1e-4)
    assert values[f"below_noise{label}"] == (s < noise[0]).sum()
    assert values[f"hidden_directions{label}"] == (s < limit).sum()
    assert values[f"hidden_energy{label}"] == pytest.approx((s[s < limit] ** 2).sum() / (s**2).sum(), rel=1e-5)


def test_no_format_is_no_noise(measured: Measured) -> None:
    """Nothing is said of it."""
    assert not any("noise" in key or "hidden" in key for key in measured(WEIGHT, format="", **NO_NULLS))


def test_figures_beside_random_matrices(measured: Measured) -> None:
    """A decaying spectrum has a stable rank far below that of its entries in other places; a random one has not."""
    decaying, random = measured(WEIGHT), measured(RANDOM.standard_normal((96, 160)).astype(np.float32))
    assert float(decaying["sample_stable_rank_z[null=shuffled]"]) < -10
    assert abs(float(random["sample_stable_rank_z[null=gaussian]"])) < 5
    assert decaying["sample_stable_rank"] == pytest.approx(decaying["stable_rank"])
    assert float(decaying["sample_marchenko_pastur_outliers_z[null=gaussian]"]) > 3


def test_a_part_stands_beside_random_matrices_of_its_size(measured: Measured) -> None:
    """Rows and columns are drawn by the seed, and the whole matrix' own figures stay."""
    parts = [measured(WEIGHT, sample=32, seed=seed) for seed in (0, 0, 1)]
    assert parts[0] == parts[1]
    assert parts[0]["sample_stable_rank"] != parts[2]["sample_stable_rank"]
    assert parts[0]["stable_rank"] == parts[2]["stable_rank"]


@pytest.mark.parametrize("factor", [1e-200, 1e-30, 1.0, 1e30, 1e250])
def test_units_do_not_matter(measured: Measured, factor: float) -> None:
    """Norms scale with the weight, ratios stay, and nothing overflows on the way."""
    one, scaled = (
        measured(WEIGHT.astype(np.float64), format="", **NO_NULLS),
        measured(WEIGHT.astype(np.float64) * factor, format="", **NO_NULLS),
    )
    for name in ("spectral_norm", "nuclear_norm", "marchenko_pastur_edge"):
        assert scaled[name] == pytest.approx(float(one[name]) * factor, rel=1e-9)
    for name in ("stable_rank", "effective_rank", "outliers", "power_law_alpha", "rank[error=0.1]"):
        assert scaled[name] == pytest.approx(one[name], rel=1e-9)


def test_a_matrix_of_low_rank_is_reported(found: Callable[..., Mapping[str, Finding]]) -> None:
    """Its directions beyond the rank are rounding; the rank and the break-even rank are told."""
    low = (RANDOM.standard_normal((120, 8)) @ RANDOM.standard_normal((8, 100))).astype(np.float32)
    finding = found(low, **NO_NULLS)["PL311"]
    assert finding.evidence["rank"] == 8
    assert finding.evidence["break_even_rank"] == 120 * 100 // 220
    assert "two factors take fewer numbers" in finding.message
    assert "PL311" not in found(WEIGHT, **NO_NULLS)


@pytest.mark.parametrize("dtype", [ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.bfloat16, np.float16])
def test_random_matrices_of_few_bits_have_all_directions(
    found: Callable[..., Mapping[str, Finding]], dtype: type[Any]
) -> None:
    """Their rounding errors are large, but most directions are larger; a product of thin factors has those it has."""
    assert "PL311" not in found(RANDOM.standard_normal((128, 128)).astype(dtype), **NO_NULLS)
    low = (RANDOM.standard_normal((120, 8)) @ RANDOM.standard_normal((8, 100))).astype(dtype)
    assert found(low, **NO_NULLS)["PL311"].evidence["rank"] == 8


def test_directions_in_the_noise_are_reported(found: Callable[..., Mapping[str, Finding]]) -> None:
    """Many small directions under a large one are hidden by four bits, and without it they are not."""
    small = RANDOM.standard_normal((128, 256)) * 0.02
    large = np.outer(RANDOM.standard_normal(128), RANDOM.choice([-1.0, 1.0], 256))
    weight = (small + large).astype(np.float32)
    hidden = found(weight, format="float4_e2m1fn:amax", **NO_NULLS)
    assert "PL312" in hidden
    assert "hides" in hidden["PL312"].message
    assert float(hidden["PL312"].evidence["hidden_energy"]) < 0.01
    assert "PL312" not in found(small.astype(np.float32), format="float4_e2m1fn:amax", **NO_NULLS)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.ones(100, np.float32), "fewer than two axes"),
        (np.float32(1), "fewer than two axes"),
        (np.zeros((0, 4), np.float32), "no elements"),
        (np.zeros((20, 20), np.float32), "every element is 0"),
        (np.full((20, 20), np.nan, np.float32), "400 NaN or infinities"),
        (np.ones((20, 20), np.int8), "no signed float"),
        (np.ones((3, 3), np.float32), "fewer than 64 elements"),
    ],
)
def test_what_has_no_spectrum_is_skipped(answered: Callable[..., Result], array: Array, reason: str) -> None:
    """With the reason."""
    result = answered(np.asarray(array))
    assert result.status is Status.SKIPPED
    assert reason in result.reason


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 100), (100, 1), (8, 8), (2, 40), (64, 64)], ids=str)
@pytest.mark.parametrize("kind", ["constant", "one", "random"])
def test_odd_matrices_have_one(answered: Callable[..., Result], shape: tuple[int, int], kind: str) -> None:
    """One row, one column, constant ones, one element other than 0: every figure is a number."""
    array = {"constant": np.full(shape, 0.5), "one": np.eye(*shape) * np.eye(*shape)[0], "random": np.ones(shape)}[kind]
    array = RANDOM.standard_normal(shape) if kind == "random" else array
    result = answered(array.astype(np.float32))
    assert result.status is Status.DONE
    assert not any(isinstance(value, float) and math.isnan(value) for value in result.values.values())


def test_large_matrices_have_their_leading_values(monkeypatch: pytest.MonkeyPatch, measured: Measured) -> None:
    """Beyond the limit of the short side, from below, with the share of the energy that they hold."""
    monkeypatch.setattr("analyzers.spectrum.measuring.LARGEST_SHORT_SIDE", 50)
    values, s = measured(WEIGHT, leading=20, **NO_NULLS), singular(WEIGHT)
    assert values["singular_values"] == 20
    assert values["spectral_norm"] == pytest.approx(s[0], rel=1e-6)
    assert values["captured_energy"] == pytest.approx((s[:20] ** 2).sum() / (s**2).sum(), rel=1e-3)
    assert "effective_rank" not in values


def test_tensors_beyond_the_memory_are_streamed(analyzer: Analyzer) -> None:
    """Tall ones; the noise, which needs all at once, is left out."""
    tensor, held = in_memory(WEIGHT.T.copy()), in_memory(WEIGHT.T.copy())
    tensor.memory_bytes = 1000
    streamed, whole = (analyzer.analyze(one, Options()).values for one in (tensor, held))
    assert {key: value for key, value in whole.items() if key in streamed} == pytest.approx(streamed)
    assert not any("noise" in key for key in streamed)
    titles = [[figure.title for figure in analyzer.analyze(one, Options()).figures] for one in (tensor, held)]
    assert titles[0][0] == "Singular values; no rounding noise, since its 61,440 bytes exceed the 1,000 of --memory"
    assert titles[1][0] == "Singular values"


@pytest.mark.parametrize(("format_", "error"), [("int4_g128:mse", UsageError), ("nvfp44", FormatError)])
def test_formats_that_cannot_be_are_refused(format_: str, error: type[Exception]) -> None:
    """Before anything is read."""
    with pytest.raises(error):
        Options(format=format_)


def test_the_checkpoint_has_a_table(analyzer: Analyzer, answered: Callable[..., Result]) -> None:
    """A line for each matrix; what factors of 10 % error would take of all numbers, at most each matrix itself."""
    tensors = [in_memory(WEIGHT, "a"), in_memory(RANDOM.standard_normal((64, 64)).astype(np.float32), "b\x1b")]
    answers = [Answer(tensor, answered(tensor, **NO_NULLS)) for tensor in tensors]
    assert analyzer.summarize
    result = analyzer.summarize(Answers(answers), Options())
    (table,) = result.figures
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["a", "b\\x1b"]
    shares = [min(1.0, float(answer.result.values["parameters[error=0.1]"])) for answer in answers]
    expected = (shares[0] * WEIGHT.size + shares[1] * 4096) / (WEIGHT.size + 4096)
    assert result.value("parameters[error=0.1]") == pytest.approx(expected)


def test_costs_are_of_the_order_of_gram_matrices() -> None:
    """Twice m n k multiply-adds and k^3 for an LLM's matrix; nothing for what is skipped."""
    info = in_memory(np.zeros((2, 2), np.float32)).info
    assert spectrum.cost(info, Options()).operations == 0
    large = type(info)("w", "bfloat16", (4096, 14336), info.location)
    assert 3e11 < spectrum.cost(large, Options()).operations < 3e12
