"""The import budget of the app: what it paints with, and nothing that computes."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "plotext", "scipy", "numba", "gudhi", "ml_dtypes", "matplotlib", "pandas", "analyzers"}


def imported_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after the code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; sys.stderr.write('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=60,
    )
    return set(done.stderr.split())


def test_the_app_paints_before_anything_heavy_is_imported() -> None:
    """The start needs Textual and the names of files alone."""
    imported = imported_by("import precisionlab.tui.app")
    assert "precisionlab.tui.screens.start" in imported
    assert not imported & (HEAVY | {"numpy", "precisionlab.analysis.tensors", "precisionlab.tui.screens.lab"})


def test_the_lab_comes_without_what_computes_and_draws() -> None:
    """Neither libraries of numbers but numpy, nor any analyzer: threads import them."""
    imported = imported_by("import precisionlab.tui.screens.lab")
    assert not imported & HEAVY


def test_the_command_line_knows_the_app_without_importing_it() -> None:
    """`precisionlab open` without a terminal ends before Textual is there."""
    imported = imported_by("from precisionlab.cli.main import main; main(['open', '--threads', 'x'])")
    assert "precisionlab.cli.open_command" in imported
    assert not [name for name in imported if name.startswith(("textual", "precisionlab.tui"))]
