"""A heat map to walk through: a cell has the focus, and is told in words below."""

from collections.abc import Collection
from functools import cached_property
from typing import ClassVar

from rich.markup import escape
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from precisionlab.analysis.figures import Heatmap
from precisionlab.reports.figure_tables import table_of
from precisionlab.reports.names import shortened
from precisionlab.reports.shading import extremes
from precisionlab.tui.copying import Copied
from precisionlab.tui.exporting import Exhibit
from precisionlab.tui.heatmap_grid import Grid, grid_of

LEVELS = 16
"""Colours from the best to the worst."""
Place = tuple[int, int]
"""A row and a column."""


class HeatmapView(ScrollView, can_focus=True, inherit_bindings=False):
    """Says with `Moved` where the cursor goes, and with `Entered` which cell is chosen."""

    BINDING_GROUP_TITLE = "Heat map"
    HELP = """
    A row and a column cross in each cell; the darker or stronger its colour, the worse it is.
    The line below tells the cell under the cursor.
    """
    BINDINGS = [
        Binding("enter", "enter", "Open", id="heatmap.open"),
        Binding("left,h", "step(0,-1)", "Left", show=False, id="heatmap.left"),
        Binding("right,l", "step(0,1)", "Right", show=False, id="heatmap.right"),
        Binding("up,k", "step(-1,0)", "Up", show=False, id="heatmap.up"),
        Binding("down,j", "step(1,0)", "Down", show=False, id="heatmap.down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="heatmap.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="heatmap.page_down"),
        Binding("home,circumflex_accent", "to_column(0)", "First column", show=False, id="heatmap.first_column"),
        Binding("end,dollar_sign", "to_column(-1)", "Last column", show=False, id="heatmap.last_column"),
        Binding("ctrl+home,g", "to_row(0)", "First row", show=False, id="heatmap.first_row"),
        Binding("ctrl+end,G", "to_row(-1)", "Last row", show=False, id="heatmap.last_row"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heatmap--best",
        "heatmap--worst",
        "heatmap--name",
        "heatmap--here",
        "heatmap--header",
        "heatmap--cursor",
        "heatmap--told",
    }
    DEFAULT_CSS = """
    HeatmapView {
        height: auto; max-height: 30; margin: 0 0 1 0; background: $background; scrollbar-size: 1 1; scrollbar-gutter: stable;
        border: round $primary-muted; border-title-color: $text-muted; border-subtitle-color: $text-muted;
        &:focus { border: round $accent; border-title-color: $text; background-tint: $background 0%; }
        & > .heatmap--best { background: $background; color: $text; }
        & > .heatmap--worst { background: $error; color: $text; }
        & > .heatmap--name { color: $text-muted; }
        & > .heatmap--here { color: $text; text-style: bold; }
        & > .heatmap--header { color: $text-muted; }
        & > .heatmap--told { color: $text; background: $boost; }
        & > .heatmap--cursor {
            background: $block-cursor-blurred-background; color: $block-cursor-blurred-foreground; text-style: bold underline;
        }
        &:focus > .heatmap--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
    }
    """

    class Moved(Message):
        """The cursor is on this row and column now."""

        def __init__(self, row: int, column: int) -> None:
            super().__init__()
            self.row, self.column = row, column

    class Entered(Message):
        """This cell was chosen."""

        def __init__(self, row_name: str, column_name: str) -> None:
            super().__init__()
            self.row_name, self.column_name = row_name, column_name

    cursor: reactive[Place] = reactive((0, 0), init=False)

    def __init__(self, figure: Heatmap, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._marks: frozenset[Place] = frozenset()
        self._width = 0
        self.grid: Grid = grid_of(figure, 0)

    @property
    def figure(self) -> Heatmap:
        """What is shown."""
        return self.grid.figure

    def exhibit(self) -> Exhibit:
        """The figure and its numbers."""
        return Exhibit(self.figure, table_of(self.figure))

    def copied(self) -> Copied | None:
        """The cell under the cursor."""
        grid = self.grid
        return Copied("the cell", grid.told(*self.cursor)) if grid.n_rows and grid.n_columns else None

    def show(self, figure: Heatmap) -> None:
        """Show another heat map, from its first cell on."""
        self._label(figure)
        self._marks = frozenset()
        self._lay_out(figure)
        self.set_reactive(HeatmapView.cursor, (0, 0))
        self.scroll_to(0, 0, animate=False)
        self.refresh_bindings()

    def mark(self, places: Collection[Place]) -> None:
        """Mark these cells, and no others."""
        self._marks = frozenset(places)
        self.refresh()

    def move_to(self, row: int, column: int) -> None:
        """Put the cursor on a cell, or on the nearest that there is."""
        grid = self.grid
        self.cursor = (max(0, min(row, grid.n_rows - 1)), max(0, min(column, grid.n_columns - 1)))

    def on_mount(self) -> None:
        """Say what it is."""
        self._label(self.figure)

    def on_resize(self, event: Resize) -> None:
        """Lay it out for the new width."""
        del event
        self._lay_out(self.figure)
        self._keep_in_sight()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All rows, what stands over them, and the line below."""
        del container, viewport
        grid = grid_of(self.figure, width) if width != self._width else self.grid
        return grid.header_height + grid.n_rows + 1

    def watch_cursor(self) -> None:
        """Show the cursor, and tell where it is."""
        self._keep_in_sight()
        self.refresh()
        self.post_message(self.Moved(*self.cursor))

    def render_line(self, y: int) -> Strip:
        """A line of the part that is seen: over the rows, one of these, or the one that tells the cell."""
        grid, width = self.grid, self.scrollable_content_region.width
        if not grid.n_rows or not grid.n_columns:
            return Strip([Segment(" nothing to draw: no cells" if y == 0 else "")])
        if y == self._height - 1:
            text = f" {grid.told(*self.cursor)}"
            return Strip([Segment(shortened(text, width).ljust(width), self._style("told"))])
        row = self.scroll_offset.y + y - grid.header_height
        if y < grid.header_height:
            parts = [Segment(text, self._style("header")) for text in grid.header_line(y, self.cursor[1])]
            return self._line(Segment(grid.label(y), self._style("header")), parts, width)
        if row >= grid.n_rows:
            return Strip.blank(width, self.rich_style)
        is_here = row == self.cursor[0]
        name = Segment(grid.name(row, is_here=is_here), self._style("here" if is_here else "name"))
        return self._line(name, [self._cell(row, column) for column in range(grid.n_columns)], width)

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse points; two clicks choose the cell."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = self.scroll_offset.y + offset.y - self.grid.header_height
        column = self.grid.column_at(self.scroll_offset.x + offset.x - self.grid.name_width)
        is_row = self.grid.header_height <= offset.y < self._height - 1 and row < self.grid.n_rows
        if is_row and offset.x < self.grid.name_width:
            column = self.cursor[1]
        if is_row and column is not None:
            self.move_to(row, column)
            if event.chain == 2:
                self.action_enter()

    def action_step(self, rows: int, columns: int) -> None:
        """To a neighbour."""
        self.move_to(self.cursor[0] + rows, self.cursor[1] + columns)

    def action_page(self, pages: int) -> None:
        """As many rows further as are seen."""
        self.action_step(pages * max(1, self._n_rows_seen), 0)

    def action_to_column(self, column: int) -> None:
        """To the first or the last column."""
        self.move_to(self.cursor[0], column % max(1, self.grid.n_columns))

    def action_to_row(self, row: int) -> None:
        """To the first or the last row."""
        self.move_to(row % max(1, self.grid.n_rows), self.cursor[1])

    def action_enter(self) -> None:
        """Choose the cell."""
        figure, (row, column) = self.figure, self.cursor
        self.post_message(self.Entered(figure.rows[row], figure.columns[column]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a cell there is none to choose."""
        del parameters
        return action != "enter" or bool(self.grid.n_rows and self.grid.n_columns)

    def notify_style_update(self) -> None:
        """Other colours are wanted."""
        super().notify_style_update()
        self.__dict__.pop("_shades", None)

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    @property
    def _n_rows_seen(self) -> int:
        return self._height - self.grid.header_height - 1

    def _label(self, figure: Heatmap) -> None:
        self.border_title, self.border_subtitle = escape(figure.title), escape(extremes(figure))

    def _lay_out(self, figure: Heatmap) -> None:
        self._width = self.scrollable_content_region.width
        self.grid = grid_of(figure, self._width)
        self.virtual_size = Size(self.grid.width, self.grid.header_height + self.grid.n_rows + 1)
        self.__dict__.pop("_shades", None)
        self.refresh(layout=True)

    def _keep_in_sight(self) -> None:
        grid, (row, column) = self.grid, self.cursor
        if not grid.n_columns:
            return
        width = self.scrollable_content_region.width - grid.name_width
        seen = Region(self.scroll_offset.x, self.scroll_offset.y, max(1, width), max(1, self._n_rows_seen))
        cell = Region(grid.starts[column], row, grid.starts[column + 1] - grid.starts[column], 1)
        self.scroll_to(*(seen.offset + Region.get_scroll_to_visible(seen, cell)), animate=False)

    def _line(self, name: Segment, parts: list[Segment], width: int) -> Strip:
        """The name, which stays, and what is in sight of the rest."""
        start, room = self.scroll_offset.x, max(0, width - len(name.text))
        return Strip([name, *Strip(parts).crop_extend(start, start + room, self.rich_style)])

    def _cell(self, row: int, column: int) -> Segment:
        text = self.grid.cell(row, column, is_marked=(row, column) in self._marks)
        if (row, column) == self.cursor:
            return Segment(text, self._style("cursor"))
        badness = self.grid.shading.badness(self.grid.value(row, column))
        return Segment(text, self._style("name") if badness is None else self._shades[round(badness * (LEVELS - 1))])

    @cached_property
    def _shades(self) -> list[Style]:
        """From the colour of the best to that of the worst, each with a colour of text that is seen on it."""
        best, worst = (self.get_component_styles(f"heatmap--{end}").background for end in ("best", "worst"))
        if not self.grid.has_numbers:  # the characters are the shades
            return [Style.from_color(worst.rich_color, best.rich_color)] * LEVELS
        colours = [best.blend(worst, level / (LEVELS - 1)) for level in range(LEVELS)]
        return [Style.from_color(colour.get_contrast_text(1.0).rich_color, colour.rich_color) for colour in colours]

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"heatmap--{part}")
