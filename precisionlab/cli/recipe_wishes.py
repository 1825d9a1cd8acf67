"""What the flags of `recipe` ask for, in numbers."""

import argparse
import math
from collections.abc import Sequence
from fractions import Fraction

from precisionlab.cli.plan import Said, memory_bytes, split
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.recipes.keeping import KEPT
from precisionlab.recipes.planning import Objective
from precisionlab.recipes.runtimes import runtime_named
from precisionlab.recipes.wishes import MOST_BITS, NONE_KEPT, Wish

MOST_DB = 1000.0
LIMITS = ("bits", "size", "min_sqnr")
"""The flags of which one is given."""


def wish_of(arguments: argparse.Namespace) -> Wish:
    """What is asked for.

    Raises:
        UsageError: no budget, a number that is none or cannot be meant, an unknown runtime, or an objective without
            what it needs.
    """
    if all(getattr(arguments, limit) is None for limit in LIMITS):
        flags = " ".join(f"--{limit.replace('_', '-')}" for limit in LIMITS)
        raise UsageError("", f"one of the arguments {flags} is required", "see precisionlab recipe --help")
    bits = number_of(arguments.bits, "--bits", 0, MOST_BITS)
    sqnr = number_of(arguments.min_sqnr, "--min-sqnr", -MOST_DB, MOST_DB)
    size = None if arguments.size is None else memory_bytes(Said(arguments.size, "--size"))
    objective = Objective.TOTAL if arguments.sensitivity else Objective.UNIFORM
    if arguments.objective is not None:
        objective = Objective(arguments.objective)
    if objective is Objective.TOTAL and not arguments.sensitivity:
        raise UsageError("--objective", "total needs --sensitivity", "make one with precisionlab.calibration")
    if objective is Objective.WORST and sqnr is not None:
        raise UsageError("--objective", "worst goes with a budget of bits", "name --bits or --size")
    return Wish(
        asked_by(arguments),
        None if bits is None else Fraction(repr(bits)),
        size,
        sqnr,
        objective,
        split(arguments.formats or ""),
        runtime_named(arguments.runtime).name if arguments.runtime is not None else None,
        globs_of(arguments.keep),
        ties=not arguments.untied,
    )


def asked_by(arguments: argparse.Namespace) -> dict[str, str]:
    """The limit and the sensitivity as they were typed, by option."""
    typed = {name.replace("_", "-"): getattr(arguments, name) for name in (*LIMITS, "sensitivity")}
    return {name: text for name, text in typed.items() if text}


def number_of(text: str | None, flag: str, above: float, most: float) -> float | None:
    """A number from a flag; None where it was not given.

    Raises:
        UsageError: it is none, or outside what can be meant.
    """
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not above < number <= most:
        raise UsageError(flag, f"takes a number above {above:g} up to {most:g}, not {printable(text, 40) or 'nothing'}")
    return number


def globs_of(keep: Sequence[str] | None) -> tuple[str, ...]:
    """The globs of tensors that stay as they are."""
    if keep is None:
        return KEPT
    return tuple(glob for glob in keep if glob != NONE_KEPT)
