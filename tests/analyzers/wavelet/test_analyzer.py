"""What the analyzer says of whole tensors: structure beside permuted copies, and what it does not apply to."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.wavelet import analyze, analyzer
from analyzers.wavelet.options import Options
from precisionlab.analysis.analyzers import Answer, Answers
from precisionlab.analysis.figures import Lines, Table
from precisionlab.analysis.options import build_options
from precisionlab.analysis.results import Result, Scalar, Status
from precisionlab.errors import UsageError
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Measured = Callable[..., Mapping[str, Scalar]]
SEMINORM_Z = "seminorm_z[axis=2,null=permuted]"


def smooth_kernels(n_kernels: int = 64) -> Array:
    """Kernels of 5 x 5 taps: random sums of wide bells, and a little noise."""
    random = np.random.default_rng(2)
    places = np.linspace(-1, 1, 5)
    bells = np.exp(-((places[:, None, None, None] - places[None, :, None, None]) ** 2))[..., 0]
    bells = np.einsum("ai,bj->abij", bells[:, :, 0], bells[:, :, 0]).reshape(25, 25)
    kernels = random.standard_normal((n_kernels * 4, 25)) @ bells + 0.01 * random.standard_normal((n_kernels * 4, 25))
    made: Array = kernels.reshape(n_kernels, 4, 5, 5).astype(np.float32)
    return made


def test_smooth_kernels_stand_out_and_their_permuted_copies_do_not(measured: Measured) -> None:
    """|z| is in the tens for planted structure, and small once taps change places."""
    kernels = smooth_kernels()
    permuted = np.random.default_rng(3).permuted(kernels.reshape(-1, 25), axis=1).reshape(kernels.shape)
    planted, chance = measured(kernels), measured(permuted)
    for key in (SEMINORM_Z, "seminorm_z[axis=3,null=permuted]", "energy_share_z[level=1,null=permuted]"):
        assert float(planted[key]) < -15
        assert abs(float(chance[key])) < 4
    assert float(planted["gini_z[null=permuted]"]) > 15
    assert float(planted["threshold_error_z[kept=0.1,null=permuted]"]) < -15


def test_positions_are_permuted_for_all_features_alike(measured: Measured) -> None:
    """Sinusoids over 64 positions are smooth; the same rows in random order are not."""
    features = np.exp(-np.arange(16) / 4)
    embedding = np.sin(np.arange(64)[:, None] * features[None, :]).astype(np.float32)
    order = np.random.default_rng(4).permutation(64)
    planted = measured(in_memory(embedding, "position_embedding.weight"))
    chance = measured(in_memory(embedding[order], "position_embedding.weight"))
    assert float(planted["seminorm_z[axis=0,null=permuted]"]) < -8
    assert abs(float(chance["seminorm_z[axis=0,null=permuted]"])) < 4
    assert (planted["places"], planted["kernels"]) == (64, 16)


def test_white_noise_is_as_expected(measured: Measured) -> None:
    """Shares are those of the counts of coefficients, and no z-score is large."""
    values = measured(np.random.default_rng(5).standard_normal((64, 64, 4, 4)).astype(np.float32))
    assert values["energy_share[level=1]"] == pytest.approx(3 / 4, abs=0.01)
    assert values["expected_share[level=1]"] == 3 / 4
    assert values["expected_share[level=2]"] == 3 / 16
    assert abs(float(values[SEMINORM_Z])) < 4


@pytest.mark.parametrize(
    ("shape", "name", "word"),
    [
        ((8, 16), "fc.weight", "outputs and inputs of a layer have no order"),
        ((8, 16), "embed_tokens.weight", "tokens and features have no order"),
        ((16,), "norm.weight", "features have no order"),
        ((4, 8, 16), "experts.weight", "layers, outputs and inputs have no order"),
        ((8, 8, 1, 1), "conv.weight", "its taps or positions are one"),
        ((), "scale", "no axes"),
        ((0, 4, 3, 3), "conv.weight", "no elements"),
        ((1, 1, 3), "conv.weight", "fewer than 16"),
    ],
    ids=str,
)
def test_what_it_does_not_apply_to_is_said(shape: tuple[int, ...], name: str, word: str) -> None:
    """Skipped, with the reason in plain words."""
    result = analyze(in_memory(np.ones(shape, np.float32), name), Options())
    assert result.status is Status.SKIPPED
    assert word in result.reason


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinities"), (0, "are 0")], ids=str)
def test_numbers_that_cannot_be_transformed_are_said(value: float, word: str) -> None:
    """NaN, infinities, and nothing but zeros."""
    kernels = np.zeros((4, 4, 3, 3), np.float32)
    kernels[1, 1] = value
    result = analyze(in_memory(kernels), Options())
    assert result.status is Status.SKIPPED
    assert word in result.reason


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300], ids=str)
def test_scale_does_not_matter(scale: float, measured: Measured) -> None:
    """Squares of such numbers would overflow or vanish."""
    kernels = smooth_kernels(8).astype(np.float64)
    assert measured(kernels * scale)["gini"] == pytest.approx(measured(kernels)["gini"], rel=1e-9)


def test_a_constant_kernel_is_all_mean(measured: Measured) -> None:
    """No details, no differences, and copies that agree: z is 0."""
    values = measured(np.full((4, 4, 3, 3), 0.1, np.float32))
    assert values["energy_share[level=rest]"] == pytest.approx(1)
    assert values[SEMINORM_Z] == values["seminorm[axis=2]"] == 0


def test_axes_that_the_user_declares(measured: Measured) -> None:
    """Time along the inputs of a layer, counted from the front or from the end."""
    weight = np.cumsum(np.random.default_rng(6).standard_normal((32, 64)), axis=1).astype(np.float32)
    for axis in ("1", "-1"):
        values = measured(in_memory(weight, "readout.weight"), ordered=(f"*readout*:{axis}",))
        assert float(values["seminorm[axis=1]"]) < 0.1
        assert (values["places"], values["kernels"]) == (64, 32)
    assert analyze(in_memory(weight, "fc.weight"), Options(ordered=("*readout*:1",))).status is Status.SKIPPED


def test_every_axis_may_be_declared(measured: Measured) -> None:
    """Then there is one kernel."""
    values = measured(in_memory(np.arange(64, dtype=np.float32).reshape(8, 8), "map"), ordered=("map:0", "map:1"))
    assert (values["places"], values["kernels"]) == (64, 1)


def test_a_sample_of_kernels_is_said(answered: Callable[..., Result]) -> None:
    """In the measurements and in the title; figures are those of the kernels that were drawn."""
    result = answered(smooth_kernels(), max_elements=500)
    assert result.value("sampled_kernels") == 20
    assert result.value("kernels") == 256
    table = result.figures[0]
    assert "drawn at random from 256" in table.title


def test_a_tensor_beyond_memory_is_read_kernel_by_kernel(measured: Measured) -> None:
    """The same kernels, and the same figures."""
    kernels = smooth_kernels()
    small = in_memory(kernels)
    small.memory_bytes = 1000
    assert measured(small, max_elements=500) == measured(kernels, max_elements=500)


def test_the_same_input_gives_the_same_numbers(answered: Callable[..., Result]) -> None:
    """Seeded throughout; another seed gives other copies."""
    kernels = smooth_kernels(4)
    assert answered(kernels) == answered(kernels)
    assert answered(kernels, seed=1) != answered(kernels)


def test_figures(answered: Callable[..., Result]) -> None:
    """The table beside copies, two charts, and the mean of the kernels with its numbers."""
    kernels = smooth_kernels(4)
    table, energy, error, mean = answered(kernels, nulls=("permuted", "gaussian", "shuffled")).figures
    assert isinstance(table, Table)
    assert isinstance(energy, Lines)
    assert isinstance(error, Lines)
    assert isinstance(mean, Table)
    assert [series.label for series in energy.series][:2] == ["weight", "white noise"]
    assert len(error.series) == 5
    np.testing.assert_allclose(
        np.array(mean.rows, float)[:, 1:], kernels.reshape(-1, 5, 5).mean(axis=0, dtype=np.float64)
    )
    assert len(table.columns) == 3 + 3 * 3


def test_without_copies_there_are_no_scores(answered: Callable[..., Result]) -> None:
    """`nulls` may be empty."""
    result = answered(smooth_kernels(4), nulls=())
    assert not any("null=" in key for key in result.values)
    assert len(result.figures) == 4


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"wavelet": "db99"}, "did you mean db9"),
        ({"wavelet": "bior2.2"}, "not orthogonal"),
        ({"wavelet": "dmey"}, "not orthogonal"),
        ({"ordered": "conv.weight"}, "behind a colon"),
        ({"ordered": "conv.weight:two"}, "behind a colon"),
        ({"draws": 3}, "from 10"),
        ({"nulls": "rotated"}, "permuted"),
    ],
    ids=str,
)
def test_options_that_make_no_sense(given: dict[str, object], word: str) -> None:
    """Are refused, with what to take instead."""
    with pytest.raises(UsageError, match=word):
        build_options("wavelet", Options, given)


def test_the_checkpoint_counts_smooth_tensors() -> None:
    """Each tensor once; shared ones and skipped ones not."""
    kernels = smooth_kernels(16)
    noise = np.random.default_rng(7).standard_normal(kernels.shape).astype(np.float32)
    tensors = [
        in_memory(kernels, "a"),
        in_memory(noise, "b"),
        in_memory(kernels, "c", owner="a"),
        in_memory(kernels[0, 0], "d"),
    ]
    answers = [Answer(tensor, analyze(tensor, Options())) for tensor in tensors]
    assert analyzer.summarize is not None
    result = analyzer.summarize(Answers(answers), Options())
    assert (result.value("ordered_tensors"), result.value("smooth_tensors")) == (2, 1)
    (table,) = result.figures
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["a", "b"]
    assert analyzer.summarize(Answers([]), Options()).figures == ()


def test_the_cost_is_bounded() -> None:
    """Nothing for what is skipped; the same for all tensors beyond the sample."""
    assert analyzer.cost is not None
    linear = in_memory(np.zeros((8, 8), np.float32)).info
    assert analyzer.cost(linear, Options()).operations == 0
    few, more = (in_memory(np.zeros((n, 16, 3, 3), np.float32)).info for n in (64, 128))
    options = Options(max_elements=900)
    assert analyzer.cost(few, options) == analyzer.cost(more, options)
    assert analyzer.cost(few, options).operations > 0
