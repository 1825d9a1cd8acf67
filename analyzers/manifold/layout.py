"""A weight's rows laid out by Isomap."""

from dataclasses import dataclass

import numpy as np
import torch

from analyzers.manifold.isomap import (
    LEAST_POINTS,
    Doubles,
    Halved,
    Integers,
    component,
    exact_isomap,
    graph_of,
    halved,
    landmark_isomap,
)
from analyzers.manifold.options import Options
from analyzers.manifold.sampling import drawn_rows, grouped, placed
from precisionlab.analysis.seeding import generator
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import chosen_rows
from precisionlab.structure.neighbours import nearest

SUSPECT = 0.1
"""Share of geodesics that grow: above it on swiss rolls of 500 to 2,000 points with short cuts, below on all others."""
SURFACE = 2
"""Coordinates by which short cuts are told."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Coordinates of the rows of the largest component."""

    n_points: int
    """Distinct rows of the graph."""
    neighbours: int
    """Of each in the graph: those of the options, where there are so many."""
    n_components: int
    coordinates: Doubles
    """[n, up to 3]"""
    residuals: tuple[float, ...]
    """1 - R^2 of 1, 2, ... coordinates."""
    n_landmarks: int
    """0 of an exact one."""
    halved: Halved
    """With half of the neighbours."""
    groups: tuple[tuple[str, Integers], ...]
    """What rows belong to, and their places in `coordinates`."""

    @property
    def n_left_out(self) -> int:
        """Points in other components."""
        return self.n_points - len(self.coordinates)

    @property
    def is_suspect(self) -> bool:
        """Whether the graph seems to jump between folds of a surface.

        Many geodesics grow with half the neighbours, and two coordinates then tell them twice as well.
        """
        both = [one[:SURFACE] for one in (self.residuals, self.halved.residuals)]
        tells_better = len(both[1]) == SURFACE and both[1][-1] < 0.5 * both[0][-1]
        return self.halved.grown > SUSPECT and tells_better


def laid_out(tensor: Tensor, scale: float, options: Options) -> Layout | None:
    """Isomap of at most `embedded` rows; None where the largest component is too small to have a shape."""
    info = tensor.info
    rows = drawn_rows(info, options.embedded, options.seed, "embedded")
    matrix = chosen_rows(tensor, torch.from_numpy(rows), scale)
    cloud = placed(matrix, options.distance)
    n = len(cloud.points)
    k = min(options.neighbours, n - 1)
    if k < 1:
        return None
    near = nearest(cloud.points, k)
    whole = component(graph_of(near, k))
    size = len(whole.members)
    if size < LEAST_POINTS:
        return None
    is_exact = size <= max(options.exact, options.landmarks)
    drawn = generator(options.seed, "manifold", "landmarks", info.name).choice(
        size, min(size, options.landmarks), replace=False
    )
    embedding = exact_isomap(whole.graph) if is_exact else landmark_isomap(whole.graph, np.sort(drawn))
    kept = cloud.rows.cpu().numpy()[whole.members]
    norms = torch.linalg.vector_norm(matrix, dim=1).cpu().numpy()[kept]
    return Layout(
        n,
        k,
        whole.n_components,
        embedding.coordinates[:, : options.dimensions] * scale_of_distance(scale, options),
        embedding.residuals(),
        0 if is_exact else options.landmarks,
        halved(near, k, whole, embedding),
        tuple(grouped(info, rows[kept], norms, options)),
    )


def scale_of_distance(scale: float, options: Options) -> float:
    """What coordinates are multiplied with: angles have no unit."""
    return scale if options.distance == "euclidean" else 1.0
