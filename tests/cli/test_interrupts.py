"""Ctrl-C at any moment: within a second the command ends, having told what was done."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from precisionlab.cli.interrupts import interrupted_once
from precisionlab.cli.main import was_interrupted

Start = Callable[..., "subprocess.Popen[str]"]
PATIENCE_SECONDS = 2.0
"""The promise is one second; a machine that runs other tests meanwhile gets another."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs /proc to know how far a process is")


@pytest.fixture
def start(environment: Mapping[str, str], tmp_path: Path) -> Start:
    """Starts a scan in a session of its own, as a terminal would."""

    def run(*arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "precisionlab", "scan", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**environment, "TMPDIR": str(tmp_path)},
            start_new_session=True,
        )

    return run


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what a process does; fail where it never does."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def bytes_read(pid: int) -> int:
    """How much the process has read of any file."""
    return int(Path(f"/proc/{pid}/io").read_text().split()[1])


def children(pid: int) -> list[int]:
    """The processes that it has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def has_ended(pid: int) -> bool:
    """Whether the process is gone, or dead and only waits for whoever inherited it to notice."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def interrupt(
    running: "subprocess.Popen[str]", pauses: Sequence[float] = (), number: signal.Signals = signal.SIGINT
) -> tuple[str, str]:
    """Press Ctrl-C, and again after each pause; what the process printed, which must have ended soon after."""
    started = time.monotonic()
    os.killpg(running.pid, number)
    for pause in pauses:
        time.sleep(pause)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert time.monotonic() - started < PATIENCE_SECONDS + sum(pauses)
    return out, err


@pytest.mark.parametrize("pauses", [[], [0.0, 0.1]], ids=["once", "thrice"])
def test_a_scan_stops_and_tells_what_it_did(start: Start, tmp_path: Path, large: str, pauses: Sequence[float]) -> None:
    """The report of what was done is printed and written; exit code 130; no traceback, however often it is pressed."""
    running = start(large, "-o", "report.json")
    wait_until(lambda: bytes_read(running.pid) > 600 << 20)
    out, err = interrupt(running, pauses)
    assert running.returncode == 130
    assert err == "precisionlab: note: interrupted; the report covers what was done until then\n"
    assert out.splitlines()[-1].endswith("of 500 tensors of 1 checkpoint; interrupted")
    (checkpoint,) = json.loads((tmp_path / "report.json").read_text())["checkpoints"]
    assert not checkpoint["complete"]
    assert 0 < len(checkpoint["results"]) < 500
    assert os.listdir(tmp_path) == ["report.json"]  # noqa: PTH208 - names are enough


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_opening_a_pickle_stops_with_its_child(
    start: Start, tmp_path: Path, large: str, number: signal.Signals
) -> None:
    """The process that loads it ends too, its temporary folder goes, and nothing was done that could be written."""
    write_pickle(tmp_path / "model.pth")
    running = start("model.pth", large, "-o", "report.json")
    wait_until(lambda: bool(children(running.pid)))
    (child,) = children(running.pid)
    out, err = interrupt(running, number=number)
    assert (running.returncode, out) == (130, "")
    assert err == "precisionlab: note: interrupted; nothing was done until then\n"
    wait_until(lambda: has_ended(child))
    assert os.listdir(tmp_path) == ["model.pth"]  # noqa: PTH208 - names are enough


def write_pickle(path: Path) -> None:
    """A file that must be loaded in a child process to be known."""
    sample = Path(__file__).parents[2] / "samples" / "shared-storage.pth"
    path.write_bytes(sample.read_bytes())


def test_start_up_stops_too(start: Start, large: str) -> None:
    """While modules are being imported there is nothing to report."""
    running = start(large)
    wait_until(lambda: "numpy" in Path(f"/proc/{running.pid}/maps").read_text())
    out, err = interrupt(running)
    assert (running.returncode, out) == (130, "")
    assert err.startswith("precisionlab: note: interrupted")
    assert err.count("\n") == 1


def test_one_ctrl_c_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one in a row is not heard, one after the pause is; afterwards all is as before."""
    heard = []
    clock = iter((100.0, 100.5, 101.5, 102.0))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    with interrupted_once():
        for _ in range(4):
            try:
                signal.raise_signal(signal.SIGINT)
                heard.append(False)
            except KeyboardInterrupt:
                heard.append(True)
    assert heard == [True, False, True, False]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_somebody_else_handles_stays_theirs() -> None:
    """As under nohup, where a closed window is to be ignored; all others are as before in the end."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    others = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    try:
        with interrupted_once():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not others[1]
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == others
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interrupt_is_recognised_behind_another_error() -> None:
    """Python wraps one that comes while a class is being made."""
    wrapping = RuntimeError("Error calling __set_name__")
    wrapping.__cause__ = KeyboardInterrupt()
    assert was_interrupted(wrapping)
    assert was_interrupted(KeyboardInterrupt())
    assert not was_interrupted(RuntimeError())


def losing_an_interrupt() -> None:
    """As a compiled module does that is interrupted while it is imported."""
    with interrupted_once():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError from None


def failing() -> None:
    """An error of its own."""
    with interrupted_once():
        raise ImportError


def test_an_error_after_ctrl_c_is_its_consequence() -> None:
    """An error without one stays what it is."""
    with pytest.raises(KeyboardInterrupt):
        losing_an_interrupt()
    with pytest.raises(ImportError):
        failing()
