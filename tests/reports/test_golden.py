"""The exact bytes of every format, over one report with everything in it.

After a wanted change: `PRECISIONLAB_REGENERATE=1 pytest tests/reports/test_golden.py`, then read the diff.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from precisionlab.analysis.report import Report
from precisionlab.reports import (
    csv_report,
    github_report,
    html_report,
    json_report,
    jsonl_report,
    junit_report,
    markdown_report,
    sarif_report,
)
from precisionlab.reports.text_report import TextStyle
from precisionlab.reports.text_report import render as render_text

GOLDEN = Path(__file__).parent / "golden"

FORMATS: dict[str, Callable[[Report], str]] = {
    "report-80.txt": lambda report: render_text(report, TextStyle(80)),
    "report-120.txt": lambda report: render_text(report, TextStyle(120)),
    "report-80-colour.txt": lambda report: render_text(report, TextStyle(80, colour=True)),
    "report.json": json_report.render,
    "report.jsonl": jsonl_report.render,
    "report.md": markdown_report.render,
    "report.html": lambda report: without_library(html_report.render(report)),
    "report.csv": csv_report.render,
    "report.sarif": sarif_report.render,
    "report.xml": junit_report.render,
    "report-github.txt": github_report.render,
}


def without_library(page: str) -> str:
    """The page with the library that draws its charts told by name alone; the policy in its head holds its digest."""
    return page.replace(html_report.page_file("vega.js"), "vega.js")


@pytest.mark.parametrize("name", FORMATS)
def test_the_sample_report_has_these_bytes(name: str, sample_report: Report) -> None:
    """Every format gives the bytes of its golden file, at every run."""
    path = GOLDEN / name
    content = FORMATS[name](sample_report).encode()
    if os.environ.get("PRECISIONLAB_REGENERATE"):
        path.write_bytes(content)
    assert content == path.read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_rendering_twice_gives_the_same_bytes(name: str, sample_report: Report) -> None:
    """No renderer keeps anything from one report to the next."""
    assert FORMATS[name](sample_report) == FORMATS[name](sample_report)
