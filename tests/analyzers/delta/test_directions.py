"""Directions of updates: planted ranks are found, rounding alone has none, and figures are those of LAPACK."""

from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.figures import Lines, Table
from precisionlab.analysis.results import Result, Scalar

pytestmark = pytest.mark.usefixtures("one_thread")

Array = NDArray[Any]
Between = Callable[..., Result]
Figures = Callable[..., Mapping[str, Scalar]]


def normal(shape: tuple[int, ...], seed: int) -> NDArray[np.float64]:
    """Normal deviates."""
    return np.random.default_rng(seed).standard_normal(shape)


def adapted(shape: tuple[int, int], dtype: Any, rank: int = 4, step: float = 4e-3) -> tuple[Array, Array]:  # noqa: ANN401 - any scalar type
    """A tensor that is its base with an adapter of this rank merged, rounded to the type, and the base."""
    base = (0.02 * normal(shape, 1)).astype(dtype)
    update = normal((shape[0], rank), 2) @ normal((rank, shape[1]), 3)
    return (base.astype(np.float64) + 0.02 * step / rank**0.5 * update).astype(dtype), base


@pytest.mark.parametrize("dtype", [np.float64, np.float32, ml_dtypes.bfloat16, np.float16], ids=str)
@pytest.mark.parametrize("shape", [(160, 256), (300, 96)])
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_planted_rank_is_found(dtype: Any, shape: tuple[int, int], is_whole: bool, between: Between) -> None:  # noqa: ANN401 - any scalar type
    """Of four, in single precision and under the rounding of narrow types, from all singular values or the leading ones."""
    tensor, base = adapted(shape, dtype)
    result = between(tensor, base, all_values_to=8192 if is_whole else 1)
    values = result.values
    assert values["numerical_rank"] == 4
    assert values["adapter_numbers"] == 4 * sum(shape)
    (found,) = (one for one in result.findings if one.code == "PL412")
    assert (found.evidence["rank"], found.evidence["adapter_numbers"]) == (4, 4 * sum(shape))
    assert (values["singular_values"] == min(shape)) is (is_whole or min(shape) <= 72)


@pytest.mark.parametrize("shape", [(128, 128), (64, 512), (700, 40), (24, 24)])
@pytest.mark.parametrize("spread", [0.0, 1.0], ids=["even", "uneven"])
def test_rounding_alone_has_no_direction(shape: tuple[int, int], spread: float, figures: Figures) -> None:
    """A cast of the base to a narrow type leaves nothing beyond the edge, however sizes of rows vary."""
    sizes = np.exp(spread * normal((shape[0], 1), 4))
    base = (sizes * normal(shape, 5)).astype(np.float32)
    values = figures(base.astype(ml_dtypes.bfloat16), base)
    assert values["numerical_rank"] == 0
    assert values["stored_noise"] == pytest.approx(2**0.5, rel=0.15)
    if not spread:
        assert float(values["spectral_norm"]) > 0.5 * float(values["rounding_edge"])


def test_an_update_of_all_directions_is_no_adapter(between: Between) -> None:
    """Nearly all of them are beyond rounding."""
    base = normal((96, 128), 6).astype(np.float32)
    result = between(base + np.float32(1e-3) * normal((96, 128), 7).astype(np.float32), base)
    assert float(result.value("numerical_rank")) == 96
    assert "PL412" not in {one.code for one in result.findings}


def cut(values: NDArray[np.float32]) -> Array:
    """The upper halves of the patterns, as bfloat16."""
    return (values.view(np.uint32) >> 16).astype(np.uint16).view(ml_dtypes.bfloat16)


@pytest.mark.parametrize("is_cut", [True, False], ids=["cut", "small update"])
def test_noise_that_is_larger_than_rounding_is_no_adapter(is_cut: bool, between: Between) -> None:
    """A few of its directions are beyond the edge, though an adapter would leave out most of it."""
    base = (0.02 * normal((64, 64), 0)).astype(np.float32)
    tuned = (base * (1 + 2e-3 * normal((64, 64), 1))).astype(ml_dtypes.bfloat16)
    result = between(cut(base), base) if is_cut else between(tuned, base.astype(ml_dtypes.bfloat16))
    assert 0 < float(result.value("numerical_rank")) < 16
    assert "PL412" not in {one.code for one in result.findings}


