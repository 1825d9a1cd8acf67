"""Tolerances of layernorm, rmsnorm and softmax; docs/tolerance.md derives every formula."""

from math import exp, expm1, inf, log, sqrt
from typing import Final, NamedTuple

from precisionlab.accumulation.bounds import compound, gamma, overflowing_expm1, unit_of
from precisionlab.accumulation.conversions import REFERENCE_U, output_roundoff, output_underflow, smallest_normal
from precisionlab.accumulation.drawn_inputs import (
    Inputs,
    largest,
    least_mean_square,
    least_variance,
    most_of_sizes,
)
from precisionlab.accumulation.independence import bound
from precisionlab.accumulation.problems import Limits, Op, Part, Problem, Reference, chain_within
from precisionlab.accumulation.records import unit_roundoff

FUNCTION_ULPS: Final = 2
"""Error of exp, of 2^x and of 1/sqrt, in units of the last place; each is at most 2u of the result."""
POWER_ROUNDINGS: Final = 3
"""Of the exponent: x - max, and its product with a rounded log2(e), if exp is computed as a power of two."""
EPS: Final = 1e-5
"""Added to the variance or the mean square, as PyTorch's layernorm does by default."""
WIDEST_SPREAD: Final = 4.0
"""Up to which spread the componentwise form of layernorm holds (see `arithmetic_error`)."""


class Sums(NamedTuple):
    """The arithmetic of one run of a kernel: its unit roundoff, and the factors of its sums."""

    u: float
    of_terms: float
    """Of a sum of numbers of the format that is computed in."""
    of_squares: float
    """Of a sum of squares, the squares being rounded."""
    smallest: float
    """The smallest positive number, of all formats that the sums have."""
    u_in: float = 0.0
    """By which it rounds its inputs, relative to those that the reference has."""


class RowError(NamedTuple):
    """|computed - exact| <= relative |normalised weight| + lifted |weight| + of_bias |bias|, before the output is rounded."""

    relative: float
    lifted: float
    of_bias: float


def limits(problem: Problem, *, is_probable: bool) -> Limits:
    """Both ways to say how far results may be off."""
    if problem.op is Op.SOFTMAX:
        return softmax_limits(problem, sums_of(problem, is_probable=is_probable))
    return norm_limits(problem, sums_of(problem, is_probable=is_probable))


def parts(problem: Problem) -> tuple[Part, ...]:
    """What the limits are made of, to first order."""
    pair = [sums_of(problem, is_probable=is_probable) for is_probable in (False, True)]
    named = softmax_parts if problem.op is Op.SOFTMAX else norm_parts
    worst, probable = (named(problem, sums) for sums in pair)
    together = ((*one, other[1]) for one, other in zip(worst, probable, strict=True))
    out = Part("output rounding", output_roundoff(problem), output_roundoff(problem), "result")
    return (*(Part(name, first, second, of) for name, first, of, second in together if first), out)


def sums_of(problem: Problem, *, is_probable: bool) -> Sums:
    """The kernel's arithmetic: a sum's terms are rounded where its chain has fewer bits than its result."""
    chain = chain_within(problem.accumulator)
    if chain is None:
        return Sums(inf, inf, inf, inf)
    outer = problem.accumulator.format
    u = unit_of(chain) if outer == chain.format else unit_roundoff(outer)
    return Sums(
        u,
        bound(problem, has_exact_products=outer.precision <= chain.format.precision, is_probable=is_probable),
        bound(problem, has_exact_products=False, is_probable=is_probable),
        max(outer.min_positive, chain.format.min_positive),
        unit_roundoff(problem.inputs) if problem.reference is Reference.WIDE else 0.0,
    )


def reference_sums(problem: Problem) -> Sums:
    """The arithmetic of the reference: float64, in any order."""
    g = gamma(problem.k, REFERENCE_U)
    return Sums(REFERENCE_U, g, g, 0.0)


# Norms


def norm_limits(problem: Problem, sums: Sums) -> Limits:
    """Of layernorm and rmsnorm, for weight 1 and bias 0; componentwise for all."""
    out, floor = output_roundoff(problem), norm_underflow(problem, sums)
    least, spread = drawn_spread(problem)
    drawn = norm_error(problem, sums, spread, least)
    widest = widest_spread(problem)
    capped = norm_error(problem, sums, widest, EPS)
    return Limits(
        relative=compound(drawn.relative, out),
        absolute=((1 + out) * drawn.lifted * spread if spread else 0.0) + floor,
        factor=(1 + out) * capped.lifted if widest else 0.0,
        of_result=compound(capped.relative, out),
        floor=floor,
        of_bias=(1 + out) * capped.of_bias,
    )


