"""The JSON of `precisionlab tolerance`."""

import math
from collections.abc import Mapping

from precisionlab.accumulation.pasting import number
from precisionlab.accumulation.problems import Limits, Part, Problem, Tolerance


def json_tolerance(tolerance: Tolerance) -> Mapping[str, object]:
    """All of it; `rtol` and `atol` are rounded up as in the lines, other numbers are as derived.

    A bound that does not exist is null.
    """
    probable, is_there = tolerance.probable, tolerance.assert_close is not None
    return {
        "problem": json_problem(tolerance.problem),
        "rtol": float(number(probable.relative)) if is_there else None,
        "atol": float(number(probable.absolute)) if is_there else None,
        "scale": tolerance.scale,
        "worst": json_limits(tolerance.worst),
        "probable": json_limits(probable),
        "parts": [json_part(part) for part in tolerance.parts],
        "warnings": list(tolerance.warnings),
        "assert_close": tolerance.assert_close,
        "componentwise": tolerance.componentwise,
    }


def json_problem(problem: Problem) -> Mapping[str, object]:
    """What was asked."""
    return {
        "op": problem.op.value,
        "k": problem.k,
        "in": problem.inputs.name,
        "acc": problem.accumulator.name,
        "out": problem.output.name,
        "failure": problem.failure,
        "outputs": problem.outputs,
        "inputs": problem.drawn.value,
        "reference": problem.reference.value,
    }


def json_limits(limits: Limits) -> Mapping[str, object]:
    """Both ways to say how far results may be off."""
    return {
        "drawn_inputs": {"relative": finite(limits.relative), "absolute": finite(limits.absolute)},
        "any_inputs": {
            "of_scale": finite(limits.factor),
            "of_result": finite(limits.of_result),
            "of_bias": finite(limits.of_bias),
            "absolute": finite(limits.floor),
        },
    }


def json_part(part: Part) -> Mapping[str, object]:
    """One cause of error."""
    return {"name": part.name, "of": part.of, "worst": finite(part.worst), "probable": finite(part.probable)}


def finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None
