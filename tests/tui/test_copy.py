"""Copying what the focused part has."""

import asyncio
import base64
import csv
import io
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static, TabbedContent

from precisionlab.analysis.figures import Axis, Lines, Series
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.copying import Copied, copied_from
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.microscope import MicroscopeScreen
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel
from precisionlab.tui.widgets.figure_view import FigureView, drawn
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.tui.conftest import scanned, until

SAMPLES = Path(__file__).parents[2] / "samples"
Flow = Callable[[LabScreen, Pilot[None]], Coroutine[None, None, None]]


def play(sample: str, flow: Flow) -> None:
    """Open a sample and let somebody use the lab once the scan is over."""

    async def main() -> None:
        app = PrecisionlabApp(str(SAMPLES / sample))
        async with app.run_test(size=(140, 45)) as pilot:
            lab = await scanned(app, pilot)
            await flow(lab, pilot)

    asyncio.run(main())


async def copied(pilot: Pilot[None]) -> str:
    """What y puts into the clipboard."""
    pilot.app._clipboard = ""
    await pilot.press("y")
    return pilot.app.clipboard


async def answered(lab: LabScreen, pilot: Pilot[None], name: str) -> AnalyzerPanel:
    """The panel of the analyzer range with its answer about the tensor."""
    lab.query_one(TabbedContent).active = "tab-range"
    lab.go_to(name)

    def is_there() -> bool:
        panel = lab.active_panel()
        result = panel.result if panel is not None and panel.analyzer.name == "range" else None
        return result is not None and result.subject == name

    await until(pilot, is_there)
    panel = lab.active_panel()
    assert panel is not None
    await until(pilot, lambda: len(panel.query(FigureView)) > 1)
    return panel


def test_the_tree_has_the_full_name() -> None:
    """Of a tensor that is shown by its last part, and of a group; a note says so."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        lab.go_to("nan.single.weight")
        tree = lab.query_one(TensorTree)
        await until(pilot, lambda: tree.cursor_node and "single" in str(tree.cursor_node.label))
        tree.focus()
        assert await copied(pilot) == "nan.single.weight"
        assert [note.message for note in lab.app._notifications] == ["copied the tensor's name"]
        await pilot.press("h")
        await until(pilot, lambda: tree.cursor_node and "single" not in str(tree.cursor_node.label))
        assert await copied(pilot) == "nan"

    play("sick.safetensors", flow)


def test_a_name_that_would_hurt_a_terminal_is_escaped() -> None:
    """Whatever is pasted stays on one line and holds no control characters."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        tree = lab.query_one(TensorTree)
        names = [info.name for info in tree.outline.tensors]
        assert any(not name.isprintable() for name in names)
        tree.show_flat(range(len(names)))
        await pilot.pause()
        for line, name in enumerate(names):
            tree.cursor_line = line
            found = copied_from(tree)
            assert found is not None
            assert found.text.isprintable()
            assert len(found.text) >= len(name)

    play("hostile-names.safetensors", flow)


def test_findings_say_code_tensor_message_and_remedy() -> None:
    """Of the marked one."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        findings = lab.query_one(FindingsList)
        await until(pilot, lambda: findings.option_count == 43)
        findings.focus()
        await pilot.press("down", "down")
        marked = findings.marked
        assert marked is not None
        assert marked.subject is not None
        text = await copied(pilot)
        assert text.splitlines() == [
            f"{marked.code} {marked.severity.label} {marked.subject}: {marked.message}",
            f"→ {marked.remedy}",
        ]

    play("sick.safetensors", flow)


def test_the_panel_and_its_figures_have_all_digits() -> None:
    """Every measurement of the result, read back, is the number itself, and so are a histogram's heights."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        panel = await answered(lab, pilot, "healthy.weight")
        result = panel.result
        assert result is not None
        expected = {one.metric.key: one.value for one in result.measurements}
        views = list(panel.query(FigureView))
        for part in (panel, views[-1]):
            part.focus()
            rows = list(csv.reader(io.StringIO(await copied(pilot)), delimiter="\t"))
            assert rows[0] == ["measurement", "value", "unit"]
            assert len(rows) == len(expected) + 1
            for key, text, _ in rows[1:]:
                value = expected[key]
                assert text == (str(value) if not isinstance(value, bool) else str(value).lower())
                assert not isinstance(value, float) or float(text) == value
        bars = next(view for view in views if view.figure.kind == "bars")
        bars.focus()
        rows = list(csv.reader(io.StringIO(await copied(pilot)), delimiter="\t"))
        assert [float(row[2]) for row in rows[1:]] == list(bars.figure.heights)  # type: ignore[union-attr]

    play("sick.safetensors", flow)


def test_an_input_takes_the_letter_and_the_microscope_its_own() -> None:
    """Typing y types it; on the microscope's bits it copies the number, on its table the row."""

    async def flow() -> None:
        app = PrecisionlabApp()
        async with app.run_test(size=(140, 45)) as pilot:
            screen = MicroscopeScreen()
            await app.push_screen(screen)
            await until(pilot, lambda: screen.focused is not None)
            await pilot.pause()
            await pilot.press("i")
            await until(pilot, lambda: isinstance(screen.focused, Input))
            assert isinstance(screen.focused, Input)
            screen.focused.value = ""
            assert await copied(pilot) == ""
            assert screen.focused.value == "y"
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(screen.focused, Input))
            assert Decimal(await copied(pilot)) == Decimal(float(np.float32(0.1)))

    asyncio.run(flow())


class Parts(App[None]):
    """A table, an empty one, a figure, and what has nothing."""

    def compose(self) -> ComposeResult:
        """One of each."""
        yield DataTable[object](id="table", cursor_type="row")
        yield DataTable[object](id="empty")
        lines = Lines("lines", Axis("x"), Axis("y"), (Series("a", (0.0,), (1 / 3,)),))
        yield FigureView(lines, drawn(lines, 40, colour=False))
        with Vertical():
            yield Static("nothing", id="nothing")


def test_tables_give_their_row_and_others_nothing() -> None:
    """Cells with tabs between; an empty table, a text and no focus at all have nothing."""

    async def flow() -> None:
        app = Parts()
        async with app.run_test() as pilot:
            table = app.query_one("#table", DataTable)
            table.add_columns("a", "b")
            table.add_rows([("x", 1), ("y", 2.5)])
            table.move_cursor(row=1)
            await pilot.pause()
            assert copied_from(table) == Copied("the row", "y\t2.5")
            for none in ("#empty", "#nothing"):
                assert copied_from(app.query_one(none, Widget)) is None
            assert copied_from(None) is None
            figure = copied_from(app.query_one(FigureView))
            assert figure == Copied("the table of lines", f"line\tx\ty\na\t0.0\t{1 / 3!r}\n")

    asyncio.run(flow())


def test_where_there_is_nothing_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clipboard stays as it was; else the terminal is sent the text in its own way (OSC 52)."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        sent: list[str] = []
        driver = lab.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", sent.append)
        lab.set_focus(None)
        assert await copied(pilot) == ""
        assert [note.severity for note in lab.app._notifications] == ["warning"]
        assert not [text for text in sent if text.startswith("\x1b]52")]
        lab.query_one(TensorTree).focus()
        await pilot.press("down")
        text = await copied(pilot)
        code = base64.b64encode(text.encode()).decode()
        assert f"\x1b]52;c;{code}\a" in sent

    play("healthy.safetensors", flow)
