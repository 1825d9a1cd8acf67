"""The findings as a SARIF log (OASIS, Static Analysis Results Interchange Format 2.1.0 with errata 01), for code scanning.

One run, whatever the number of checkpoints, within the limits that code scanning has: results
beyond them are left out, the mildest first, and a notification says how many.
"""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta

from precisionlab.analysis.identities import checkpoint_name
from precisionlab.analysis.report import FileIdentity, Report
from precisionlab.reports import digest
from precisionlab.reports.json_encoding import Json
from precisionlab.reports.putting import storable
from precisionlab.reports.sarif_messages import message, utc
from precisionlab.reports.sarif_notifications import KINDS, notifications
from precisionlab.reports.sarif_results import MOST_RESULTS, results
from precisionlab.reports.sarif_rules import descriptors
from precisionlab.reports.uris import uri_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+")


def render(report: Report) -> str:
    """The log as JSON, in ASCII."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run(report)]}
    return json.dumps(log, indent=1, allow_nan=False) + "\n"


def run(report: Report) -> Json:
    """The one run."""
    rules = descriptors(report)
    found = results(report, rules)
    return {
        "tool": {"driver": driver(report, list(rules.values()))},
        "automationDetails": {"id": category(report)},
        "invocations": [invocation(report, len(found) - MOST_RESULTS)],
        "artifacts": list(artifacts(report).values()),
        "results": found[:MOST_RESULTS],
    }


def driver(report: Report, rules: list[Json]) -> Json:
    """The tool."""
    version = report.run.versions.get("precisionlab", "")
    versions = {"version": storable(version)} if version else {}
    if SEMANTIC_VERSION.fullmatch(version):
        versions["semanticVersion"] = version
    kinds = [{"id": kind, "shortDescription": message(text)} for kind, text in KINDS.items()]
    return {"name": "precisionlab", **versions, "rules": rules, "notifications": kinds}


def category(report: Report) -> str:
    """What keeps uploads of several checkpoints apart: the name of the one that was scanned, none for several."""
    names = [checkpoint_name(checkpoint.path) for checkpoint in report.checkpoints]
    return f"precisionlab/{uri_of(names[0]).replace('/', '')}/" if len(names) == 1 else "precisionlab/"


def invocation(report: Report, n_left_out: int) -> Json:
    """How the scan was asked for, when, and what went wrong."""
    circumstances = report.run
    times = {
        "startTimeUtc": utc(circumstances.started),
        "endTimeUtc": end(circumstances.started, circumstances.seconds),
    }
    words = [storable(word) for word in report.command]
    return {
        **({"commandLine": shlex.join(words), "arguments": words[1:]} if words else {}),
        **{name: time for name, time in times.items() if time is not None},
        "executionSuccessful": not digest.shortfalls(report) and not digest.nothing_analysed(report),
        "toolExecutionNotifications": list(notifications(report, n_left_out)),
        "properties": {
            "device": storable(circumstances.device),
            "threads": circumstances.threads,
            "platform": storable(circumstances.platform),
            "versions": {storable(name): storable(version) for name, version in circumstances.versions.items()},
        },
    }


def end(started: str, seconds: float) -> str | None:
    """When the scan ended; None where that cannot be told."""
    try:
        return utc((datetime.fromisoformat(started) + timedelta(seconds=seconds)).isoformat())
    except (ValueError, OverflowError):
        return None


def artifacts(report: Report) -> dict[str, Json]:
    """Every file that was read, by its URI."""
    return dict(artifact(file, role) for file, role in read_files(report))


def read_files(report: Report) -> Iterator[tuple[FileIdentity, str]]:
    """The files with what they were read for; those of checkpoints last, so that these roles win."""
    for files in report.beside.values():
        yield from ((file, "referencedOnCommandLine") for file in files)
    for checkpoint in report.checkpoints:
        yield from ((file, "analysisTarget") for file in checkpoint.files)


def artifact(file: FileIdentity, role: str) -> tuple[str, Json]:
    """A file with its size and checksum, where they are known."""
    known = {
        "length": file.n_bytes if file.n_bytes is not None and file.n_bytes >= 0 else None,
        "hashes": {"sha-256": storable(file.sha256)} if file.sha256 else None,
        "lastModifiedTimeUtc": utc(file.modified),
    }
    uri = uri_of(file.path)
    facts = {name: value for name, value in known.items() if value is not None}
    return uri, {"location": {"uri": uri}, "roles": [role], **facts}
