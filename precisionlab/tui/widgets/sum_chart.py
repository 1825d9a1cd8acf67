"""The errors of running sums as a chart with a cursor, which grows while it plays."""

from typing import Any

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from precisionlab.tui.sum_courses import Course
from precisionlab.tui.sum_figures import Measure, Picture, error_lines, picture, title_of

PLAY_SECONDS = 8.0
"""From the first term to the last."""
FRAMES = 160
"""Meanwhile, or one for each place where there are fewer."""
LONGEST_FRAME = 0.5
"""Seconds; few terms are played in less time."""
LEAP = 0.1
"""Of all places."""


class SumChart(Widget, can_focus=True):
    """One course. Says with `Moved` where the cursor is."""

    HELP = """
    The error of each running sum against the exact partial sum, over the number of terms added. The cursor goes
    through the terms; the table below tells the sums at the cursor. Space lets the sums grow.
    """
    BINDING_GROUP_TITLE = "Chart of sums"
    BINDINGS = [
        Binding("space", "play", "Play", id="sums.play", tooltip="Let the sums grow, or stop them"),
        Binding("left,h", "step(-1)", "Earlier", show=False, id="sums.earlier"),
        Binding("right,l", "step(1)", "Later", show=False, id="sums.later"),
        Binding("shift+left,H", "step_term(-1)", "One term less", show=False, id="sums.one_less"),
        Binding("shift+right,L", "step_term(1)", "One term more", show=False, id="sums.one_more"),
        Binding("pageup", "leap(-1)", "Much earlier", show=False, id="sums.much_earlier"),
        Binding("pagedown", "leap(1)", "Much later", show=False, id="sums.much_later"),
        Binding("home", "go_to_first", "First term", show=False, id="sums.first"),
        Binding("end", "go_to_last", "Last term", show=False, id="sums.last"),
    ]
    DEFAULT_CSS = """
    SumChart {
        height: 1fr; min-height: 8; padding: 0 1;
        border: round $primary-muted; border-title-color: $text-muted; border-subtitle-color: $text-muted;
    }
    SumChart:focus { border: round $accent; border-title-color: $text; }
    SumChart.-empty { content-align: center middle; color: $text-muted; }
    """

    class Moved(Message):
        """The cursor is elsewhere."""

    class Sought(Message):
        """The partial sums after another number of terms are wanted."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        super().__init__()
        self.course: Course | None = None
        self.index = 0
        """Where the cursor is among the course's places."""
        self.measure = Measure.ULPS
        self.is_logarithmic = True
        self._words = "adding up …"
        self._frames: Timer | None = None
        self._drawn: tuple[Any, Picture | None] = (None, None)

    @property
    def is_playing(self) -> bool:
        """Whether the sums grow."""
        return self._frames is not None

    @property
    def place(self) -> int:
        """The number of terms at the cursor."""
        return self.course.places[self.index] if self.course else 0

    def show(self, course: Course, index: int) -> None:
        """Show another course, with the cursor at a place of it; what grows goes on to."""
        was_playing = self.is_playing
        self.stop()
        self.course, self.index, self._words = course, index, ""
        if was_playing:
            self._play()
        self._turn()

    def say(self, words: str) -> None:
        """Say why there is nothing to see."""
        self.stop()
        self.course, self._words = None, words
        self._turn()

    def look(self, measure: Measure, *, is_logarithmic: bool) -> None:
        """Tell errors, or count terms, in another way."""
        self.measure, self.is_logarithmic = measure, is_logarithmic
        self._turn()

    def _turn(self) -> None:
        course = self.course
        self.border_title = title_of(self.measure, course.question.format) if course else ""
        self.set_class(self._picture() is None, "-empty")
        self._move(self.index)

    def _move(self, index: int) -> None:
        if self.course is not None:
            self.index = max(0, min(index, len(self.course.places) - 1))
        self.border_subtitle = "" if self.course is None else "growing …" if self.is_playing else "terms added"
        self.refresh()
        self.post_message(self.Moved())

    def render(self) -> Text:
        """The chart, or why there is none."""
        drawn = self._picture()
        if drawn is None:
            return Text(self._words or "There is no error to draw: no partial sum is finite.")
        return drawn.shown(drawn.column_of(self.place), is_growing=self.is_playing)

    def _picture(self) -> Picture | None:
        """The chart in the room that there is, drawn once."""
        if self.course is None or not self.size.width:
            return None
        key = (self.course, self.content_size, self.measure, self.is_logarithmic, self.app.no_color)
        if self._drawn[0] != key:
            lines = error_lines(self.course, self.measure, is_logarithmic=self.is_logarithmic)
            self._drawn = key, picture(lines, *self.content_size, colour=not self.app.no_color)
        return self._drawn[1]

    def on_resize(self) -> None:
        """Whether there is something to draw is known from the first size on."""
        self.set_class(self._picture() is None, "-empty")

    def on_click(self, event: events.Click) -> None:
        """Put the cursor under the mouse."""
        drawn, offset = self._picture(), event.get_content_offset(self)
        if drawn is not None and offset is not None and self.course is not None:
            self.stop()
            self._move(self.course.index_at(drawn.place_at(offset.x)))

    def action_play(self) -> None:
        """Let the sums grow from the cursor on, from the first term where it is at the last, or stop."""
        if self.course is None:
            return
        if self.is_playing:
            self.stop()
        else:
            if self.index == len(self.course.places) - 1:
                self.index = 0
            self._play()
        self._move(self.index)

    def _play(self) -> None:
        if self.course is not None:
            n = min(len(self.course.places), FRAMES)
            self._frames = self.set_interval(min(LONGEST_FRAME, PLAY_SECONDS / n), self._grow)

    def _grow(self) -> None:
        """One frame further."""
        if self.course is None:
            return
        n = len(self.course.places)
        if self.index == n - 1:
            self.stop()
        self._move(self.index + max(1, round(n / FRAMES)))

    def stop(self) -> None:
        """Grow no more."""
        if self._frames is not None:
            self._frames.stop()
            self._frames = None

    def action_step(self, by: int) -> None:
        """The next place that is drawn, or the one before."""
        self.stop()
        self._move(self.index + by)

    def action_leap(self, sign: int) -> None:
        """A tenth of the places at once."""
        if self.course is not None:
            self.action_step(sign * max(1, round(LEAP * len(self.course.places))))

    def action_step_term(self, by: int) -> None:
        """One term more or less, whether drawn or not."""
        if self.course is not None:
            self.go_to(self.place + by)

    def action_go_to_first(self) -> None:
        """After the first term."""
        self.action_step(-self.index)

    def action_go_to_last(self) -> None:
        """After all terms."""
        if self.course is not None:
            self.action_step(len(self.course.places))

    def go_to(self, place: int) -> None:
        """After any number of terms; asks with `Sought` for sums that are not there."""
        if self.course is None:
            return
        self.stop()
        place = max(1, min(place, self.course.n))
        index = self.course.index_at(place)
        if self.course.places[index] == place:
            self._move(index)
        else:
            self.post_message(self.Sought(place))
