"""The `cp` analyzer on arrays whose rank, cost and degeneracy are known."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers import cp
from analyzers.cp.options import Options
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.figures import Lines, Table
from precisionlab.analysis.results import Finding, Result, Scalar, Status
from precisionlab.errors import UsageError
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Measured = Callable[..., Mapping[str, Scalar]]
NO_NULLS: Mapping[str, Any] = {"nulls": ()}


def planted(shape: tuple[int, ...], rank: int, seed: int = 0) -> Array:
    """A tensor of so many random components, in float32."""
    random = np.random.default_rng(seed)
    letters = "abcd"[: len(shape)]
    formula = ",".join(one + "r" for one in letters) + "->" + letters
    tensor: Array = np.einsum(formula, *(random.standard_normal((n, rank)) for n in shape)).astype(np.float32)
    return tensor


KERNEL = planted((12, 10, 3, 3), 5)
BORDER = np.zeros((2, 2, 2), np.float32)
BORDER[0, 0, 1] = BORDER[0, 1, 0] = BORDER[1, 0, 0] = 1


def test_the_planted_rank_is_the_smallest_of_no_error(measured: Measured) -> None:
    """It lies between two rungs; what it takes is r times the sum of the sides."""
    values = measured(KERNEL, error=0.01, **NO_NULLS)
    assert values["smallest_rank[error=0.01]"] == 5
    assert values["smallest_parameters[error=0.01]"] == pytest.approx(5 * 28 / 1080)
    assert values["parameters[rank=4]"] == values["multiply_adds[rank=4]"] == pytest.approx(4 * 28 / 1080)
    assert float(values["error[rank=8]"]) < 1e-3
    assert values["captured_energy"] == 1
    assert values["largest_rank"] == 90


def test_errors_fall_and_stand_beside_random_tensors(measured: Measured, answered: Callable[..., Result]) -> None:
    """A planted tensor is far below the curves of random ones, a Gaussian is on them."""
    values = measured(KERNEL)
    errors = [float(values[f"error[rank={rank}]"]) for rank in (1, 2, 4, 8)]
    assert errors == sorted(errors, reverse=True)
    assert float(values["sample_error_z[null=gaussian,rank=4]"]) < -5
    random = np.random.default_rng(1).standard_normal((12, 10, 3, 3)).astype(np.float32)
    for null in ("gaussian", "shuffled", "rotated"):
        z = measured(random, nulls=(null,), ranks=("2", "4"))[f"sample_error_z[null={null},rank=4]"]
        assert abs(float(z)) < 4
    chart = answered(KERNEL).figures[0]
    assert isinstance(chart, Lines)
    assert [one.label for one in chart.series] == ["weight", "gaussian, mean of 10", "shuffled, mean of 10"]


def test_a_part_of_large_axes_stands_beside_random_ones(answered: Callable[..., Result]) -> None:
    """The chart has the whole, the part, and random tensors of the part's size."""
    chart = answered(KERNEL, sample=6, ranks=("1", "2")).figures[0]
    assert isinstance(chart, Lines)
    assert [one.label for one in chart.series][1:3] == [
        "a part of 6 x 6 x 3 x 3",
        "gaussian of 6 x 6 x 3 x 3, mean of 10",
    ]


def test_border_rank_is_called_degenerate(found: Callable[..., Mapping[str, Finding]]) -> None:
    """At rank 2; components that are orthogonal are not."""
    options = {"ranks": ("2", "3"), "min_elements": 8, "sweeps": 500, "tolerance": 1e-7, "starts": 4, **NO_NULLS}
    finding = found(BORDER, **options)["PL341"]
    assert finding.evidence["rank"] == 2
    assert float(finding.evidence["least_congruence"]) < -0.9
    assert "components cancel" in finding.message
    assert not found(np.eye(4, dtype=np.float32)[:, :, None] * np.eye(4, dtype=np.float32)[:, None], **NO_NULLS)


