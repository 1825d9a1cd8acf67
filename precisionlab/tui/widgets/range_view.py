"""Where a number lies in the range of each format."""

from collections.abc import Sequence

from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from precisionlab.formats import ElementFormat
from precisionlab.formats.specials import Number
from precisionlab.tui.range_lines import FAINT, INSIDE, OUTSIDE, range_lines


class RangeView(Widget):
    """A line for each format over a logarithmic axis."""

    DEFAULT_CSS = """
    RangeView {
        height: auto; padding: 0 1;
        border: round $primary-muted; border-title-color: $text-muted; border-subtitle-color: $text-muted;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "where it lies in the range of each format"
        self.border_subtitle = f"{FAINT} subnormal  {INSIDE} within  {OUTSIDE} beyond"
        self._number: Number | None = None
        self._formats: tuple[ElementFormat, ...] = ()

    def show(self, number: Number, formats: Sequence[ElementFormat]) -> None:
        """Show another number, or other formats."""
        has_changed = len(formats) != len(self._formats)
        self._number, self._formats = number, tuple(formats)
        self.refresh(layout=has_changed)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line a format, and the axis."""
        del container, viewport, width
        return len(self._formats) + 1

    def render(self) -> Text:
        """The lines behind the formats' names."""
        if self._number is None:
            return Text()
        names = [*(one.name for one in self._formats), ""]
        room = max(map(len, names)) + 2
        lines = range_lines(self._number, self._formats, self.content_size.width - room)
        text = Text("\n", no_wrap=True).join(
            Text(f"{name:<{room}}{line}") for name, line in zip(names, lines, strict=True)
        )
        text.highlight_regex(f"[{INSIDE}{OUTSIDE}]", "bold")
        return text
