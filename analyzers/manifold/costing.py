"""What dimensions, random matrices and geodesics take."""

from analyzers.manifold.options import Options
from analyzers.manifold.sampling import most_rows, sample_size
from precisionlab.analysis.costs import NO_COST, Cost
from precisionlab.analysis.weights import obstacle, shape_of
from precisionlab.checkpoints.model import TensorInfo

PAIR = 300.0
"""Products of matrices in the time that the nearest of one more point take to be found."""
STEP = 16_000.0
"""In the time that a geodesic between two points takes, of all from one."""
FEW = 100
"""Landmarks of each sample's Isomap."""
LOCAL = 256
"""Neighbourhoods of each sample."""


def cost(info: TensorInfo, options: Options) -> Cost:
    """Of one tensor; nothing for those that are not looked at."""
    if obstacle(info) or info.n_elements < options.min_elements:
        return NO_COST
    n, width = shape_of(info)
    among = most_rows(info, options.queries)
    own = min(n, options.queries) * among * (2.0 * width + PAIR) + 20.0 * among * width
    return Cost(own, 24.0 * among * width + 2.0**28) + beside(info, options) + layout(n, width, options)


def beside(info: TensorInfo, options: Options) -> Cost:
    """The sample and its random matrices."""
    if not options.nulls:
        return NO_COST
    n, width = shape_of(info)
    part = min(n, sample_size(info, options))
    turned = 2.0 * part * part * width + 4.0 * part**3
    made = 500.0 * part * width
    measured = part * part * (4.0 * width + PAIR) + 200.0 * LOCAL * options.neighbours * width + FEW * part * STEP
    each = turned + made + measured + 3e9
    return Cost((1 + options.draws * len(set(options.nulls))) * each, 40.0 * part * width + 2.0**28)


def layout(n: int, width: int, options: Options) -> Cost:
    """Isomap."""
    part = min(n, options.embedded)
    is_exact = part <= max(options.exact, options.landmarks)
    sources = part if is_exact else options.landmarks
    return Cost(
        part * part * (2.0 * width + PAIR) + 2.0 * sources * part * STEP, 24.0 * part * (sources + width) + 2.0**28
    )
