"""The rules of the `symmetry` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

FLIPPED = Rule(
    "PL331",
    "sign-flipped-rows",
    Severity.NOTE,
    "rows are the exact negatives of other rows",
    "store one row of each pair and the sign, or find out why the neurons were tied",
    """Fires when at least one row of eight or more elements is, number for number, the negative of an earlier row, and no
copy of another one. Rows are neurons: the outputs of a layer, each with all the weights that feed it.

Training from random numbers does not make such rows. They come from initialisations that mirror weights (as in
concatenated ReLU), from augmenting a network so that its function stays the same, from tied or generated weights, and
from corrupted copies. Behind an odd activation a neuron and its mirror image are one neuron; behind a ReLU they are the
two halves of a line. Biases are other tensors and are not looked at.

Rows that are equal are the matter of `topology`; here they are counted only (`duplicate_rows`), as are other multiples
(`scaled_rows`).""",
)

EXACT = Rule(
    "PL332",
    "exact-symmetry",
    Severity.NOTE,
    "the tensor has an exact symmetry, so that fewer numbers than are stored make it up",
    "store the numbers that are independent, or check that the symmetry is meant",
    """Fires when a matrix is, number for number, symmetric, skew-symmetric, circulant, Toeplitz, diagonal, block-diagonal
(in `symmetry.blocks` blocks), a multiple of the identity, a I + b 11^T or constant, or when all kernels of a convolution
stay as they are under a reflection or rotation of their taps. Tensors of zeros, of fewer than `symmetry.min_elements`
elements, and single rows and columns are left out.

The message says how many numbers would do. The most saving symmetry is told; `storable_numbers` has all. Weights
that are learned without a constraint have no exact symmetry: one that is there was built in (blur and derivative
filters, positions that are relative, tied experts), is what the initialisation left, or is a sign that a layer was never
trained.""",
)

RULES = (FLIPPED, EXACT)
