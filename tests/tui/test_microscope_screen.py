"""The bit microscope as one uses it: keys, clicks, typing, and going through a tensor."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Footer, Input, Select, SelectionList, Static
from textual.widgets._footer import FooterKey

from precisionlab.checkpoints import TensorInfo, open_checkpoint
from precisionlab.checkpoints.model import ByteRange
from precisionlab.formats import formats
from precisionlab.formats.specials import Special
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.format_choice import FormatChoice
from precisionlab.tui.screens.microscope import MicroscopeScreen
from precisionlab.tui.screens.seek_menu import SeekMenu
from precisionlab.tui.widgets.bit_cells import BitCells
from precisionlab.tui.widgets.format_table import FormatTable
from tests.tui.conftest import until

SAMPLES = Path(__file__).parents[2] / "samples"


def tensor_named(sample: str, name: str) -> TensorInfo:
    """A tensor of a sample."""
    with open_checkpoint(str(SAMPLES / sample)) as checkpoint:
        return next(tensor for tensor in checkpoint.tensors if tensor.name == name)


@asynccontextmanager
async def microscope(
    tensor: TensorInfo | None = None, index: tuple[int, ...] = (), size: tuple[int, int] = (140, 45)
) -> AsyncIterator[tuple[Pilot[None], MicroscopeScreen]]:
    """The app with the microscope over its start, once it shows the element."""
    app = PrecisionlabApp()
    async with app.run_test(size=size) as pilot:
        screen = MicroscopeScreen(tensor, index)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.query(BitCells) and isinstance(screen.focused, BitCells))
        if tensor is not None and tensor.n_elements:
            await until(pilot, lambda: screen.history.present.place is not None)
        await pilot.pause()
        yield pilot, screen


def used(flow: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run one flow."""
    asyncio.run(flow())


async def enter(pilot: Pilot[None], text: str) -> None:
    """Put a text into the focused input, and take it."""
    entry = pilot.app.focused
    assert isinstance(entry, Input)
    entry.value = text
    await pilot.press("enter")


def shown(screen: MicroscopeScreen, selector: str) -> str:
    """What a line of text says."""
    return str(screen.query_one(selector, Static).content)


def index_in(screen: MicroscopeScreen) -> tuple[int, ...]:
    """Which element is seen."""
    place = screen.history.present.place
    assert place is not None
    return place.index


def is_at(screen: MicroscopeScreen, index: tuple[np.intp, ...]) -> bool:
    """Whether this element is seen."""
    return index_in(screen) == tuple(map(int, index))


def rows(screen: MicroscopeScreen) -> list[list[str]]:
    """The table of other formats."""
    table = screen.query_one(FormatTable)
    return [[str(cell) for cell in table.get_row_at(i)] for i in range(table.row_count)]


def test_without_a_checkpoint_it_shows_a_tenth() -> None:
    """Nothing needs to be open: the first number is 0.1 in float32, with what it is in other formats."""

    async def flow() -> None:
        async with microscope() as (_, screen):
            assert screen.specimen.pattern == int(np.float32(0.1).view(np.uint32))
            assert screen.query_one(BitCells).border_title == "float32  0x3dcccccd"
            assert rows(screen)[1] == ["bfloat16", "0x3dcd", "0.100097656", "+0.2", "+0.00098", "rounded"]
            assert not screen.query("ElementBar")

    used(flow)


def test_keys_move_flip_write_and_step() -> None:
    """Arrows and vim's letters move, space flips, digits write, up and down and + and - step by an ulp."""

    async def flow() -> None:
        async with microscope() as (pilot, screen):
            await pilot.press("right", "l", "h", "space")
            assert screen.specimen.cursor == 30
            assert screen.specimen.pattern == 0x3DCCCCCD ^ 1 << 30
            await pilot.press("home", "1")
            assert screen.specimen.pattern == (0x3DCCCCCD ^ 1 << 30) | 1 << 31
            assert screen.specimen.cursor == 30
            await pilot.press("end", "0")
            assert screen.specimen.pattern & 1 == 0
            before = screen.specimen.pattern
            await pilot.press("up", "plus", "k", "j", "minus")
            assert screen.specimen.pattern == before - 1  # of a negative number, up by one

    used(flow)


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
def test_a_click_flips_the_bit_under_the_mouse(size: tuple[int, int]) -> None:
    """Clicking each of some cells flips that bit and puts the cursor there; beside the cells nothing happens."""

    async def flow() -> None:
        async with microscope(size=size) as (pilot, screen):
            bits = screen.query_one(BitCells)
            board = bits.board
            for cell in board.rows[0].cells[::9]:
                before = screen.specimen.pattern
                await pilot.click(BitCells, offset=(bits.gutter.left + cell.x, bits.gutter.top + 1))
                assert screen.specimen.pattern == before ^ 1 << cell.bit
                assert screen.specimen.cursor == cell.bit
            before = screen.specimen.pattern
            await pilot.click(BitCells, offset=(bits.gutter.left + board.cell_width, bits.gutter.top + 1))
            assert screen.specimen.pattern == before

    used(flow)


