"""A number moved by keys, digits and the mouse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.widgets import Button

from precisionlab.tui.widgets.slider import Slider, plain
from tests.tui.conftest import until


class Sliding(App[None]):
    """A slider, and something beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,1", "leave", "Leave")]

    def __init__(self) -> None:
        super().__init__()
        self.slider = Slider("bits", Decimal("4.5"))
        self.values: list[Decimal] = []
        self.has_left = False

    def compose(self) -> ComposeResult:
        """Both."""
        yield self.slider
        yield Button("beside")

    def on_mount(self) -> None:
        """From 3 to 9."""
        self.slider.span(Decimal(3), Decimal(9), (4.25, 8.0))
        self.slider.focus()

    def on_slider_changed(self, event: Slider.Changed) -> None:
        """Keep what is told."""
        self.values.append(event.value)

    def action_leave(self) -> None:
        """What Escape does elsewhere."""
        self.has_left = True


@asynccontextmanager
async def sliding() -> AsyncIterator[tuple[Pilot[None], Sliding]]:
    """The app."""
    app = Sliding()
    async with app.run_test(size=(60, 10)) as pilot:
        await until(pilot, lambda: app.slider.has_focus and app.slider.content_size.width > 0)
        app.values.clear()
        yield pilot, app


def used(flow: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run one flow."""
    asyncio.run(flow())


def test_arrows_move_in_decimal_steps() -> None:
    """A twentieth, with Shift a half; ten and minus ten steps lead back exactly; every number is told."""

    async def flow() -> None:
        async with sliding() as (pilot, app):
            await pilot.press("right", "l", "left")
            assert app.values == [Decimal("4.55"), Decimal("4.6"), Decimal("4.55")]
            await pilot.press("shift+right", "L", "shift+left", "H")
            assert app.slider.value == Decimal("4.55")
            await pilot.press(*["left"] * 11, *["right"] * 10)
            assert app.slider.value == Decimal("4.5")
            assert plain(app.slider.value) == "4.5"

    used(flow)


def test_it_stops_at_the_ends() -> None:
    """And says nothing where nothing changes."""

    async def flow() -> None:
        async with sliding() as (pilot, app):
            await pilot.press("home", "left", "H")
            assert app.slider.value == 3
            await pilot.press("end", "right", "L")
            assert app.values == [Decimal(3), Decimal(9)]
            app.slider.span(Decimal(2), Decimal(5))
            assert app.slider.value == 5

    used(flow)


def test_a_number_is_typed() -> None:
    """Enter takes it, as exactly as it is typed; outside the ends it is the end."""

    async def flow() -> None:
        async with sliding() as (pilot, app):
            await pilot.press(*"4.123", "enter")
            assert app.slider.value == Decimal("4.123")
            await pilot.press("right")
            assert app.slider.value == Decimal("4.15")
            await pilot.press(*"56", "backspace", "enter")
            assert app.slider.value == 5
            await pilot.press(*"99", "enter")
            assert app.slider.value == 9
            await pilot.press("1", "enter")
            assert app.slider.value == 3
            assert not app.has_left

    used(flow)


def test_what_is_typed_can_be_left() -> None:
    """Escape leaves it, then does what it does elsewhere; so does going away; what is no number changes nothing."""

    async def flow() -> None:
        async with sliding() as (pilot, app):
            await pilot.press(*"7.5")
            assert " 7.5" in app.slider.render().plain
            await pilot.press("escape")
            assert (app.slider.value, app.has_left) == (Decimal("4.5"), False)
            await pilot.press(*"1..2", "enter")
            assert app.slider.value == Decimal("4.5")
            await pilot.press("6", "tab")
            await until(pilot, lambda: not app.slider.has_focus)
            assert app.slider.typed == ""
            assert app.values == []
            await pilot.press("escape")
            assert app.has_left

    used(flow)


def test_the_mouse_drags_the_knob() -> None:
    """Under the mouse stands the knob, on a step; ends are reached by dragging beyond; after that it stays."""

    async def flow() -> None:
        async with sliding() as (pilot, app):
            line = app.slider.render().plain.splitlines()[1]
            for x in (2 + 20, 2, len(line) - 3):
                await pilot.mouse_down(app.slider, offset=Offset(x + 1, 1))
                await pilot.mouse_up(app.slider, offset=Offset(x + 1, 1))
                value = app.slider.value
                assert value % Decimal("0.05") == 0
                assert abs(app.slider.render().plain.splitlines()[1].index("●") - x) <= 1
            assert value == 9
            await pilot.mouse_down(app.slider, offset=Offset(20, 1))
            await pilot.hover(app.slider, offset=Offset(30, 1))
            dragged = app.slider.value
            await pilot.hover(Button)
            assert app.slider.value < dragged
            await pilot.mouse_up(Button)
            left = app.slider.value
            await pilot.hover(app.slider, offset=Offset(40, 1))
            assert app.slider.value == left

    used(flow)


def test_notches_stand_where_their_numbers_are() -> None:
    """On the knob's own places."""

    async def flow() -> None:
        async with sliding() as (_, app):
            line = app.slider.render().plain.splitlines()[1]
            assert line.startswith("3 ")
            assert line.endswith(" 9")
            places = [i for i, character in enumerate(line) if character == "┼"]
            for place, notch in zip(places, ("4.25", "8"), strict=True):
                app.slider.value = Decimal(notch)
                assert app.slider.render().plain.splitlines()[1].index("●") == place

    used(flow)


@pytest.mark.parametrize(("value", "text"), [("4.50", "4.5"), ("10", "10"), ("1E+1", "10"), ("0.05", "0.05")])
def test_numbers_are_plain(value: str, text: str) -> None:
    """No zeros at the end, no exponent."""
    assert plain(Decimal(value)) == text
