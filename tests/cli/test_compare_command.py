"""`precisionlab compare`: a scan beside another checkpoint, with the same flags, outputs and exit codes."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from precisionlab.analysis.beside import Role
from precisionlab.scanning.discovery import load_all
from tests.cli.conftest import ROOT, Command

SAMPLES = ROOT / "samples"
BASE, TUNED = (str(SAMPLES / name) for name in ("base.safetensors", "tuned.safetensors"))


def write(path: Path, **arrays: object) -> str:
    """A checkpoint of arrays."""
    save_file({name: np.asarray(array, np.float32) for name, array in arrays.items()}, path)
    return str(path)


def test_what_differs_comes_first(command: Command) -> None:
    """Both checkpoints in the first line, then tensors by how they differ, the figures, the findings, the verdict."""
    code, out, _ = command("compare", BASE, TUNED, "-a", "difference")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == f"{TUNED} against {BASE}"
    order = ["Tensors by how they differ", "Measurements of the checkpoint", "What explains the changes"]
    places = [lines.index(title) for title in order]
    findings = next(i for i, line in enumerate(lines) if line.startswith("warning PL406"))
    assert places == sorted(places)
    assert places[-1] < findings
    assert any(line.split()[0] == "changed" and line.endswith("numbers") for line in filter(None, lines))
    assert lines[-1].startswith("3 warnings, 4 notes in ")


def test_all_that_compares_runs_unless_some_is_named(command: Command) -> None:
    """Chosen by what they need, in a scan beside the first path; the report is that of `scan --against`."""
    wanted = {name for name, one in load_all().analyzers.items() if Role.REFERENCE in one.needs_beside}
    _, out, _ = command("compare", BASE, TUNED, "--format", "json")
    assert json.loads(out)["analyzers"].keys() == wanted
    _, compared, _ = command("compare", BASE, TUNED, "-a", "difference,range", "--format", "json")
    _, scanned, _ = command("scan", TUNED, "--against", BASE, "-a", "difference,range", "--format", "json")
    one, other = json.loads(compared), json.loads(scanned)
    assert {**one, "run": None} == {**other, "run": None}
    assert one["settings"]["against"] == BASE


def test_further_checkpoints_are_looked_at_with_the_second(command: Command, tmp_path: Path) -> None:
    """What reads them is given those that have the tensor; they are among the files of the report."""
    a, b, c, d = (write(tmp_path / f"{name}.safetensors", w=np.full(8, i)) for i, name in enumerate("abcd"))
    code, out, _ = command("compare", a, b, c, d, "--format", "json", "-a", "difference")
    report = json.loads(out)
    assert code == 0
    assert [file["path"] for file in report["beside"]["others"]] == [c, d]
    assert [one["path"] for one in report["checkpoints"]] == [b]


def test_outputs_filters_and_thresholds_are_those_of_scan(command: Command, tmp_path: Path) -> None:
    """Files by suffix, globs, options, quiet, and the exit code of the severest finding."""
    code, out, err = command("compare", BASE, TUNED, "-a", "difference", "-q", "-o", "a.json", "-o", "a.html")
    assert (code, out, err) == (0, "", "")
    assert (tmp_path / "a.html").read_text("utf-8").lower().startswith("<!doctype html>")
    flags = ("-a", "difference", "-q", "--fail-on", "warning")
    assert command("compare", BASE, TUNED, *flags)[0] == 1
    assert command("compare", BASE, TUNED, *flags, "--exit-zero")[0] == 0
    assert command("compare", BASE, TUNED, *flags, "--ignore", "PL4")[0] == 0
    few = ("--include", "*.norm.*", "--set", "difference.named=3", "--format", "json")
    report = json.loads(command("compare", BASE, TUNED, "-a", "difference", *few)[1])
    assert len(report["checkpoints"][0]["tensors"]) == 3
    assert report["analyzers"]["difference"]["options"]["named"] == 3


def test_the_same_checkpoint_is_said_to_be_the_same(command: Command) -> None:
    """In words, with no findings."""
    code, out, _ = command("compare", BASE, BASE, "-a", "difference")
    assert code == 0
    assert "All tensors are the same, byte for byte" in out
    assert out.splitlines()[-1].startswith("no findings in 14 tensors")


def test_what_cannot_be_compared_is_one_line(command: Command, tmp_path: Path) -> None:
    """Exit code 2, and who is to blame."""
    other = write(tmp_path / "other.safetensors", w=np.arange(64).reshape(8, 8))
    empty = write(tmp_path / "empty.safetensors")
    (tmp_path / "text.safetensors").write_text("no checkpoint")
    (tmp_path / "base.json").symlink_to(BASE)
    (tmp_path / "report.json").write_text('{"schema_version": 2}')
    cases = {
        (BASE,): "the following arguments are required: B; see precisionlab compare --help",
        (): "the following arguments are required: A, B; see precisionlab compare --help",
        ("nowhere", BASE): "nowhere: does not exist",
        ("", BASE): "A: is empty; name the checkpoint to compare with",
        (BASE, "nowhere"): "nowhere: does not exist",
        ("text.safetensors", BASE): "text.safetensors: ",
        (BASE, "text.safetensors"): "text.safetensors: ",
        (other, BASE): f"{other}: holds nothing for any tensor of the checkpoint (it has w)",
        (empty, BASE): f"{empty}: holds no tensor",
        (BASE, BASE, other): f"{other}: holds nothing for any tensor of the checkpoint (it has w)",
        (BASE, "report.json"): f"{BASE}: is no JSON report, and report.json is one; compare two of a kind",
        (BASE, TUNED, "-a", "range"): "--analyzers: names none that looks at another checkpoint; name some of ",
        (BASE, TUNED, "-a", "diference"): "--analyzers: there is no analyzer diference; did you mean difference?",
        (BASE, TUNED, "-o", "base.json"): "base.json: is an input, and would be overwritten",
    }
    for arguments, message in cases.items():
        code, out, err = command("compare", *arguments)
        assert (code, out) == (2, ""), arguments
        assert err.startswith(f"precisionlab: error: {message}"), arguments
        assert err.count("\n") == 1, arguments


def test_an_index_of_shards_is_no_report(command: Command) -> None:
    """JSON alone makes no report: what names shards is a checkpoint."""
    index = str(SAMPLES / "tiny-transformer" / "model.safetensors.index.json")
    code, out, _ = command("compare", index, index, "-a", "difference", "--format", "json")
    assert code == 0
    assert json.loads(out)["checkpoints"][0]["container"] == "sharded safetensors"
