"""What is selected: tensors by globs, rules by codes."""

import fnmatch
import os
from collections.abc import Mapping
from typing import Any

import pytest

from precisionlab.analysis.results import Finding, Result
from precisionlab.analysis.rules import Severity
from precisionlab.errors import UsageError
from precisionlab.scanning.discovery import load_analyzer
from precisionlab.scanning.settings import Settings, check_codes

NAMES = ("model.layers.0.weight", "model.layers.0.bias", "model.layers.10.weight", "lm_head", "a[0]", "")


@pytest.mark.parametrize(
    ("include", "exclude"),
    [((), ()), (("*.weight",), ()), (("*.weight", "lm_head"), ("*10*",)), ((), ("*",)), (("a[[]0]",), ()), (("",), ())],
)
def test_tensors_are_selected_by_globs(include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
    """Included by any glob, or by default; excluded by any; case counts. The oracle is the standard library's filter."""
    included = {name for glob in include for name in fnmatch.filter(NAMES, glob)} if include else set(NAMES)
    excluded = {name for glob in exclude for name in fnmatch.filter(NAMES, glob)}
    settings = Settings(include=include, exclude=exclude)
    assert {name for name in NAMES if settings.takes(name)} == included - excluded


@pytest.mark.parametrize(
    ("select", "ignore", "kept"),
    [
        ((), (), {"PL001", "PL010", "PL011", "XY001"}),
        (("PL",), (), {"PL001", "PL010", "PL011"}),
        (("PL01", "XY"), (), {"PL010", "PL011", "XY001"}),
        ((), ("PL01",), {"PL001", "XY001"}),
        (("PL",), ("PL01",), {"PL001"}),
        (("PL011",), ("PL01",), {"PL011"}),
        (("PL01",), ("PL011",), {"PL010"}),
        (("PL01",), ("PL01",), set()),
        (("PL01",), ("PL",), {"PL010", "PL011"}),
    ],
)
def test_the_longer_prefix_decides(select: tuple[str, ...], ignore: tuple[str, ...], kept: set[str]) -> None:
    """As in other linters: the more specific of --select and --ignore wins, and --ignore where both are as specific."""
    settings = Settings(select=select, ignore=ignore)
    assert {code for code in ("PL001", "PL010", "PL011", "XY001") if settings.keeps(code)} == kept


def test_findings_nobody_asked_for_are_dropped() -> None:
    """Measurements and the rest of a result stay."""
    found = tuple(Finding(code, Severity.NOTE, "w", "", "") for code in ("PL001", "PL010"))
    result = Result("range", "w", findings=found, reason="kept")
    kept = Settings(ignore=("PL01",)).kept(result)
    assert [finding.code for finding in kept.findings] == ["PL001"]
    assert kept.reason == "kept"
    assert Settings().kept(result) is result


def test_unknown_codes_are_errors() -> None:
    """A code that no rule has would silently select nothing."""
    check_codes(("PL001", "PL"), [load_analyzer("range")], "select")
    with pytest.raises(UsageError, match=r"^select: no rule begins with PL9; known: PL001, "):
        check_codes(("PL001", "PL9"), [load_analyzer("range")], "select")
    with pytest.raises(UsageError, match=r"did you mean PL020\?$"):
        check_codes(("PL0200",), [load_analyzer("range")], "select")


@pytest.mark.parametrize("wrong", [{"threads": -1}, {"memory_bytes": -1}, {"include": "layers.*"}, {"select": "PL0"}])
def test_wrong_settings_are_errors(wrong: Mapping[str, Any]) -> None:
    """A text where a tuple belongs would be taken for its letters."""
    with pytest.raises(UsageError):
        Settings(**wrong)


def test_threads_default_to_the_processors_of_this_process() -> None:
    """Those that it may use, not all of the machine."""
    if hasattr(os, "sched_getaffinity"):
        assert Settings().n_threads == len(os.sched_getaffinity(0))
    assert Settings(threads=3).n_threads == 3
