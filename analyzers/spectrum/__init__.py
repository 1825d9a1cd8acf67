r"""Singular values of every weight as a matrix, what of them is more than chance, and what a format's noise hides.

A weight is a matrix of its first axis by all others: outputs by inputs, filters by inputs and taps, experts of one
tensor one below the other. Singular values are exact: all of them, from the Gram matrix of the short side in float64,
right to about 1e-10 of the largest, up to a short side of 8,192; beyond, the leading `spectrum.leading` by block Krylov
iteration (from below), with the share of the energy that they hold.

Random matrices are Gaussian ones of the same mean and deviation, and the part's own entries in random places. A rotation
keeps singular values, so that it is no null here. A part has another spectrum than the whole: compare it with its nulls
alone.

**What it can and cannot tell.** Ranks and errors are exact: they tell what low-rank factors cost, and mostly that they do
not pay (1 % of error often takes more numbers than the matrix has). Directions beyond the random edge are real structure;
those within may be as well. A power law is fitted to any tail: an exponent from nine eigenvalues is no measurement, so
look at `power_law_tail` and the distance. Exponents between 2 and 6 were proposed as signs of training quality (Martin and
Mahoney 2021); measured on a BERT of 22M parameters they went with the damage that quantizing a layer does by a rank
correlation of 0.21 to 0.34, effective rank by 0.66 to 0.74, which within layers of one type was 0.26 to 0.34 (it is mostly
their size), stable rank by none; and giving bits to layers by stable rank did 1.4 to 2.7 times the damage of giving all
the same. No rule here says otherwise: `quantization` with `--sensitivity` is for that.
"""

from analyzers.spectrum.checkpoint import summarize
from analyzers.spectrum.definitions import DEFINITIONS
from analyzers.spectrum.drawing import draw
from analyzers.spectrum.judging import judge
from analyzers.spectrum.measuring import UNITS, measure, measurements
from analyzers.spectrum.noise import MOST_ELEMENTS
from analyzers.spectrum.options import Options
from analyzers.spectrum.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.comparisons import measurements_beside
from precisionlab.analysis.costs import NO_COST, Cost, singular_values_cost
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import obstacle, shape_of, too_few, unfinite
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.structure.bounds import LARGEST_SHORT_SIDE


def analyze(tensor: Tensor, options: Options) -> Result:
    """The spectrum of one weight."""
    name = tensor.info.name
    reason = obstacle(tensor.info) or too_few(tensor.info, "spectrum", options.min_elements) or unfinite(tensor)
    largest = 0.0 if reason else tensor.census().largest_magnitude
    if not reason and not largest > 0:
        reason = "every element is 0: there is no direction"
    if reason:
        return Result("spectrum", name, Status.SKIPPED, reason)
    figures = measure(tensor, largest, options)
    return Result(
        "spectrum",
        name,
        measurements=(*measurements(figures), *measurements_beside(figures.compared, UNITS)),
        findings=judge(name, figures, options),
        figures=tuple(draw(figures, options)),
    )


def cost(info: TensorInfo, options: Options) -> Cost:
    """Two Gram matrices with their eigenvalues, and those of the random parts."""
    if obstacle(info) or too_few(info, "spectrum", options.min_elements):
        return NO_COST
    m, n = shape_of(info)
    k, part = min(m, n), min(m, n, options.sample)
    if k > LARGEST_SHORT_SIDE:
        return Cost(16.0 * m * n * (options.leading + 8), 32.0 * max(m, n) * (options.leading + 8))
    has_noise = bool(options.format) and m * n <= MOST_ELEMENTS
    random = (1 + len(options.nulls) * options.draws) * (8.0 * part**3 + 1e7)
    one = singular_values_cost(m, n)
    return Cost((1 + has_noise) * one.operations + random, one.memory_bytes + 8.0 * m * n * has_noise)


analyzer = Analyzer(
    "spectrum",
    "Which directions does each matrix have, and which are more than chance or noise?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    cost=cost,
)
