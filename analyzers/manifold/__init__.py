r"""On how many coordinates the rows of a weight really depend, and what they look like laid out in two.

Rows are points: outputs of a layer, filters, tokens, the outputs of all experts of one tensor. Of identical rows one is
kept. The distance is `manifold.distance`: Euclidean; cosine, between rows of length 1; correlation, the same of rows less
their mean. Rows that have no direction are left out of the latter two.

Random matrices are the sample rotated among its rows (Q W with a random orthogonal Q: all singular values stay, so that
what differs is not the spectrum), Gaussian ones, and the entries in random places. Isomap (Tenenbaum, de Silva and
Langford 2000) is exact up to `manifold.exact` rows and goes by landmarks (de Silva and Tenenbaum 2004) beyond. Neighbours
of few rows are as many as there are.

**What it can and cannot tell.** All estimators from neighbours read low: measured on data of known dimension 7 to 18 % at
10, 16 to 30 % at 20, and beyond 64 they hardly grow any more. 2,000 Gaussian rows of 384 numbers read 108. So a number by
itself says little: its ratio to random matrices of the same size and spectrum, and the curve over scale, say more. A
dimension that falls towards few neighbours tells of near-duplicates, one that rises there of noise. The interval holds the
spread of points, not this bias. Nothing is projected at random first, since that alone took a reading from 399 to 92. Two
coordinates of the rows of real weights leave 93 to 99.9 % of the variance: then the picture shows next to nothing, and the
residual curve is there to say so. With too few points the graph jumps between folds of a surface; the picture looks fine,
and `isomap_short_circuits` and the residual variance are the signs. Measured on a BERT of 22M parameters, the intrinsic
dimension went with the damage that quantizing a layer does by a rank correlation between -0.5 and 0.1: it is no guide to
precision, and there is no rule here that makes it one.
"""

from analyzers.manifold.checkpoint import summarize
from analyzers.manifold.costing import cost
from analyzers.manifold.definitions import DEFINITIONS
from analyzers.manifold.measuring import measure
from analyzers.manifold.options import Options
from analyzers.manifold.reporting import measurements
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import obstacle, too_few, unfinite


def analyze(tensor: Tensor, options: Options) -> Result:
    """The dimension of one weight's rows, and their picture."""
    name = tensor.info.name
    reason = obstacle(tensor.info) or too_few(tensor.info, "manifold", options.min_elements) or unfinite(tensor)
    if reason:
        return Result("manifold", name, Status.SKIPPED, reason)
    from precisionlab.structure.singular import scale_of  # noqa: PLC0415 - torch, which is slow to load

    figures = measure(tensor, scale_of(tensor.census().largest_magnitude), options)
    if isinstance(figures, str):
        return Result("manifold", name, Status.SKIPPED, figures)
    from analyzers.manifold.drawing import draw  # noqa: PLC0415 - torch, loaded by now

    return Result("manifold", name, measurements=tuple(measurements(figures)), figures=tuple(draw(figures, options)))


analyzer = Analyzer(
    "manifold",
    "On how many coordinates do the rows of each matrix depend, and what do they look like laid out?",
    analyze,
    options=Options,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    cost=cost,
)
