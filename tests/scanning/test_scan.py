"""`precisionlab.scan`: what the command line does, from Python."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import precisionlab
from precisionlab.analysis.report import CheckpointReport, Report, Run, Unreadable
from precisionlab.errors import AnalyzerError, CheckpointError, UsageError
from precisionlab.reports.json_report import parse, render
from precisionlab.scanning import scan as scanning
from precisionlab.scanning.events import CheckpointOpened, OpeningCheckpoint, PathFailed, ResultReady
from precisionlab.scanning.scan import Scan, choose_analyzers
from precisionlab.scanning.settings import Settings

Save = Callable[[Mapping[str, NDArray[np.generic]]], str]
Install = Callable[..., None]
SAMPLES = Path(__file__).parents[2] / "samples"
SICK = str(SAMPLES / "sick.safetensors")
NO_RUN = Run("", 0.0, "", 0, {}, "")

ANALYZERS = """
from dataclasses import dataclass
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import option
from precisionlab.analysis.results import Measurement, Metric, Result, finding
from precisionlab.analysis.rules import Rule, Severity

XY001 = Rule("XY001", "negative", Severity.NOTE, "tensor is mostly negative", "negate it", "It is.")

@dataclass(frozen=True)
class Options:
    limit: float = option(0.5, "Report above this share.", minimum=0, maximum=1)

def analyze(tensor, options):
    share = float((tensor.values() < 0).double().mean())
    found = (finding(XY001, tensor.info.name, "mostly negative", share=share),) if share > options.limit else ()
    return Result("signs", tensor.info.name, measurements=(Measurement(Metric("share", "1"), share),), findings=found)

signs = Analyzer("signs", "Which sign?", analyze, options=Options, rules=(XY001,), by_default=False, reads_values=True)
"""


def only(report: Report) -> CheckpointReport:
    """The report's one checkpoint."""
    (checkpoint,) = report.checkpoints
    return checkpoint


def test_the_documented_call() -> None:
    """A path and a list of names give a report, whose findings are those that the command prints."""
    report = precisionlab.scan(SICK, analyzers=["range"])
    assert isinstance(report, precisionlab.Report)
    assert {finding.code for finding in only(report).findings} >= {"PL001", "PL002", "PL020", "PL030"}
    assert only(report).complete
    assert list(report.analyzers) == ["range"]
    assert report.run.device == "cpu"


def test_it_can_be_stored_and_read_back() -> None:
    """The JSON of a real scan reads back to an equal report."""
    report = precisionlab.scan(SICK)
    assert render(parse(render(report))) == render(report)


@pytest.mark.parametrize("path", [Path(SICK), SICK, [SICK], [Path(SICK)]])
def test_paths_may_be_of_any_kind(path: str) -> None:
    """Texts, path objects, one or several."""
    assert len(only(precisionlab.scan(path)).tensors) == 46


@pytest.mark.parametrize("analyzers", ["range", ["range"], ("range", "range"), ()])
def test_analyzers_may_be_one_name_or_several(analyzers: str) -> None:
    """A single text is one name, a name twice is once, none is all that run by default."""
    assert list(precisionlab.scan(SICK, analyzers).analyzers) == ["range"]


