"""The interface goes on while analyzers compute: events tell what comes before what, and turns are counted, not timed."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel
from precisionlab.tui.widgets.analyzers_part import AnalyzersPart
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.conftest import Install
from tests.tui.conftest import until

SAMPLE = Path(__file__).parents[2] / "samples" / "hostile-names.safetensors"
LINES = 12
"""That the cursor goes down meanwhile."""
TURNS = 100
"""Of the event loop that must come meanwhile: a loop that is held up has one or two."""

SOURCE = """
import threading, time

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result

began, ended, released = threading.Event(), threading.Event(), threading.Event()


def busy(tensor, options):
    began.set()
    first = time.thread_time()
    while time.thread_time() - first < 2 and not released.is_set():
        sum(range(100))
    ended.set()
    return Result("busy", tensor.info.name)


def idle(tensor, options):
    began.set()
    released.wait(20)
    ended.set()
    return Result("idle", tensor.info.name)


busy = Analyzer("busy", "How long?", busy, by_default=BY_DEFAULT)
idle = Analyzer("idle", "How long?", idle, by_default=BY_DEFAULT)
"""
Flow = Callable[[PrecisionlabApp, LabScreen, Pilot[None]], Coroutine[None, None, None]]


def play(flow: Flow) -> None:
    """Open a sample and let somebody use the lab as soon as the analyzers are there."""

    async def main() -> None:
        app = PrecisionlabApp(str(SAMPLE))
        async with app.run_test(size=(100, 60)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LabScreen) and app.screen._analyzers)
            lab = app.screen
            assert isinstance(lab, LabScreen)
            await until(pilot, lambda: len(lab.query(AnalyzerPanel)) == len(lab._analyzers) and lab.active_panel())
            await flow(app, lab, pilot)

    asyncio.run(main())


def put(install: Install, name: str, purpose: str, *, by_default: bool = False) -> str:
    """Install the analyzer, in a module of its own, whose name this tells."""
    module = f"{name}_{purpose}_source"
    install(f"{module}_party", {name: f"{module}:{name}"}, **{module: SOURCE.replace("BY_DEFAULT", str(by_default))})
    return module


async def turns_until(condition: Callable[[], bool]) -> int:
    """How often the event loop came round until the condition held."""
    turns = 0
    while not condition():
        turns += 1
        await asyncio.sleep(0.005)
    return turns


async def walk(app: PrecisionlabApp, tree: TensorTree) -> None:
    """Press the key for the next line, each time as soon as the cursor has moved: slower typing than this waits for nothing."""
    for _ in range(LINES):
        before = tree.cursor_line
        app.simulate_key("down")
        while tree.cursor_line == before:  # noqa: ASYNC110 - each turn is to be seen
            await asyncio.sleep(0)


@pytest.mark.parametrize("name", ["busy", "idle"])
@pytest.mark.parametrize("by_default", [False, True])
def test_keys_are_answered_while_an_analyzer_computes(install: Install, name: str, *, by_default: bool) -> None:
    """One that keeps the interpreter for two seconds of its own time, or sleeps, asked alone or in the scan."""
    module = put(install, name, "scanned" if by_default else "asked", by_default=by_default)

    async def flow(app: PrecisionlabApp, lab: LabScreen, pilot: Pilot[None]) -> None:
        tree = lab.query_one(TensorTree)
        if not by_default:
            lab.query_one(AnalyzersPart).turn_to(name)
            lab.choose(tree.outline.tensors[0])
        source: Any = None

        def is_asked() -> bool:
            nonlocal source
            source = sys.modules.get(module)
            return source is not None and source.began.is_set()

        await until(pilot, is_asked)
        lab.query_one(AnalyzersPart).turn_to("range")
        tree.focus()
        counting = asyncio.create_task(turns_until(source.ended.is_set))
        await walk(app, tree)
        assert not source.ended.is_set()
        if name == "idle":
            await asyncio.sleep(0.005 * 2 * TURNS)
            source.released.set()
        turns = await counting
        source.released.set()
        assert turns >= TURNS

    play(flow)


@pytest.mark.parametrize("name", ["busy", "idle"])
def test_quitting_does_not_wait_for_an_analyzer(install: Install, name: str) -> None:
    """The app is gone while the analyzer is still at it."""
    module = put(install, name, "left")

    async def flow(app: PrecisionlabApp, lab: LabScreen, pilot: Pilot[None]) -> None:
        lab.query_one(AnalyzersPart).turn_to(name)
        lab.choose(lab.query_one(TensorTree).outline.tensors[0])
        await until(pilot, lambda: module in sys.modules and sys.modules[module].began.is_set())
        app.simulate_key("q")
        await turns_until(lambda: not app.is_running)

    play(flow)
    source: Any = sys.modules[module]
    assert not source.ended.is_set()
    source.released.set()
    assert source.ended.wait(20)
