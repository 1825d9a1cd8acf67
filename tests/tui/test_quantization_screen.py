"""The quantization screen: what it says is what `precisionlab recipe` says, and how one uses it."""

import asyncio
import io
import math
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, redirect_stdout
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static

from precisionlab.analysis.figures import Scatter
from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.checkpoints import Checkpoint, open_checkpoint
from precisionlab.cli.main import main as command
from precisionlab.recipes.choosing import menu_of
from precisionlab.recipes.exports import plain_json
from precisionlab.recipes.keeping import KEPT
from precisionlab.recipes.losses import Offer, TargetLoss, TensorLosses
from precisionlab.recipes.offering import offered
from precisionlab.scanning.settings import Settings
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.quantization import Listener, Losses, NotWantedError, measure
from precisionlab.tui.screens.export import ExportScreen
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.quantization import Known, QuantizationScreen
from precisionlab.tui.widgets.chart_view import ChartView
from precisionlab.tui.widgets.heatmap_view import HeatmapView
from precisionlab.tui.widgets.recipe_panel import RecipePanel
from precisionlab.tui.widgets.row_list import RowList
from precisionlab.tui.widgets.slider import Slider
from tests.recipes.checkpoints import decoder, direct, drawn, saved
from tests.tui.conftest import until

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A small decoder."""
    return saved(tmp_path / "model.safetensors", decoder(1))


@pytest.fixture
def fisher(tmp_path: Path) -> str:
    """How much its errors cost."""
    weights = {
        name: drawn(*values.shape, seed=50 + i).square() * 10.0 ** (-i / 6)
        for i, (name, values) in enumerate(decoder(1).items())
    }
    return saved(tmp_path / "fisher.safetensors", weights)


def opened(path: str) -> Checkpoint:
    """The checkpoint; nothing of it stays open."""
    with open_checkpoint(path) as checkpoint:
        return checkpoint


@asynccontextmanager
async def looking(
    path: str, size: tuple[int, int] = (140, 45), known: Known | None = None, sensitivity: str | None = None
) -> AsyncIterator[tuple[Pilot[None], QuantizationScreen]]:
    """The screen over the start of the app, once there is a recipe or a reason against it."""
    app = PrecisionlabApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = QuantizationScreen(opened(path), Settings(threads=1, sensitivity=sensitivity), known)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.answer is not None or screen.has_class("-refused"))
        await pilot.pause()
        yield pilot, screen


def used(flow: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run one flow."""
    asyncio.run(flow())


def written(screen: QuantizationScreen) -> str:
    """The recipe that is seen, all of it."""
    assert screen.answer is not None
    assert screen.answer.recipe is not None
    return plain_json.render(screen.answer.recipe)


def of_command(*arguments: str) -> str:
    """The recipe that the command prints as JSON."""
    printed = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(printed, "utf-8", write_through=True)) as out:
        assert command(["recipe", *arguments, "--threads", "1", "-q", "--format", "json"]) == 0
        out.detach()
    return printed.getvalue().decode()


async def want(pilot: Pilot[None], screen: QuantizationScreen, bits: str) -> None:
    """Type a budget, and wait for its recipe."""
    screen.query_one(Slider).focus()
    await pilot.press(*bits, "enter")
    await until(pilot, lambda: screen.answer is not None and screen.answer.budget.bits == Decimal(bits))


async def select(pilot: Pilot[None], screen: QuantizationScreen, id_: str, value: str) -> None:
    """Choose something, and wait for its recipe."""
    before = screen.answer
    screen.query_one(f"#{id_}", Select).value = value
    await until(pilot, lambda: screen.answer is not before or screen.has_class("-refused"))
    await pilot.pause()


def facts(screen: QuantizationScreen) -> dict[str, str]:
    """What is said of the recipe."""
    assert screen.answer is not None
    return dict(screen.answer.facts)


def text_of(screen: QuantizationScreen, selector: str) -> str:
    """What a text says."""
    return str(screen.query_one(selector, Static).content)


