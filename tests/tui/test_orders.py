"""Tensors listed by a figure: against sorting by hand."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.results import Measurement, Result, Status, metric
from precisionlab.analysis.rules import Severity
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.tui.orders import BY_NAME, BY_SEVERITY, BY_SIZE, Order, figures_in, ranked

NORM = metric("norm", "")
TENSORS = [TensorInfo(name, "float32", (n,), ByteRange("", 0, 4 * n)) for name, n in (("a", 3), ("b", 1), ("c", 9))]


def result(subject: str | None, value: float | str | bool, name: str = "norm") -> Result:
    """An answer with one measurement."""
    return Result("spectrum", subject, measurements=(Measurement(metric(name, ""), value),))


@settings(max_examples=200, deadline=None)
@given(values=st.lists(st.floats() | st.integers(-(10**30), 10**30), max_size=12), is_reversed=st.booleans())
def test_values_are_in_order(values: list[float], is_reversed: bool) -> None:
    """Every tensor is listed once: numbers by size, then NaN and what has no value."""
    tensors = [TensorInfo(str(i), "float32", (1,), ByteRange("", 0, 4)) for i in range(len(values) + 2)]
    results = [result(str(i), value) for i, value in enumerate(values)]
    ranking = ranked(tensors, Order("spectrum.norm", "spectrum", NORM), results, {}, is_reversed=is_reversed)
    assert sorted(ranking.indices) == list(range(len(tensors)))
    numbers = [i for i, value in enumerate(values) if not math.isnan(value)]
    listed = [float(values[i]) for i in ranking.indices[: len(numbers)]]
    assert listed == sorted((float(values[i]) for i in numbers), reverse=not is_reversed)
    assert set(ranking.beside) == set(range(len(values)))


def test_headers_and_findings_order_too() -> None:
    """By name as given, by size, by severity the worst first; equals stay in natural order."""
    worst = {"b": Severity.NOTE, "c": Severity.ERROR}
    assert ranked(TENSORS, BY_NAME, [], worst, is_reversed=False).indices == (0, 1, 2)
    assert ranked(TENSORS, BY_NAME, [], worst, is_reversed=True).indices == (2, 1, 0)
    assert ranked(TENSORS, BY_SIZE, [], worst, is_reversed=False).indices == (2, 0, 1)
    assert ranked(TENSORS, BY_SIZE, [], worst, is_reversed=True).indices == (1, 0, 2)
    assert ranked(TENSORS, BY_SEVERITY, [], worst, is_reversed=False).indices == (2, 1, 0)


def test_figures_are_numbers_of_tensors() -> None:
    """Texts, truth values, the checkpoint's own numbers and what was skipped are none."""
    skipped = Result("spectrum", "a", Status.SKIPPED, "no matrix", (Measurement(metric("rank", ""), 1),))
    results = [
        result("a", 1.5),
        result("b", 2),
        result("a", "bf16", "stored_as"),
        result("a", True, "is_dead"),
        result(None, 3.0, "total"),
        skipped,
    ]
    assert figures_in(results) == (Order("spectrum.norm", "spectrum", NORM),)


def test_the_latest_answer_counts() -> None:
    """Of two about the same tensor."""
    order = Order("spectrum.norm", "spectrum", NORM)
    results = [result("a", 9.0), result("b", 5.0), result("a", 1.0)]
    assert ranked(TENSORS, order, results, {}, is_reversed=False).indices == (1, 0, 2)
