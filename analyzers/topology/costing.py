"""What the topology of one tensor is going to take."""

import math

from analyzers.topology.options import Options
from analyzers.topology.reading import reason_against, shape_of_points
from precisionlab.analysis.axes import axes_of
from precisionlab.analysis.costs import NO_COST, Cost
from precisionlab.checkpoints.model import TensorInfo

MOST_BYTES = 1 << 29
"""Of the coordinates of points that are looked at together."""
PASSES = 1.5
"""Over all distances that a spanning tree takes, measured on weights and on normal deviates."""
READING = 1e3
"""Operations in whose time an element is read, hashed and converted."""
DIAGRAM = 25.0
"""Operations in whose time a diagram to dimension 1 is computed, over the third power of its points."""
ASKING = 1e9
"""Operations in whose time a draw is made and a diagram is asked for."""
IMAGE = 6e6
"""Operations in whose time the cubical persistence of one small image is computed."""


def most_points(d: int, options: Options) -> int:
    """Points among which all distances take the operations that are allowed, and that fit into memory."""
    within_time = int((options.operations / (2 * PASSES * max(1, d))) ** 0.5)
    return max(2, min(within_time, MOST_BYTES // (8 * max(1, d))))


def cost(info: TensorInfo, options: Options) -> Cost:
    """An estimate for weights whose rows are not all but equally far from one another: these take up to the deadline."""
    if reason_against(info, options):
        return NO_COST
    n, d = shape_of_points(info, options)
    linked = min(n, most_points(d, options))
    linking = 2 * PASSES * linked**2 * d + READING * info.n_elements
    sampled, few = min(n, options.size), min(n, options.null_size)
    n_samples = options.repeats if n > options.size else 1
    n_draws = len(options.nulls) * options.draws
    homology = n_samples * (DIAGRAM * sampled**3 + ASKING) + n_draws * (DIAGRAM * few**3 + ASKING)
    cubical = (options.draws + 1) * IMAGE * min(options.images, n_images(info))
    memory = 16 * linked * d + 3 * 8 * max(sampled, few) ** 2 + (1 << 28)
    return Cost(linking + homology + cubical, memory, options.deadline if options.dimension else 0.0)


def n_images(info: TensorInfo) -> int:
    """Kernels, or features of positions; 0 where no axis has an order."""
    ordered = [size for size, axis in zip(info.shape, axes_of(info), strict=True) if axis.is_ordered]
    return info.n_elements // math.prod(ordered) if ordered else 0
