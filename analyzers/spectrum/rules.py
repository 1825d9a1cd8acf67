"""The rules of the `spectrum` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

RANK_DEFICIENT = Rule(
    "PL311",
    "rank-deficient",
    Severity.NOTE,
    "the matrix has fewer directions than rows and columns: the others are no larger than rounding errors",
    "store two factors where that takes fewer numbers, and do not solve with the matrix",
    """Fires where more than the share `spectrum.max_deficient_share` of the singular values are no larger than what rounding
to the stored type adds: the edge of the spectrum of random errors of u / sqrt(3) times the root mean square of the
elements, with u the type's unit roundoff; of four such errors in float32 and float64, in which weights are computed as
well as stored.

Such directions hold nothing: they may be left out, the matrix can be stored as two factors if its rank is below the
break-even rank mn / (m + n), and every algorithm that divides by its smallest singular values amplifies rounding errors.
Typical causes are merged low-rank adapters, layers that were pruned or tied, embeddings with unused rows, and training
that stopped using directions.""",
)

HIDDEN_DIRECTIONS = Rule(
    "PL312",
    "hidden-directions",
    Severity.NOTE,
    "the rounding noise of the format hides most directions of the matrix under a few large ones",
    "if the small directions matter, as of adapters and low-rank residuals, keep them apart in a wider format",
    """Fires where more than the share `spectrum.max_hidden_share` of the singular values lie below
rms(Q(W) - W) (mn)^(1/4), for the format `spectrum.format`. Of a matrix without structure four bits hide about one in
thirty; it takes a few directions or elements that set the scales for all others. Noise of independent entries of
that size leaves nothing of such a direction in the leading singular vectors of the sum (Benaych-Georges and Nadakuditi
2012): it cannot be told from the noise any more.

It says which directions survive a cast, not what losing the others does to the model: that depends on the inputs, and
neither singular values nor ranks predicted it where it was measured. The `quantization` analyzer measures losses, and
`--sensitivity` tells what they cost.""",
)

RULES = (RANK_DEFICIENT, HIDDEN_DIRECTIONS)
