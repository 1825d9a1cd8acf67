"""Tolerances of matrix products, dot products and sums; docs/tolerance.md derives every formula."""

from math import ceil

from precisionlab.accumulation.bounds import (
    NEAREST,
    compound,
    gamma,
    n_blocks,
    probable_bound,
    unit_of,
    worst_bound,
)
from precisionlab.accumulation.conversions import (
    REFERENCE_U,
    has_exact_products,
    input_error,
    least_size,
    operand_error,
    output_roundoff,
    output_underflow,
    rounded_sizes,
    smallest_normal,
)
from precisionlab.accumulation.drawn_errors import drawn_error
from precisionlab.accumulation.drawn_inputs import Inputs, most_of_products, most_of_sizes
from precisionlab.accumulation.independence import bound
from precisionlab.accumulation.problems import Limits, Op, Part, Problem, chain_within, unit_within
from precisionlab.accumulation.records import Promoted


def limits(problem: Problem, *, is_probable: bool) -> Limits:
    """Both ways to say how far results may be off."""
    factor, of_result = output_factor(problem, is_probable=is_probable), output_roundoff(problem)
    floor = underflow(problem, bound(problem, has_exact_products=True, is_probable=is_probable))
    if problem.drawn is Inputs.UNIFORM:  # of one sign: the scale is the result, but for the smallest inputs
        lifted = factor * lift(problem) * rounded_sizes(problem) if least_size(problem) else 0.0
        return Limits(of_result + factor, lifted + floor, factor, of_result, floor)
    scale = most_of_scale(problem)
    drawn = drawn_error(problem, is_probable=is_probable) + gamma(problem.k, REFERENCE_U) * scale
    absolute = min(factor * scale, (1 + of_result) * drawn)
    floor_of_drawn = underflow(problem, drawn_bound(problem, is_probable=is_probable))
    return Limits(of_result, absolute + floor_of_drawn, factor, of_result, floor)


def parts(problem: Problem) -> tuple[Part, ...]:
    """What the factor is made of, and what comes on top."""
    exact = has_exact_products(problem)
    chain = chain_within(problem.accumulator)
    worst, probable = (
        bound(problem, has_exact_products=True, is_probable=is_probable) for is_probable in (False, True)
    )
    product = unit_of(chain) if chain is not None and not exact else 0.0
    return (
        Part("products" if problem.op is not Op.SUM else "conversion", product, product, "scale"),
        Part("accumulation", worst, probable, "scale"),
        *(Part("operands cut", cut, cut, "scale") for cut in [operand_error(problem)] if cut),
        Part("input rounding", input_error(problem), input_error(problem), "scale"),
        Part("reference", gamma(problem.k, REFERENCE_U), gamma(problem.k, REFERENCE_U), "scale"),
        Part("output rounding", output_roundoff(problem), output_roundoff(problem), "result"),
    )


def drawn_bound(problem: Problem, *, is_probable: bool) -> float:
    """The factor of a sum of k terms of random signs, which does not stagnate."""
    if is_probable:
        return probable_bound(problem.accumulator, problem.k, problem.share, has_exact_products=True)
    return worst_bound(problem.accumulator, problem.k, has_exact_products=True)


def output_factor(problem: Problem, *, is_probable: bool) -> float:
    """The factor of the scale once the sum is rounded: u (|want| + g scale) is on top of g scale."""
    g = bound(problem, has_exact_products=has_exact_products(problem), is_probable=is_probable)
    g = compound(g, operand_error(problem), input_error(problem))
    return (1 + output_roundoff(problem)) * (g + gamma(problem.k, REFERENCE_U))


def underflow(problem: Problem, g: float) -> float:
    """What underflow may add: half a smallest number for each rounding of a product, of a block, and of the output.

    Args:
        problem: what is computed.
        g: the factor of a sum of as many terms, for what is lost is added up as they are.
    """
    lost = inner_underflow(problem)
    return ((1 + output_roundoff(problem)) * lost * (1 + g) if lost else 0.0) + output_underflow(problem)


def inner_underflow(problem: Problem) -> float:
    """Of products, of blocks, and of what they are promoted to.

    Sums that underflow are exact in a format with subnormals, being multiples of its smallest number; products are not,
    nor are inputs of a format that goes further down.
    """
    accumulator, outer = problem.accumulator, 0.0
    if isinstance(accumulator, Promoted):
        outer = ceil(problem.k / accumulator.every) * accumulator.format.min_positive / 2
    if unit := unit_within(accumulator):
        lowest = max(unit.lowest_exponent, unit.format.min_exponent)
        a_block = (unit.terms + 1) * 2.0 ** (lowest - unit.alignment_bits) + unit.format.min_positive
        return n_blocks(unit, problem.k) * a_block + outer
    if chain := chain_within(accumulator):
        is_beneath = problem.inputs.lowest_bit < chain.format.lowest_bit
        is_product = problem.op is not Op.SUM or is_beneath or not has_exact_products(problem)
        roundings = problem.k * (is_product + (not chain.format.subnormals))
        return roundings * chain.format.min_positive * (0.5 if chain.rounding in NEAREST else 1) + outer
    return outer


# Scales of drawn inputs


def most_of_scale(problem: Problem) -> float:
    """What sum |w| |x| exceeds with at most the share of the failure, the inputs being rounded and lifted (see `lift`)."""
    most = most_of_sizes if problem.op is Op.SUM else most_of_products
    return (most(problem.drawn, problem.k, problem.share) + lift(problem)) * rounded_sizes(problem)


def lift(problem: Problem) -> float:
    """What it adds to sum |w| |x| that no input counts for less than m, the smallest normal number.

    (|w| + m) (|x| + m) = |w| |x| + m (|w| + |x|) + m^2.
    """
    m = max(smallest_normal(problem.inputs), least_size(problem))
    if not m:
        return 0.0
    if problem.op is Op.SUM:
        return problem.k * m
    return 2 * m * most_of_sizes(problem.drawn, problem.k, problem.share) + problem.k * m**2
