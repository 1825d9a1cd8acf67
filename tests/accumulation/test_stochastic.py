"""Stochastic rounding: repeatable under a seed, one of two neighbours, and right on the average."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from precisionlab.accumulation import matmul_by
from precisionlab.accumulation.by_rows import ROWS
from precisionlab.errors import UsageError
from tests.accumulation.inputs import written_in
from tests.accumulation.reference import BFLOAT16, FLOAT16, FLOAT32, Format, round_fraction

FAILURE = 1e-12
"""The probability with which an ideal source of random numbers would exceed an error bar."""


def error_bar(spread: float, n: int) -> float:
    """How far the mean of n independent numbers is from the expected one at most.

    Their spread is the width of the interval that they are of (Hoeffding 1963), or, where each is the end of a random
    walk that is right on the average, the root of the sum of the squares of its steps' widths (Azuma 1967).
    """
    return spread * math.sqrt(math.log(2 / FAILURE) / (2 * n))


def normal(shape: tuple[int, ...], seed: int = 0) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    """N(0, 1)."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", ["fp16_sr8", "bf16_fma_sr23", "fp32_sr28", "fp16_sr8_promoted9", "e4m7_sr1"])
def test_a_seed_settles_all(name: str) -> None:
    """Seed and place decide: not threads, library, nor how many rows follow; other seeds and places draw otherwise."""
    w, x = normal((2 * ROWS + 3, 40)), normal((40, 3), seed=1)
    product = matmul_by(w, x, name, seed=5)
    assert written_in(matmul_by(w, x, name, seed=5)) == written_in(product)
    assert written_in(matmul_by(w, x, name, seed=5, threads=3)) == written_in(product)
    assert written_in(matmul_by(torch.from_numpy(w), torch.from_numpy(x), name, seed=5)) == written_in(product)
    assert written_in(matmul_by(w[: ROWS + 1], x, name, seed=5)) == written_in(product[: ROWS + 1])
    assert written_in(matmul_by(w, x, name, seed=6)) != written_in(product)
    alike = matmul_by(np.repeat(w[:1], 50, axis=0), np.repeat(x[:, :1], 2, axis=1), name, seed=5)
    assert len(set(alike.reshape(-1).tolist())) > 1


@pytest.mark.parametrize("seed", [0, -1, 2**63, 2**64 + 5, np.int64(3)])
def test_every_whole_number_is_a_seed(seed: int) -> None:
    """Also negative and large ones, of which the last 64 bits count."""
    w, x = normal((3, 8)), normal((8,), seed=1)
    again = matmul_by(w, x, "fp16_sr8", seed=int(seed) % 2**64)
    assert written_in(matmul_by(w, x, "fp16_sr8", seed=seed)) == written_in(again)


@pytest.mark.parametrize(("name", "target"), [("fp16", FLOAT16), ("bf16", BFLOAT16), ("fp32", FLOAT32)])
@pytest.mark.parametrize("operation", ["product", "sum", "fused"])
def test_an_operation_gives_a_neighbour(name: str, target: Format, operation: str) -> None:
    """The number below or the one above, both in time, and the number itself if the format holds it."""
    random = np.random.default_rng(2)
    chain = f"{name}{'_fma' * (operation == 'fused')}_sr12"
    for _ in range(40):
        a, b, c = (random.standard_normal(3) * 2.0 ** random.integers(-4, 5, 3)).astype(np.float32).tolist()
        # The first product must be exact, and without fusion the second one, too.
        a, c = (round_fraction(Fraction(number), target, "nearest-even") for number in (a, c))
        w, x, exact = {
            "product": ([a], [b], Fraction(a) * Fraction(b)),
            "sum": ([c, a], [1, 0.5], Fraction(c) + Fraction(a) / 2),
            "fused": ([c, a], [1, b], Fraction(c) + Fraction(a) * Fraction(b)),
        }[operation]
        weights = np.repeat(np.array([w], np.float32), 200, axis=0)
        results = set(matmul_by(weights, np.array(x, np.float32), chain, seed=4).tolist())
        below, above = (round_fraction(exact, target, mode) for mode in ("down", "up"))
        assert results <= {below, above}
        if (
            Fraction(1, 20) * Fraction(above - below)
            < exact - Fraction(below)
            < Fraction(19, 20) * Fraction(above - below)
        ):
            assert results == {below, above}


