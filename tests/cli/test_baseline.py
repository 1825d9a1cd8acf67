"""`scan --baseline`: only what is new or worse counts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from precisionlab.cli import running
from precisionlab.cli.main import main
from precisionlab.reports.json_report import read

Command = Callable[..., tuple[int, str, str]]
QUICK = ("-a", "range", "-q")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with a NaN, a worse one, one with others elsewhere, a mended one; the first one's report."""
    folder = tmp_path_factory.mktemp("steps")
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((8, 8)).astype(np.float32) for _ in range(2))
    bad, worse = a.copy(), a.copy()
    bad[0, 0] = worse[0, :2] = np.nan
    for name, first, second in (("bad", bad, b), ("worse", worse, b), ("new", bad, b * np.nan), ("mended", a, b)):
        (folder / name).mkdir()
        save_file({"a": first, "b": second}, folder / name / "model.safetensors")
    assert main(["scan", str(folder / "bad"), *QUICK, "-o", str(folder / "base.json")]) == 1
    return folder


@pytest.fixture
def steps(made: Path, tmp_path: Path) -> Path:
    """The folder of the command, with all of these."""
    return Path(shutil.copytree(made, tmp_path, dirs_exist_ok=True))


@pytest.mark.parametrize(
    ("step", "code", "verdict"),
    [
        ("bad", 0, "1 known in 2 tensors of 1 checkpoint"),
        ("worse", 1, "1 worse (1 error) in 2 tensors of 1 checkpoint"),
        ("new", 1, "1 new (1 error), 1 known in 2 tensors of 1 checkpoint"),
        ("mended", 0, "no findings, 1 gone in 2 tensors of 1 checkpoint"),
    ],
)
def test_the_exit_code_is_of_what_is_new_or_worse(
    command: Command, steps: Path, step: str, code: int, verdict: str
) -> None:
    """In another folder as well; the JSON report says how each finding stands."""
    assert steps == Path.cwd()
    arguments = ("scan", f"{step}/model.safetensors", "-a", "range", "--select", "PL001", "--baseline", "base.json")
    told = command(*arguments, "-o", "out.json")
    report = read(Path("out.json"))
    assert report.baseline is not None
    held = f"{verdict}, held against base.json of {report.baseline.started[:10]}"
    assert (told[0], told[1].splitlines()[-1]) == (code, held)
    assert report.baseline.path == "base.json"
    assert len(report.baseline.gone) == (step == "mended")
    assert report.command[-2:] == ("--baseline", "base.json")
    assert command(*arguments, "-q", "--fail-on", "never")[0] == 0


def test_a_report_may_replace_its_baseline(command: Command, steps: Path) -> None:
    """It is read before it is written: what is new today is known tomorrow."""
    ratchet = ("scan", str(steps / "worse" / "model.safetensors"), *QUICK, "--baseline", "base.json", "-o", "base.json")
    assert command(*ratchet)[0] == 1
    assert command(*ratchet)[0] == 0


def test_a_scan_that_is_not_whole_does_not_replace_its_baseline(command: Command, steps: Path) -> None:
    """Other files get what there is."""
    before = (steps / "base.json").read_bytes()
    paths = ("bad/model.safetensors", "nowhere.safetensors")
    code, _, err = command("scan", *paths, *QUICK, "--baseline", "base.json", "-o", "./base.json", "-o", "part.json")
    assert code == 2
    assert "base.json stays the baseline that it was: the scan is not whole" in err
    assert (steps / "base.json").read_bytes() == before
    assert len(read(steps / "part.json").checkpoints) == 1


def test_what_cannot_be_compared_is_told_in_one_note(command: Command, steps: Path) -> None:
    """On standard error, but for --quiet."""
    assert steps.is_dir()
    asked = ("scan", "bad/model.safetensors", "-a", "range,bits", "--set", "range.min_elements=1", "--format", "json")
    code, _, err = command(*asked, "--baseline", "base.json")
    assert code == 0
    note = "precisionlab: note: not all can be held against base.json: bits did not run for it; range ran with another min_elements\n"
    assert note in err
    assert not command(*asked, "--baseline", "base.json", "-q")[2]


def test_a_baseline_that_is_none_costs_no_scan(command: Command, steps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that names it, before anything is scanned; nothing is written."""

    def begun(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(running, "Scan", begun)
    text = (steps / "base.json").read_text(encoding="utf-8")
    newer = {**json.loads(text), "schema_version": 99}
    broken = {
        "cut.json": text[:-40],
        "newer.json": json.dumps(newer),
        "other.json": '{"a": 1}',
        "bytes.json": "\ufeff\x00",
    }
    for name, content in broken.items():
        Path(name).write_text(content, encoding="utf-8")
    Path("folder.json").mkdir()
    for name in (*broken, "folder.json", "missing.json"):
        code, out, err = command("scan", "bad/model.safetensors", "--baseline", name, "-o", "out.json")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"precisionlab: error: {name}: ")
    assert not Path("out.json").exists()


def test_comparisons_of_checkpoints_have_baselines_too(command: Command, steps: Path) -> None:
    """Their findings are held against an earlier comparison's."""
    shutil.copytree(steps / "bad", steps / "base")
    compare = ("compare", "base/model.safetensors", "new/model.safetensors", "-a", "difference", "-q")
    assert command(*compare, "-o", "first.json")[0] == 1
    assert command(*compare, "--baseline", "first.json")[0] == 0
