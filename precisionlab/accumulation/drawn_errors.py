"""Errors of sums of normal inputs, whose partial sums are small, too; docs/tolerance.md derives every formula."""

from collections.abc import Callable
from math import ceil, inf, log, sqrt
from typing import NamedTuple

from precisionlab.accumulation.bounds import (
    chain_steps,
    compound,
    cuts,
    has_mean_zero,
    lambda_for,
    n_blocks,
    outer_steps,
    unit_of,
)
from precisionlab.accumulation.conversions import (
    has_exact_products,
    input_error,
    least_size,
    n_factors,
    operand_error,
    smallest_normal,
)
from precisionlab.accumulation.problems import EVENTS, Problem, chain_within, unit_within
from precisionlab.accumulation.records import Chain, Promoted, unit_roundoff
from precisionlab.summation.methods import Way


class Weight(NamedTuple):
    """Roundings of one kind in the tree of a sum."""

    error: float
    """Of one, relative to the largest addend or partial sum."""
    terms: int
    """How many terms all the rounded partial sums have, together."""
    nodes: int
    """How many are rounded."""
    is_even: bool = False
    """Whether the errors have mean zero, given those before; else they may all be of one sign."""
    drift: float = 0.0
    """The largest mean of an even one, in units of the error."""


def drawn_error(problem: Problem, *, is_probable: bool) -> float:
    """The error of sums of normal inputs, but for twice the share of the failure.

    It is sum e_v over all roundings, |e_v| <= u S_v if the sums that are rounded stay within S_v. Sums of n products of
    normal numbers stay within S(n) = sqrt(2 n L) + L (sub-gamma: log E exp(theta w x) <= theta^2 / 2 (1 - theta)), sums
    of normal numbers within sqrt(2 n L), but for 2 exp(-L); those computed are off by a share c of that at most, which
    makes them 1 / (1 - c) times as large. The sum of S(n) over roundings is Cauchy and Schwarz's.

    Errors of mean zero are a martingale, so that their sum stays within lambda sqrt(sum u^2 S_v^2) but for
    2 exp(-lambda^2 / 2) (Azuma; Hallman and Ipsen 2021). Higham and Mary 2020 show the same growth.

    Rounded and cut inputs err symmetrically about 0, as they are distributed, whatever their sizes.
    """
    roundings = worst_weights(problem)
    if not roundings:
        return inf
    k, n = problem.k, n_factors(problem)
    nodes = 3 * k + EVENTS  # products, their sums, and sums of sums
    level, least = log(2 * nodes / problem.share), max(smallest_normal(problem.inputs), least_size(problem))
    size = ((1 + unit_roundoff(problem.inputs)) * (1 + least)) ** n * (1 + operand_error(problem))
    of_inputs = compound(input_error(problem), operand_error(problem)) * (sqrt(2 * k * level) + (n - 1) * level)
    sums = [added(roundings)]
    if is_probable:
        sums.append(added(probable_weights(problem), lambda_for(problem.share, nodes)))
    errors = (
        (of_terms * sqrt(2 * level) + (n - 1) * level * of_nodes) / (1 - off)
        for of_terms, of_nodes in sums
        if (off := max(of_terms / sqrt(k), of_nodes)) < 1
    )
    return size * (of_inputs + min(errors, default=inf))


def added(weights: list[Weight], lambda_: float | None = None) -> tuple[float, float]:
    """What sqrt(2L) and L are multiplied with: errors, and those that are even by their squares, if lambda is given."""
    even = [weight for weight in weights if weight.is_even and lambda_ is not None]
    rest = [weight for weight in weights if weight not in even]
    of_terms = sum(weight.error * sqrt(weight.terms * weight.nodes) for weight in rest)
    of_nodes = sum(weight.error * weight.nodes for weight in rest)
    if lambda_ is None or not even:
        return of_terms, of_nodes
    reach = lambda_ + max(weight.drift for weight in even) * sqrt(sum(weight.nodes for weight in even))
    of_terms += reach * sqrt(sum(weight.error**2 * weight.terms for weight in even))
    return of_terms, of_nodes + reach * sqrt(sum(weight.error**2 * weight.nodes for weight in even))


def worst_weights(problem: Problem) -> list[Weight]:
    """The roundings of a sum; none of Kahan's, which takes them back."""
    return promoted_weights(problem, unit_weights if unit_within(problem.accumulator) else chain_weights)


def probable_weights(problem: Problem) -> list[Weight]:
    """The same, cuts of products by themselves: normal inputs have random signs, given their sizes, and so have these."""
    return promoted_weights(problem, sign_weights if unit_within(problem.accumulator) else chain_weights)


def promoted_weights(problem: Problem, within: Callable[[Problem, int], list[Weight]]) -> list[Weight]:
    """Those of the accumulator's inner sums, and of their sum."""
    accumulator, k = problem.accumulator, problem.k
    if not isinstance(accumulator, Promoted):
        return within(problem, k)
    size, n = min(k, accumulator.every), ceil(k / accumulator.every)
    inner = [one._replace(terms=one.terms * n, nodes=one.nodes * n) for one in within(problem, size)]
    outer = Weight(outer_steps(accumulator, k).u, (sequence(n) + 1) * size, n, is_even=True)
    return [*inner, outer] if inner else []


def unit_weights(problem: Problem, n: int) -> list[Weight]:
    """Of the blocks of a tensor core."""
    unit = unit_within(problem.accumulator)
    if unit is None:
        return []
    blocks, size = n_blocks(unit, n), min(unit.terms, n)
    error = compound(max(cut.loss for cut in cuts(unit, n)), unit_of(unit))
    return [Weight(error, (sequence(blocks) + 1) * size, blocks)]


def sign_weights(problem: Problem, n: int) -> list[Weight]:
    """Of the products that a tensor core cuts, and of its accumulator, which is cut and rounded."""
    unit = unit_within(problem.accumulator)
    if unit is None:
        return []
    blocks, size = n_blocks(unit, n), min(unit.terms, n)
    terms, loss = (sequence(blocks) + 1) * size, 2.0**-unit.alignment_bits
    error = loss + unit_of(unit) * (1 + max(cut.loss for cut in cuts(unit, n)))
    return [Weight(error, terms, blocks), Weight(loss, terms * size, blocks * size, is_even=True)]


def chain_weights(problem: Problem, n: int) -> list[Weight]:
    """Of a chain's products, if they are rounded, and additions."""
    chain = chain_within(problem.accumulator)
    if chain is None or chain.method.way is Way.KAHAN:
        return []
    return [chain_weight(chain, n, has_exact_products=has_exact_products(problem))]


def chain_weight(chain: Chain, n: int, *, has_exact_products: bool) -> Weight:
    """Of products, if they are rounded, and additions."""
    steps = chain_steps(chain, n, has_exact_products=has_exact_products)
    match chain.method.way:
        case Way.PAIRWISE:
            terms = n * (n - 1).bit_length()
        case Way.BLOCKED:
            size = min(chain.method.parameter, n)
            terms = ceil(n / size) * sequence(size) + size * sequence(ceil(n / size))
        case _:
            terms = sequence(n)
    rounded = 0 if has_exact_products else n
    return Weight(steps.u, terms + rounded, n + rounded, has_mean_zero(chain), steps.drift / steps.u)


def sequence(n: int) -> int:
    """2 + 3 + ... + n: the terms of the partial sums of a chain."""
    return n * (n + 1) // 2 - 1
