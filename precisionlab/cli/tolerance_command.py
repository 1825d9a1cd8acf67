"""`precisionlab tolerance`: how far a kernel's results may be from a float64 reference's, as lines to paste into a test."""

import argparse
import json
from dataclasses import replace

from precisionlab.accumulation.catalogue import parse_accumulator
from precisionlab.accumulation.problems import Problem, unit_within
from precisionlab.accumulation.records import FUSED_ORDERS, ORDERS, Accumulator, Chain
from precisionlab.accumulation.tolerances import Inputs, Op, Reference, tolerance_of
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.output import put
from precisionlab.cli.terminal import columns, wants_colour
from precisionlab.cli.tolerance_json import json_tolerance
from precisionlab.cli.tolerance_text import tolerance_text
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.formats.finding import formats
from precisionlab.formats.modes import Rounding
from precisionlab.formats.records import FloatFormat
from precisionlab.summation.methods import RECURSIVE, Method, parse_method

NARROWEST_OUTPUT_BITS = 16
"""Of a format that is written by default where it is read: products of narrower ones are written in bfloat16."""


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print the tolerance.

    Raises:
        UsageError: a flag is wrong, or such a kernel does not exist, or no bound of it.
        FormatError: there is no such format.
    """
    tolerance = tolerance_of(problem_given(arguments))
    if arguments.format == "json":
        put(json.dumps(json_tolerance(tolerance), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        put(tolerance_text(tolerance, columns(), is_coloured=wants_colour(arguments.color)))
    return ExitCode.OK


def problem_given(arguments: argparse.Namespace) -> Problem:
    """The kernel and its test.

    Raises:
        UsageError: a flag is wrong, or such a kernel does not exist.
        FormatError: there is no such format.
    """
    accumulator = accumulator_given(arguments.acc, arguments.order)
    inputs = float_named("--in", arguments.source) if arguments.source else usual_inputs(accumulator)
    return Problem(
        Op(arguments.op),
        whole("--k", arguments.k),
        inputs,
        accumulator,
        float_named("--out", arguments.out) if arguments.out else usual_output(inputs),
        probability(arguments.failure),
        whole("--outputs", arguments.outputs),
        Inputs(arguments.inputs),
        Reference(arguments.reference),
    )


def accumulator_given(name: str, order: str | None) -> Accumulator:
    """The accumulator, its terms in another order if one is given.

    Raises:
        UsageError: there is no such accumulator or order, or they do not go together.
        FormatError: there is no such format.
    """
    accumulator = parse_accumulator(name)
    if order is None:
        return accumulator
    method = order_named(order)
    if not isinstance(accumulator, Chain) or accumulator.method not in {RECURSIVE, method}:
        raise UsageError("--order", f"{accumulator.name} has an order of its own", "leave --order away")
    if not is_computed(accumulator, method):
        problem = f"{accumulator.name} adds one term after the other only"
        raise UsageError("--order", problem, "give a plain format, as --acc fp32")
    return replace(accumulator, method=method)


def order_named(name: str) -> Method:
    """The order of a name.

    Raises:
        UsageError: there is none.
    """
    if name.strip().lower().partition(":")[0] not in {way.value for way in ORDERS}:
        remedy = "choose one of recursive, pairwise, blocked:N, kahan"
        raise UsageError("--order", f"there is no {printable(name, 40) or 'order of no name'}", remedy)
    try:
        return parse_method(name)
    except UsageError as error:
        raise UsageError("--order", error.problem, error.remedy) from None


def is_computed(chain: Chain, method: Method) -> bool:
    """Whether such a chain exists in that order."""
    if method == RECURSIVE:
        return True
    return chain.rounding is Rounding.NEAREST_EVEN and (not chain.is_fused or method.way in FUSED_ORDERS)


def usual_inputs(accumulator: Accumulator) -> FloatFormat:
    """What a tensor core multiplies, float32 where it cuts that itself; bfloat16 of all else."""
    unit = unit_within(accumulator)
    if unit is None:
        return float_named("--in", "bfloat16")
    return float_named("--in", "float32") if unit.operands.name == "tfloat32" else unit.operands


def usual_output(inputs: FloatFormat) -> FloatFormat:
    """The format of the inputs, but no narrower one than bfloat16."""
    return inputs if inputs.bits >= NARROWEST_OUTPUT_BITS else float_named("--out", "bfloat16")


def float_named(flag: str, name: str) -> FloatFormat:
    """The float format of a name.

    Raises:
        UsageError: it is a format of other numbers, or of blocks.
        FormatError: there is none.
    """
    found = formats.find(name)
    if not isinstance(found, FloatFormat):
        raise UsageError(flag, f"{found.name} is no float format", "give one such as bf16, fp16, fp8_e4m3 or fp32")
    return found


def whole(flag: str, text: str) -> int:
    """A whole number.

    Raises:
        UsageError: it is none.
    """
    try:
        return int(text)
    except ValueError:
        raise UsageError(flag, f"takes a whole number, not {printable(text, 40) or 'nothing'}") from None


def probability(text: str) -> float:
    """A number, which is not NaN.

    Raises:
        UsageError: it is none.
    """
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            "--failure", f"takes a probability such as 1e-6, not {printable(text, 40) or 'nothing'}"
        ) from None
