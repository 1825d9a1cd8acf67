"""Homology in dimension 0 of all points: single linkage, its largest gap, and points that all but coincide."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precisionlab.structure.spanning import SpanningTree

Doubles = NDArray[np.float64]
LEAST_GAP = 1e-9
"""A gap below this share of the largest height is what rounding makes of equal heights."""


@dataclass(frozen=True, slots=True)
class Linkage:
    """Where components of distinct points merge as the distance grows."""

    heights: Doubles
    """[n - 1], ascending, in the weight's unit for Euclidean distances."""
    sizes: tuple[int, ...]
    """Points of each cluster when it is cut at the largest gap of the heights, the largest first."""
    gap: float
    """The width of that gap; 0 without one."""
    cut: float
    """The height in its middle."""
    near_pairs: tuple[tuple[int, int], ...]
    """Edges of the tree between points that all but coincide, the shortest first; indices of points."""
    n_near: int
    """Points whose nearest is that near."""
    n_sampled: int
    """Points that were looked at."""
    n_distinct: int
    """Points, one of each that are equal, that have a place."""

    @property
    def is_exact(self) -> bool:
        """Whether these are all points."""
        return self.n_sampled == self.n_distinct


def linkage_of(tree: SpanningTree, places: NDArray[np.int64], n_distinct: int, near: float, scale: float) -> Linkage:
    """What a spanning tree says.

    Args:
        tree: of points.
        places: [n] the point of the weight that each stands for.
        n_distinct: how many there would be.
        near: share of the median distance from the nearest point, below which a point is a near-duplicate.
        scale: that the coordinates were divided by.
    """
    after, gap = largest_gap(tree.lengths)
    bound = near * float(np.median(tree.nearest)) if len(tree.lengths) else 0.0
    pairs = places[tree.edges[tree.lengths < bound]]
    cut = (tree.lengths[after - 1] + tree.lengths[after]) / 2 if gap else 0.0
    return Linkage(
        tree.lengths * scale,
        cluster_sizes(tree, after) if gap else (len(places),),
        gap * scale,
        float(cut) * scale,
        tuple((int(min(pair)), int(max(pair))) for pair in pairs),
        int((tree.nearest < bound).sum()),
        len(places),
        n_distinct,
    )


def largest_gap(heights: Doubles) -> tuple[int, float]:
    """How many heights are below the largest gap between neighbours, and its width: 0 where there is none.

    At least half of the heights are: a cut below them would leave most points alone.
    """
    least = max(1, len(heights) // 2)
    gaps = np.diff(heights[least - 1 :])
    if not len(gaps):
        return 0, 0.0
    after = int(gaps.argmax())
    gap = float(gaps[after])
    return (after + least, gap) if gap > LEAST_GAP * float(heights[-1]) else (0, 0.0)


def cluster_sizes(tree: SpanningTree, n_edges: int) -> tuple[int, ...]:
    """Points of each component that the shortest edges join, the largest first."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - slow to import

    n = len(tree.nearest)
    left, right = tree.edges[:n_edges].T
    _, labels = connected_components(coo_array((np.ones(n_edges), (left, right)), shape=(n, n)), directed=False)
    return tuple(int(size) for size in np.sort(np.bincount(labels))[::-1])
