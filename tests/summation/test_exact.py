"""Exact sums against `math.fsum` and rationals: whatever the condition, the order, the length and the exponents."""

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.summation import dot_by, ill_conditioned, ill_conditioned_sum, sum_by
from tests.summation.reference import FORMATS, exact_sum, exact_total
from tests.summation.values import (
    ARRAY_TYPES,
    Array,
    any_numbers,
    array_of,
    assert_same,
    finite_numbers,
    numbers_of,
    size,
    total,
    written,
)

by_type = pytest.mark.parametrize("type_name", ARRAY_TYPES)
CONDITIONS = (1e0, 1e4, 1e8, 1e12, 1e16, 1e20, 1e25, 1e30, 1e35, 1e40)
by_condition = pytest.mark.parametrize("condition", CONDITIONS)

Cases = dict[str, tuple[float, ...]]
MAX = FORMATS["float64"].largest
LEAST = FORMATS["float64"].least
HALF = 2.0**-53
ADVERSARIAL: Cases = {
    "small ones around large ones": (1e-10, 1e10, 1e-10, -1e10, 1e-10),
    "the carry overflows on the way": (2.0**1023, 2.0**1023, -(2.0**1023), 1.0, -1.0),
    "the largest numbers cancel": (MAX, MAX, -MAX, -MAX, LEAST),
    "a sum just below overflow": (MAX, 2.0**969, 2.0**969, -(2.0**917), 1.0),
    "a sum halfway to overflow": (MAX, 2.0**969, 2.0**969, LEAST, -LEAST),
    "a sum that rounds to infinity": (MAX, 2.0**970, 0.0, LEAST),
    "a sum that stays finite by the least number": (MAX, 2.0**970, 0.0, -LEAST),
    "minus infinity": (-MAX, -MAX, 2.0**1000, 1.0),
    "subnormals only": (LEAST, LEAST, -3 * LEAST, 2.0**-1060, 2.0**-1030),
    "subnormals that become normal": (2.0**-1023, 2.0**-1023, LEAST, -LEAST, LEAST),
    "subnormals that cancel": (LEAST, 5 * LEAST, -4 * LEAST, -2 * LEAST, 0.0),
    "halfway to even below": (1.0, HALF, 0.0),
    "halfway to even above": (1 + 2 * HALF, HALF, 0.0),
    "halfway and the least number more": (1.0, HALF, LEAST),
    "halfway and the least number less": (1 + 2 * HALF, HALF, -LEAST),
    "halfway, more and less again": (1.0, HALF, LEAST, -LEAST, 0.0),
    "halfway below a power of two": (2.0, -HALF, LEAST),
    "halfway below a power of two and less": (2.0, -HALF, -LEAST),
    "halfway of negative numbers": (-1.0, -HALF, -LEAST),
    "all exponents": (2.0**1000, 2.0**500, 2.0**-1074, -(2.0**1000), -(2.0**500)),
    "zeros of both signs": (0.0, -0.0, -0.0, 0.0),
    "negative zeros": (-0.0, -0.0, -0.0),
    "negative zeros and numbers that cancel": (-0.0, 1.0, -1.0, -0.0),
    "an infinity": (math.inf, MAX, -MAX, 1.0),
    "an infinity against finite overflow": (-math.inf, MAX, MAX, 1.0),
    "both infinities": (math.inf, 1.0, -math.inf),
    "NaN": (math.nan, 1.0, 2.0),
    "NaN and infinities": (math.inf, math.nan, -math.inf),
}
"""In binary64."""


