"""A number on a line between two ends: keys, the mouse and digits move it."""

from decimal import Decimal, InvalidOperation
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.events import Key, MouseDown, MouseMove, MouseUp
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from precisionlab.reports.quantities import trimmed

KNOB, TRACK, DONE, NOTCH = "●", "─", "━", "┼"
LONGEST = 8
"""Characters that are typed at most."""


class Slider(Widget, can_focus=True):
    """Says with `Changed` each number that it is moved to. Numbers are decimal, as they are typed."""

    BINDING_GROUP_TITLE = "Slider"
    HELP = """
    Arrows move in small steps, with Shift in large ones. Digits begin to type a number, Enter takes it.
    The mouse drags the knob. Notches are numbers worth stopping at.
    """
    BINDINGS = [
        Binding("left,h", "step(-1)", "Less", show=False, id="slider.less"),
        Binding("right,l", "step(1)", "More", show=False, id="slider.more"),
        Binding("shift+left,H", "leap(-1)", "Much less", show=False, id="slider.much_less"),
        Binding("shift+right,L", "leap(1)", "Much more", show=False, id="slider.much_more"),
        Binding("home", "to_end(-1)", "Least", show=False, id="slider.least"),
        Binding("end", "to_end(1)", "Most", show=False, id="slider.most"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"slider--value", "slider--knob", "slider--done", "slider--hint"}
    DEFAULT_CSS = """
    Slider {
        height: 2; padding: 0 1;
        & > .slider--value { color: $text; text-style: bold; }
        & > .slider--knob { color: $accent; text-style: bold; }
        & > .slider--done { color: $primary; }
        & > .slider--hint { color: $text-muted; }
        &:focus > .slider--value { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """

    class Changed(Message):
        """The number is this now."""

        def __init__(self, value: Decimal) -> None:
            super().__init__()
            self.value = value

    value: reactive[Decimal] = reactive(Decimal(0), init=False)
    typed: reactive[str] = reactive("")
    """What is being typed."""

    def __init__(self, label: str, value: Decimal, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._label = label
        self._step, self._leap = Decimal("0.05"), Decimal("0.5")
        self.low, self.high = Decimal(1), Decimal(16)
        self._notches: tuple[float, ...] = ()
        self._is_dragged = False
        self.set_reactive(Slider.value, value)

    def span(self, low: Decimal, high: Decimal, notches: tuple[float, ...] = ()) -> None:
        """Go from one end to the other; a number outside moves to the nearer end."""
        self.low, self.high, self._notches = low, high, notches
        self.value = self.value
        self.refresh()

    def validate_value(self, value: Decimal) -> Decimal:
        """Between the ends."""
        return max(self.low, min(value, self.high))

    def watch_value(self) -> None:
        """Tell."""
        self.post_message(self.Changed(self.value))

    def render(self) -> Text:
        """The number over its line."""
        width = self.content_size.width
        shown = f" {self.typed}▏" if self.typed else f" {plain(self.value)} "
        head = Text.assemble((shown, self._style("value")), f" {self._label}", no_wrap=True)
        hint = "Enter takes it, Esc does not" if self.typed else "← → or type"
        if width - head.cell_len - len(hint) > 1:
            head.append(hint.rjust(width - head.cell_len), self._style("hint"))
        return Text("\n", no_wrap=True).join([head, self._line(width)])

    def _line(self, width: int) -> Text:
        ends = plain(self.low), plain(self.high)
        n = self._track_width(width)
        knob = round(self._share(float(self.value)) * (n - 1))
        notches = {round(self._share(notch) * (n - 1)) for notch in self._notches}
        text = Text(f"{ends[0]} ", self._style("hint"))
        for i in range(n):
            character = KNOB if i == knob else NOTCH if i in notches else DONE if i < knob else TRACK
            text.append(character, self._style("knob" if i == knob else "done" if i < knob else "hint"))
        return text.append(f" {ends[1]}", self._style("hint"))

    def _track_width(self, width: int) -> int:
        return max(2, width - len(plain(self.low)) - len(plain(self.high)) - 2)

    def _share(self, value: float) -> float:
        low, high = float(self.low), float(self.high)
        return max(0.0, min((value - low) / (high - low), 1.0)) if high > low else 0.0

    def action_step(self, steps: int) -> None:
        """To the next of the small steps."""
        self._go(steps, self._step)

    def action_leap(self, steps: int) -> None:
        """To the next of the large steps."""
        self._go(steps, self._leap)

    def _go(self, steps: int, step: Decimal) -> None:
        """Onto the next multiple of the step, or by so much where it is one of the small steps already."""
        moved = self.value + steps * step
        self.value = (moved / self._step).to_integral_value() * self._step

    def action_to_end(self, end: int) -> None:
        """To one of the ends."""
        self.value = self.low if end < 0 else self.high

    async def on_key(self, event: Key) -> None:
        """Digits are typed; while one types, Enter takes the number and Escape does not."""
        if event.character is not None and event.character in "0123456789.":
            self.typed = (self.typed + event.character)[:LONGEST]
        elif not self.typed:
            return
        elif event.key == "backspace":
            self.typed = self.typed[:-1]
        elif event.key == "enter":
            self._take_typed()
        elif event.key == "escape":
            self.typed = ""
        else:
            return
        event.stop()
        event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Digits are typed here, whatever they do elsewhere; so are the keys that end it."""
        return (character is not None and character in "0123456789.") or (
            bool(self.typed) and key in {"backspace", "enter", "escape"}
        )

    def on_blur(self) -> None:
        """What was not taken is not wanted."""
        self.typed = ""

    def _take_typed(self) -> None:
        try:
            self.value = Decimal(self.typed)
        except InvalidOperation:
            self.app.bell()
        self.typed = ""

    def on_mouse_down(self, event: MouseDown) -> None:
        """Take the knob."""
        if event.button == 1:
            self._is_dragged = True
            self.capture_mouse()
            self._follow(event)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Drag the knob."""
        if self._is_dragged:
            self._follow(event)

    def on_mouse_up(self, event: MouseUp) -> None:
        """Let the knob go."""
        del event
        self._is_dragged = False
        self.release_mouse()

    def _follow(self, event: MouseDown | MouseMove) -> None:
        """To the small step nearest to the mouse."""
        x = event.get_content_offset_capture(self).x - len(plain(self.low)) - 1
        n = self._track_width(self.content_size.width)
        share = Decimal(max(0, min(x, n - 1))) / (n - 1)
        value = self.low + share * (self.high - self.low)
        self.value = (value / self._step).to_integral_value() * self._step

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"slider--{part}")


def plain(value: Decimal) -> str:
    """Without zeros at the end, and without an exponent: `4.5`."""
    return trimmed(f"{value:f}")
