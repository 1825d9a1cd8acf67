"""The report as terminal text."""

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from precisionlab.analysis.report import Report
from precisionlab.reports.quantities import shown_name
from precisionlab.reports.text_report import TextStyle, render

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_wider_than_asked(width: int, sample_report: Report) -> None:
    """All lines fit, except the verdict, which is one line however long."""
    *lines, verdict = render(sample_report, TextStyle(width)).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert verdict.startswith("3 errors, 10 warnings, 16 notes in 32 of 35 tensors of 2 checkpoints")


def test_plain_text_holds_no_escape(sample_report: Report) -> None:
    """Without colour every character prints, whatever the names hold."""
    text = render(sample_report)
    assert all(line.isprintable() for line in text.splitlines())


def test_colour_changes_nothing_but_colour(sample_report: Report) -> None:
    """With its colours taken away, the coloured text is the plain one."""
    coloured = render(sample_report, TextStyle(80, colour=True))
    assert coloured != render(sample_report, TextStyle(80))
    stripped = [line.rstrip() for line in COLOURS.sub("", coloured).splitlines()]
    assert stripped == render(sample_report, TextStyle(80)).splitlines()


def test_the_environment_has_no_say(sample_report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the style decides on width and colour."""
    before = render(sample_report, TextStyle(80))
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "33"), ("TERM", "dumb"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    assert render(sample_report, TextStyle(80)) == before
    assert "\x1b[" in render(sample_report, TextStyle(80, colour=True))


def test_severity_is_a_word(sample_report: Report) -> None:
    """Each rule's line begins with its severity."""
    lines = render(sample_report).splitlines()
    assert [line.split()[0] for line in lines if re.search(r"\bPL\d{3} the|\bPL030 half", line)] == [
        "error",
        "warning",
        "note",
    ]


def test_many_findings_of_a_rule_are_folded(sample_report: Report) -> None:
    """Three are listed, the rest counted."""
    assert "    and 13 more\n" in render(sample_report)


@settings(max_examples=60, deadline=None)
@given(name=st.text(min_size=1, max_size=20) | st.sampled_from(("[bold]x", "[/]", "\x1b[2J", ":smile:", "https://a.b")))
def test_any_path_is_shown_as_it_is(name: str, sample_report: Report) -> None:
    """No name is taken for console markup, an emoji code or a link."""
    small = dataclasses.replace(sample_report.checkpoints[1], path=name)
    report = dataclasses.replace(sample_report, checkpoints=(small,))
    assert render(report, TextStyle(200)).splitlines()[0] == shown_name(name).rstrip()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_report_can_be_printed(data: st.DataObject, any_report: st.SearchStrategy[Report]) -> None:
    """However senseless the numbers and names, there is text."""
    report = data.draw(any_report)
    assert render(report, TextStyle(data.draw(st.integers(30, 150)))).endswith("\n")
