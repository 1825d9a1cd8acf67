"""Decompositions of tensors: planted ranks are exact, losses are what they say, tensorly agrees."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.structure.lowrank.hierarchical import hierarchical_tucker
from precisionlab.structure.lowrank.trains import tensor_train
from precisionlab.structure.lowrank.tucker import relative_error, tucker
from precisionlab.structure.lowrank.unfolding import eigenbasis, expanded, gram_along, projected, truncated

Way = Callable[..., Any]
WAYS = (tucker, tensor_train, hierarchical_tucker)
SHAPES = ((7, 8, 9), (5, 4, 3, 6), (3, 4, 2, 5, 3), (2, 3, 2, 3, 2, 3), (40, 3, 2), (2, 3, 40))


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    """Independent normal deviates."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def n_stored(decomposition: Any) -> int:  # noqa: ANN401 - any of the three
    """Elements of the arrays that a decomposition holds, counted by walking over them; identities are not stored."""
    if hasattr(decomposition, "core"):
        return int(decomposition.core.numel() + sum(one.numel() for one in decomposition.factors))
    if hasattr(decomposition, "cores"):
        return int(sum(one.numel() for one in decomposition.cores))
    bases = [
        basis
        for level in decomposition.levels
        for ranks, basis in zip(level.merged, level.bases, strict=True)
        if not (len(ranks) == 1 and torch.equal(basis, torch.eye(len(basis), dtype=basis.dtype)))
    ]
    return int(decomposition.root.numel() + sum(one.numel() for one in bases))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("error", [0.02, 0.3, 0.7])
def test_what_is_lost_is_what_is_said_and_allowed(way: Way, shape: tuple[int, ...], error: float) -> None:
    """The norm of the difference, to rounding; at most the budget; and numbers as many as the arrays hold."""
    tensor = normal(*shape)
    energy = float(tensor.square().sum())
    made = way(tensor, error**2 * energy)
    lost = float((made.tensor() - tensor).square().sum())
    assert lost == pytest.approx(made.lost, rel=1e-8, abs=1e-10 * energy)
    assert made.lost <= error**2 * energy * (1 + 1e-12)
    assert made.n_numbers == n_stored(made)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_planted_multilinear_ranks_are_found(way: Way) -> None:
    """A core of 2x3x2x2 in 8x9x7x6 is found to rounding, without a budget, in no more numbers than it has."""
    core = normal(2, 3, 2, 2)
    tensor = core
    for axis, size in enumerate((8, 9, 7, 6)):
        tensor = expanded(tensor, axis, torch.linalg.qr(normal(size, core.shape[axis], seed=axis)).Q)
    made = way(tensor.contiguous(), 0.0)
    torch.testing.assert_close(made.tensor(), tensor, rtol=0, atol=1e-10)
    if way is tucker:
        assert made.core.shape == core.shape


def test_a_planted_train_is_found() -> None:
    """Ranks 2 and 3 between axes of 10, 11 and 12."""
    tensor = torch.einsum("ia,ajb,bk->ijk", normal(10, 2), normal(2, 11, 3, seed=1), normal(3, 12, seed=2))
    train = tensor_train(tensor.contiguous(), 0.0)
    assert [core.shape for core in train.cores] == [(1, 10, 2), (2, 11, 3), (3, 12, 1)]
    torch.testing.assert_close(train.tensor(), tensor, rtol=0, atol=1e-9)


