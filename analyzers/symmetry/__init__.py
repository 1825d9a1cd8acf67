r"""Which symmetries a weight has: of kernels, of matrices, and between rows, exact ones and nearly exact ones.

**Kernels** of a convolution are moved by the symmetries of their taps: square ones by the dihedral group D4 (rotations by
90 degrees and reflections), others by Klein's four-group (rotation by 180 degrees, two reflections), one-dimensional ones
by the flip. Every element g of the group has a residual \|gW - W\| / \|W\|, over all kernels at once, and every irreducible
part of the group has its share of the energy, by the projection with its character (Serre 1977): of D4 the invariant part
A1, A2 (odd under all reflections), B1 (odd under rotation by 90 degrees, even under left-right and up-down), B2 (even
under the diagonals instead) and the two-dimensional E, in which gradients lie. Of kernels of three axes the last two are
moved.

**Matrices** of two sides are projected orthogonally, in the Frobenius norm, onto linear families: `toeplitz`, `circulant`,
`permutation-equivariant` (a I + b 11^T, Zaheer et al. 2017), `symmetric`, `skew-symmetric`, `scaled-identity`, `diagonal`,
`block-diagonal` (`symmetry.blocks` blocks) and `constant`. All but Toeplitz, block-diagonal and constant need square
matrices. Multiples of orthogonal maps are no linear family; the nearest one comes from the singular values.

**Rows** (neurons) that are zero, equal, or multiples of one another are found in one pass over all of them, by hashing
each row divided by its largest element. Of types of up to 24 significant bits that is exact: rows count as multiples if
and only if they are. Of float64, multiples are such up to rounding.

The null `rotated` (Q W) leaves energies of kernels and singular values as they are: beside it only families of matrices can
differ. Of the whole checkpoint there are the `storable_share` of all tensors looked at, and sums of rows.

**What it can and cannot tell.** Exact symmetries are facts about the stored numbers, and what they save can be counted.
Nearly exact ones are descriptions. z-scores say that a share is not chance, not that it is large: with a million elements a
diagonal that holds 0.2 % of the energy stands out (residual connections and initialisation leave such). A matrix is
compared with families in the order of its rows and columns as stored, and units of hidden layers may be permuted at will:
a layer that is circulant after a permutation is not found, and for most linear layers only figures that permuting one side
leaves alone (orthogonality, rows) mean anything. Closeness to an equivariant map does not say that the network is
equivariant. None of these figures is known to predict what quantizing or pruning does to a model; figures of the spectrum
such as stable rank, on which orthogonality rests, hardly do (measured on a 22M-parameter BERT), and bit allocation by stable
rank did worse than uniform bits.
"""

from analyzers.symmetry.checkpoint import summarize
from analyzers.symmetry.costing import cost, reason_against
from analyzers.symmetry.definitions import DEFINITIONS
from analyzers.symmetry.options import Options
from analyzers.symmetry.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import unfinite


def analyze(tensor: Tensor, options: Options) -> Result:
    """One tensor and its symmetries."""
    from analyzers.symmetry.drawing import draw  # noqa: PLC0415 - torch, which listing analyzers does not need
    from analyzers.symmetry.judging import judge  # noqa: PLC0415 - as above
    from analyzers.symmetry.measuring import measure, measurements  # noqa: PLC0415 - as above

    name = tensor.info.name
    reason = reason_against(tensor.info, options) or unfinite(tensor)
    if reason:
        return Result("symmetry", name, Status.SKIPPED, reason)
    figures = measure(tensor, options)
    if figures is None:
        return Result("symmetry", name, Status.SKIPPED, "all its elements are 0")
    return Result(
        "symmetry",
        name,
        measurements=tuple(measurements(figures)),
        findings=judge(name, figures),
        figures=tuple(draw(figures, options)),
    )


analyzer = Analyzer(
    "symmetry",
    "Which symmetries does it have, exactly or nearly?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    cost=cost,
)