def test_typing_shows_what_it_means_before_it_is_taken() -> None:
    """The line under the input tells the pattern or the mistake; enter takes it and goes back to the bits."""

    async def flow() -> None:
        async with microscope() as (pilot, screen):
            await pilot.press("i", "1", "slash")
            assert "number" in shown(screen, "#preview")
            assert screen.query_one("#preview").has_class("-wrong")
            await pilot.press("3")
            assert "0x3eaaaaab" in shown(screen, "#preview")
            await pilot.press("enter")
            assert isinstance(screen.focused, BitCells)
            assert screen.specimen.asked == Fraction(1, 3)
            assert not screen.query_one("#preview").has_class("-shown")
            await pilot.press("i")
            await enter(pilot, "float16 0x7bff")
            assert screen.specimen.value == 65504
            assert screen.query_one("#format", Select).value == "float16"
            await pilot.press("i")
            await enter(pilot, "e5m7 1")
            assert screen.query_one("#format", Select).value == "e5m7"

    used(flow)


def test_a_mistake_stays_to_be_mended() -> None:
    """Enter on a text without meaning leaves it there; escape goes back to the bits with nothing changed."""

    async def flow() -> None:
        async with microscope() as (pilot, screen):
            before = screen.specimen
            await pilot.press("i")
            await enter(pilot, "1/0")
            assert screen.query_one("#typed", Input).value == "1/0"
            await pilot.press("escape")
            assert isinstance(screen.focused, BitCells)
            assert screen.specimen == before

    used(flow)


def test_every_format_can_be_chosen() -> None:
    """The choice of formats holds the catalogue; the number is rounded to the chosen one, and NaN is refused."""

    async def flow() -> None:
        async with microscope() as (pilot, screen):
            select = screen.query_one("#format", Select)
            select.value = "float4_e2m1fn"
            await until(pilot, lambda: screen.specimen.format.name == "float4_e2m1fn")
            assert screen.specimen.pattern == 0
            await pilot.press("f")
            assert select.expanded
            await pilot.press("escape", "i")
            await enter(pilot, "float32 nan")
            select.value = "float4_e2m1fn"
            await until(pilot, lambda: select.value == "float32")
            assert screen.specimen.value is Special.NAN

    used(flow)


def test_a_line_of_the_table_is_entered() -> None:
    """Enter on a format of the table shows its bits of the same number."""

    async def flow() -> None:
        async with microscope() as (pilot, screen):
            screen.query_one(FormatTable).focus()
            await pilot.press("down", "j", "enter")
            await until(pilot, lambda: screen.specimen.format.name == "float16")
            assert screen.specimen.pattern == int(np.float16(0.1).view(np.uint16))

    used(flow)


def test_the_formats_beside_one_another_are_chosen() -> None:
    """Marked formats appear in the table, others leave it."""

    async def flow() -> None:
        async with microscope() as (pilot, screen):
            await pilot.press("o")
            await until(pilot, lambda: isinstance(pilot.app.screen, FormatChoice))
            choice = pilot.app.screen.query_one(SelectionList)
            choice.deselect_all()
            choice.select("nf4")
            choice.select("posit32")
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
            assert {row[0] for row in rows(screen)} == {"nf4", "posit32"}

    used(flow)