def widest_spread(problem: Problem) -> float:
    """Up to which spread the componentwise form holds; 0 where the spread does not matter."""
    if problem.op is Op.LAYERNORM:
        return WIDEST_SPREAD
    return 1.0 if problem.reference is Reference.WIDE and smallest_normal(problem.inputs) else 0.0


def norm_error(problem: Problem, sums: Sums, spread: float, least: float) -> RowError:
    """The kernel's error and the reference's; `lifted` is per unit of spread."""
    own, reference = (arithmetic_error(problem, one, spread, least) for one in (sums, reference_sums(problem)))
    lifted = own.lifted + reference.lifted
    relative = own.relative + reference.relative
    return RowError(relative, lifted, relative + own.of_bias + reference.of_bias if problem.op is Op.LAYERNORM else 0.0)


def arithmetic_error(problem: Problem, sums: Sums, spread: float, least: float) -> RowError:
    """Of one run on inputs that it may round first, relative to the exact result of those before.

    Args:
        problem: what is computed.
        sums: in which arithmetic.
        spread: s = mean |x| / sigma, sigma = sqrt(variance + eps), |x| being at least the smallest normal number of the
            inputs' format where that is no tiny one. In rmsnorm, which takes no mean off, s is that number / sigma.
        least: what sigma^2 is at least, which tells how much underflow of squares and of eps may matter.
    """
    is_layer, u, u_in = problem.op is Op.LAYERNORM, sums.u, sums.u_in
    moved = u_in * (sqrt(1 + spread**2) + spread if is_layer else 1 + spread)  # of sigma, relative
    if moved >= 1:
        return RowError(inf, inf, u)
    of_input, lifted_input = (u_in + moved) / (1 - moved), (3 if is_layer else 1) * u_in / (1 - moved)
    # Of the mean, per spread; two roundings more where x / sigma - mean / sigma is computed.
    off = compound(sums.of_terms, u, u, u, u) * (1 + u_in) / (1 - moved) if is_layer else 0.0
    lost = sums.smallest / (least * (1 - moved) ** 2)
    squares = compound(sums.of_squares, u, u, *[u, u] * is_layer) + lost
    variance = compound(squares, (off * spread) ** 2, u)
    if variance >= 1:
        return RowError(inf, inf, u)
    root = compound((1 - variance) ** -0.5 - 1, FUNCTION_ULPS * 2 * u)
    relative = compound(root, *[u, u, u, u] if is_layer else [u, u])
    return RowError(compound(of_input, relative), (1 + relative) * (lifted_input + off), u)


def drawn_spread(problem: Problem) -> tuple[float, float]:
    """The least sigma^2 and the largest spread of drawn inputs, each but for the share of the failure."""
    k, share, m = problem.k, problem.share, smallest_normal(problem.inputs)
    u = unit_roundoff(problem.inputs) if problem.reference is Reference.SAME else 0.0
    if problem.op is Op.RMSNORM:
        least = least_sigma(least_mean_square(problem.drawn, k, share), u, m)
        return least**2, m / least
    mean = most_of_sizes(problem.drawn, k, share) / k + m
    least = least_sigma(least_variance(problem.drawn, k, share), u, mean)
    return least**2, (1 + u) * mean / least


def least_sigma(variance: float, u: float, mean: float) -> float:
    """The least sqrt(variance + eps) of inputs whose rounding moves it by u (sigma + |mean|) at most."""
    return max(sqrt(variance + EPS) * (1 - u) - u * mean, sqrt(EPS))


def norm_underflow(problem: Problem, sums: Sums) -> float:
    """Of results for |weight| <= 3, which are rounded before the weight and after it; squares count in the variance."""
    return 2 * sums.smallest + output_underflow(problem)


