"""Workflow commands, read as GitHub's runner reads them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Finding, Novelty, Result
from precisionlab.analysis.rules import Severity
from precisionlab.reports import text_report
from precisionlab.reports.github_report import render

COMMAND = re.compile(r"\s*::([^\s:]+)(?: ([^:]*))?::(.*)", re.DOTALL)
LINE = re.compile(r"\r\n|\r|\n")
"""Where the runner ends a line of the log."""
DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}


@dataclass(frozen=True)
class Command:
    """What the runner makes of a line."""

    name: str
    properties: Mapping[str, str]
    message: str


def unescaped(text: str, escapes: Mapping[str, str]) -> str:
    """The text, each escape replaced, the percent sign last."""
    for escape, character in escapes.items():
        text = text.replace(escape, character)
    return text


def commands(log: str) -> Iterator[Command]:
    """The commands among the lines of a log, by the rules of the runner."""
    for line in LINE.split(log):
        found = COMMAND.fullmatch(line)
        if found:
            pairs = (pair.partition("=") for pair in (found[2] or "").split(",") if pair)
            properties = {name: unescaped(value, PROPERTY) for name, _, value in pairs}
            yield Command(found[1], properties, unescaped(found[3], DATA))


def with_findings(report: Report, *findings: Finding, path: str = "m.npy") -> Report:
    """The report with one checkpoint, in which these findings were made."""
    checkpoint = replace(report.checkpoints[0], path=path, results=(Result("range", None, findings=findings),))
    return replace(report, checkpoints=(checkpoint,), unreadable=())


def test_a_rule_is_an_annotation_of_its_file(sample_report: Report) -> None:
    """With title, file, the first findings and what to do."""
    found = [Finding("PL001", Severity.ERROR, f"w{i}", f"{i}00 % are NaN", "find the step") for i in range(7)]
    log = render(with_findings(sample_report, *found, path="a, b:c%.npy"))
    (command,) = commands(log)
    assert command.name == "error"
    assert command.properties == {"file": "a, b:c%.npy", "line": "1", "title": "PL001 nan (7 findings)"}
    lines = command.message.splitlines()
    assert lines == [*(f"w{i}: {i}00 % are NaN" for i in range(5)), "and 2 more findings", "What to do: find the step"]
    assert log.splitlines()[1:] == ["precisionlab: 7 errors in 0 of 33 tensors of 1 checkpoint"]


def test_a_printed_report_has_no_command(sample_report: Report) -> None:
    """The runner reads all that a step prints: names and folded messages begin no command, nor have one of the old kind."""
    names = ("::error::forged", "  ::add-mask::a", "w##[error]forged")
    found = [Finding("PL001", Severity.ERROR, name, f"{'long ' * 16} ::error::forged", "") for name in names]
    for colour in (False, True):
        log = text_report.render(with_findings(sample_report, *found), text_report.TextStyle(100, colour))
        log = re.sub(r"\x1b\[[\d;]*m", "", log)
        assert log.count("forged") == 5
        assert not list(commands(log))
        assert "##[" not in log


@given(data=st.data())
@settings(max_examples=30)
def test_no_name_begins_a_command(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """Of any report each line is one of our commands, with no other property, but for the last, which is none."""
    log = render(data.draw(any_report))
    *lines, last, end = LINE.split(log)
    assert end == ""
    assert not list(commands(last))
    made = list(commands(log))
    assert len(made) == len(lines)
    assert {command.name for command in made} <= {"error", "warning", "notice"}
    assert all(command.properties.keys() <= {"file", "line", "title"} for command in made)


def test_a_step_shows_ten_of_a_level(sample_report: Report) -> None:
    """More are counted in the last line."""
    found = [Finding(f"XX{i:02}", severity, "w", "bad", "") for severity in Severity for i in range(10 + 2 * severity)]
    log = render(with_findings(sample_report, *found))
    assert Counter(command.name for command in commands(log)) == {"error": 10, "warning": 10, "notice": 10}
    assert log.splitlines()[-1].endswith("6 more of level error; 4 more of level warning; 2 more of level notice")


def test_what_a_baseline_knows_is_no_annotation(sample_report: Report) -> None:
    """What is new is one, so is what is worse, which is told, and so is a path that could not be read."""
    found = [Finding("PL020", Severity.WARNING, str(novelty), "bad", "", novelty=novelty) for novelty in Novelty]
    report = replace(with_findings(sample_report, *found), unreadable=sample_report.unreadable)
    *unreadable, warning = commands(render(report))
    assert [one.properties["title"] for one in unreadable] == ["precisionlab: unreadable"] * 2
    assert warning.message.splitlines() == ["new: bad", "worse: bad (worse than in the baseline)"]
