"""Two checkpoints beside one another: a real app on real samples, numbers proven by numpy and fractions."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from textual.pilot import Pilot
from textual.widgets import Input, Static

from precisionlab.analysis.figures import Table
from precisionlab.analysis.results import Result
from precisionlab.checkpoints import open_checkpoint
from precisionlab.errors import UsageError
from precisionlab.scanning.settings import Settings
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.differences import opened_reference
from precisionlab.tui.orders import figures_in
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.start import StartScreen
from precisionlab.tui.widgets.analyzer_panel import AnalyzerPanel
from precisionlab.tui.widgets.analyzers_part import AnalyzersPart
from precisionlab.tui.widgets.findings import FindingsList
from precisionlab.tui.widgets.status_bar import StatusBar
from precisionlab.tui.widgets.tensor_tree import TensorTree
from precisionlab.tui.widgets.tensors_part import TensorsPart
from tests.tui.conftest import until

SAMPLES = Path(__file__).parents[2] / "samples"
CHANGED, HEALTHY = str(SAMPLES / "changed.safetensors"), str(SAMPLES / "healthy.safetensors")
Flow = Callable[[PrecisionlabApp, Pilot[None]], Coroutine[None, None, None]]


def play(flow: Flow, path: str = CHANGED, against: str | None = None, size: tuple[int, int] = (140, 45)) -> None:
    """Open a checkpoint, beside another one or alone, wait until its scan is over, and let somebody use the lab."""

    async def main() -> None:
        app = PrecisionlabApp(path, Settings(device="cpu", against=against))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LabScreen))
            await until(pilot, lambda: any(question.subject is None for question in lab_of(app)._answers))
            await flow(app, pilot)

    asyncio.run(main())


def lab_of(app: PrecisionlabApp) -> LabScreen:
    """The lab that is seen."""
    assert isinstance(app.screen, LabScreen)
    return app.screen


def label(lab: LabScreen, name: str) -> str:
    """The line of a tensor that is shown."""
    tree = lab.query_one(TensorTree)
    return str(tree._leaves[tree.outline.places[name]].label)


def whole_answer(lab: LabScreen) -> Result | None:
    """What `difference` says of the whole checkpoint, where it did."""
    found = (
        result for asked, result in lab._answers.items() if (asked.analyzer, asked.subject) == ("difference", None)
    )
    return next(found, None)


def relative_difference(name: str) -> float:
    """That of a float16 tensor of both samples: sums of squares in exact fractions."""
    arrays = []
    for path in (CHANGED, HEALTHY):
        with safe_open(path, "np") as file:
            arrays.append(file.get_tensor(name).ravel().tolist())
    above = sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(*arrays, strict=True))
    return math.sqrt(above / sum(Fraction(b) ** 2 for b in arrays[1]))


def test_the_tree_tells_how_much_tensors_differ() -> None:
    """`=` for the same bytes, the relative difference, `+` for what is only here, `≠` for another shape."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        lab = lab_of(app)
        tree = lab.query_one(TensorTree)
        await until(pilot, lambda: len(tree.notes) == len(tree.outline.tensors))
        await pilot.press("slash", *"weight", "enter")
        await until(pilot, lambda: len(tree._leaves) >= 8)
        layer = "decoder.layers.0"
        assert "adapter.weight  +  fp16" in label(lab, "adapter.weight")
        assert "norm.weight  ≠  fp16" in label(lab, f"{layer}.norm.weight")
        assert "norm.weight  =  bf16" in label(lab, "encoder.layers.0.norm.weight")
        for which in "qkv":
            name = f"{layer}.attention.{which}_proj.weight"
            assert f"{which}_proj.weight  {relative_difference(name):.1e}  fp16" in label(lab, name)

    play(flow, against=HEALTHY)


def test_the_other_checkpoint_is_named() -> None:
    """Over the tensors and in the status line; the analyzer that compares comes first, and shows its answer."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        lab = lab_of(app)
        assert lab.query_one(TensorsPart).border_title == "11 tensors against healthy.safetensors"
        assert "changed.safetensors" in lab.query_one(StatusBar).said
        assert lab.query_one(StatusBar).said.endswith("against healthy.safetensors")
        panel = lab.query_one(AnalyzersPart).active
        assert panel is not None
        assert panel.analyzer.name == "difference"
        await until(pilot, lambda: panel.result is not None)
        codes = {finding.code for finding, _ in lab.query_one(FindingsList).findings}
        assert {"PL401", "PL402", "PL403", "PL404", "PL001"} <= codes

    play(flow, against=HEALTHY)


def test_what_is_only_there_is_listed_for_the_whole_checkpoint() -> None:
    """Every name that the other file has and this one has not, and how many."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        lab = lab_of(app)
        await until(pilot, lambda: whole_answer(lab) is not None)
        result = whole_answer(lab)
        assert result is not None
        with safe_open(CHANGED, "np") as here, safe_open(HEALTHY, "np") as there:
            wanted = set(there.keys()) - set(here.keys())
        (table,) = (one for one in result.figures if "only in the other checkpoint" in one.title)
        assert isinstance(table, Table)
        assert {row[0] for row in table.rows} == wanted
        assert result.value("tensors_only_there") == len(wanted)
        await until(pilot, lambda: lab.query_one(AnalyzerPanel).result is result)

    play(flow, against=HEALTHY)


