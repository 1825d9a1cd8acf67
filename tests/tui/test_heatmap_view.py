"""Walking through heat maps of any size."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from fractions import Fraction

import pytest
from rich.color import Color as RichColor
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot

from precisionlab.analysis.figures import Axis, Heatmap
from precisionlab.tui.heatmap_grid import Grid, grid_of, number_text
from precisionlab.tui.widgets.heatmap_view import HeatmapView
from tests.tui.conftest import until

FORMATS = ("int8_channel", "float8_e4m3fn:amax", "nf4_g64", "mxfp4")


def heatmap(n_rows: int, columns: tuple[str, ...] = FORMATS) -> Heatmap:
    """Each value tells its row and its column."""
    rows = tuple(f"layers.{i}.weight" for i in range(n_rows))
    values = tuple(tuple(i % 40 + j / 8 for j in range(len(columns))) for i in range(n_rows))
    return Heatmap("a map", Axis("format"), Axis("tensor"), columns, rows, values, "dB", low_is_bad=True)


class Viewing(App[None]):
    """A heat map alone."""

    CSS = "HeatmapView { height: 1fr; max-height: 100%; margin: 0; }"

    def __init__(self, figure: Heatmap) -> None:
        super().__init__()
        self.view = HeatmapView(figure)
        self.entered: list[tuple[str, str]] = []
        self.moved: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        """It."""
        yield self.view

    def on_heatmap_view_entered(self, event: HeatmapView.Entered) -> None:
        """Keep what was chosen."""
        self.entered.append((event.row_name, event.column_name))

    def on_heatmap_view_moved(self, event: HeatmapView.Moved) -> None:
        """Keep where the cursor was."""
        self.moved.append((event.row, event.column))


@asynccontextmanager
async def viewing(figure: Heatmap, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Pilot[None], Viewing]]:
    """The app, once the map is laid out."""
    app = Viewing(figure)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.view.grid.width > 2)
        await pilot.pause()
        yield pilot, app


def used(flow: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run one flow."""
    asyncio.run(flow())


def lines(view: HeatmapView) -> list[str]:
    """What is seen, line by line."""
    return [view.render_line(y).text for y in range(view.scrollable_content_region.height)]


def test_every_cell_shows_its_number_under_its_column() -> None:
    """Rounded to three digits; the whole name of the column is told for the cell under the cursor."""

    async def flow() -> None:
        async with viewing(heatmap(12)) as (pilot, app):
            grid, seen = app.view.grid, lines(app.view)
            assert grid.has_numbers
            for row in range(12):
                line = seen[grid.header_height + row]
                for column in range(4):
                    start = grid.name_width + grid.starts[column]
                    text = line[start : grid.name_width + grid.starts[column + 1]]
                    assert abs(Fraction(text.strip()) - Fraction(row % 40) - Fraction(column, 8)) <= Fraction(5, 100)
            await pilot.press("right", "down")
            await pilot.pause()
            assert lines(app.view)[-1].strip() == "float8_e4m3fn:amax: 1.125 dB   layers.1.weight"

    used(flow)


def test_keys_walk_and_stop_at_the_ends() -> None:
    """Arrows and vim's letters, the ends of rows and columns, pages; never outside."""

    async def flow() -> None:
        async with viewing(heatmap(100)) as (pilot, app):
            view = app.view
            for keys, place in [
                (["right", "l", "down", "j"], (2, 2)),
                (["left", "h", "up", "k"], (0, 0)),
                (["up", "left"], (0, 0)),
                (["end"], (0, 3)),
                (["right"], (0, 3)),
                (["G"], (99, 3)),
                (["down"], (99, 3)),
                (["home"], (99, 0)),
                (["g"], (0, 0)),
                (["ctrl+end", "dollar_sign"], (99, 3)),
                (["ctrl+home", "circumflex_accent"], (0, 0)),
            ]:
                await pilot.press(*keys)
                assert view.cursor == place
            await pilot.press("pagedown")
            page = view.cursor[0]
            assert page == view.scrollable_content_region.height - view.grid.header_height - 1
            await pilot.press("pagedown", "pageup")
            assert view.cursor[0] == page
            await until(pilot, lambda: app.moved and app.moved[-1] == (page, 0))

    used(flow)


