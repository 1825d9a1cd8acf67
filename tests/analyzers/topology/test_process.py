"""The process that computes homology: its deadline, its end, and what it leaves behind."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.topology import homology
from analyzers.topology.homology import HomologyProcess, shared_process
from precisionlab.analysis.figures import Table
from precisionlab.analysis.results import Result
from precisionlab.errors import PrecisionlabError
from tests.analyzers.topology.conftest import circle

Doubles = NDArray[np.float64]


def is_alive(pid: int) -> bool:
    """Whether a process runs, and is no zombie that nobody waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "\nState:\tZ" not in status.read_text()


def ends_soon(pid: int) -> bool:
    """Whether it ends within ten seconds."""
    end = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_alive(pid)


def exploding(n: int) -> Doubles:
    """Distances all but equal, of which loops take minutes."""
    random = np.random.default_rng(0)
    points = random.standard_normal((n, 2000))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    distances: Doubles = np.linalg.norm(points[:, None, :8] - points[None, :, :8], axis=2) * 1e-3 + 1
    np.fill_diagonal(distances, 0.0)
    return distances


def test_deadline_leaves_no_process() -> None:
    """A computation that takes too long is killed, nothing is left of it, and the next request is answered."""
    process = HomologyProcess()
    try:
        assert process.diagrams(np.zeros((1, 1)), 1, 2, 60) is not None
        pid = process.pid
        assert pid is not None
        assert process.diagrams(exploding(700), 2, 2, 0.3) is None
        assert process.pid is None
        assert not is_alive(pid)
        assert process.diagrams(np.array([[0.0, 1.0], [1.0, 0.0]]), 1, 2, 60) is not None
    finally:
        process.close()


def test_one_process_serves_all() -> None:
    """It is started once, however often it is asked, and ends when it is closed."""
    process = HomologyProcess()
    process.diagrams(np.zeros((1, 1)), 1, 2, 60)
    pid = process.pid
    process.diagrams(np.zeros((2, 2)), 1, 2, 60)
    assert process.pid == pid
    process.close()
    assert pid is not None
    assert not is_alive(pid)


def test_a_process_that_died_is_started_anew() -> None:
    """One that the system killed between two requests costs nothing."""
    process = HomologyProcess()
    process.diagrams(np.zeros((1, 1)), 1, 2, 60)
    assert process.pid is not None
    os.kill(process.pid, 9)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # all its threads are gone, and it was not waited for yet
    assert process.diagrams(np.zeros((1, 1)), 1, 2, 60) is not None
    process.close()


def test_ends_with_its_parent(tmp_path: Path) -> None:
    """Where the parent is killed in the middle of a computation, the process ends too; it works from any folder."""
    script = textwrap.dedent(
        """
        import sys, threading, time, numpy as np
        from analyzers.topology.homology import HomologyProcess
        process = HomologyProcess()
        process.diagrams(np.zeros((1, 1)), 1, 2, 60)
        random = np.random.default_rng(0)
        distances = 1 + random.random((700, 700)) * 1e-3
        distances = np.triu(distances, 1) + np.triu(distances, 1).T
        threading.Thread(target=process.diagrams, args=(distances, 2, 2, 60), daemon=True).start()
        time.sleep(0.5)
        print(process.pid, flush=True)
        time.sleep(60)
        """
    )
    root = str(Path(homology.__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    assert ends_soon(child)


def test_too_little_memory_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may not have the memory for its request answers nothing, and the next one is started."""
    pytest.importorskip("resource")
    monkeypatch.setattr(homology, "MEMORY", 700 << 20)
    process = HomologyProcess()
    try:
        assert process.diagrams(np.zeros((1, 1)), 1, 2, 60) is not None
        assert process.diagrams(np.ones((6000, 6000)) - np.eye(6000), 1, 2, 60) is None
        assert process.diagrams(np.zeros((1, 1)), 1, 2, 60) is not None
    finally:
        process.close()


def test_one_that_cannot_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where gudhi cannot be loaded there is an error that says how to see it."""
    monkeypatch.setattr(homology, "MEMORY", 1 << 20)
    pytest.importorskip("resource")
    process = HomologyProcess()
    with pytest.raises(PrecisionlabError, match="cannot be started"):
        process.diagrams(np.zeros((1, 1)), 1, 2, 60)
    assert process.pid is None


def test_worker_loads_neither_torch_nor_this_package() -> None:
    """The process has numpy and gudhi, with what these need, and stays small."""
    worker = Path(homology.__file__).with_name("worker.py")
    script = f"import runpy, sys; sys.argv = ['worker', '0']; runpy.run_path({str(worker)!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({"torch", "precisionlab", "analyzers"})


def test_what_is_too_slow_is_not_computed(answered: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no time is left the report says so, and dimension 0 is there all the same."""
    monkeypatch.setattr(homology.Deadline, "diagrams", lambda *_: None)
    result = answered(circle(40))
    assert result.values["homology_points"] == 0
    assert result.values["linked_points"] == 40
    assert not any(key.startswith(("h1_", "sampled_")) for key in result.values)
    tables = [figure for figure in result.figures if isinstance(figure, Table)]
    assert "not computed" in str([table.rows for table in tables])


def test_fewer_points_are_tried_once_more(answered: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first attempt takes too long, half as many points are taken, and the table says so."""
    computed = homology.Deadline.diagrams

    def few_only(self: homology.Deadline, distances: Doubles, *others: float) -> homology.Diagrams | None:
        return computed(self, distances, *others) if len(distances) <= 30 else None  # type: ignore[arg-type]

    monkeypatch.setattr(homology.Deadline, "diagrams", few_only)
    result = answered(circle(40), nulls=())
    assert result.values["homology_points"] == 20
    shared_process().close()