def test_tensors_are_sorted_by_their_difference() -> None:
    """As by any figure of any analyzer: the most changed one first."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        lab = lab_of(app)
        orders = {order.label: order for order in figures_in(tuple(lab._answers.values()))}
        lab.list_by(orders["difference.relative_difference"], is_reversed=False)
        tree = lab.query_one(TensorTree)
        await until(pilot, lambda: tree.root.children and "q_proj" in str(tree.root.children[0].label))
        assert "encoder.layers.0.attention.q_proj.weight" in str(tree.root.children[0].label)
        assert "decoder.layers.0.attention.k_proj.weight" in str(tree.root.children[1].label)

    play(flow, against=HEALTHY)


def test_a_key_chooses_what_to_compare_with() -> None:
    """The key asks, saying what for; escape goes back; a path leads to a lab of the first checkpoint beside it."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        alone = lab_of(app)
        assert alone.query_one(TensorTree).notes == {}
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await until(
            pilot,
            lambda: "changed.safetensors is compared with" in str(app.screen.query_one("#welcome", Static).content),
        )
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is alone)
        await choose(app, pilot, HEALTHY)
        await until(pilot, lambda: isinstance(app.screen, LabScreen) and app.screen is not alone)
        lab = lab_of(app)
        await until(pilot, lambda: lab.query_one(TensorTree).notes.get("encoder.layers.0.norm.weight") == "=")
        assert lab._path == CHANGED

    play(flow)


async def choose(app: PrecisionlabApp, pilot: Pilot[None], path: str) -> None:
    """Type the path of what to compare with."""
    await pilot.press("c")
    await until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen.is_current)
    await pilot.press("slash")
    entry = app.screen.query_one("#path", Input)
    await until(pilot, lambda: entry.has_focus)
    entry.value = path
    await pilot.press("enter")


def test_a_checkpoint_of_another_model_leaves_the_lab_as_it_is() -> None:
    """One message with a remedy; what was found stays."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        alone = lab_of(app)
        n_answers = len(alone._answers)
        await choose(app, pilot, str(SAMPLES / "sick.safetensors"))
        await until(pilot, lambda: app._notifications)
        (told,) = app._notifications
        assert told.title == "cannot be compared"
        assert "holds nothing for any tensor of the checkpoint" in told.message
        assert told.message.endswith("compare checkpoints of one model, saved under the same names")
        await until(pilot, lambda: app.screen is alone)
        assert len(alone._answers) >= n_answers

    play(flow)


@pytest.mark.parametrize("name", ["missing.safetensors", "text.txt", "sick.safetensors"])
def test_a_reference_that_cannot_be_compared_is_told_and_the_lab_goes_on(name: str) -> None:
    """Named on the command line: the checkpoint is shown alone."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        lab = lab_of(app)
        (told,) = app._notifications
        assert name in told.message
        assert not told.message.startswith("--against")
        assert lab._settings.against is None
        assert {question.analyzer for question in lab._answers} == {"range"}
        lab.query_one(AnalyzersPart).turn_to("difference")
        panel = lab.query_one(AnalyzersPart).panel_of("difference")
        await until(pilot, lambda: "press c" in str(panel.query_one(".said", Static).content))

    play(flow, against=str(SAMPLES / name))


def test_the_next_checkpoint_is_not_compared_with_the_same_one() -> None:
    """What is compared belongs to the first one."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        first = lab_of(app)
        app.open(str(SAMPLES / "structure.safetensors"))
        await until(pilot, lambda: isinstance(app.screen, LabScreen) and app.screen is not first)
        lab = lab_of(app)
        await until(pilot, lambda: lab._bench is not None)
        assert lab._settings.against is None
        assert not app._notifications

    play(flow, against=HEALTHY)


def test_headers_alone_tell_what_is_only_on_one_side(tmp_path: Path) -> None:
    """Before a byte of data is read; flags of commands are not spoken of."""
    here, there = tmp_path / "here.safetensors", tmp_path / "there.safetensors"
    save_file({"a": np.ones(3, np.float32), "b": np.ones(3, np.float32), "c": np.ones(4, np.float32)}, here)
    save_file({"a": np.ones(3, np.float16), "c": np.ones((2, 2), np.float32), "d": np.ones(1, np.float32)}, there)
    with open_checkpoint(str(here)) as checkpoint:
        reference = opened_reference(Settings(against=str(there)), checkpoint.tensors)
        assert reference.notes == {"b": "+", "c": "≠"}
        assert [info.name for info in reference.companions.all[0].unmatched] == ["d"]
        reference.close()
        with pytest.raises(UsageError, match=r"^.*missing: does not exist"):
            opened_reference(Settings(against=str(tmp_path / "missing")), checkpoint.tensors)
