"""Analyzers that somebody else installed, in the command as a process: first-class, and harmless where broken."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Process = Callable[..., subprocess.CompletedProcess[str]]

SOURCE = '''
"""Whether values are negative. The page of the analyzer."""

import sys
import warnings
from dataclasses import dataclass

import numpy as np

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import option
from precisionlab.analysis.results import Measurement, Metric, Result, finding
from precisionlab.analysis.rules import Rule, Severity

XY001 = Rule("XY001", "negative", Severity.WARNING, "tensor has negative values", "square it", "Because.")


@dataclass(frozen=True)
class Options:
    limit: int = option(0, "Report above so many.", minimum=0)


def analyze(tensor, options):
    print("hello", tensor.info.name)
    warnings.warn("careful \\x1b[31m")
    np.array([1.0]) / np.array([0.0])
    n = int((tensor.values() < 0).sum())
    found = (finding(XY001, tensor.info.name, f"{n} values \\x1b[31m are negative"),) if n > options.limit else ()
    return Result("signs", tensor.info.name, measurements=(Measurement(Metric("negatives", "elements"), n),), findings=found)


def summarize(answers, options):
    raise RuntimeError("no sum \\x1b[31m")


signs = Analyzer("signs", "Which sign?", analyze, options=Options, rules=(XY001,), reads_values=True)
sums = Analyzer("sums", "What sum?", lambda tensor, options: Result("sums", tensor.info.name), summarize=summarize)
nonsense = Analyzer("nonsense", "What?", lambda tensor, options: 42, by_default=False)
'''


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Variables under which a package with these analyzers, and one that does not import, is installed."""
    folder: Path = tmp_path_factory.mktemp("installed")
    metadata = folder / "party-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: party\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[precisionlab.analyzers]\n"
        "signs = thirdparty:signs\nsums = thirdparty:sums\nnonsense = thirdparty:nonsense\nbroken = breaking:x\n"
    )
    (folder / "thirdparty.py").write_text(SOURCE)
    (folder / "breaking.py").write_text("raise RuntimeError('boom \\x1b[31m')")
    return {"PYTHONPATH": f"{environment['PYTHONPATH']}:{folder}"}


def test_it_runs_beside_the_built_in_one(process: Process, installed: Mapping[str, str], healthy: str) -> None:
    """Its findings and measurements are in the report; what it prints, warns or breaks is a line on standard error."""
    arguments = ("scan", healthy, "--format", "json", "--set", "signs.limit=100", "--fail-on", "warning")
    done = process(*arguments, variables=installed)
    report = json.loads(done.stdout)
    (checkpoint,) = report["checkpoints"]
    by_analyzer = {name: [r for r in checkpoint["results"] if r["analyzer"] == name] for name in report["analyzers"]}
    assert {name: len(results) for name, results in by_analyzer.items()} == {"range": 38, "signs": 37, "sums": 38}
    assert report["analyzers"]["signs"]["options"] == {"limit": 100}
    assert any(result["findings"] for result in by_analyzer["signs"])
    assert by_analyzer["sums"][-1]["status"] == "failed"
    assert by_analyzer["sums"][-1]["reason"] == r"RuntimeError: no sum \x1b[31m"
    assert done.returncode == 2  # a failure outranks findings
    lines = done.stderr.splitlines()
    assert r"precisionlab: warning: broken: the analyzer cannot be loaded (RuntimeError: boom \x1b[31m)" in lines[0]
    assert rf"precisionlab: error: {healthy}: sums failed on the checkpoint: RuntimeError: no sum \x1b[31m" == lines[-1]
    assert sum(line.startswith("hello ") for line in lines) == 37
    assert any(line.endswith(r": UserWarning: careful \x1b[31m") for line in lines)
    assert any("RuntimeWarning: divide by zero" in line for line in lines)
    assert "Traceback" not in done.stderr
    assert done.stderr.replace("\n", "").isprintable()


def test_its_rules_count(process: Process, installed: Mapping[str, str], healthy: str) -> None:
    """They are selected by code, and decide the exit code."""
    arguments = ("scan", healthy, "-q", "-a", "signs", "--select", "XY", "--fail-on", "warning")
    done = process(*arguments, "--format", "text", variables=installed)
    assert done.returncode == 1
    assert r"values \x1b[31m are negative" in done.stdout
    assert "warning XY001 tensor has negative values (33 tensors)" in done.stdout


def test_it_is_listed_and_explained(process: Process, installed: Mapping[str, str]) -> None:
    """The broken one is a warning where all are listed, and an error where it is asked for."""
    done = process("list", "analyzers", "rules", "--format", "json", variables=installed)
    assert done.returncode == 0
    assert done.stderr.startswith("precisionlab: warning: broken: the analyzer cannot be loaded")
    lists = json.loads(done.stdout)
    structural = ["cp", "lowrank", "manifold", "spectrum", "symmetry", "topology", "wavelet"]
    built_in = ["bits", "delta", "difference", "merge", "quantization", "range", "rounding", "summation", *structural]
    assert [row["name"] for row in lists["analyzers"]] == sorted([*built_in, "nonsense", "signs", "sums"])
    assert "XY001" in {row["code"] for row in lists["rules"]}
    done = process("explain", "signs", variables=installed)
    assert "Whether values are negative. The page of the analyzer." in done.stdout
    assert "`signs.limit`: Report above so many. Takes a whole number of at least 0; default `0`." in done.stdout
    for arguments in (("explain", "broken"), ("scan", "x", "-a", "broken")):
        done = process(*arguments, variables=installed)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("precisionlab: error: broken: the analyzer cannot be loaded (RuntimeError: boom")
        assert done.stderr.count("\n") == 1
