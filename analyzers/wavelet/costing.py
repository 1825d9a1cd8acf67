"""What a transform and its random copies take."""

from analyzers.wavelet.kernels import ordering_of, reason_against
from analyzers.wavelet.options import Options
from precisionlab.analysis.costs import NO_COST, Cost
from precisionlab.checkpoints.model import TensorInfo

OPERATIONS = 5e3
"""Products of matrices in the time that an entry of one copy takes: mostly that of sorting it."""
COPIES = 8
"""Of the kernels in float64 that are held at a time."""


def cost(info: TensorInfo, options: Options) -> Cost:
    """Of one tensor; nothing for those that are not looked at."""
    if reason_against(info, options):
        return NO_COST
    ordering = ordering_of(info, options)
    n_elements = ordering.n_sampled(options.max_elements) * ordering.n_places
    n_copies = 1 + options.draws * len(set(options.nulls))
    return Cost(OPERATIONS * n_elements * n_copies, COPIES * 8.0 * n_elements)
