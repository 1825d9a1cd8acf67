"""The rules of the `difference` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

PRECISION_LOST = Rule(
    "PL401",
    "precision-lost",
    Severity.WARNING,
    "the numbers are those of the other checkpoint rounded to a narrower format than they are stored in",
    "take the tensor from before the cast, or store it in the format whose numbers it holds",
    """Fires when every number of a tensor equals that of the other checkpoint (`--against`) after rounding to a format that
is narrower than the type in which the tensor is stored, and at least one differs that became neither zero, nor the end of
the format, nor a power of two: as these much ends that was not cast, such as norms that start again from ones. Casts to
nearest and casts that cut bits off are tried, to the formats of `difference.formats`.

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
    "the tensor has another shape than in the other checkpoint",
    "compare checkpoints of one architecture, or see whether a vocabulary or a head was resized",
    """Fires when the tensor has another shape than in the other checkpoint (`--against`). Where shapes differ in the first
axis alone, the rows that both have are compared, those with the lowest indices; where they differ by axes of one index,
all numbers are. Otherwise elements have no counterparts, and no other figure is given, even where both have equally
many. Tensors of another shape are left out of the totals.

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
    """Fires when the tensor is stored in another type than in the other checkpoint (`--against`). The message says
whether the numbers are nevertheless the same, are the others rounded to the new type, are no farther from them than
rounding the same numbers to both types would put them, or differ by more than that.

A cast to a wider type costs bytes and gains nothing. One to a narrower type costs what `relative_difference` says. Where
the numbers are not the rounded ones, something else happened to them besides: training, a scale, another way of
rounding.""",
)

UNCHANGED = Rule(
    "PL405",
    "unchanged-among-changed",
    Severity.NOTE,
    "tensors did not change at all, though most did",
    "see that they were meant to stay, and were trained, cast or merged where not",
    """Fires for the checkpoint when some tensors hold the same bytes as in the other checkpoint (`--against`), and more
tensors have other numbers.

Layers that were frozen, buffers that no training touches and experts that no token reached are such, and nothing is
wrong with them. But so are weights that an optimizer was never given, that a merge left out because of their names, or
that a tool copied from the base. Fine-tuning with a rate so small that no update survives rounding leaves tensors
unchanged, too. Tensors of the same numbers in another type are not counted.""",
)

COME_APART = Rule(
    "PL406",
    "tied-weights-apart",
    Severity.WARNING,
    "tensors differ that are one in the other checkpoint",
    "tie them again before saving, or see that the model's configuration says that they are not tied",
    """Fires for a tensor that differs from another one here, while in the other checkpoint (`--against`) both

- share their bytes in the file, or
- are embeddings or heads, by their names, and hold the same bytes, or
- would be one: an embedding is there without any head, and here a head of its shape is beside it.

Many language models use one matrix for the embedding and the head. A tool that loads both as two parameters, trains,
quantizes or merges them, and saves both, leaves two. A loader that ties them keeps one and drops the other one's
training without a word; one that does not runs another model than the one that was evaluated.

Embeddings and heads are told by names. Layers or experts that were copied from one another and then trained apart, on
purpose, are not looked at, unless they share their bytes there.""",
)

RENAMED = Rule(
    "PL407",
    "renamed",
    Severity.WARNING,
    "tensors have other names than in the other checkpoint",
    "load it with what its names are made for, or rename them as the other one has them",
    """Fires for the checkpoint when tensors were matched with some of another name in the other checkpoint (`--against`):
of names that differ by a constant beginning (`model.`, `module.`, `base_model.model.`), or of one shape and the same or
nearly the same numbers. Which ones is in the table of renamed tensors.

Wrappers put their own name before those of what they wrap, and it stays in what is saved. A loader that looks for other
names leaves these layers at their random initialisation, with a warning that is easily overlooked, or fails.""",
)

CAST_IN_PART = Rule(
    "PL408",
    "cast-in-part",
    Severity.WARNING,
    "of tensors of one kind some were cast and others were not",
    "cast all of them or none, unless these layers are to be kept wider",
    """Fires for the checkpoint when tensors whose names differ by numbers alone, as those of one projection in all layers,
are of one type in the other checkpoint (`--against`) and of several here.

Recipes that keep the first and the last layers wider do so on purpose. Otherwise it is what an interrupted conversion
leaves, a merge of shards of different runs, or a tool that meets tensors it does not know. Norms in another type than
matrices are no such case: their names differ in more than numbers.""",
)

QUANTIZED = Rule(
    "PL409",
    "quantized-beside-not",
    Severity.NOTE,
    "weights are stored quantized in one checkpoint only",
    "dequantize what is not compared with what quantized it, and compare that",
    """Fires for the checkpoint when weights have scales, zero points or packed integers beside them in one of the two
checkpoints and not in the other one, by the names that compressed-tensors, GPTQ, AWQ and bitsandbytes give them.

What is stored there are codes. Of int8 and FP8 with one scale for the tensor, each row or each block, and without zero
points, the products are compared: the difference is then the error of quantizing, and counts in all totals. What is packed,
or has zero points, is not taken apart, and is in no total.""",
)

RULES = (
    PRECISION_LOST,
    NOT_FINITE,
    RESHAPED,
    RETYPED,
    UNCHANGED,
    COME_APART,
    RENAMED,
    CAST_IN_PART,
    QUANTIZED,
)
