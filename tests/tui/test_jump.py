"""Jump mode on every kind of screen: letters where the parts are, and a letter goes there."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input, Label, Tab, TabbedContent, TabPane, Tabs

from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.format_choice import FormatChoice
from precisionlab.tui.screens.jump import JumpScreen, Target, labels_for
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.microscope import MicroscopeScreen
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.tui.conftest import until

SAMPLES = Path(__file__).parents[2] / "samples"
SIZES = [(80, 24), (140, 45)]


def used(flow: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run one flow."""
    asyncio.run(flow())


async def jumping(pilot: Pilot[None]) -> JumpScreen:
    """Jump mode over what is seen, its labels drawn."""
    await pilot.press("ctrl+g")
    screen = pilot.app.screen
    assert isinstance(screen, JumpScreen)
    await until(pilot, lambda: len(screen.query(".target")) == len(screen.targets))
    await pilot.pause()
    return screen


async def in_lab(pilot: Pilot[None]) -> LabScreen:
    """The lab with its tabs."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, LabScreen))
    lab = app.screen
    assert isinstance(lab, LabScreen)
    await until(pilot, lambda: len(lab.query(Tab)) > 10 and lab.query_one(Tabs).active)
    await pilot.pause()
    return lab


def target_of(screen: JumpScreen, widget: object) -> Target:
    """Where the letters of a part are."""
    return next(target for target in screen.targets if target.widget is widget)


def check_places(below: Screen[Any], screen: JumpScreen) -> None:
    """Each label is drawn over its own part, as far as the compositors know, and touches no other label."""
    cells: set[tuple[int, int]] = set()
    for label, target in zip(screen.query(Label).filter(".target"), screen.targets, strict=True):
        assert label.region.offset == target.place
        on_top, _ = below.get_widget_at(*target.place)
        assert target.widget in on_top.ancestors_with_self
        own = {(target.place.x + column, target.place.y) for column in range(len(target.label))}
        assert not own & cells
        cells |= own | {(x + step, y) for x, y in own for step in (-1, 1)}


@pytest.mark.parametrize("size", SIZES)
def test_letters_lead_through_the_lab(size: tuple[int, int]) -> None:
    """To the findings, to another tab, back to the tensors; what the drawer hides has no letter of its own there."""

    async def flow() -> None:
        app = PrecisionlabApp(str(SAMPLES / "healthy.safetensors"))
        async with app.run_test(size=size) as pilot:
            lab = await in_lab(pilot)
            screen = await jumping(pilot)
            check_places(lab, screen)
            await pilot.press(*target_of(screen, lab.query_one(FindingsList)).label)
            await until(pilot, lambda: app.screen is lab and isinstance(lab.focused, FindingsList))
            screen = await jumping(pilot)
            tabs = lab.query_one(Tabs)
            other = next(
                one.widget
                for one in screen.targets
                if one.widget.id not in {tabs.active, None} and tabs in one.widget.ancestors
            )
            await pilot.press(*target_of(screen, other).label)
            await until(pilot, lambda: app.screen is lab and tabs.active == other.id)
            assert lab.focused is tabs
            screen = await jumping(pilot)
            await pilot.press(*target_of(screen, lab.query_one(TensorTree)).label)
            await until(pilot, lambda: isinstance(lab.focused, TensorTree))

    used(flow)


def test_escape_and_the_key_itself_stay_where_one_was() -> None:
    """So does a click, and a letter that leads nowhere does nothing."""

    async def flow() -> None:
        app = PrecisionlabApp(str(SAMPLES / "healthy.safetensors"))
        async with app.run_test(size=(140, 45)) as pilot:
            lab = await in_lab(pilot)
            before = lab.focused
            for key in ("escape", "ctrl+g"):
                screen = await jumping(pilot)
                assert "m" not in {target.label for target in screen.targets}
                await pilot.press("m", "1")
                assert app.screen is screen
                await pilot.press(key)
                await until(pilot, lambda: app.screen is lab)
            await jumping(pilot)
            await pilot.click(offset=(70, 20))
            await until(pilot, lambda: app.screen is lab)
            assert lab.focused is before

    used(flow)


def test_it_works_from_an_input_and_over_other_screens() -> None:
    """In the start, the microscope and a dialog, each with its own parts; typing in an input does not hinder it."""

    async def flow() -> None:
        app = PrecisionlabApp()
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.screen.focusable or app.focused)
            check_places(app.screen, await jumping(pilot))
            await pilot.press("escape")
            microscope = MicroscopeScreen()
            await app.push_screen(microscope)
            await until(pilot, lambda: microscope.focused is not None)
            await pilot.press("i")
            await until(pilot, lambda: isinstance(microscope.focused, Input))
            screen = await jumping(pilot)
            check_places(microscope, screen)
            table = microscope.query_one("#others")
            await pilot.press(*target_of(screen, table).label)
            await until(pilot, lambda: microscope.focused is table)
            await pilot.press("o")
            await until(pilot, lambda: isinstance(app.screen, FormatChoice) and app.screen.focused)
            dialog = app.screen
            screen = await jumping(pilot)
            assert [target.widget for target in screen.targets] == [dialog.focused]
            await pilot.press("escape")
            assert app.screen is dialog

    used(flow)


class Many(App[None]):
    """Thirty buttons in view, others below."""

    def compose(self) -> ComposeResult:
        """Three a line."""
        with TabbedContent(), TabPane("one"), VerticalScroll():
            for number in range(200):
                yield Button(str(number), id=f"b{number}", compact=True)


def test_more_parts_than_letters_have_two_each() -> None:
    """The first letter leaves those that begin with it, backspace shows all again, the second goes there; what is scrolled away has none."""

    async def flow() -> None:
        app = Many()
        async with app.run_test(size=(80, 40)) as pilot:
            await pilot.pause()
            below = app.screen
            screen = JumpScreen(below)
            arrived: list[object] = []
            await app.push_screen(screen, arrived.append)
            await until(pilot, lambda: len(screen.query(".target")) == len(screen.targets) > 26)
            await pilot.pause()
            assert {len(target.label) for target in screen.targets} == {2}
            check_places(below, screen)
            assert app.query_one("#b199") not in {target.widget for target in screen.targets}
            last = screen.targets[-1]
            await pilot.press(last.label[0])
            shown = [str(label.content) for label in screen.query(Label).filter(".target") if label.display]
            assert shown == [target.label for target in screen.targets if target.label[0] == last.label[0]]
            await pilot.press("backspace")
            assert all(label.display for label in screen.query(Label))
            await pilot.press(*last.label)
            await until(pilot, lambda: arrived == [last.widget])

    used(flow)


@pytest.mark.parametrize("number", [0, 1, 26, 27, 676])
def test_no_label_begins_another(number: int) -> None:
    """So that every one can be typed to its end."""
    labels = labels_for(number)
    assert len(set(labels)) == len(labels) == number
    assert not [(a, b) for a in labels for b in labels if a != b and b.startswith(a)]


def test_another_size_ends_it() -> None:
    """Letters would stand beside their parts."""

    async def flow() -> None:
        app = PrecisionlabApp(str(SAMPLES / "healthy.safetensors"))
        async with app.run_test(size=(140, 45)) as pilot:
            lab = await in_lab(pilot)
            await jumping(pilot)
            await pilot.resize_terminal(100, 30)
            await until(pilot, lambda: app.screen is lab)

    used(flow)
