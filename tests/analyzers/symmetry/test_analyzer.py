"""What the analyzer says of whole tensors: kernels, matrices, rules, and what it does not apply to."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.symmetry import analyze, analyzer
from analyzers.symmetry.options import Options
from precisionlab.analysis.analyzers import Answer, Answers
from precisionlab.analysis.figures import Scatter, Table
from precisionlab.analysis.results import Finding, Result, Scalar, Status
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Measured = Callable[..., Mapping[str, Scalar]]
Found = Callable[..., Mapping[str, Finding]]


def noise(*shape: int, seed: int = 0) -> Array:
    """Normal deviates in float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def invariant_kernels() -> Array:
    """Kernels of 3 x 3 taps that D4 leaves as they are, to the last bit."""
    random = noise(16, 8, 3)
    kernels = np.empty((16, 8, 3, 3), np.float32)
    kernels[..., :, :] = random[..., 0, None, None]
    kernels[..., ::2, ::2] = random[..., 1, None, None]
    kernels[..., 1, 1] = random[..., 2]
    return kernels


def test_kernels_made_symmetric_have_no_residuals(measured: Measured, found: Found) -> None:
    """All is A1, far beyond chance, and 3 of 9 numbers would do."""
    values = measured(invariant_kernels())
    residuals = [value for key, value in values.items() if key.startswith("residual[element")]
    assert residuals == [0] * 7
    assert values["energy_share[part=A1]"] == pytest.approx(1)
    assert float(values["energy_share_z[part=A1,null=gaussian]"]) > 15
    assert values["storable_share"] == pytest.approx(3 / 9)
    finding = found(invariant_kernels())["PL332"]
    assert "all of D4" in finding.message
    assert finding.evidence["numbers"] == 16 * 8 * 3


def test_random_kernels_are_as_expected(measured: Measured, found: Found) -> None:
    """Residuals and shares of white noise are met, and z-scores are small."""
    values = measured(noise(64, 64, 3, 3))
    for key, value in values.items():
        if key.startswith(("residual[element", "energy_share[")):
            name, _, label = key.partition("[")
            expected = values[f"expected_{name.removeprefix('energy_')}[{label}"]
            assert value == pytest.approx(expected, abs=0.03)
        if "_z[" in key:
            assert abs(float(value)) < 5
    assert values["storable_share"] == 1
    assert not found(noise(64, 64, 3, 3))


def test_a_reflection_alone_is_found(measured: Measured, found: Found) -> None:
    """Left-right symmetric kernels of 3 x 5 taps: 9 of 15 numbers; other elements leave residuals."""
    kernels = noise(8, 8, 3, 5)
    kernels[..., 3:] = kernels[..., 1::-1]
    values = measured(kernels)
    assert values["residual[element=left-right]"] == 0
    assert float(values["residual[element=up-down]"]) > 0.5
    assert values["storable_share"] == pytest.approx(9 / 15)
    assert "left-right" in found(kernels)["PL332"].message


def test_gradients_lie_in_E(measured: Measured) -> None:  # noqa: N802 - the part's name
    """Sobel's filters in both directions."""
    sobel = np.outer([1, 2, 1], [-1, 0, 1]).astype(np.float32)
    kernels = np.stack([sobel, sobel.T] * 8).reshape(16, 1, 3, 3)
    values = measured(kernels)
    assert values["energy_share[part=E]"] == pytest.approx(1)
    assert values["residual[element=rotation by 180]"] == pytest.approx(2)


@pytest.mark.parametrize("shape", [(16, 8, 5), (16, 8, 5, 1)], ids=str)
def test_kernels_of_one_axis_are_flipped(shape: tuple[int, ...], measured: Measured) -> None:
    """Even and odd parts, and nothing else."""
    kernels = noise(*shape)
    values = measured(kernels)
    flipped = np.flip(kernels, 2).astype(np.float64)
    expected = np.linalg.norm(flipped - kernels) / np.linalg.norm(kernels.astype(np.float64))
    assert values["residual[element=flip]"] == pytest.approx(expected)
    shares = float(values["energy_share[part=even]"]) + float(values["energy_share[part=odd]"])
    assert shares == pytest.approx(1)


