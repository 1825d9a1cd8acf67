"""Roundings that are no additions: of inputs, of a tensor core's operands, and of the output."""

from typing import Final

from precisionlab.accumulation.bounds import compound
from precisionlab.accumulation.problems import Op, Problem, Reference, chain_within, unit_within
from precisionlab.accumulation.records import unit_roundoff
from precisionlab.formats.records import FloatFormat

REFERENCE_U: Final = 2.0**-53
"""Of the float64 reference, which adds up in any order."""


def n_factors(problem: Problem) -> int:
    """How many inputs a term has."""
    return 1 if problem.op is Op.SUM else 2


def has_exact_products(problem: Problem) -> bool:
    """Whether the terms need no rounding before they are added: twice the bits of the inputs fit."""
    chain = chain_within(problem.accumulator)
    return chain is None or n_factors(problem) * problem.inputs.precision <= chain.format.precision


def operand_error(problem: Problem) -> float:
    """Of the terms, where a tensor core cuts its inputs: by less than 2^(1-p) each."""
    unit = unit_within(problem.accumulator)
    if unit is None or problem.inputs.precision <= unit.operands.precision:
        return 0.0
    return compound(*[2.0 ** (1 - unit.operands.precision)] * n_factors(problem))


def input_error(problem: Problem) -> float:
    """Of the terms, where the reference has the inputs before they were rounded: (1 + u)^2 - 1."""
    return (
        0.0 if problem.reference is Reference.SAME else compound(*[unit_roundoff(problem.inputs)] * n_factors(problem))
    )


def output_roundoff(problem: Problem) -> float:
    """U of the output format, 0 where it has all the bits of the accumulator's."""
    is_rounded = problem.output.precision < problem.accumulator.format.precision
    return unit_roundoff(problem.output) if is_rounded else 0.0


def output_underflow(problem: Problem) -> float:
    """Half the smallest number of the output format, where the accumulator's goes further down."""
    goes_further = problem.accumulator.format.lowest_bit < problem.output.lowest_bit
    return problem.output.min_positive / 2 if output_roundoff(problem) or goes_further else 0.0


def smallest_normal(format_: FloatFormat) -> float:
    """What |x - rounded x| <= u max(|x|, it) holds for; 0 for formats of float32's range, which has room.

    It is the smallest normal number, or without subnormals, where 0 and the smallest number are a gap apart, that / 2u.
    """
    if format_.min_exponent <= -100:
        return 0.0
    return format_.min_normal if format_.subnormals else format_.min_positive / (2 * unit_roundoff(format_))


def least_size(problem: Problem) -> float:
    """What inputs count for at least in the componentwise scale; 0 where they count for what they are.

    Those below the smallest normal number are rounded and, by tensor cores, aligned as if they were as large.
    """
    of_inputs = smallest_normal(problem.inputs) if problem.reference is Reference.WIDE else 0.0
    unit = unit_within(problem.accumulator)
    return max(of_inputs, smallest_normal(unit.operands) if unit else 0.0)


def rounded_sizes(problem: Problem) -> float:
    """How many times as large rounding makes the sizes of a term's inputs, where the reference has the rounded ones."""
    rounded = 1 + unit_roundoff(problem.inputs) if problem.reference is Reference.SAME else 1.0
    return float(rounded ** n_factors(problem))
