"""What is noted of what ran: the latest entries, totals of all."""

import math
import time
from dataclasses import dataclass

from precisionlab.analysis.analyzers import NoOptions
from precisionlab.analysis.options import option
from precisionlab.analysis.results import Result, Status
from precisionlab.tui.logbook import Entry, Logbook, Total, line_of
from precisionlab.tui.workbench import Answered, Question

NOON = time.mktime((2026, 3, 4, 12, 34, 56, 0, 0, -1))


@dataclass(frozen=True)
class Options:
    """Of a pretended analyzer."""

    depth: int = option(3, "How deep.")
    names: tuple[str, ...] = option((), "Which.")
    seed: int = option(0, "Of what is drawn.")


def answered(analyzer: str, number: int, seconds: float, status: Status = Status.DONE) -> Answered:
    """An answer about one of many tensors."""
    subject = f"layers.{number}.weight"
    result = Result(analyzer, subject, status, "" if status is Status.DONE else "because")
    return Answered(Question(analyzer, NoOptions(), subject), result, seconds, NOON + number)


def test_totals_are_exact_where_entries_are_dropped() -> None:
    """Ten entries are kept of a thousand; counts and seconds are of all, and what is new is told once."""
    logbook = Logbook(most=10)
    statuses = (Status.DONE, Status.SKIPPED, Status.FAILED)
    answers = [answered("abc"[i % 3], i, i / 64, statuses[i % 7 % 3]) for i in range(1000)]
    logbook.add(answers[:995])
    assert [entry.question.subject for entry in logbook.since(0)] == [f"layers.{i}.weight" for i in range(985, 995)]
    logbook.add(answers[995:])
    assert [entry.seconds for entry in logbook.since(995)] == [i / 64 for i in range(995, 1000)]
    assert not list(logbook.since(1000))
    assert logbook.n_added == 1000
    for name in "abc":
        of_name = [one for one in answers if one.result.analyzer == name]
        total = logbook.totals[name]
        assert total.n_answers == len(of_name)
        assert total.n_skipped == sum(one.result.status is Status.SKIPPED for one in of_name)
        assert total.n_failed == sum(one.result.status is Status.FAILED for one in of_name)
        assert total.n_done == sum(one.result.status is Status.DONE for one in of_name)
        assert total.seconds == math.fsum(one.seconds for one in of_name)
    assert logbook.total.n_answers == 1000
    assert logbook.total.seconds == math.fsum(one.seconds for one in answers)
    assert Logbook().total == Total()


def test_a_line_tells_all_that_there_is() -> None:
    """Time of day, analyzer, outcome, seconds, tensor, the options that are not as by default, and the reason."""
    question = Question("depth", Options(depth=5, names=("a",)), "w")
    line = line_of(Entry(NOON, 12.34567, question, Status.SKIPPED, "too deep"))
    assert line.split() == [
        "12:34:56",
        "depth",
        "skipped",
        "12.3457",
        "s",
        "w",
        "depth=5",
        "names=('a',)",
        "too",
        "deep",
    ]
    plain = line_of(Entry(NOON, 0.5, Question("depth", Options(), None), Status.DONE, ""))
    assert plain.split() == ["12:34:56", "depth", "done", "0.5000", "s", "whole", "checkpoint"]


def test_hostile_names_and_reasons_make_one_line() -> None:
    """Escapes and line ends in them are shown as such."""
    question = Question("a\x1bb", Options(names=("\x1b[31m",)), "w\n\x1b]52;c;x\a")
    line = line_of(Entry(NOON, 0.0, question, Status.FAILED, "bad\r\nthing\u202e"))
    assert line.isprintable()
