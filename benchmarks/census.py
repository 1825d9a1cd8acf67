"""The census of bfloat16 against a bare read of the same data and against a chain of torch statistics.

python benchmarks/census.py [--elements 67108864] [--rounds 5]
"""

import argparse
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray

from precisionlab.analysis.census.devices import backend_of
from precisionlab.analysis.census.survey import Block, Surveyor, blocks_of
from precisionlab.checkpoints import ByteRange, TensorInfo
from timing import best_seconds, machine

WIDTH = 4096


@njit(nogil=True)
def read_in_words(words: NDArray[np.uint64]) -> int:
    """Touch every byte with the widest loads: as fast as memory allows."""
    total = np.uint64(0)
    for i in range(words.size):
        total ^= words[i]
    return int(total)


@njit(nogil=True)
def read_element_by_element(codes: NDArray[np.uint16], table: NDArray[np.uint32]) -> None:
    """Read each element and store something for it: what any loop must do that tells elements apart."""
    for i in range(codes.size):
        table[codes[i] & np.uint16(1023)] = np.uint32(i)


def torch_statistics(values: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Ten statistics as one writes them in eager torch."""
    magnitude = values.abs()
    tiny = torch.finfo(values.dtype).tiny
    nonzero = magnitude[magnitude > 0]
    wide = values.float()
    return (
        torch.isnan(values).sum(),
        torch.isinf(values).sum(),
        (values == 0).sum(),
        ((magnitude > 0) & (magnitude < tiny)).sum(),
        magnitude.max(),
        nonzero.min(),
        wide.mean(),
        wide.std(),
        values.max(),
        values.min(),
    )


def survey(info: TensorInfo, content: NDArray[np.uint8], threads: int, *, channels: bool) -> None:
    """The product's own counting of a tensor that is in memory already."""
    shape = info.shape if channels else (info.n_elements,)
    flat = TensorInfo(info.name, info.dtype, shape, info.location)
    surveyor = Surveyor(flat, backend_of("cpu"))

    def count(block: Block) -> None:
        surveyor.add(block, content[block.start : block.start + block.length])

    if threads == 1:
        for block in blocks_of(flat):
            count(block)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(count, blocks_of(flat)))
    surveyor.finish()


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elements", type=int, default=1 << 26)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    n = arguments.elements // WIDTH * WIDTH
    torch.manual_seed(0)
    values = (torch.randn(n) * 0.02).to(torch.bfloat16)
    codes = values.view(torch.int16).numpy().view(np.uint16)
    content = codes.view(np.uint8)
    info = TensorInfo("w", "bfloat16", (n // WIDTH, WIDTH), ByteRange("memory", 0, content.size))
    table = np.zeros(1024, np.uint32)
    torch.set_num_threads(1)
    actions = {
        "read, 64-bit words": lambda: read_in_words(content.view(np.uint64)),
        "read and one store an element": lambda: read_element_by_element(codes, table),
        "census, 1 thread": lambda: survey(info, content, 1, channels=False),
        "census, 2 threads": lambda: survey(info, content, 2, channels=False),
        "census and channels, 1 thread": lambda: survey(info, content, 1, channels=True),
        "ten statistics in eager torch, 1 thread": lambda: torch_statistics(values),
    }
    seconds = best_seconds(actions, arguments.rounds)
    reference = seconds["census, 1 thread"]
    print(f"{n:,} bfloat16 elements; {machine()}\n")
    print("| what | ns an element | times the census |\n| --- | ---: | ---: |")
    for name, value in seconds.items():
        print(f"| {name} | {value / n * 1e9:.3f} | {value / reference:.2f} |")


if __name__ == "__main__":
    main()
