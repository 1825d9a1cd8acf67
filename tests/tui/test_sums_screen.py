"""The screen of sums as one uses it: choices, keys, the mouse, growing sums, what cannot be added."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Footer, Input, Select, SelectionList, Static
from textual.widgets._footer import FooterKey

from precisionlab.checkpoints import TensorInfo, open_checkpoint
from precisionlab.checkpoints.model import ByteRange
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens import sums as sums_module
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.method_choice import MethodChoice
from precisionlab.tui.screens.start import StartScreen
from precisionlab.tui.screens.sums import SumsScreen
from precisionlab.tui.sum_courses import Course, Question
from precisionlab.tui.sum_figures import Measure
from precisionlab.tui.sum_sources import Order
from precisionlab.tui.widgets.sum_chart import SumChart
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.tui.conftest import until

SAMPLES = Path(__file__).parents[2] / "samples"


def tensor_named(name: str, sample: str = "sick.safetensors") -> TensorInfo:
    """A tensor of a sample."""
    with open_checkpoint(str(SAMPLES / sample)) as checkpoint:
        return next(tensor for tensor in checkpoint.tensors if tensor.name == name)


@asynccontextmanager
async def sums(
    tensor: TensorInfo | None = None, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[Pilot[None], SumsScreen]]:
    """The app with the sums over its start, once they are there."""
    app = PrecisionlabApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = SumsScreen(tensor)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.query(SumChart) and screen.chart._words != "adding up …")
        await until(pilot, lambda: screen.focused is screen.chart)
        await until(pilot, lambda: screen.chart.course is None or said(screen, "#verdict"))
        yield pilot, screen


def used(flow: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run one flow."""
    asyncio.run(flow())


def course(screen: SumsScreen) -> Course:
    """What is seen."""
    assert screen.chart.course is not None
    return screen.chart.course


def is_answered(screen: SumsScreen) -> bool:
    """Whether what is seen is what was asked for last."""
    return screen.chart.course is not None and course(screen).question is screen.question


async def answered(pilot: Pilot[None], screen: SumsScreen, condition: Callable[[Question], object]) -> None:
    """Wait for the answer to such a question."""
    await until(pilot, lambda: is_answered(screen) and condition(course(screen).question))


def said(screen: SumsScreen, selector: str) -> str:
    """What a line of text says."""
    return str(screen.query_one(selector, Static).content)


def table(screen: SumsScreen) -> list[list[str]]:
    """The cells of the table."""
    drawn = screen.query_one("#table", Static).content
    columns = [[str(cell) for cell in column.cells] for column in drawn.columns]  # type: ignore[union-attr] # rich's Table
    return [list(row) for row in zip(*columns, strict=True)]


def rows_seen(screen: SumsScreen) -> list[str]:
    """The characters on the screen, line by line."""
    strips = screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def test_it_opens_on_a_million_tenths() -> None:
    """Without a checkpoint: the naive float32 sum, Kahan's beside it, and which is right."""

    async def flow() -> None:
        async with sums() as (_, screen):
            cells = {row[0].split()[1]: row for row in table(screen)}
            assert cells["recursive"][1] == "100958.344"
            assert cells["kahan"][1] == "100000"
            assert "exact sum 100000.00149" in said(screen, "#facts")
            assert said(screen, "#verdict").startswith("pairwise is the cheapest")
            assert screen.query_one("#place", Input).value == "1,000,000"

    used(flow)