def test_a_few_changed_elements_are_no_adapter(between: Between) -> None:
    """Factors that take more numbers than what changed are none to store."""
    base = normal((64, 64), 8).astype(np.float32)
    tensor = base.copy()
    tensor[3, 10:40] += 1
    result = between(tensor, base)
    assert result.value("numerical_rank") == 1
    assert "PL412" not in {one.code for one in result.findings}


def test_rows_that_did_not_change_add_no_rounding(figures: Figures) -> None:
    """Of an embedding of which two rows were trained, both are beyond the edge."""
    base = normal((4000, 16), 9).astype(np.float32)
    tensor = base.copy()
    tensor[[5, 900]] += np.float32(1e-6) * normal((2, 16), 10).astype(np.float32)
    assert figures(tensor, base)["numerical_rank"] == 2


@pytest.mark.parametrize("is_whole", [True, False])
def test_figures_are_those_of_the_singular_values(is_whole: bool, between: Between) -> None:
    """Of LAPACK on the difference in float64; leading ones where not all are asked for, from below."""
    tensor, base = adapted((120, 200), np.float32, rank=40)
    tensor += (1e-5 * normal((120, 200), 11)).astype(np.float32)
    exact = np.linalg.svd(tensor.astype(np.float64) - base, compute_uv=False)
    energies = np.cumsum(exact**2) / (exact**2).sum()
    result = between(tensor, base, all_values_to=8192 if is_whole else 1)
    values, near = result.values, 1e-9 if is_whole else 1e-4
    assert values["spectral_norm"] == pytest.approx(exact[0], rel=near)
    assert values["stable_rank"] == pytest.approx((exact**2).sum() / exact[0] ** 2, rel=near)
    for rank in (4, 8, 16, 32, 64):
        assert values[f"captured_energy[rank={rank}]"] == pytest.approx(energies[rank - 1], rel=near)
    for energy in (0.9, 0.99):
        assert values[f"rank[energy={energy}]"] == int(np.searchsorted(energies, energy)) + 1
    shares = exact / exact.sum()
    if is_whole:
        assert values["effective_rank"] == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-9)
    else:
        assert "effective_rank" not in values
    (chart,) = (one for one in result.figures if isinstance(one, Lines) and one.title.startswith("Singular values"))
    assert chart.series[0].ys[0] == values["spectral_norm"]
    assert set(chart.series[1].ys) == {values["rounding_edge"]}
    (table,) = (one for one in result.figures if isinstance(one, Table) and one.title.startswith("Rank of"))
    assert table.rows[0][:2] == ("beyond rounding", values["numerical_rank"])


def test_kernels_are_matrices_of_their_first_axis(figures: Figures) -> None:
    """As `spectrum` sees them."""
    base = normal((16, 8, 3, 3), 12).astype(np.float32)
    tensor = base + np.float32(0.01) * normal((16, 8, 3, 3), 13).astype(np.float32)
    exact = np.linalg.norm((tensor.astype(np.float64) - base).reshape(16, 72), 2)
    assert figures(tensor, base)["spectral_norm"] == pytest.approx(exact, rel=1e-9)


def test_axes_of_one_index_do_not_matter(figures: Figures) -> None:
    """The base may have others."""
    tensor, base = adapted((40, 64), np.float32)
    assert figures(tensor, base.reshape(40, 1, 64)) == figures(tensor, base)


def test_what_is_too_large_is_not_taken_apart(figures: Figures) -> None:
    """And the rest is said all the same."""
    values = figures(*adapted((64, 64), np.float32), max_elements=4095)
    assert "numerical_rank" not in values
    assert "hidden_energy[format=int8_channel]" not in values
    assert "noise_ratio[format=int8_channel]" in values
