"""That no computed dot product is farther off than its bound says, nor more often; bounds against exact closed forms."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.accumulation import HARDWARE, matmul_by, parse_accumulator
from precisionlab.accumulation.bounds import (
    compound,
    gamma,
    kahan,
    lambda_for,
    normwise_bound,
    probable_bound,
    unit_of,
    worst_bound,
)
from precisionlab.accumulation.records import BlockFma, Chain, Promoted, Strassen
from precisionlab.errors import UsageError
from precisionlab.formats.rounding import round_to

Array = NDArray[Any]
Style = Callable[[np.random.Generator, tuple[int, int]], Array]

CHAINS = (
    *("fp32", "fp32_fma", "fp32_truncated", "fp32_floor", "fp32_ceiling", "fp32_away", "fp32_sr8", "fp32_fma_blocked8"),
    *(
        "fp32_pairwise",
        "fp32_blocked7",
        "fp32_kahan",
        "bf16",
        "bf16_fma",
        "bf16_pairwise",
        "bf16_blocked8",
        "bf16_kahan",
    ),
    *(
        "bf16_sr1",
        "bf16_fma_sr12",
        "bf16_truncated",
        "bf16_promoted8",
        "bf16_promoted16_into_e8m10",
        "fp32_promoted4_into_bf16",
    ),
    *("e8m3", "e8m3_fma", "e8m3_pairwise", "e8m3_blocked3", "e8m3_kahan", "e8m2_kahan", "e8m3_promoted4"),
)
PROMOTED = ("h100_fp8_promoted32", "a100_fp16_promoted24_into_bf16", "v100_fp16_to_fp16_promoted8")
EXACT = ("fp32", "fp32_pairwise", "fp32_blocked7", "fp32_kahan", "bf16_promoted8")
"""Those that also get factors whose products they hold."""


def spread_out(random: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Sizes of many powers of two, which no format here loses to underflow, of both signs."""
    sizes: Array = np.exp2(random.uniform(-4, 4, shape))
    sizes *= random.choice([-1.0, 1.0], shape)
    return sizes


