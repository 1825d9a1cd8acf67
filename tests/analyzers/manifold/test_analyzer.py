"""What the `manifold` analyzer says of weights, and of what is none."""

import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from analyzers.manifold.sampling import placed
from precisionlab.analysis.figures import Lines, Scatter, Table
from precisionlab.analysis.results import Result, Scalar, Status

Answered = Callable[..., Result]
Measured = Callable[..., Mapping[str, Scalar]]
QUICK: Mapping[str, Any] = {"nulls": ("rotated",), "sample": 128, "embedded": 200}


def surface(n: int = 400, width: int = 24) -> np.ndarray:
    """Rows on a sphere S^2 in some of the directions."""
    random = np.random.default_rng(0)
    points = random.normal(size=(n, 3))
    basis = np.linalg.qr(random.normal(size=(width, 3)))[0].T
    return np.asarray((points / np.linalg.norm(points, axis=1, keepdims=True)) @ basis)


def test_rows_of_a_sphere(measured: Measured) -> None:
    """S^2 in 24 columns: all estimators say 2 but the participation ratio, which counts the 3 directions."""
    values = measured(surface(), **QUICK)
    for key in ("two_nn", "mle_10", "gride_4", "local_pca"):
        assert float(values[key]) == pytest.approx(2, rel=0.2)
    assert float(values["participation_ratio"]) == pytest.approx(3, rel=0.05)
    assert float(values["two_nn_low"]) < float(values["two_nn"]) < float(values["two_nn_high"])


def test_spectrum_alone_is_no_structure(measured: Measured) -> None:
    """A sphere has a lower dimension than its rotation, which has the same spectrum; Gaussian rows have the same one."""
    shaped = measured(surface(), **QUICK)
    random = measured(np.random.default_rng(1).normal(size=(300, 24)), **QUICK)
    assert float(shaped["sample_two_nn_ratio[null=rotated]"]) < 0.9
    assert float(shaped["sample_mle_20_z[null=rotated]"]) < -3
    assert abs(float(random["sample_two_nn_z[null=rotated]"])) < 3.5
    assert abs(float(random["sample_mle_20_z[null=rotated]"])) < 3.5


@pytest.mark.parametrize("scale", [1e-30, 1e30, 1e200])
def test_scale_is_none_of_its_business(measured: Measured, scale: float) -> None:
    """Weights of 1e-30, 1e30 and 1e200 read what those of 1 do."""
    options = {**QUICK, "nulls": ()}
    one, other = measured(surface(), **options), measured(surface() * scale, **options)
    assert set(one) == set(other)
    for key, value in one.items():
        assert float(other[key]) == pytest.approx(float(value), rel=1e-6, abs=1e-9)


def test_same_seed_same_answer(answered: Answered) -> None:
    """Every number and picture is the same again."""
    weight = np.random.default_rng(2).normal(size=(150, 20)).astype(np.float32)
    options = {**QUICK, "queries": 50, "embedded": 100}
    assert answered(weight, **options) == answered(weight, **options)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (np.float32(1), "fewer than two axes"),
        (np.ones(200, np.float32), "fewer than two axes"),
        (np.ones((0, 8), np.float32), "no elements"),
        (np.ones((40, 8), np.float32), "1 distinct row with"),
        (np.zeros((40, 8), np.float32), "1 distinct row with"),
        (np.full((40, 8), np.nan, np.float32), "NaN"),
        (np.eye(9, 40, dtype=np.float32), "9 distinct rows"),
        (np.ones((2, 2), np.float32), "fewer than 64 elements"),
        (1.7e308 * np.eye(12), "numbers beyond 1e+290: euclidean distances may overflow float64"),
    ],
)
def test_what_has_no_dimension(answered: Answered, weight: np.ndarray, words: str) -> None:
    """It is skipped, and why is said."""
    result = answered(np.asarray(weight), **QUICK)
    assert result.status is Status.SKIPPED
    assert words in result.reason


@pytest.mark.parametrize("distance", ["cosine", "correlation"])
def test_constant_rows_have_no_direction(answered: Answered, distance: str) -> None:
    """Of 400 rows, 5 of zeros are left out of angles."""
    weight = surface()
    weight[:5] = 0
    result = answered(weight, distance=distance, **QUICK)
    assert result.value("points") == 395
    assert any(distance in figure.title for figure in result.figures)


def test_few_rows_have_few_neighbours(answered: Answered) -> None:
    """12 rows have 11 neighbours each: what needs more is left out, and the graph says how many it has."""
    result = answered(np.random.default_rng(3).normal(size=(12, 40)), **QUICK)
    assert result.value("isomap_neighbours") == 11
    assert "mle_10" in result.values
    assert "mle_20" not in result.values
    assert "gride_8" not in result.values


def test_equidistant_rows(answered: Answered) -> None:
    """A permutation matrix tells no dimension by its distances, and is no error."""
    result = answered(np.eye(60, dtype=np.float32)[::-1].copy(), **QUICK)
    assert result.status is Status.DONE
    assert "two_nn" not in result.values


def test_components_are_said(answered: Answered) -> None:
    """Rows in two heaps: the larger is laid out, the other counted, in words too."""
    random = np.random.default_rng(4)
    weight = np.concatenate([random.normal(size=(60, 5)), 1e3 + random.normal(size=(90, 5))])
    result = answered(weight, **QUICK)
    assert result.value("isomap_components") == 2
    assert result.value("isomap_left_out") == 60
    assert any("60 rows lie in others" in figure.title for figure in result.figures)


def test_identical_rows_count_once(measured: Measured) -> None:
    """Rows that are there thrice change no dimension."""
    weight = surface(200)
    thrice = np.concatenate([weight, weight, weight])
    options = {**QUICK, "nulls": ()}
    one, other = measured(weight, **options), measured(thrice, **options)
    assert other["points"] == 200
    assert one["two_nn"] == other["two_nn"]


def test_rows_are_told_apart_without_a_copy() -> None:
    """Of each row 16 bytes are kept, and -0 is 0: embeddings of half a gigabyte are looked at."""
    matrix = torch.from_numpy(np.random.default_rng(6).normal(size=(400, 768)))
    matrix[:, 0] = 0.0
    matrix[7] = matrix[3]
    matrix[7, 0] = -0.0
    tracemalloc.start()
    kept = placed(matrix[:7], "euclidean").rows, placed(matrix, "euclidean").rows
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(one) for one in kept] == [7, 399]
    assert peak < matrix.numel() * 8 / 4


def test_samples_are_said(measured: Measured) -> None:
    """Queries, sample and laid out rows are as many as asked for."""
    values = measured(
        np.random.default_rng(5).normal(size=(500, 16)),
        **{**QUICK, "queries": 40, "embedded": 300, "exact": 0, "landmarks": 60},
    )
    assert (values["queries"], values["points"], values["sampled_rows"]) == (40, 500, 128)
    assert (values["isomap_points"], values["isomap_landmarks"]) == (300, 60)


def test_figures(answered: Answered) -> None:
    """Without random matrices there is no table; points are in four quarters of their norms."""
    with_nulls = answered(surface(), **QUICK)
    assert [type(one) for one in with_nulls.figures] == [Table, Lines, Lines, Scatter]
    alone = answered(surface(), **{**QUICK, "nulls": (), "dimensions": 3})
    assert [type(one) for one in alone.figures] == [Lines, Lines, Scatter, Scatter]
    scatter = alone.figures[-1]
    assert isinstance(scatter, Scatter)
    assert [len(group.xs) for group in scatter.groups] == [50, 50, 50, 50]
