"""That the oracle of accumulation is right: against numpy's own arithmetic, published vectors, and laws of rounding."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tests.accumulation.reference import (
    BFLOAT16,
    E8M13,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    Arithmetic,
    Format,
    Mode,
    add,
    block_fma,
    block_fma_promoted,
    blocked,
    blocks,
    chain,
    kahan,
    multiply,
    multiply_add,
    pairwise,
    power,
    promoted,
    round_fraction,
    round_stochastic,
    rounded_in,
    stochastic,
)
from tests.accumulation.vectors import UNITS, VECTORS, Vector, simulated

Scalar = np.floating[Any]
Scalars = Sequence[Scalar]
MODES: tuple[Mode, ...] = ("nearest-even", "toward-zero", "down", "up")
FORMATS: dict[str, tuple[type[Scalar], Format]] = {
    "float16": (np.float16, FLOAT16),
    "float32": (np.float32, FLOAT32),
    "float64": (np.float64, FLOAT64),
}
"""Scalars whose operations numpy does in IEEE 754 arithmetic, or for float16 in float32, which rounds the same."""
numpy_formats = pytest.mark.parametrize("name", FORMATS)


def same(a: float, b: float) -> bool:
    """Equal with the sign of zero, or both NaN."""
    return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))


def data(name: str, seed: int) -> tuple[list[float], list[float]]:
    """Operands of a format: ordinary, wide, or with all that is special."""
    scalar, target = FORMATS[name]
    source = np.random.default_rng(seed)
    n = int(source.integers(0, 24))
    numbers = source.standard_normal((2, n))
    if seed % 3:
        numbers *= 2.0 ** source.integers(target.min_exponent // 2, -target.min_exponent // 2, (2, n))
    if seed % 3 == 2:
        tiny = float(scalar(0)) + float(np.finfo(scalar).smallest_subnormal)
        odd = [
            0.0,
            -0.0,
            math.inf,
            -math.inf,
            math.nan,
            float(target.max_finite),
            -float(target.max_finite),
            tiny,
            -tiny,
        ]
        numbers = np.where(source.random((2, n)) < source.choice([0.03, 0.3]), source.choice(odd, (2, n)), numbers)
    with np.errstate(all="ignore"):
        w, x = numbers.astype(scalar).astype(np.float64).tolist()
    return w, x


def numpy_products(name: str, w: Sequence[float], x: Sequence[float]) -> list[Scalar]:
    """What numpy multiplies."""
    scalar = FORMATS[name][0]
    return [scalar(a) * scalar(b) for a, b in zip(w, x, strict=True)]


def numpy_sum(terms: Scalars) -> Scalar:
    """One after the other."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def numpy_pairwise(terms: Scalars) -> Scalar:
    """The same tree from its root: the largest power of two below the length goes to the left."""
    if len(terms) == 1:
        return terms[0]
    left = 1 << (len(terms) - 1).bit_length() - 1
    return numpy_pairwise(terms[:left]) + numpy_pairwise(terms[left:])


def numpy_blocked(terms: Scalars) -> Scalar:
    """Blocks of five."""
    return numpy_sum([numpy_sum(terms[i : i + 5]) for i in range(0, len(terms), 5)])


def numpy_kahan(terms: Scalars) -> Scalar:
    """Compensated, without correction where the sum is not finite."""
    zero = type(terms[0])(0)
    total, correction = terms[0], zero
    for term in terms[1:]:
        y = term - correction
        new = total + y
        correction = (new - total) - y if np.isfinite(new) else zero
        total = new
    return total


ORDERS: dict[str, tuple[Callable[..., float], Callable[[Scalars], Scalar]]] = {
    "chain": (chain, numpy_sum),
    "pairwise": (pairwise, numpy_pairwise),
    "blocked": (lambda w, x, arithmetic: blocked(w, x, arithmetic, 5), numpy_blocked),
    "kahan": (kahan, numpy_kahan),
}


@numpy_formats
@pytest.mark.parametrize("order", ORDERS)
def test_sums_are_numpys(name: str, order: str) -> None:
    """To nearest, every order gives what numpy's scalars give, with infinities, NaN, zeros and subnormal numbers."""
    ours, theirs = ORDERS[order]
    for seed in range(150):
        w, x = data(name, seed)
        with np.errstate(all="ignore"):
            expected = float(theirs(numpy_products(name, w, x))) if w else 0.0
        assert same(ours(w, x, Arithmetic(FORMATS[name][1])), expected), (w, x)


def test_promotion_is_numpys() -> None:
    """Chains in float16, their results added in float32."""
    for seed in range(150):
        w, x = data("float16", seed)
        with np.errstate(all="ignore"):
            sums = [np.float32(numpy_sum(numpy_products("float16", *block))) for block in blocks(w, x, 5)]
            expected = float(numpy_sum(sums)) if sums else 0.0
        assert same(promoted(w, x, Arithmetic(FLOAT16), FLOAT32, 5), expected)


