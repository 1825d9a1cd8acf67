"""Matrix products on the CPU, some rows at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.accumulation.loops import turned
from precisionlab.accumulation.records import BlockFma, Chain, Promoted
from precisionlab.accumulation.rows import row_sums

Doubles = NDArray[np.float64]

ROWS: Final = 64
"""Rows that are computed side by side: with a few thousand inputs they stay in the second cache."""


def products_by_rows(
    weights: NDArray[Any], inputs: NDArray[Any], made: Chain | BlockFma | Promoted, key: int, threads: int
) -> Doubles:
    """The product [m, n] of float32 or float64, some rows at a time."""
    results = np.empty((weights.shape[0], inputs.shape[1]))
    columns = np.ascontiguousarray(inputs.T, np.float64)
    pieces = list(row_pieces(weights.shape[0]))
    threads = min(threads, len(pieces))

    def run(first: int) -> None:
        # One buffer for all pieces of a thread: fresh pages cost as much as the arithmetic.
        buffer = np.empty((weights.shape[1], ROWS))
        for rows in pieces[first::threads]:
            n_rows = rows.stop - rows.start
            block = buffer if n_rows == ROWS else buffer.reshape(-1)[: n_rows * len(buffer)].reshape(-1, n_rows)
            turned(weights[rows], block)
            # Every sum has its own stretch of random numbers.
            numbers = np.arange(rows.start, rows.stop, dtype=np.uint64) * np.uint64(len(columns))
            for i, column in enumerate(columns):
                places = (numbers + np.uint64(i)) * np.uint64(2 * len(column))
                results[rows, i] = row_sums(block, column, made, (key, places))

    if threads == 1:
        run(0)
    else:
        with ThreadPoolExecutor(threads, "precisionlab-accumulate") as pool:
            list(pool.map(run, range(threads)))
    return results


def row_pieces(n_rows: int) -> Iterator[slice]:
    """Consecutive rows that are computed side by side."""
    return (slice(start, min(n_rows, start + ROWS)) for start in range(0, n_rows, ROWS))