def test_recipes_are_those_of_the_command(model: str) -> None:
    """To the last byte, for one format and for the worst tensor, and so are those for a runtime."""

    async def flow() -> None:
        async with looking(model) as (pilot, screen):
            assert written(screen) == of_command(model, "--bits", "4.5")
            for bits in ("3.65", "5.5", "8"):
                await want(pilot, screen, bits)
                assert written(screen) == of_command(model, "--bits", bits)
            await select(pilot, screen, "objective", "worst")
            await want(pilot, screen, "4.9")
            assert written(screen) == of_command(model, "--bits", "4.9", "--objective", "worst")
            await select(pilot, screen, "objective", "uniform")
            await select(pilot, screen, "runtime", "torchao")
            assert written(screen) == of_command(model, "--bits", "4.9", "--for", "torchao")

    used(flow)


def test_recipes_by_sensitivity_are_those_of_the_command(model: str, fisher: str) -> None:
    """Though all formats were measured once, and the command measures those near the budget alone."""

    async def flow() -> None:
        async with looking(model, sensitivity=fisher) as (pilot, screen):
            assert screen.query_one("#objective", Select).value == "total"
            for bits in ("3.7", "4.6", "6.3"):
                await want(pilot, screen, bits)
                assert written(screen) == of_command(model, "--bits", bits, "--sensitivity", fisher)
                assert set(facts(screen)) == {"objective", "size", "bits", "loss", "bound", "uniform"}

    used(flow)


def test_cells_are_what_the_tensors_lose(model: str) -> None:
    """Each recomputed from all its elements; marked are the formats of the recipe."""
    tensors = decoder(1)

    async def flow() -> None:
        async with looking(model) as (_, screen):
            view = screen.query_one(HeatmapView)
            figure = view.figure
            assert set(figure.rows) == {name for name in tensors if "proj" in name}
            for name in ("int8_channel", "nf4_g64", "int4_g128", "int3_g128"):
                column = figure.columns.index(name)
                for row, tensor in enumerate(figure.rows):
                    assert figure.values[row][column] == pytest.approx(direct(tensors[tensor], name).sqnr_db, abs=1e-9)
            lines = [view.render_line(view.grid.header_height + row).text for row in range(len(figure.rows))]
            nf4 = figure.columns.index("nf4_g64")
            for line in lines:
                assert line.count("◆") == 1
                assert view.grid.column_at(line.index("◆") - view.grid.name_width) == nf4

    used(flow)


def test_the_chart_has_every_format_and_the_recipe_moves_along(model: str) -> None:
    """Bits and SQNR of all tensors together, recomputed; what none beats is joined."""
    tensors = {name: values for name, values in decoder(1).items() if "proj" in name}
    n_weights = sum(values.numel() for values in tensors.values())

    def place(name: str) -> tuple[float, float]:
        bits = sum(parse_target(name).bits(tuple(values.shape)) for values in tensors.values())
        losses = [direct(values, name) for values in tensors.values()]
        energy = sum(Fraction(one.energy) for one in losses)
        error = sum(Fraction(one.squared_error) for one in losses)
        return bits / n_weights, 10 * math.log10(energy / error)

    async def flow() -> None:
        async with looking(model) as (pilot, screen):
            for bits, chosen in (("4.5", "nf4_g64"), ("3.9", "int3_g128"), ("8.9", "int8_channel")):
                await want(pilot, screen, bits)
                figure = screen.query_one(ChartView).figure
                assert isinstance(figure, Scatter)
                points = {
                    name: (x, y)
                    for group in figure.groups
                    for name, x, y in zip(group.names, group.xs, group.ys, strict=True)
                }
                assert len(points) == 11
                assert points["recipe"] == pytest.approx(place(chosen))
                for name in ("int3_g128", "nf4_g64", "int4_g128", "int8_channel"):
                    assert points[name] == pytest.approx(place(name))
                front = next(group for group in figure.groups if group.label.startswith("best"))
                beaten = {
                    one
                    for one, (x, y) in points.items()
                    if any(a <= x and b >= y and (a, b) != (x, y) for a, b in points.values())
                }
                assert set(front.names) == set(points) - beaten - {"recipe"}

    used(flow)


def test_the_last_of_many_moves_is_what_is_shown(model: str) -> None:
    """However fast the slider moves."""

    async def flow() -> None:
        async with looking(model) as (pilot, screen):
            slider = screen.query_one(Slider)
            slider.focus()
            for _ in range(60):
                slider.action_step(1)
            slider.action_leap(-1)
            await until(pilot, lambda: screen.answer is not None and screen.answer.budget.bits == slider.value)
            assert slider.value == Decimal(7)
            assert written(screen) == of_command(model, "--bits", "7")

    used(flow)