def test_fused_sums_are_exact_before_rounding() -> None:
    """Multiples of 2**-10 have products and sums that float64 holds, so one conversion to float16 is the rounding."""
    source = np.random.default_rng(0)
    for _ in range(100):
        w, x = (source.integers(-2000, 2000, (2, 20)) / 1024).tolist()
        total = np.float64(np.float16(w[0] * x[0]))
        for a, b in zip(w[1:], x[1:], strict=True):
            total = np.float64(np.float16(total + a * b))
        assert same(chain(w, x, Arithmetic(FLOAT16, fused=True)), float(total))


@pytest.mark.parametrize("mode", MODES)
def test_fused_equals_unfused_where_products_are_exact(mode: Mode) -> None:
    """Factors of one make a fused sum a sum, in all modes, specials included."""
    for seed in range(60):
        w, _ = data("float16", seed)
        ones = [1.0] * len(w)
        assert same(chain(w, ones, Arithmetic(FLOAT16, mode, fused=True)), chain(w, ones, Arithmetic(FLOAT16, mode)))


@pytest.mark.parametrize(
    ("a", "b", "c", "expected"),
    [
        (math.inf, 0.0, 1.0, math.nan),
        (math.inf, 1.0, -math.inf, math.nan),
        (math.inf, -1.0, -math.inf, -math.inf),
        (2.0, 3.0, math.inf, math.inf),
        (math.nan, 0.0, 0.0, math.nan),
        (2.0, 3.0, -6.0, 0.0),
        (0.0, -1.0, -0.0, -0.0),
        (0.0, -1.0, 0.0, 0.0),
        (256.0, 256.0, -65504.0, 32.0),
        (-(2.0**-24), 0.5, 0.0, -0.0),
    ],
)
def test_fused_specials(a: float, b: float, c: float, expected: float) -> None:
    """Fused multiply-add as IEEE 754 has it: a product never overflows, a cancelled sum is +0."""
    arithmetic = Arithmetic(FLOAT16)
    assert same(multiply_add(a, b, c, rounded_in(arithmetic), arithmetic.mode), expected)


def test_round_to_nearest_is_ml_dtypes() -> None:
    """To nearest, float32 becomes the bfloat16 of ml_dtypes and the float16 of numpy, at middles too."""
    source = np.random.default_rng(1)
    words = source.integers(0, 1 << 32, 3000, dtype=np.uint32)
    words[::2] &= np.uint32(0xFFFF_8000)
    words[1::4] &= np.uint32(0xFFFF_F000)
    numbers = words.view(np.float32)
    for number in numbers[np.isfinite(numbers)]:
        with np.errstate(all="ignore"):
            expected = {"b": float(number.astype(ml_dtypes.bfloat16)), "h": float(number.astype(np.float16))}
        exact = Fraction(float(number))
        if exact:
            sign = math.copysign(1, number)
            assert same(round_fraction(exact, BFLOAT16, "nearest-even"), math.copysign(expected["b"], sign))
            assert same(round_fraction(exact, FLOAT16, "nearest-even"), math.copysign(expected["h"], sign))


@pytest.mark.parametrize("target", [FLOAT16, BFLOAT16, E8M13])
def test_directed_modes_enclose(target: Format) -> None:
    """Down and up are neighbours around the number, zero-wards the smaller one, and nearest one of them."""
    source = np.random.default_rng(2)
    for _ in range(500):
        scale = power(int(source.integers(target.min_exponent - target.precision - 2, -target.min_exponent)))
        value = Fraction(int(source.integers(-(10**9), 10**9)), int(source.integers(1, 10**9))) * scale
        if abs(value) > target.max_finite:
            continue
        down, up, zero, nearest = (
            round_fraction(value, target, mode) for mode in ("down", "up", "toward-zero", "nearest-even")
        )
        if down == up:
            assert zero == nearest == down
            assert Fraction(down) == value
            continue
        assert down < value < up
        middle = (Fraction(down) + Fraction(up)) / 2
        assert {round_fraction(middle + sign * power(-400), target, "nearest-even") for sign in (-1, 1)} == {down, up}
        assert abs(zero) == min(abs(down), abs(up))
        assert nearest == (down if value < middle else up) or value == middle


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        (Fraction(65519), "nearest-even", 65504.0),
        (Fraction(65520), "nearest-even", math.inf),
        (Fraction(-65520), "nearest-even", -math.inf),
        (Fraction(10**9), "toward-zero", 65504.0),
        (Fraction(-(10**9)), "toward-zero", -65504.0),
        (Fraction(65505), "down", 65504.0),
        (Fraction(-65505), "down", -math.inf),
        (Fraction(65505), "up", math.inf),
        (Fraction(-65505), "up", -65504.0),
        (power(-25), "nearest-even", 0.0),
        (-power(-25), "nearest-even", -0.0),
        (-power(-25), "up", -0.0),
        (-power(-25), "down", -(2.0**-24)),
        (power(-99), "up", 2.0**-24),
        (3 * power(-25), "nearest-even", 2.0**-23),
    ],
)
def test_overflow_and_underflow(value: Fraction, mode: Mode, expected: float) -> None:
    """IEEE 754 7.4 for float16, and what becomes zero keeps its sign."""
    assert same(round_fraction(value, FLOAT16, mode), expected)


