"""The text of `precisionlab tolerance`: the answer, the bounds, where errors come from, and the lines to paste."""

import math
import textwrap
from collections.abc import Iterator
from typing import Final

from precisionlab.accumulation.pasting import number
from precisionlab.accumulation.problems import Part, Problem, Reference, Tolerance
from precisionlab.accumulation.tolerances import says_something
from precisionlab.cli.aligned import aligned
from precisionlab.cli.terminal import styled

DRAWN: Final = {"normal": "N(0, 1)", "uniform": "U[0, 1]"}
NONE: Final = "none"
"""Stands for a bound that does not exist."""
NUMBERS: Final = {1, 2}
"""Columns of the table that hold numbers."""
LEAST_SHARE: Final = 1e-6
"""Of the largest cause of error: smaller ones change no digit that is shown."""

Row = tuple[str, str, str, str]
"""A name, the worst case, the probable one, and what they are relative to."""


def tolerance_text(tolerance: Tolerance, width: int, *, is_coloured: bool) -> str:
    """The whole answer; lines to paste begin at the margin, and what heads them is a comment."""
    problem = tolerance.problem
    blocks = [
        [styled(answer(tolerance), "1", is_coloured=is_coloured)],
        textwrap.wrap(asked(problem), width),
        textwrap.wrap(promised(problem), width) if tolerance.assert_close else [],
        table(tolerance, is_coloured=is_coloured),
        [line for warning in tolerance.warnings for line in note(warning, width)],
        pasted(f"for inputs from {drawn(problem)}", tolerance.assert_close),
        pasted(f"for any inputs, {which_bound(tolerance)}", tolerance.componentwise),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def answer(tolerance: Tolerance) -> str:
    """What to use."""
    if tolerance.assert_close is None:
        return f"no rtol and atol can be given for inputs from {drawn(tolerance.problem)}"
    return f"rtol = {number(tolerance.probable.relative)}   atol = {number(tolerance.probable.absolute)}"


def asked(problem: Problem) -> str:
    """The kernel and its reference in words."""
    source = "that the kernel gets" if problem.reference is Reference.SAME else "before they are rounded"
    return (
        f"{problem.op.value}, k = {problem.k:,}: {problem.inputs.name} inputs, accumulated in "
        f"{problem.accumulator.name}, {problem.output.name} output, against float64 on the inputs {source}."
    )


def promised(problem: Problem) -> str:
    """What the answer is worth."""
    outputs = f"{problem.outputs:,} output{'s' * (problem.outputs > 1)}"
    return (
        f"On inputs from {drawn(problem)} a right kernel fails a test of {outputs} with a probability of at most "
        f"{problem.failure:g}."
    )


def drawn(problem: Problem) -> str:
    """What inputs are drawn from."""
    return DRAWN[problem.drawn.value]


def table(tolerance: Tolerance, *, is_coloured: bool) -> list[str]:
    """Three sections under one heading."""
    scale = f"; scale is {tolerance.scale}" if tolerance.worst.factor else ""
    sections = {
        f"inputs from {drawn(tolerance.problem)}": list(drawn_rows(tolerance)),
        f"any inputs{scale}": list(any_rows(tolerance)),
        "where errors come from": list(part_rows(tolerance.parts)),
    }
    headings: Row = ("allowed is the sum of", "worst case", f"failure {tolerance.problem.failure:g}", "")
    heading, *lines = aligned([headings, *(row for rows in sections.values() for row in rows)], NUMBERS)
    found, rest = [styled(heading, "1", is_coloured=is_coloured)], iter(lines)
    for title, rows in sections.items():
        found += [title, *(next(rest) for _ in rows)]
    return found


def drawn_rows(tolerance: Tolerance) -> Iterator[Row]:
    """Of the limits for drawn inputs."""
    worst, probable = tolerance.worst, tolerance.probable
    yield row("rtol", worst.relative, probable.relative, "times |want|")
    yield row("atol", worst.absolute, probable.absolute, "")


def any_rows(tolerance: Tolerance) -> Iterator[Row]:
    """Of the limits for any inputs."""
    worst, probable = tolerance.worst, tolerance.probable
    for name, first, second, of in (
        ("arithmetic", worst.factor, probable.factor, "times scale"),
        ("of the result", worst.of_result, probable.of_result, "times |want|"),
        ("of the bias", worst.of_bias, probable.of_bias, "times |bias|"),
        ("underflow", worst.floor, probable.floor, ""),
    ):
        if first or second:
            yield row(name, first, second, of)


def part_rows(parts: tuple[Part, ...]) -> Iterator[Row]:
    """Of the causes of errors that are large enough to be seen."""
    least = LEAST_SHARE * max(part.probable for part in parts if math.isfinite(part.probable))
    for part in parts:
        if part.probable > least:
            yield row(part.name, part.worst, part.probable, "times scale" if part.of == "scale" else "times |want|")


def row(name: str, worst: float, probable: float, of: str) -> Row:
    """Two numbers, rounded up."""
    return f"  {name}", figure(worst), figure(probable), of


def figure(value: float) -> str:
    """A number, rounded up as in the lines to paste."""
    return f"{float(number(value)):.4g}" if math.isfinite(value) else NONE


def which_bound(tolerance: Tolerance) -> str:
    """Which of the two the lines for any inputs have."""
    if says_something(tolerance.worst):
        return "worst case"
    return f"with a failure probability of {tolerance.problem.failure:g}"


def note(text: str, width: int) -> list[str]:
    """A warning."""
    return textwrap.wrap(f"note: {text}", width, subsequent_indent="      ")


def pasted(heading: str, lines: str | None) -> list[str]:
    """Lines of Python under a comment, if there are any."""
    return [] if lines is None else [f"# {heading}", *lines.splitlines()]
