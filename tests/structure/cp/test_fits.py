"""Fits against planted models, known ranks and tensorly's own."""

import itertools
import math
import warnings

import numpy as np
import pytest
import torch

from precisionlab.structure.cp.fitting import Fit, Limits, fit
from precisionlab.structure.cp.ladder import climb, smallest
from precisionlab.structure.cp.models import random_model
from precisionlab.structure.cp.projection import projected
from precisionlab.structure.cp.trees import tree_of

LONG = Limits(sweeps=1000, tolerance=1e-7)


def generator(seed: int) -> torch.Generator:
    """Random numbers."""
    return torch.Generator().manual_seed(seed)


def planted(shape: tuple[int, ...], rank: int, noise: float = 0.0, seed: int = 0) -> torch.Tensor:
    """A tensor of so many random components, with noise of so much of its norm."""
    random = np.random.default_rng(seed)
    letters = "abcd"[: len(shape)]
    formula = ",".join(one + "r" for one in letters) + "->" + letters
    tensor = np.einsum(formula, *(random.standard_normal((n, rank)) for n in shape))
    added = random.standard_normal(shape)
    return torch.from_numpy(tensor + noise * added * np.linalg.norm(tensor) / np.linalg.norm(added))


def multiplication() -> torch.Tensor:
    """The tensor of 2 x 2 matrix products, of rank 7 (Strassen 1969, Winograd 1971)."""
    tensor = torch.zeros(4, 4, 4, dtype=torch.float64)
    for i, j, k in np.ndindex(2, 2, 2):
        tensor[2 * i + j, 2 * j + k, 2 * k + i] = 1
    return tensor


def border() -> torch.Tensor:
    """A ⊗ a ⊗ b + a ⊗ b ⊗ a + b ⊗ a ⊗ a: of rank 3 and border rank 2 (de Silva and Lim 2008)."""
    tensor = torch.zeros(2, 2, 2, dtype=torch.float64)
    tensor[0, 0, 1] = tensor[0, 1, 0] = tensor[1, 0, 0] = 1
    return tensor


def best(tensor: torch.Tensor, rank: int, n_starts: int = 5, limits: Limits = LONG) -> Fit:
    """The best of some random starts."""
    tree = tree_of(tensor)
    fits = [fit(tree, random_model(tree.shape, rank, generator(seed)), limits) for seed in range(n_starts)]
    return min(fits, key=lambda one: one.error)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("shape", "rank"), [((10, 9, 8), 4), ((12, 10, 3, 3), 5)], ids=str)
def test_planted_ranks_are_recovered(shape: tuple[int, ...], rank: int, seed: int) -> None:
    """The smallest rank of next to no error is the planted one, whatever the seed; one less has an error."""
    tree, limits = tree_of(planted(shape, rank, seed=seed)), Limits(3, 500, 1e-7)
    fits = climb(tree, [1, 2, 4, 8], limits, generator(seed))
    found = smallest(tree, fits, 1e-3, limits, generator(seed))
    assert found is not None
    assert found.rank == rank
    assert climb(tree, [rank - 1], limits, generator(seed))[0].error > 0.05


def test_planted_components_are_recovered() -> None:
    """The model's directions are the planted ones: a CP decomposition is unique (Kruskal 1977)."""
    random = np.random.default_rng(3)
    factors = [random.standard_normal((n, 3)) for n in (8, 7, 6)]
    model = best(torch.from_numpy(np.einsum("ar,br,cr->abc", *factors)), 3).model
    for own, true in zip(model.factors, factors, strict=True):
        cosines = np.abs(own.numpy().T @ (true / np.linalg.norm(true, axis=0)))
        np.testing.assert_allclose(cosines.max(0), 1.0, atol=1e-5)


def test_matrix_multiplication_has_rank_seven() -> None:
    """Seven products are enough for two 2 x 2 matrices (Strassen), six are not, in the limit either (Landsberg 2006)."""
    assert best(multiplication(), 7, 6).error < 1e-4
    assert best(multiplication(), 6, 3, Limits(sweeps=300)).error > 0.02


def test_the_decaying_ridge_finds_rank_seven_more_often() -> None:
    """More of sixteen starts reach it than without one."""
    tree = tree_of(multiplication())

    def successes(ridge: float) -> int:
        limits = Limits(sweeps=600, tolerance=1e-7, ridge=ridge)
        return sum(fit(tree, random_model(tree.shape, 7, generator(seed)), limits).error < 1e-3 for seed in range(16))

    assert successes(0.05) > successes(0.0)