def norm_parts(problem: Problem, sums: Sums) -> list[tuple[str, float, str]]:
    """To first order."""
    u, is_layer = sums.u, problem.op is Op.LAYERNORM
    u_in = unit_roundoff(problem.inputs) if problem.reference is Reference.WIDE else 0.0
    return [
        ("mean", compound(sums.of_terms, u, u, u, u) if is_layer else 0.0, "scale"),
        ("variance", compound(sums.of_squares, u, u, u, *[u, u] * is_layer) / 2, "result"),
        ("1/sqrt", FUNCTION_ULPS * 2 * u, "result"),
        ("scale and shift", 4 * u if is_layer else 2 * u, "result"),
        ("input rounding", u_in, "result"),
        ("moments of inputs", u_in * (3 if is_layer else 1), "scale" if is_layer else "result"),
    ]


# Softmax


def softmax_limits(problem: Problem, sums: Sums) -> Limits:
    """The factor multiplies |want| (max - x); inputs before rounding add exp(2u max |x|) to both forms."""
    out, cap = output_roundoff(problem), cap_of(sums)
    base, lost = softmax_error(problem, sums)
    reference, _ = softmax_error(problem, reference_sums(problem))
    reach = min(drawn_reach(problem), cap)
    moved = expm1(2 * drawn_moves(problem) * (1 + off_power(sums)))
    relative = compound(base, overflowing_expm1(off_power(sums) * reach), moved) + compound(
        reference, overflowing_expm1(off_power(reference_sums(problem)) * reach)
    )
    floor = lost * (1 + moved) + output_underflow(problem)
    return Limits(
        relative=compound(relative, out),
        absolute=(1 + out) * floor,
        factor=(1 + out) * ((1 + base) * steepest(sums) + steepest(reference_sums(problem))),
        of_result=compound(base + reference, out),
        floor=(1 + out) * floor,
    )


def softmax_error(problem: Problem, sums: Sums) -> tuple[float, float]:
    """The relative error at the maximum, and what underflow adds to all.

    Blanchard, Higham and Higham 2021, section 4, have the same parts to first order. Here exp is off by f, that of a
    number z below the maximum by exp(v z) more, v = (1+u)^3 - 1, and the sum of exp(v z_j) - 1 with the weights p_j of
    softmax is at most v exp(v cap) sum p_j z_j <= v exp(v cap) log k: sum p_j z_j is the entropy of p less log(sum exp).
    """
    u, f = sums.u, FUNCTION_ULPS * 2 * sums.u
    lost = (FUNCTION_ULPS + exp(min(off_power(sums) * cap_of(sums), 700.0))) * sums.smallest
    of_sum = compound(sums.of_terms, f, steepest(sums) * log(problem.k)) + problem.k * lost * (1 + sums.of_terms)
    if of_sum >= 1:
        return inf, inf
    return compound(f, of_sum / (1 - of_sum), u), lost * (1 + u) / (1 - of_sum) + sums.smallest


def off_power(sums: Sums) -> float:
    """The relative error v of the exponent."""
    return compound(*[sums.u] * POWER_ROUNDINGS)


def steepest(sums: Sums) -> float:
    """What exp(v z) - 1 is at most per z, up to the cap."""
    return off_power(sums) * exp(min(off_power(sums) * cap_of(sums), 700.0))


def cap_of(sums: Sums) -> float:
    """How far below the maximum exp(x - max) falls below the smallest number; what lies further down is lost."""
    return -log(sums.smallest) if sums.smallest else 745.0


def drawn_reach(problem: Problem) -> float:
    """How far below the maximum drawn inputs lie, but for the share of the failure."""
    if problem.drawn is Inputs.UNIFORM:
        return 1.0
    return 2 * largest(problem.drawn, problem.k, problem.share) * (1 + unit_roundoff(problem.inputs))


def drawn_moves(problem: Problem) -> float:
    """How far rounding moves drawn inputs: u max |x|."""
    if problem.reference is Reference.SAME:
        return 0.0
    most = largest(problem.drawn, problem.k, problem.share)
    return unit_roundoff(problem.inputs) * max(most, smallest_normal(problem.inputs))


def softmax_parts(problem: Problem, sums: Sums) -> list[tuple[str, float, str]]:
    """To first order."""
    u = sums.u
    return [
        ("exponent", off_power(sums), "scale"),
        ("exp", FUNCTION_ULPS * 2 * u, "result"),
        ("sum of exp", compound(sums.of_terms, FUNCTION_ULPS * 2 * u, off_power(sums) * log(problem.k)), "result"),
        ("division", u, "result"),
        ("input rounding", expm1(2 * drawn_moves(problem)), "result"),
    ]