def cancelling(random: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Numbers that come again with the other sign."""
    half = spread_out(random, (shape[0], (shape[1] + 1) // 2))
    both: Array = np.concatenate((half, -half), 1)
    return both[:, : shape[1]]


def of_one_sign(random: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Numbers of about one size, none of them small."""
    return random.uniform(0.25, 4, shape)


def growing(random: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Small numbers after large ones, which lose most of them."""
    return np.sort(spread_out(random, shape), 1)[:, ::-1]


STYLES: tuple[Style, ...] = (spread_out, cancelling, of_one_sign, growing)


def factors(name: str, style: Style, k: int, size: int, kind: str = "fp32") -> tuple[Array, Array]:
    """Weights [size, k] and inputs [k, size], as the accumulator takes them."""
    random = np.random.default_rng([*name.encode(), k])
    made = parse_accumulator(name)
    inner = made.inner if isinstance(made, Promoted) else made
    kind = inner.operands.name if isinstance(inner, BlockFma) else kind
    signs = random.choice([-1.0, 1.0], (size, k)) if style is not of_one_sign else 1.0
    weights, inputs = style(random, (size, k)), random.uniform(0.25, 4, (size, k)) * signs
    if style is cancelling:
        inputs = np.abs(inputs[:, :1]) * np.ones_like(inputs)
    return round_to(weights.astype(np.float32), kind), round_to(inputs.T.astype(np.float32), kind)


def shares(name: str, weights: Array, inputs: Array, seed: int = 3) -> Array:
    """|computed - exact| / sum |w| |x| of every product, up to what float64 loses."""
    has_seed = "_sr" in name
    got = matmul_by(weights, inputs, name, seed=seed if has_seed else None)
    w, x = weights.astype(float), inputs.astype(float)
    scale = np.abs(w) @ np.abs(x)
    off: Array = np.abs(got - w @ x) / scale
    return off - gamma(len(x), 2.0**-53)


@pytest.mark.parametrize("name", [*CHAINS, *HARDWARE, *PROMOTED])
def test_no_product_is_off_by_more_than_the_worst_case(name: str) -> None:
    """100,000 dot products of an accumulator: of many lengths and kinds of factors."""
    made = parse_accumulator(name)
    n_seen = 0
    for k in (1, 2, 3, 7, 16, 33, 50):
        bound = worst_bound(made, k)
        for style in STYLES:
            seen = shares(name, *factors(name, style, k, 60))
            assert seen.max() <= bound
            n_seen += seen.size
    assert n_seen >= 100_000


@pytest.mark.parametrize("name", EXACT)
def test_products_that_are_exact_need_no_rounding_of_their_own(name: str) -> None:
    """Two numbers of four bits have a product of eight: the bound loses one rounding, and holds."""
    made = parse_accumulator(name)
    for k in (1, 2, 3, 16, 50):
        bound = worst_bound(made, k, has_exact_products=True)
        assert bound < worst_bound(made, k) or math.isinf(bound)
        for style in STYLES:
            assert shares(name, *factors(name, style, k, 60, "e8m3")).max() <= bound


# How near they come


def test_an_ordinary_sum_may_be_off_by_the_worst_case() -> None:
    """1 + u + u + ..., rounded to even every time: (n-1) u is lost (Higham 2002, section 4.2)."""
    k, u = 4096, 2.0**-24
    terms = np.full((1, k), u, np.float32)
    terms[0, 0] = 1
    seen = shares("fp32", terms, np.ones(k, np.float32))
    bound = worst_bound(parse_accumulator("fp32"), k, has_exact_products=True)
    assert 0.999 * bound < seen[0] <= bound


@pytest.mark.parametrize(("name", "least"), [("h100_bf16", 0.74), ("a100_bf16", 0.74), ("h100_fp8", 0.86)])
def test_a_tensor_core_may_be_off_by_about_the_worst_case(name: str, least: float) -> None:
    """1, and products that are cut away one and all, block after block."""
    unit = HARDWARE[name]
    k = unit.terms * 8
    weights = np.full((1, k), 2.0**-4, np.float32)
    inputs = np.full(k, 0.9375 * 2.0 ** (11 - unit.alignment_bits), np.float32)
    weights[0, 0], inputs[0] = 16, 8  # 2^7, beside products of nearly 2^7 2^-alignment_bits
    seen = shares(name, weights, inputs)
    assert least * worst_bound(unit, k) < seen[0] <= worst_bound(unit, k)


def test_compensation_is_worth_what_the_bound_says() -> None:
    """Kahan's sum in bfloat16 stays within 3u + O(n u^2) where the plain one loses all."""
    k = 1024
    bound = kahan(k, 2.0**-8)
    assert 3 * 2.0**-8 < bound < 0.5
    weights, inputs = factors("bf16_kahan", of_one_sign, k, 20, "e8m3")
    assert shares("bf16_kahan", weights, inputs).max() <= compound(bound, 2.0**-8)
    assert shares("bf16", weights, inputs).min() > bound


@given(n=st.integers(3, 10**6), bits=st.integers(3, 60))
def test_kahans_bound_solves_its_equation(n: int, bits: int) -> None:
    """G = (1+u) (1+D) - 1 with D from g (see `kahan`), in rationals; it is 3u + O(n u^2) where n u^2 is small."""
    u = Fraction(1, 1 << bits)
    g = kahan(n, float(u))
    if math.isinf(g):
        assert n * u**2 > Fraction(1, 50)
        return
    largest, q = (1 + u) ** 2 * u * (2 + Fraction(g)), 2 * u + 2 * u**2 + u**3
    spread = q + u * largest + (n - 2) * (q * largest + (2 * u**2 + u**3) * (1 + Fraction(g)))
    assert float((1 + u) * (1 + spread) - 1) == pytest.approx(g, rel=1e-12)
    assert g >= 3 * u
    if n * u**2 <= Fraction(1, 20):  # far from where there is no bound any more
        assert g <= 3 * u + 50 * n * u**2


# Closed forms


@given(n=st.integers(0, 1 << 40), bits=st.integers(2, 113))
def test_gamma_is_the_fraction(n: int, bits: int) -> None:
    """N u / (1 - n u), or infinity where that is no bound (Higham 2002, lemma 3.1)."""
    u = Fraction(1, 1 << bits)
    got = gamma(n, float(u))
    if n * u >= 1:
        assert got == math.inf
    else:
        exact = n * u / (1 - n * u)
        assert abs(Fraction(got) - exact) <= exact / 2**50


@given(st.lists(st.floats(0, 3), max_size=6))
def test_errors_compound(errors: list[float]) -> None:
    """(1 + a) (1 + b) ... - 1."""
    exact = math.prod((1 + Fraction(error) for error in errors), start=Fraction(1)) - 1
    assert abs(Fraction(compound(*errors)) - exact) <= exact / 2**45


@pytest.mark.parametrize(
    ("name", "k", "roundings", "u"),
    [
        ("fp32", 4096, 4096, Fraction(1, 1 << 24)),
        ("fp32_fma", 4096, 4096, Fraction(1, 1 << 24)),
        ("fp32_pairwise", 4096, 13, Fraction(1, 1 << 24)),
        ("fp32_pairwise", 4097, 14, Fraction(1, 1 << 24)),
        ("fp32_blocked128", 4096, 159, Fraction(1, 1 << 24)),
        ("fp32_truncated", 4096, 4096, Fraction(1, 1 << 23)),
        ("bf16", 100, 100, Fraction(1, 1 << 8)),
        ("bf16_sr4", 100, 100, Fraction(1, 1 << 7)),
        ("fp64", 1000, 1000, Fraction(1, 1 << 53)),
        ("fp32", 1, 1, Fraction(1, 1 << 24)),
    ],
)
def test_chains_have_the_bounds_of_the_textbook(name: str, k: int, roundings: int, u: Fraction) -> None:
    """Gamma of: n in order, ceil(log2 n) + 1 pairwise, b + n/b - 1 in blocks, the product's rounding among them."""
    exact = roundings * u / (1 - roundings * u)
    assert worst_bound(parse_accumulator(name), k) == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "k", "blocks"),
    [
        ("h100_bf16", 32, [(15, 25), (16, 25)]),
        ("h100_bf16", 40, [(15, 25), (16, 25), (8, 25)]),
        ("v100_fp16", 4, [(3, 23)]),
        ("ada_fp8", 16, [(15, 13)]),
        ("h100_fp16", 3, [(2, 25)]),
    ],
)
def test_tensor_cores_cut_every_addend_of_a_block_but_the_largest(
    name: str, k: int, blocks: list[tuple[int, int]]
) -> None:
    """The product over blocks of (1 + count 2^-bits) (1 + 2^(1-p)), less 1."""
    u = Fraction(2) ** (1 - HARDWARE[name].format.precision)
    exact = math.prod(((1 + Fraction(count, 1 << bits)) * (1 + u) for count, bits in blocks), start=Fraction(1)) - 1
    assert worst_bound(HARDWARE[name], k) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "k", "failure"), [("fp32", 4096, 1e-12), ("bf16", 100, 0.1), ("fp16_sr11", 700, 1e-3)]
)
def test_the_probable_bound_is_that_of_higham_and_mary(name: str, k: int, failure: float) -> None:
    """Theorem 3.1 of 2019: exp(lambda sqrt(n) u + n u^2 / (1-u)) - 1 but for 2 n exp(-lambda^2 (1-u)^2 / 2)."""
    made = parse_accumulator(name)
    assert isinstance(made, Chain)
    with localcontext(prec=40):
        u, n = Decimal(unit_of(made)), Decimal(k)
        drift = u / 2**made.random_bits if made.random_bits else Decimal(0)
        size = u / (1 - drift)
        lambda_ = (2 * (2 * n / Decimal(failure)).ln()).sqrt() / (1 - size)
        exponent = lambda_ * n.sqrt() * size + n * size**2 / (1 - size) + n * drift / (1 - drift)
        assert probable_bound(made, k, failure) == pytest.approx(float(exponent.exp() - 1), rel=1e-12)