def scaled_cases(type_name: str) -> Cases:
    """The like in a narrower format."""
    format_ = FORMATS[type_name]
    p, large, least = format_.precision, format_.largest, format_.least
    half, top = 2.0**-p, math.ldexp(1.0, math.frexp(large)[1] - 1)
    spacing = math.ldexp(1.0, math.frexp(large)[1] - p)
    return {
        "large ones cancel": (large, large, -large, -large, least),
        "a carry that overflows on the way": (top, top, -top, 1.0, -1.0),
        "just below overflow": (large, spacing / 2, -least),
        "halfway to overflow": (large, spacing / 2, 0.0),
        "less than halfway to overflow": (large, spacing / 4, spacing / 8),
        "halfway and the least number more": (1.0, half, least),
        "halfway and the least number less": (1 + 2 * half, half, -least),
        "halfway to even": (1 + 2 * half, half, 0.0),
        "subnormals": (least, least, -3 * least, 5 * least),
        "small ones around large ones": (1.0, top, 1.0, -top, 1.0),
    }


def shuffles(terms: tuple[float, ...]) -> Iterable[tuple[float, ...]]:
    """All orders of them."""
    return permutations(terms)


@pytest.mark.parametrize("terms", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_every_order_of_adversarial_numbers_has_the_same_exact_sum(terms: tuple[float, ...]) -> None:
    """Rounded once, in binary64, binary32 and bfloat16, from binary64."""
    for working in (None, "float32", "bfloat16", "float16"):
        wanted = exact_sum(terms, FORMATS[working or "float64"])
        orders = np.array(list(shuffles(terms)))
        assert_same(sum_by(orders, axis=1, working=working), [wanted] * len(orders), working)
        assert_same(sum_by(orders.T, axis=0, working=working), [wanted] * len(orders), working)
        for order in orders[::7]:
            assert_same(sum_by(order, working=working), [wanted], working, order)


@pytest.mark.parametrize("type_name", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("name", scaled_cases("float32"))
def test_narrow_types_are_summed_exactly_in_every_order(type_name: str, name: str) -> None:
    """Also in wider working formats, where nothing is lost, and in narrower ones."""
    terms = scaled_cases(type_name)[name]
    orders = array_of(list(shuffles(terms)), type_name)
    assert numbers_of(orders[0]) == list(terms)
    for working in (None, "float64", "float32", "bfloat16", "float8_e5m2"):
        wanted = exact_sum(terms, FORMATS[working or type_name])
        assert_same(sum_by(orders, axis=1, working=working), [wanted] * len(orders), working)


@by_condition
@pytest.mark.parametrize("n", [12, 100, 1000])
def test_ill_conditioned_sums_are_those_of_fsum(condition: float, n: int) -> None:
    """Up to a condition of 10^40, in any order, and rationals agree."""
    terms = ill_conditioned_sum(n, condition, seed=n)
    wanted = math.fsum(terms.tolist())
    assert wanted == exact_sum(terms.tolist(), FORMATS["float64"])
    random = np.random.default_rng(0)
    for order in (terms, terms[::-1], np.sort(terms), random.permutation(terms), random.permutation(terms)):
        assert_same(sum_by(order), [wanted])
    assert_same(sum_by(terms, working="float32"), [exact_sum(terms.tolist(), FORMATS["float32"])])


@by_condition
@pytest.mark.parametrize("n", [10, 101, 1000])
def test_ill_conditioned_dot_products_are_those_of_rationals(condition: float, n: int) -> None:
    """Up to a condition of 10^40, in any order."""
    x, y = ill_conditioned(n, condition, seed=n)
    pairs = list(zip(x.tolist(), y.tolist(), strict=True))
    order = np.random.default_rng(0).permutation(n)
    assert_same(dot_by(x, y), [exact_total(pairs, FORMATS["float64"])])
    assert_same(dot_by(x[order], y[order]), [exact_total(pairs, FORMATS["float64"])])
    assert_same(dot_by(x, y, working="float32"), [exact_total(pairs, FORMATS["float32"])])


@pytest.mark.parametrize("condition", CONDITIONS[1:])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_generated_problems_have_about_the_condition_asked_for(condition: float, seed: int) -> None:
    """Within a factor of 10,000 either way, of sums and of dot products, by rationals; the numbers are float64."""
    terms = ill_conditioned_sum(100, condition, seed=seed)
    assert terms.dtype == np.float64
    assert terms.shape == (100,)
    found = size(terms.tolist()) / abs(total(terms.tolist()))
    assert 1e-4 < float(found / Fraction(condition)) < 1e4
    x, y = ill_conditioned(100, condition, seed=seed)
    assert x.dtype == y.dtype == np.float64
    assert x.shape == y.shape == (100,)
    products = [Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    found = 2 * sum(map(abs, products), Fraction(0)) / abs(sum(products, Fraction(0)))
    assert 1e-4 < float(found / Fraction(condition)) < 1e4


def test_problems_are_made_anew_from_their_seeds() -> None:
    """The same seed gives the same numbers, and another one others."""
    for make in (ill_conditioned, ill_conditioned_sum):
        one, same, other = (np.concatenate([make(50, 1e20, seed=seed)]) for seed in (3, 3, 4))
        assert one.tobytes() == same.tobytes() != other.tobytes()


def spread_numbers(n: int, type_name: str, seed: int) -> Array:
    """Numbers of all exponents that the type has, half of them nearly cancelling others."""
    format_ = FORMATS[type_name]
    random = Random(seed)  # noqa: S311 - a test, not a secret
    least = format_.min_exponent - format_.precision + 1
    greatest = math.frexp(format_.largest)[1] - format_.precision - 20 * (type_name in ("float32", "float64"))
    span = 1 << format_.precision
    half = [math.ldexp(random.randrange(1 - span, span), random.randint(least, greatest)) for _ in range((n + 1) // 2)]
    numbers = half + [-number for number in half[: n - len(half)]]
    random.shuffle(numbers)
    changed = random.randrange(len(numbers)) if numbers else 0
    numbers[changed : changed + 1] = [math.ldexp(1, least)] * min(1, n)
    return array_of(numbers, type_name)


@by_type
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 255, 256, 257, 2047, 2048, 2049])
def test_lengths_and_all_exponents(type_name: str, n: int) -> None:
    """Nearly all cancel and the least number counts, at every length around powers of two."""
    numbers = spread_numbers(n, type_name, seed=n)
    plain = numbers_of(numbers)
    for order in (plain, plain[::-1]):
        assert_same(sum_by(array_of(order, type_name)), [exact_sum(plain, FORMATS[type_name])])


@pytest.mark.parametrize("n", [4095, 4097, 65_535, 65_536, 65_537, 131_073])
@pytest.mark.parametrize("threads", [None, 1, 2])
def test_many_numbers_are_summed_as_by_fsum(n: int, threads: int | None) -> None:
    """Of all exponents, in any number of threads, backwards too."""
    numbers = spread_numbers(n, "float64", seed=n)
    wanted = math.fsum(numbers.tolist())
    assert_same(sum_by(numbers, threads=threads), [wanted])
    assert_same(sum_by(numbers[::-1], threads=threads), [wanted])


@pytest.mark.parametrize("n", [2**20 - 1, 2**20, 2**20 + 1, 2**21 + 1])
def test_so_many_numbers_that_threads_share_them(n: int) -> None:
    """Of many exponents, in one thread and in more, as float64 and as float32."""
    random = np.random.default_rng(n)
    numbers = np.ldexp(random.standard_normal(n), random.integers(-60, 60, n))
    numbers[n // 2 :] -= numbers[: n - n // 2]
    for terms in (numbers, numbers.astype(np.float32)):
        wanted = math.fsum(terms.tolist())
        for threads in (1, 2, 3):
            assert_same(sum_by(terms, working="float64", threads=threads), [wanted], threads)


@by_type
@pytest.mark.slow
def test_so_many_numbers_of_all_exponents(type_name: str) -> None:
    """300,000; narrow ones too, whose sums binary64 does not hold."""
    numbers = spread_numbers(300_000, type_name, seed=1)
    exact = Fraction(0)
    values, counts = np.unique(numbers.astype(np.float64), return_counts=True)
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        exact += Fraction(value) * count
    wanted = FORMATS[type_name].rounded(exact) if exact else 0.0
    assert_same(sum_by(numbers), [wanted])
    assert_same(sum_by(numbers.reshape(500, 600)), [wanted])


@by_type
@pytest.mark.parametrize("n", [2047, 65_536, 200_003])
def test_carries_of_equal_numbers(type_name: str, n: int) -> None:
    """As many of the largest number, of the least and of one with all bits set as fill any accumulator."""
    format_ = FORMATS[type_name]
    for number in (format_.largest / 2.0**18, format_.least, -1.9921875, 1.0):
        held = format_.cast(number)
        numbers = array_of([held] * n, type_name)
        assert_same(sum_by(numbers), [format_.rounded(Fraction(held) * n)], number)
        cancelling = np.concatenate([numbers, -numbers, numbers[:1]])
        assert_same(sum_by(cancelling), [held], number)


@pytest.mark.parametrize("n", [2, 3, 1000, 70_000])
def test_overflow_on_the_way_is_none(n: int) -> None:
    """As many largest numbers as you like and as many of the other sign leave what is left."""
    numbers = np.concatenate([np.full(n, MAX), np.full(n, -MAX), np.array([LEAST])])
    assert_same(sum_by(numbers), [LEAST])
    assert_same(sum_by(numbers[: 2 * n]), [0.0])
    assert_same(sum_by(numbers[:n]), [math.inf])
    assert_same(sum_by(numbers[n:]), [-math.inf])


@by_type
@settings(max_examples=60)
@given(data=st.data())
def test_any_numbers_in_any_order(type_name: str, data: st.DataObject) -> None:
    """The rational sum, rounded once; and the same again when shuffled."""
    numbers = data.draw(st.lists(any_numbers(type_name) | finite_numbers(type_name), max_size=20))
    shuffled = data.draw(st.permutations(numbers))
    wanted = [exact_sum(numbers, FORMATS[type_name])]
    assert_same(sum_by(array_of(numbers, type_name)), wanted, numbers)
    assert_same(sum_by(array_of(shuffled, type_name)), wanted, shuffled)


@settings(max_examples=60)
@given(
    data=st.data(),
    working=st.sampled_from(("float32", "bfloat16", "float16", "float8_e5m2", "e5m7", "e4m3", "e4m7", "e6m9")),
)
def test_wide_terms_are_not_rounded_before_they_are_summed(data: st.DataObject, working: str) -> None:
    """Only the sum is, once, to the working format."""
    format_ = FORMATS[working]
    numbers = data.draw(st.lists(finite_numbers(working), min_size=1, max_size=5))
    halves = [math.ldexp(1.0, math.frexp(number)[1] - format_.precision - 1) for number in numbers]
    rests = data.draw(
        st.lists(st.sampled_from([*halves, *(-half for half in halves), 2.0**-1000, -(2.0**-1000)]), max_size=4)
    )
    terms = [*numbers, *rests]
    assert_same(sum_by(np.array(terms), working=working), [exact_sum(terms, format_)], terms)


@settings(max_examples=100)
@given(st.integers(1, 60), st.integers(-1074, 960), st.integers(1, 2**53 - 1), st.sampled_from((1, -1)))
def test_halfway_cases_at_every_exponent(n: int, exponent: int, significand: int, sign: int) -> None:
    """A number, half its spacing in `n` parts, and the least number more, less or neither."""
    number = math.ldexp(2**52 + significand % 2**52, exponent) if exponent > -1074 else math.ldexp(significand, -1074)
    spacing = math.ulp(number)
    parts = [spacing / 2 / 64] * 64 if spacing / 128 >= LEAST else []
    for rest in (0.0, LEAST, -LEAST):
        terms = [sign * term for term in (number, *parts[:n], *parts[n:], rest)]
        random = Random(n)  # noqa: S311 - a test, not a secret
        random.shuffle(terms)
        assert written([sum_by(np.array(terms)).item()]) == written([math.fsum(terms) or 0.0]), terms
