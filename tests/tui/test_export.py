"""Saving what is seen, a figure, or all that was found."""

import asyncio
import csv
import io
import json
import shutil
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TabbedContent

from precisionlab.analysis.figures import Axis, Lines, Series
from precisionlab.errors import ReportError
from precisionlab.reports import json_report
from precisionlab.reports.figure_tables import table_of
from precisionlab.tui import exporting, png
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.exporting import Exhibit, file_stem
from precisionlab.tui.screens.export import ExportScreen, with_suffix
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.screens.microscope import MicroscopeScreen
from precisionlab.tui.widgets.figure_view import FigureView
from tests.tui.conftest import scanned, until

SAMPLES = Path(__file__).parents[2] / "samples"
Flow = Callable[[LabScreen, Pilot[None]], Coroutine[None, None, None]]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are saved in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


def play(flow: Flow, sample: str = "sick.safetensors", size: tuple[int, int] = (140, 45)) -> None:
    """Open a sample and let somebody use the lab once the scan is over."""

    async def main() -> None:
        app = PrecisionlabApp(str(SAMPLES / sample))
        async with app.run_test(size=size) as pilot:
            lab = await scanned(app, pilot)
            await until(pilot, lambda: not lab._scanned)
            await pilot.pause()
            await flow(lab, pilot)

    asyncio.run(main())


async def exporting_with(pilot: Pilot[None], key: str = "x") -> ExportScreen:
    """The dialog, its name suggested."""
    await pilot.press(key)
    screen = pilot.app.screen
    assert isinstance(screen, ExportScreen)
    await until(pilot, lambda: screen.query(Input) and screen.query_one(Input).value)
    return screen


async def choose(pilot: Pilot[None], screen: ExportScreen, title: str, suffix: str) -> str:
    """Go to a line of the list with the keys; the name that is then suggested."""
    lines = [(choice.what.title, choice.suffix) for choice in screen._choices]
    place = next(i for i, (what, ending) in enumerate(lines) if what.startswith(title) and ending == suffix)
    await pilot.press(*["down"] * place)
    await until(pilot, lambda: screen.query_one(Input).value.endswith(suffix))
    return screen.query_one(Input).value


async def saved(pilot: Pilot[None], screen: ExportScreen) -> None:
    """Press Enter and wait until the dialog has closed over the file."""
    await pilot.press("enter")
    await until(pilot, lambda: pilot.app.screen is not screen)


def said(screen: ExportScreen) -> str:
    """What the dialog says."""
    return str(screen.query_one(Static).content)


def content(name: str) -> str:
    """A file's text."""
    return Path(name).read_text(encoding="utf-8")


def raw(name: str) -> bytes:
    """A file's bytes."""
    return Path(name).read_bytes()


def files() -> set[str]:
    """What is in the folder."""
    return {path.name for path in Path.cwd().iterdir()}


async def figure_focused(lab: LabScreen, pilot: Pilot[None]) -> FigureView:
    """The first drawing of a tensor's answer, focused."""
    lab.query_one(TabbedContent).active = "tab-range"
    lab.go_to("healthy.weight")

    def views() -> list[FigureView]:
        panel = lab.active_panel()
        right = panel is not None and panel.result is not None and panel.result.subject == "healthy.weight"
        return [view for view in panel.query(FigureView) if view.figure.kind == "bars"] if panel and right else []

    await until(pilot, views)
    view = views()[0]
    await until(pilot, lambda: view.size.width)
    view.focus()
    await until(pilot, lambda: lab.focused is view)
    return view


def test_the_view_is_saved_as_it_was_before_the_dialog() -> None:
    """As SVG that parses, with the tensors' names in it and nothing of the dialog; a note says where it is."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        lab.go_to("nan.single.weight")
        await pilot.pause()
        screen = await exporting_with(pilot)
        name = screen.query_one(Input).value
        assert name.startswith("sick.safetensors-nan.single.weight-")
        assert name.endswith(".svg")
        assert said(screen) == f"in {Path.cwd()}"
        await saved(pilot, screen)
        assert lab.app.screen is lab
        text = "".join(ET.fromstring(content(name)).itertext()).replace("\xa0", " ")  # noqa: S314 - our own
        assert "46 tensors" in text
        assert "Enter saves" not in text
        assert [note.message for note in lab.app._notifications] == [f"saved {Path.cwd() / name}"]

    play(flow)


def test_the_view_is_saved_as_a_picture() -> None:
    """A PNG of one and a half times the drawing's size, in which text is drawn."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        svg = lab.app.export_screenshot()
        screen = await exporting_with(pilot)
        name = await choose(pilot, screen, "this view", ".png")
        await saved(pilot, screen)
        picture = raw(name)
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        *_, width, height = ET.fromstring(svg).attrib["viewBox"].split()  # noqa: S314 - our own
        size = [int.from_bytes(picture[at : at + 4], "big") for at in (16, 20)]
        assert size == [pytest.approx(1.5 * float(length), abs=2) for length in (width, height)]
        assert png.drawn(png.sample("M")) != png.drawn(png.sample(" "))

    play(flow, size=(80, 24))