@given(failure=st.floats(1e-300, 0.9), events=st.integers(1, 1 << 40))
def test_lambda_gives_all_events_the_failure_together(failure: float, events: int) -> None:
    """2 exp(-lambda^2 / 2) for each."""
    assert events * 2 * math.exp(-(lambda_for(failure, events) ** 2) / 2) == pytest.approx(failure, rel=1e-9)


# But for a probability


@pytest.mark.parametrize("failure", [0.1, 1e-3])
@pytest.mark.parametrize(
    ("name", "k"),
    [
        ("fp32", 64),
        ("fp16", 64),
        ("bf16", 64),
        ("bf16_fma", 64),
        ("fp16_sr3", 64),
        ("bf16_sr24", 64),
        ("fp32_blocked16", 256),
        ("bf16_promoted64", 256),
        ("h100_fp16_to_fp16", 1024),
    ],
)
def test_it_is_exceeded_no_more_often_than_promised(name: str, k: int, failure: float) -> None:
    """Of 40,000 products; the bound is one that matters, being below the worst case."""
    made = parse_accumulator(name)
    bound = probable_bound(made, k, failure)
    assert bound < worst_bound(made, k)
    seen = np.concatenate([shares(name, *factors(name, style, k, 100)).ravel() for style in STYLES])
    assert np.mean(seen > bound) <= failure
    assert seen.max() > bound / 100


