"""Which sums of drawn inputs may leave the range of a format: of those no test passes with a stated probability."""

from math import exp, expm1, log, log1p, sqrt
from statistics import NormalDist
from typing import Final

from precisionlab.accumulation.drawn_inputs import Inputs, chernoff
from precisionlab.accumulation.problems import PRODUCTS, Op, Problem, chain_within
from precisionlab.accumulation.records import Promoted
from precisionlab.formats.records import FloatFormat

MEANS: Final = {
    Op.GEMM: 1 / 4,
    Op.DOT: 1 / 4,
    Op.SUM: 1 / 2,
    Op.LAYERNORM: 1 / 2,
    Op.RMSNORM: 1 / 3,
    Op.SOFTMAX: -expm1(-1),
}
"""Of the largest sums' terms, which lie in [0, 1], of uniform inputs: products, inputs, squares, exp(x - 1)."""


def overflows(problem: Problem) -> list[str]:
    """A note for each format that some sums may leave, but for the share of the failure."""
    found = []
    for format_, n_terms in summed_in(problem).items():
        reached = largest_sum(problem, n_terms)
        if reached > format_.max_finite:
            found.append(
                f"sums reach {reached:,.0f}, and overflow {format_.name}, which ends at {format_.max_finite:,.0f}"
            )
    return found


def summed_in(problem: Problem) -> dict[FloatFormat, int]:
    """The formats that hold sums, and of how many terms."""
    terms = {problem.accumulator.format: problem.k}
    if problem.op in PRODUCTS:
        terms[problem.output] = problem.k
    chain = chain_within(problem.accumulator)
    if chain is not None and isinstance(problem.accumulator, Promoted):
        terms.setdefault(chain.format, min(problem.k, problem.accumulator.every))
    return terms


def largest_sum(problem: Problem, n: int) -> float:
    """What no sum of n terms exceeds in size on its way, but for the share: of terms, of squares or of exponentials.

    A running sum of both signs passes a limit with at most twice the probability that it ends beyond it (Levy's
    inequality).
    """
    share = problem.share / 4
    if problem.drawn is Inputs.UNIFORM:  # Hoeffding's inequality
        return min(n, n * MEANS[problem.op] + sqrt(n * log(1 / share) / 2))
    match problem.op:
        case Op.SUM:
            return sqrt(2 * n * log(1 / share))
        case Op.SOFTMAX:
            return sum_of_exponentials(n, share)
        case Op.LAYERNORM | Op.RMSNORM:  # Laurent and Massart 2000, lemma 1
            return n + 2 * sqrt(n * log(1 / share)) + 2 * log(1 / share)
        case _:  # Chernoff's inequality
            return chernoff(lambda t: -log1p(-t * t) / 2, n, share, 1.0)


def sum_of_exponentials(n: int, share: float) -> float:
    """About what sums of exp(x - max) of n normal deviates reach: their mean and deviation over the least maximum."""
    least = NormalDist().inv_cdf(min(1 - 1e-9, max(share ** (1 / n), 1e-9)))
    mean, variance = n * exp(0.5), n * (exp(2) - exp(1))
    return min(n, (mean + sqrt(2 * variance * log(1 / share))) * exp(-least))
