"""Summation over a whole checkpoint: what each method keeps in each format, and where compensating gains most."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from statistics import median_low

from analyzers.summation.naming import OVERFLOW, ROUNDED, WORDS
from analyzers.summation.options import Options, judged_format, methods_of
from analyzers.summation.sums import digits_left
from analyzers.summation.terms import Quantity
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Figure, Table
from precisionlab.analysis.results import Measurement, Result, Scalar, metric
from precisionlab.escaping import printable
from precisionlab.summation.anchors import working_format
from precisionlab.summation.methods import Method

NAMED = 10
"""Sums of which compensating gains most that are told."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A tensor that was looked at, and what was measured of it, by key."""

    name: str
    judged: str
    values: Mapping[str, Scalar]

    def digits(self, format_: str, method: str, quantity: Quantity) -> float | None:
        """Right digits; None where there is no such sum."""
        found = self.values.get(f"digits[format={format_},method={method},quantity={quantity.value}]")
        return None if found is None else float(found)

    def overflows(self, format_: str, method: str, quantity: Quantity) -> bool:
        """Whether the sum in the middle is infinite or NaN."""
        share = self.values.get(f"overflowed_share[format={format_},method={method},quantity={quantity.value}]", 0.0)
        return float(share) > 1 / 2

    def rounding(self, format_: str, quantity: Quantity) -> float | None:
        """What rounding the terms does to the exact sum; None where there is no such sum."""
        found = self.values.get(f"term_rounding_error[format={format_},quantity={quantity.value}]")
        return None if found is None else float(found)

    def is_judged(self, quantity: Quantity) -> bool:
        """Whether digits of such sums mean anything: not of elements whose sum is as small as random signs make it."""
        over_chance = self.values.get(f"sum_over_chance[quantity={quantity.value}]", 1.0)
        return quantity is not Quantity.ELEMENTS or float(over_chance) >= 1


@dataclass(frozen=True, slots=True)
class Total:
    """One method in one format over all tensors that have such sums."""

    format: str
    method: str
    quantity: Quantity
    digits: tuple[float, ...]
    """Of each tensor that has such sums."""
    n_overflowed: int
    """How many of these overflow, and have 0 digits for that."""

    @property
    def labels(self) -> dict[str, str]:
        """Those of its measurements."""
        return {"format": self.format, "method": self.method, "quantity": self.quantity.value}


@dataclass(frozen=True, slots=True)
class Gain:
    """What compensating keeps of one sum."""

    name: str
    quantity: Quantity
    format: str
    plain: float
    compensated: float

    @property
    def gained(self) -> float:
        """In digits."""
        return self.compensated - self.plain


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """Methods in formats over all tensors that own their bytes."""
    measured = [one for one in (measured_of(answer, options) for answer in answers) if one is not None]
    methods = methods_of(options.methods)
    totals = list(totals_of(measured, methods))
    return Result(
        "summation",
        None,
        measurements=tuple(one for total in totals for one in measurements(total)),
        figures=tuple(figures_of(totals, measured, methods)),
    )


def measured_of(answer: Answer, options: Options) -> Measured | None:
    """What was measured of a tensor; None of those that were not, and of those whose bytes another one owns."""
    info = answer.tensor.info
    if not answer.counts:
        return None
    values = answer.result.values
    return Measured(info.name, judged_format(info.dtype, options).name, values)


def formats_of(measured: Sequence[Measured]) -> list[str]:
    """The formats that any tensor was summed in, in the order of the first."""
    metrics = (key for one in measured for key in one.values if key.startswith("absorbed_share["))
    names = (key.partition("format=")[2].partition(",")[0] for key in metrics)
    return list(dict.fromkeys(names))


def totals_of(measured: Sequence[Measured], methods: Sequence[Method]) -> Iterator[Total]:
    """Every method in every format, of every quantity that any tensor has."""
    formats = formats_of(measured)
    for quantity in Quantity:
        for method in methods:
            for format_ in formats:
                found = (one.digits(format_, method.name, quantity) for one in measured)
                digits = tuple(one for one in found if one is not None)
                if digits:
                    overflowed = [one.overflows(format_, method.name, quantity) for one in measured]
                    yield Total(format_, method.name, quantity, digits, sum(overflowed))


