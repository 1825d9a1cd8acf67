"""Provenance: the command that makes a report anew, and the identities of files."""

import hashlib
import os
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

import precisionlab
from precisionlab.analysis.report import FileIdentity, Report
from precisionlab.cli.main import main
from precisionlab.reports import html_report, json_report
from precisionlab.scanning.identities import checksummed, identities
from precisionlab.scanning.reproducing import portable
from precisionlab.scanning.settings import Settings

SAMPLES = Path(__file__).parents[2] / "samples"
AGAINST = Settings(against=str(SAMPLES / "healthy.safetensors"))


def scanned(arguments: list[str], target: Path) -> Report:
    """The report of a command, by way of its file."""
    main([*arguments, "--quiet", "--exit-zero", "--output", str(target)])
    return json_report.read(target)


@pytest.mark.parametrize(
    "flags",
    [
        ["scan", "sick.safetensors"],
        [
            "scan",
            "sick.safetensors",
            "healthy.safetensors",
            "--select",
            "PL0",
            "--ignore",
            "PL01",
            "--exclude=healthy.*",
        ],
        [
            "scan",
            "changed.safetensors",
            "--against",
            "healthy.safetensors",
            "--set",
            "difference.formats=float16,bfloat16",
        ],
        ["scan", "sick.safetensors", "-a", "range,bits", "--set", "range.max_channel_ratio=7.5", "--include=*[a-e]*"],
        ["compare", "healthy.safetensors", "changed.safetensors", "healthy.safetensors", "-a", "difference,merge"],
    ],
    ids=["plain", "rules", "beside", "options", "several"],
)
def test_the_command_of_a_report_makes_it_anew(
    flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of the report, split by a shell, give the same report but for the run."""
    monkeypatch.chdir(SAMPLES)
    first = scanned([*flags, "--threads", "1"], tmp_path / "first.json")
    program, *words = shlex.split(shlex.join(first.command))
    again = scanned(words, tmp_path / "again.json")
    assert program == "precisionlab"
    assert json_report.render(replace(again, run=first.run)) == json_report.render(first)


def test_a_report_that_is_read_back_has_the_order_of_the_one_that_was_written() -> None:
    """All mappings of a scan's report are in the order that JSON gives them, so that every writer tells them alike."""
    report = precisionlab.scan(SAMPLES / "changed.safetensors", ["range", "bits", "difference"], settings=AGAINST)
    back = json_report.parse(json_report.render(report))
    assert html_report.render(back) == html_report.render(report)


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
