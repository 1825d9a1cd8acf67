"""A whole scan with `range` of a warm bfloat16 checkpoint against only reading it, and the memory it takes.

    python benchmarks/scan.py [--gigabytes 4] [--rounds 3] [--folder DIR]

Writes a checkpoint of that size to a temporary folder and deletes it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.checkpoints import FileReader, TensorInfo, open_checkpoint
from precisionlab.scanning.scan import scan
from timing import best_seconds, machine

BLOCK = 4 << 20
SHAPES = ((4096, 4096), (4096, 4096), (1024, 4096), (1024, 4096), (14336, 4096), (14336, 4096), (4096, 14336), (4096,))
"""One layer of a common 8-billion-parameter model, in elements."""

BARE = "import resource, torch; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
SCANNED = (
    "import resource, sys, torch; from precisionlab import scan; scan(sys.argv[1], ['range']);"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)


def write_checkpoint(path: Path, n_bytes: int) -> None:
    """Layers of normal deviates in bfloat16 until the file has about `n_bytes`."""
    random = np.random.default_rng(0)
    deviates = (random.standard_normal(1 << 24, np.float32) * np.float32(0.02)).view(np.uint32)
    pool = ((deviates + 0x8000) >> 16).astype(np.uint16)
    header: dict[str, object] = {}
    end, layer = 0, 0
    while end < n_bytes:
        for i, shape in enumerate(SHAPES):
            size = int(np.prod(shape)) * 2
            header[f"layers.{layer}.{i}.weight"] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
            end += size
        layer += 1
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        written = 0
        while written < end:
            start = int(random.integers(0, len(pool) // 2))
            file.write(pool[start : start + (end - written) // 2].tobytes()[: 16 << 20])
            written = file.tell() - 8 - len(text)


def nothing(block: NDArray[np.uint8]) -> None:
    """Do nothing with bytes that were read."""


def store_once(block: NDArray[np.uint8]) -> None:
    """Store something for each element: the least that telling elements apart takes."""
    store_each(block.view(np.uint16), np.zeros(1024, np.uint32))


@njit(nogil=True)
def store_each(codes: NDArray[np.uint16], table: NDArray[np.uint32]) -> None:
    """One load and one store an element."""
    for i in range(codes.size):
        table[codes[i] & np.uint16(1023)] = np.uint32(i)


def read_all(path: Path, threads: int, use: Callable[[NDArray[np.uint8]], None]) -> None:
    """Read every tensor's bytes as the scan does, and do something with each block while it is in the cache."""
    with open_checkpoint(path) as checkpoint, FileReader() as reader:

        def read(infos: list[TensorInfo]) -> None:
            buffer = np.empty(BLOCK, np.uint8)
            for info in infos:
                for start in range(0, info.n_bytes, BLOCK):
                    part = buffer[: min(BLOCK, info.n_bytes - start)]
                    reader.read_into(info.location, start, part.data)
                    use(part)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(read, [list(checkpoint.tensors[i::threads]) for i in range(threads)]))


def peak_megabytes(code: str, *arguments: str) -> float:
    """Peak resident memory of a fresh interpreter that runs `code`, in MiB."""
    output = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return int(output.stdout) / 1024


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        large, small = Path(folder, "large.safetensors"), Path(folder, "small.safetensors")
        write_checkpoint(large, int(arguments.gigabytes * 1e9))
        write_checkpoint(small, int(arguments.gigabytes * 0.25e9))
        gigabytes = large.stat().st_size / 1e9
        actions = {
            "read, 1 thread": lambda: read_all(large, 1, nothing),
            "read, 2 threads": lambda: read_all(large, 2, nothing),
            "read and one store an element, 2 threads": lambda: read_all(large, 2, store_once),
            "scan": lambda: scan(large, ["range"]),
        }
        seconds = best_seconds(actions, arguments.rounds)
        print(f"{gigabytes:.2f} GB of bfloat16, warm; {machine()}\n")
        print("| what | seconds | GB/s | times reading with 1 thread |\n| --- | ---: | ---: | ---: |")
        for name, value in seconds.items():
            ratio = value / seconds["read, 1 thread"]
            print(f"| {name} | {value:.2f} | {gigabytes / value:.2f} | {ratio:.2f} |")
        bare = peak_megabytes(BARE)
        print(f"\nPeak memory: an interpreter with torch imported {bare:.0f} MiB; beyond it, the scan of")
        for path in (small, large):
            beyond = peak_megabytes(SCANNED, str(path)) - bare
            print(f"- {path.stat().st_size / 1e9:.2f} GB: {beyond:.0f} MiB")


if __name__ == "__main__":
    main()