@pytest.mark.parametrize("n_columns", [4, 60])
def test_the_cursor_is_always_in_sight(n_columns: int) -> None:
    """Wherever it goes in a map that is larger than the terminal, its row is seen, and its cell is there."""

    async def flow() -> None:
        columns = tuple(f"c{i}" for i in range(n_columns))
        async with viewing(heatmap(5_000, columns), (70, 20)) as (pilot, app):
            view = app.view
            for row, column in [(0, 0), (4_999, n_columns - 1), (2_500, 1), (2_501, n_columns // 2), (17, 0)]:
                view.move_to(row, column)
                await pilot.pause()
                seen = lines(view)
                assert sum(line.startswith("▸") for line in seen) == 1
                assert f"c{column}: " in seen[-1]
                start = view.grid.starts[column] - view.scroll_offset.x
                assert 0 <= start <= view.scrollable_content_region.width - view.grid.name_width - 2

    used(flow)


def test_only_what_is_seen_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20,000 rows a screenful, whatever is walked to."""
    drawn: set[int] = set()
    inner = Grid.name

    def counted(grid: Grid, row: int, *, is_here: bool) -> str:
        drawn.add(row)
        return inner(grid, row, is_here=is_here)

    monkeypatch.setattr(Grid, "name", counted)

    async def flow() -> None:
        async with viewing(heatmap(20_000)) as (pilot, app):
            await pilot.press("G")
            await until(pilot, lambda: 19_999 in drawn)
            assert app.view.cursor[0] == 19_999
            assert len(drawn) <= 2 * 30

    used(flow)


@pytest.mark.parametrize("size", [(100, 20), (42, 16)])
def test_the_mouse_points_at_cells(size: tuple[int, int]) -> None:
    """A click puts the cursor on the cell under it, as numbers or as shades, scrolled or not; two enter it."""

    async def flow() -> None:
        async with viewing(heatmap(300), size) as (pilot, app):
            view = app.view
            for top in (0, 120):
                view.move_to(top + 5, 0)
                await pilot.pause()
                first = view.scroll_offset.y
                for row, column in [(first + 1, 0), (first + 3, 3), (first + 2, 1)]:
                    y = row - first + view.grid.header_height
                    x = view.grid.name_width + view.grid.starts[column] + 1
                    await pilot.click(view, offset=Offset(x + 1, y + 1))
                    assert view.cursor == (row, column)
            row = view.cursor[0]
            await pilot.click(view, offset=Offset(3, row - view.scroll_offset.y + view.grid.header_height + 1))
            assert view.cursor == (row, 1)
            await pilot.click(view, offset=Offset(3, 1))
            assert view.cursor == (row, 1)
            assert app.entered == []
            x = view.grid.name_width + view.grid.starts[2] + 2
            await pilot.click(view, offset=Offset(x, row - view.scroll_offset.y + view.grid.header_height + 1), times=2)
            await until(pilot, lambda: app.entered == [(f"layers.{row}.weight", "nf4_g64")])

    used(flow)


def test_enter_tells_the_names_of_row_and_column() -> None:
    """As they are in the figure, however they are shown."""
    figure = Heatmap(
        "m", Axis("x"), Axis("y"), ("[b]c[/b]",), ("a\x1b[31m", "b"), ((1.0,), (2.0,)), "", low_is_bad=False
    )

    async def flow() -> None:
        async with viewing(figure) as (pilot, app):
            seen = "".join(lines(app.view))
            assert "\x1b" not in seen
            assert "[b]c[/b]" in seen
            await pilot.press("enter")
            await until(pilot, lambda: app.entered == [("a\x1b[31m", "[b]c[/b]")])
            assert app.view.copied() is not None

    used(flow)


def test_where_numbers_find_no_room_there_are_shades() -> None:
    """Four characters from the best quarter to the worst, and none for what is unknown; the cursor tells the number."""
    values = (*((float(v),) * 30 for v in (0, 24, 26, 49, 51, 74, 76, 100)), (math.nan,) * 30)
    names = tuple(f"row{i}" for i in range(9))
    columns = tuple(f"column{i}" for i in range(30))
    figure = Heatmap("m", Axis("x"), Axis("y"), columns, names, values, "dB", low_is_bad=False)

    async def flow() -> None:
        async with viewing(figure, (80, 20)) as (pilot, app):
            view = app.view
            assert not view.grid.has_numbers
            seen = lines(view)
            characters = [line[view.grid.name_width + 2] for line in seen[1:10]]
            assert "".join(characters) == "░░▒▒▓▓██\N{EN DASH}"
            await pilot.press("down", "right", "right")
            seen = lines(view)
            assert seen[0][view.grid.name_width + view.grid.starts[2] :].startswith("column2 ")
            assert seen[-1].strip() == "column2: 24 dB   row1"
            view.move_to(8, 29)
            assert lines(view)[-1].strip() == "column29: nothing known   row8"

    used(flow)


def test_marks_stand_in_their_cells_and_nowhere_else() -> None:
    """Those before are gone; another figure has none."""

    async def flow() -> None:
        async with viewing(heatmap(6)) as (_, app):
            view = app.view
            view.mark([(5, 0)])
            view.mark([(1, 2), (3, 0)])
            found = [
                (y - view.grid.header_height, view.grid.column_at(line.index("◆") - view.grid.name_width))
                for y, line in enumerate(lines(view))
                if "◆" in line
            ]
            assert found == [(1, 2), (3, 0)]
            view.show(heatmap(6))
            assert "◆" not in "".join(lines(view))

    used(flow)


def luminance(colour: RichColor | None) -> float:
    """Of WCAG 2, from 0 to 1."""
    assert colour is not None
    channels = (part / 255 for part in colour.get_truecolor())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(segment: Segment) -> float:
    """Of text and background, by WCAG 2: from 1 to 21."""
    assert segment.style is not None
    low, high = sorted((luminance(segment.style.color), luminance(segment.style.bgcolor)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "gruvbox", "solarized-light", "dracula"])
def test_numbers_can_be_read_in_dark_and_light_themes(theme: str) -> None:
    """Every shade has a contrast of at least 3 to the number on it, and the worst differs from the best."""

    async def flow() -> None:
        async with viewing(heatmap(40), (100, 50)) as (pilot, app):
            app.theme = theme
            await pilot.pause()
            view = app.view
            cells = [segment for y in range(5, 44) for segment in list(view.render_line(y))[1:] if segment.text.strip()]
            assert all(contrast(cell) >= 3 for cell in cells)
            shades = {cell.style.bgcolor for cell in cells if cell.style is not None}
            assert len(shades) > 10

    used(flow)


def test_the_line_and_the_map_follow_the_terminal() -> None:
    """Numbers become shades in a narrow terminal, and numbers again; the cursor stays where it is."""

    async def flow() -> None:
        async with viewing(heatmap(200)) as (pilot, app):
            view = app.view
            view.move_to(150, 2)
            await pilot.resize_terminal(38, 12)
            await until(pilot, lambda: not view.grid.has_numbers)
            await pilot.resize_terminal(120, 40)
            await until(pilot, lambda: view.grid.has_numbers)
            assert view.cursor == (150, 2)
            assert any(line.startswith("▸") for line in lines(view))

    used(flow)


@pytest.mark.parametrize(("n_rows", "columns"), [(0, FORMATS), (3, ()), (0, ())])
def test_a_map_without_cells_says_so(n_rows: int, columns: tuple[str, ...]) -> None:
    """And no key breaks it."""

    async def flow() -> None:
        async with viewing(heatmap(n_rows, columns)) as (pilot, app):
            await pilot.press("down", "right", "G", "end", "pagedown", "enter", "home")
            await pilot.click(app.view, offset=Offset(5, 5))
            assert "no cells" in lines(app.view)[0]
            assert app.entered == []

    used(flow)


def test_rows_that_are_short_have_holes() -> None:
    """A row with fewer values than columns knows nothing of the others."""
    figure = Heatmap("m", Axis("x"), Axis("y"), ("a", "b"), ("r", "s"), ((1.0,), (2.0, 3.0)), "", low_is_bad=False)
    grid = grid_of(figure, 60)
    assert math.isnan(grid.value(0, 1))
    assert grid.cell(0, 1, is_marked=False).strip() == "\N{EN DASH}"
    assert grid.value(1, 1) == 3.0


@pytest.mark.parametrize("value", [9.996, 99.96, 999.6, -9.996, 5.0, 12.34, 123456.0, 0.5, -0.123, 3e-7])
def test_plain_numbers_have_three_digits(value: float) -> None:
    """They are within half a unit of the third digit, and in four characters besides the sign from 1 to 9,999."""
    text = number_text(value, "dB")
    unit = Fraction(10) ** (math.floor(math.log10(abs(value))) - 2)
    assert abs(Fraction(text) - Fraction(value)) <= max(unit, Fraction(1, 10**12))
    if 1 <= abs(value) < 9_999:
        assert len(text.lstrip("-")) <= 4
