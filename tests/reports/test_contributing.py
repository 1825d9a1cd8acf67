"""The worked examples of CONTRIBUTING.md that concern reports are code that runs."""

import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from precisionlab.analysis.figures import Axis
from precisionlab.analysis.report import Report
from precisionlab.reports import quantities, scales, svg_frame
from precisionlab.reports.writers import Writer, rendered

GUIDE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def blocks(heading: str) -> list[str]:
    """The Python blocks under a heading of the guide."""
    text = GUIDE.read_text(encoding="utf-8") if GUIDE.exists() else ""
    section = re.search(rf"^#+ {heading}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    if section is None:
        pytest.skip(f"CONTRIBUTING.md has no section {heading!r} whose example could be run")
    return re.findall(r"^```python\n(.*?)^```", section[1], re.DOTALL | re.MULTILINE)


def test_the_report_writer_of_the_guide_writes(sample_report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module renders the sample report through its line in the table: a line for each measurement."""
    source, line = blocks("Add a report writer")
    name = "precisionlab.reports.tsv_report"
    module = ModuleType(name)
    exec(source, vars(module))  # noqa: S102 - our own guide, and what is under test
    monkeypatch.setitem(sys.modules, name, module)
    (writer,) = eval(line, {"Writer": Writer})  # noqa: S307 - as above
    results = (result for checkpoint in sample_report.checkpoints for result in checkpoint.results)
    n_measurements = sum(len(result.measurements) for result in results)
    text = rendered(sample_report, writer)
    assert isinstance(text, str)
    assert text.count("\n") == n_measurements + 1
    assert text.startswith("checkpoint\ttensor\tmetric\tvalue\n")


def test_the_figure_of_the_guide_is_drawn() -> None:
    """Its record is drawn with a stroke for each value that has a place."""
    record, drawing = blocks("Add a kind of figure")
    names: dict[str, Any] = {
        **vars(scales),
        **vars(quantities),
        **vars(svg_frame),
        "dataclass": dataclass,
        "__name__": svg_frame.__name__,
    }
    exec(record, names)  # noqa: S102 - our own guide, and what is under test
    exec(drawing, names)  # noqa: S102 - as above
    figure = names["Rug"]("eigenvalues", Axis("size", logarithmic=True), (1.0, 10.0, math.nan, 0.0))
    drawn = ET.fromstring(names["rug"](figure))  # noqa: S314 - our own output
    strokes = [path.get("d") for path in drawn.findall("{http://www.w3.org/2000/svg}path")]
    assert len(strokes) == 2
    assert len(set(strokes)) == 2
