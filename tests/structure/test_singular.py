"""Singular values from Gram matrices, against LAPACK's of the matrix itself."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.structure.bounds import BAND_ELEMENTS, LARGEST_SHORT_SIDE
from precisionlab.structure.krylov import leading
from precisionlab.structure.matrices import Matrix, matrix_at_hand
from precisionlab.structure.singular import gram, scale_of, singular_values


def normal(m: int, n: int, seed: int = 0) -> torch.Tensor:
    """A matrix of independent normal deviates."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((m, n)))


def graded(m: int, n: int, decades: int) -> torch.Tensor:
    """A matrix whose singular values span so many decades, evenly."""
    k = min(m, n)
    left, right = np.linalg.qr(normal(m, k).numpy())[0], np.linalg.qr(normal(n, k, 1).numpy())[0]
    return torch.from_numpy(left * np.logspace(0, -decades, k) @ right.T)


@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (33, 33), (5000, 20), (20, 5000), (1, 7), (7, 1)], ids=str)
def test_gram_matrices_are_those_of_the_short_side(shape: tuple[int, int]) -> None:
    """W^T W of tall matrices and W W^T of wide ones, symmetric to the last bit."""
    w = normal(*shape)
    expected = (w.T @ w if shape[0] >= shape[1] else w @ w.T).numpy()
    got = gram(matrix_at_hand(w)).numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-11)
    np.testing.assert_array_equal(got, got.T)


@pytest.mark.parametrize("shape", [(200, 90), (90, 200), (120, 120)], ids=str)
@pytest.mark.parametrize("decades", [1, 4, 8, 16])
def test_values_are_lapacks_to_1e10_of_the_largest(shape: tuple[int, int], decades: int) -> None:
    """Also those whose squares lie below the Gram matrix' rounding errors."""
    w = graded(*shape, decades)
    np.testing.assert_allclose(
        singular_values(matrix_at_hand(w)).numpy(), np.linalg.svd(w.numpy(), compute_uv=False), atol=1e-10
    )


@settings(max_examples=60, deadline=None)
@given(m=st.integers(1, 12), n=st.integers(1, 12), rank=st.integers(0, 6), seed=st.integers(0, 2**32))
def test_rank_deficient_and_tiny_matrices_too(m: int, n: int, rank: int, seed: int) -> None:
    """Of any rank, the zero matrix among them."""
    random = np.random.default_rng(seed)
    w = random.standard_normal((m, rank)) @ random.standard_normal((rank, n))
    got = singular_values(matrix_at_hand(torch.from_numpy(w))).numpy()
    expected = np.linalg.svd(w, compute_uv=False)
    np.testing.assert_allclose(got, expected, atol=1e-10 * max(1.0, float(expected[0])))


def test_types_are_widened_before_they_are_squared() -> None:
    """The values of a bfloat16 matrix are those of the same numbers in float64."""
    w = normal(60, 40).bfloat16()
    expected = np.linalg.svd(w.double().numpy(), compute_uv=False)
    np.testing.assert_allclose(singular_values(matrix_at_hand(w)).numpy(), expected, rtol=1e-12)


def test_empty_and_too_large_matrices() -> None:
    """None of no columns; a refusal beyond the limit, before anything is read."""
    assert singular_values(matrix_at_hand(torch.zeros(3, 0))).numel() == 0
    side = LARGEST_SHORT_SIDE + 1

    def unread(start: int, stop: int) -> torch.Tensor:
        raise AssertionError((start, stop))

    with pytest.raises(ValueError, match="beyond 8192"):
        singular_values(Matrix((side, side), unread, unread))


def test_slabs_are_the_matrix_and_bounded() -> None:
    """Tall ones by rows, wide ones by columns turned, each of at most the band's elements."""
    for shape in ((3 * BAND_ELEMENTS // 64 + 5, 64), (64, 2 * BAND_ELEMENTS // 64 + 3)):
        w = torch.arange(shape[0] * shape[1], dtype=torch.float32).reshape(shape)
        slabs = list(matrix_at_hand(w).slabs())
        assert len(slabs) > 1
        assert max(slab.numel() for slab in slabs) <= BAND_ELEMENTS
        whole = torch.cat(slabs)
        torch.testing.assert_close(whole if shape[0] >= shape[1] else whole.T, w.double(), rtol=0, atol=0)


@pytest.mark.parametrize("shape", [(300, 120), (120, 300)], ids=str)
def test_krylov_finds_the_leading_values_from_below(shape: tuple[int, int]) -> None:
    """Of a decaying spectrum to 1e-8; never above the true ones, and with the energy that they hold."""
    w = graded(*shape, 6)
    true = np.linalg.svd(w.numpy(), compute_uv=False)
    found = leading(matrix_at_hand(w), 10, seed=0)
    got = found.values.numpy()
    assert len(got) == 10
    np.testing.assert_allclose(got, true[:10], rtol=1e-8)
    assert (got <= true[:10] * (1 + 1e-12)).all()
    assert found.frobenius == pytest.approx(float(np.linalg.norm(w.numpy())), rel=1e-12)
    assert found.captured == pytest.approx(float((true[:10] ** 2).sum() / (true**2).sum()), rel=1e-7)


def test_krylov_of_a_flat_spectrum_is_a_lower_bound() -> None:
    """Of random matrices values come out low by a few per cent, and never high."""
    w = normal(400, 300)
    true = np.linalg.svd(w.numpy(), compute_uv=False)[:8]
    got = leading(matrix_at_hand(w), 8, seed=1).values.numpy()
    assert (got <= true * (1 + 1e-12)).all()
    assert (got >= 0.9 * true).all()


def test_krylov_of_fewer_directions_than_asked_for() -> None:
    """All of a small matrix; zeros of the zero matrix, whose energy is held whole."""
    w = normal(6, 4)
    np.testing.assert_allclose(
        leading(matrix_at_hand(w), 10, seed=0).values.numpy(), np.linalg.svd(w.numpy(), compute_uv=False), rtol=1e-10
    )
    nothing = leading(matrix_at_hand(torch.zeros(5, 5)), 2, seed=0)
    assert nothing.values.tolist() == [0.0, 0.0]
    assert nothing.captured == 1.0


@pytest.mark.parametrize(
    ("largest", "scale"),
    [(1.0, 1.0), (1.5, 1.0), (2.0, 2.0), (0.3, 0.25), (0.0, 1.0), (5e-324, 5e-324), (1.7e308, 2.0**1023)],
)
def test_scales_are_powers_of_two(largest: float, scale: float) -> None:
    """At most the largest magnitude, and more than half of it."""
    assert scale_of(largest) == scale


def test_scales_of_what_is_no_size() -> None:
    """Infinities and NaN are left as they are."""
    assert scale_of(float("inf")) == scale_of(float("nan")) == 1.0
