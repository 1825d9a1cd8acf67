"""Provenance: the command that makes a report anew, and the identities of files."""

import hashlib
import os
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from precisionlab.analysis.report import FileIdentity, Report
from precisionlab.cli.main import main
from precisionlab.reports import json_report
from precisionlab.scanning.identities import checksummed, identities
from precisionlab.scanning.reproducing import portable

SAMPLES = Path(__file__).parents[2] / "samples"


def scanned(arguments: list[str], target: Path) -> Report:
    """The report of a command, by way of its file."""
    main([*arguments, "--quiet", "--exit-zero", "--output", str(target)])
    return json_report.read(target)


@pytest.mark.parametrize(
    "flags",
    [
        ["sick.safetensors"],
        ["sick.safetensors", "healthy.safetensors", "--select", "PL0", "--ignore", "PL01", "--exclude=healthy.*"],
        ["changed.safetensors", "--against", "healthy.safetensors", "--set", "difference.formats=float16,bfloat16"],
        ["sick.safetensors", "-a", "range,bits", "--set", "range.max_channel_ratio=7.5", "--include=*[a-e]*"],
    ],
    ids=["plain", "rules", "beside", "options"],
)
def test_the_command_of_a_report_makes_it_anew(
    flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of the report, split by a shell, give the same report but for the run."""
    monkeypatch.chdir(SAMPLES)
    first = scanned(["scan", *flags, "--threads", "1"], tmp_path / "first.json")
    program, *words = shlex.split(shlex.join(first.command))
    again = scanned(words, tmp_path / "again.json")
    assert program == "precisionlab"
    assert json_report.render(replace(again, run=first.run)) == json_report.render(first)


def test_a_path_is_told_as_it_is_anywhere() -> None:
    """Relative ones as they are, absolute ones by their last part, and none as a flag."""
    assert portable("models/a.pth") == "models/a.pth"
    assert portable("/somewhere/models/a.pth") == "a.pth"
    assert portable("-a.pth") == "./-a.pth"


def test_identities_are_what_the_system_and_hashlib_say(tmp_path: Path) -> None:
    """Size, time in UTC, and the digest of the bytes; of a file that is gone the path alone."""
    path = tmp_path / "x.bin"
    path.write_bytes(b"abc")
    os.utime(path, (0, 1_700_000_000))
    gone = str(tmp_path / "gone")
    files = identities([str(path), gone])
    assert files == (FileIdentity(str(path), 3, "2023-11-14T22:13:20+00:00"), FileIdentity(gone))
    assert [file.sha256 for file in checksummed(files)] == [hashlib.sha256(b"abc").hexdigest(), ""]