def test_without_resvg_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dialog stays, nothing is written, and another format goes on from there."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        monkeypatch.setitem(sys.modules, "resvg_py", None)
        screen = await exporting_with(pilot)
        await choose(pilot, screen, "this view", ".png")
        await pilot.press("enter")
        await until(pilot, lambda: "pip install 'precisionlab[png]'" in said(screen))
        assert not files()
        await pilot.press("up")
        await until(pilot, lambda: screen.query_one(Input).value.endswith(".svg"))
        await saved(pilot, screen)
        assert lab.app.screen is lab

    play(flow)


def test_a_font_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture without any text would be taken for one of an empty screen."""
    import resvg_py

    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **_: b"blank")
    with pytest.raises(ReportError, match="no font is installed to draw with; install DejaVu Sans Mono"):
        png.drawn("<svg/>")


def test_a_figure_is_saved_as_numbers_and_as_a_drawing() -> None:
    """The CSV has the heights of the bars with all digits; the SVG parses and has the title in it."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        view = await figure_focused(lab, pilot)
        screen = await exporting_with(pilot)
        name = await choose(pilot, screen, "figure", ".csv")
        assert name == "sick.safetensors-healthy.weight-range-Binary-exponents.csv"
        await saved(pilot, screen)
        rows = list(csv.reader(io.StringIO(content(name))))
        assert [float(row[2]) for row in rows[1:]] == list(view.figure.heights)  # type: ignore[union-attr]
        screen = await exporting_with(pilot, "ctrl+s")
        name = await choose(pilot, screen, "figure", ".svg")
        await saved(pilot, screen)
        assert view.figure.title in "".join(ET.fromstring(content(name)).itertext())  # noqa: S314 - our own

    play(flow)


def test_the_full_report_is_saved_in_every_format() -> None:
    """With each of the rules that fired in it, and in JSON and its lines each result of the lab."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        codes = {found.code for result in lab._answers.values() for found in result.findings}
        assert len(codes) > 5
        texts = {}
        for suffix in (".html", ".json", ".md", ".txt", ".jsonl", ".sarif", ".xml"):
            screen = await exporting_with(pilot)
            name = await choose(pilot, screen, "full report", suffix)
            assert name == f"sick.safetensors-report{suffix}"
            await saved(pilot, screen)
            texts[suffix] = content(name)
            assert all(code in texts[suffix] for code in codes)
        for suffix, start in ((".pdf", b"%PDF-"), (".parquet", b"PAR1")):
            screen = await exporting_with(pilot)
            name = await choose(pilot, screen, "full report", suffix)
            await saved(pilot, screen)
            assert raw(name).startswith(start)
        results = json_report.parse(texts[".json"]).checkpoints[0].results
        assert {(one.analyzer, one.subject) for one in results} == {
            (one.analyzer, one.subject) for one in lab._answers.values()
        }
        kinds = [json.loads(line)["kind"] for line in texts[".jsonl"].splitlines()]
        assert kinds.count("result") == len(lab._answers) == len(results)

    play(flow)


def test_what_is_there_already_is_replaced_only_when_asked_again() -> None:
    """One Enter asks, a second one replaces; another name in between asks anew."""
    Path("kept.svg").write_text("kept")

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        screen = await exporting_with(pilot)
        entry = screen.query_one(Input)
        entry.value = "kept.svg"
        await pilot.press("enter")
        await until(pilot, lambda: "kept.svg is there already" in said(screen))
        assert content("kept.svg") == "kept"
        entry.value = "other.svg"
        await pilot.pause()
        entry.value = "kept.svg"
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "kept.svg is there already" in said(screen))
        assert content("kept.svg") == "kept"
        await saved(pilot, screen)
        assert content("kept.svg").startswith("<svg")
        assert lab.app.screen is lab

    play(flow)


UNFIT = {
    "missing/view.svg": "cannot be written: no such file or directory",
    "folder.svg": "cannot be written: it is a folder",
    "view.pdf": "this view cannot be saved as .pdf; use one of .svg .png",
    "view": "has no suffix to tell its format",
    "~nobody-at-all/view.svg": "cannot be written",
    f"{'x' * 300}.svg": "cannot be written: file name too long",
    "  ": "Type the name of a file.",
}


def test_a_target_that_cannot_be_written_costs_nothing() -> None:
    """One message in the dialog, which stays; the next name is taken."""
    Path("folder.svg").mkdir()

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        screen = await exporting_with(pilot)
        entry = screen.query_one(Input)
        for target, message in UNFIT.items():
            entry.value = target
            await until(pilot, lambda: not screen.query(".-problem"))
            await pilot.press("enter")
            await until(pilot, lambda message=message: message in said(screen))  # type: ignore[misc]
            assert files() == {"folder.svg"}
        entry.value = "view.svg"
        await saved(pilot, screen)
        assert files() == {"folder.svg", "view.svg"}
        assert lab.app.screen is lab

    play(flow, "healthy.safetensors")


def test_no_checkpoint_is_replaced() -> None:
    """Not even where its name ends as a report's does: the index of a sharded one."""
    index = next((SAMPLES / "tiny-transformer").glob("*.index.json"))
    shutil.copytree(index.parent, "copy")
    copy = Path("copy") / index.name

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        screen = await exporting_with(pilot)
        await choose(pilot, screen, "full report", ".json")
        screen.query_one(Input).value = str(copy)
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in said(screen))
        await pilot.press("enter")
        await until(pilot, lambda: "is a checkpoint" in said(screen))
        assert copy.read_bytes() == index.read_bytes()
        await pilot.press("escape")
        await until(pilot, lambda: lab.app.screen is lab)

    play(flow)


