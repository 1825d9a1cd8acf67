"""`precisionlab scan` in this process: exit codes, formats, outputs, and what may be written where."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from precisionlab import replacement
from precisionlab.cli import running
from precisionlab.errors import ReportError
from precisionlab.reports import writers
from precisionlab.reports.json_report import read
from precisionlab.scanning.configuration_keys import REPORT_FORMATS

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ([], 1),
        (["--fail-on", "error"], 1),
        (["--fail-on", "never"], 0),
        (["--exit-zero"], 0),
        (["--select", "PL020"], 0),
        (["--select", "PL020", "--fail-on", "warning"], 1),
        (["--select", "PL020", "--fail-on", "warning", "--exit-zero"], 0),
        (["--select", "pl012,PL031"], 0),
        (["--select", "PL012,PL031", "--fail-on", "note"], 1),
        (["--ignore", "PL001,PL002"], 0),
        (["--ignore", "PL", "--fail-on", "note"], 0),
        (["--include", "all_zero.*"], 0),
        (["--include", "nan.*"], 1),
        (["--exclude", "*nan*", "--exclude", "infinity*"], 0),
        (["--include", "nothing.*"], 2),
        (["--exclude", "*"], 2),
        (["--include", "nothing.*", "--exit-zero"], 2),
        (["--include", "nothing.*", "--fail-on", "never"], 2),
        (["nowhere.safetensors"], 2),
        (["nowhere.safetensors", "--exit-zero"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_the_exit_code_depends_on_the_report_alone(
    command: Command, sick: str, flags: Sequence[str], code: int
) -> None:
    """Findings from --fail-on on give 1, failures 2 whatever else is said."""
    assert command("scan", sick, "-q", *flags)[0] == code


@pytest.mark.parametrize("format_name", REPORT_FORMATS)
def test_the_exit_code_is_the_same_in_every_format(command: Command, sick: str, healthy: str, format_name: str) -> None:
    """Renderers decide nothing."""
    assert command("scan", healthy, "--format", format_name)[0] == 0
    assert command("scan", sick, "--format", format_name)[0] == 1


@pytest.mark.parametrize("flags", [["--include", "nothing*"], ["--exclude", "*"]], ids=["include", "exclude"])
def test_nothing_analysed_is_never_no_findings(command: Command, sick: str, flags: Sequence[str]) -> None:
    """Exit code 2, an error, and neither text nor JSON says that nothing was found."""
    code, out, err = command("scan", sick, *flags)
    assert code == 2
    assert out.splitlines()[-1] == "nothing was analysed"
    assert err.startswith("precisionlab: error: nothing was analysed: --include and --exclude leave no tensor")
    _, out, _ = command("scan", sick, "--format", "json", *flags)
    (checkpoint,) = json.loads(out)["checkpoints"]
    assert checkpoint["tensors"] == checkpoint["results"] == []
    assert len(checkpoint["skipped"]) == 46


@pytest.mark.parametrize(
    ("flags", "why"), [(["-a", "bits"], "bits has none"), (["--ignore", "PL"], "--select and --ignore leave none")]
)
def test_no_rules_are_not_no_findings(command: Command, sick: str, flags: Sequence[str], why: str) -> None:
    """Where nothing could have been found the last line says so; the exit code is 0 all the same."""
    code, out, _ = command("scan", sick, *flags)
    assert code == 0
    assert out.splitlines()[-1] == f"no rules were asked of 46 tensors of 1 checkpoint: {why}"


def test_a_threshold_of_zero_counts_every_subnormal(command: Command, healthy: str) -> None:
    """`--set range.max_subnormal_share=0` reports what the default share lets pass."""
    assert command("scan", healthy, "--fail-on", "note", "-q")[0] == 0
    code, out, _ = command("scan", healthy, "--fail-on", "note", "--set", "range.max_subnormal_share=0")
    assert code == 1
    assert "PL020" in out


def test_the_json_of_two_runs_differs_in_the_run_block_only(command: Command, sick: str) -> None:
    """The same input gives the same bytes, with one thread or two, with little memory or much."""
    runs = [
        command("scan", sick, "--format", "json", *flags)[1]
        for flags in ([], ["--threads", "1"], ["--threads", "2", "--memory", "0"], ["--memory", "8GiB"])
    ]
    bodies = {text[: text.index('"run": {')] for text in runs}
    assert len(bodies) == 1
    assert all(list(json.loads(text))[-1] == "run" for text in runs)


def test_outputs_are_written_by_suffix(command: Command, tmp_path: Path, sick: str) -> None:
    """Several in one scan; each holds what --format would have printed."""
    names = ("a.json", "b.JSONL", "c.md", "d.html", "e.txt")
    code, out, err = command("scan", sick, *(f"--output={name}" for name in names), "--format", "json")
    assert (code, err) == (1, "")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == out
    assert (tmp_path / "b.JSONL").read_text().startswith('{"kind": "header"')
    assert (tmp_path / "c.md").read_text(encoding="utf-8").startswith("# precisionlab report")
    assert (tmp_path / "d.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert sick in (tmp_path / "e.txt").read_text(encoding="utf-8")
    assert sorted(os.listdir(tmp_path)) == sorted(names)  # noqa: PTH208 - names are enough
    assert read(tmp_path / "a.json").checkpoints[0].path == sick


def test_quiet_leaves_the_text_out(command: Command, tmp_path: Path, sick: str) -> None:
    """With --quiet only what was asked for is printed; errors stay."""
    assert command("scan", sick, "-q") == (1, "", "")
    assert command("scan", sick, "-q", "-o", "a.json") == (1, "", "")
    assert (tmp_path / "a.json").exists()
    assert command("scan", sick, "-q", "--format", "text")[1]
    code, out, err = command("scan", "nowhere", "-q")
    assert (code, out, err) == (2, "", "precisionlab: error: nowhere: does not exist\n")


def test_nothing_is_written_where_nothing_could_be_opened(command: Command, tmp_path: Path) -> None:
    """Not even an empty report: the one of the last run stays."""
    (tmp_path / "report.json").write_text("{}")
    code, out, _ = command("scan", "nowhere", "-o", "report.json", "-o", "new.html", "--format", "json")
    assert (code, out) == (2, "")
    assert (tmp_path / "report.json").read_text() == "{}"
    assert not (tmp_path / "new.html").exists()


def impossible(folder: Path) -> dict[str, str]:
    """Targets that cannot be, and what is said of each."""
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    (folder / "loop.json").symlink_to("loop.json")
    (folder / "dangling.json").symlink_to("/nowhere/x.json")
    return {
        "report": "report: has no suffix to tell its format; use one of .txt .json ",
        "report.yml": "report.yml: no report format has the suffix .yml; use one of .txt .json ",
        "nowhere/report.json": "nowhere/report.json: cannot be written: no such file or directory; nothing was read",
        "folder.json": "folder.json: cannot be written: it is a folder",
        "pipe.json": "pipe.json: cannot be written: it is a device or a pipe",
        "loop.json": "loop.json: cannot be written: its symbolic links form a circle",
        "dangling.json": "dangling.json: cannot be written: no such file or directory",
        f"{'x' * 300}.json": "cannot be written: file name too long",
        "/proc/x.json": "/proc/x.json: cannot be written: ",
        "\x1b[31m.yml": r"\x1b[31m.yml: no report format has the suffix .yml",
    }


def test_targets_are_tried_before_the_scan(
    command: Command, tmp_path: Path, healthy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written is an error before anything is read, and leaves nothing behind."""

    def fail(*_: object) -> object:
        raise AssertionError("a scan was begun")

    monkeypatch.setattr(running, "Scan", fail)
    targets = impossible(tmp_path)
    before = sorted(os.listdir(tmp_path))  # noqa: PTH208 - names are enough
    for target, problem in targets.items():
        code, out, err = command("scan", healthy, "-o", "good.json", "-o", target)
        assert (code, out) == (2, "")
        assert problem in err
        assert err.startswith("precisionlab: error: ")
        assert err.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == before  # noqa: PTH208 - as above


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told_before_the_scan(command: Command, tmp_path: Path, healthy: str) -> None:
    """By trying, not by asking: what counts is whether a file can be made there."""
    (tmp_path / "locked").mkdir(mode=0o500)
    code, _, err = command("scan", healthy, "-o", "locked/report.json")
    assert code == 2
    assert "cannot be written: permission denied" in err


