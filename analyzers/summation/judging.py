"""Which rules fire for one tensor, and what they say."""

from collections.abc import Iterator
from typing import Final

from analyzers.summation import rules
from analyzers.summation.measuring import Figures, Summed
from analyzers.summation.naming import counted
from analyzers.summation.options import Options
from analyzers.summation.sums import Sums, most_digits
from analyzers.summation.terms import Quantity
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.roles import MOMENTS, is_named
from precisionlab.analysis.wording import percentage

RECOVERING: Final = ("kahan", "pairwise")
"""The methods that a library has at hand; of two that keep as much the first is told."""


def judge(name: str, figures: Figures, options: Options) -> tuple[Finding, ...]:
    """Every finding about the tensor `name`, in the order of the rules' codes."""
    return (*judge_stagnation(name, figures, options), *judge_recovery(name, figures, options))


def judge_stagnation(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """The sum of elements or squares that loses most by stagnating."""
    candidates = [one for one in figures.summed if one.quantity is not Quantity.PRODUCTS and one.is_judged]
    stagnating = [one for one in candidates if stagnates(one.in_format(figures.judged), options)]
    if not stagnating:
        return
    worst = min(stagnating, key=lambda one: one.in_format(figures.judged).median("recursive"))
    sums = worst.in_format(figures.judged)
    message = (
        f"{subject(name)}in {sums.format.name} {percentage(sums.absorbed)} of the {counted(worst)} leave their "
        f"running sum as it is; {kept(sums, 'recursive')} digits are right"
    )
    yield finding(
        rules.STAGNATES,
        name,
        message,
        quantity=worst.quantity.value,
        format=sums.format.name,
        absorbed=sums.absorbed,
        digits=sums.median("recursive"),
        terms=worst.n_terms,
    )


def stagnates(sums: Sums, options: Options) -> bool:
    """Whether a running sum takes too few of its terms, and is wrong for it."""
    return sums.absorbed > options.max_absorbed and not sums.overflows["recursive"] and loses_half(sums)


def loses_half(sums: Sums) -> bool:
    """Whether plain summation keeps less than half of the digits of the format."""
    return sums.median("recursive") < most_digits(sums.format) / 2


def judge_recovery(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """The sum of which pairs or compensation keep most that plain summation loses."""
    recoverable = [
        (sums.gained(method), one, method)
        for one in figures.summed
        if one.is_judged
        for sums in (one.in_format(figures.judged),)
        for method in RECOVERING
        if loses_half(sums) and method in sums.digits and sums.gained(method) >= options.min_recovered
    ]
    if not recoverable:
        return
    gained, most, method = max(recoverable, key=lambda one: one[0])
    sums = most.in_format(figures.judged)
    message = (
        f"{subject(name)}plain summation of {what(most)} in {sums.format.name} keeps {kept(sums, 'recursive')} digits, "
        f"{method} {sums.median(method):.1f}"
    )
    yield finding(
        rules.RECOVERABLE,
        name,
        message,
        quantity=most.quantity.value,
        format=sums.format.name,
        method=method,
        digits=sums.median("recursive"),
        gained=gained,
    )


def what(summed: Summed) -> str:
    """`its 16,384 squares`, `rows of 4,096 products with x`."""
    return f"{'rows of' if summed.quantity is Quantity.PRODUCTS else 'its'} {counted(summed)}"


def kept(sums: Sums, method: str) -> str:
    """`1.2 of 7.2`."""
    return f"{sums.median(method):.1f} of {most_digits(sums.format):.1f}"


def subject(name: str) -> str:
    """What the tensor is where its name says that an optimizer averages in it."""
    return "optimizer moment: " if is_named(name, MOMENTS) else ""