def test_the_cursor_goes_through_the_terms() -> None:
    """Arrows, vim's letters, home, end and pages; with shift one term, drawn or not; g goes to any number."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            await pilot.press("home")
            assert screen.chart.place == 1
            await pilot.press("right", "l", "l", "h")
            assert screen.chart.place == course(screen).places[2]
            await pilot.press("end", "left")
            assert screen.chart.place == course(screen).places[-2]
            await pilot.press("pageup", "pagedown")
            assert screen.chart.place == course(screen).places[-2]
            await pilot.press("g", *"123457", "enter")
            await answered(pilot, screen, lambda question: question.place == 123_457)
            await until(pilot, lambda: screen.chart.place == 123_457)
            assert isinstance(screen.focused, SumChart)
            assert "of 1,000,000 is 0.1; sum exactly 12345.70018" in said(screen, "#reading")
            await pilot.press("shift+right")
            await until(pilot, lambda: screen.chart.place == 123_458)
            await pilot.press("H")
            await until(pilot, lambda: screen.chart.place == 123_457)
            await pilot.press("g", *"1000001", "enter")
            await until(pilot, lambda: screen.query_one("#place", Input).value == "123,457")
            assert any("1 to 1,000,000" in one.message for one in pilot.app._notifications)

    used(flow)


def test_sums_grow_while_they_play() -> None:
    """Space starts from the first term and stops; nothing is drawn beyond the cursor meanwhile; at the end it is over."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            chart = screen.chart
            whole = chart.render().plain
            await pilot.press("space")
            assert chart.border_subtitle == "growing …"
            await until(pilot, lambda: chart.place > 10)
            assert len(chart.render().plain) < len(whole)
            assert said(screen, "#reading").startswith("of 1,000,000")
            await pilot.press("space")
            assert chart.border_subtitle == "terms added"
            assert chart.place < 1_000_000
            where = chart.place
            await pilot.press("space")
            assert chart.place >= where
            chart.index = len(course(screen).places) - 4
            await until(pilot, lambda: not chart.is_playing)
            assert chart.place == 1_000_000
            assert chart.render().plain == whole

    used(flow)


def test_another_format_while_it_plays_goes_on_playing() -> None:
    """The new sums grow from the same number of terms on."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            await pilot.press("space")
            await until(pilot, lambda: screen.chart.place > 10)
            screen.query_one("#format", Select).value = "bfloat16"
            await answered(pilot, screen, lambda question: question.format.name == "bfloat16")
            assert screen.chart.is_playing
            assert 10 < screen.chart.place < 1_000_000

    used(flow)


def test_every_choice_is_followed_at_once() -> None:
    """Data, format, order, how errors are told, and the axis."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            screen.query_one("#data", Select).value = "ones"
            await answered(pilot, screen, lambda question: question.terms.count == 10_000)
            screen.query_one("#format", Select).value = "bfloat16"
            await answered(pilot, screen, lambda question: question.format.name == "bfloat16")
            await until(pilot, lambda: table(screen)[0][1] == "256")
            assert "9,744 terms leave the plain sum as it is" in said(screen, "#facts")
            screen.query_one("#order", Select).value = Order.REVERSED.name
            await answered(pilot, screen, lambda question: question.order is Order.REVERSED)
            await pilot.press("e")
            await until(pilot, lambda: screen.chart.measure is Measure.RELATIVE)
            assert screen.chart.border_title == "relative error of the running sum"
            await pilot.press("e")
            await until(pilot, lambda: screen.chart.border_title == "right digits of the running sum, of 2.4")
            before = screen.chart.render().plain
            await pilot.press("a")
            await until(pilot, lambda: not screen.chart.is_logarithmic)
            assert screen.chart.render().plain != before

    used(flow)


def test_keys_open_the_choices_and_focus_comes_back() -> None:
    """D, f and o open a list, a choice leads back to the chart, and so does escape."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            for key, name in (("d", "data"), ("f", "format"), ("o", "order")):
                await pilot.press(key)
                select = screen.query_one(f"#{name}", Select)
                assert select.expanded
                await pilot.press("down", "enter")
                await until(pilot, lambda: isinstance(screen.focused, SumChart))
                assert not select.expanded
            await answered(pilot, screen, lambda question: question.order is Order.REVERSED)
            assert course(screen).question.source.title == "1 again and again"
            assert course(screen).question.format.name == "bfloat16"
            await pilot.press("f", "escape", "escape")
            await until(pilot, lambda: isinstance(screen.focused, SumChart))
            assert screen.is_current

    used(flow)


def test_typed_numbers_count_while_they_are_typed() -> None:
    """What means nothing is told and changes nothing; what does is added up; letters stay text."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            screen.query_one("#data", Select).value = "conditioned"
            await answered(pilot, screen, lambda question: question.source.has_condition)
            problem = screen.query_one("#problem", Static)
            await pilot.press("n", *"2x")
            await until(pilot, lambda: problem.has_class("-shown"))
            assert "from 12 to 8,192" in str(problem.content)
            assert screen.question.terms.count == 1_000
            await pilot.press("backspace", *"00", "enter")
            await answered(pilot, screen, lambda question: question.terms.count == 200)
            assert not problem.has_class("-shown")
            assert isinstance(screen.focused, SumChart)
            await pilot.press("c", *"1e30", "enter")
            await answered(pilot, screen, lambda question: question.terms.condition == 1e30)
            await pilot.press("s", "7", "enter")
            await answered(pilot, screen, lambda question: question.terms.seed == 7)
            await pilot.press("r")
            await answered(pilot, screen, lambda question: question.terms.seed == 8)
            assert screen.query_one("#seed", Input).value == "8"

    used(flow)


