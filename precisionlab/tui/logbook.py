"""What ran, how long it took and how it ended."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from precisionlab.analysis.options import option_values
from precisionlab.analysis.results import Status
from precisionlab.escaping import printable
from precisionlab.tui.workbench import Answered, Question

MOST_ENTRIES: Final = 5_000
"""Of a scan's thousands; totals count all."""
NAME_WIDTH: Final = 44
"""Columns for tensors, of which longer names take more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One analyzer's work for one tensor or for the whole checkpoint."""

    at: float
    """When it ended, in seconds since 1970."""
    seconds: float
    question: Question
    status: Status
    reason: str
    """Why it was skipped or failed."""


@dataclass(frozen=True, slots=True)
class Total:
    """All work of one analyzer."""

    n_answers: int = 0
    n_skipped: int = 0
    n_failed: int = 0
    seconds: float = 0.0

    @property
    def n_done(self) -> int:
        """Answers that were neither skipped nor failed."""
        return self.n_answers - self.n_skipped - self.n_failed


class Logbook:
    """The latest entries, and totals of all."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self.entries: deque[Entry] = deque(maxlen=most)
        self.totals: dict[str, Total] = {}
        """By analyzer."""
        self.n_added = 0

    def add(self, answers: Iterable[Answered]) -> None:
        """Note what was answered."""
        for one in answers:
            result = one.result
            self.entries.append(Entry(one.at, one.seconds, one.question, result.status, result.reason))
            self.totals[result.analyzer] = with_one(self.totals.get(result.analyzer, Total()), one)
            self.n_added += 1

    def since(self, n_added: int) -> Iterator[Entry]:
        """What was added after the first `n_added`, as far as it is still there."""
        n_new = min(self.n_added - n_added, len(self.entries))
        return islice(self.entries, len(self.entries) - n_new, None)

    @property
    def total(self) -> Total:
        """Of all analyzers together."""
        totals = self.totals.values()
        return Total(
            sum(one.n_answers for one in totals),
            sum(one.n_skipped for one in totals),
            sum(one.n_failed for one in totals),
            sum(one.seconds for one in totals),
        )


def with_one(total: Total, answered: Answered) -> Total:
    """The total with one answer more."""
    status = answered.result.status
    return Total(
        total.n_answers + 1,
        total.n_skipped + (status is Status.SKIPPED),
        total.n_failed + (status is Status.FAILED),
        total.seconds + answered.seconds,
    )


def line_of(entry: Entry) -> str:
    """An entry on one line: time of day, analyzer, outcome, seconds, tensor, options, reason."""
    question = entry.question
    subject = printable(question.subject) if question.subject is not None else "whole checkpoint"
    parts = (
        time.strftime("%H:%M:%S", time.localtime(entry.at)),
        f"{printable(question.analyzer):<13}",
        f"{entry.status.value:<7}",
        f"{entry.seconds:9.4f} s",
        f"{subject:<{NAME_WIDTH}}",
        differing(question.options),
        printable(entry.reason, 400),
    )
    return "  ".join(part for part in parts if part).rstrip()


@lru_cache(maxsize=256)
def differing(options: object) -> str:
    """The options that are not what they are by default; empty where all are."""
    default = option_values(type(options)())
    values = option_values(options)
    changed = (f"{name}={value}" for name, value in values.items() if value != default[name])
    return printable(" ".join(changed))