def test_threads_and_memory_change_nothing_but_the_run(save: Save) -> None:
    """One thread or several, no memory or much: the same report to the last bit, blocks of 4 MiB and all."""
    values = np.random.default_rng(2)
    path = save(
        {
            "half": values.standard_normal(5_000_001).astype(np.float16),
            "single": values.standard_normal((1500, 1999)).astype(np.float32),
            "double": values.standard_normal((7, 300, 1000)),
            "empty": np.empty((3, 0), np.float32),
            "scalar": np.array(3, np.int64),
        }
    )
    reports = [
        replace(precisionlab.scan(path, settings=Settings(threads=threads, memory_bytes=memory)), run=NO_RUN)
        for threads, memory in ((1, 0), (2, 1 << 20), (7, 1 << 30))
    ]
    assert len({render(report) for report in reports}) == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"path": []}, "there is no path to scan"),
        ({"analyzers": ["rnage"]}, r"rnage: there is no such analyzer; did you mean range\?"),
        ({"options": {"rnage": {}}}, "rnage: there is no such analyzer"),
        ({"options": {"range": {"max_subnormal": 1}}}, r"did you mean max_subnormal_share\?"),
        ({"options": {"range": {"max_subnormal_share": 2}}}, "takes a number from 0 to 1, not 2"),
        ({"options": {"range": {"max_channel_ratio": 10**400}}}, None),
        ({"settings": Settings(select=("PL9",))}, "select: no rule begins with PL9"),
        ({"settings": Settings(ignore=("XY",))}, "ignore: no rule begins with XY"),
        ({"settings": Settings(device="gpu")}, "device: takes auto, cpu, cuda, cuda:N or mps, not gpu"),
    ],
)
def test_wrong_arguments_are_errors_before_anything_is_read(
    arguments: Mapping[str, object], problem: str | None
) -> None:
    """Each names what was given and what would be accepted; a number of any size is a number."""
    call = {"path": SICK, **arguments}
    if problem is None:
        assert precisionlab.scan(**call).checkpoints  # type: ignore[arg-type]
        return
    with pytest.raises(UsageError, match=problem):
        precisionlab.scan(**call)  # type: ignore[arg-type]


def test_rules_are_selected_in_any_case() -> None:
    """Codes are written as on the command line."""
    report = precisionlab.scan(SICK, settings=Settings(select=("pl00", "PL020"), ignore=("pl001",)))
    assert {finding.code for finding in only(report).findings} == {"PL002", "PL003", "PL020"}
    assert [rule.code for rule in report.rules] == ["PL002", "PL003", "PL020"]
    assert report.settings["select"] == ("PL00", "PL020")


def test_tensors_left_out_are_listed() -> None:
    """What was not looked at is said, with the reason."""
    report = precisionlab.scan(SICK, settings=Settings(include=("nan.*",), exclude=("*.half.*",)))
    checkpoint = only(report)
    names = [tensor.name for tensor in checkpoint.tensors]
    assert names == ["nan.single.weight", "nan.bfloat.weight", "nan.float8_e4m3fn.weight"]
    assert len(checkpoint.tensors) + len(checkpoint.skipped) == 46
    assert {entry.reason for entry in checkpoint.skipped} == {"not selected by --include and --exclude"}


def test_one_path_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    """With one path there is nothing else to report."""
    with pytest.raises(CheckpointError, match=r"nowhere.safetensors: does not exist$"):
        precisionlab.scan(tmp_path / "nowhere.safetensors")


def test_of_several_paths_the_good_ones_are_scanned(tmp_path: Path) -> None:
    """The others are listed with the cause, which names the path once."""
    (tmp_path / "empty.safetensors").touch()
    report = precisionlab.scan([tmp_path / "nowhere", SICK, tmp_path / "empty.safetensors"])
    assert only(report).path == SICK
    assert report.unreadable == (
        Unreadable(str(tmp_path / "nowhere"), "does not exist"),
        Unreadable(str(tmp_path / "empty.safetensors"), "is empty"),
    )


def test_a_bad_file_of_a_folder_costs_itself_only(tmp_path: Path) -> None:
    """One path may lead to several checkpoints, of which some open."""
    shutil.copy(SICK, tmp_path)
    (tmp_path / "broken.safetensors").write_bytes(b"\x10")
    report = precisionlab.scan(tmp_path)
    assert only(report).path == str(tmp_path / "sick.safetensors")
    (unreadable,) = report.unreadable
    assert unreadable.path == str(tmp_path / "broken.safetensors")


