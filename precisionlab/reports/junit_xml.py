"""Suites of tests as JUnit XML."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from precisionlab.reports.markup import Markup, element, escaped

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


class Outcome(StrEnum):
    """How a test ended; all but the first are the element that says so."""

    PASSED = "passed"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """A test."""

    class_name: str
    name: str
    outcome: Outcome = Outcome.PASSED
    message: str = ""
    """Why it did not pass, or what is worth knowing though it did."""
    details: tuple[str, ...] = ()
    """Further lines."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests that belong together."""

    name: str
    properties: tuple[tuple[str, str], ...]
    cases: tuple[Case, ...]


def document(suites: Iterable[Suite], started: str, seconds: float) -> str:
    """The document. No test has a time of its own; the whole took so many seconds."""
    every = list(suites)
    total = counts(case for suite in every for case in suite.cases)
    del total["skipped"]  # which the root has none of in the schema
    root = element(
        "testsuites",
        Markup("\n"),
        *(suite_element(suite, started) for suite in every),
        name="precisionlab",
        **total,
        time=f"{seconds:.3f}",
    )
    return f"{DECLARATION}\n{root}\n"


def counts(cases: Iterable[Case]) -> dict[str, str]:
    """How many tests there are, and how many ended how."""
    ended = Counter(case.outcome for case in cases)
    return {
        "tests": str(ended.total()),
        "failures": str(ended[Outcome.FAILURE]),
        "errors": str(ended[Outcome.ERROR]),
        "skipped": str(ended[Outcome.SKIPPED]),
    }


def suite_element(suite: Suite, started: str) -> Markup:
    """A suite with its tests, a line each."""
    facts = [element("property", name=name, value=value) for name, value in suite.properties]
    parts = [*([element("properties", *facts)] if facts else []), *map(case_element, suite.cases)]
    inside = Markup("".join(f"{part}\n" for part in parts))
    return element("testsuite", Markup("\n"), inside, name=suite.name, **counts(suite.cases), timestamp=started)


def case_element(case: Case) -> Markup:
    """A test, and why it did not pass."""
    return element("testcase", *told(case), classname=case.class_name, name=case.name, time="0")


def told(case: Case) -> tuple[Markup, ...]:
    """What stands in a test: nothing, or one element."""
    lines = Markup("\n".join(map(escaped, (case.message, *case.details))))
    if case.outcome is not Outcome.PASSED:
        return (element(case.outcome.value, lines, message=case.message),)
    return (element("system-out", lines),) if case.message else ()
