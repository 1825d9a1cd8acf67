"""The figures of the `manifold` analyzer for one tensor."""

import math
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzers.manifold.options import Options
from analyzers.manifold.sampling import drawn_rows, most_rows, placed, sample_size
from precisionlab.analysis.comparisons import Compared
from precisionlab.analysis.seeding import seed_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import chosen_rows, shape_of

if TYPE_CHECKING:
    import torch

    from analyzers.manifold.dimensions import TwoNN
    from analyzers.manifold.layout import Layout

LEAST_POINTS = 10
"""Distinct rows below which no dimension is estimated."""
POOLED = (5, 10, 20)
"""Neighbours of the pooled maximum likelihood."""
LOCAL = 256
"""Rows around which local principal components are taken."""
SMALL = 1 << 20
"""Elements up to which waking a second thread takes longer than it saves on a busy machine."""
SCALE_LANDMARKS = 100
"""Of the sample's Isomap, which stands beside random ones."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements and figures of one tensor are made of."""

    rows: int
    columns: int
    n_among: int
    """Rows among which neighbours were looked for: all, or drawn at random."""
    n_points: int
    """Of these, distinct ones with a place."""
    n_queries: int
    two_nn: "TwoNN | None"
    own: Mapping[str, float]
    """Dimensions by name, of queries among `n_points`."""
    sampled: int
    """Points that stand beside random ones; 0 for none."""
    compared: Compared
    """The same figures of the sample, beside those of random matrices, named `sample_...`."""
    layout: "Layout | None"


def measure(tensor: Tensor, scale: float, options: Options) -> Figures | str:
    """Everything there is to know of one tensor; words where there are too few points."""
    from precisionlab.structure.threads import one_thread_each  # noqa: PLC0415 - torch, which is slow to load

    with one_thread_each() if tensor.info.n_elements <= SMALL else nullcontext():
        return measured(tensor, scale, options)


def measured(tensor: Tensor, scale: float, options: Options) -> Figures | str:
    """The same, on as many threads as torch is set to."""
    import torch  # noqa: PLC0415 - slow, and loaded by then

    from analyzers.manifold.dimensions import two_nn  # noqa: PLC0415 - torch and scipy, which are slow to load
    from analyzers.manifold.layout import laid_out  # noqa: PLC0415
    from precisionlab.structure.neighbours import nearest  # noqa: PLC0415
    from precisionlab.structure.points import LARGEST, Distance  # noqa: PLC0415

    if options.distance == Distance.EUCLIDEAN and scale > LARGEST:
        return f"numbers beyond {LARGEST:g}: {options.distance} distances may overflow float64"
    info = tensor.info
    n_rows, n_columns = shape_of(info)
    among = drawn_rows(info, most_rows(info, options.queries), options.seed, "rows")
    cloud = placed(chosen_rows(tensor, torch.from_numpy(among), scale), options.distance)
    n_points = len(cloud.points)
    if n_points < LEAST_POINTS:
        rows = "row" if n_points == 1 else "rows"
        return f"it has {n_points} distinct {rows} with a place: fewer than {LEAST_POINTS} tell no dimension"
    queries = evenly(n_points, options.queries)
    near = nearest(cloud.points, most_neighbours(n_points, options), queries)
    own = dimensions(cloud.points, near.distances, near.indices, queries, options)
    interval = two_nn(near.distances.cpu().numpy())
    del cloud, near
    sampled, compared = beside(tensor, scale, options)
    layout = laid_out(tensor, scale, options) if options.embedded else None
    return Figures(n_rows, n_columns, len(among), n_points, len(queries), interval, own, sampled, compared, layout)


def evenly(n: int, most: int) -> "torch.Tensor":
    """At most so many of n places, one as far from the next as can be."""
    import torch  # noqa: PLC0415 - as above

    return torch.from_numpy(np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64)))


def most_neighbours(n_points: int, options: Options) -> int:
    """How many neighbours the estimators look at, where there are so many."""
    return min(max(2 * options.rank, *POOLED, options.neighbours), n_points - 1)


def dimensions(
    points: "torch.Tensor",
    distances: "torch.Tensor",
    indices: "torch.Tensor",
    queries: "torch.Tensor",
    options: Options,
) -> Mapping[str, float]:
    """All estimates of the dimension by name; those that are not defined are left out."""
    import torch  # noqa: PLC0415 - as above

    from analyzers.manifold.dimensions import (  # noqa: PLC0415
        gride,
        local_pca,
        participation_ratio,
        pooled_mle,
        ranks_up_to,
        two_nn,
    )

    lengths = distances.cpu().numpy()
    estimate = two_nn(lengths)
    around = torch.cat([queries[:, None].to(indices.device), indices[:, : options.neighbours]], dim=1)
    found = {
        "two_nn": estimate.dimension if estimate else math.nan,
        **{f"mle_{k}": pooled_mle(lengths, k) for k in POOLED},
        **{f"gride_{rank}": gride(lengths, rank) for rank in ranks_up_to(options.rank)},
        "participation_ratio": participation_ratio(points[queries]),
        "local_pca": local_pca(points, around[evenly(len(queries), LOCAL)]),
    }
    return {name: value for name, value in found.items() if math.isfinite(value)}


def beside(tensor: Tensor, scale: float, options: Options) -> tuple[int, Compared]:
    """Figures of a sample of distinct rows beside those of random matrices of its size, and how many rows these are."""
    import torch  # noqa: PLC0415 - as above

    from precisionlab.structure.nulls import Null, beside_nulls  # noqa: PLC0415

    nulls = [Null(name) for name in dict.fromkeys(options.nulls)]
    rows = drawn_rows(tensor.info, sample_size(tensor.info, options), options.seed, "sample")
    matrix = chosen_rows(tensor, torch.from_numpy(rows), scale)
    kept = placed(matrix, options.distance).rows
    if not nulls or len(kept) < LEAST_POINTS:
        return 0, {}
    seed = seed_of(options.seed, "manifold", "nulls", tensor.info.name)
    return len(kept), beside_nulls(matrix[kept], lambda one: sampled_figures(one, options), nulls, options.draws, seed)


def sampled_figures(matrix: "torch.Tensor", options: Options) -> Mapping[str, float]:
    """The figures that stand beside those of random matrices: dimensions, and what two coordinates of Isomap leave."""
    from analyzers.manifold.isomap import component, graph_of, landmark_isomap  # noqa: PLC0415 - as above
    from precisionlab.structure.neighbours import nearest  # noqa: PLC0415
    from precisionlab.structure.points import Distance, cloud  # noqa: PLC0415

    points = cloud(matrix, Distance(options.distance)).points
    if len(points) < LEAST_POINTS:
        return {}
    near = nearest(points, most_neighbours(len(points), options))
    everyone = evenly(len(points), len(points))
    found = {
        f"sample_{name}": value
        for name, value in dimensions(points, near.distances, near.indices, everyone, options).items()
    }
    if options.embedded:
        whole = component(graph_of(near, options.neighbours))
        n = len(whole.members)
        residuals = landmark_isomap(whole.graph, evenly(n, SCALE_LANDMARKS).numpy()).residuals() if n > 2 else ()
        if len(residuals) >= options.dimensions:
            found["sample_isomap_residual"] = residuals[options.dimensions - 1]
    return found


def ratios(figures: Figures) -> Iterator[tuple[str, str, float]]:
    """Name, null and ratio of each figure of the sample to the mean of random matrices."""
    for name, each in figures.compared.items():
        for null, one in each.items():
            if math.isfinite(one.ratio):
                yield name, null.value, one.ratio
