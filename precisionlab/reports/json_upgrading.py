"""JSON documents of older versions, brought into the shape of the present one."""

from collections.abc import Callable, Mapping
from typing import Any

from precisionlab.analysis.report import SCHEMA_VERSION

Document = dict[str, Any]


def upgraded(document: object, version: int) -> object:
    """The document in the present shape; what is no object, or lacks what it should have, is left for the decoder to refuse."""
    for step in range(version, SCHEMA_VERSION):
        document = STEPS[step](document)
    return document


def from_version_1(document: object) -> object:
    """Files had names alone, analyzers options alone, rules neither remedy nor explanation; there were no baselines."""
    if not isinstance(document, dict):
        return document
    return {
        **document,
        "schema_version": 2,
        "command": [],
        "beside": {},
        "baseline": None,
        **changed(document, "analyzers", lambda analyzers: mapped(analyzers, analyzer)),
        **changed(document, "rules", lambda rules: listed(rules, rule)),
        **changed(document, "checkpoints", lambda checkpoints: listed(checkpoints, checkpoint)),
    }


def changed(holder: Document, name: str, change: Callable[[object], object]) -> Document:
    """The member of that name after a change; nothing where there is none."""
    return {name: change(holder[name])} if name in holder else {}


def listed(values: object, change: Callable[[object], object]) -> object:
    """An array with every element changed."""
    return [change(value) for value in values] if isinstance(values, list) else values


def mapped(values: object, change: Callable[[object], object]) -> object:
    """An object with every member changed."""
    return {name: change(value) for name, value in values.items()} if isinstance(values, dict) else values


def extended(value: object, members: Mapping[str, object]) -> object:
    """An object with these members as well."""
    return {**value, **members} if isinstance(value, dict) else value


def analyzer(options: object) -> object:
    """Options as an analyzer's summary."""
    return {"question": "", "options": options, "definitions": [], "rules": []}


def rule(value: object) -> object:
    """A rule that nothing more is known of."""
    return extended(value, {"remedy": "", "explanation": ""})


def checkpoint(value: object) -> object:
    """A checkpoint with its files and findings."""
    if not isinstance(value, dict):
        return value
    return {
        **value,
        **changed(value, "files", lambda files: listed(files, identity)),
        **changed(value, "results", lambda results: listed(results, result)),
    }


def identity(path: object) -> object:
    """A file of which the name is known."""
    return {"path": path, "n_bytes": None, "modified": "", "sha256": ""}


def result(value: object) -> object:
    """A result with findings that were held against no baseline."""
    if not isinstance(value, dict):
        return value
    return {**value, **changed(value, "findings", lambda findings: listed(findings, finding))}


def finding(value: object) -> object:
    """A finding that was held against no baseline."""
    return extended(value, {"novelty": None})


STEPS: Mapping[int, Callable[[object], object]] = {1: from_version_1}
"""By the version that each starts from."""