def test_fields_are_there_where_they_mean_something() -> None:
    """The condition number of hard sums alone, the seed of all that is random; r shuffles what is not."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            assert not screen.query_one("#seed").display
            assert not screen.query_one("#condition").display
            await pilot.press("c", "s")
            assert isinstance(screen.focused, SumChart)
            await pilot.press("r")
            await answered(pilot, screen, lambda question: question.order is Order.SHUFFLED)
            assert screen.query_one("#seed").display
            first = screen.question.terms.seed
            await pilot.press("r")
            await answered(pilot, screen, lambda question: question.terms.seed == first + 1)
            assert not screen.query_one("#condition").display

    used(flow)


def test_methods_are_chosen_and_as_many_as_can_be_told_apart() -> None:
    """M or a click on the table opens the list; a seventh is refused; the table and the chart follow."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            await pilot.press("m")
            await until(pilot, lambda: isinstance(pilot.app.screen, MethodChoice))
            marks: SelectionList[str] = pilot.app.screen.query_one(SelectionList)
            await pilot.press("end", "space", "k", "space")
            await until(pilot, lambda: any("told apart" in one.message for one in pilot.app._notifications))
            assert set(marks.selected) == {"recursive", "pairwise", "kahan", "neumaier", "klein", "exact"}
            marks.deselect("klein")
            await pilot.press("escape")
            await answered(pilot, screen, lambda question: question.methods[-1].name == "exact")
            await until(pilot, lambda: table(screen)[-1][0].endswith("exact"))
            assert [row[0].split()[1] for row in table(screen)] == [
                "recursive",
                "pairwise",
                "kahan",
                "neumaier",
                "exact",
            ]
            await pilot.click("#table")
            await until(pilot, lambda: isinstance(pilot.app.screen, MethodChoice))
            pilot.app.screen.query_one(SelectionList).deselect_all()
            await pilot.press("m")
            await until(pilot, lambda: pilot.app.screen is screen)
            assert len(screen.question.methods) == 5

    used(flow)


def test_the_mouse_puts_the_cursor_where_it_clicks() -> None:
    """On the cell over about so many terms."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            chart = screen.chart
            drawn = chart._picture()
            assert drawn is not None
            column = drawn.column_of(1_000)
            await pilot.click(SumChart, offset=(column + chart.gutter.left, 5))
            await until(pilot, lambda: 900 < chart.place < 1_100)
            assert drawn.column_of(chart.place) == column

    used(flow)


def test_the_table_is_copied_at_the_cursor() -> None:
    """As text with tabs."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            await pilot.press("home", "y")
            lines = pilot.app.clipboard.split("\n")
            assert lines[0].split("\t")[0] == "method"
            assert lines[1].split("\t")[:3] == ["recursive", "0.100000001", "0"]
            assert lines[-1].split("\t") == ["exactly", "0.10000000149"]
            assert screen.is_current

    used(flow)