def test_changes_are_undone_and_copied() -> None:
    """U leads back, U forth; y copies all digits of the value, Y the pattern."""

    async def flow() -> None:
        async with microscope() as (pilot, screen):
            await pilot.press("space", "up", "u", "u")
            assert screen.specimen.pattern == 0x3DCCCCCD
            await pilot.press("U")
            assert screen.specimen.pattern == 0xBDCCCCCD
            await pilot.press("y")
            assert pilot.app.clipboard == "-0.100000001490116119384765625"
            await pilot.press("Y")
            assert pilot.app.clipboard == "0xbdcccccd"
            await pilot.press("i")
            await enter(pilot, "nan")
            await pilot.press("y")
            assert pilot.app.clipboard == "nan"

    used(flow)


def test_escape_leaves_it() -> None:
    """From the bits escape goes back to the screen before."""

    async def flow() -> None:
        async with microscope() as (pilot, screen):
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is not screen)

    used(flow)


def test_elements_are_read_one_after_the_other() -> None:
    """N and p lead through the tensor, an index is typed, and what is seen is what the file holds."""
    tensor = tensor_named("healthy.safetensors", "stem.conv.weight")
    stored = np.fromfile(tensor.location.path, np.uint16, tensor.n_elements, offset=tensor.location.offset)
    stored = stored.reshape(tensor.shape)

    async def flow() -> None:
        async with microscope(tensor, (0, 1, 2, 2)) as (pilot, screen):
            assert screen.specimen.pattern == stored[0, 1, 2, 2]
            await pilot.press("n")
            await until(pilot, lambda: index_in(screen) == (0, 2, 0, 0))
            assert screen.specimen.pattern == stored[0, 2, 0, 0]
            await pilot.press("p", "p")
            await until(pilot, lambda: index_in(screen) == (0, 1, 2, 1))
            assert screen.specimen.pattern == stored[0, 1, 2, 1]
            await pilot.press("g")
            await enter(pilot, "-1,3,0,2")
            await until(pilot, lambda: index_in(screen) == (31, 3, 0, 2))
            assert screen.specimen.pattern == stored[31, 3, 0, 2]
            assert isinstance(screen.focused, BitCells)
            assert screen.query_one("ElementBar Input", Input).value == "[31,3,0,2]"

    used(flow)


def test_parts_of_a_complex_element_follow_one_another(tmp_path: Path) -> None:
    """The imaginary part comes next after the real one, and its index says so."""
    path = tmp_path / "complex.npy"
    np.save(path, np.array([1 + 2j, 3 - 4j], np.complex64))
    with open_checkpoint(str(path)) as checkpoint:
        tensor = checkpoint.tensors[0]

    async def flow() -> None:
        async with microscope(tensor) as (pilot, screen):
            assert screen.specimen.value == 1
            await pilot.press("n")
            await until(pilot, lambda: screen.specimen.value == 2)
            assert screen.query_one("ElementBar Input", Input).value == "[0].imag"
            await pilot.press("g")
            await enter(pilot, "1.imag")
            await until(pilot, lambda: screen.specimen.value == -4)

    used(flow)


def test_no_step_is_lost_when_keys_come_fast() -> None:
    """Keys that come before an element is read count too."""
    tensor = tensor_named("healthy.safetensors", "stem.conv.weight")

    async def flow() -> None:
        async with microscope(tensor) as (pilot, screen):
            for _ in range(7):
                screen.action_step_element(1)
            await until(pilot, lambda: index_in(screen) == (0, 0, 2, 1))

    used(flow)


def test_an_edited_element_says_so_and_undo_leads_over_elements() -> None:
    """A changed bit is told from the file's; undo goes back to the stored bits, and then to the element before."""
    tensor = tensor_named("healthy.safetensors", "stem.conv.weight")

    async def flow() -> None:
        async with microscope(tensor) as (pilot, screen):
            first = screen.specimen.pattern
            await pilot.press("n")
            await until(pilot, lambda: index_in(screen) == (0, 0, 0, 1))
            await pilot.press("space")
            assert "changed" in shown(screen, "ElementBar .said")
            await pilot.press("u")
            assert "changed" not in shown(screen, "ElementBar .said")
            await pilot.press("u")
            assert index_in(screen) == (0, 0, 0, 0)
            assert screen.specimen.pattern == first

    used(flow)


