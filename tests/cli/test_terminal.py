"""What a person at a terminal sees: colour, the width of the window, a progress bar that leaves nothing behind."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping

import pytest
from rich.console import Console
from rich.progress import Progress

from precisionlab.analysis.costs import Cost
from precisionlab.analysis.results import Result
from precisionlab.cli.progress import ProgressBar, columns_for, short_name
from precisionlab.scanning.events import BytesRead, CheckpointOpened, OpeningCheckpoint, ResultReady

Terminal = Callable[..., tuple[int, str]]


@pytest.fixture
def terminal(environment: Mapping[str, str]) -> Terminal:
    """Runs a command in a terminal of some width; exit code, and all that was sent to the terminal."""

    def run(*arguments: str, columns: int = 80, variables: Mapping[str, str] | None = None) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        with subprocess.Popen(
            [sys.executable, "-m", "precisionlab", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, "TERM": "xterm-256color", **(variables or {})},
        ) as running:
            os.close(theirs)
            sent = b"".join(iter(lambda: received(ours), b""))
        os.close(ours)
        return running.returncode, sent.decode()

    return run


def received(descriptor: int) -> bytes:
    """What the terminal was sent since; empty once nobody has it open any more."""
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        return b""


def test_a_terminal_gets_colour_a_bar_and_its_own_width(terminal: Terminal, sick: str) -> None:
    """The bar names the file, and is erased; no line is longer than the window but the verdict."""
    code, sent = terminal("scan", "nowhere[red]", sick, columns=72)
    assert code == 2
    assert "\x1b[1;31merror" in sent
    assert "sick.safetensors" in sent
    assert "precisionlab: error: nowhere[red]: no checkpoint matches" in sent
    result = sent[sent.rindex(f"{sick}\x1b[0m\r\n") :]
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", result).splitlines()
    assert max(map(len, lines[1:-1])) <= 72
    assert "\x1b[?25h" in sent  # the cursor is back


def test_no_number_is_cut_in_a_narrow_window(terminal: Terminal, sick: str) -> None:
    """At 60 columns the tables of bits begin with the bit, end with whole numbers, and name what they leave out."""
    code, sent = terminal("scan", sick, "-a", "bits", columns=60, variables={"NO_COLOR": "1"})
    result = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", sent).replace("\r", "")
    assert code == 0
    assert "…" not in result[result.rindex("\nBits of ") :]
    assert re.search(r"^ 14  exponent .* 3.403e38  2.195e40$", result, re.MULTILINE)
    assert "left out for lack of width: to inf/NaN" in result


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_colour_is_left_out_where_it_is_not_wanted(terminal: Terminal, sick: str, variables: Mapping[str, str]) -> None:
    """With --quiet there is no bar either: not one escape is sent."""
    code, sent = terminal("scan", sick, "-q", "--format", "text", variables=variables)
    assert code == 1
    assert "\x1b" not in sent
    assert "error PL001" in sent


@pytest.mark.parametrize("width", [10, 30, 45, 60, 80, 200])
@pytest.mark.parametrize("total", [None, 2_000_000_000])
def test_the_bar_fits_on_one_line(width: int, total: int | None) -> None:
    """In windows of any width; while a checkpoint is being opened there are no amounts."""
    console = Console(width=width, force_terminal=True, color_system=None, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    with console.file, console.capture() as capture:
        progress = Progress(*columns_for(width), console=console)
        progress.add_task("opening model.safetensors"[: 25 if total is None else 17], total=total, completed=5 * 10**8)
        console.print(progress.get_renderable())
    (line,) = capture.get().splitlines()
    assert len(line.rstrip()) <= width
    assert ("GB" in line) == (width >= 80 and total is not None)


def test_the_bar_follows_the_events(capsys: pytest.CaptureFixture[str]) -> None:
    """One task at a time: opening, then the bytes of the checkpoint."""
    with ProgressBar() as bar:
        bar.show(OpeningCheckpoint("folder/model.pth"))
        assert described(bar) == ("opening model.pth", None, 0)
        bar.show(CheckpointOpened("folder/model.pth", 3, 1000))
        assert described(bar) == ("model.pth", 1000, 0)
        bar.show(BytesRead(400))
        assert described(bar) == ("model.pth", 1000, 400)
    capsys.readouterr()


def test_where_analyzers_are_dear_tensors_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Each once, however many analyzers answer; what is said of the whole checkpoint is no tensor."""
    with ProgressBar() as bar:
        bar.show(CheckpointOpened("folder/model.pth", 3, 1000, {"spectrum": Cost(1.0)}))
        shown = []
        for subject in ("a", "a", "b", None):
            bar.show(ResultReady(Result("spectrum", subject)))
            shown.append(described(bar)[0])
    assert shown == ["model.pth 1/3", "model.pth 1/3", "model.pth 2/3", "model.pth 2/3"]
    capsys.readouterr()


def described(bar: ProgressBar) -> tuple[str, float | None, float]:
    """What the bar shows."""
    (task,) = bar._progress.tasks
    return task.description, task.total, task.completed


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("model.safetensors", "model.safetensors"),
        ("a/b/model/", "model"),
        ("a/\x1b[31m\n", r"\x1b[31m\n"),
        ("/x" + "n" * 300 + ".safetensors", "xnnnnnnnnnn….safetensors"),
    ],
)
def test_names_are_short_and_harmless(path: str, shown: str) -> None:
    """The last part of the path, cut in the middle."""
    assert short_name(path) == shown
    assert len(shown) <= 24