def test_the_elements_of_a_tensor_are_added_in_its_own_format() -> None:
    """As the file has them; an integer tensor in float32."""
    tensor = tensor_named("layers.2.mlp.weight")
    stored = np.fromfile(tensor.location.path, np.float32, tensor.n_elements, offset=tensor.location.offset)

    async def flow() -> None:
        async with sums(tensor) as (_, screen):
            assert course(screen).question.format.name == "float32"
            naive = np.float32(0)
            for number in stored:
                naive = np.float32(naive + number)
            assert course(screen).outcomes_at(-1)[0].total == float(naive)
            assert said(screen, "#facts").startswith("1,536 terms in float32")
        async with sums(tensor_named("integer.int8.weight")) as (_, screen):
            assert course(screen).question.format.name == "float32"

    used(flow)


def test_a_large_tensor_says_how_much_of_it_is_added(tmp_path: Path) -> None:
    """The first 1,048,576 elements, of which more can be typed."""
    path = tmp_path / "large.npy"
    np.save(path, np.full(3_000_000, 0.25, np.float16))
    with open_checkpoint(str(path)) as checkpoint:
        tensor = checkpoint.tensors[0]

    async def flow() -> None:
        async with sums(tensor) as (pilot, screen):
            assert said(screen, "#facts").startswith("the first 1,048,576 of 3,000,000 in float16")
            assert table(screen)[0][1] == "512"
            await pilot.press("n", *"3e6", "enter")
            await answered(pilot, screen, lambda question: question.terms.count == 3_000_000)
            assert course(screen).exact[-1] == 750_000

    used(flow)


@pytest.mark.parametrize(
    ("name", "words"),
    [("empty.weight", "no elements"), ("nan.single.weight", "term 257 is nan"), ("all_zero.weight", "all are 0")],
)
def test_what_has_no_sum_has_words(name: str, words: str) -> None:
    """Nothing to add, what is not finite, and zeros alone; every key still works."""

    async def flow() -> None:
        async with sums(tensor_named(name)) as (pilot, screen):
            await pilot.pause()
            assert words in "\n".join(rows_seen(screen))
            await pilot.press("space", "left", "right", "home", "end", "pageup", "shift+left", "g", "escape", "y", "e")
            screen.query_one("#data", Select).value = "huge"
            await answered(pilot, screen, lambda question: question.source.title == "1, huge, 1, -huge")
            assert screen.query_one("#at").display

    used(flow)


def test_a_course_without_any_finite_sum_says_so(tmp_path: Path) -> None:
    """In the chart's place."""
    path = tmp_path / "nan.npy"
    np.save(path, np.full(5, np.nan, np.float32))
    with open_checkpoint(str(path)) as checkpoint:
        tensor = checkpoint.tensors[0]

    async def flow() -> None:
        async with sums(tensor) as (pilot, screen):
            await pilot.pause()
            assert "no partial sum is finite" in "\n".join(rows_seen(screen))
            await pilot.click(SumChart)
            assert screen.is_current

    used(flow)


def test_what_cannot_be_read_costs_a_message_only(tmp_path: Path) -> None:
    """A file that is gone, and complex numbers; other data can be chosen."""
    np.save(tmp_path / "complex.npy", np.ones(3, np.complex64))
    with open_checkpoint(str(tmp_path / "complex.npy")) as checkpoint:
        pairs = checkpoint.tensors[0]
    gone = TensorInfo("[b]gone", "float32", (2,), ByteRange("/nowhere/gone", 0, 8))

    async def flow() -> None:
        for tensor, words in ((gone, "does not exist"), (pairs, "only real numbers")):
            async with sums(tensor) as (pilot, screen):
                await pilot.pause()
                assert words in "\n".join(rows_seen(screen))
                assert not screen.query_one("#at").display
                screen.query_one("#data", Select).value = "ones"
                await answered(pilot, screen, lambda question: question.terms.count == 10_000)

    used(flow)


def test_a_bug_leaves_the_app_standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is told in the chart's place."""

    def broken(asked: Question, is_wanted: Callable[[], bool]) -> Course:
        del asked, is_wanted
        raise RuntimeError("the sky is falling")

    monkeypatch.setattr(sums_module, "course_of", broken)

    async def flow() -> None:
        async with sums() as (pilot, screen):
            await pilot.pause()
            assert "RuntimeError: the sky is falling" in "\n".join(rows_seen(screen))

    used(flow)