def test_one_target_named_twice_is_an_error(command: Command, tmp_path: Path, healthy: str) -> None:
    """By another spelling or through a link too: one report would replace the other."""
    (tmp_path / "link.json").symlink_to("report.json")
    for other in ("report.json", "./report.json", "link.json"):
        code, _, err = command("scan", healthy, "-o", "report.json", "-o", other)
        assert code == 2
        assert "is named twice by --output" in err


def test_no_checkpoint_is_overwritten(command: Command, tmp_path: Path, sick: str, healthy: str) -> None:
    """Neither the one that is scanned, nor a part of it, nor another, whatever its name; all bytes stay."""
    shutil.copy(sick, tmp_path / "weights.json")
    shutil.copytree(Path(sick).parent / "tiny-transformer", tmp_path / "model")
    (tmp_path / "link.json").symlink_to("weights.json")
    before = contents(tmp_path)
    for path, target in [
        ("weights.json", "weights.json"),
        ("link.json", "weights.json"),
        ("weights.json", "link.json"),
        (healthy, "weights.json"),
        ("model", "model/model.safetensors.index.json"),
        ("model/model.safetensors.index.json", "model/../model/model.safetensors.index.json"),
    ]:
        code, out, err = command("scan", path, "-o", target)
        assert (code, out) == (2, "")
        assert "and would be overwritten; name another file" in err
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below the folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_older_report_is_replaced(command: Command, tmp_path: Path, sick: str, healthy: str) -> None:
    """Reports of an earlier run are no checkpoints."""
    names = ("r.json", "r.jsonl", "r.md", "r.html", "r.txt")
    for path in (sick, healthy):
        command("scan", path, "-q", *(f"--output={name}" for name in names))
        assert all(path in (tmp_path / name).read_text(encoding="utf-8") for name in names)