def test_the_list_tells_every_tensors_format(model: str) -> None:
    """Those that stay with the reason; and the table counts them."""

    async def flow() -> None:
        async with looking(model) as (pilot, screen):
            rows = dict(screen.query_one(RowList).rows)
            assert list(rows) == [info.name for info in opened(model).tensors]
            assert rows["lm_head.weight"] == "as stored (kept by name)"
            assert rows["model.layers.0.mlp.up_proj.weight"] == "nf4_g64"
            assert screen.answer is not None
            counted = {name: int(n) for name, n, _, _ in screen.answer.formats[1:]}
            assert counted == {"nf4_g64": 7, "as stored": 3}
            seen = [screen.query_one(RowList).render_line(y).text for y in range(3)]
            assert seen[0].split() == ["lm_head.weight", "as", "stored", "(kept", "by", "name)"]
            await want(pilot, screen, "3")
            assert screen.query_one(RowList).rows == ()

    used(flow)


def test_a_budget_that_cannot_be_met_tells_the_smallest(model: str) -> None:
    """In bits a weight, rounded up; there is nothing to export then, and more bits help."""
    shapes = [tuple(values.shape) for name, values in decoder(1).items() if "proj" in name]
    bits = sum(parse_target("int3_g128").bits(shape) for shape in shapes)
    least = Fraction(bits, sum(math.prod(shape) for shape in shapes))

    async def flow() -> None:
        async with looking(model) as (pilot, screen):
            await want(pilot, screen, "3")
            said = text_of(screen, "#facts")
            smallest = Fraction(said.split("possible is ")[1].split(" ")[0])
            assert 0 <= smallest - least < Fraction(1, 10_000)
            await pilot.press("x")
            assert pilot.app.screen is screen
            await want(pilot, screen, f"{float(smallest)}")
            assert "cannot be met" not in text_of(screen, "#facts")
            assert {row[1] for row in screen.query_one(RowList).rows if "proj" in row[0]} == {"int3_g128"}

    used(flow)


