"""What decompositions are going to take."""

import math

from analyzers.cp.measuring import DIRECT, RANDOM_SWEEPS
from analyzers.cp.options import Options
from analyzers.cp.shapes import folded
from analyzers.cp.stacking import stackable
from precisionlab.analysis.costs import NO_COST, Cost
from precisionlab.checkpoints.model import TensorInfo

OVERHEAD = 8e7
"""Operations that would take as long as the small steps of a sweep."""
TYPICAL_LAYERS = 12
"""Of a stack, of which a matrix bears its share."""
USED = 0.5
"""Of the sweeps that are allowed, about."""
FLOOR = 64e6
"""Bytes: pieces that are read, and the part with random ones."""


def cost(info: TensorInfo, options: Options) -> Cost:
    """Of one tensor; of a matrix in a numbered layer its share of the stack's, though it may be left out."""
    folding = folded(info, options)
    if not isinstance(folding, str):
        return cost_of(folding.shape, options)
    fits = info.n_elements * TYPICAL_LAYERS <= options.max_elements
    if options.stacks and fits and info.n_elements >= options.min_elements and stackable(info):
        whole = cost_of((TYPICAL_LAYERS, *info.shape), options)
        return Cost(whole.operations / TYPICAL_LAYERS, whole.memory_bytes)
    return NO_COST


def cost_of(shape: tuple[int, ...], options: Options) -> Cost:
    """The ladder of a tensor of this shape, and those of its part and of random ones."""
    n_elements, projecting = math.prod(shape), 0.0
    core = shape
    if n_elements > DIRECT and max(shape) > options.core:
        core = tuple(min(n, options.core) for n in shape)
        projecting = 22.0 * n_elements * options.core
    part = math.prod(min(n, options.sample) for n in shape)
    n_random = 1 + options.draws * len(options.nulls) if options.nulls else 0
    own = options.starts * options.sweeps * USED * ladder(math.prod(core), options)
    random = n_random * min(options.sweeps, RANDOM_SWEEPS) * USED * ladder(part, options)
    return Cost(projecting + own + random, 16.0 * n_elements + FLOOR)


def ladder(n_elements: int, options: Options) -> float:
    """Operations of one sweep of each rank: two products and a third of the line search."""
    return sum(OVERHEAD + 5.0 * n_elements * rank for rank in options.ladder)