def test_a_name_of_ones_own_stays_when_the_format_changes() -> None:
    """Only its suffix follows the list; the mouse saves with the button."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        screen = await exporting_with(pilot)
        entry = screen.query_one(Input)
        entry.value = "mine.v2.svg"
        await pilot.press("down")
        await until(pilot, lambda: entry.value == "mine.v2.png")
        await pilot.press("down")
        await until(pilot, lambda: entry.value == "mine.v2.txt")
        assert screen.query_one(OptionList).highlighted == 2
        await pilot.click("Button")
        await until(pilot, lambda: lab.app.screen is lab)
        assert "sick.safetensors" in content("mine.v2.txt")

    play(flow)


def test_other_screens_are_saved_under_their_own_name() -> None:
    """The microscope's view, without a report where no checkpoint is open, in a small terminal."""

    async def flow() -> None:
        app = PrecisionlabApp()
        async with app.run_test(size=(80, 24)) as pilot:
            microscope = MicroscopeScreen()
            await app.push_screen(microscope)
            await until(pilot, lambda: microscope.focused is not None)
            await pilot.pause()
            screen = await exporting_with(pilot, "ctrl+s")
            assert screen.query_one(Input).value == "precisionlab-microscope.svg"
            assert {choice.what.title for choice in screen._choices} == {"this view"}
            await saved(pilot, screen)
            assert app.screen is microscope
            text = "".join(ET.fromstring(content("precisionlab-microscope.svg")).itertext())  # noqa: S314 - our own
            assert "0x3dcccccd" in text

    asyncio.run(flow())


def test_a_figure_without_finite_values_is_refused(tmp_path: Path) -> None:
    """As a drawing; its numbers are saved."""
    figure = Lines("empty", Axis("x"), Axis("y"), (Series("a", (0.0,), (float("nan"),)),))
    what = exporting.figure(Exhibit(figure, table_of(figure)), "empty")
    with pytest.raises(ReportError, match="nothing to draw"):
        exporting.export(what, tmp_path / "empty.svg")
    exporting.export(what, tmp_path / "empty.csv")
    assert (tmp_path / "empty.csv").read_text() == "line,x,y\na,0.0,nan\n"
    assert not (tmp_path / "empty.svg").exists()


@given(st.lists(st.text(), max_size=4))
def test_suggested_names_are_plain(parts: list[str]) -> None:
    """No folders, no hidden files, nothing to quote, never empty, never too long, whatever tensors are called."""
    stem = file_stem(parts)
    assert Path(stem).name == stem
    assert stem.isascii()
    assert not stem.startswith((".", "-"))
    assert 0 < len(stem) <= 4 * exporting.MOST_CHARACTERS + 3
    assert not set(stem) & set("/\\:*?\"'<>| \n\0~$`")


def test_suffixes_are_exchanged_where_they_are_known() -> None:
    """Dots in a name of one's own stay."""
    known = {".svg", ".png"}
    assert with_suffix("a.svg", ".png", known) == "a.png"
    assert with_suffix("a.SVG", ".png", known) == "a.png"
    assert with_suffix("model.v2", ".svg", known) == "model.v2.svg"
    assert with_suffix("dir.svg/a", ".svg", known) == "dir.svg/a.svg"
    assert with_suffix("", ".svg", known) == ".svg"
