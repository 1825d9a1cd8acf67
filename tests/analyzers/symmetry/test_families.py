"""Projections onto families against least squares, exact membership against definitions, orthogonality against scipy."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import scipy.linalg
import torch
from numpy.typing import NDArray

from analyzers.symmetry import passes
from analyzers.symmetry.families import Family, Shape
from analyzers.symmetry.orthogonality import white_residual
from analyzers.symmetry.passes import Read, read
from precisionlab.analysis.results import Scalar
from precisionlab.structure.matrices import matrix_at_hand

Doubles = NDArray[np.float64]
Measured = Callable[..., Mapping[str, Scalar]]


def noise(*shape: int, seed: int = 0) -> Doubles:
    """Normal deviates."""
    return np.random.default_rng(seed).standard_normal(shape)


def read_all(matrix: Doubles, n_blocks: int = 2) -> Read:
    """All sums and equalities of a matrix."""
    whole = matrix_at_hand(torch.from_numpy(matrix))
    return read(Shape(matrix.shape[0], matrix.shape[1], n_blocks), whole.rows, whole.columns)


def units(shape: tuple[int, int], labels: NDArray[np.int64]) -> list[Doubles]:
    """A matrix of ones in the places of each label from 0 on; places of label -1 are in none."""
    return [np.where(labels == label, 1.0, 0.0).reshape(shape) for label in range(labels.max() + 1)]


def basis(family: Family, m: int, n: int) -> list[Doubles]:
    """Matrices that span a family, written down from its definition."""
    i, j = np.indices((m, n))
    blocks = (i // (m // 2)) == (j // (n // 2))
    made = {
        Family.TOEPLITZ: units((m, n), j - i + m - 1),
        Family.BLOCKS: units((m, n), np.where(blocks, np.cumsum(blocks.ravel()).reshape(m, n) - 1, -1)),
        Family.CONSTANT: [np.ones((m, n))],
    }
    if m == n:
        entries = units((n, n), np.arange(n * n).reshape(n, n))
        made |= {
            Family.CIRCULANT: units((m, n), (j - i) % n),
            Family.EQUIVARIANT: [np.eye(n), np.ones((n, n))],
            Family.SYMMETRIC: [one + one.T for one in entries],
            Family.SKEW: [one - one.T for one in entries],
            Family.IDENTITY: [np.eye(n)],
            Family.DIAGONAL: units((n, n), np.where(i == j, i, -1)),
        }
    return made[family]


@pytest.mark.parametrize("shape", [(6, 6), (4, 6), (8, 2), (2, 2), (6, 4)], ids=str)
@pytest.mark.parametrize("band", [1, 7, 1 << 20])
def test_projections_are_least_squares(shape: tuple[int, int], band: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares and dimensions of every family, whatever the bands in which the matrix is read."""
    monkeypatch.setattr(passes, "BAND", band)
    matrix = noise(*shape) + 0.5
    shape_ = Shape(*shape, 2)
    shares = read_all(matrix).sums.shares()
    assert set(shares) == set(shape_.families)
    for family, share in shares.items():
        spanning = np.stack([one.ravel() for one in basis(family, *shape)], axis=1)
        coefficients, _, rank, _ = np.linalg.lstsq(spanning, matrix.ravel(), rcond=None)
        projected = spanning @ coefficients
        assert share == pytest.approx(np.square(projected).sum() / np.square(matrix).sum(), rel=1e-12), family
        assert shape_.dimension(family) == rank, family


def test_toeplitz_of_scipy_is_found_and_its_residual_is_0() -> None:
    """Exact, and no other family of it is."""
    matrix = scipy.linalg.toeplitz(noise(7), noise(5, seed=1))
    assert read_all(matrix).exact == (Family.TOEPLITZ,)


def test_circulant_of_scipy_is_found() -> None:
    """It is Toeplitz, too."""
    assert read_all(scipy.linalg.circulant(noise(9))).exact == (Family.TOEPLITZ, Family.CIRCULANT)


