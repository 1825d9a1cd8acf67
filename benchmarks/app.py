"""How soon the app is painted, and its tree usable, as multiples of a bare Textual app.

    python benchmarks/app.py [--rounds 5] [--sizes 10 10000 220000]

Each start is a process on a terminal of its own; checkpoints of that many tensors of one number each are written
to a temporary folder and deleted.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from precisionlab.checkpoints.safetensors_writing import Entry, write_safetensors
from terminals import on_terminal, read_until
from timing import machine

BARE = """
from textual.app import App
from textual.widgets import Label

class Bare(App[None]):
    def compose(self):
        yield Label("painted")

Bare().run()
"""
PARTS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.up_proj", "mlp.down_proj")
PAINTED, USABLE = b"opening", b"model.layers"
"""What is shown first, and the tree."""


def write_checkpoint(path: Path, n_tensors: int) -> None:
    """So many tensors under the names of a deep transformer."""
    names = (f"model.layers.{i // len(PARTS)}.{PARTS[i % len(PARTS)]}.weight" for i in range(n_tensors))
    write_safetensors(path, [Entry(name, "float16", (1,), lambda: [b"\0\x3c"]) for name in names])


def seconds_until(texts: Sequence[bytes], arguments: Sequence[str], home: str) -> list[float]:
    """From the start of an interpreter on a terminal until it has shown each of the texts, in this order or at once."""
    start, seen, times = time.perf_counter(), b"", []
    with on_terminal(arguments, home) as terminal:
        for text in texts:
            seen = read_until(text, terminal, seen)
            times.append(time.perf_counter() - start)
    return times


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 10_000, 220_000])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        starts = {"a bare Textual app": partial(seconds_until, [b"painted"], ["-c", BARE], folder)}
        for size in arguments.sizes:
            path = Path(folder, f"{size}.safetensors")
            write_checkpoint(path, size)
            command = ["-m", "precisionlab", "open", str(path)]
            starts[f"{size:,} tensors"] = partial(seconds_until, [PAINTED, USABLE], command, folder)
        best = best_times(starts, arguments.rounds)
    bare = best["a bare Textual app"][0]
    print(f"Textual {version('textual')}; {machine()}\n")
    print("| what | first paint, s | times bare | usable tree, s | times bare |\n| --- | ---: | ---: | ---: | ---: |")
    for name, times in best.items():
        print(f"| {name} | " + " | ".join(f"{one:.2f} | {one / bare:.2f}" for one in (times[0], times[-1])) + " |")


def best_times(starts: Mapping[str, Callable[[], list[float]]], rounds: int) -> dict[str, list[float]]:
    """The shortest times of each start; they take turns, so that drifting speed hits all alike."""
    best = {name: start() for name, start in starts.items()}
    for _ in range(rounds):
        for name, start in starts.items():
            best[name] = [min(pair) for pair in zip(best[name], start(), strict=True)]
    return best


if __name__ == "__main__":
    main()
