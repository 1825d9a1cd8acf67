"""Themes, keys and help of the whole app."""

import json
import re
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Footer, Static
from textual.widgets._footer import FooterKey

from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.help import HelpScreen, parts_of
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.start import StartScreen
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.tui.conftest import until, use

SAMPLE = str(Path(__file__).parents[2] / "samples" / "healthy.safetensors")
MOST_KEYS = 7
PLAIN = "c5c8c6"
"""Of text without a style in Textual's screenshots."""


async def opened(app: PrecisionlabApp, pilot: Pilot[None]) -> LabScreen:
    """The checkpoint's screen, with its tensors and its first answers."""
    await until(pilot, lambda: isinstance(app.screen, LabScreen))
    lab = app.screen
    assert isinstance(lab, LabScreen)
    await until(pilot, lambda: lab.query(TensorTree) and lab.query_one(TensorTree).outline.tensors)
    await until(pilot, lambda: lab._answers)
    return lab


def test_a_chosen_theme_is_there_the_next_time(tmp_path: Path) -> None:
    """Chosen through the palette, by its name."""
    file = tmp_path / "app.json"

    async def choose(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+p", *"theme")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await pilot.pause(0.2)
        await pilot.press(*"nord")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: app.remembered.theme == "nord")

    async def look(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await pilot.pause()
        assert app.theme == "nord"

    app = PrecisionlabApp(file=file)
    use(app, choose)
    app.finish()
    use(PrecisionlabApp(file=file), look)


def test_a_theme_for_this_time_is_not_remembered(tmp_path: Path) -> None:
    """Nor does one that no longer exists hold anything up."""
    file = tmp_path / "app.json"
    file.write_text('{"theme": "no-such-theme"}')

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await pilot.pause()
        assert app.theme == "textual-light"

    app = PrecisionlabApp(theme="textual-light", file=file)
    use(app, flow)
    app.finish()
    assert app.remembered.theme == "no-such-theme"
    PrecisionlabApp(file=file)


def test_broken_settings_are_told(tmp_path: Path) -> None:
    """As a notice inside the app, which names the file that was put aside."""
    file = tmp_path / "app.json"
    file.write_text("{")

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await pilot.pause()
        (notice,) = app._notifications
        assert "app.json.broken-" in notice.message

    use(PrecisionlabApp(file=file), flow)


def test_keys_are_the_users(tmp_path: Path) -> None:
    """A key in the settings does what the binding of that name does, and the old one does nothing; help shows it."""
    file = tmp_path / "app.json"
    file.write_text(json.dumps({"keys": {"app.help": "f2", "start.path": "g"}}))

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        assert isinstance(app.screen, StartScreen)
        rows = {name: keys for part in parts_of(app.screen) for keys, _, name in part.rows}
        assert rows["start.path"] == "g"
        await pilot.press("f2")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape", "g")
        assert app.screen.query_one("#path").has_focus

    use(PrecisionlabApp(file=file), flow)


def test_help_begins_with_the_focused_part() -> None:
    """Then comes the screen, then the app; each key once; the palette offers the same actions."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        lab = await opened(app, pilot)
        titles = [part.title for part in parts_of(lab)]
        assert titles[0] == "Tensor tree"
        assert titles[-2:] == ["Checkpoint", "Everywhere"]
        offered = {command.title for command in app.get_system_commands(lab)}
        assert {"Find", "Fold layers", "Help", "Quit", "Theme"} <= offered
        await pilot.press("question_mark")
        texts = [str(static.render()) for static in app.screen.query(Static)]
        assert texts
        await pilot.press("question_mark")
        assert app.screen is lab

    use(PrecisionlabApp(SAMPLE), flow)


def test_the_footer_has_at_most_seven_keys() -> None:
    """Whatever is focused, at the start and in the lab."""

    async def count_all(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        for widget in app.screen.focus_chain:
            widget.focus()
            await pilot.pause(0.1)
            keys = [key.description for key in app.screen.query_one(Footer).query(FooterKey)]
            assert 0 < len(keys) <= MOST_KEYS, (widget, keys)

    async def lab(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await opened(app, pilot)
        await count_all(app, pilot)

    use(PrecisionlabApp(), count_all)
    use(PrecisionlabApp(SAMPLE), lab)


def test_no_color_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR everything is drawn in greys."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await opened(app, pilot)
        colours = set(re.findall(r"-r\d+ \{ fill: #([0-9a-f]{6})", app.export_screenshot())) - {PLAIN}
        assert len(colours) > 2
        assert all(colour[:2] == colour[2:4] == colour[4:] for colour in colours), colours

    use(PrecisionlabApp(SAMPLE), flow)
