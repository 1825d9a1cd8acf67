"""Norms and condition numbers against published ones and LAPACK's."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from precisionlab.analysis.results import Scalar

Measured = Callable[..., Mapping[str, Scalar]]
FP32 = {"accumulators": ("fp32",), "min_elements": 1}


def hilbert(n: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """1 / (i + j + 1)."""
    i = np.arange(n)
    return 1.0 / (i[:, None] + i[None, :] + 1)


@pytest.mark.parametrize(("n", "condition"), [(3, 524.0567775860), (5, 476607.2502422), (8, 1.525757553806e10)])
def test_condition_numbers_of_hilbert_matrices_are_those_published(
    n: int, condition: float, measured: Measured
) -> None:
    """In the 2-norm (Fettis and Caslin 1967; Higham 2002, table 28.1)."""
    values = measured(hilbert(n), **FP32)
    assert values["condition_number"] == pytest.approx(condition, rel=1e-5)


def test_orthogonal_matrices_neither_grow_nor_amplify(measured: Measured) -> None:
    """Norm 1, condition 1; a relative error passes as it is."""
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((48, 48)))[0].astype(np.float32)
    values = measured(q, **FP32)
    for name in ("spectral_norm", "amplification", "condition_number"):
        assert values[name] == pytest.approx(1, rel=1e-5)


def test_spectral_norms_are_lapacks_where_the_largest_stands_out(measured: Measured) -> None:
    """And never above it but for rounding; amplification is sqrt(k) / ||W||_F times that."""
    random = np.random.default_rng(1)
    w = (
        random.standard_normal((40, 60)) + 3 * np.outer(random.standard_normal(40), random.standard_normal(60))
    ).astype(np.float32)
    values, largest = measured(w, **FP32), np.linalg.norm(w.astype(np.float64), 2)
    assert values["spectral_norm"] == pytest.approx(largest, rel=1e-5)
    assert values["amplification"] == pytest.approx(largest * math.sqrt(60) / np.linalg.norm(w.astype(float)), rel=1e-5)
    flat = random.standard_normal((64, 64)).astype(np.float32)
    norm = np.linalg.norm(flat.astype(np.float64), 2)
    assert 0.99 * norm < float(measured(flat, **FP32)["spectral_norm"]) <= norm * (1 + 1e-6)


@pytest.mark.parametrize("scale", [1e-38, 1e-24, 1.0, 1e20, 1e36])
@pytest.mark.parametrize("shape", [(64, 64), (32, 200), (200, 32), (1, 300), (300, 1)])
def test_norms_know_no_scale(scale: float, shape: tuple[int, int], measured: Measured) -> None:
    """Tiny and huge numbers of any shape: LAPACK's to 1 %, never above, and no amplification below 1."""
    w = (np.random.default_rng(3).standard_normal(shape) * scale).astype(np.float32)
    values, largest = measured(w, **FP32), np.linalg.norm(w.astype(np.float64), 2)
    assert 0.99 * largest <= float(values["spectral_norm"]) <= largest * (1 + 1e-5)
    assert float(values["amplification"]) >= 1 - 1e-5


@pytest.mark.parametrize("kind", ["tall", "wide", "few columns", "near identity", "rank 3", "orthogonal"])
@pytest.mark.parametrize("seed", range(5))
def test_norms_are_never_too_large(kind: str, seed: int, measured: Measured) -> None:
    """Where steps exhaust the matrix, or its singular values lie together, errors are no new directions."""
    random = np.random.default_rng(seed)
    made = {
        "tall": random.standard_normal((2000, 16)),
        "wide": random.standard_normal((16, 2000)),
        "few columns": random.standard_normal((300, 25)),
        "near identity": np.eye(128) + 1e-4 * random.standard_normal((128, 128)),
        "rank 3": random.standard_normal((200, 3)) @ random.standard_normal((3, 150)),
        "orthogonal": np.linalg.qr(random.standard_normal((96, 96)))[0] * (1 + 1e-3 * random.random(96)),
    }[kind].astype(np.float32)
    values, largest = measured(made, **FP32), np.linalg.norm(made.astype(np.float64), 2)
    assert 0.99 * largest <= float(values["spectral_norm"]) <= largest * (1 + 1e-5)


def test_matrices_of_tiny_float64_have_one_norm_and_one_condition(measured: Measured) -> None:
    """Those that float32 does not hold, too."""
    w = 1e-100 * np.random.default_rng(4).standard_normal((20, 20))
    values = measured(w, **FP32)
    assert float(values["spectral_norm"]) == pytest.approx(np.linalg.norm(w, 2), rel=1e-3)
    assert float(values["condition_number"]) == pytest.approx(np.linalg.cond(w), rel=1e-6)


def test_singular_matrices_have_infinite_condition(measured: Measured) -> None:
    """Of zeros no amplification is known."""
    ones = np.zeros((16, 16), np.float32)
    ones[0, 0] = 2
    assert measured(ones, **FP32)["condition_number"] == math.inf
    assert measured(np.full((128, 128), 3e-5, np.float32), **FP32)["condition_number"] == math.inf
    zeros = measured(np.zeros((16, 16), np.float32), **FP32)
    assert "amplification" not in zeros


def test_condition_numbers_are_those_of_square_matrices_that_are_small_or_solved_with(measured: Measured) -> None:
    """Others have none."""
    square = np.random.default_rng(2).standard_normal((40, 40)).astype(np.float32)
    assert "condition_number" in measured(square, **FP32)
    assert "condition_number" not in measured(square, max_condition_size=39, **FP32)
    assert "condition_number" in measured(square, max_condition_size=39, solves=("we*",), **FP32)
    assert "condition_number" not in measured(square[:, :39], **FP32)


def test_matrices_with_infinities_have_no_norm(measured: Measured) -> None:
    """The rows without are measured all the same."""
    square = np.ones((16, 16), np.float32)
    square[3, 3] = np.inf
    values = measured(square, **FP32)
    assert "spectral_norm" not in values
    assert values["sampled_rows"] == 15
