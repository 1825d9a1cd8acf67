"""JUnit XML, held against the schema of Jenkins' xUnit plugin."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xmlschema import XMLSchema

from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Finding, Novelty, Result
from precisionlab.analysis.rules import Severity
from precisionlab.reports.junit_report import MOST_CASES, render

SCHEMA = Path(__file__).parent / "schemas" / "junit-10.xsd"
ENDINGS = ("failure", "error", "skipped")


@pytest.fixture(scope="module")
def schema() -> XMLSchema:
    """The form of the reports that Jenkins reads."""
    return XMLSchema(SCHEMA)


def parsed(report: Report) -> ET.Element:
    """The document as another reader has it."""
    return ET.fromstring(render(report).encode())  # noqa: S314 - our own output


def endings(element: ET.Element) -> Counter[str]:
    """How many tests below it ended how."""
    cases = list(element.iter("testcase"))
    return Counter(next((one.tag for one in case if one.tag in ENDINGS), "passed") for case in cases)


def check_counts(element: ET.Element) -> None:
    """What an element says of its tests is what there is."""
    ended = endings(element)
    assert int(element.attrib["tests"]) == ended.total()
    assert int(element.attrib["failures"]) == ended["failure"]
    assert int(element.attrib["errors"]) == ended["error"]


def with_findings(report: Report, *findings: Finding) -> Report:
    """The report with one checkpoint, in which these findings were made."""
    checkpoint = replace(report.checkpoints[0], results=(Result("range", None, findings=findings),), skipped=())
    return replace(report, checkpoints=(checkpoint,), unreadable=())


def finding(i: int, severity: Severity, novelty: Novelty | None = None) -> Finding:
    """A finding about a tensor of its own."""
    return Finding("PL020", severity, f"layer.{i}", f"{i} of 10", "rescale", novelty=novelty)


def test_the_sample_is_valid_and_counts_right(schema: XMLSchema, sample_report: Report) -> None:
    """A suite a checkpoint and unreadable path; warnings and errors fail, what broke is an error, what was left out skipped."""
    schema.validate(render(sample_report))
    root = parsed(sample_report)
    for element in (root, *root):
        check_counts(element)
    ended = endings(root)
    assert ended["failure"] == sum(one.severity >= Severity.WARNING for _, one in sample_report.findings)
    assert ended["error"] == len(sample_report.unreadable) + 2  # a failed analysis, an interrupted checkpoint
    assert [suite.attrib["name"] for suite in root] == [
        "samples/sick/<model> & co", "small.pth", "broken.safetensors", r"<b>\x1b[2J\ud800",
    ]  # fmt: skip
    passed = [case.attrib["name"] for case in root[1] if case.tag == "testcase" and not len(case)]
    assert passed == [f"{rule.code} {rule.name}" for rule in sample_report.rules]


@given(data=st.data())
@settings(max_examples=20)
def test_any_report_is_valid(schema: XMLSchema, any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """Whatever the names hold: characters that XML has not are escaped."""
    report = data.draw(any_report)
    schema.validate(render(report))
    root = parsed(report)
    for element in (root, *root):
        check_counts(element)


def test_known_findings_and_notes_pass(sample_report: Report) -> None:
    """Only what counts fails; the others pass and tell what they are."""
    known = finding(1, Severity.ERROR, Novelty.KNOWN)
    worse = finding(2, Severity.WARNING, Novelty.WORSE)
    note = finding(3, Severity.NOTE, Novelty.NEW)
    (suite,) = parsed(with_findings(sample_report, known, worse, note))
    told = {case.attrib["name"].rpartition(" ")[2]: case[0] for case in suite.iter("testcase") if len(case)}
    assert {name: one.tag for name, one in told.items()} == {
        "layer.1": "system-out",
        "layer.2": "failure",
        "layer.3": "system-out",
    }
    assert told["layer.1"].text == "error, known: 1 of 10\nrescale"
    assert told["layer.2"].attrib["message"] == "warning, worse: 2 of 10"


def test_no_two_tests_have_one_name(sample_report: Report) -> None:
    """Pages show one of them: axes are told, and what is alike all the same is numbered."""
    axes = [replace(finding(1, Severity.WARNING), evidence={"axis": axis}) for axis in (0, 1)]
    alike = [replace(axes[0], subject="x" * 10_000 + end, evidence={}) for end in "ab"]
    whole = [replace(axes[0], subject=None, evidence={})] * 2
    names = [
        case.attrib["name"] for case in parsed(with_findings(sample_report, *axes, *alike, *whole)).iter("testcase")
    ]
    assert len(set(names)) == len(names)
    assert [name.partition(", ")[2] for name in names if "axis" in name] == ["axis 0", "axis 1"]


def test_a_rule_that_fires_everywhere_stays_readable(schema: XMLSchema, sample_report: Report) -> None:
    """The first thousand findings are tests, those that fail first; one more counts the rest, and fails where one of them does."""
    notes = [finding(i, Severity.NOTE) for i in range(50)]
    warnings = [finding(i, Severity.WARNING) for i in range(50, MOST_CASES + 60)]
    report = with_findings(sample_report, *notes, *warnings)
    schema.validate(render(report))
    (suite,) = parsed(report)
    cases = [case for case in suite.iter("testcase") if case.attrib["name"].startswith("PL020")]
    assert len(cases) == MOST_CASES + 1
    assert all(case.find("failure") is not None for case in cases)
    assert cases[-1].attrib["name"] == "PL020 subnormals: 60 more findings"
    assert cases[-1][0].attrib["message"].startswith("10 of them count")


def test_where_no_rule_was_asked_nothing_passes(sample_report: Report) -> None:
    """The one test is skipped, and says why."""
    (suite,) = parsed(replace(with_findings(sample_report), rules=(), settings={"select": ("PL9",)}))
    (case,) = suite.iter("testcase")
    assert case[0].tag == "skipped"
    assert case[0].attrib["message"] == "no rules were asked: --select and --ignore leave none"
