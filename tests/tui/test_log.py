"""The log of what ran, as one reads it while the lab works."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Log, TabbedContent

from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.log import LogScreen
from tests.tui.conftest import scanned, until

SAMPLES = Path(__file__).parents[2] / "samples"
Flow = Callable[[LabScreen, LogScreen, Pilot[None]], Coroutine[None, None, None]]


def play(flow: Flow, size: tuple[int, int] = (140, 45)) -> None:
    """Open a sample, wait until its scan is over, and open the log."""

    async def main() -> None:
        app = PrecisionlabApp(str(SAMPLES / "sick.safetensors"))
        async with app.run_test(size=size) as pilot:
            lab = await scanned(app, pilot)
            await pilot.press("L")
            await flow(lab, await opened(pilot), pilot)

    asyncio.run(main())


async def opened(pilot: Pilot[None]) -> LogScreen:
    """The log, with its lines."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, LogScreen) and app.screen.query(Log))
    log = app.screen
    assert isinstance(log, LogScreen)
    await until(pilot, lambda: log.query_one(Log).lines)
    return log


def rows(log: LogScreen) -> dict[str, list[str]]:
    """The totals by analyzer."""
    table = log.query_one(DataTable)
    texts = [[str(cell) for cell in table.get_row_at(i)] for i in range(table.row_count)]
    return {name: cells for name, *cells in texts}


def test_every_answer_has_a_line_and_totals_agree() -> None:
    """As many as the lab has answers, each with its tensor; the whole checkpoint comes last; counts add up."""

    async def flow(lab: LabScreen, log: LogScreen, pilot: Pilot[None]) -> None:
        del pilot
        lines = log.query_one(Log).lines
        assert len(lines) == len(lab._answers)
        for question, line in zip(lab._answers, lines, strict=True):
            assert re.match(rf"\d\d:\d\d:\d\d  {question.analyzer} +(done|skipped|failed) +[\d.]+ s  ", line)
            assert (question.subject or "whole checkpoint") in line
        table = rows(log)
        assert int(table.pop("all")[0]) == len(lines)
        assert {name: int(cells[0]) for name, cells in table.items()} == {
            name: sum(question.analyzer == name for question in lab._answers) for name in table
        }
        for answers, done, skipped, failed, *_ in table.values():
            assert int(answers) == int(done) + int(skipped) + int(failed)
        assert float(table["range"][4].replace(",", "")) > 0

    play(flow)


def test_what_runs_meanwhile_comes_at_the_end() -> None:
    """A question that is asked while the log is open has its line, with the options that are not as by default, and its row."""

    async def flow(lab: LabScreen, log: LogScreen, pilot: Pilot[None]) -> None:
        before = len(log.query_one(Log).lines)
        await pilot.press("escape")
        lab.go_to("healthy.weight")
        lab.query_one(TabbedContent).active = "tab-spectrum"
        panel = lab.active_panel
        await until(pilot, lambda: (one := panel()) and one.analyzer.name == "spectrum" and one.result)
        lab.action_log()
        log = await opened(pilot)
        listed = log.query_one(Log)
        await until(pilot, lambda: len(listed.lines) == before + 1)
        assert "spectrum" in listed.lines[-1]
        assert "healthy.weight" in listed.lines[-1]
        analyzer = lab._analyzers["spectrum"]
        assert lab._bench is not None
        tensor = lab.query_one("#tree").outline.tensors[0]  # type: ignore[attr-defined]
        lab._bench.ask(analyzer, analyzer.options(seed=7), tensor, lab.hear)
        await until(pilot, lambda: len(listed.lines) == before + 2)
        assert "seed=7" in listed.lines[-1]
        assert rows(log)["spectrum"][0] == "2"

    play(flow)


def test_typing_leaves_what_holds_every_word() -> None:
    """In any case; escape lists all again, then goes back to the lab."""

    async def flow(lab: LabScreen, log: LogScreen, pilot: Pilot[None]) -> None:
        listed = log.query_one(Log)
        everything = list(listed.lines)
        await pilot.press("slash", *"RANGE", "space", *"nan")
        expected = [line for line in everything if "range" in line.lower() and "nan" in line.lower()]
        await until(pilot, lambda: list(listed.lines) == expected)
        assert 0 < len(expected) < len(everything)
        assert f"{len(expected)} of {len(everything)} answers" in str(listed.border_title)
        await pilot.press("enter")
        assert log.focused is listed
        await pilot.press("y")
        assert lab.app.clipboard.splitlines() == expected
        await pilot.press("escape")
        await until(pilot, lambda: list(listed.lines) == everything)
        assert not log.query_one(Input).display
        await pilot.press("escape")
        await until(pilot, lambda: lab.app.screen is lab)

    play(flow)


def test_keys_move_the_list_in_a_small_terminal() -> None:
    """The newest is seen first; k and j move up and down."""

    async def flow(lab: LabScreen, log: LogScreen, pilot: Pilot[None]) -> None:
        del lab
        listed = log.query_one(Log)
        await until(pilot, lambda: listed.scroll_offset.y == listed.max_scroll_y > 0)
        await pilot.press("k", "k", "j")
        await until(pilot, lambda: listed.scroll_offset.y == listed.max_scroll_y - 1)

    play(flow, (80, 24))
