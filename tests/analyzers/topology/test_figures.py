"""Samples, random matrices, images, two checkpoints, and what is drawn of them."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import pdist, squareform

from analyzers import topology
from analyzers.topology.against import bottleneck, wasserstein
from analyzers.topology.checkpoint import summarize
from analyzers.topology.costing import cost
from analyzers.topology.cubical import total_persistence
from analyzers.topology.diagrams import Bars, bars_of, figures_of
from analyzers.topology.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Figure, Table
from precisionlab.analysis.results import Result, Scalar, Status
from tests.analyzers.memory import in_memory
from tests.analyzers.topology.conftest import circle

Doubles = NDArray[np.float64]
Measure = Callable[..., Mapping[str, Scalar]]
Answered = Callable[..., Result]
E = "[distance=euclidean]"


def normal(*shape: int, seed: int = 0) -> Doubles:
    """Normal deviates."""
    return np.random.default_rng(seed).standard_normal(shape)


def titled(result: Result, start: str) -> Figure:
    """The figure whose title starts so."""
    return next(figure for figure in result.figures if figure.title.startswith(start))


def cells(result: Result, start: str) -> dict[str, Scalar]:
    """The second cell of each row of a table by the first."""
    figure = titled(result, start)
    assert isinstance(figure, Table)
    return {str(row[0]): row[1] for row in figure.rows}


def test_figures_by_hand() -> None:
    """Two bars of lengths 1 and 3 have a sum of 4, entropy ln 4 - 3/4 ln 3; one that lasts counts as none."""
    bars = bars_of(np.array([[1.0, 2.0], [1.5, 4.5], [0.0, np.inf], [3.0, 3.0]]))
    assert bars.lengths.tolist() == [3, 1]
    assert (bars.total_persistence, bars.longest) == (4, 3)
    assert bars.entropy == pytest.approx(np.log(4) - 0.75 * np.log(3))
    assert bars.betti(np.array([0.5, 1.0, 1.7, 2.0, 4.5])).tolist() == [0, 1, 2, 1, 0]


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_area_under_betti_curve_is_total_persistence(seed: int, n: int) -> None:
    """The integral of a Betti curve is the sum of the bars' lengths."""
    random = np.random.default_rng(seed)
    births = random.random(n)
    bars = bars_of(np.stack([births, births + random.random(n)], axis=1))
    places = np.unique(np.concatenate([bars.births, bars.deaths]))
    area = float((bars.betti(places)[:-1] * np.diff(places)).sum())
    assert area == pytest.approx(bars.total_persistence)


def test_without_bars() -> None:
    """No bars have no persistence, no entropy and no longest one."""
    assert set(figures_of([bars_of(np.zeros((0, 2)))] * 2).values()) == {0.0}


@pytest.mark.parametrize("distance", ["euclidean", "cosine", "correlation"])
def test_heights_equal_single_linkage(measured: Measure, distance: str) -> None:
    """Merge heights are those of scipy's single linkage; labels tell the distance."""
    weight = normal(60, 12)
    values = measured(weight, distance=distance, nulls=(), dimension=0)
    metric = pdist(weight) if distance == "euclidean" else np.sqrt(2 * pdist(weight, distance))
    heights = linkage(metric, "single")[:, 2]
    label = f"[distance={distance}]"
    assert float(values[f"h0_total_persistence{label}"]) == pytest.approx(heights.sum(), rel=1e-9)
    assert float(values[f"median_merge_height{label}"]) == pytest.approx(np.median(heights), rel=1e-9)
    assert float(values[f"greatest_merge_height{label}"]) == pytest.approx(heights.max(), rel=1e-9)


def test_subsets(answered: Answered) -> None:
    """Rows of many columns are looked at in random subsets: means with their spread, no certificate."""
    result = answered(normal(120, 40), size=30, repeats=4, nulls=())
    assert (result.values["homology_points"], result.values["homology_samples"]) == (30, 4)
    assert f"h1_longest_bar_spread{E}" in result.values
    assert f"covering_radius{E}" not in result.values
    assert "4 random subsets of 30" in titled(result, "Homology").title


def test_landmarks_certify_a_loop(answered: Answered) -> None:
    """Half of the points of a circle have a covering radius of one step, and the loop is certain."""
    result = answered(circle(400), size=200, nulls=())
    step = 2 * np.sin(np.pi / 400)
    radius = float(result.values[f"covering_radius{E}"])
    assert step * (1 - 1e-9) <= radius <= 2 * step
    assert result.values[f"certificate{E}"] == 2 * radius
    assert result.values[f"certain_bars{E}"] == 1
    assert "at least" in str(cells(result, "Homology")["what that certifies"])


