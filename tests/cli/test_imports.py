"""The import budget: what starts often must start fast. Sets of modules, since milliseconds depend on the machine."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

SCRIPT = """
import sys
from precisionlab.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
sys.stderr.write("\\n".join(sys.modules))
"""
NEVER = {"torch", "scipy.stats", "matplotlib", "pandas", "textual", "plotext", "rich", "numba", "tensorly"}


def modules_of(environment: Mapping[str, str], folder: Path, *arguments: str) -> set[str]:
    """The modules that a process has imported when the command is done."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=dict(environment),
        check=True,
        timeout=60,
    )
    assert done.stdout
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["scan", "--help"], ["open", "--help"], ["sum", "--help"]], ids=" ".join
)
def test_help_imports_nothing_but_the_grammar(
    environment: Mapping[str, str], tmp_path: Path, arguments: Sequence[str]
) -> None:
    """Neither the numeric libraries, nor any analyzer, container or report."""
    imported = modules_of(environment, tmp_path, *arguments)
    assert not imported & (NEVER | {"numpy", "shtab", "analyzers", "precisionlab.reports", "precisionlab.checkpoints"})


@pytest.mark.parametrize("arguments", [["list"], ["explain", "PL020"], ["explain", "range"], ["config"]], ids=" ".join)
def test_lists_and_pages_import_analyzers_only(
    environment: Mapping[str, str], tmp_path: Path, arguments: Sequence[str]
) -> None:
    """The analyzers' modules are light: what computes is imported when it computes."""
    imported = modules_of(environment, tmp_path, *arguments)
    assert "analyzers.range" in imported
    assert not imported & NEVER


@pytest.mark.parametrize("format_name", ["text", "json"])
def test_a_scan_on_the_cpu_never_imports_torch(
    environment: Mapping[str, str], tmp_path: Path, healthy: str, format_name: str
) -> None:
    """The census needs numpy and compiled loops alone; JSON needs no console library either."""
    imported = modules_of(environment, tmp_path, "scan", healthy, "--device", "cpu", "--format", format_name)
    assert "numba" in imported
    assert "torch" not in imported
    assert not imported & {"matplotlib", "pandas", "textual", "scipy.stats", "tensorly"}
    assert ("plotext" in imported) == (format_name == "text")


def test_numbers_are_inspected_without_numpy(environment: Mapping[str, str], tmp_path: Path) -> None:
    """A value needs rational arithmetic alone."""
    imported = modules_of(environment, tmp_path, "inspect", "0.1")
    assert not imported & (NEVER | {"numpy", "precisionlab.checkpoints"})


@pytest.mark.parametrize("arguments", [["--op", "gemm", "--acc", "h100_bf16"], ["--op", "softmax"]], ids=" ".join)
def test_tolerances_are_derived_without_arrays_being_computed(
    environment: Mapping[str, str], tmp_path: Path, arguments: Sequence[str]
) -> None:
    """Formulas alone: neither torch nor compiled loops."""
    imported = modules_of(environment, tmp_path, "tolerance", "--k", "4096", *arguments)
    assert "precisionlab.accumulation.tolerances" in imported
    assert not imported & (NEVER | {"precisionlab.accumulation.loops", "precisionlab.checkpoints"})


def test_elements_are_inspected_without_torch_and_compiled_loops(
    environment: Mapping[str, str], tmp_path: Path, healthy: str
) -> None:
    """One element is read and decoded by plain Python."""
    imported = modules_of(environment, tmp_path, "inspect", f"{healthy}::stem.conv.weight[0,0,0,0]")
    assert "precisionlab.analysis.elements" in imported
    assert not imported & (NEVER | {"precisionlab.checkpoints.pytorch.child", "precisionlab.analysis.worst"})


def test_the_worst_are_ranked_without_torch(environment: Mapping[str, str], tmp_path: Path, healthy: str) -> None:
    """The compiled loops round; nothing else that is heavy is needed."""
    arguments = ["inspect", f"{healthy}::stem.conv.weight", "--worst", "3", "--to", "e4m3fn"]
    imported = modules_of(environment, tmp_path, *arguments)
    assert "numba" in imported
    assert not imported & (NEVER - {"numba"})


def test_numbers_are_summed_without_torch(environment: Mapping[str, str], tmp_path: Path, healthy: str) -> None:
    """The compiled loops add, whether numbers come from a text or from a checkpoint."""
    (tmp_path / "numbers.txt").write_text("1 2 3")
    imported = modules_of(environment, tmp_path, "sum", "numbers.txt", "--in", "bf16", "--time")
    assert "numba" in imported
    assert not imported & (NEVER - {"numba"})
    imported = modules_of(environment, tmp_path, "sum", f"{healthy}::stem.conv.weight")
    assert not imported & (NEVER - {"numba"})
