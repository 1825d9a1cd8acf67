"""What the points of a weight are, and which are dead, equal or near."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.results import Finding, Result, Scalar, Status
from tests.analyzers.memory import in_memory

Doubles = NDArray[np.float64]
Measure = Callable[..., Mapping[str, Scalar]]
QUICK = {"nulls": (), "dimension": 0}


def normal(*shape: int) -> NDArray[np.float32]:
    """Normal deviates."""
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "shape", "points", "expected"),
    [
        ("weight", (12, 20), "rows", (12, 20)),
        ("weight", (12, 20), "columns", (20, 12)),
        ("conv.weight", (8, 4, 3, 3), "rows", (8, 36)),
        ("conv.weight", (8, 4, 3, 3), "columns", (4, 72)),
        ("conv.weight", (8, 4, 3, 3), "kernels", (32, 9)),
        ("mlp.experts.down_proj", (3, 10, 6), "rows", (30, 6)),
        ("position_embedding", (1, 30, 8), "rows", (30, 8)),
        ("layer.q_proj.weight", (20, 20), "heads", (4, 100)),
        ("layer.o_proj.weight", (20, 20), "heads", (4, 100)),
        ("layer.k_proj.weight", (10, 20), "heads", (2, 100)),
    ],
)
def test_what_points_are(
    measured: Measure, name: str, shape: tuple[int, ...], points: str, expected: tuple[int, int]
) -> None:
    """As many points as the option says, and all elements among their coordinates."""
    values = measured(in_memory(normal(*shape), name), points=points, heads=4, **QUICK)
    assert (values["points"], values["coordinates"]) == expected


def test_heads_that_are_written_are_columns(measured: Measure) -> None:
    """Heads of an output projection are its columns: equal ones are found there, and none among its rows."""
    weight = normal(20, 20)
    weight[:, 5:10] = weight[:, 0:5]
    values = measured(in_memory(weight, "o_proj.weight"), points="heads", heads=4, **QUICK)
    assert values["duplicates"] == 1
    assert measured(in_memory(weight, "q_proj.weight"), points="heads", heads=4, **QUICK)["duplicates"] == 0


@pytest.mark.parametrize(
    ("array", "options", "reason"),
    [
        (normal(100), {}, "fewer than two axes"),
        (np.float32(1).reshape(()), {}, "fewer than two axes"),
        (normal(0, 5), {}, "no elements"),
        (normal(2, 3), {}, "fewer than 64 elements"),
        (normal(1, 100), {}, "a single point: it has 1 row"),
        (np.full((10, 10), np.nan), {}, "all its rows hold NaN or infinities"),
        (np.zeros((10, 10)), {"distance": "cosine"}, "none of its rows has a direction"),
        (np.ones((10, 10)), {"distance": "correlation"}, "none of its rows has a direction"),
        (1.7e308 * np.eye(10), {}, "numbers beyond 1e+290: sums of euclidean distances may overflow float64"),
        (normal(10, 10), {"points": "kernels"}, "no kernels"),
        (normal(10, 10), {"points": "heads"}, "does not say how many heads"),
        (normal(10, 10), {"points": "heads", "heads": 2}, "no heads"),
    ],
)
def test_where_it_does_not_apply(
    answered: Callable[..., Result], array: Doubles, options: Mapping[str, object], reason: str
) -> None:
    """Tensors without points are skipped, and the reason says why."""
    result = answered(array, **options)
    assert result.status is Status.SKIPPED
    assert reason in result.reason


def test_dead_rows(found: Callable[..., Mapping[str, Finding]]) -> None:
    """Rows of zeros of either sign are dead, and no duplicates; the first are named."""
    weight = normal(20, 8)
    weight[3], weight[11] = 0.0, -0.0
    findings = found(weight, **QUICK)
    assert findings.keys() == {"PL301"}
    assert findings["PL301"].message == "2 of 20 rows are all zeros (3, 11)"
    assert "padding" in found(in_memory(weight, "embed_tokens.weight"), **QUICK)["PL301"].message


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_duplicate_rows(found: Callable[..., Mapping[str, Finding]], dtype: str) -> None:
    """Rows that repeat one before are named with it; -0 equals 0."""
    weight = normal(20, 8).astype(dtype)
    weight[4, 0] = 0.0
    weight[9] = weight[4]
    weight[9, 0] = -0.0
    weight[15] = weight[4]
    findings = found(weight, **QUICK)
    assert findings.keys() == {"PL302"}
    assert findings["PL302"].message == "2 of 20 rows repeat ones before to the last bit (9 = 4, 15 = 4)"


def test_near_duplicates(found: Callable[..., Mapping[str, Finding]], measured: Measure) -> None:
    """Rows a thousandth apart are near, those a last bit apart too; a multiple is near by cosine distance alone."""
    weight = normal(40, 16).astype(np.float64)
    weight[7] = weight[2] * (1 + 1e-3)
    weight[30] = weight[20]
    weight[30, 5] = np.nextafter(weight[20, 5], np.inf)
    findings = found(weight, **QUICK)
    assert findings.keys() == {"PL303"}
    assert findings["PL303"].message.endswith("20 and 30, 2 and 7")
    weight[35] = 3 * weight[33]
    assert measured(weight, **QUICK)["near_duplicates[distance=euclidean]"] == 4
    assert measured(weight, distance="cosine", **QUICK)["near_duplicates[distance=cosine]"] == 6
    assert measured(weight, near=0.0, **QUICK)["near_duplicates[distance=euclidean]"] == 0


def test_rows_that_are_not_finite(measured: Measure) -> None:
    """They are left out and counted; the others are looked at."""
    weight = normal(20, 8)
    weight[3, 2], weight[5, 1] = np.nan, np.inf
    values = measured(weight, **QUICK)
    assert (values["non_finite"], values["linked_points"]) == (2, 18)


def test_two_clusters(measured: Measure) -> None:
    """Two far groups are two clusters of their sizes; the gap is what parts them."""
    weight = normal(50, 4).astype(np.float64) * 1e-2
    weight[:20] += 10
    values = measured(weight, **QUICK)
    assert values["clusters[distance=euclidean]"] == 2
    assert values["largest_cluster[distance=euclidean]"] == 30
    assert float(values["largest_gap[distance=euclidean]"]) == pytest.approx(20, rel=0.01)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e200])
def test_scale(measured: Measure, scale: float) -> None:
    """All lengths grow with the weight, and counts stay: from 1e-300 to 1e200."""
    weight = normal(30, 8).astype(np.float64)
    one, other = measured(weight, draws=10), measured(weight * scale, draws=10)
    assert one.keys() == other.keys()
    for key, value in one.items():
        is_length = any(word in key for word in ("persistence", "longest", "gap", "height")) and "_z[" not in key
        expected = float(value) * (scale if is_length else 1)
        # Powers of ten round, and a rotation mixes what they round.
        assert float(other[key]) == pytest.approx(expected, rel=1e-6, abs=1e-9 * (scale if is_length else 1)), key


@pytest.mark.parametrize(
    "weight", [np.zeros((12, 12)), np.full((12, 12), 0.3), np.eye(12), np.repeat(normal(2, 40), 6, 0)]
)
def test_degenerate_weights(answered: Callable[..., Result], weight: Doubles) -> None:
    """Zeros, constants, equidistant rows and few distinct ones are measured; nothing is NaN."""
    result = answered(weight)
    assert result.status is Status.DONE
    assert not any(isinstance(value, float) and np.isnan(value) for value in result.values.values())
    assert result.values["clusters[distance=euclidean]"] == 1
    assert result.values.get("h1_bars[distance=euclidean]", 0) == 0