@pytest.mark.parametrize("band", [1, 1 << 20])
def test_exact_families_by_construction(band: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each, and what it implies; one changed number ends it."""
    monkeypatch.setattr(passes, "BAND", band)
    square = noise(6, 6)
    made = {
        Family.SYMMETRIC: square + square.T,
        Family.SKEW: square - square.T,
        Family.DIAGONAL: np.diag(noise(6)),
        Family.IDENTITY: 0.5 * np.eye(6),
        Family.EQUIVARIANT: 2 * np.eye(6) - 0.25,
        Family.CONSTANT: np.full((6, 6), 0.1),
        Family.BLOCKS: np.kron(np.eye(2), noise(3, 3)),
    }
    for family, matrix in made.items():
        found = read_all(matrix)
        assert family in found.exact
        for one in found.exact:
            assert found.sums.shares()[one] == pytest.approx(1)
        changed = matrix.copy()
        changed[0, -1] += 1e-9
        assert family not in read_all(changed).exact
    assert read_all(square).exact == ()


def test_white_noise_has_the_share_of_dimensions_and_its_deviation() -> None:
    """Mean and standard deviation over 400 draws, of every family."""
    shape = Shape(6, 6, 2)
    drawn = [read_all(noise(6, 6, seed=seed)).sums.shares() for seed in range(400)]
    for family in shape.families:
        shares = [one[family] for one in drawn]
        assert np.mean(shares) == pytest.approx(shape.white_share(family), abs=4 * shape.white_deviation(family) / 20)
        assert np.std(shares) == pytest.approx(shape.white_deviation(family), rel=0.2)


@pytest.mark.parametrize("shape", [(24, 24), (40, 8), (8, 40)], ids=str)
def test_the_nearest_orthogonal_map_is_that_of_the_polar_decomposition(
    shape: tuple[int, int], measured: Measured
) -> None:
    """The polar factor Q of scipy, the best c, and |W - cQ| / |W|; and |W^T W - I| / sqrt(n) written down."""
    matrix = noise(*shape)
    values = measured(matrix)
    factor, _ = scipy.linalg.polar(matrix)
    scale = float((matrix * factor).sum() / np.square(factor).sum())
    assert values["orthogonal_scale"] == pytest.approx(scale)
    expected = np.linalg.norm(matrix - scale * factor) / np.linalg.norm(matrix)
    assert values["residual[family=orthogonal]"] == pytest.approx(expected)
    gram = matrix.T @ matrix if shape[0] >= shape[1] else matrix @ matrix.T
    defect = np.linalg.norm(gram - np.eye(min(shape))) / np.sqrt(min(shape))
    assert values["orthogonality_defect"] == pytest.approx(defect)


def test_orthogonal_matrices_are_orthogonal(measured: Measured) -> None:
    """The Q of a Gaussian matrix has neither defect nor residual; three times it has a defect of 8."""
    orthogonal = np.linalg.qr(noise(32, 12))[0]
    values = measured(orthogonal)
    assert float(values["orthogonality_defect"]) < 1e-12
    assert float(values["residual[family=orthogonal]"]) < 1e-12
    values = measured(3 * orthogonal)
    assert values["orthogonality_defect"] == pytest.approx(8)
    assert values["orthogonal_scale"] == pytest.approx(3)
    assert float(values["residual[family=orthogonal]"]) < 1e-12


@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.1])
def test_white_noise_is_as_far_from_orthogonal_as_marchenko_and_pastur_say(ratio: float) -> None:
    """Against a Gaussian matrix of 800 columns; sqrt(1 - (8 / (3 pi))^2) of square ones."""
    values = scipy.linalg.svdvals(noise(800, round(800 * ratio)))
    seen = np.sqrt(1 - values.mean() ** 2 / np.square(values).mean())
    assert white_residual(ratio) == pytest.approx(seen, rel=0.01)
    assert white_residual(1.0) == pytest.approx(np.sqrt(1 - (8 / (3 * np.pi)) ** 2), rel=1e-5)