def test_border_rank_shows_in_weights_and_cosines() -> None:
    """At rank 2 the error goes on falling while two components grow and cancel; at rank 3 the tensor is exact."""
    few, many = (best(border(), 2, 3, Limits(sweeps=n, tolerance=0)) for n in (30, 1000))
    assert many.error < few.error < 0.3
    norm = math.sqrt(3)
    assert float(many.model.weights.sum()) / norm > max(4.0, float(few.model.weights.sum()) / norm)
    assert many.model.least_congruence() < -0.95
    assert best(border(), 3).error < 1e-3


@pytest.mark.parametrize("shape", [(16, 14, 3, 3), (12, 11, 10)], ids=str)
def test_errors_are_tensorlys_at_convergence(shape: tuple[int, ...]) -> None:
    """Of a planted model with noise, by the best of starts of either."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorly
        from tensorly.decomposition import parafac

        tensor = planted(shape, 4, noise=0.3)
        errors = []
        for seed in range(3):
            theirs = parafac(tensor.numpy(), 4, n_iter_max=500, init="random", tol=1e-10, random_state=seed)
            errors.append(np.linalg.norm(tensorly.cp_to_tensor(theirs) - tensor.numpy()) / np.linalg.norm(tensor))
    assert best(tensor, 4, 3).error == pytest.approx(min(errors), rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_errors_never_grow_with_rank(seed: int) -> None:
    """Not of a random tensor either, and not with one sweep for each rank."""
    tree = tree_of(torch.from_numpy(np.random.default_rng(seed).standard_normal((8, 7, 6))))
    for limits in (Limits(1, 1), Limits(1, 20), Limits(2, 50)):
        errors = [one.error for one in climb(tree, range(1, 20), limits, generator(seed))]
        assert all(after <= before + 1e-12 for before, after in itertools.pairwise(errors))


def test_matrices_reach_their_singular_values() -> None:
    """Of two modes the best model of each rank is the truncated SVD (Eckart and Young 1936)."""
    matrix = np.random.default_rng(0).standard_normal((12, 9)) @ np.diag(np.logspace(0, -2, 9))
    s = np.linalg.svd(matrix, compute_uv=False)
    for one in climb(tree_of(torch.from_numpy(matrix)), [1, 3, 5], Limits(2, 2000, 1e-9), generator(0)):
        assert one.error == pytest.approx(np.linalg.norm(s[one.rank :]) / np.linalg.norm(s), rel=1e-3)


def test_float32_products_give_the_same_fit() -> None:
    """To what float32 resolves; the error that is told is exact for the model."""
    tensor = planted((20, 18, 3, 3), 4, noise=0.5)
    wide, narrow = best(tensor, 4, 2), best(tensor.float(), 4, 2)
    assert narrow.error == pytest.approx(wide.error, rel=1e-5)
    exact = planted((20, 18, 3, 3), 2).float()
    assert best(exact, 2, 3).error < 1e-4


def test_projection_splits_the_squared_error() -> None:
    """|X - model|^2 = |X|^2 - |core|^2 + |core - its model|^2; low-rank tensors lose nothing."""
    tensor = planted((40, 30, 20), 5)
    core = projected(tensor, 8, 0)
    assert core.shape == (8, 8, 8)
    assert float(core.square().sum()) == pytest.approx(float(tensor.square().sum()), rel=1e-10)
    noisy = torch.from_numpy(np.random.default_rng(0).standard_normal((40, 30, 3)))
    energy = float(projected(noisy, 10, 0).square().sum()) / float(noisy.square().sum())
    left = np.linalg.svd(noisy.reshape(40, -1).numpy(), full_matrices=False)[0][:, :10]
    half = np.einsum("abc,ax->xbc", noisy.numpy(), left)
    middle = np.linalg.svd(np.moveaxis(half, 1, 0).reshape(30, -1), full_matrices=False)[0][:, :10]
    best_energy = np.square(np.einsum("xbc,by->xyc", half, middle)).sum() / float(noisy.square().sum())
    assert energy <= 1
    assert energy == pytest.approx(best_energy, rel=0.05)