def test_what_nobody_waits_for_is_dropped() -> None:
    """An answer that comes late does not replace a newer one."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            late = course(screen)
            screen.query_one("#data", Select).value = "huge"
            await answered(pilot, screen, lambda question: question.terms.count == 4)
            screen.post_message(SumsScreen.Answered(late))
            screen.post_message(SumsScreen.Failed(late.question, "too late"))
            await pilot.pause()
            assert course(screen).n == 4

    used(flow)


def test_many_choices_at_once_end_in_the_last() -> None:
    """Each is asked, the last is answered."""

    async def flow() -> None:
        async with sums() as (pilot, screen):
            for name in ("bfloat16", "float16", "float64", "float8_e5m2", "float32", "tfloat32"):
                screen.query_one("#format", Select).value = name
                await pilot.pause()
            await answered(pilot, screen, lambda question: question.format.name == "tfloat32")

    used(flow)


@pytest.mark.parametrize("size", [(80, 24), (240, 80)])
def test_all_of_it_is_seen_in_every_size(size: tuple[int, int]) -> None:
    """The chart, a line for each of six methods, the verdict and the keys; every choice is within the screen."""

    async def flow() -> None:
        async with sums(size=size) as (pilot, screen):
            screen.query_one("#data", Select).value = "conditioned"
            await answered(pilot, screen, lambda question: question.source.has_condition)
            await pilot.press("m")
            await until(pilot, lambda: isinstance(pilot.app.screen, MethodChoice))
            pilot.app.screen.query_one(SelectionList).select("exact")
            await pilot.press("escape")
            await answered(pilot, screen, lambda question: len(question.methods) == 6)
            await pilot.pause()
            for part in (
                "#data",
                "#count",
                "#format",
                "#order",
                "#condition",
                "#seed",
                "#measure",
                "#axis",
                "#verdict",
            ):
                region = screen.query_one(part).region
                assert region.area
                assert screen.region.contains_region(region), part
            assert screen.chart.content_size.height >= 6
            assert not screen.chart.region.overlaps(screen.query_one("#at").region)
            for name in ("#order", "#measure", "#axis", "#format"):
                select = screen.query_one(name, Select)
                shown = select.query_one("#label", Static)
                assert all(len(str(label)) <= shown.size.width for label, value in select._options if value in FIRST)
            keys = [key for key in screen.query_one(Footer).query(FooterKey) if key.region.area]
            assert len(keys) <= 7

    used(flow)


FIRST = {*(one.name for one in Order), *(one.name for one in Measure), "log", "lin", "float32", "float8_e4m3fn"}
"""Choices that are to be read whole."""


def test_resizing_draws_anew() -> None:
    """In the width that there is then."""

    async def flow() -> None:
        async with sums(size=(140, 45)) as (pilot, screen):
            await pilot.resize_terminal(90, 30)
            chart = screen.chart
            await until(pilot, lambda: max(map(len, chart.render().plain.split("\n"))) <= chart.content_size.width < 90)
            assert len(chart.render().plain.split("\n")) == chart.content_size.height

    used(flow)


def test_u_leads_there_from_the_start_and_the_lab() -> None:
    """With the chosen tensor; escape leads back."""

    async def flow() -> None:
        app = PrecisionlabApp()
        async with app.run_test(size=(140, 45)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, StartScreen))
            await pilot.press("u")
            await until(pilot, lambda: isinstance(app.screen, SumsScreen) and app.screen.chart.course)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, StartScreen))
        app = PrecisionlabApp(str(SAMPLES / "sick.safetensors"))
        async with app.run_test(size=(140, 45)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LabScreen))
            lab = app.screen
            assert isinstance(lab, LabScreen)
            await until(
                pilot, lambda: lab.query(TensorTree) and "healthy.weight" in lab.query_one(TensorTree).outline.places
            )
            lab.query_one(TensorTree).lead_to("healthy.weight")
            await until(pilot, lambda: lab._chosen and lab._chosen.name == "healthy.weight")
            await pilot.press("u")
            await until(pilot, lambda: isinstance(app.screen, SumsScreen) and app.screen.chart.course)
            assert isinstance(app.screen, SumsScreen)
            assert app.screen.question.source.title == "healthy.weight"
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is lab)

    used(flow)
