r"""What low-rank and tensor factors lose of a weight over what they take, beside formats of the same size.

All ways on one chart: relative error |W - A| / |W| in Frobenius' norm, over bits a weight, where factors are stored in the
weight's own type.

| way | numbers it takes |
| --- | --- |
| `svd` | the best factors of a rank: r (m + n). Exact up to a short side of 8,192; beyond, the leading ones by block Krylov iteration, whose errors are upper bounds |
| `cr` | columns of the matrix itself, W about C R with R = pinv(C) W: m r + r (n - r) and r indices. Columns by pivoted QR of a sketch, errors exact for these columns |
| `tucker` | a core and a basis for each axis, by sequentially truncated HOSVD (Vannieuwenhoven et al. 2012) |
| `tensor_train` | a core for each axis, by TT-SVD (Oseledets 2011) |
| `hierarchical_tucker` | bases over a balanced tree of axes (Hackbusch and Kühn 2009, Grasedyck 2010), of three axes and more |

Tensors are kernels, experts, projections by heads (with `lowrank.heads`) or the shape of `lowrank.reshape`. A matrix of
which nothing is known is made one of three axes by pairing factors of its outputs with factors of its inputs, as in tensor
train layers (Novikov et al. 2015); where a side has no three factors, it stays a matrix. Their errors are exact, since
losses of orthogonal projections add up, down to about 1e-7; ranks come from an error that is shared among axes, which is
within the square root of the number of axes of the best.

Random matrices are Gaussian ones of the same mean and deviation, and the part's own entries in random places. A rotation
keeps what the best factors lose, so that it is no null here. Decompositions of tensors are compared with random ones where
all of a tensor is such a part.

**What it can and cannot tell.** Errors of matrices are exact; which of two ways loses less at equal size is a fact. Weights
that were trained in full are nearly of full rank: on real layers formats of 4 bits win against every factorisation at
that size, mostly by far. An error of the matrix is not an error of the model: measured on a BERT of 22M parameters, the
absolute error of a layer went with the change of the model's outputs by a rank correlation of 0.36 to 0.45 only, and ranks
by little more than their size. Factors that are fine-tuned afterwards lose less than these. No rule here says otherwise.
"""

from collections.abc import Iterator

from analyzers.lowrank.checkpoint import summarize
from analyzers.lowrank.definitions import DEFINITIONS
from analyzers.lowrank.drawing import draw
from analyzers.lowrank.measuring import LARGEST_KNOWN, MOST_HELD, Figures, folding_for, measure, measurements
from analyzers.lowrank.options import Options
from analyzers.lowrank.rules import LOW_RANK, RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.comparisons import measurements_beside
from precisionlab.analysis.costs import NO_COST, Cost, singular_values_cost
from precisionlab.analysis.results import Finding, Result, Status, finding
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import obstacle, shape_of, too_few, unfinite
from precisionlab.analysis.wording import percentage
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.structure.bounds import LARGEST_SHORT_SIDE

OVERHEAD, FOLDED_DRAW, FOLDED_ELEMENT = 5e7, 4e8, 2e4
"""Products of matrices in the time that one random matrix takes whatever its size, folded, and folded an element."""
LEAST_SIDE = 8
"""Of a matrix of which a rank says something."""


def analyze(tensor: Tensor, options: Options) -> Result:
    """What every way loses of one weight."""
    name = tensor.info.name
    reason = obstacle(tensor.info) or too_few(tensor.info, "lowrank", options.min_elements) or unfinite(tensor)
    largest = 0.0 if reason else tensor.census().largest_magnitude
    if not reason and not largest > 0:
        reason = "every element is 0: nothing needs to be stored"
    if reason:
        return Result("lowrank", name, Status.SKIPPED, reason)
    figures = measure(tensor, largest, options)
    return Result(
        "lowrank",
        name,
        measurements=(*measurements(figures), *measurements_beside(figures.compared, {})),
        findings=tuple(judge(name, figures, options)),
        figures=tuple(draw(figures, options)),
    )


def judge(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """PL321."""
    svd = figures.curve("svd")
    numbers = svd.numbers_at(options.max_error) if svd is not None else None
    if numbers is not None and numbers < figures.n_elements and min(figures.shape) >= LEAST_SIDE:
        share, rank = numbers / figures.n_elements, numbers // sum(figures.shape)
        yield finding(
            LOW_RANK,
            name,
            f"factors of rank {rank:,} have an error of at most {percentage(options.max_error)} "
            f"and take {percentage(share)} of the numbers",
            rank=rank,
            numbers=share,
            max_error=options.max_error,
        )


def cost(info: TensorInfo, options: Options) -> Cost:
    """A Gram matrix with its eigenvalues, chosen columns, decompositions of the folded tensor, random parts."""
    if obstacle(info) or too_few(info, "lowrank", options.min_elements):
        return NO_COST
    m, n = shape_of(info)
    k, part = min(m, n), min(m, n, options.sample)
    whole = singular_values_cost(m, n)
    best = whole.operations if k <= LARGEST_SHORT_SIDE else 16.0 * m * n * (options.max_columns + 8)
    folding = folding_for(info, options)
    draw = 8.0 * part**3 + OVERHEAD
    if folding is not None and m * n <= LARGEST_KNOWN and max(m, n) <= options.sample:
        draw += FOLDED_DRAW + FOLDED_ELEMENT * m * n
    random = (1 + len(options.nulls) * options.draws) * draw
    if m * n > MOST_HELD:
        return Cost(best + random, whole.memory_bytes)
    columns = 6.0 * m * n * min(k, options.max_columns)
    folded = 60_000.0 * m * n if folding is not None and m * n <= options.max_folded else 0.0
    return Cost(best + random + columns + folded, whole.memory_bytes + 10.0 * m * n)


analyzer = Analyzer(
    "lowrank",
    "What do low-rank and tensor factors lose, and would quantization lose less?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    cost=cost,
)
