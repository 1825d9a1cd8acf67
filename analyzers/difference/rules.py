"""The rules of the `difference` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

PRECISION_LOST = Rule(
    "PL401",
    "precision-lost",
    Severity.WARNING,
    "the numbers are those of the other checkpoint rounded to a narrower format than they are stored in",
    "take the tensor from before the cast, or store it in the format whose numbers it holds",
    """Fires when every number of a tensor equals that of the other checkpoint (`--against`) after rounding to a format that
is narrower than the type in which the tensor is stored, at least one differs, and at least one of those did not become
zero. Casts to nearest and casts that cut bits off are tried, to the formats of `difference.formats`.

It is what a round trip leaves: a checkpoint that went through bfloat16 or FP8 in some tool and was saved in float32
again has the size of float32 and the precision of bfloat16, and nothing in it says so. A tensor that is also stored in
the narrower format is an ordinary cast, which PL404 tells.

That all of thousands of numbers are rounded ones by chance is out of the question; in tensors of a few numbers it may
happen.""",
)

NOT_FINITE = Rule(
    "PL402",
    "not-finite-any-more",
    Severity.ERROR,
    "numbers are NaN or infinite that are not in the other checkpoint",
    "find the step between the two that overflowed or divided by zero, and do it in a wider format",
    """Fires when an element is NaN here and is not in the other checkpoint (`--against`), or is infinite here and finite there.
The evidence has the place of the first one. A NaN that is one there too is no change, whatever its payload, if the types
differ; if they are the same, other bits are counted in `changed` only.

Casting to float16 makes numbers beyond 65,504 infinite, casting to E4M3 makes those beyond 448 NaN in some libraries;
merging and extrapolating checkpoints overflow, and training diverges. One NaN in a weight makes NaN of every output that
it has a part in.""",
)

RESHAPED = Rule(
    "PL403",
    "shape-differs",
    Severity.WARNING,
    "the tensor has another shape than in the other checkpoint, so that its numbers are not compared",
    "compare checkpoints of one architecture, or see whether a vocabulary or a head was resized",
    """Fires when the tensor of the same name in the other checkpoint (`--against`) has another shape. Elements have no
counterparts then, and no other figure is given, even where both have equally many.

Embeddings and heads grow with the vocabulary, classifier heads with the classes, and some tools transpose linear layers
(Conv1D of GPT-2). Loading the one into a model made for the other fails, or quietly leaves the layer at its random
initialisation where a loader was told to ignore what does not fit.""",
)

RETYPED = Rule(
    "PL404",
    "dtype-differs",
    Severity.NOTE,
    "the tensor is stored in another type than in the other checkpoint",
    "see that the cast is meant, and by the figures what it cost",
    """Fires when the tensor of the same name in the other checkpoint (`--against`) is stored in another type. The message says
whether the numbers are nevertheless the same, are the others rounded to the new type, or differ by more than that.

A cast to a wider type costs bytes and gains nothing. One to a narrower type costs what `relative_difference` says. Where
the numbers are not the rounded ones, something else happened to them besides: training, a scale, another way of
rounding.""",
)

RULES = (PRECISION_LOST, NOT_FINITE, RESHAPED, RETYPED)