def test_a_disk_that_fills_up_costs_that_output_only(
    command: Command, tmp_path: Path, sick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other outputs and standard output still get the report; exit code 2; the old report stays as it was."""
    (tmp_path / "full.json").write_text("old")

    def fill(path: Path, chunks: Iterable[bytes]) -> None:
        if path.name.startswith(".full"):
            raise OSError(28, "No space left on device")
        path.write_bytes(b"".join(chunks))

    monkeypatch.setattr(replacement, "write_through", fill)
    code, out, err = command("scan", sick, "-o", "full.json", "-o", "other.json", "--exit-zero")
    assert code == 2
    assert err == "precisionlab: error: full.json: cannot be written: no space left on device\n"
    assert "15 errors" in out.splitlines()[-1]
    assert (tmp_path / "full.json").read_text() == "old"
    assert read(tmp_path / "other.json").checkpoints
    assert sorted(os.listdir(tmp_path)) == ["full.json", "other.json"]  # noqa: PTH208 - names are enough


def test_a_renderer_that_fails_costs_its_output_only(
    command: Command, sick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be printed may still be written."""

    def fail(*_: object) -> str:
        raise ReportError("report", "cannot be rendered")

    monkeypatch.setattr(writers, "render", fail)
    code, out, err = command("scan", sick, "-o", "a.json", "--format", "json")
    assert (code, out, err) == (2, "", "precisionlab: error: report: cannot be rendered\n")
    assert read(Path("a.json")).checkpoints


def test_a_bug_is_one_line_with_what_to_do(command: Command, sick: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wants a traceback; who looks for the cause gets it in Python's development mode."""

    def fail(*_: object) -> str:
        raise ZeroDivisionError("bad \x1b[31m\nthing")

    monkeypatch.setattr(writers, "render", fail)
    code, out, err = command("scan", sick, "--format", "json")
    assert (code, out) == (2, "")
    assert err == (
        r"precisionlab: error: this is a bug in precisionlab (ZeroDivisionError: bad \x1b[31m\nthing); "
        "please report it with what 'python -X dev -m precisionlab' prints\n"
    )


def test_several_paths_with_bad_ones(command: Command, tmp_path: Path, sick: str, healthy: str) -> None:
    """Every bad path is one error that names it and the cause; the good ones are scanned; exit code 2."""
    data = Path(sick).read_bytes()
    (tmp_path / "empty.safetensors").touch()
    (tmp_path / "short.safetensors").write_bytes(data[:1000])
    (tmp_path / "cut.safetensors").write_bytes(data[:-1])
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.safetensors")
    bad = {
        "nowhere": "does not exist",
        "": "the path is empty",
        "empty.safetensors": "is empty",
        "short.safetensors": "is truncated: ",
        "cut.safetensors": "is truncated: ",
        "text.txt": "is of an unknown type",
        "nothing": "holds no checkpoint",
        "dangling": "is a symbolic link to a path that does not exist",
        "pipe.safetensors": "is a named pipe, not a regular file",
        "/dev/null": "is a character device, not a regular file",
        "/dev/zero": "is a character device, not a regular file",
        "no*.safetensors": "no checkpoint matches",
        "x" * 10_000: "does not exist",
        "\x1b[31m\n": "does not exist",
    }
    code, out, err = command("scan", *bad, healthy, "--format", "json")
    assert code == 2
    report = json.loads(out)
    assert [checkpoint["path"] for checkpoint in report["checkpoints"]] == [healthy]
    assert {entry["path"] for entry in report["unreadable"]} == set(bad)
    lines = err.splitlines()
    assert len(lines) == len(bad)
    for problem in bad.values():
        assert any(problem in line for line in lines)
    assert all(line.startswith("precisionlab: error: ") and line.isprintable() for line in lines)


@pytest.mark.parametrize(
    "name",
    ["br[1]ack.safetensors", "ctl\x1b[31m\n.safetensors", "<b>x[red].safetensors", "-dash.safetensors", "é 名.safetensors"],
)  # fmt: skip
def test_files_of_any_name_are_scanned(command: Command, tmp_path: Path, healthy: str, name: str) -> None:
    """A path that exists is no pattern; a name is shown escaped, and stored as it is."""
    shutil.copy(healthy, tmp_path / name)
    code, out, err = command("scan", "--format", "json", "--", name)
    assert (code, err) == (0, "")
    assert json.loads(out)["checkpoints"][0]["path"] == name
    code, out, _ = command("scan", "--", name)
    assert code == 0
    assert out.splitlines()[0].isprintable()


def test_a_folder_that_was_deleted_under_us(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, healthy: str
) -> None:
    """The current folder is not there any more: what is named absolutely is scanned all the same."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code, _, err = command("scan", ".", healthy, "-q")
    monkeypatch.chdir(tmp_path)
    assert code == 2
    assert err.startswith("precisionlab: error: .: ")
    assert err.count("\n") == 1


def test_colour_in_a_pipe_is_the_users_choice(command: Command, monkeypatch: pytest.MonkeyPatch, sick: str) -> None:
    """None by default; `--color always` colours even there, also under NO_COLOR, which is the weaker word."""
    assert "\x1b" not in command("scan", sick)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in command("scan", sick, "--color", "always")[1]


def test_failures_are_told_with_the_analyzer_the_tensor_and_the_cause(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, healthy: str
) -> None:
    """One line for all tensors with one cause; --quiet does not hide it."""
    metadata = tmp_path / "party" / "party-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: party\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[precisionlab.analyzers]\nbreaking = breaks:breaking\n")
    (tmp_path / "party" / "breaks.py").write_text(
        "from precisionlab.analysis.analyzers import Analyzer\n"
        "def analyze(tensor, options):\n    raise ValueError('bad \\x1b[31m')\n"
        "breaking = Analyzer('breaking', '?', analyze)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "party"))
    code, out, err = command("scan", healthy, "-q", "-a", "breaking,range")
    assert (code, out) == (2, "")
    assert err == (
        f"precisionlab: error: {healthy}: breaking failed on stem.conv.weight and 36 others: "
        "ValueError: bad \\x1b[31m\n"
    )
    code, out, err = command("scan", healthy, "-a", "breaking")
    assert code == 2
    assert out.splitlines()[-1].startswith("nothing was analysed")
    assert "nothing was analysed: every analyzer skipped or failed" in err