@pytest.mark.parametrize("factor", [1e-300, 1e-40, 1.0, 1e30, 1e250])
def test_units_do_not_matter(measured: Measured, factor: float) -> None:
    """Nothing overflows or vanishes on the way, and all figures are ratios."""
    options = {"ranks": ("1", "4"), **NO_NULLS}
    one, scaled = (
        measured(KERNEL.astype(np.float64), **options),
        measured(KERNEL.astype(np.float64) * factor, **options),
    )
    assert scaled.keys() == one.keys()
    for key, value in one.items():
        assert scaled[key] == pytest.approx(value, rel=1e-4, abs=1e-6), key


def test_powers_of_two_change_no_bit(measured: Measured) -> None:
    """Of any figure."""
    assert measured(KERNEL, ranks=("1", "4")) == measured(KERNEL * np.float32(2.0**-40), ranks=("1", "4"))


def test_the_seed_decides(measured: Measured) -> None:
    """Same seed, same figures; another one, other random tensors."""
    first, again, other = (measured(KERNEL, ranks=("2",), seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first["sample_error_mean[null=gaussian,rank=2]"] != other["sample_error_mean[null=gaussian,rank=2]"]


def test_ranks_beyond_the_shape_are_capped_and_said(answered: Callable[..., Result]) -> None:
    """2 x 2 x 20 needs no more than 4, at which it is exact."""
    result = answered(planted((2, 2, 20), 9), ranks=("1", "1000"), sweeps=1000, **NO_NULLS)
    assert [key for key in result.values if key.startswith("error[")] == ["error[rank=1]", "error[rank=4]"]
    assert float(result.values["error[rank=4]"]) < 0.01
    table = result.figures[-1]
    assert "no rank beyond 4 is needed" in table.title


def test_an_error_out_of_reach_is_said(answered: Callable[..., Result]) -> None:
    """With the rank up to which it was tried."""
    result = answered(np.random.default_rng(0).standard_normal((16, 16, 3, 3)).astype(np.float32), ranks=("1", "2"))
    assert "error 0.1 is not reached up to rank 2" in result.figures[-1].title
    assert not any("smallest" in key for key in result.values)


@pytest.mark.parametrize(
    ("shape", "name", "options", "folded", "adds"),
    [
        ((4, 9, 8), "mlp.experts.weight", {}, "4 x 9 x 8 (experts)", 2 * 18 / 72),
        ((12, 10), "layers.0.q_proj.weight", {"heads": 3}, "3 x 4 x 10 (reading heads)", 2 * (10 + 3 + 12) / 120),
        ((12, 12), "layers.0.q_proj.weight", {"heads": 3}, "3 x 4 x 12 (reading heads)", 2 * (12 + 3 + 12) / 144),
        ((10, 12), "layers.0.o_proj.weight", {"heads": 3}, "10 x 3 x 4 (writing heads)", 2 * (10 + 3 + 12) / 120),
        ((12, 10), "weight", {"reshape": "4x3x10"}, "4 x 3 x 10 (reshape)", None),
        ((6, 5, 1, 3), "conv.weight", {}, "6 x 5 x 3 (kernel)", 2 * 14 / 90),
    ],
)
def test_weights_are_folded(
    shape: tuple[int, ...], name: str, options: dict[str, Any], folded: str, adds: float | None
) -> None:
    """As kernels, experts, heads or as the user says; multiply-adds are those of the layer of factors, by hand."""
    array = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    result = cp.analyze(in_memory(array, name), Options(ranks=("2",), **options, **NO_NULLS))
    assert folded in result.figures[-1].title
    assert result.values.get("multiply_adds[rank=2]") == (None if adds is None else pytest.approx(adds))


@pytest.mark.parametrize(
    ("array", "options", "reason"),
    [
        (np.ones((20, 20), np.float32), {}, "fold it by cp.heads or cp.reshape"),
        (np.ones((20, 20), np.float32), {"reshape": "10x40"}, "it is a matrix"),
        (np.ones((20, 20, 1, 1), np.float32), {}, "it is a matrix"),
        (np.ones(100, np.float32), {}, "fewer than three axes"),
        (np.float32(1), {}, "fewer than three axes"),
        (np.zeros((0, 4, 4), np.float32), {}, "no elements"),
        (np.zeros((5, 5, 5), np.float32), {}, "every element is 0"),
        (np.full((5, 5, 5), np.nan, np.float32), {}, "125 NaN or infinities"),
        (np.ones((5, 5, 5), np.int8), {}, "no signed float"),
        (np.ones((3, 3, 3), np.float32), {}, "fewer than 64 elements"),
        (np.ones((5, 5, 5), np.float32), {"max_elements": 100}, "cp.max_elements"),
    ],
)
def test_what_has_no_decomposition_is_skipped(
    answered: Callable[..., Result], array: Array, options: dict[str, Any], reason: str
) -> None:
    """With the reason."""
    result = answered(np.asarray(array), **options)
    assert result.status is Status.SKIPPED
    assert reason in result.reason


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(4, 4, 4), (2, 2, 16), (64, 2, 2), (3, 2, 3, 2, 2)], ids=str)
@pytest.mark.parametrize("kind", ["constant", "one", "identical"])
def test_odd_tensors_have_one(measured: Measured, shape: tuple[int, ...], kind: str) -> None:
    """Constant ones, one element other than 0 and identical slices: exact at the rank they have, no figure is NaN."""
    array = np.full(shape, 0.5, np.float32)
    if kind == "one":
        array = np.zeros(shape, np.float32)
        array[(0,) * len(shape)] = 3
    if kind == "identical":
        array[:] = np.random.default_rng(0).standard_normal(shape[1:])
    values = measured(array, ranks=("1", "4"))
    assert not any(isinstance(value, float) and math.isnan(value) for value in values.values())
    if kind != "identical":
        assert float(values["error[rank=1]"]) < 1e-6
        assert values["smallest_rank[error=0.1]"] == 1