def test_kernels_of_three_axes_are_moved_along_the_last_two(measured: Measured) -> None:
    """Depth numbers kernels."""
    assert measured(noise(4, 4, 2, 3, 3))["kernels"] == 32


@pytest.mark.parametrize(
    ("matrix", "kind", "numbers"),
    [
        (noise(12, 12) + noise(12, 12).T, "symmetric", 78),
        (np.stack([np.roll(noise(12), i) for i in range(12)]), "circulant", 12),
        (0.5 * np.eye(12, dtype=np.float32), "scaled-identity", 1),
        (np.full((12, 16), 0.1, np.float32), "constant", 1),
        (np.full((4, 4, 3, 3), 0.1, np.float32), "constant", 1),
        (np.diag(noise(12)), "diagonal", 12),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_exact_symmetries_are_told_with_what_they_save(matrix: Array, kind: str, numbers: int, found: Found) -> None:
    """The most saving one."""
    finding = found(matrix)["PL332"]
    assert (finding.evidence["symmetry"], finding.evidence["numbers"]) == (kind, numbers)


def test_one_changed_number_ends_an_exact_symmetry(measured: Measured, found: Found) -> None:
    """It is near then, with a large z, and no finding."""
    matrix = noise(32, 32) + noise(32, 32).T
    matrix[0, 1] += 1e-3
    values = measured(matrix)
    assert 0 < float(values["residual[family=symmetric]"]) < 1e-3
    assert float(values["closeness_z[family=symmetric,null=white]"]) > 15
    assert float(values["block_closeness_z[family=symmetric,null=shuffled]"]) > 10
    assert not found(matrix)


def test_sign_flipped_rows_are_told(found: Found) -> None:
    """With the first pair; copies alone are none."""
    weight = noise(32, 16)
    weight[9] = -weight[4]
    finding = found(weight)["PL331"]
    assert "1 of 32 rows is the exact negative" in finding.message
    assert (finding.evidence["row"], finding.evidence["of"]) == (9, 4)
    weight[9] = weight[4]
    assert not found(weight)


def test_short_rows_may_be_negatives_by_chance(found: Found) -> None:
    """Of seven elements nothing is said."""
    weight = noise(32, 7)
    weight[9] = -weight[4]
    assert not found(weight)


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.ones(100, np.float32), "fewer than two axes"),
        (np.float32(1).reshape(()), "fewer than two axes"),
        (np.ones((0, 4), np.float32), "no elements"),
        (np.ones((2, 2), np.float32), "symmetry.min_elements"),
        (np.zeros((16, 16), np.float32), "are 0"),
        (np.full((16, 16), np.nan, np.float32), "NaN"),
    ],
    ids=["one axis", "no axes", "empty", "tiny", "zeros", "nan"],
)
def test_what_it_does_not_apply_to_is_said(array: Array, word: str) -> None:
    """Skipped, with the reason in plain words."""
    result = analyze(in_memory(array), Options())
    assert result.status is Status.SKIPPED
    assert word in result.reason


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (2, 64), (64, 2), (100, 1, 1), (1, 1, 8, 8)], ids=str)
def test_degenerate_shapes_are_answered(shape: tuple[int, ...], answered: Callable[..., Result]) -> None:
    """Single rows and columns have no matrix to look at, and no rows to compare."""
    result = answered(noise(*shape))
    assert result.status is Status.DONE
    assert result.value("storable_share") == 1


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200], ids=str)
def test_scale_does_not_matter(scale: float, measured: Measured) -> None:
    """Squares of such numbers would overflow or vanish."""
    matrix = noise(16, 16).astype(np.float64)
    own, scaled = measured(matrix), measured(matrix * scale)
    for key in ("closeness[family=symmetric]", "residual[family=orthogonal]", "block_closeness[family=toeplitz]"):
        assert scaled[key] == pytest.approx(own[key], rel=1e-9)