@pytest.mark.parametrize("mode", MODES)
def test_signs_of_zero_sums(mode: Mode) -> None:
    """IEEE 754 6.3: +0 but when rounding down; zeros of one sign keep it."""
    rounding, cancelled = rounded_in(Arithmetic(FLOAT16, mode)), -0.0 if mode == "down" else 0.0
    assert same(add(1.0, -1.0, rounding, mode), cancelled)
    assert same(add(0.0, -0.0, rounding, mode), cancelled)
    assert same(add(-0.0, -0.0, rounding, mode), -0.0)
    assert same(add(0.0, 0.0, rounding, mode), 0.0)
    assert same(multiply_add(1.0, 1.0, -1.0, rounding, mode), cancelled)
    assert same(multiply_add(-0.0, 1.0, -0.0, rounding, mode), -0.0)
    assert same(multiply(-0.0, 2.0, rounding), -0.0)


def test_kahan_recovers() -> None:
    """4096 times 1 is 4096 in float16, where recursive summation stops at 2048."""
    ones = [1.0] * 4096
    assert chain(ones, ones, Arithmetic(FLOAT16)) == 2048
    assert kahan(ones, ones, Arithmetic(FLOAT16)) == 4096
    assert pairwise(ones, ones, Arithmetic(FLOAT16)) == 4096


@pytest.mark.parametrize("eighths", range(8))
def test_stochastic_rounding_counts_draws(eighths: int) -> None:
    """Of all draws, as many go away from zero as the place between the neighbours says, cut to the random bits."""
    value = 1 + Fraction(eighths, 8) * power(-10) + power(-40)
    for sign in (-1, 1):
        results = [round_stochastic(sign * value, FLOAT16, 3, draw) for draw in range(8)]
        assert results == sorted(results, key=abs)
        assert [abs(result) for result in results].count(1 + 2.0**-10) == eighths
    coarse = [round_stochastic(value, FLOAT16, 1, draw) for draw in range(2)]
    assert coarse.count(1 + 2.0**-10) == eighths // 4


@pytest.mark.parametrize("fused", [False, True])
def test_stochastic_sums_between_neighbours(fused: bool) -> None:
    """Draws of zero truncate, and each operation takes one: a term when fused, else a product or a sum."""
    arithmetic = Arithmetic(FLOAT16, fused=fused)
    source = np.random.default_rng(3)
    for _ in range(50):
        w, x = (source.standard_normal((2, 12))).astype(np.float16).astype(np.float64).tolist()
        n = 12 if fused else 23
        truncated = chain(w, x, Arithmetic(FLOAT16, "toward-zero", fused))
        assert stochastic(w, x, arithmetic, 60, [0] * n) == truncated
        with pytest.raises(StopIteration):
            stochastic(w, x, arithmetic, 60, [0] * (n - 1))
    assert round_stochastic(Fraction(65535), FLOAT16, 8, 255) == math.inf
    assert round_stochastic(Fraction(65535), FLOAT16, 8, 0) == 65504
    assert same(round_stochastic(-power(-30), FLOAT16, 8, 0), -0.0)


@pytest.mark.parametrize("unit", UNITS)
def test_tensor_cores_answer_so(unit: str) -> None:
    """Every published vector, and random ones of the simulator that equals the GPUs."""
    vectors: list[Vector] = [vector for vector in [*VECTORS, *simulated()] if vector[1] == unit]
    assert len(vectors) >= 5
    for what, _, w, x, start, expected in vectors:
        assert same(block_fma(w, x, UNITS[unit], start), expected), (what, w, x, start)


def test_promotion_lifts_the_ceiling_of_fp8() -> None:
    """Ones stop at 2**14 on Hopper, where 13 bits below the largest exponent end above them; promoted, they do not."""
    ones = [1.0] * (3 << 13)
    assert block_fma(ones, ones, UNITS["h100 e4m3 fp32"]) == 1 << 14
    assert block_fma_promoted(ones, ones, UNITS["h100 e4m3 fp32"], 128) == 3 << 13


def test_promotion_adds_to_nearest() -> None:
    """The float32 sum of the chunks' results, by numpy."""
    source = np.random.default_rng(4)
    for unit in ("h100 e4m3 fp32", "h100 fp16 fp32"):
        w, x = source.standard_normal((2, 300)).astype(ml_dtypes.float8_e4m3fn).astype(np.float64).tolist()
        results = [np.float32(block_fma(*block, UNITS[unit])) for block in blocks(w, x, 64)]
        assert same(block_fma_promoted(w, x, UNITS[unit], 64), float(numpy_sum([np.float32(0), *results])))
