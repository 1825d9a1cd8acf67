"""Which rows of a weight are looked at: all, or some drawn at random."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.manifold.options import Options
from precisionlab.analysis.axes import Axis, axes_of
from precisionlab.analysis.folding import folding_of
from precisionlab.analysis.seeding import generator
from precisionlab.analysis.weights import shape_of
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.structure.digests import digest_of

if TYPE_CHECKING:
    import torch

    from precisionlab.structure.points import Cloud

Integers = NDArray[np.int64]

MOST_NUMBERS = 60_000_000
"""Of points in float64 at a time: 480 MB."""
MOST_PAIRS = 2.5e12
"""Multiply-adds of the distances between queries and all rows."""
SAMPLE_PAIRS = 2e9
"""Multiply-adds of the distances within the sample, which each random matrix takes again."""
MOST_GROUPS = 8
"""Of points that are coloured alike."""


def drawn_rows(info: TensorInfo, most: int, seed: int, purpose: str) -> Integers:
    """At most so many rows, drawn at random, ascending; all of fewer."""
    n = shape_of(info)[0]
    if n <= most:
        return np.arange(n)
    return np.sort(generator(seed, "manifold", purpose, info.name).choice(n, most, replace=False))


def most_rows(info: TensorInfo, queries: int) -> int:
    """Among how many rows the neighbours of the queries are looked for."""
    n, width = shape_of(info)
    return min(n, MOST_NUMBERS // width, int(MOST_PAIRS / (min(n, queries) * width)))


def sample_size(info: TensorInfo, options: Options) -> int:
    """Rows that stand beside random matrices: those of the options, fewer where they are very long."""
    return max(16, min(options.sample, math.isqrt(int(SAMPLE_PAIRS / shape_of(info)[1]))))


def placed(matrix: "torch.Tensor", distance: str) -> "Cloud":
    """The rows of a finite matrix as distinct points: of identical ones the first."""
    import torch  # noqa: PLC0415 - as above

    from precisionlab.structure.points import Cloud, Distance, cloud  # noqa: PLC0415

    is_plain = distance == Distance.EUCLIDEAN
    made = Cloud(matrix, torch.arange(len(matrix)), 0) if is_plain else cloud(matrix, Distance(distance))
    first: dict[bytes, int] = {}
    for place, row in enumerate(made.points.cpu().numpy()):
        first.setdefault(digest_of(row + 0.0), place)  # -0 is 0
    kept = torch.tensor(list(first.values()), dtype=torch.int64, device=made.points.device)
    is_all = len(kept) == len(made.points)
    return made if is_all else Cloud(made.points[kept], made.rows[kept], made.n_left_out)


def grouped(
    info: TensorInfo, rows: Integers, norms: NDArray[np.float64], options: Options
) -> list[tuple[str, Integers]]:
    """Places of rows by what they belong to: experts, heads, or else quarters of the norms."""
    n = shape_of(info)[0]
    kind, n_parts = "norm", 0
    folding = folding_of(info, options.heads, ())
    if axes_of(info)[0] is Axis.LAYERS:
        kind, n_parts = "expert", math.prod(info.shape[:-2])
    elif folding is not None and folding.reason == "heads" and folding.shape[0] == options.heads:
        kind, n_parts = "head", options.heads
    if n_parts > 1:
        return by_part(kind, n_parts, rows * n_parts // n)
    order = np.argsort(norms, kind="stable")
    words = ("smallest norms", "second quarter", "third quarter", "largest norms")
    return [(label, np.sort(some)) for label, some in zip(words, np.array_split(order, 4), strict=True) if len(some)]


def by_part(kind: str, n_parts: int, part: Integers) -> list[tuple[str, Integers]]:
    """Places by part, neighbouring parts together where there are more than can be told apart."""
    width = -(-n_parts // MOST_GROUPS)
    found = []
    for start in range(0, n_parts, width):
        last = min(start + width, n_parts) - 1
        label = f"{kind} {start}" if last == start else f"{kind}s {start}-{last}"
        places = np.flatnonzero((part >= start) & (part <= last))
        if len(places):
            found.append((label, places))
    return found