def test_a_recipe_is_exported(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the command writes it, for any program; a file that is there is replaced when that is asked for only."""
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "mine.json"

    async def save(pilot: Pilot[None], name: str) -> None:
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen) and pilot.app.screen.query(Input))
        pilot.app.screen.query_one(Input).value = name
        await pilot.press("enter")

    async def flow() -> None:
        async with looking(model) as (pilot, screen):
            await save(pilot, target.name)
            await until(pilot, lambda: pilot.app.screen is screen)
            assert target.read_text() == of_command(model, "--bits", "4.5")
            target.write_text("precious")
            await save(pilot, target.name)
            await until(pilot, lambda: "there already" in str(pilot.app.screen.query(Static).last().content))
            assert target.read_text() == "precious"
            await pilot.press("enter")
            await until(pilot, lambda: pilot.app.screen is screen)
            assert target.read_text() == written(screen)
            await save(pilot, model)
            await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
            await select(pilot, screen, "runtime", "compressed-tensors")
            await save(pilot, "mine.yaml")
            await until(pilot, lambda: pilot.app.screen is screen)
            of_tool = tmp_path / "command.yaml"
            flags = ["--bits", "4.5", "--for", "compressed-tensors", "--threads", "1", "-q", "-o", str(of_tool)]
            assert command(["recipe", model, *flags]) == 0
            assert (tmp_path / "mine.yaml").read_text() == of_tool.read_text()

    before = Path(model).read_bytes()
    used(flow)
    assert Path(model).read_bytes() == before


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"bias": torch.ones(8)}, "1: no matrix of floats"),
        ({"lm_head.weight": torch.ones(8, 8)}, "1: kept by name"),
    ],
)
def test_where_nothing_can_be_quantized_the_reasons_are_told(
    tmp_path: Path, tensors: dict[str, torch.Tensor], reason: str
) -> None:
    """And Escape leaves."""
    path = saved(tmp_path / "m.safetensors", tensors)

    async def flow() -> None:
        async with looking(path) as (pilot, screen):
            assert reason in text_of(screen, "#said")
            await pilot.press("x", "1", "right_square_bracket", "escape")
            await until(pilot, lambda: pilot.app.screen is not screen)

    used(flow)


def test_a_tensor_that_cannot_be_read_is_named_and_measured_anew(model: str) -> None:
    """Once the file is there again."""
    path, checkpoint = Path(model), opened(model)
    gone = path.rename(path.with_name("gone"))

    async def flow() -> None:
        app = PrecisionlabApp()
        async with app.run_test(size=(100, 30)) as pilot:
            screen = QuantizationScreen(checkpoint, Settings(threads=1))
            await app.push_screen(screen)
            await until(pilot, lambda: screen.has_class("-refused"))
            assert "cannot be read" in text_of(screen, "#said")
            assert "proj.weight" in text_of(screen, "#said")
            os.replace(gone, path)  # noqa: PTH105 - pathlib's is taken for something that blocks
            await pilot.press("m")
            await until(pilot, lambda: screen.answer is not None)

    used(flow)


def test_a_runtime_without_formats_for_it_leads_back(tmp_path: Path) -> None:
    """From what cannot be measured Escape goes to what was."""
    path = saved(tmp_path / "m.safetensors", {"odd.weight": drawn(64, 64)})

    async def flow() -> None:
        async with looking(path) as (pilot, screen):
            first = screen.answer
            await select(pilot, screen, "runtime", "llama.cpp")
            assert "its name in GGUF is unknown" in text_of(screen, "#said")
            await pilot.press("escape")
            await until(pilot, lambda: screen.has_class("-found"))
            assert screen.query_one("#runtime", Select).value == "anything"
            await until(pilot, lambda: screen.answer is not first)
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is not screen)

    used(flow)


def test_a_sensitivity_that_lacks_tensors_is_told(model: str, tmp_path: Path) -> None:
    """Then nothing is ranked by it."""
    name = "model.layers.0.mlp.up_proj.weight"
    fisher = saved(tmp_path / "part.safetensors", {name: decoder(1)[name].float().square()})

    async def flow() -> None:
        async with looking(model, sensitivity=fisher) as (pilot, screen):
            assert screen.query_one("#objective", Select).value == "uniform"
            assert any("nothing for 6 of the tensors" in one.message for one in pilot.app._notifications)

    used(flow)


def test_leaving_stops_measuring(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the next tensor; the app goes on."""
    from precisionlab.tui import quantization

    release, ended = threading.Event(), threading.Event()
    inner = quantization.measure

    def slow(checkpoint: Checkpoint, settings: Settings, runtime: str | None, listener: Listener) -> Losses:
        release.wait(20)
        try:
            return inner(checkpoint, settings, runtime, listener)
        except NotWantedError:
            ended.set()
            raise

    monkeypatch.setattr(quantization, "measure", slow)

    async def flow() -> None:
        app = PrecisionlabApp()
        async with app.run_test(size=(80, 24)) as pilot:
            screen = QuantizationScreen(opened(model), Settings(threads=1))
            await app.push_screen(screen)
            await until(pilot, lambda: screen.query("#said") and "measuring" in text_of(screen, "#said"))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is not screen)
            release.set()
            await until(pilot, ended.is_set)

    used(flow)


def test_progress_is_told_in_bytes(model: str) -> None:
    """Of all that is to be read; it ends where all is."""
    heard: list[tuple[int, int]] = []

    def hear(n_bytes: int, total: int) -> bool:
        heard.append((n_bytes, total))
        return True

    measure(opened(model), Settings(threads=1), None, hear)
    total = sum(values.nbytes for name, values in decoder(1).items() if "proj" in name)
    assert {n for _, n in heard} == {total}
    assert heard[-1][0] == total
    assert [n for n, _ in heard] == sorted(n for n, _ in heard)


def test_what_was_measured_is_kept(model: str) -> None:
    """For the next time that the screen is opened, though the file is gone."""
    known: Known = {}

    async def flow() -> None:
        async with looking(model, known=known) as (pilot, screen):
            first = written(screen)
            os.rename(model, f"{model}.gone")  # noqa: PTH104 - as above
            again = QuantizationScreen(known[None].checkpoint, Settings(), known)
            await pilot.app.push_screen(again)
            await until(pilot, lambda: again.answer is not None)
            assert written(again) == first

    used(flow)


