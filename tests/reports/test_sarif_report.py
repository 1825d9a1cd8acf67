"""SARIF logs, held against the schema of the standard and against what code scanning takes."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from precisionlab.analysis.report import Baseline, CheckpointReport, Report
from precisionlab.analysis.results import Finding, Novelty, Result
from precisionlab.analysis.rules import Severity
from precisionlab.reports.sarif_messages import message
from precisionlab.reports.sarif_report import render
from precisionlab.reports.sarif_results import MOST_RESULTS
from precisionlab.reports.uris import uri_of

SCHEMA = Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json"
UNRESERVED = re.compile(r"(file://)?(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*")
"""What a URI reference is made of (RFC 3986) where nothing in it has a meaning but the slashes."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

Check = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def check() -> Check:
    """Holds a log against the standard's schema."""
    validator = Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    return validator.validate


def run_of(report: Report) -> dict[str, Any]:
    """The one run of the report's log."""
    log = json.loads(render(report))
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def with_findings(report: Report, *findings: Finding, path: str = "model.npy") -> Report:
    """The report with one checkpoint, in which these findings were made."""
    checkpoint = replace(report.checkpoints[0], path=path, results=(Result("range", None, findings=findings),))
    return replace(report, checkpoints=(checkpoint,), unreadable=())


def test_the_sample_is_valid_and_says_all(check: Check, sample_report: Report) -> None:
    """Every finding is a result of a rule that is there, in a file that is there, and fingerprints tell them apart."""
    check(json.loads(render(sample_report)))
    run = run_of(sample_report)
    rules, uris = run["tool"]["driver"]["rules"], {one["location"]["uri"] for one in run["artifacts"]}
    findings = sorted((one for _, one in sample_report.findings), key=lambda finding: -finding.severity)
    marks = {one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]}
    assert len(run["results"]) == len(marks) == len(findings)
    for result, finding in zip(run["results"], findings, strict=True):
        (place,) = result["locations"]
        assert result["ruleId"] == rules[result["ruleIndex"]]["id"] == finding.code
        assert result["level"] == finding.severity.label
        assert place["physicalLocation"]["artifactLocation"]["uri"] in uris
        assert place["physicalLocation"]["region"]["startLine"] == 1
        assert len(place.get("logicalLocations", ())) == (finding.subject is not None)
    assert {rule["defaultConfiguration"]["level"] for rule in rules} == {"error", "warning", "note"}
    lengths = [artifact.get("length") for artifact in run["artifacts"]]
    assert lengths == [80, 1_234_600, 1_234_600, None]
    assert run["artifacts"][1]["hashes"] == {"sha-256": "0123456789abcdef" * 4}


