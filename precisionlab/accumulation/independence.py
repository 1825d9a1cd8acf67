"""Where errors of rounding may be taken for independent, which bounds with a failure probability rest on.

Of stochastic rounding that is proved. Of rounding to nearest it is a model: sums of one sign break it once n u is about 1
(see `bounds`), n being the roundings that a term passes. They stagnate, all errors are of one sign, and no failure
probability is true: they keep the worst case. Sums of random signs grow as sqrt(k), too slowly to stagnate where bounds say
anything. Below n u = 1 the model serves drawn inputs alone: some can be made whose errors are all of one sign, however
small n u is.
"""

from precisionlab.accumulation.bounds import (
    NEAREST,
    Steps,
    chain_steps,
    n_blocks,
    outer_steps,
    probable_bound,
    unit_of,
    worst_bound,
)
from precisionlab.accumulation.conversions import has_exact_products
from precisionlab.accumulation.problems import PRODUCTS, Problem
from precisionlab.accumulation.records import Accumulator, BlockFma, Chain, Promoted
from precisionlab.summation.methods import Way


def supposed_roundings(accumulator: Accumulator, n: int, *, has_exact_products: bool) -> list[Steps]:
    """The roundings to nearest that a term passes of n, those left out that are compensated."""
    match accumulator:
        case Chain() if accumulator.rounding in NEAREST and accumulator.method.way is not Way.KAHAN:
            return [chain_steps(accumulator, n, has_exact_products=has_exact_products)]
        case BlockFma() if accumulator.rounding in NEAREST:
            return [Steps(n_blocks(accumulator, n), unit_of(accumulator))]
        case Promoted():
            size = min(n, accumulator.every)
            inner = supposed_roundings(accumulator.inner, size, has_exact_products=has_exact_products)
            return [*inner, outer_steps(accumulator, n)]
        case _:
            return []


def supposed(problem: Problem) -> float:
    """N u of the roundings whose errors are independent by supposition only; 0 where nothing is supposed."""
    is_exact = problem.op in PRODUCTS and has_exact_products(problem)
    steps = supposed_roundings(problem.accumulator, problem.k, has_exact_products=is_exact)
    return sum(step.roundings * step.u for step in steps)


def stagnates(problem: Problem) -> bool:
    """Whether sums of one sign may, so that the supposition is false of them."""
    return supposed(problem) >= 1


def bound(problem: Problem, *, has_exact_products: bool, is_probable: bool) -> float:
    """The factor of the sum over k terms, of whatever signs: the worst one where the probable one is not true of all.

    That of a sum whose terms have random signs is `probable_bound` itself.
    """
    if is_probable and not stagnates(problem):
        return probable_bound(problem.accumulator, problem.k, problem.share, has_exact_products=has_exact_products)
    return worst_bound(problem.accumulator, problem.k, has_exact_products=has_exact_products)
