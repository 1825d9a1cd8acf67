"""Errors of compensated sums and dot products stay within what the theorems promise, by rationals.

u is the unit roundoff of the working format and gamma(n) = nu / (1 - nu). Sources as in `reference`.
"""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from precisionlab.summation import dot_by, ill_conditioned, ill_conditioned_sum, sum_by
from tests.summation.reference import FORMATS
from tests.summation.values import Array, kind_of, numbers_of, size, total

Bound = Callable[[Fraction, int, Fraction, Fraction], Fraction]
"""Of u, the number of terms, the size of the exact result and the sum of the sizes of all terms."""


def gamma(u: Fraction, n: int) -> Fraction:
    """The bound of n accumulated roundings (Higham, lemma 3.1)."""
    assert n * u < 1
    return n * u / (1 - n * u)


def kahan_bound(u: Fraction, n: int, _: Fraction, terms: Fraction) -> Fraction:
    """(2u + O(nu^2)) times the terms (Higham, equation 4.8), with 8 for the constant in the O."""
    return (2 * u + 8 * n * u**2) * terms


def sum2_bound(u: Fraction, n: int, result: Fraction, terms: Fraction) -> Fraction:
    """ORO, proposition 4.5; Neumaier's method computes the same."""
    return u * result + gamma(u, n - 1) ** 2 * terms


def klein_bound(u: Fraction, n: int, result: Fraction, terms: Fraction) -> Fraction:
    """Two final roundings; the errors' errors are at most gamma squared, and are themselves summed with gamma.

    With T the first two sums, E the exact sum of the errors' errors and h its error, the result is
    ((T + (first))(1 + d) + E + h)(1 + d') where |E| <= gamma^2 terms and |h| <= gamma^3 terms.
    """
    g = gamma(u, n - 1)
    return (2 * u + u**2) * result + (1 + u) * (u * g**2 + g**3) * terms


def sum_k_bound(fold: int) -> Bound:
    """ORO, proposition 4.10."""

    def bound(u: Fraction, n: int, result: Fraction, terms: Fraction) -> Fraction:
        return (u + 3 * gamma(u, n - 1) ** 2) * result + gamma(u, 2 * n - 2) ** fold * terms

    return bound


def double_double_bound(u: Fraction, n: int, result: Fraction, terms: Fraction) -> Fraction:
    """Each addition has a relative error of at most 2u^2 (JMP, theorem 2), and the result is rounded to its high part."""
    return u * result + (1 + u) * gamma(2 * u**2, n - 1) * terms


def dot2_bound(u: Fraction, n: int, result: Fraction, terms: Fraction) -> Fraction:
    """ORO, proposition 5.5."""
    return u * result + gamma(u, n) ** 2 * terms


def dot_k_bound(fold: int) -> Bound:
    """ORO, proposition 5.11."""

    def bound(u: Fraction, n: int, result: Fraction, terms: Fraction) -> Fraction:
        g = gamma(u, 4 * n - 2)
        return (u + 2 * g**2) * result + g**fold * terms

    return bound


SUMS: dict[str, Bound] = {
    "kahan": kahan_bound,
    "neumaier": sum2_bound,
    "klein": klein_bound,
    "sum2": sum2_bound,
    "sumk:2": sum_k_bound(2),
    "sumk:3": sum_k_bound(3),
    "sumk:4": sum_k_bound(4),
    "sumk:7": sum_k_bound(7),
    "double-double": double_double_bound,
}
DOTS: dict[str, Bound] = {
    "dot2": dot2_bound,
    "dotk:3": dot_k_bound(3),
    "dotk:4": dot_k_bound(4),
    "dotk:7": dot_k_bound(7),
}
by_sum = pytest.mark.parametrize(("method", "bound"), SUMS.items(), ids=SUMS)
by_dot = pytest.mark.parametrize(("method", "bound"), DOTS.items(), ids=DOTS)
LENGTHS = {"float64": (10, 100, 2_000), "float32": (10, 100, 2_000), "bfloat16": (3, 10, 40), "float16": (10, 100, 200)}
by_length = pytest.mark.parametrize(
    ("type_name", "n"), [(name, n) for name, lengths in LENGTHS.items() for n in lengths]
)
CONDITIONS = (1e2, 1e8, 1e16, 1e24, 1e32, 1e40)