@pytest.mark.parametrize("sixteenths", range(17))
@pytest.mark.parametrize("sign", [1, -1])
def test_the_place_between_neighbours_is_the_probability(sixteenths: int, sign: int) -> None:
    """Of 2^17 operations so many round up as the place says, cut to the random bits; 4 of them tell all sixteenths."""
    n = 1 << 17
    factor = np.float32(1 + sixteenths * 2.0**-14)
    for n_bits, place in (
        (4, sixteenths / 16),
        (1, sixteenths // 8 / 2),
        (3, sixteenths // 2 / 8),
        (28, sixteenths / 16),
    ):
        w = np.full((n, 1), sign * factor)
        results = matmul_by(w, np.ones(1, np.float32), f"fp16_sr{n_bits}", seed=sixteenths) * sign
        share = float(np.mean(results == 1 + 2.0**-10))
        assert abs(share - place) <= error_bar(1.0, n) * (0 < place < 1)
        assert set(results.tolist()) <= {1.0, 1 + 2.0**-10}


@pytest.mark.parametrize(
    ("name", "gap"), [("fp16_sr24", 2.0**-6), ("fp16_fma_sr24", 2.0**-6), ("bf16_fma_sr24", 2.0**-3)]
)
def test_sums_are_right_on_the_average(name: str, gap: float) -> None:
    """Over 64 seeds of 256 sums; rounding to nearest is off by more than the error bar.

    Factors are multiples of 2^-7, so that products and sums are some of 2^-14 and rounded ones some of 2^-18: below 32,
    24 bits cut nothing off the place between two neighbours, and every operation is right on the average.
    """
    random = np.random.default_rng(5)
    row, column = random.integers(64, 128, (2, 40)) / 128
    exact = float(np.sum(row * column))
    w, x = np.repeat(row[None], 256, axis=0).astype(np.float32), column.astype(np.float32)
    sums = np.concatenate([matmul_by(w, x, name, seed=seed) for seed in range(64)])
    assert np.max(sums) < 32
    # A product and an addition move a sum by a gap each at most.
    bar = error_bar(math.sqrt(2 * 40) * gap, len(sums))
    assert abs(float(np.mean(sums)) - exact) <= bar
    assert abs(matmul_by(w[:1], x, name.removesuffix("_sr24")).item() - exact) > bar
    promoted = np.concatenate([matmul_by(w, x, f"{name}_promoted16", seed=seed) for seed in range(64)])
    assert abs(float(np.mean(promoted)) - exact) <= bar
    assert np.std(promoted) < np.std(sums)


def test_stochastic_sums_do_not_stagnate() -> None:
    """4096 ones add up to 256 in bfloat16 to nearest, and to 4096 on the average stochastically."""
    ones = np.ones((256, 4096), np.float32)
    assert matmul_by(ones[:1], ones[0], "bf16").item() == 256
    sums = matmul_by(ones, ones[0], "bf16_sr16", seed=1)
    assert np.max(sums) < 8192
    # Below that, gaps are of 32 at most.
    assert abs(float(np.mean(sums)) - 4096) < error_bar(math.sqrt(4096) * 32, len(sums))
    assert len(np.unique(sums)) > 10


@pytest.mark.parametrize("name", ["fp16_sr8", "fp16_sr8_promoted4", "bf16_fma_sr16"])
def test_drawing_without_a_seed_is_an_error(name: str) -> None:
    """One that says what to pass."""
    with pytest.raises(UsageError, match=r"seed: .*pass seed=0"):
        matmul_by(np.ones((1, 4), np.float32), np.ones(4, np.float32), name)


@pytest.mark.parametrize("name", ["fp32", "fp16_floor", "h100_fp8", "h100_fp8_promoted128", "fp32_strassen1"])
def test_a_superfluous_seed_is_an_error(name: str) -> None:
    """Where nothing is drawn, a seed is a mistake."""
    with pytest.raises(UsageError, match=r"seed: .*draws nothing; leave it away"):
        matmul_by(np.ones((1, 4), np.float32), np.ones(4, np.float32), name, seed=0)


@pytest.mark.parametrize("seed", [1.5, "3", True + 0.5, [1]])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    """Nothing else."""
    with pytest.raises(UsageError, match="no whole number"):
        matmul_by(np.ones((1, 4), np.float32), np.ones(4, np.float32), "fp16_sr8", seed=seed)  # type: ignore[arg-type]
