r"""Canonical polyadic (CP) decompositions of weights of three and more axes: error against rank, numbers and multiply-adds.

A CP decomposition of rank r writes a tensor as a sum of r outer products of vectors, one an axis. It is fitted by
alternating least squares, from several starts, and each rank of `cp.ranks` starts from the one below too, so that errors
never grow with the rank.

| weight | tensor |
| --- | --- |
| kernels of convolutions | [outputs, inputs, taps …] |
| experts in one tensor | [experts, outputs, inputs] |
| projections of attention, with `cp.heads` | [heads, channels of a head, inputs], or [outputs, heads, channels of a head] |
| any of as many elements as `cp.reshape` | the shape named there, in row-major order |
| matrices of equal shape in numbered layers | [layers, outputs, inputs], in the checkpoint's own result |

Other matrices are left out: the CP decomposition of a matrix is its singular value decomposition (see `lowrank`).

Of the whole checkpoint there are, with the label `stack`, the errors, what the smallest rank takes, and z-scores; figures
of stacks have all. Names have `*` in the place of a layer's number.

**How.** Two matrix products with the tensor a sweep, through a dimension tree of two groups of axes (Phan, Tichavsky and
Cichocki 2013); the rest follows from them. Normal equations are solved in float64 by Cholesky's method, with a ridge
towards the factor as it is, of 0.05 at first and 2 % less each sweep. A step on along the last change is taken where it
lessens the error. Tensors of more than 131,072 elements are multiplied in float32, unless stored in float64; reported
errors are computed from the differences in float64. Tensors of more than 4,194,304 elements are seen on `cp.core`
orthonormal directions of each longer axis, those of the largest energy: the squared error is that of the core plus the
energy outside, exactly, for models within these directions, so that errors are upper bounds of what whole fits reach.

**What it can and cannot tell.** Errors are those of the models at hand: upper bounds, since fits may miss better ones, and
`smallest_rank` is one as well. The rank of a tensor in theory is hard to compute (Hastad 1990) and with rounding errors
means little. Random tensors have errors below 1 too: what counts is the distance from their curve, and where the weight
is no better than its shuffled entries it has no structure of this kind. Measured on convolutions of a trained network,
factors with 2.7 % of the numbers had errors of 0.65 to 0.69, where singular values had 0.78 to 0.95, Tucker's
decomposition 0.73 to 0.82 and tensor trains 0.72 to 0.78: the best of them, and still far from the weight. An error of
weights says little of what a model loses: measured on a 22M-parameter BERT, it went with the damage of quantizing a layer
by a rank correlation of 0.36 to 0.45 only. Networks of such factors are mostly fine-tuned (Lebedev et al. 2015), for
which degenerate components are a poor start (Phan et al. 2020).
"""

from analyzers.cp.checkpoint import summarize
from analyzers.cp.costing import cost
from analyzers.cp.definitions import DEFINITIONS
from analyzers.cp.drawing import draw
from analyzers.cp.judging import judge
from analyzers.cp.measuring import measure, measurements, read
from analyzers.cp.options import Options
from analyzers.cp.rules import RULES
from analyzers.cp.shapes import folded
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import unfinite


def analyze(tensor: Tensor, options: Options) -> Result:
    """The ladder of decompositions of one weight."""
    name = tensor.info.name
    folding = folded(tensor.info, options)
    if isinstance(folding, str):
        return Result("cp", name, Status.SKIPPED, folding)
    largest = tensor.census().largest_magnitude
    reason = unfinite(tensor) or ("" if largest > 0 else "every element is 0: there is no component")
    if reason:
        return Result("cp", name, Status.SKIPPED, reason)
    from precisionlab.structure.singular import scale_of  # noqa: PLC0415 - torch, which is slow

    figures = measure(read(tensor, scale_of(largest)), folding, name, options)
    return Result(
        "cp",
        name,
        measurements=tuple(measurements(figures, options)),
        findings=judge(name, figures, options),
        figures=tuple(draw(figures, options)),
    )


analyzer = Analyzer(
    "cp",
    "How many outer products does each kernel, expert or stack of layers take?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    summarizes_skipped=True,
    by_default=False,
    reads_values=True,
    cost=cost,
)
