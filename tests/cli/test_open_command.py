"""`precisionlab open`, on a terminal and without one."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from types import ModuleType

import pytest

from precisionlab.cli.parser import build_parser, parse
from precisionlab.cli.serving import command_of
from precisionlab.cli.settled import settled
from tests.cli.conftest import Command, Process

TIMEOUT_SECONDS = 30
MAIN_SCREEN = "\x1b[?1049l"
"""Brings the terminal's own screen back."""
OPENED = "healthy.safetensors  safetensors"
"""In the status bar: what is open, and its container."""
ENDLESS = """
import time
from precisionlab.analysis.analyzers import Analyzer

def analyze(tensor, options):
    print("begun", file=open("begun", "w"))
    time.sleep(3600)

endless = Analyzer("endless", "Does it end?", analyze)
"""


@dataclass
class Terminal:
    """A process on a terminal of its own."""

    process: subprocess.Popen[bytes]
    descriptor: int
    seen: str = field(default="")

    def wait_for(self, text: str) -> None:
        """Read on until the text is there."""
        self.wait_until(lambda: text in self.seen)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Read on until the condition holds."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while not condition():
            assert time.monotonic() < end, self.seen[-2000:]
            if select([self.descriptor], [], [], 0.05)[0]:
                self.seen += os.read(self.descriptor, 1 << 16).decode("utf-8", "replace")

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.descriptor, keys.encode())


@contextmanager
def terminal(environment: Mapping[str, str], folder: Path, arguments: Sequence[str]) -> Iterator[Terminal]:
    """The command on a terminal of 100 columns and 30 rows, its settings in the folder."""
    ours, its = pty.openpty()
    variables = {**environment, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    variables |= {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "precisionlab", *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=folder,
        env=variables,
        start_new_session=True,
    )
    os.close(its)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.mark.parametrize("arguments", [[], ["open"]], ids=["alone", "open"])
def test_it_starts_on_a_terminal_and_ends_with_q(
    environment: Mapping[str, str], tmp_path: Path, arguments: Sequence[str]
) -> None:
    """Exit code 0, and the terminal is as it was."""
    with terminal(environment, tmp_path, arguments) as it:
        it.wait_for("opened before")
        it.press("q")
        it.wait_for(MAIN_SCREEN)
        assert it.process.wait(TIMEOUT_SECONDS) == 0


def test_a_checkpoint_is_opened_and_remembered(environment: Mapping[str, str], tmp_path: Path, healthy: str) -> None:
    """What is written when the app ends is whole."""
    with terminal(environment, tmp_path, ["open", healthy, "--theme", "textual-light"]) as it:
        it.wait_for(OPENED)
        it.press("q")
        assert it.process.wait(TIMEOUT_SECONDS) == 0
    (settings,) = tmp_path.rglob("app.json")
    assert healthy in settings.read_text()


def test_another_checkpoint_stands_beside(environment: Mapping[str, str], tmp_path: Path, healthy: str) -> None:
    """The one that `--against` names; both are named on the screen."""
    changed = str(Path(healthy).parent / "changed.safetensors")
    with terminal(environment, tmp_path, ["open", changed, "--against", healthy]) as it:
        it.wait_for("11 tensors against healthy")
        it.press("q")
        assert it.process.wait(TIMEOUT_SECONDS) == 0


@pytest.mark.parametrize("sent", ["q", signal.SIGTERM, signal.SIGINT], ids=["q", "SIGTERM", "SIGINT"])
def test_it_ends_though_a_thread_does_not(
    environment: Mapping[str, str], tmp_path: Path, healthy: str, sent: str | signal.Signals
) -> None:
    """An analyzer that is at work for an hour holds nobody up, and the terminal is as it was."""
    metadata = tmp_path / "party-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: party\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[precisionlab.analyzers]\nendless = endless:endless\n")
    (tmp_path / "endless.py").write_text(ENDLESS)
    path = os.pathsep.join([environment["PYTHONPATH"], str(tmp_path)])
    with terminal({**environment, "PYTHONPATH": path}, tmp_path, ["open", healthy]) as it:
        it.wait_for(OPENED)
        it.wait_until((tmp_path / "begun").exists)
        if isinstance(sent, str):
            it.press(sent)
        else:
            it.process.send_signal(sent)
        it.wait_for(MAIN_SCREEN)
        assert it.process.wait(TIMEOUT_SECONDS) == (0 if sent == "q" else 130)


def test_without_a_terminal_there_is_no_app(process: Process) -> None:
    """One line that says what to do instead; alone the command is a mistake in usage as ever."""
    done = process("open")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("precisionlab: error: the app needs a terminal; ")
    assert done.stderr.count("\n") == 1
    done = process()
    assert (done.returncode, done.stdout) == (2, "")
    assert "arguments are required: COMMAND" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--theme", "textual-lihgt"], "--theme: there is no theme textual-lihgt; did you mean textual-light?"),
        (["--memory", "much"], "--memory: takes a size"),
        (["--threads", "-1"], "--threads: takes a whole number"),
        (["--device", "gpu"], "--device: takes auto, cpu"),
        (["a", "b"], "there is one argument too many: b"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_told_before_anything_is_drawn(command: Command, arguments: Sequence[str], error: str) -> None:
    """One line on standard error."""
    code, out, err = command("open", *arguments)
    assert (code, out) == (2, "")
    assert error in err
    assert err.count("\n") == 1


def test_without_the_server_the_web_has_a_remedy(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "precisionlab.cli.local_server", None)
    code, out, err = command("open", "--web")
    assert (code, out) == (2, "")
    assert "--web: needs textual-serve, which is not installed; pip install 'precisionlab[web]'" in err


def test_visitors_see_the_other_checkpoint_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that shows the app to one has it by its full path."""
    monkeypatch.chdir(tmp_path)
    arguments = build_parser().parse_args(["open", "a.safetensors", "--against", "b.safetensors", "--web"])
    assert command_of(arguments)[-2:] == [f"--against={tmp_path / 'b.safetensors'}", str(tmp_path / "a.safetensors")]


def test_visitors_are_not_served_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration that says to serve is there for whoever starts the server, and is the same for all."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "served.toml").write_text('threads = 2\n[open]\nweb = true\ntheme = "textual-light"')
    server = settled(parse(["open", "--config", "served.toml"]))
    assert server.web
    visitor = settled(parse(command_of(server)[3:]))
    assert (visitor.web, visitor.threads, visitor.theme) == (False, "2", "textual-light")
    assert visitor.configuration.values == server.configuration.values


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_ports_are_numbers(command: Command, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    """Any other is refused before anything listens."""
    stand_in = ModuleType("precisionlab.cli.local_server")
    stand_in.__dict__.update(HOST="localhost", LocalServer=None)
    monkeypatch.setitem(sys.modules, "precisionlab.cli.local_server", stand_in)
    code, _, err = command("open", "--web", f"--port={port}")
    assert code == 2
    assert f"--port: takes a whole number from 1 to 65,535, not {port}" in err
