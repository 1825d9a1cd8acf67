"""A terminal of any size, which changes while a scan is under way."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget

from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.conftest import Install
from tests.tui.conftest import rendered, until

SAMPLE = Path(__file__).parents[2] / "samples" / "sick.safetensors"
SIZES = ((80, 24), (300, 100), (40, 10), (140, 45))
SOURCE = """
import threading

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result

released = threading.Semaphore(0)


def analyze(tensor, options):
    released.acquire(timeout=30)
    return Result("gated", tensor.info.name)


gated = Analyzer("gated", "When?", analyze)
"""


def is_on_top(widget: Widget) -> bool:
    """Whether there is some of the widget on the screen, and nothing lies over its middle."""
    region = widget.region.intersection(widget.screen.region)
    if region.area == 0 or not widget.display:
        return False
    found, _ = widget.screen.get_widget_at(region.x + region.width // 2, region.y + region.height // 2)
    return widget in found.ancestors_with_self


async def visit(lab: LabScreen, pilot: Pilot[None], key: str, part: type[Widget]) -> None:
    """Go to a part by its key: it has the focus, and it is seen."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(lab.focused, part))
    widget = lab.focused
    assert widget is not None
    await until(pilot, lambda: is_on_top(widget))


def test_all_parts_are_reached_at_any_size_in_mid_scan(install: Install) -> None:
    """Each time some more tensors are looked at; in the end all are."""
    install("gated_party", {"gated": "gated_source:gated"}, gated_source=SOURCE)

    async def main() -> None:
        app = PrecisionlabApp(str(SAMPLE))
        async with app.run_test(size=(140, 45)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LabScreen) and app.screen._scanned)
            lab = app.screen
            assert isinstance(lab, LabScreen)
            source: Any = sys.modules["gated_source"]
            for size in SIZES:
                await pilot.resize_terminal(*size)
                await until(pilot, lambda size=size: tuple(app.size) == size)  # type: ignore[misc]
                source.released.release(5)
                for key, part in (("3", FindingsList), ("2", AnalyzerPanel), ("1", TensorTree), ("2", AnalyzerPanel)):
                    await visit(lab, pilot, key, part)
                lines = rendered(app).split("\n")
                assert (len(lines[0]), len(lines)) == size
                assert lab._scanned
            source.released.release(1000)
            await until(pilot, lambda: not lab._scanned)
            tensors = lab.query_one(TensorTree).outline.tensors
            answered = {question.subject for question in lab._answers if question.analyzer == "gated"}
            assert answered == {info.name for info in tensors}

    asyncio.run(main())
