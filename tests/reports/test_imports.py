"""What importing the report writers costs."""

import subprocess
import sys

import pytest

PRINT_IMPORTED = "import sys, {}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
HEAVY = {"typst", "torch", "numba", "scipy", "numpy", "plotext", "textual", "gudhi"}


def imported_by(module: str) -> set[str]:
    """The top-level modules that importing this one imports."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_IMPORTED.format(module)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "text_report",
        "json_report",
        "jsonl_report",
        "markdown_report",
        "html_report",
        "pdf_report",
        "csv_report",
        "sarif_report",
        "junit_report",
        "github_report",
        "terminal_charts",
    ],
)
def test_no_writer_imports_what_is_heavy(module: str) -> None:
    """No numerical library is needed to write a report; plotext comes with the first chart."""
    assert not HEAVY & imported_by(f"precisionlab.reports.{module}")


def test_the_table_of_writers_imports_none() -> None:
    """Asking which formats there are imports neither a writer nor rich."""
    assert not (HEAVY | {"rich", "html"}) & imported_by("precisionlab.reports.writers")
