"""Columns of the matrix itself."""

import numpy as np
import pytest
import torch
from scipy.linalg import interpolative

from precisionlab.structure.lowrank.columns import SPARE, chosen_columns, column_factors


def normal(m: int, n: int, seed: int = 0) -> torch.Tensor:
    """Independent normal deviates."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((m, n)))


def decaying(m: int, n: int) -> torch.Tensor:
    """A matrix whose singular values fall by a tenth."""
    k = min(m, n)
    left, right = np.linalg.qr(normal(m, k).numpy())[0], np.linalg.qr(normal(n, k, 1).numpy())[0]
    return torch.from_numpy(left * 0.9 ** np.arange(k) @ right.T)


@pytest.mark.parametrize("shape", [(60, 80), (200, 50), (30, 30)], ids=str)
@pytest.mark.parametrize("count", [1, 7, 20])
def test_what_is_lost_is_the_distance_from_their_span(shape: tuple[int, int], count: int) -> None:
    """For every number of first columns, as numpy's least squares finds it, which is what C R with R = pinv(C) A loses."""
    matrix = normal(*shape)
    chosen = chosen_columns(matrix, count, seed=0)
    assert len(set(chosen.indices.tolist())) == count
    for r in range(count + 1):
        columns = matrix.numpy()[:, chosen.indices[:r]]
        rest = (
            matrix.numpy() - columns @ np.linalg.lstsq(columns, matrix.numpy(), rcond=None)[0] if r else matrix.numpy()
        )
        assert chosen.lost[r] == pytest.approx((rest**2).sum(), rel=1e-9)
    c, r_factor = column_factors(matrix, chosen.indices)
    assert float((c @ r_factor - matrix).square().sum()) == pytest.approx(chosen.lost[-1], rel=1e-9)


def test_columns_are_about_as_good_as_scipys() -> None:
    """Within 20 % of the error of scipy's interpolative decomposition, and no better than the best of the rank."""
    matrix = decaying(120, 150)
    chosen = chosen_columns(matrix, 30, seed=0)
    for rank in (5, 15, 30):
        own = np.sqrt(chosen.lost[rank])
        indices = interpolative.interp_decomp(matrix.numpy(), rank, rand=False)[0][:rank]
        c, r = column_factors(matrix, indices.astype(np.int64))
        theirs = float((c @ r - matrix).norm())
        best = np.sqrt((np.linalg.svd(matrix.numpy(), compute_uv=False)[rank:] ** 2).sum())
        assert best * (1 - 1e-12) <= own <= 1.2 * theirs


def test_low_ranks_are_exact_and_dependent_columns_do_no_harm() -> None:
    """More columns than the rank hold no more; the formula with the pseudo-inverse stays right, (C^T C)^-1 would not."""
    matrix = normal(40, 4) @ normal(4, 60, 1)
    chosen = chosen_columns(matrix, 10, seed=0)
    energy = float(matrix.square().sum())
    assert chosen.lost[3] > 1e-3 * energy
    assert (chosen.lost[4:] <= 1e-12 * energy).all()
    columns, factor = column_factors(matrix, chosen.indices)
    torch.testing.assert_close(columns @ factor, matrix, rtol=0, atol=1e-10)
    assert np.linalg.matrix_rank((columns.T @ columns).numpy()) == 4


def test_sketches_choose_among_many_rows() -> None:
    """Of 5,000 rows: errors are exact, near those of pivots of the whole matrix, and the same for the same seed."""
    matrix = decaying(5000, 60)
    one, again = chosen_columns(matrix, 20, seed=3), chosen_columns(matrix, 20, seed=3)
    np.testing.assert_array_equal(one.indices, again.indices)
    assert matrix.shape[0] > 20 + SPARE
    columns = matrix.numpy()[:, one.indices]
    rest = matrix.numpy() - columns @ np.linalg.lstsq(columns, matrix.numpy(), rcond=None)[0]
    assert one.lost[-1] == pytest.approx((rest**2).sum(), rel=1e-8)
    best = (np.linalg.svd(matrix.numpy(), compute_uv=False)[20:] ** 2).sum()
    assert one.lost[-1] <= 4 * best


@pytest.mark.parametrize("matrix", [torch.zeros(5, 4), torch.ones(6, 3), torch.eye(1)], ids=["zero", "constant", "one"])
def test_odd_matrices(matrix: torch.Tensor) -> None:
    """Zeros lose nothing, a constant matrix is held by one column."""
    lost = chosen_columns(matrix, 3, seed=0).lost
    assert lost[0] == pytest.approx(float(matrix.square().sum()))
    assert (lost[1:] <= 1e-12).all()
