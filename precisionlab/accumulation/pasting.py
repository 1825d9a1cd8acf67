"""Tolerances as lines of Python to paste into a test; every number in them is rounded up."""

import math
from decimal import ROUND_CEILING, Decimal
from typing import Final

from precisionlab.accumulation.conversions import least_size
from precisionlab.accumulation.problems import Limits, Op, Problem, Reference
from precisionlab.accumulation.records import unit_roundoff
from precisionlab.accumulation.row_limits import EPS, cap_of, off_power, sums_of, widest_spread

DIGITS: Final = 4
"""Significant digits of numbers in code."""
SLACK: Final = 1e-6
"""Share that is put on top of every number: float64 loses less than that where it computes scales of up to 2^32 terms."""
LONGEST: Final = 80
"""Columns of a line."""

NAMES: Final = {Op.GEMM: "a and b", Op.DOT: "w and x"}
"""Of inputs; of other operations it is x."""
EPS_LINE: Final = f"eps = {EPS}  # the kernel's"
MEAN_SQUARE: Final = "mean_square = x.double().square().mean(-1, keepdim=True)"
WANTED: Final = {
    Op.GEMM: ("want = a.double() @ b.double()",),
    Op.DOT: ("want = w.double() @ x.double()",),
    Op.SUM: ("want = x.double().sum(-1)",),
    Op.LAYERNORM: (
        EPS_LINE,
        "want = torch.nn.functional.layer_norm(",
        "    x.double(), x.shape[-1:], weight.double(), bias.double(), eps",
        ")",
    ),
    Op.RMSNORM: (EPS_LINE, MEAN_SQUARE, "want = x.double() / (mean_square + eps).sqrt() * weight.double()"),
    Op.SOFTMAX: ("want = x.double().softmax(-1)",),
}
"""The reference of each operation."""


def rounded_up(value: float, digits: int = DIGITS) -> float:
    """The next larger number of so few significant digits.

    >>> rounded_up(0.00390625), rounded_up(2.0**-24, 2)
    (0.003907, 6e-08)
    """
    if not math.isfinite(value) or value <= 0:
        return value
    exact = Decimal(value)
    unit = Decimal((0, (1,), exact.adjusted() - digits + 1))
    return float(exact.quantize(unit, ROUND_CEILING))


def number(value: float) -> str:
    """A number as Python code, rounded up."""
    return repr(rounded_up(value * (1 + SLACK)))


def componentwise(problem: Problem, limits: Limits) -> str:
    """Asserts |got - want| <= factor * scale + of_result * |want| + ..., for whatever inputs; limits are finite."""
    lines = [*wanted(problem), *(scale(problem) if limits.factor else ()), *allowed(problem, limits)]
    return "\n".join((*lines, "assert ((got.double() - want).abs() <= allowed).all()"))


def allowed(problem: Problem, limits: Limits) -> list[str]:
    """The lines that make what is allowed."""
    terms = [f"{number(limits.factor)} * scale"] if limits.factor else []
    terms += [f"{number(limits.of_result)} * want.abs()"] if limits.of_result else []
    terms += [f"{number(limits.of_bias)} * bias.double().abs()"] if limits.of_bias else []
    terms += [number(limits.floor)] if limits.floor else []
    if problem.op is not Op.SOFTMAX or problem.reference is Reference.SAME:
        return line_of("allowed", terms or ["0.0"])
    u, m = unit_roundoff(problem.inputs), least_size(problem)
    moved = number(2 * u * (1 + off_power(sums_of(problem, is_probable=False))))
    return [
        f"largest = x.double().abs().amax(-1, keepdim=True){clamped(m)}",
        *line_of("allowed", terms),
        f"allowed = (want + allowed) * ({moved} * largest).exp() - want",
    ]


def line_of(name: str, terms: list[str]) -> list[str]:
    """A sum, a term a line where one line does not hold it."""
    line = f"{name} = {' + '.join(terms)}"
    if len(line) <= LONGEST:
        return [line]
    return [f"{name} = (", *(f"    {'+ ' * (i > 0)}{term}" for i, term in enumerate(terms)), ")"]


def assert_close(problem: Problem, limits: Limits) -> str:
    """Asserts |got - want| <= rtol |want| + atol, for inputs that are drawn as said; limits are finite."""
    tolerances = f"rtol={number(limits.relative)}, atol={number(limits.absolute)}"
    return "\n".join((*wanted(problem), f"torch.testing.assert_close(got.double(), want, {tolerances})"))


def wanted(problem: Problem) -> tuple[str, ...]:
    """The lines that make the reference."""
    is_wide = problem.reference is Reference.WIDE
    names = NAMES.get(problem.op, "x")
    comment = f"# {names} before rounding to {problem.inputs.name}"
    return (*[comment] * is_wide, *WANTED[problem.op])


def clamped(least: float) -> str:
    """Sizes that count for at least so much."""
    return f".clamp(min={least!r})" if least else ""


def scale(problem: Problem) -> list[str]:
    """The lines that make what the factor multiplies."""
    m = least_size(problem)
    size = f".double().abs(){clamped(m)}"
    spread = [
        f"assert (spread <= {widest_spread(problem)}).all()  # the bound holds up to here",
        "scale = spread * weight.double().abs()",
    ]
    match problem.op:
        case Op.GEMM | Op.DOT if not m:
            first, second = NAMES[problem.op].split(" and ")
            return [f"scale = {first}{size} @ {second}{size}"]
        case Op.GEMM | Op.DOT:
            factors = NAMES[problem.op].replace(" and", ",")
            return [f"sizes = [one{size} for one in ({factors})]", "scale = sizes[0] @ sizes[1]"]
        case Op.SUM:
            return [f"scale = x{size}.sum(-1)"]
        case Op.LAYERNORM:
            variance = "variance = x.double().var(-1, correction=0, keepdim=True)"
            sizes = f"size = x{size}.mean(-1, keepdim=True)"
            return [variance, sizes, "spread = size / (variance + eps).sqrt()", *spread]
        case Op.RMSNORM:
            return [f"spread = {m!r} / (mean_square + eps).sqrt()", *spread]
        case Op.SOFTMAX:
            cap = math.ceil(cap_of(sums_of(problem, is_probable=False)))
            below = f"below = (x.double().amax(-1, keepdim=True) - x.double()).clamp(max={cap})"
            return [below, "scale = want * below"]
