"""The table of formats, and writing a report to a file."""

import errno
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from precisionlab.analysis.report import Report
from precisionlab.errors import ReportError
from precisionlab.reports import json_report, writers
from precisionlab.reports.targets import checked_targets
from precisionlab.scanning.configuration_keys import REPORT_FORMATS
from precisionlab.tui import exporting


@pytest.mark.parametrize("writer", writers.WRITERS, ids=lambda writer: writer.name)
def test_every_format_renders_and_writes(writer: writers.Writer, tmp_path: Path, sample_report: Report) -> None:
    """Each format's file, under each of its suffixes in any case, holds what `render` returns."""
    content = writers.render(sample_report, writer.name)
    assert isinstance(content, str) == writer.is_text
    expected = content.encode() if isinstance(content, str) else content
    for suffix in writer.suffixes:
        target = tmp_path / f"report{suffix.upper()}"
        writers.write(sample_report, target)
        assert target.read_bytes() == expected
    assert len(list(tmp_path.iterdir())) == len(writer.suffixes)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "report.jsn",
            "no report format has the suffix .jsn; use one of .txt .json .jsonl .ndjson .md .markdown .html .htm",
        ),
        ("report.jsn", "did you mean .json?"),
        ("report.sarif\n", r"no report format has the suffix .sarif\n; use one of"),
        ("report", "has no suffix to tell its format; use one of .txt"),
    ],
)
def test_an_unknown_suffix_names_the_known_ones(name: str, says: str, tmp_path: Path, sample_report: Report) -> None:
    """The error lists what is accepted and the nearest, on one line, and nothing is written."""
    with pytest.raises(ReportError) as caught:
        writers.write(sample_report, tmp_path / name)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_an_unknown_format_names_the_known_ones(sample_report: Report) -> None:
    """So it is for names of formats."""
    with pytest.raises(ReportError, match=r"jason: is no report format; use one of text json .* did you mean json"):
        writers.render(sample_report, "jason")


@pytest.mark.parametrize(("name", "means"), [("md", "markdown"), ("ndjson", "jsonl"), ("xml", "junit"), ("pdf", "pdf")])
def test_a_suffix_is_a_name(name: str, means: str) -> None:
    """Where formats are named, a suffix without its dot will do."""
    assert writers.writer_named(name).name == means


def in_json_order(report: Report) -> Report:
    """The report with its mappings sorted, as JSON has them."""
    analyzers = {
        name: replace(summary, options=dict(sorted(summary.options.items())))
        for name, summary in sorted(report.analyzers.items())
    }
    run = replace(report.run, versions=dict(sorted(report.run.versions.items())))
    beside, settings = dict(sorted(report.beside.items())), dict(sorted(report.settings.items()))
    return replace(report, analyzers=analyzers, run=run, beside=beside, settings=settings)


@pytest.mark.parametrize("writer", writers.WRITERS, ids=lambda writer: writer.name)
def test_a_report_from_json_gives_the_same_bytes(writer: writers.Writer, sample_report: Report) -> None:
    """What the report says survives JSON whole: every format is the same from what was read back, and every time."""
    report = in_json_order(sample_report)
    read_back = json_report.parse(json_report.render(report))
    assert writers.rendered(read_back, writer) == writers.rendered(report, writer)


@pytest.mark.parametrize(("name", "library"), [("pdf", "typst"), ("parquet", "pyarrow")], ids=lambda word: word)
def test_without_its_library_a_format_is_refused(
    name: str, library: str, tmp_path: Path, sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line with the remedy, also before a scan; the app does not offer it; nothing is imported for that."""
    monkeypatch.setitem(sys.modules, library, None)  # which import takes for a package that is not there
    target = tmp_path / f"report.{name}"
    told = rf"cannot be written without {library}; pip install 'precisionlab\[{name}\]'"
    with pytest.raises(ReportError, match=told):
        writers.write(sample_report, target)
    with pytest.raises(ReportError, match=told):
        checked_targets([str(target)], [])
    assert not list(tmp_path.iterdir())
    assert f".{name}" not in exporting.report(lambda: sample_report, "report").formats
    monkeypatch.undo()
    assert f".{name}" in exporting.report(lambda: sample_report, "report").formats


def test_the_formats_that_are_printed_are_those_that_are_text() -> None:
    """The command line, which may not import reports for its help, has the list of its own."""
    assert tuple(writer.name for writer in writers.WRITERS if writer.is_text) == REPORT_FORMATS


def test_a_missing_folder_is_told(tmp_path: Path, sample_report: Report) -> None:
    """The system's own words, without a traceback."""
    with pytest.raises(ReportError, match=r"cannot be written: no such file or directory"):
        writers.write(sample_report, tmp_path / "none" / "report.json")


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_left_alone(kind: str, tmp_path: Path, sample_report: Report) -> None:
    """A folder, a device or a pipe is refused, not replaced."""
    target = tmp_path / "report.json"
    target.mkdir() if kind == "folder" else os.mkfifo(target)
    with pytest.raises(ReportError, match=f"cannot be written: it is a .*{kind}"):
        writers.write(sample_report, target)
    assert not target.is_file()


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_leaves_the_old_report(
    failing: str, tmp_path: Path, sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When writing or renaming fails, the file that was there is intact and nothing else is left."""
    target = tmp_path / "report.json"
    target.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(failing, fail)
    with pytest.raises(ReportError, match="cannot be written: no space left on device"):
        writers.write(sample_report, target)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert target.read_text() == "old"


def test_an_interruption_leaves_the_old_report(
    tmp_path: Path, sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while writing leaves no half-written file."""
    target = tmp_path / "report.json"
    target.write_text("old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        writers.write(sample_report, target)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert target.read_text() == "old"


def test_a_file_without_permission_is_left_alone(
    tmp_path: Path, sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that may not be written is not replaced either, though its folder would allow it."""
    target = tmp_path / "report.json"
    target.write_text("old")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ReportError, match="cannot be written: permission denied"):
        writers.write(sample_report, target)
    assert target.read_text() == "old"


def test_permissions_and_links_are_kept(tmp_path: Path, sample_report: Report) -> None:
    """A new file has the usual permissions, a replaced one its own; a symbolic link stays one."""
    fresh, kept, link = tmp_path / "fresh.json", tmp_path / "kept.json", tmp_path / "link.json"
    kept.touch(mode=0o600)
    link.symlink_to(kept)
    mask = os.umask(0o022)
    try:
        for target in (fresh, link):
            writers.write(sample_report, target)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o644
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert link.is_symlink()
    assert kept.read_text() == json_report.render(sample_report)


def test_links_in_a_circle_are_told(tmp_path: Path, sample_report: Report) -> None:
    """A link to itself is an error like any other."""
    target = tmp_path / "report.json"
    target.symlink_to(target)
    with pytest.raises(ReportError, match="cannot be written"):
        writers.write(sample_report, target)


def test_a_surrogate_does_not_cost_the_report(
    tmp_path: Path, sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renderer that lets one through still gets its file, the surrogate escaped."""
    careless = ModuleType("careless")
    careless.render = lambda _: "name \ud800\n"  # type: ignore[attr-defined]
    monkeypatch.setattr(writers, "import_module", lambda _: careless)
    writers.write(sample_report, tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_bytes() == b"name \\ud800\n"