def test_large_tensors_are_seen_on_directions(monkeypatch: pytest.MonkeyPatch, measured: Measured) -> None:
    """Errors are of the whole, and exact: as of the plain fit where the directions hold all energy."""
    options = {"ranks": ("1", "8"), "core": 6, **NO_NULLS}
    plain = measured(KERNEL, **options)
    monkeypatch.setattr("analyzers.cp.measuring.DIRECT", 100)
    seen = measured(KERNEL, **options)
    assert float(seen["captured_energy"]) == pytest.approx(1, abs=1e-6)
    assert seen["error[rank=1]"] == pytest.approx(plain["error[rank=1]"], rel=1e-3)
    noisy = np.random.default_rng(0).standard_normal((12, 10, 3, 3)).astype(np.float32)
    outside = 1 - float(measured(noisy, **options)["captured_energy"])
    assert 0.1 < outside < float(measured(noisy, **options)["error[rank=8]"]) ** 2


@pytest.mark.parametrize("options", [{"ranks": ("0",)}, {"ranks": ("x",)}, {"ranks": ()}, {"reshape": "4"}])
def test_wrong_options_are_said(options: dict[str, Any]) -> None:
    """Before anything is computed."""
    with pytest.raises(UsageError):
        Options(**options)


def test_costs_grow_with_what_is_asked_for(analyzer: Analyzer) -> None:
    """Of kernels, and of the shares of stacks; none of matrices that are in none."""
    assert analyzer.cost is not None
    small, more = (analyzer.cost(in_memory(KERNEL).info, Options(sweeps=n)).operations for n in (10, 100))
    assert 0 < small < more
    matrix = np.ones((40, 40), np.float32)
    assert analyzer.cost(in_memory(matrix).info, Options()).operations == 0
    assert analyzer.cost(in_memory(matrix, "layers.0.w").info, Options()).operations > 0


def test_the_table_says_how_fits_ended(answered: Callable[..., Result]) -> None:
    """Converged, at the limit, or no better than the rank below."""
    table = answered(KERNEL, sweeps=2, ranks=("1", "2"), **NO_NULLS).figures[-1]
    assert isinstance(table, Table)
    assert {row[7] for row in table.rows} == {"at the limit of sweeps"}
