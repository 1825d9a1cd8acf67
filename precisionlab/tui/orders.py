"""By what tensors are listed: their names, sizes, worst findings, or any figure that an analyzer found."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from precisionlab.analysis.results import Measurement, Metric, Result, Status
from precisionlab.analysis.rules import Severity
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.reports.quantities import byte_size, measured


@dataclass(frozen=True, slots=True)
class Order:
    """What tensors are listed by."""

    label: str
    """As it is shown, such as `size`, or `range.max_abs` for a figure."""
    analyzer: str = ""
    """Whose figure it is; empty for what is no figure."""
    metric: Metric | None = None


BY_NAME = Order("name")
BY_SIZE = Order("size")
BY_SEVERITY = Order("severity")
PLAIN = (BY_NAME, BY_SIZE, BY_SEVERITY)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Tensors in an order."""

    indices: tuple[int, ...]
    """Of the tensors in the outline."""
    beside: Mapping[int, str]
    """What to say beside some of them, by the same numbers."""


def figures_in(results: Iterable[Result]) -> tuple[Order, ...]:
    """Every figure by which tensors can be ordered, by analyzer and name."""
    found: dict[tuple[str, str], Metric] = {}
    for result in results:
        if result.subject is not None and result.status is Status.DONE:
            for one in result.measurements:
                if is_number(one):
                    found.setdefault((result.analyzer, one.metric.key), one.metric)
    return tuple(Order(f"{analyzer}.{key}", analyzer, kept) for (analyzer, key), kept in sorted(found.items()))


def ranked(
    tensors: Sequence[TensorInfo],
    order: Order,
    results: Iterable[Result],
    worst: Mapping[str, Severity],
    *,
    is_reversed: bool,
) -> Ranking:
    """The tensors by a figure or by what the headers say, the largest first; those without stand last.

    Args:
        tensors: in natural order, which decides between equals.
        order: by what.
        results: of tensors; of several by the same analyzer about the same tensor the last counts.
        worst: severities by tensor.
        is_reversed: the smallest first.
    """
    numbers, beside = values_of(tensors, order, results, worst)
    sign = 1 if is_reversed else -1
    having = sorted((i for i, number in numbers.items() if not math.isnan(number)), key=lambda i: sign * numbers[i])
    known = set(having)
    lacking = (i for i in range(len(tensors)) if i not in known)
    return Ranking((*having, *lacking), beside)


def values_of(
    tensors: Sequence[TensorInfo], order: Order, results: Iterable[Result], worst: Mapping[str, Severity]
) -> tuple[Mapping[int, float], Mapping[int, str]]:
    """The number of each tensor that has one, and how it is said, by index."""
    if order == BY_SIZE:
        return {i: info.n_bytes for i, info in enumerate(tensors)}, {
            i: byte_size(info.n_bytes) for i, info in enumerate(tensors)
        }
    if order == BY_SEVERITY:
        return {i: worst[info.name] for i, info in enumerate(tensors) if info.name in worst}, {}
    if order.metric is None:
        return {i: -i for i in range(len(tensors))}, {}
    metric, places = order.metric, {info.name: i for i, info in enumerate(tensors)}
    found = {
        places[result.subject]: float(one.value)
        for result in results
        if result.analyzer == order.analyzer and result.subject in places
        for one in result.measurements
        if one.metric == metric and is_number(one)
    }
    return found, {i: measured(metric, number) for i, number in found.items()}


def is_number(one: Measurement) -> bool:
    """Whether it can be ordered by size."""
    return isinstance(one.value, int | float) and not isinstance(one.value, bool)