@given(data=st.data())
@settings(max_examples=30)
def test_any_report_is_valid(check: Check, any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """Whatever the names, numbers and times."""
    report = data.draw(any_report)
    check(json.loads(render(report)))
    run = run_of(report)
    for artifact in run["artifacts"]:
        assert UNRESERVED.fullmatch(artifact["location"]["uri"])
        assert TIME.fullmatch(artifact.get("lastModifiedTimeUtc", "2026-01-01T00:00:00Z"))


def test_what_went_wrong_is_told(sample_report: Report) -> None:
    """The scan did not succeed: unreadable paths, a failed analysis, an interruption; a sound one did."""
    (invocation,) = run_of(sample_report)["invocations"]
    assert not invocation["executionSuccessful"]
    told = [(one["descriptor"]["id"], one["level"]) for one in invocation["toolExecutionNotifications"]]
    assert told == [(kind, "error") for kind in ("unreadable", "unreadable", "failed", "interrupted")]
    assert invocation["startTimeUtc"] == "2026-01-02T03:04:05Z"
    assert invocation["commandLine"].startswith("precisionlab scan")
    (sound,) = run_of(with_findings(sample_report))["invocations"]
    assert sound["executionSuccessful"]
    assert not sound["toolExecutionNotifications"]


def finding(i: int, severity: Severity = Severity.WARNING, **others: Any) -> Finding:  # noqa: ANN401 - fields of a record
    """A finding about a tensor of its own."""
    return Finding("PL020", severity, f"layer.{i}", f"{i} of 10", "", **others)


def test_fingerprints_survive_another_machine_and_other_numbers(sample_report: Report) -> None:
    """Code scanning knows a finding again after the checkpoint moved, changed, and got further findings."""
    here = run_of(with_findings(sample_report, finding(1), path="/home/a/models/m.safetensors"))
    changed = replace(finding(1), message="7 of 10", severity=Severity.ERROR)
    there = run_of(with_findings(sample_report, finding(2), changed, path="models/m.safetensors"))
    (mark,) = [one["partialFingerprints"] for one in here["results"]]
    marks = [one["partialFingerprints"] for one in there["results"]]
    assert mark in marks
    assert len({one["primaryLocationLineHash"] for one in marks}) == 2
    assert here["automationDetails"]["id"] == there["automationDetails"]["id"] == "precisionlab/m.safetensors/"


def test_no_two_results_have_one_fingerprint(sample_report: Report) -> None:
    """Not those of two checkpoints of one name, nor what is gone and a sibling that is still there."""
    one = replace(finding(1), subject=sample_report.checkpoints[0].tensors[0].name)
    still, gone = (replace(one, evidence={"format": name}) for name in ("float16", "bfloat16"))
    before = run_of(with_findings(sample_report, still, gone))["results"]
    report = with_findings(sample_report, still)
    twice = (report.checkpoints[0], replace(report.checkpoints[0], path="other/model.npy"))
    results = run_of(replace(report, checkpoints=twice, baseline=Baseline("b.json", "", (gone,))))["results"]
    marks = [one["partialFingerprints"]["primaryLocationLineHash"] for one in results]
    assert len(set(marks)) == len(marks) == 3
    assert results[2]["partialFingerprints"] == before[1]["partialFingerprints"]


def test_a_baseline_gives_every_result_a_state(check: Check, sample_report: Report) -> None:
    """New, worse and known findings, and those that are gone, which are no problem of this run."""
    novelties = (Novelty.NEW, Novelty.WORSE, Novelty.KNOWN)
    found = [finding(i, novelty=novelty) for i, novelty in enumerate(novelties)]
    gone = Finding("PL999", Severity.ERROR, None, "was bad", "")
    report = replace(with_findings(sample_report, *found), baseline=Baseline("b.json", "", (gone,)))
    check(json.loads(render(report)))
    results = run_of(report)["results"]
    assert [one["baselineState"] for one in results] == ["new", "updated", "unchanged", "absent"]
    assert [(one["level"], one.get("kind", "fail")) for one in results] == [("warning", "fail")] * 3 + [
        ("none", "pass")
    ]


def test_a_run_holds_what_code_scanning_takes(sample_report: Report) -> None:
    """The severest 25,000 results, and a notification of how many were left out."""
    severities = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
    found = [finding(i, severities[i % 3]) for i in range(MOST_RESULTS + 11)]
    run = run_of(with_findings(sample_report, *found))
    assert len(run["results"]) == MOST_RESULTS == 25_000
    levels = [one["level"] for one in run["results"]]
    assert levels.count("error") + levels.count("warning") == sum(one.severity > Severity.NOTE for one in found)
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["descriptor"]["id"] == "left-out"
    assert told["message"]["text"].startswith("11 results left out")


def test_hostile_names_are_neither_links_nor_placeholders() -> None:
    """A message is shown as it is: on one line, without a link, without an argument to fill in."""
    text = str(message("[x](javascript:alert(1)) {0}\n\x1b[31m{name}\ud800")["text"])
    assert text == r"[x] (javascript:alert(1)) {{0}}\n\x1b[31m{name}\ud800"


@pytest.mark.parametrize(
    "path", ["a/b c#d?e.npy", "/abs/100%.npy", "a:b", "na\u00efve \u91cd.pt", "..\\x", "\udcff.npy"]
)
def test_paths_are_percent_encoded(path: str) -> None:
    """Nothing of a name is taken for a part of the URI's syntax, and decoding gives the path's bytes."""
    uri = uri_of(path)
    assert UNRESERVED.fullmatch(uri)
    assert unquote_to_bytes(uri.removeprefix("file://")) == path.encode("utf-8", "surrogateescape")
    assert uri.startswith("file:///") == path.startswith("/")


def test_the_file_of_a_folder_is_one_of_its_files(sample_report: Report) -> None:
    """A checkpoint that is a folder is shown at the first of its files, one that is a file at itself."""

    def shown(checkpoint: CheckpointReport) -> str:
        report = replace(sample_report, checkpoints=(checkpoint,), unreadable=())
        place = run_of(report)["results"][0]["locations"][0]["physicalLocation"]
        return unquote(place["artifactLocation"]["uri"])

    folder = sample_report.checkpoints[0]
    assert shown(folder) == folder.files[0].path
    second = replace(folder, path=folder.files[1].path)
    assert shown(second) == folder.files[1].path
