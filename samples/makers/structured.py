"""A checkpoint of weights with structure: rows that are dead, equal or opposite, symmetry, low rank, border rank.

Products are of numbers on a coarse grid, so that they are exact and the same on every machine.
"""

import numpy as np

from makers.gaussian import gaussian
from makers.raw_safetensors import RawTensor
from makers.words import Values, bfloat, single, stored

ROWS, COLUMNS = 64, 48
FIRST, OTHER = 3, 7
"""The rows of a planted pair."""
GRID = 2.0**-8


def structured_tensors() -> dict[str, RawTensor]:
    """Every tensor of `structure.safetensors`, by name."""
    matrices = {**paired_rows(), **symmetric(), **ranked()}
    return {
        "healthy.weight": stored("BF16", bfloat(plain("healthy"))),
        **{name: stored("F32", single(values)) for name, values in matrices.items()},
    }


def plain(name: str) -> Values:
    """Normal deviates."""
    return gaussian(f"structured {name}", (ROWS, COLUMNS), 0.02)


def gridded(name: str, shape: tuple[int, ...]) -> Values:
    """Normal deviates of standard deviation 1/4 on a grid of 1/256: their products are exact."""
    return np.round(gaussian(f"structured {name}", shape, 0.25) / GRID) * GRID


def paired_rows() -> dict[str, Values]:
    """Two dead rows; a row that equals another, all but equals it, or is its negative."""
    dead, duplicate, near, flipped = (plain(name) for name in ("dead", "duplicate", "near", "flipped"))
    dead[[FIRST, OTHER]] = 0
    duplicate[OTHER] = duplicate[FIRST]
    near[OTHER] = near[FIRST] * (1 + 2.0**-12)
    flipped[OTHER] = -flipped[FIRST]
    return {
        "dead_rows.weight": dead,
        "duplicate_rows.weight": duplicate,
        "near_rows.weight": near,
        "flipped_rows.weight": flipped,
    }


def symmetric() -> dict[str, Values]:
    """A circulant matrix."""
    row = gaussian("structured circulant", (32,), 0.1)
    return {"circulant.weight": np.stack([np.roll(row, i) for i in range(len(row))])}


def ranked() -> dict[str, Values]:
    """Rank 4; small numbers under a large direction; a kernel of border rank 2 and rank 3 (de Silva and Lim 2008)."""
    low = gridded("left", (ROWS, 4)) @ gridded("right", (4, 96))
    direction = np.sign(gridded("signs", (256,)) + GRID / 2)
    hidden = gaussian("structured small", (128, 256), 0.02) + np.outer(gridded("sizes", (128,)) * 4, direction)
    sides = (12, 10, 6)
    a, b = ([np.resize(pattern, size) for size in sides] for pattern in ((0.5, 0.5), (0.5, -0.5)))
    border = sum(
        np.einsum("i,j,k->ijk", *(b[axis] if axis == odd else a[axis] for axis in range(3))) for odd in range(3)
    )
    return {"low_rank.weight": low, "hidden.weight": hidden, "border_rank.conv.weight": np.asarray(border)}
