r"""Persistent homology of a weight's rows as points: clusters, equal and dead rows, loops, voids.

**Points** are by `topology.points` the rows of a weight (outputs; of a convolution its output filters; tokens of an
embedding; of stacked layers the rows of each), its `columns` (inputs), the `kernels` of a convolution (the taps from one input
to one output) or `heads` (where `topology.heads` says how many, of projections whose names say that they have some).
**Distances** are by `topology.distance` Euclidean, or Euclidean between points scaled to length 1 (`cosine`:
sqrt(2 - 2 cos)), or between these less the mean of their coordinates (`correlation`). Titles and labels say which. The
figures change entirely with it.

**Dimension 0** is computed of all points, one of each that are equal, by single linkage (Boruvka's algorithm; no matrix of
all distances), up to `topology.operations`; beyond them of a random part, and tables say so. Dead and equal points are
always looked for among all. **Dimension 1** (loops, and 2, voids, by `topology.dimension`) is the Vietoris-Rips
persistence of all points where they are at most `topology.size`, else of random subsets, with mean and standard deviation,
or of farthest-point landmarks with their covering radius. gudhi computes it, in a process that is killed after
`topology.deadline` seconds; then half as many points are tried, else it says "not computed".

Random matrices are `gaussian` of the same mean and deviation, `shuffled` entries, and `rotated`, which keeps all singular
values. Cubical persistence is of convolutions (kernels over taps) and position embeddings (features over positions) only.
Of the whole checkpoint there are sums of `points`, `dead`, `duplicates` and `near_duplicates`.

**What it can and cannot tell.** Dead and equal points are facts, and near-duplicates are distances: these are plainly
useful. The rest is context. Points in hundreds of dimensions have loops by chance: 2,000 normal deviates in 384 dimensions
have 7,612 of them, so that no count means anything but beside the same of random matrices, of equally many points. Against
`shuffled` and `gaussian` nearly every trained weight stands out, since its singular values are not theirs; against
`rotated` few do. On a 22M-parameter BERT no figure of homology predicted how much quantizing a layer harms it (rank
correlations from -0.5 to 0.1), and bits allotted by it did worse than equal bits. No finding says otherwise.

The bound 2r is Chazal, de Silva and Oudot's (2014): the bottleneck distance of Vietoris-Rips diagrams, whose distances are
diameters, is at most twice the Hausdorff distance. Where points have many coordinates r hardly shrinks as landmarks are
added, and the bound certifies nothing: the table says so. Loops are over the field of `topology.prime` elements:
a Klein bottle has two over 2, one over others. Products of coordinates tell distances of points that all but coincide to some 8 digits
of their distance from the mean: those are computed again by differences, but which of many such is nearest may be another.

Cubical persistence needs axes whose neighbours are neighbours: rows and columns of a linear layer have none, permuting them
changes nothing, and it is left out there. The deadline is the one thing by which a figure may be there on one machine and not on another.

Persistence and barcodes: Edelsbrunner, Letscher and Zomorodian (2002), Ghrist (2008); entropy: Chintakunta et al. (2015);
farthest-point landmarks: Gonzalez (1985); the algorithm: Bauer (Ripser, 2021), through gudhi's `RipsPersistence`.
"""

from analyzers.topology.checkpoint import summarize
from analyzers.topology.costing import cost
from analyzers.topology.definitions import DEFINITIONS
from analyzers.topology.options import Options
from analyzers.topology.reading import reason_against
from analyzers.topology.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor


def analyze(tensor: Tensor, options: Options) -> Result:
    """The points of one tensor."""
    name = tensor.info.name
    if reason := reason_against(tensor.info, options):
        return Result("topology", name, Status.SKIPPED, reason)
    from analyzers.topology.drawing import draw  # noqa: PLC0415 - torch: slow, and loaded by then
    from analyzers.topology.judging import judge  # noqa: PLC0415
    from analyzers.topology.measuring import measure, measurements  # noqa: PLC0415

    figures = measure(tensor, options)
    if isinstance(figures, str):
        return Result("topology", name, Status.SKIPPED, figures)
    return Result(
        "topology",
        name,
        measurements=tuple(measurements(figures)),
        findings=judge(name, figures, options),
        figures=tuple(draw(figures)),
    )


analyzer = Analyzer(
    "topology",
    "Which rows are dead, equal or near, what clusters and loops do they form, and are these more than chance?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    reads_beside=frozenset({Role.REFERENCE}),
    cost=cost,
)
