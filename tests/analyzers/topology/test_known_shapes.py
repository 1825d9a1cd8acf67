"""Loops and voids of shapes whose Betti numbers are known, and of points that another library computes."""

import warnings
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from analyzers.topology.diagrams import bars_of
from analyzers.topology.homology import HomologyProcess
from precisionlab.analysis.results import Scalar
from tests.analyzers.topology.conftest import circle, klein_bottle, sphere, torus

Doubles = NDArray[np.float64]
Ripser = Callable[..., Mapping[str, list[Doubles]]]


@pytest.fixture(scope="module")
def process() -> Iterator[HomologyProcess]:
    """A process that computes homology."""
    one = HomologyProcess()
    yield one
    one.close()


@pytest.fixture(scope="module")
def ripser() -> Ripser:
    """Another library's function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("ripser")
    function: Ripser = module.ripser
    return function


def betti_at(process: HomologyProcess, points: Doubles, distance: float, dimension: int, prime: int = 2) -> list[int]:
    """How many features of each dimension are alive at a distance, the component that lasts among them."""
    diagrams = process.diagrams(squareform(pdist(points)), dimension, prime, 60)
    assert diagrams is not None
    return [int(((one[:, 0] <= distance) & (one[:, 1] > distance)).sum()) for one in diagrams]


def test_circle(process: HomologyProcess) -> None:
    """A circle is one component with one loop: it is born at the step 2 sin(pi / n) and dies at sqrt(3)."""
    diagrams = process.diagrams(squareform(pdist(circle(60))), 1, 2, 60)
    assert diagrams is not None
    (loop,) = diagrams[1]
    assert loop == pytest.approx([2 * np.sin(np.pi / 60), np.sqrt(3)], rel=1e-12)
    assert len(diagrams[0]) == 60
    assert np.isinf(diagrams[0]).sum() == 1


def test_torus(process: HomologyProcess) -> None:
    """Betti numbers of a torus are 1, 2, 1."""
    assert betti_at(process, torus(12), 1.2, 2) == [1, 2, 1]


def test_sphere(process: HomologyProcess) -> None:
    """Betti numbers of a sphere are 1, 0, 1."""
    assert betti_at(process, sphere(150), 1.2, 2) == [1, 0, 1]


def test_klein_bottle(process: HomologyProcess) -> None:
    """Betti numbers of a Klein bottle are 1, 2, 1 over two elements and 1, 1, 0 over three: it is not orientable."""
    bottle = klein_bottle(14)
    assert betti_at(process, bottle, 0.7, 2, prime=2) == [1, 2, 1]
    assert betti_at(process, bottle, 0.7, 2, prime=3) == [1, 1, 0]


@pytest.mark.parametrize("dimension", [1, 2])
def test_equals_ripser(process: HomologyProcess, ripser: Ripser, dimension: int) -> None:
    """Diagrams of normal deviates and of a noisy circle equal those of ripser, which computes in float32."""
    random = np.random.default_rng(0)
    for points in (random.standard_normal((70, 5)), circle(50) + 0.1 * random.standard_normal((50, 2))):
        ours = process.diagrams(squareform(pdist(points)), dimension, 2, 60)
        theirs = ripser(points, maxdim=dimension)["dgms"]
        assert ours is not None
        for one, other in zip(ours, theirs, strict=True):
            mine, others = bars_of(one), bars_of(other.astype(np.float64))
            assert np.sort(mine.births) == pytest.approx(np.sort(others.births), abs=1e-6)
            assert np.sort(mine.deaths) == pytest.approx(np.sort(others.deaths), abs=1e-6)


def test_loop_of_a_weight(measured: Callable[..., Mapping[str, Scalar]]) -> None:
    """A circle in 20 dimensions has one loop of length sqrt(3) less the step, which no null model comes near."""
    random = np.random.default_rng(1)
    plane = np.linalg.qr(random.standard_normal((20, 2)))[0]
    values = measured(circle(80) @ plane.T)
    assert values["h1_bars[distance=euclidean]"] == 1
    step = 2 * np.sin(np.pi / 80)
    # Three of 80 points are no equilateral triangle: the loop dies a little later.
    assert float(values["h1_longest_bar[distance=euclidean]"]) == pytest.approx(np.sqrt(3) - step, rel=0.02)
    assert values["h1_entropy[distance=euclidean]"] == 0
    for null in ("gaussian", "shuffled", "rotated"):
        assert float(values[f"sampled_h1_longest_bar_z[null={null},distance=euclidean]"]) > 3


def test_voids_where_asked_for(measured: Callable[..., Mapping[str, Scalar]]) -> None:
    """A sphere has one void, told only where dimension 2 is asked for; with dimension 0 nothing is told of loops."""
    values = measured(sphere(120), dimension=2, nulls=())
    assert values["h2_bars[distance=euclidean]"] == 1
    assert "h2_bars[distance=euclidean]" not in measured(sphere(120), nulls=())
    assert "h1_bars[distance=euclidean]" not in measured(sphere(120), dimension=0, nulls=())