def test_a_checkpoint_is_scanned_once_however_often_it_is_named(tmp_path: Path) -> None:
    """By its path, by another spelling, by a glob and by its folder."""
    shutil.copy(SICK, tmp_path)
    path = str(tmp_path / "sick.safetensors")
    report = precisionlab.scan([path, str(tmp_path / "." / "sick.safetensors"), str(tmp_path / "s*"), path])
    assert only(report).path == path


def test_what_opening_raises_unforeseen_costs_that_path_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in one container does not take the others along."""

    def fail(path: str) -> object:
        raise ZeroDivisionError(path)

    monkeypatch.setattr(scanning, "open_checkpoint", fail)
    events = list(Scan([SICK], choose_analyzers(["range"], {})[0], Settings()))
    assert events == [
        OpeningCheckpoint(SICK),
        PathFailed(SICK, f"{SICK}: cannot be opened (ZeroDivisionError: {SICK}); please report this"),
    ]


def test_a_scan_that_is_stopped_reports_what_it_did() -> None:
    """The checkpoint under way is incomplete with the results that there are; what was not reached is named."""
    healthy = str(SAMPLES / "healthy.safetensors")
    running = Scan([SICK, healthy], choose_analyzers(["range"], {})[0], Settings())
    events = iter(running)
    assert isinstance(next(events), OpeningCheckpoint)
    assert isinstance(next(events), CheckpointOpened)
    n_done = 0
    while n_done < 3:
        n_done += isinstance(next(events), ResultReady)
    assert running.report().unreadable == ()
    events.close()
    report = running.report()
    checkpoint = only(report)
    assert not checkpoint.complete
    assert len(checkpoint.results) == 3
    assert len(checkpoint.tensors) == 46
    assert report.unreadable == (Unreadable(healthy, "not opened: the scan was stopped before"),)


def test_temporary_copies_are_gone_when_a_scan_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints that unpack to disk are closed with the scan."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = SAMPLES / "tiny-transformer-compressed.npz"
    events = iter(Scan([str(path)], choose_analyzers(["range"], {})[0], Settings()))
    while not isinstance(next(events), ResultReady):
        pass
    assert os.listdir(tmp_path)  # noqa: PTH208 - names are enough
    events.close()
    assert not os.listdir(tmp_path)  # noqa: PTH208 - as above


def test_an_installed_analyzer_is_first_class(install: Install, save: Save) -> None:
    """It is named, given options, selected by its codes and reported like the built-in one."""
    install("party", {"signs": "signing:signs"}, signing=ANALYZERS)
    path = save({"down": np.array([-1, -2, 3], np.float32), "up": np.array([1, -2, 3], np.float32)})
    report = precisionlab.scan(path, ["range", "signs"], options={"signs": {"limit": "0.4"}})
    assert [(finding.code, finding.subject) for finding in only(report).findings if finding.code == "XY001"] == [
        ("XY001", "down")
    ]
    assert report.analyzers["signs"].options == {"limit": 0.4}
    assert "XY001" in {rule.code for rule in report.rules}
    shares = {r.subject: r.value("share") for r in only(report).results if r.analyzer == "signs"}
    assert shares == {"down": pytest.approx(2 / 3), "up": pytest.approx(1 / 3)}
    assert list(precisionlab.scan(path).analyzers) == ["range"]
    none = precisionlab.scan(path, "signs", settings=Settings(ignore=("XY",)))
    assert only(none).findings == ()


def test_a_broken_analyzer_warns_and_the_others_run(install: Install) -> None:
    """Where it was not asked for; where it was, it is an error."""
    install("party", {"broken": "breaking:x"}, breaking="1 / 0")
    with pytest.warns(UserWarning, match="broken: the analyzer cannot be loaded"):
        report = precisionlab.scan(SICK)
    assert list(report.analyzers) == ["range"]
    with pytest.raises(AnalyzerError, match="broken: the analyzer cannot be loaded"):
        precisionlab.scan(SICK, ["range", "broken"])