def measurements(total: Total) -> Iterator[Measurement]:
    """A total as named numbers."""
    yield Measurement(metric("fewest_digits", "digits", **total.labels), min(total.digits))
    yield Measurement(metric("median_digits", "digits", **total.labels), median_low(total.digits))


def figures_of(totals: Sequence[Total], measured: Sequence[Measured], methods: Sequence[Method]) -> Iterator[Figure]:
    """A table of digits for each quantity, and where compensating gains most."""
    for quantity in Quantity:
        own = [total for total in totals if total.quantity is quantity]
        if own:
            yield total_table(quantity, own, measured)
    compensated = next((method.name for method in methods if method.is_compensated), None)
    if compensated:
        gains = sorted(gains_of(measured, compensated), key=lambda gain: -gain.gained)[:NAMED]
        columns = (Column("tensor"), Column("sum of"), Column("format"), Column("recursive"), Column(compensated))
        rows = tuple(
            (printable(one.name), WORDS[one.quantity], one.format, round(one.plain, 1), round(one.compensated, 1))
            for one in gains
        )
        if rows:
            yield Table(f"Where {compensated} keeps most digits that plain summation loses", columns, rows)


def total_table(quantity: Quantity, totals: Sequence[Total], measured: Sequence[Measured]) -> Table:
    """Methods by formats: digits of the tensor in the middle, and of the worst; below them those that rounding leaves."""
    formats = list(dict.fromkeys(total.format for total in totals))
    methods = list(dict.fromkeys(total.method for total in totals))
    found = {(total.method, total.format): total for total in totals}
    columns = (Column("method"), *(Column(label) for format_ in formats for label in (format_, "least")))
    rows = tuple(
        (method, *(cell for format_ in formats for cell in two_cells(found[method, format_]))) for method in methods
    )
    rounded = (
        ROUNDED,
        *(cell for format_ in formats for cell in two_cells(rounded_total(quantity, format_, measured))),
    )
    title = f"Right digits of sums of {WORDS[quantity]}: {what_is_shown(totals)}"
    return Table(title, columns, (*rows, rounded))


def what_is_shown(totals: Sequence[Total]) -> str:
    """`medians of 14 tensors (2 in float64), and the fewest`, `1 tensor`."""
    counts = {total.format: len(total.digits) for total in totals}
    most = max(counts.values())
    if most == 1:
        return "1 tensor"
    fewer = ", ".join(f"{count:,} in {format_}" for format_, count in counts.items() if count < most)
    return f"medians of {most:,} tensors{f' ({fewer})' if fewer else ''}, and the fewest"


def rounded_total(quantity: Quantity, format_: str, measured: Sequence[Measured]) -> Total:
    """What rounding the terms leaves of each tensor's sum."""
    errors = [error for one in measured if (error := one.rounding(format_, quantity)) is not None]
    digits = tuple(digits_left(error, working_format(format_)) for error in errors)
    return Total(format_, ROUNDED, quantity, digits, sum(map(isinf, errors)))


def two_cells(total: Total) -> tuple[Cell, Cell]:
    """The median and the fewest."""
    is_median_lost = total.n_overflowed >= len(total.digits) / 2
    return (
        OVERFLOW if is_median_lost else round(median_low(total.digits), 1),
        OVERFLOW if total.n_overflowed else round(min(total.digits), 1),
    )


def gains_of(measured: Sequence[Measured], compensated: str) -> Iterator[Gain]:
    """What compensating keeps of each sum in the format that is judged, where it keeps anything."""
    for one in measured:
        for quantity in Quantity:
            plain = one.digits(one.judged, "recursive", quantity)
            better = one.digits(one.judged, compensated, quantity)
            if plain is not None and better is not None and better > plain and one.is_judged(quantity):
                yield Gain(one.name, quantity, one.judged, plain, better)