@pytest.mark.parametrize(
    ("name", "key", "is_right"),
    [
        ("infinity.single.weight", "n", lambda value: isinstance(value, Special)),
        ("nan.single.weight", "n", lambda value: value is Special.NAN),
        ("underflow_to_half.single.weight", "z", lambda value: 0 < abs(value) < 1),
        ("overflow_to_half.single.weight", "l", lambda value: abs(value) > 65504),
    ],
)
def test_remarkable_elements_are_jumped_to(name: str, key: str, is_right: Callable[[object], bool]) -> None:
    """The menu leads to the largest, the smallest, and to NaN and infinity; a dot goes on."""
    tensor = tensor_named("sick.safetensors", name)

    async def flow() -> None:
        async with microscope(tensor) as (pilot, screen):
            await pilot.press("s")
            await until(pilot, lambda: isinstance(pilot.app.screen, SeekMenu))
            await pilot.press(key)
            await until(pilot, lambda: pilot.app.screen is screen and is_right(screen.specimen.value))
            await pilot.press("full_stop")
            await until(pilot, lambda: "looking" not in shown(screen, "ElementBar .said"))
            assert is_right(screen.specimen.value)

    used(flow)


def test_the_worst_rounded_elements_are_gone_through() -> None:
    """W leads to the element with the largest error in the format of the table's line, a dot to the next."""
    tensor = tensor_named("healthy.safetensors", "stem.conv.weight")
    values = np.fromfile(tensor.location.path, np.float16, tensor.n_elements, offset=tensor.location.offset)
    import ml_dtypes

    errors = np.abs(values.astype(np.float64) - values.astype(ml_dtypes.float8_e4m3fn).astype(np.float64))
    order = np.lexsort((np.arange(errors.size), -errors))

    async def flow() -> None:
        async with microscope(tensor) as (pilot, screen):
            assert screen.query_one(FormatTable).target == formats.element("float8_e4m3fn")
            await pilot.press("s", "w")
            for wanted in order[:3]:
                await until(pilot, partial(is_at, screen, np.unravel_index(wanted, tensor.shape)))
                await pilot.press("full_stop")

    used(flow)


def test_a_file_that_is_gone_costs_a_message_only() -> None:
    """An element that cannot be read leaves the microscope standing."""
    gone = TensorInfo("gone", "float32", (2, 2), ByteRange("/nowhere/gone.safetensors", 0, 16))

    async def flow() -> None:
        app = PrecisionlabApp()
        async with app.run_test(notifications=True) as pilot:
            screen = MicroscopeScreen(gone)
            await app.push_screen(screen)
            await until(pilot, lambda: any("does not exist" in one.message for one in app._notifications))
            await pilot.press("space")
            assert screen.specimen.pattern == 0xBDCCCCCD

    used(flow)


def test_tensors_without_elements_and_without_axes() -> None:
    """An empty tensor opens the microscope as if there were none, a scalar has the one element."""
    empty = TensorInfo("empty", "float32", (0, 4), ByteRange("/nowhere", 0, 0))

    async def flow() -> None:
        async with microscope(empty) as (pilot, screen):
            await pilot.press("s", "n", "full_stop")
            assert pilot.app.screen is screen
        async with microscope(tensor_named("sick.safetensors", "scalar.logit_scale")) as (_, screen):
            assert screen.query_one("ElementBar Input", Input).value == "[]"

    used(flow)


@pytest.mark.parametrize("size", [(40, 12), (240, 80)])
def test_every_width_of_pattern_shows_in_every_size(size: tuple[int, int]) -> None:
    """All bits are drawn, wrapped where they must, and the cursor reaches both ends."""

    async def flow() -> None:
        async with microscope(size=size) as (pilot, screen):
            for format_ in ("binary128", "ternary", "posit32", "e5m7"):
                await pilot.press("i")
                await enter(pilot, f"{format_} 1")
                assert screen.specimen.format.name == format_
                bits = screen.query_one(BitCells)
                drawn = bits.render().plain
                assert len(drawn.splitlines()) == bits.content_size.height
                assert max(map(len, drawn.splitlines())) <= bits.content_size.width
                await pilot.press("end", "space", "home", "space")
                assert screen.specimen.cursor == screen.specimen.format.bits - 1

    used(flow)


def test_the_footer_has_at_most_seven_keys() -> None:
    """Beside the bits the footer shows seven keys or fewer."""

    async def look() -> None:
        async with microscope() as (pilot, screen):
            footer = screen.query_one(Footer)
            await until(pilot, lambda: footer.query(FooterKey))
            assert len(footer.query(FooterKey)) <= 7

    asyncio.run(look())
