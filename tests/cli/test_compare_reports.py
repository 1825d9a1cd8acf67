"""`precisionlab compare` of reports: exit codes, formats, restrictions, bad input."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from precisionlab.cli.main import main
from precisionlab.reports.json_report import read

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def made(sick: str, healthy: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with reports of a healthy and a sick sample."""
    folder = tmp_path_factory.mktemp("reports")
    for name, path in (("good", healthy), ("bad", sick)):
        main(["scan", path, "-a", "range", "-q", "-o", str(folder / f"{name}.json")])
    return folder


@pytest.fixture
def reports(made: Path, tmp_path: Path) -> Path:
    """The folder of the command, with the reports."""
    return Path(shutil.copytree(made, tmp_path, dirs_exist_ok=True))


@pytest.mark.parametrize(
    ("arguments", "code", "verdict"),
    [
        (["good.json", "good.json"], 0, "no findings in"),
        (["bad.json", "bad.json"], 0, "43 known in"),
        (["bad.json", "bad.json", "--fail-on", "note"], 0, "43 known in"),
        (["good.json", "bad.json"], 1, "43 new ("),
        (["good.json", "bad.json", "--exit-zero"], 0, "43 new ("),
        (["good.json", "bad.json", "--fail-on", "never"], 0, "43 new ("),
        (["good.json", "bad.json", "--select", "PL020"], 0, "2 new (2 warnings) in"),
        (["good.json", "bad.json", "--select", "PL020", "--fail-on", "warning"], 1, "2 new (2 warnings) in"),
        (["good.json", "bad.json", "--ignore", "PL"], 0, "figures alone"),
        (["good.json", "bad.json", "--include", "infinity.*"], 1, "4 new (4 errors) in 4 tensors"),
        (["bad.json", "good.json"], 0, "no findings in"),
        (["good.json", "bad.json", "--report"], 0, "figures alone of 1 checkpoint"),
        (["good.json", "bad.json", "good.json"], 0, "figures alone of 1 checkpoint"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_exit_code_is_of_what_got_worse(
    command: Command, reports: Path, arguments: list[str], code: int, verdict: str
) -> None:
    """Findings that are new or worse, from --fail-on on; tables for publishing judge nothing."""
    assert reports.is_dir()
    told = command("compare", *arguments)
    assert told[0] == code
    assert told[1].splitlines()[-1].startswith(verdict)


def test_every_format_is_written_and_the_report_reads_back(command: Command, reports: Path) -> None:
    """A comparison is a report: its files hold old and new figures, its command makes it anew."""
    outputs = [word for suffix in ("md", "html", "csv", "json") for word in ("-o", f"out.{suffix}")]
    assert command("compare", "good.json", str(reports / "bad.json"), "-q", *outputs)[0] == 1
    report = read(Path("out.json"))
    assert report.command == ("precisionlab", "compare", "good.json", "bad.json")
    with Path("out.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["metric"] == "nans" and not row["tensor"]]
    told = {json.loads(row["labels"])["report"]: float(row["value"]) for row in rows}
    assert told["old"] == 0.0
    assert told["new"] > 0.0
    page = Path("out.html").read_text(encoding="utf-8")
    for text in (page, Path("out.md").read_text(encoding="utf-8"), command("compare", "good.json", "bad.json")[1]):
        for word in ("range: figures of the checkpoint, old and new", "worse", "lower"):
            assert word in text


def test_the_configuration_of_other_comparisons_is_no_matter(command: Command, reports: Path) -> None:
    """Its analyzers and its baseline are for checkpoints; its rules are for all."""
    text = '[compare]\nanalyzers = ["difference"]\nbaseline = "nowhere.json"\nselect = ["PL020"]\n'
    (reports / "precisionlab.toml").write_text(text, encoding="utf-8")
    code, out, err = command("compare", "good.json", "bad.json", "-q", "--format", "text")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("2 new (2 warnings) in")


def test_metrics_are_chosen_by_globs(command: Command, reports: Path) -> None:
    """A glob that fits none names the nearest."""
    assert reports.is_dir()
    out = command("compare", "--report", "good.json", "bad.json", "--metric", "range.nan?")[1]
    assert "nans" in out
    assert "infinities" not in out
    code, out, err = command("compare", "good.json", "bad.json", "--metric", "nons")
    assert (code, out) == (2, "")
    assert err == "precisionlab: error: --metric: no metric is called nons; did you mean nans?\n"


def test_what_cannot_be_done_is_one_line(command: Command, reports: Path, sick: str) -> None:
    """And an input is not overwritten."""
    (reports / "cut.json").write_text((reports / "bad.json").read_text(encoding="utf-8")[:-40], encoding="utf-8")
    command("compare", "--report", "good.json", "bad.json", "-q", "-o", "table.json")
    for arguments, problem in (
        (("bad.json", "table.json"), "table.json: is a comparison of reports itself"),
        (("good.json", "cut.json"), "cut.json: is no JSON, or only the beginning of it"),
        (("--report", "good.json", sick), "is a checkpoint (safetensors), not a report"),
        (("good.json", "none.json"), "none.json: cannot be read: no such file or directory"),
        (("good.json", "none"), "none: is no JSON report, and good.json is one; compare two of a kind"),
        (("--report", "good.json", "/dev/null"), "is a device, not a report"),
        ((sick, sick, "--metric", "nans"), "--metric: has no meaning between checkpoints"),
        (("good.json", "bad.json", "--select", "PL9"), "--select: no rule of the reports begins with PL9"),
        (("good.json", "bad.json", "--ignore", ","), "--ignore: names nothing"),
        (("good.json", "bad.json", "--include", "zz*"), "--include and --exclude leave no tensor of bad.json"),
        (("--report", "good.json", "bad.json", "--fail-on", "note"), "--fail-on: has no meaning for a table"),
        (("--report", "good.json", "bad.json", "--metric", "mean"), "no metric of whole checkpoints is called mean"),
        (("good.json", "bad.json", "--baseline", "good.json"), "the first report is the baseline"),
        (("good.json", "bad.json", "--set", "range.min_elements=1"), "--set: has no meaning between reports"),
        (("good.json", "bad.json", "-a", "rnage"), "rnage ran for none of the reports; did you mean range?"),
        (("good.json", "bad.json", "-o", "bad.json"), "bad.json: is an input, and would be overwritten"),
    ):
        code, out, err = command("compare", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert problem in err


def test_a_failed_scan_is_told(command: Command, reports: Path) -> None:
    """Also where nothing is printed: exit code 2 without a reason would be a riddle."""
    document = json.loads((reports / "bad.json").read_text(encoding="utf-8"))
    document["unreadable"] = [{"path": "other", "message": "is gone"}]
    Path("part.json").write_text(json.dumps(document), encoding="utf-8")
    code, out, err = command("compare", "good.json", "part.json", "-q")
    assert (code, out) == (2, "")
    assert err.startswith("precisionlab: error: part.json: the scan could not do its job: ")
    assert err.endswith("; 1 path unreadable\n")
    document["unreadable"] = []
    document["checkpoints"][0]["complete"] = False
    Path("cut.json").write_text(json.dumps(document), encoding="utf-8")
    for arguments in (("compare", "bad.json", "cut.json", "-q"), ("report", "cut.json", "--fail-on", "never")):
        code, _, err = command(*arguments)
        assert (code, err.count("\n")) == (2, 1)
        assert err.endswith("; interrupted\n")
    empty = {**document, "checkpoints": []}
    Path("empty.json").write_text(json.dumps(empty), encoding="utf-8")
    code, out, err = command("compare", "--report", "empty.json", "good.json")
    assert (code, out) == (2, "")
    assert "the reports have no figures of whole checkpoints" in err


def test_what_only_one_report_has_is_noted(command: Command, reports: Path) -> None:
    """Where the baseline lacks tensors, its silence means nothing."""
    assert reports.is_dir()
    err = command("compare", "good.json", "bad.json")[2]
    assert err.startswith("precisionlab: note: not all can be held against good.json: the tensors ")
    assert not command("compare", "good.json", "bad.json", "-q")[2]