def test_in_a_small_terminal_the_parts_are_tabs(model: str) -> None:
    """One at a time, by number or by bracket; growing shows all three."""

    async def flow() -> None:
        async with looking(model, size=(80, 24)) as (pilot, screen):
            layers, loss, panel = (
                screen.query_one(HeatmapView),
                screen.query_one(ChartView),
                screen.query_one(RecipePanel),
            )

            def seen() -> list[bool]:
                return [part.is_on_screen for part in (layers, loss, panel)]

            await until(pilot, lambda: seen() == [True, False, False])
            await pilot.press("2")
            await until(pilot, lambda: seen() == [False, True, False] and loss.has_focus)
            await pilot.press("right_square_bracket")
            await until(pilot, lambda: seen() == [False, False, True] and screen.query_one(Slider).has_focus)
            await pilot.press("right")
            await until(pilot, lambda: screen.answer is not None and screen.answer.budget.bits == Decimal("4.55"))
            await pilot.press("right_square_bracket")
            await until(pilot, lambda: seen() == [True, False, False] and layers.has_focus)
            await pilot.resize_terminal(140, 45)
            await until(pilot, lambda: all(seen()))

    used(flow)


def test_entering_a_layer_leads_to_it_in_the_lab(model: str) -> None:
    """With the analyzer that tells what it loses; opening the screen again finds what was measured."""

    async def flow() -> None:
        app = PrecisionlabApp(model, Settings(threads=1))
        async with app.run_test(size=(140, 45)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LabScreen))
            lab = app.screen
            assert isinstance(lab, LabScreen)
            await until(pilot, lambda: "quantization" in lab._analyzers and lab.active_panel() is not None)
            await pilot.press("r")
            await until(pilot, lambda: isinstance(app.screen, QuantizationScreen) and app.screen.answer is not None)
            view = app.screen.query_one(HeatmapView)
            name = "model.layers.0.self_attn.o_proj.weight"
            view.move_to(view.figure.rows.index(name), 2)
            view.focus()
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is lab)
            await until(pilot, lambda: lab._chosen is not None and lab._chosen.name == name)
            panel = lab.active_panel()
            assert panel is not None
            assert panel.analyzer.name == "quantization"
            await pilot.press("r")
            await until(pilot, lambda: isinstance(app.screen, QuantizationScreen) and app.screen.answer is not None)
            assert lab._losses[None].losses

    used(flow)


def test_a_thousand_tensors_are_walked_and_solved(tmp_path: Path) -> None:
    """All of them are rows; the recipe takes as many bits as their formats do, and no more than are there."""
    shapes = ((8, 16), (4, 32))
    tensors = {f"layers.{i}.weight": torch.ones(shapes[i % 2], dtype=torch.bfloat16) for i in range(1000)}
    checkpoint = opened(saved(tmp_path / "m.safetensors", tensors))
    menu = menu_of(checkpoint, KEPT, offered((), ()), ())
    losses = tuple(never_measured(offer, i) for i, offer in enumerate(menu.offers))

    async def flow() -> None:
        known: Known = {None: Losses(checkpoint, menu, losses, None, "")}
        async with looking(checkpoint.path, known=known) as (pilot, screen):
            await pilot.press("G")
            view = screen.query_one(HeatmapView)
            assert view.cursor[0] == 999
            assert len(screen.query_one(RowList).rows) == 1000
            await select(pilot, screen, "objective", "worst")
            await want(pilot, screen, "6")
            assert screen.answer is not None
            assert screen.answer.choice is not None
            rows = screen.query_one(RowList).rows
            assert len({words for _, words in rows}) > 1
            bits = sum(parse_target(words).bits(shapes[int(name.split(".")[1]) % 2]) for name, words in rows)
            assert screen.answer.choice.plan.allocation.bits == bits
            assert Fraction(bits, 128_000) <= 6

    used(flow)


def never_measured(offer: Offer, place: int) -> TensorLosses:
    """Losses that halve with every bit, and differ from tensor to tensor."""
    shape = offer.info.shape
    errors = {target: 4.0 ** -target.bits_per_weight(shape) * (1 + place % 7) for target in offer.targets}
    targets = {
        target.name: TargetLoss(target, target.bits(shape), error, None, -10 * math.log10(error), "")
        for target, error in errors.items()
    }
    return TensorLosses(offer.info, 1.0, None, targets)
