"""Choosing what to open."""

import json
import shutil
import time
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input, Static

from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.lab import LabScreen
from precisionlab.tui.settings import Opened, Remembered, encoded
from precisionlab.tui.widgets.folder_tree import FolderTree
from precisionlab.tui.widgets.known_paths import KnownPaths
from precisionlab.tui.widgets.tensor_tree import TensorTree
from tests.tui.conftest import until, use

SAMPLES = Path(__file__).parents[2] / "samples"
HOSTILE = ("[red]a.npy", "\x1b[31mb.npy", "[@click=app.quit]d.npy", "c\u202e.npy")


def shown(app: PrecisionlabApp) -> list[str]:
    """The lines of what is known."""
    known = app.screen.query_one(KnownPaths)
    return [str(option.prompt) for option in known.options]


def labs(app: PrecisionlabApp) -> list[LabScreen]:
    """The screens of open checkpoints."""
    return [screen for screen in app.screen_stack if isinstance(screen, LabScreen)]


def news(app: PrecisionlabApp) -> str:
    """What stands under the path."""
    return str(app.screen.query_one("#news", Static).content)


def test_the_samples_are_one_key_away_at_first(tmp_path: Path) -> None:
    """Nothing was opened: the list says so and offers the samples; Enter opens the first, which is then remembered."""
    file = tmp_path / "app.json"

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: len(shown(app)) > 2)
        assert shown(app)[0].startswith("Nothing has been opened yet")
        await pilot.press("enter")
        await until(
            pilot, lambda: isinstance(app.screen, LabScreen) and app.screen.query_one(TensorTree).outline.tensors
        )
        await until(pilot, lambda: app.remembered.recent)

    app = PrecisionlabApp(file=file)
    use(app, flow)
    app.finish()
    (recent,) = json.loads(file.read_text())["recent"]
    assert recent["path"] == str(SAMPLES / "accumulation.safetensors")
    assert abs(recent["when"] - time.time()) < 600


def test_what_was_opened_is_listed_with_its_age_and_whether_it_is_there(tmp_path: Path) -> None:
    """The newest first; what is gone says so in a word."""
    file = tmp_path / "app.json"
    shutil.copy(SAMPLES / "sick.safetensors", tmp_path / "model-00001-of-00002.safetensors")
    now = time.time()
    paths = (tmp_path / "lost.npy", tmp_path / "model-*-of-00002.safetensors", SAMPLES / "tiny-transformer")
    known = tuple(Opened(str(path), now - 7300 * i) for i, path in enumerate(paths))
    file.write_bytes(encoded(Remembered(recent=known)))

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "gone" in shown(app)[0])
        lost, shards, folder = shown(app)[:3]
        assert lost.startswith("lost.npy  gone, ")
        assert shards.startswith("model-*-of-00002.safetensors  2 hours ago\n")
        assert folder.startswith("tiny-transformer  4 hours ago\n")
        await pilot.press("x")
        await until(pilot, lambda: len(app.remembered.recent) == 2)
        assert shown(app)[0] == shards

    app = PrecisionlabApp(file=file)
    use(app, flow)
    app.finish()
    assert "lost.npy" not in file.read_text()


def test_a_typed_path_that_leads_nowhere_is_told_there() -> None:
    """The message goes as soon as one types on; a right path opens."""

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"/no\\where", "enter")
        await until(pilot, lambda: news(app).endswith("does not exist"))
        app.screen.query_one(Input).value = str(SAMPLES / "healthy.safetensors")
        await until(pilot, lambda: not news(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))

    use(PrecisionlabApp(), flow)


def test_a_folder_of_several_is_shown_and_of_one_opened() -> None:
    """On the command line as well."""

    async def several(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "checkpoints; choose one" in news(app))
        tree = app.screen.query_one(FolderTree)
        await until(pilot, lambda: tree.has_focus)
        assert tree.path == SAMPLES

    async def one(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: isinstance(app.screen, LabScreen))

    use(PrecisionlabApp(str(SAMPLES)), several)
    use(PrecisionlabApp(str(SAMPLES / "tiny-transformer")), one)


def test_the_tree_shows_what_can_be_opened_by_its_name_alone(tmp_path: Path) -> None:
    """Shards are one, settings and hidden folders are left out, and no name is taken for markup or sent to the terminal."""
    for name in (*HOSTILE, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "readme.md"):
        (tmp_path / name).write_bytes(b"")
    for name in (".hidden", "inner[b]"):
        (tmp_path / name).mkdir()

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        tree = app.screen.query_one(FolderTree)
        tree.path = tmp_path
        wanted = {
            "inner[b]",
            "[red]a.npy",
            "\\x1b[31mb.npy",
            "[@click=app.quit]d.npy",
            "c\\u202e.npy",
            "model-*-of-00002.safetensors",
        }
        await until(pilot, lambda: {str(node.label) for node in tree.root.children} == wanted)
        app.export_screenshot()
        tree.focus()
        await pilot.press("u")
        await until(pilot, lambda: tree.path == tmp_path.resolve().parent)

    use(PrecisionlabApp(), flow)


def test_one_goes_back_to_the_checkpoint_that_is_open(tmp_path: Path) -> None:
    """ctrl+o leads to the start, escape back; another choice takes the place of the checkpoint."""
    first, second = str(SAMPLES / "healthy.safetensors"), str(SAMPLES / "sick.safetensors")

    async def flow(app: PrecisionlabApp, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        (lab,) = labs(app)
        await pilot.press("ctrl+o")
        assert app.screen_stack[-2] is lab
        await pilot.press("escape")
        assert app.screen_stack[-1] is lab
        await pilot.press("ctrl+o", "slash")
        app.screen.query_one(Input).value = second
        await pilot.press("enter")
        await until(pilot, lambda: labs(app) != [lab])
        assert len(labs(app)) == 1

    use(PrecisionlabApp(first, file=tmp_path / "app.json"), flow)
