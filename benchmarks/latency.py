"""How soon a key is answered on the screen while a large checkpoint is scanned, beside an idle app and a bare one.

    python benchmarks/latency.py [--gigabytes 4] [--analyzers topology manifold rounding lowrank] [--seconds 15]

The cursor walks over the tensors, each of which is shown with its answers; the time is that from the key until the
terminal is sent the next row. The checkpoint is written to a temporary folder and deleted.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from precisionlab.checkpoints.safetensors_writing import Entry, write_safetensors
from precisionlab.scanning.discovery import load_all
from terminals import on_terminal, read_for, read_until
from timing import machine

N_TENSORS = 30
"""All of which are seen at once."""
COLUMNS = 4096
BARE = f"""
from textual.app import App
from textual.widgets import Tree

class Bare(App[None]):
    def compose(self):
        tree = Tree("tensors")
        tree.root.expand()
        for i in range({N_TENSORS}):
            tree.root.add_leaf(f"tensor_{{i:02}}_")
        yield tree

Bare().run()
"""
DOWN, UP = b"\x1b[B", b"\x1b[A"
SCANNING = b"scanning"
"""In the status bar, which is written twice a second."""
QUIET_SECONDS = 1.5
"""Without that word: no scan runs."""


def write_checkpoint(path: Path, n_bytes: int) -> None:
    """Tensors of normal numbers in bfloat16."""
    drawn = np.random.default_rng(0).standard_normal(1 << 22, np.float32) * np.float32(0.02)
    block = (drawn.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    blocks = n_bytes // N_TENSORS // len(block)
    shape = (blocks * len(block) // 2 // COLUMNS, COLUMNS)
    names = (f"tensor_{i:02}_" for i in range(N_TENSORS))
    write_safetensors(path, [Entry(name, "bfloat16", shape, lambda: [block] * blocks) for name in names])


class Walk:
    """A cursor that goes down and up over the rows, and how long each step took to be seen."""

    def __init__(self, terminal: int) -> None:
        self.terminal = terminal
        self.seen = b""
        """What the terminal was sent since the last step."""
        self._places = self._there_and_back()
        self._pauses = np.random.default_rng(0)

    def step(self) -> float:
        """Press the next key; the seconds until its row is sent."""
        key, row = next(self._places)
        self.seen = read_for(self._pauses.uniform(0.05, 0.15), self.terminal)
        start = time.perf_counter()
        os.write(self.terminal, key)
        answer = read_until(row, self.terminal)
        took = time.perf_counter() - start
        self.seen += answer
        return took

    def _there_and_back(self) -> Iterator[tuple[bytes, bytes]]:
        yield DOWN, b"tensor_00_"
        while True:
            yield from ((DOWN, f"tensor_{i:02}_".encode()) for i in range(1, N_TENSORS))
            yield from ((UP, f"tensor_{i:02}_".encode()) for i in range(N_TENSORS - 2, -1, -1))


def while_scanning(walk: Walk, seconds: float) -> list[float]:
    """The times of the steps until the scan is over, or so many seconds have passed."""
    read_until(SCANNING, walk.terminal)
    start = last = time.perf_counter()
    times = []
    while time.perf_counter() - start < seconds:
        times.append(walk.step())
        if SCANNING in walk.seen:
            last = time.perf_counter()
        elif time.perf_counter() - last > QUIET_SECONDS / 2:
            break
    return times


def when_quiet(walk: Walk, n_steps: int) -> list[float]:
    """The times of so many steps once no scan runs."""
    while SCANNING in read_for(QUIET_SECONDS, walk.terminal):
        pass
    return [walk.step() for _ in range(n_steps)]


def turns_to(analyzer: str) -> int:
    """How many tabs it is away from the first: those that run by default come before the others."""
    found = load_all().analyzers
    return sorted(found, key=lambda name: (not found[name].by_default, name)).index(analyzer)


def measure(path: str, home: str, arguments: argparse.Namespace) -> Iterator[tuple[str, Sequence[float]]]:
    """What ran beside, and the times of the steps."""
    with on_terminal(["-c", BARE], home) as terminal:
        read_until(b"tensor_01_", terminal)
        yield "a bare Textual app", when_quiet(Walk(terminal), arguments.steps)
    default: list[float] = []
    for _ in range(arguments.rounds):
        with on_terminal(["-m", "precisionlab", "open", path], home) as terminal:
            read_until(b"tensor_01_", terminal)
            walk = Walk(terminal)
            default += while_scanning(walk, arguments.seconds)
            idle = when_quiet(walk, arguments.steps)
    yield "the app, idle", idle
    yield "a scan with the default analyzers", default
    for analyzer in arguments.analyzers:
        with on_terminal(["-m", "precisionlab", "open", path], home) as terminal:
            read_until(b"tensor_01_", terminal)
            walk = Walk(terminal)
            when_quiet(walk, 1)
            os.write(terminal, b"]" * turns_to(analyzer))
            read_for(QUIET_SECONDS, terminal)
            os.write(terminal, b"a")
            yield f"a scan with {analyzer}", while_scanning(walk, arguments.seconds)


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--analyzers", nargs="*", default=["topology", "manifold", "rounding", "lowrank"])
    parser.add_argument("--seconds", type=float, default=15, help="of each scan")
    parser.add_argument("--rounds", type=int, default=3, help="of the default scan, which is short")
    parser.add_argument("--steps", type=int, default=100, help="of an idle app")
    arguments = parser.parse_args()
    print(f"Textual {version('textual')}; {machine()}\n")
    print("| what runs | keys | p50, ms | p95, ms | longest, ms |\n| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.safetensors")
        write_checkpoint(path, int(arguments.gigabytes * 1e9))
        for name, times in measure(str(path), folder, arguments):
            p50, p95, longest = np.percentile(times, (50, 95, 100)) * 1000
            print(f"| {name} | {len(times)} | {p50:.0f} | {p95:.0f} | {longest:.0f} |", flush=True)


if __name__ == "__main__":
    main()
