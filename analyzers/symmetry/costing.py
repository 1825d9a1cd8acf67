"""What symmetries of a tensor take."""

from analyzers.symmetry.groups import group_of
from analyzers.symmetry.kernels import grid_of
from analyzers.symmetry.mixers import is_mixer
from analyzers.symmetry.options import Options
from precisionlab.analysis.costs import NO_COST, Cost
from precisionlab.analysis.weights import obstacle, shape_of, too_few
from precisionlab.checkpoints.model import TensorInfo

HASHING = 2e3
"""Products of matrices in the time that an element takes to be read, divided and hashed."""
PASS = 1.5e3
"""And to be added to all sums of a matrix."""
MOVE = 1e3
"""And to be moved by one element of a group and compared."""
FACTORING = 10
"""Times the cube of the short side: eigenvalues."""
BANDS = 12 * 16 * 2**20
"""Bytes of the bands that are held at a time."""


def cost(info: TensorInfo, options: Options) -> Cost:
    """Of one tensor; nothing for those that are not looked at."""
    if reason_against(info, options):
        return NO_COST
    n_elements, n_copies = info.n_elements, 1 + options.draws * len(set(options.nulls))
    n_drawn = min(n_elements, options.max_drawn)
    total = Cost(HASHING * n_elements, min(BANDS, 64.0 * n_elements))
    if grid := grid_of(info):
        n_moves = len(group_of(grid).elements)
        total += Cost(MOVE * n_moves * (n_elements + n_copies * n_drawn), min(BANDS, 64.0 * n_elements))
    short, long = sorted(shape_of(info))
    if 1 < short <= options.max_short_side:
        total += Cost(singular_cost(short, long), 3 * 8.0 * short * short)
    if is_mixer(info):
        shrink = min(1.0, (n_drawn / n_elements) ** 0.5)
        per_copy = PASS * n_drawn + singular_cost(short * shrink, long * shrink)
        total += Cost(PASS * n_elements + n_copies * per_copy, min(BANDS, 64.0 * n_elements))
    return total


def singular_cost(short: float, long: float) -> float:
    """Of all singular values from a Gram matrix."""
    return short * short * long * 1.1 + FACTORING * short**3


def reason_against(info: TensorInfo, options: Options) -> str:
    """Why a tensor is not looked at; empty where it is."""
    return obstacle(info) or too_few(info, "symmetry", options.min_elements)
