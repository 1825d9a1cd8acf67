"""Findings as SARIF results."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from precisionlab.analysis.identities import fingerprints
from precisionlab.analysis.report import Baseline, CheckpointReport, Report
from precisionlab.analysis.results import Finding, Novelty, Result, Scalar
from precisionlab.reports import json_encoding
from precisionlab.reports.json_encoding import Json
from precisionlab.reports.putting import storable
from precisionlab.reports.quantities import shown_name
from precisionlab.reports.sarif_messages import LIMIT, message
from precisionlab.reports.uris import uri_of

MOST_RESULTS = 25_000
"""Of a run: code scanning refuses more."""
STATES: Mapping[Novelty, str] = MappingProxyType(
    {Novelty.NEW: "new", Novelty.WORSE: "updated", Novelty.KNOWN: "unchanged"}
)


def results(report: Report, codes: Iterable[str]) -> list[Json]:
    """Findings, the severest first and of these those that a baseline does not know, then those that are gone."""
    places = {code: place for place, code in enumerate(codes)}
    seen = Counter[str]()
    found = [
        (finding, {**result(finding, checkpoint, places), "partialFingerprints": known_by(mark, seen)})
        for checkpoint in report.checkpoints
        for finding, mark in zip(checkpoint.findings, fingerprints(checkpoint), strict=True)
    ]
    gone = [{**lost, "partialFingerprints": known_by(mark, seen)} for lost, mark in absent(report, places)]
    found.sort(key=lambda one: (-one[0].severity, not one[0].counts))
    return [*(one for _, one in found), *gone]


def known_by(mark: str, seen: Counter[str]) -> Json:
    """A fingerprint, with which of its kind it is: checkpoints in several folders may have one name and the same tensors."""
    seen[mark] += 1
    return {"primaryLocationLineHash": f"{mark[:16]}:{seen[mark]}", "precisionlab/v1": mark}


def result(finding: Finding, checkpoint: CheckpointReport, places: Mapping[str, int]) -> Json:
    """A finding with where it is and what it was found from."""
    about = f"{shown_name(finding.subject)}: " if finding.subject is not None else ""
    state = {"baselineState": STATES[finding.novelty]} if finding.novelty is not None else {}
    index = {"ruleIndex": places[finding.code]} if finding.code in places else {}
    return {
        "ruleId": storable(finding.code),
        **index,
        "level": finding.severity.label,
        "message": message(f"{about}{finding.message}", LIMIT),
        "locations": [location(checkpoint, finding.subject)],
        **state,
        "properties": {
            "remedy": storable(finding.remedy),
            "evidence": {storable(name): told(value) for name, value in finding.evidence.items()},
        },
    }


def told(value: Scalar) -> object:
    """A piece of evidence, as in the JSON report."""
    return storable(value) if isinstance(value, str) else json_encoding.scalar(value)


def location(checkpoint: CheckpointReport, tensor: str | None) -> Json:
    """The checkpoint's file, and in it the tensor. A binary has no lines: the first is where pages can show something."""
    physical = {"artifactLocation": {"uri": uri_of(main_file(checkpoint))}, "region": {"startLine": 1}}
    if tensor is None:
        return {"physicalLocation": physical}
    name = storable(tensor)
    return {"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": name, "kind": "tensor"}]}


def main_file(checkpoint: CheckpointReport) -> str:
    """The file that stands for a checkpoint: itself, or the first of those that it consists of."""
    paths = [file.path for file in checkpoint.files]
    return paths[0] if paths and checkpoint.path not in paths else checkpoint.path


def absent(report: Report, places: Mapping[str, int]) -> Iterator[tuple[Json, str]]:
    """What a baseline had and this report has not, with its fingerprint: its rule was asked again and found nothing."""
    if report.baseline is None:
        return
    for checkpoint, gone in by_checkpoint(report.checkpoints, report.baseline):
        once = replace(checkpoint, results=(Result("", None, findings=(*checkpoint.findings, *gone)),))
        mark_of = dict(zip(map(id, once.findings), fingerprints(once), strict=True))
        for finding in gone:
            was = result(replace(finding, novelty=None), checkpoint, places)
            yield {**was, "kind": "pass", "level": "none", "baselineState": "absent"}, mark_of[id(finding)]


def by_checkpoint(
    checkpoints: Iterable[CheckpointReport], baseline: Baseline
) -> Iterator[tuple[CheckpointReport, tuple[Finding, ...]]]:
    """What is gone, with the first checkpoint that has such a tensor; the baseline tells tensors, not checkpoints."""
    left = list(baseline.gone)
    for checkpoint in checkpoints:
        names = {None, *(tensor.name for tensor in checkpoint.tensors)}
        yield checkpoint, tuple(finding for finding in left if finding.subject in names)
        left = [finding for finding in left if finding.subject not in names]
