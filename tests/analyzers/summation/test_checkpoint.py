"""Figures of a whole checkpoint."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.summation import analyze
from analyzers.summation.checkpoint import summarize
from analyzers.summation.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Table
from precisionlab.analysis.results import Measurement, Metric, Result, Status
from tests.analyzers.memory import in_memory


def answer(name: str, digits: Mapping[tuple[str, str, str], float], owner: str | None = None) -> Answer:
    """A tensor whose sums keep so many digits, by format, method and quantity."""
    measured = []
    for (format_, method, quantity), value in digits.items():
        labels = {"format": format_, "method": method, "quantity": quantity}
        measured.append(Measurement(Metric("digits", "digits", labels), value))
        labels = {"format": format_, "quantity": quantity}
        measured.append(Measurement(Metric("absorbed_share", "share", labels), 0.0))
        measured.append(Measurement(Metric("term_rounding_error", "1", labels), 1e-2))
    return Answer(
        in_memory(np.zeros(1, np.float32), name, owner), Result("summation", name, measurements=tuple(measured))
    )


def of_tensor(plain: float, kahan: float) -> dict[tuple[str, str, str], float]:
    """Digits in float32, and less of them in bfloat16."""
    return {
        ("float32", "recursive", "elements"): plain,
        ("float32", "kahan", "elements"): kahan,
        ("bfloat16", "recursive", "elements"): plain / 4,
        ("bfloat16", "kahan", "elements"): kahan / 4,
    }


OPTIONS = Options(methods=("recursive", "kahan"))
ANSWERS = [
    answer("a", of_tensor(5, 7)),
    answer("b", of_tensor(2, 7.2)),
    answer("c", of_tensor(6.4, 6.4)),
    answer("d", of_tensor(0, 1), owner="a"),
    Answer(in_memory(np.zeros(1, np.float32), "e"), Result("summation", "e", Status.SKIPPED, "no reason")),
]


def tables(answers: Sequence[Answer], options: Options = OPTIONS) -> list[Table]:
    """All that is drawn."""
    figures = summarize(answers, options).figures
    assert all(isinstance(figure, Table) for figure in figures)
    return [figure for figure in figures if isinstance(figure, Table)]


def test_medians_and_fewest_are_over_tensors_that_own_their_bytes() -> None:
    """By hand, of a, b and c."""
    result = summarize(ANSWERS, OPTIONS)
    assert result.subject is None
    label = "[format=float32,method={},quantity=elements]".format
    assert result.value(f"fewest_digits{label('recursive')}") == 2
    assert result.value(f"median_digits{label('recursive')}") == median((5, 2, 6.4))
    assert result.value(f"fewest_digits{label('kahan')}") == 6.4
    assert result.value(f"median_digits{label('kahan')}") == 7
    assert result.value("fewest_digits[format=bfloat16,method=recursive,quantity=elements]") == 0.5
    assert len(result.measurements) == 8


def test_the_table_has_methods_by_formats() -> None:
    """Median and fewest beside each other."""
    totals, _ = tables(ANSWERS)
    assert totals.title == "Right digits of sums of elements: medians of 3 tensors, and the fewest"
    assert [column.label for column in totals.columns] == ["method", "float32", "least", "bfloat16", "least"]
    assert totals.rows == (("recursive", 5, 2, 1.2, 0.5), ("kahan", 7, 6.4, 1.8, 1.6), ("terms rounded", *[2.0] * 4))


def test_a_sum_that_overflows_is_told_from_one_without_digits() -> None:
    """In float16 elements of one tensor of three overflow, which is the least, and squares of all, which is the median, too."""
    large, cancelling = np.full(300, 1000.0), np.concatenate(([1e-3], np.tile([3000.0, -3000], 150)))
    arrays = [array.astype(np.float32) for array in (large, cancelling, cancelling)]
    tensors = [in_memory(array, f"t{i}") for i, array in enumerate(arrays)]
    options = Options(methods=("recursive",), working_formats=("float16",))
    (elements, squares, *_) = tables([Answer(tensor, analyze(tensor, options)) for tensor in tensors], options)
    digits = {row[0]: row[1:] for row in elements.rows}
    column = [one.label for one in elements.columns].index("float16") - 1
    assert digits["recursive"][column + 1] == "overflow"
    assert digits["recursive"][column] == 0
    squared = {row[0]: row[1:] for row in squares.rows}
    assert (
        squared["recursive"][column : column + 2] == squared["terms rounded"][column : column + 2] == ("overflow",) * 2
    )


def test_tensors_are_counted_in_words(answered: Callable[..., Result]) -> None:
    """One is one; formats that fewer tensors have are named."""
    arrays: list[NDArray[Any]] = [np.ones(300, np.float32), np.ones(300, np.float32), np.ones(300)]
    answers = [Answer(in_memory(array, f"t{i}"), answered(array)) for i, array in enumerate(arrays)]
    assert tables(answers)[0].title == (
        "Right digits of sums of elements: medians of 3 tensors (1 in float64), and the fewest"
    )
    assert tables(answers[:2])[0].title == "Right digits of sums of elements: medians of 2 tensors, and the fewest"
    assert tables(answers[2:])[0].title == "Right digits of sums of elements: 1 tensor"


def test_gains_are_of_the_judged_format_largest_first() -> None:
    """Sums that gain nothing are not told."""
    _, gains = tables(ANSWERS)
    assert gains.rows == (("b", "elements", "float32", 2, 7.2), ("a", "elements", "float32", 5, 7))
    _, narrow = tables(ANSWERS, Options(methods=("kahan",), judged_format="bfloat16"))
    assert [row[:3] for row in narrow.rows] == [("b", "elements", "bfloat16"), ("a", "elements", "bfloat16")]


def test_gains_are_told_of_ten_sums_at_most() -> None:
    """The ten that gain most."""
    many = [answer(f"t{i:02}", of_tensor(7 - i / 10, 7.2)) for i in range(30)]
    _, gains = tables(many)
    assert [row[0] for row in gains.rows] == [f"t{i:02}" for i in range(29, 19, -1)]


def test_sums_that_are_small_by_chance_gain_nothing_worth_telling() -> None:
    """Their digits mean little; squares of the same tensor are told."""
    label = {"quantity": "elements"}
    by_chance = answer(
        "b", {**of_tensor(2, 7), ("float32", "recursive", "squares"): 5, ("float32", "kahan", "squares"): 6}
    )
    chance = Measurement(Metric("sum_over_chance", "1", label), 0.3)
    result = replace(by_chance.result, measurements=(*by_chance.result.measurements, chance))
    *_, gains = tables([ANSWERS[0], Answer(by_chance.tensor, result)])
    assert [row[:2] for row in gains.rows] == [("a", "elements"), ("b", "squares")]


def test_without_compensated_methods_no_gains_are_told() -> None:
    """A table of digits alone."""
    assert len(tables(ANSWERS, Options(methods=("recursive", "pairwise")))) == 1


def test_nothing_measured_is_nothing_drawn() -> None:
    """Of no tensors, and of skipped ones."""
    for answers in ([], ANSWERS[3:]):
        result = summarize(answers, OPTIONS)
        assert (result.measurements, result.figures) == ((), ())


def test_tensors_of_several_types_have_all_their_formats() -> None:
    """float64 of the one tensor that is stored so; a table for each quantity, and gains."""
    random = np.random.default_rng(0)
    arrays: dict[str, NDArray[Any]] = {
        "single": random.standard_normal(300).astype(np.float32),
        "double": random.standard_normal((20, 20)),
    }
    answers = [
        Answer(tensor, analyze(tensor, OPTIONS))
        for tensor in (in_memory(array, name) for name, array in arrays.items())
    ]
    result = summarize(answers, OPTIONS)
    drawn = tables(answers)
    assert [table.title.partition(":")[0] for table in drawn[:3]] == [
        "Right digits of sums of elements",
        "Right digits of sums of squares",
        "Right digits of sums of products with x",
    ]
    own = answers[1].result.value("digits[format=float64,method=kahan,quantity=products]")
    assert result.value("median_digits[format=float64,method=kahan,quantity=products]") == own
    two = [one.result.value("digits[format=float32,method=recursive,quantity=elements]") for one in answers]
    assert result.value("fewest_digits[format=float32,method=recursive,quantity=elements]") == min(map(float, two))
    assert result.value("median_digits[format=float32,method=recursive,quantity=elements]") == pytest.approx(
        min(map(float, two))
    )