@pytest.mark.parametrize("k", [1024, 16384])
def test_stochastic_rounding_keeps_the_promise_where_rounding_to_nearest_breaks_it(k: int) -> None:
    """Sums of one sign with n u of 4 and more: they stagnate to nearest, and do not stochastically."""
    terms, ones = np.full((300, k), 0.9, np.float32), np.ones(k, np.float32)
    bound = probable_bound(parse_accumulator("bf16_sr24"), k, 0.1, has_exact_products=True)
    stochastic = shares("bf16_sr24", terms, ones)
    assert np.mean(stochastic > bound) <= 0.1
    assert shares("bf16", terms[:1], ones)[0] > 10 * np.abs(stochastic).mean()


@pytest.mark.parametrize("name", ["fp32_truncated", "fp32_floor", "fp32_kahan", "h100_bf16", "h100_fp8"])
def test_what_errs_to_one_side_has_no_better_bound(name: str) -> None:
    """Nor has Kahan's sum."""
    made = parse_accumulator(name)
    assert probable_bound(made, 4096, 0.5) == worst_bound(made, 4096)


@pytest.mark.parametrize("name", [*CHAINS, *HARDWARE, *PROMOTED])
def test_less_failure_costs_more_and_never_more_than_the_worst_case(name: str) -> None:
    """Also where n u is beyond 1."""
    made = parse_accumulator(name)
    for k in (1, 64, 1 << 20):
        bounds = [probable_bound(made, k, failure) for failure in (0.5, 1e-3, 1e-12)]
        assert bounds == sorted(bounds)
        assert bounds[-1] <= worst_bound(made, k)


# Strassen


@pytest.mark.parametrize(
    "name", ["bf16_strassen1", "bf16_strassen3", "e8m3_strassen2", "fp32_strassen2", "bf16_fma_strassen1"]
)
def test_strassen_has_a_bound_of_the_largest_entry(name: str) -> None:
    """Max |computed - exact| <= f max|A| max|B|; to first order f is Brent's (Higham 2002, theorem 23.2)."""
    made = parse_accumulator(name)
    assert isinstance(made, Strassen)
    for k in (5, 8, 16):
        for style in STYLES:
            weights, inputs = factors(name, style, k, k)
            got = matmul_by(weights, inputs, name)
            off = np.abs(got - weights.astype(float) @ inputs.astype(float)).max()
            assert off <= normwise_bound(made, k) * np.abs(weights).max() * np.abs(inputs).max()


def test_strassens_bound_is_brents_to_first_order() -> None:
    """(12^l (m^2 + 5m) - 5n) u for n = 2^l m; here sums of a chain are m u, as Brent's are."""
    made = parse_accumulator("fp64_strassen3")
    assert isinstance(made, Strassen)
    m, levels, n = 16, 3, 128
    brent = (12**levels * (m**2 + 5 * m) - 5 * n) * 2.0**-53
    assert brent < normwise_bound(made, n) < 1.05 * brent


def test_strassen_has_no_componentwise_bound() -> None:
    """One line says so."""
    with pytest.raises(UsageError, match="fp32_strassen1: has no componentwise bound"):
        worst_bound(parse_accumulator("fp32_strassen1"), 16)