@pytest.mark.parametrize("ranks", [(3, 3, 3), (2, 5, 4)])
def test_tucker_is_within_the_bound_of_the_best(ranks: tuple[int, ...]) -> None:
    """At most sqrt(3) of the error that tensorly's iteration reaches at the same ranks, and not below its optimum by much."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorly
        from tensorly.decomposition import tucker as higher_order_iteration
    tensor = normal(7, 8, 6, seed=3)
    core, factors = higher_order_iteration(tensor.numpy(), list(ranks), n_iter_max=200, tol=1e-12)
    best = np.linalg.norm(tensorly.tucker_to_tensor((core, factors)) - tensor.numpy())
    bases = [truncated_to(tensor, axis, rank) for axis, rank in enumerate(ranks)]
    approximation = tensor
    for axis, basis in enumerate(bases):
        approximation = projected(approximation, axis, basis @ basis.T)
    own = float((approximation - tensor).norm())
    made = tucker(tensor, own**2)
    assert best <= own <= math.sqrt(3) * best
    assert math.sqrt(made.lost) <= own * (1 + 1e-12)


def truncated_to(tensor: torch.Tensor, axis: int, rank: int) -> torch.Tensor:
    """The leading directions of an axis by numpy's decomposition of the unfolding."""
    unfolded = np.moveaxis(tensor.numpy(), axis, 0).reshape(tensor.shape[axis], -1)
    return torch.from_numpy(np.linalg.svd(unfolded, full_matrices=False)[0][:, :rank].copy())


@pytest.mark.parametrize("error", [0.1, 0.4, 0.8])
def test_trains_agree_with_tensorly(error: float) -> None:
    """At the ranks that we choose, tensorly's TT-SVD loses the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorly
        from tensorly.decomposition import tensor_train as train_of
    tensor = normal(6, 7, 5, 4, seed=4)
    made = tensor_train(tensor, error**2 * float(tensor.square().sum()))
    ranks = [1, *(core.shape[2] for core in made.cores)]
    theirs = tensorly.tt_to_tensor(train_of(tensor.numpy(), ranks))
    assert np.linalg.norm(theirs - tensor.numpy()) == pytest.approx(math.sqrt(made.lost), rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(shape=st.lists(st.integers(1, 5), min_size=3, max_size=5), axis=st.integers(0, 4), seed=st.integers(0, 999))
def test_bases_are_those_of_the_unfolding(shape: list[int], axis: int, seed: int) -> None:
    """Squared singular values by numpy, orthonormal directions, projections that keep their energy."""
    axis %= len(shape)
    tensor = normal(*shape, seed=seed)
    unfolded = np.moveaxis(tensor.numpy(), axis, 0).reshape(shape[axis], -1)
    basis = eigenbasis(tensor, axis)
    np.testing.assert_allclose(gram_along(tensor, axis).numpy(), unfolded @ unfolded.T, atol=1e-11)
    expected = np.linalg.svd(unfolded, compute_uv=False) ** 2
    np.testing.assert_allclose(basis.energies.numpy()[: len(expected)], expected, atol=1e-10)
    directions = basis.directions.numpy()
    np.testing.assert_allclose(directions.T @ directions, np.eye(directions.shape[1]), atol=1e-9)
    whole = projected(tensor, axis, basis.directions)
    assert float(whole.square().sum()) == pytest.approx(float(tensor.square().sum()))
    torch.testing.assert_close(expanded(whole, axis, basis.directions), tensor, rtol=0, atol=1e-9)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_binary32_does(way: Way) -> None:
    """Numbers of binary32 lose what those of binary64 lose, to six digits."""
    tensor = normal(12, 10, 8)
    energy = float(tensor.square().sum())
    one, other = way(tensor, 0.25 * energy), way(tensor.float(), 0.25 * energy)
    assert other.n_numbers == one.n_numbers
    assert other.lost == pytest.approx(one.lost, rel=1e-5)


def test_the_directions_kept_are_the_fewest() -> None:
    """One less would lose more than is allowed; one is always kept."""
    basis = eigenbasis(normal(6, 50), 0)
    energies = basis.energies.numpy()
    for n in range(1, 6):
        budget = float(energies[n:].sum()) * (1 + 1e-9)
        kept = truncated(basis, budget)
        assert kept.directions.shape == (6, n)
        assert kept.lost == pytest.approx(energies[n:].sum())
    assert truncated(basis, 1e9).directions.shape == (6, 1)


def test_errors_are_relative() -> None:
    """Of the zero tensor there is none."""
    assert relative_error(4.0, 16.0) == 0.5
    assert relative_error(-1e-20, 1.0) == 0.0
    assert relative_error(0.0, 0.0) == 0.0