def random_terms(n: int, type_name: str, seed: int) -> Array:
    """Of one sign, of both, of sizes far apart, and such that the second half undoes the first but for its last bits."""
    random = np.random.default_rng([n, seed])
    normal = random.standard_normal(n)
    if seed % 4 == 0:
        return random.random(n).astype(kind_of(type_name))
    if seed % 4 == 1:
        return normal.astype(kind_of(type_name))
    spread = np.ldexp(normal, random.integers(-8, 3, n))
    if seed % 4 == 2:
        return spread.astype(kind_of(type_name))
    half = spread[: n // 2].astype(kind_of(type_name)).astype(np.float64)
    undoing = -half * (1 + 2.0**-7 * random.integers(-1, 2, n // 2))
    return np.concatenate([half, undoing, normal[: n % 2]]).astype(kind_of(type_name))


def assert_within(bound: Bound, type_name: str, got: float, terms: list[Fraction], n: int) -> None:
    """See that a result is as near to the exact one as the theorem says."""
    exact, sizes = sum(terms, Fraction(0)), sum(map(abs, terms), Fraction(0))
    error, allowed = abs(Fraction(got) - exact), bound(FORMATS[type_name].unit, n, abs(exact), sizes)
    assert error <= allowed, f"{float(error):.3g} > {float(allowed):.3g}"


def products_of(x: Array, y: Array) -> list[Fraction]:
    """The exact products."""
    return [Fraction(a) * Fraction(b) for a, b in zip(numbers_of(x), numbers_of(y), strict=True)]


@by_sum
@by_length
def test_sums_of_random_numbers(method: str, bound: Bound, type_name: str, n: int) -> None:
    """Eight sets of four kinds."""
    for seed in range(8):
        numbers = random_terms(n, type_name, seed)
        terms = [Fraction(number) for number in numbers_of(numbers)]
        assert_within(bound, type_name, numbers_of(sum_by(numbers, method, lanes=1))[0], terms, n)


@by_sum
@pytest.mark.parametrize("type_name", ["float64", "float32"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_sums_of_ill_conditioned_numbers(method: str, bound: Bound, type_name: str, condition: float) -> None:
    """Made for float64; rounded to float32 they have another condition and the same bound."""
    for seed in range(3):
        with np.errstate(all="ignore"):
            numbers = ill_conditioned_sum(300, condition, seed=seed).astype(type_name)
        terms = [Fraction(number) for number in numbers_of(numbers[np.isfinite(numbers)])]
        got = sum_by(numbers[np.isfinite(numbers)], method, lanes=1)
        assert_within(bound, type_name, numbers_of(got)[0], terms, len(terms))


@by_sum
@pytest.mark.parametrize("lanes", [2, 8, 31])
def test_lanes_keep_the_bounds(method: str, bound: Bound, lanes: int) -> None:
    """Where there are many more terms than lanes; of long sums, whose lanes are 256, too."""
    for seed in range(8):
        numbers = random_terms(2_000, "float32", seed)
        terms = [Fraction(number) for number in numbers_of(numbers)]
        assert_within(bound, "float32", numbers_of(sum_by(numbers, method, lanes=lanes))[0], terms, len(terms))


def test_long_sums_keep_the_bounds() -> None:
    """100,000 terms, in 256 lanes by default; in float64, since in float32 the theorems promise little of so many."""
    for seed in range(4):
        numbers = random_terms(100_000, "float64", seed)
        exact, sizes = total(numbers.tolist()), size(numbers.tolist())
        for method, bound in SUMS.items():
            error = abs(Fraction(sum_by(numbers, method).item()) - exact)
            assert error <= bound(FORMATS["float64"].unit, len(numbers), abs(exact), sizes), method


@by_dot
@by_length
def test_dot_products_of_random_numbers(method: str, bound: Bound, type_name: str, n: int) -> None:
    """Eight pairs of four kinds; in the narrow formats so few that the theorem promises something."""
    u = FORMATS[type_name].unit
    if (4 * n - 2) * u >= 1:
        n = int(1 / u) // 8
    for seed in range(8):
        x, y = random_terms(n, type_name, seed), random_terms(n, type_name, seed + 16 + seed // 4)
        got = dot_by(x, y, method, lanes=1)
        # float16 errors of products underflow: each then loses up to the least number
        slack = 5 * n * Fraction(FORMATS[type_name].least) if type_name == "float16" else Fraction(0)
        terms = products_of(x, y)
        exact, sizes = sum(terms, Fraction(0)), sum(map(abs, terms), Fraction(0))
        assert abs(Fraction(numbers_of(got)[0]) - exact) <= bound(u, n, abs(exact), sizes) + slack


@by_dot
@pytest.mark.parametrize("condition", CONDITIONS)
def test_dot_products_of_ill_conditioned_vectors(method: str, bound: Bound, condition: float) -> None:
    """In float64, up to a condition of 10^40, in one lane and in eight."""
    for seed in range(3):
        x, y = ill_conditioned(200, condition, seed=seed)
        for lanes in (1, 8):
            got = numbers_of(dot_by(x, y, method, lanes=lanes))[0]
            assert_within(bound, "float64", got, products_of(x, y), len(x))


@pytest.mark.parametrize(
    ("method", "condition"),
    [
        ("sum2", 1e14),
        ("neumaier", 1e14),
        ("sumk:2", 1e14),
        ("sumk:3", 1e29),
        ("klein", 1e27),
        ("double-double", 1e14),
        ("sumk:4", 1e40),
    ],
)
def test_nearly_all_digits_are_right_up_to_a_condition(method: str, condition: float) -> None:
    """K-fold precision gives nearly full accuracy up to a condition of about u^(1-K), by the bounds above."""
    for seed in range(5):
        numbers = ill_conditioned_sum(100, condition, seed=seed)
        exact = total(numbers.tolist())
        reached = float(size(numbers.tolist()) / abs(exact))
        got = numbers_of(sum_by(numbers, method))[0]
        slack = max(1.0, reached / condition)
        assert abs(Fraction(got) - exact) <= abs(exact) * Fraction(1e-10 * slack), seed


@pytest.mark.parametrize("method", ["recursive", "pairwise", "blocked:16", "kahan"])
def test_without_sums_of_errors_nothing_is_right_at_a_condition_of_10_to_the_25(method: str) -> None:
    """So the conditions above are hard: plain sums lose all digits."""
    numbers = ill_conditioned_sum(100, 1e25, seed=1)
    exact = total(numbers.tolist())
    assert abs(Fraction(numbers_of(sum_by(numbers, method))[0]) - exact) > abs(exact) / 10


def test_bounds_tell_methods_apart() -> None:
    """What recursive summation loses of ones that are added to 2^24 in float32 is far beyond Kahan's bound."""
    numbers = np.ones(4_001, np.float32)
    numbers[0] = 2.0**24
    exact = total(numbers_of(numbers))
    allowed = kahan_bound(FORMATS["float32"].unit, len(numbers), exact, exact)
    assert allowed < 4
    assert exact - Fraction(sum_by(numbers, "recursive").item()) == 4_000
    assert abs(exact - Fraction(sum_by(numbers, "kahan").item())) <= allowed
