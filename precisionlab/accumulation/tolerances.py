"""How far the results of a kernel may be from a float64 reference's, derived: for tests that assert it.

>>> from precisionlab.accumulation.catalogue import parse_accumulator
>>> from precisionlab.accumulation.problems import Op, Problem
>>> from precisionlab.formats import formats
>>> bf16 = formats.element("bf16")
>>> tolerance = tolerance_of(Problem(Op.GEMM, 4096, bf16, parse_accumulator("fp32"), bf16))
>>> tolerance.worst.of_result  # half a unit of the last place of bfloat16
0.00390625

docs/tolerance.md has the derivations.
"""

from math import sqrt
from typing import Final

from precisionlab.accumulation import product_limits, row_limits
from precisionlab.accumulation.bounds import NEAREST, has_mean_zero, roundings_of_a_term, unit_of
from precisionlab.accumulation.conversions import has_exact_products, n_factors
from precisionlab.accumulation.drawn_inputs import Inputs
from precisionlab.accumulation.independence import stagnates, supposed
from precisionlab.accumulation.overflows import overflows
from precisionlab.accumulation.pasting import assert_close, componentwise
from precisionlab.accumulation.problems import (
    PRODUCTS,
    Limits,
    Op,
    Part,
    Problem,
    Reference,
    Tolerance,
    chain_within,
    unit_within,
)
from precisionlab.accumulation.records import Chain, Promoted
from precisionlab.accumulation.row_limits import WIDEST_SPREAD
from precisionlab.summation.methods import Way

__all__ = ["Inputs", "Limits", "Op", "Part", "Problem", "Reference", "Tolerance", "tolerance_of"]

SCALES: Final = {
    Op.GEMM: "|a| @ |b|",
    Op.DOT: "sum |w| |x|",
    Op.SUM: "sum |x|",
    Op.LAYERNORM: "|weight| mean |x| / sigma",
    Op.RMSNORM: "|weight| smallest normal / sigma",
    Op.SOFTMAX: "|want| (max - x)",
}
"""What the componentwise factor multiplies; sigma is sqrt(variance + eps), or sqrt(mean square + eps)."""
WEIGHTED: Final = {
    Op.LAYERNORM: (
        "weight 1 and bias 0",
        f"take others, and refuse rows whose mean |x| is over {WIDEST_SPREAD:g} sigma",
    ),
    Op.RMSNORM: ("weight 1", "take others"),
}
"""What rtol and atol of norms are for, and what the lines for any inputs do."""
ADVICE: Final = "sum in a wider format, pairwise or in blocks"


def tolerance_of(problem: Problem) -> Tolerance:
    """The tolerance of a test."""
    of = product_limits if problem.op in PRODUCTS else row_limits
    worst, probable = (of.limits(problem, is_probable=is_probable) for is_probable in (False, True))
    proved = for_any_inputs(problem, worst, probable)
    return Tolerance(
        problem,
        SCALES[problem.op],
        worst,
        probable,
        of.parts(problem),
        None if proved is None else componentwise(problem, proved),
        assert_close(problem, probable) if refuses_zeros(problem, probable) and not overflows(problem) else None,
        tuple(warnings(problem, worst, probable)),
    )


def says_something(limits: Limits) -> bool:
    """Whether a result of zero may fail the componentwise form."""
    return limits.factor < 1 and limits.of_result < 1


def for_any_inputs(problem: Problem, worst: Limits, probable: Limits) -> Limits | None:
    """Those that are proved for any inputs and say something: the probable ones where nothing is supposed of errors."""
    if says_something(worst):
        return worst
    return probable if says_something(probable) and not supposed(problem) else None


def refuses_zeros(problem: Problem, limits: Limits) -> bool:
    """Whether a kernel that returns zeros fails the form for drawn inputs, at a result of ordinary size."""
    size = ordinary_size(problem)
    return limits.relative * size + limits.absolute < size


def ordinary_size(problem: Problem) -> float:
    """About how large results of drawn inputs are."""
    if problem.op is Op.SOFTMAX:
        return 1 / problem.k
    if problem.op not in PRODUCTS:
        return 1.0
    if problem.drawn is Inputs.NORMAL:
        return sqrt(problem.k)
    return problem.k / (1 << n_factors(problem))


def warnings(problem: Problem, worst: Limits, probable: Limits) -> list[str]:
    """What one should know before believing the numbers."""
    found = []
    if not says_something(worst):
        other = f"; {use_of_other(problem)}" if says_something(probable) else ""
        found.append(f"the worst-case bound for any inputs says nothing: {why_vacuous(problem)}{other}")
    if not refuses_zeros(problem, probable):
        found.append(f"any rtol and atol that can be proved would let zeros pass; {ADVICE}")
    found += overflows(problem)
    chain, unit = chain_within(problem.accumulator), unit_within(problem.accumulator)
    if unit is not None and unit.rounding not in NEAREST:
        found.append(f"{unit.name} cuts toward zero: in sums of one sign errors add up as k does, not as sqrt(k)")
    if chain is not None and chain.method.way is not Way.KAHAN and not has_mean_zero(chain):
        found.append("directed rounding errs to one side: errors add up as k does, not as sqrt(k)")
    if stagnates(problem):
        found.append(f"n u = {supposed(problem):.3g}: {stagnation(problem)}")
    if problem.op in WEIGHTED:
        weights, use = WEIGHTED[problem.op]
        others = f"; the lines for any inputs {use}" if for_any_inputs(problem, worst, probable) else ""
        found.append(f"rtol and atol are for {weights}{others}")
    return found


def use_of_other(problem: Problem) -> str:
    """What the bound with a failure probability is good for."""
    if supposed(problem):
        return "the other one supposes independent errors, and is for drawn inputs alone"
    return "the lines for any inputs have the other one"


def stagnation(problem: Problem) -> str:
    """What it means for the probable limits."""
    said = "sums of one sign stagnate, which leaves them the worst case alone"
    is_told_apart = problem.op in PRODUCTS and problem.drawn is Inputs.NORMAL
    return f"{said}; sums of inputs from N(0, 1) do not" if is_told_apart else said


def why_vacuous(problem: Problem) -> str:
    """Of the worst-case bound."""
    chain = chain_within(problem.accumulator)
    if chain is None or chain.method.way is Way.KAHAN:
        return "it exceeds 1"
    count = roundings_within(problem, chain)
    n_u = count * unit_of(chain)
    return f"n u = {n_u:.3g}, with n = {count:,} roundings of a term" if n_u >= 0.5 else "it exceeds 1"


def roundings_within(problem: Problem, chain: Chain) -> int:
    """Through how many roundings a term passes in the chain."""
    n = min(problem.k, problem.accumulator.every) if isinstance(problem.accumulator, Promoted) else problem.k
    is_exact = problem.op in PRODUCTS and has_exact_products(problem)
    return roundings_of_a_term(chain, n, has_exact_products=is_exact)