def test_a_block_of_a_large_matrix_is_compared(answered: Callable[..., Result]) -> None:
    """Of the same ratio of sides; the titles say so, and figures of the whole need no drawing."""
    result = answered(noise(128, 32), max_drawn=1024)
    assert (result.value("block_rows"), result.value("block_columns")) == (64, 16)
    assert "a block of 64 x 16" in result.figures[1].title


def test_a_matrix_beyond_memory_is_read_in_bands(measured: Measured) -> None:
    """All but the comparison with its transpose, which needs columns."""
    matrix = noise(40, 40)
    small = in_memory(matrix)
    small.memory_bytes = 100
    own, streamed = measured(matrix), measured(small)
    assert set(own) - set(streamed) == {key for key in own if "symmetric" in key and not key.startswith("block")}
    assert {key: own[key] for key in streamed} == streamed


def test_rotated_matrices_keep_singular_values(measured: Measured) -> None:
    """Beside them orthogonality is what it is: z is 0."""
    values = measured(noise(24, 24), nulls=("rotated",))
    assert values["block_closeness_z[family=orthogonal,null=rotated]"] == 0


def test_the_same_input_gives_the_same_numbers(answered: Callable[..., Result]) -> None:
    """Seeded throughout; another seed draws others."""
    matrix = noise(24, 24)
    assert answered(matrix) == answered(matrix)
    assert answered(matrix, seed=1) != answered(matrix)
    assert not any("_mean[" in key for key in answered(matrix, nulls=()).values)


def test_figures(answered: Callable[..., Result]) -> None:
    """Of kernels two tables, a chart of parts and orthogonality; of matrices two tables; then rows and savings."""
    residuals, parts, chart, orthogonality, savings = answered(invariant_kernels()).figures
    assert isinstance(residuals, Table)
    assert isinstance(parts, Table)
    assert isinstance(orthogonality, Table)
    assert isinstance(savings, Table)
    assert isinstance(chart, Scatter)
    assert [row[0] for row in parts.rows] == ["A1", "A2", "B1", "B2", "E"]
    assert chart.groups[0].names == ("A1", "B1", "B2", "E")
    assert chart.groups[0].xs == pytest.approx((3 / 9, 1 / 9, 1 / 9, 4 / 9))
    assert chart.groups[0].ys == pytest.approx((1, 0, 0, 0))
    weight = noise(16, 16)
    weight[3] = 2 * weight[1]
    closeness, block, rows, saved = answered(weight).figures
    assert "16 x 16" in closeness.title
    assert "all of it" in block.title
    assert isinstance(rows, Table)
    assert rows.rows == ((3, "a multiple of", 1, 2.0),)
    assert isinstance(saved, Table)


def test_the_checkpoint_adds_up_what_needs_storing() -> None:
    """Over tensors that own their bytes and were looked at."""
    symmetric = noise(16, 16) + noise(16, 16).T
    tensors = [
        in_memory(symmetric, "a"),
        in_memory(noise(16, 48), "b"),
        in_memory(symmetric, "c", owner="a"),
        in_memory(noise(9), "d"),
        in_memory(noise(8, 8, 3, 3), "e"),
    ]
    answers = [Answer(tensor, analyze(tensor, Options())) for tensor in tensors]
    assert analyzer.summarize is not None
    result = analyzer.summarize(Answers(answers), Options())
    assert (result.value("compared_tensors"), result.value("symmetric_tensors")) == (3, 1)
    assert result.value("storable_share") == pytest.approx((136 + 768 + 576) / (256 + 768 + 576))
    (table,) = result.figures
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows][::2] == [("a", "symmetric"), ("e", "invariant kernels (A1)")]
    assert analyzer.summarize(Answers([]), Options()).figures == ()


def test_the_cost_grows_with_what_is_read() -> None:
    """Nothing for what is skipped; more for larger matrices, and less without singular values."""
    assert analyzer.cost is not None
    line, small, large = (in_memory(np.zeros(shape, np.float32)).info for shape in ((99,), (64, 64), (256, 256)))
    assert analyzer.cost(line, Options()).operations == 0
    assert 0 < analyzer.cost(small, Options()).operations < analyzer.cost(large, Options()).operations
    assert analyzer.cost(large, Options(max_short_side=0)).operations < analyzer.cost(large, Options()).operations