def test_landmarks_that_certify_nothing_say_so(answered: Answered) -> None:
    """In 50 dimensions the radius exceeds all bars, and the table says so in plain words."""
    result = answered(normal(150, 50), size=40, way="landmarks", nulls=())
    assert result.values[f"certain_bars{E}"] == 0
    assert str(cells(result, "Homology")["what that certifies"]).startswith("nothing")


def test_null_models_are_not_beyond_themselves(measured: Measure) -> None:
    """Normal deviates do not stand out from any null model."""
    values = measured(normal(60, 30, seed=5), null_size=40)
    scores = [float(value) for key, value in values.items() if key.startswith("sampled_h1_longest_bar_z")]
    assert len(scores) == 3
    assert max(map(abs, scores)) < 4


def test_as_many_rows_as_operations_allow_for(answered: Answered) -> None:
    """Beyond the operations a random part of the rows is linked, which the table says; duplicates are found all the same."""
    weight = normal(300, 20)
    weight[299] = weight[0]
    result = answered(weight, operations=3 * 100**2 * 20.0, nulls=(), dimension=0)
    assert result.values["linked_points"] == 100
    assert result.values["duplicates"] == 1
    assert cells(result, "Points")["single linkage of"] == "100 of 299, at random"


def test_seed(answered: Answered) -> None:
    """The same seed gives the same result, another seed another sample."""
    weight = normal(100, 20)
    options = {"size": 30, "repeats": 2, "null_size": 20}
    assert answered(weight, **options) == answered(weight, **options)
    assert answered(weight, **options).measurements != answered(weight, seed=1, **options).measurements


def test_total_persistence_of_images_by_hand() -> None:
    """A signal 0 2 1 has one finite bar, of the valley at 1: length 1. A ring of 0 about 3 has a loop of length 3."""
    assert total_persistence(np.array([0.0, 2.0, 1.0])) == 1
    ring = np.zeros((3, 3))
    ring[1, 1] = 3.0
    assert total_persistence(ring) == 3


def test_smooth_kernels_have_less_persistence_than_permuted(measured: Measure) -> None:
    """Kernels that rise along both axes have no finite bar; permuted ones do. Random kernels do not stand out."""
    ramps = np.add.outer(np.arange(5.0), np.arange(5.0))
    smooth = ramps * (1 + np.abs(normal(8, 6, 1, 1)))
    values = measured(smooth, nulls=(), dimension=0)
    assert values["cubical_persistence"] == 0
    assert float(values["cubical_persistence_z[null=permuted axes]"]) < -5
    random = measured(normal(8, 6, 5, 5), nulls=(), dimension=0)
    assert abs(float(random["cubical_persistence_z[null=permuted axes]"])) < 4


def test_images_need_axes_with_an_order(measured: Measure) -> None:
    """Linear layers have no image; position embeddings have one for each feature."""
    assert "cubical_persistence" not in measured(normal(20, 20), nulls=(), dimension=0)
    values = measured(in_memory(normal(20, 6), "position_embedding"), nulls=(), dimension=0)
    assert values["cubical_images"] == 6


@pytest.mark.parametrize("size", [160, 20])
def test_against_itself_and_another(answered: Answered, size: int) -> None:
    """Distances from itself are 0, and small from one that differs by little: the sampled rows are the very same."""
    weight = normal(40, 20)
    same = answered(in_memory(weight, against=weight), nulls=(), size=size).values
    assert same["bottleneck_distance[dimension=1,distance=euclidean]"] == 0
    assert same["wasserstein_distance[dimension=0,distance=euclidean]"] == 0
    moved = answered(in_memory(weight, against=weight + 1e-3 * normal(40, 20, seed=1)), nulls=(), size=size).values
    for dimension in (0, 1):
        assert 0 < float(moved[f"bottleneck_distance[dimension={dimension},distance=euclidean]"]) < 0.02


def test_distances_between_diagrams_by_hand(measured: Measure) -> None:
    """Bars [0, 1] and [0, 3]: the diagonal is 1/2 and 3/2 away, which the bottleneck distance prefers; the sum is 2."""
    one, other = np.array([[0.0], [1.0]]), np.array([[0.0], [3.0]])
    values = measured(in_memory(one, against=other), min_elements=1, nulls=())
    assert values["bottleneck_distance[dimension=0,distance=euclidean]"] == 1.5
    assert float(values["wasserstein_distance[dimension=0,distance=euclidean]"]) == pytest.approx(2, rel=0.01)


