"""`precisionlab report`: what a scan wrote as JSON in other formats, without the checkpoint."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from precisionlab.analysis.report import SCHEMA_VERSION
from precisionlab.reports import json_report
from tests.cli.test_imports import modules_of

Command = Callable[..., tuple[int, str, str]]
Process = Callable[..., subprocess.CompletedProcess[str]]

TO = "html,md,csv,pdf,sarif,junit,parquet"
FILES = {"results.html", "results.md", "results.csv", "results.pdf", "results.sarif", "results.xml", "results.parquet"}
REMEDY = "name what 'scan --output results.json' wrote"


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory, process: Process, sick: str) -> Path:
    """The folder of a scan with findings: its JSON, and the text and HTML that it wrote itself."""
    folder = tmp_path_factory.mktemp("scanned")
    shutil.copy(sick, folder / "model.safetensors")
    process("scan", "model.safetensors", "-q", "-o", "results.json", "-o", "a.html", "-o", "a.csv", cwd=folder)
    (folder / "model.safetensors").unlink()
    return folder


@pytest.fixture
def results(scanned: Path, tmp_path: Path) -> str:
    """The JSON report alone, in the folder where the command runs."""
    shutil.copy(scanned / "results.json", tmp_path)
    return "results.json"


@pytest.fixture
def crowded(results: str, tmp_path: Path, sick: str) -> str:
    """The report among what may not be overwritten."""
    (tmp_path / "link.json").symlink_to(results)
    (tmp_path / "full.html").symlink_to("/dev/full")
    (tmp_path / "folder.html").mkdir()
    shutil.copy(sick, tmp_path / "weights.csv")
    return results


def names(folder: Path) -> set[str]:
    """What lies in a folder."""
    return set(os.listdir(folder))  # noqa: PTH208 - names are enough


def test_every_format_is_written_beside_it(command: Command, tmp_path: Path, scanned: Path, results: str) -> None:
    """Under its name; the bytes are those that the scan itself writes; nothing is printed; exit code 0 despite findings."""
    before = (tmp_path / results).read_bytes()
    assert command("report", results, "--to", TO) == (0, "", "")
    assert names(tmp_path) == {results, *FILES}
    assert (tmp_path / results).read_bytes() == before
    assert (tmp_path / "results.csv").read_bytes() == (scanned / "a.csv").read_bytes()
    assert (tmp_path / "results.parquet").read_bytes()[:4] == b"PAR1"
    assert (tmp_path / "results.pdf").read_bytes()[:5] == b"%PDF-"
    assert json.loads((tmp_path / "results.sarif").read_text())["version"] == "2.1.0"


def test_a_report_of_the_first_release_is_written_in_every_format(command: Command, tmp_path: Path) -> None:
    """What it did not tell yet is left out; as JSON it comes out in today's form."""
    shutil.copy(Path(__file__).parents[1] / "reports" / "golden" / "report-version-1.json", tmp_path / "results.json")
    assert command("report", "results.json", "--to", f"{TO},txt,jsonl", "-o", "now.json") == (0, "", "")
    assert names(tmp_path) == {"results.json", "now.json", "results.txt", "results.jsonl", *FILES}
    now = json_report.read(tmp_path / "now.json")
    assert now.schema_version == SCHEMA_VERSION
    assert now.checkpoints == json_report.read(tmp_path / "results.json").checkpoints