@given(seed=st.integers(0, 2**32 - 1), noise=st.floats(1e-3, 1))
@settings(max_examples=15, deadline=None)
def test_bottleneck_is_at_most_the_change_of_distances(seed: int, noise: float) -> None:
    """Diagrams move by no more than the distance that changes most, and Wasserstein's distance is no less."""
    random = np.random.default_rng(seed)
    one = random.standard_normal((20, 5))
    other = one + noise * random.standard_normal((20, 5))
    options = Options(nulls=())
    values = topology.analyze(in_memory(one, against=other), options).values
    most = np.abs(squareform(pdist(one)) - squareform(pdist(other))).max()
    for dimension in (0, 1):
        largest = float(values[f"bottleneck_distance[dimension={dimension},distance=euclidean]"])
        assert largest <= most * (1 + 1e-9)
        total = float(values[f"wasserstein_distance[dimension={dimension},distance=euclidean]"])
        assert total >= largest * 0.99


@given(seed=st.integers(0, 2**32 - 1), sizes=st.tuples(st.integers(0, 9), st.integers(0, 9)))
@settings(max_examples=100, deadline=None)
@example(seed=0, sizes=(0, 0))
@example(seed=25, sizes=(6, 2))
def test_distances_are_those_of_the_best_matching(seed: int, sizes: tuple[int, int]) -> None:
    """Bottleneck to rounding and Wasserstein to 1 %, against scipy's assignment of bars and their feet on the diagonal."""
    random = np.random.default_rng(seed)
    one, other = (np.sort(random.random((size, 2)), axis=1) for size in sizes)
    costs = np.zeros((sum(sizes), sum(sizes)))
    costs[: sizes[0], : sizes[1]] = np.abs(one[:, None] - other[None]).max(axis=2)
    costs[: sizes[0], sizes[1] :] = (one[:, 1] - one[:, 0])[:, None] / 2
    costs[sizes[0] :, : sizes[1]] = (other[:, 1] - other[:, 0])[None] / 2
    places = linear_sum_assignment(costs)
    bars = [Bars(diagram[:, 0], diagram[:, 1]) for diagram in (one, other)]
    assert wasserstein(*bars) == pytest.approx(costs[places].sum(), rel=0.011)
    limits = (value for value in np.unique(costs) if (costs <= value)[linear_sum_assignment(costs > value)].all())
    assert bottleneck(*bars) == pytest.approx(next(limits, 0.0), rel=1e-12)


@pytest.mark.parametrize(
    ("other", "words"),
    [(normal(40, 21), "its shape is [40, 21]"), (np.full((40, 20), np.nan), "fewer than two of the points")],
)
def test_what_cannot_be_compared_is_said(answered: Answered, other: Doubles, words: str) -> None:
    """Another shape, or rows without a place, are named as the reason, and there are no distances."""
    result = answered(in_memory(normal(40, 20), against=other), nulls=(), dimension=0)
    figure = titled(result, "Against")
    assert isinstance(figure, Table)
    assert words in str(figure.rows[0][0])
    assert not any(key.startswith("bottleneck") for key in result.values)


def test_figures_state_the_distance(answered: Answered) -> None:
    """Every figure of distances says which, and each kind is there."""
    result = answered(circle(50), distance="cosine", null_size=20)
    assert {figure.kind for figure in result.figures} == {"table", "lines", "scatter", "barcode"}
    assert all("cosine" in figure.title for figure in result.figures)


def test_checkpoint() -> None:
    """Totals over tensors that own their bytes; others, and skipped ones, count for nothing."""
    options = Options(dimension=0, nulls=())
    weight = normal(20, 8)
    weight[3], weight[5] = 0.0, weight[4]
    tensors = [in_memory(weight, "a"), in_memory(weight, "b", owner="a"), in_memory(normal(9), "c")]
    result = summarize([Answer(one, topology.analyze(one, options)) for one in tensors], options)
    assert {key: result.values[f"{key}"] for key in ("points", "dead", "duplicates")} == {
        "points": 20,
        "dead": 1,
        "duplicates": 1,
    }
    (table,) = result.figures
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["a"]
    assert summarize([], options).figures == ()


def test_cost_is_bounded_by_options() -> None:
    """Operations do not grow with the rows beyond what is allowed for, but for reading; skipped tensors cost nothing."""
    options = Options()
    for shape in ((10**6, 768), (10**7, 64), (4096, 14336)):
        info = in_memory(np.zeros((1, 1), np.float32)).info
        large = type(info)("weight", "float32", shape, info.location)
        found = cost(large, options)
        assert found.operations < options.operations * 1.1 + 1e3 * large.n_elements + 1e12
        assert found.memory_bytes < 1.5 * 2**30
        assert found.most_seconds == options.deadline
    assert cost(in_memory(normal(100)).info, options).operations == 0


def test_status(answered: Answered) -> None:
    """A weight with points is answered."""
    assert answered(normal(10, 10), nulls=()).status is Status.DONE