def test_files_that_are_named_go_where_they_are_named(command: Command, tmp_path: Path, results: str) -> None:
    """Several, in any folder; an older one is replaced."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.sarif").write_text("old")
    code, out, err = command("report", results, "-o", "out/a.sarif", "-o", "b.md", "--format", "json")
    assert (code, err) == (0, "")
    assert json_report.parse(out) == json_report.read(tmp_path / results)
    assert names(tmp_path) == {results, "out", "b.md"}
    assert "PL001" in (tmp_path / "out" / "a.sarif").read_text()


def test_without_a_file_it_is_printed(command: Command, results: str) -> None:
    """As text, or in any format that is text."""
    code, out, err = command("report", results)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "15 errors, 25 warnings, 3 notes in 46 tensors of 1 checkpoint"
    for format_name, start in (("markdown", "# "), ("github", "::error "), ("csv", "checkpoint,"), ("junit", "<?xml ")):
        code, out, err = command("report", results, "--format", format_name)
        assert (code, err) == (0, "")
        assert out.startswith(start)


@pytest.mark.parametrize(("fail_on", "code"), [("error", 1), ("note", 1), ("never", 0)])
def test_the_exit_code_is_the_scans_where_it_is_asked_for(
    command: Command, results: str, fail_on: str, code: int
) -> None:
    """So that one job may scan and another one judge."""
    assert command("report", results, "--fail-on", fail_on, "-o", "a.txt") == (code, "", "")


def test_a_scan_that_failed_fails_again(command: Command, tmp_path: Path, results: str) -> None:
    """Where it is asked: paths that could not be read are no success, whatever was found elsewhere."""
    report = json.loads((tmp_path / results).read_text())
    report["unreadable"] = [{"path": "b.pt", "message": "is empty"}]
    (tmp_path / results).write_text(json.dumps(report))
    code, out, err = command("report", results, "--fail-on", "never", "-o", "a.txt")
    assert (code, out) == (2, "")
    assert err.startswith("precisionlab: error: the scan could not do its job: 15 errors")
    assert err.endswith("; 1 path unreadable\n")
    assert command("report", results, "-o", "a.txt") == (0, "", "")


def test_it_needs_neither_torch_nor_numpy(environment: Mapping[str, str], scanned: Path, tmp_path: Path) -> None:
    """Nor what scans: a machine that shows reports has none of it."""
    shutil.copy(scanned / "results.json", tmp_path)
    formats = "txt,jsonl,html,md,csv,pdf,sarif,junit"
    imported = modules_of(environment, tmp_path, "report", "results.json", "--to", formats, "--format", "text")
    assert not imported & {"torch", "numpy", "numba", "scipy", "pandas", "pyarrow", "textual", "analyzers"}
    assert "results.pdf" in names(tmp_path)


def unreadable(folder: Path, report: str, checkpoint: str) -> dict[str, str]:
    """What is no report, and what is said of each."""
    text = (folder / report).read_text()
    newer, cut = text.replace('"schema_version": 2', '"schema_version": 9', 1), text[: len(text) // 2]
    missing = text.replace('"container"', '"contaner"', 1)
    contents = {"newer.json": newer, "cut.json": cut, "missing.json": missing, "list.json": "[]", "empty.json": ""}
    for name, content in contents.items():
        (folder / name).write_text(content)
    (folder / "bytes.json").write_bytes(b"\xff\xfe\x00")
    shutil.copy(checkpoint, folder / "weights.json")
    return {
        "newer.json": "is of report version 9; this release reads up to 2; upgrade precisionlab to read it",
        "cut.json": "is no JSON, or only the beginning of it (line ",
        "missing.json": "is no precisionlab report: checkpoints[0].container is missing",
        "list.json": "is no precisionlab report: ",
        "empty.json": "is no JSON, or only the beginning of it (line 1, column 1)",
        "bytes.json": f"is no report: not UTF-8; {REMEDY}",
        "weights.json": f"is a checkpoint (safetensors), not a report; {REMEDY}",
        "nowhere.json": "cannot be read: ",
        ".": "cannot be read: ",
        "": f"the path of the report is empty; {REMEDY}",
        "/dev/zero": f"is a device, not a report; {REMEDY}",
        "x" * 5000: "cannot be read: ",
    }


def test_what_is_no_report_is_one_line(command: Command, tmp_path: Path, results: str, sick: str) -> None:
    """Exit code 2, nothing is printed or written, and what was there before stays."""
    problems = unreadable(tmp_path, results, sick)
    (tmp_path / "a.html").write_text("old")
    before = names(tmp_path)
    for path, problem in problems.items():
        code, out, err = command("report", path, "-o", "a.html")
        assert (code, out) == (2, "")
        assert problem in err
        assert err.startswith("precisionlab: error: ")
        assert err.count("\n") == 1
    assert names(tmp_path) == before
    assert (tmp_path / "a.html").read_text() == "old"


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        ("--to htm,jsn", "jsn: is no report format; use one of text json "),
        ("--to markdwn", "did you mean markdown?"),
        ("--to github", "--to: github goes to standard output alone; use --format github"),
        ("--to ,", "--to: names nothing; name some of html,md,"),
        ("--to json", "results.json: is an input, and would be overwritten; name another file"),
        ("-o link.json", "link.json: is an input, and would be overwritten; name another file"),
        ("-o weights.csv", "weights.csv: is a checkpoint (safetensors), and would be overwritten; name another file"),
        ("-o a.pfd", "a.pfd: no report format has the suffix .pfd; use one of "),
        ("-o a.pfd", "did you mean .pdf?"),
        ("-o a", "a: has no suffix to tell its format; use one of "),
        ("-o nowhere/a.html", "nowhere/a.html: cannot be written: no such file or directory"),
        ("-o folder.html", "folder.html: cannot be written: it is a folder"),
        ("-o full.html", "full.html: cannot be written: it is a device or a pipe"),
        ("--to md -o results.md", "results.md: is named twice by --output"),
        ("--format pdf", "argument --format: invalid choice: 'pdf' (choose from 'text', "),
        ("--form html", "there is no flag --form; did you mean --format?"),
        ("second.json", "there is one argument too many: second.json"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_is_one_line(
    command: Command, tmp_path: Path, crowded: str, flags: str, problem: str
) -> None:
    """It is told before anything is read, and nothing is written, nor left behind."""
    before = names(tmp_path)
    code, out, err = command("report", crowded, "-o", "good.html", *flags.split())
    assert (code, out) == (2, "")
    assert problem in err
    assert err.startswith("precisionlab: error: ")
    assert err.count("\n") == 1
    assert names(tmp_path) == before


def test_a_disk_that_fills_up_leaves_the_old_file(process: Process, tmp_path: Path, results: str) -> None:
    """No half-written file and no temporary one; what has room is still written, and the exit code is 2."""
    (tmp_path / "results.csv").write_text("old")
    through = ("sh", "-c", 'ulimit -f 64; exec "$@"', "sh")  # 32 KiB a file, which is what a full disk does to a write
    done = process("report", results, "--to", "csv,xml", cwd=tmp_path, through=through)
    assert done.returncode == 2
    assert done.stderr == "precisionlab: error: results.csv: cannot be written: file too large\n"
    assert (tmp_path / "results.csv").read_text() == "old"
    assert names(tmp_path) == {results, "results.csv", "results.xml"}
