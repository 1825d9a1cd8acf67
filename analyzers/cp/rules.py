"""The rules of the `cp` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

DEGENERATE = Rule(
    "PL341",
    "degenerate-cp",
    Severity.NOTE,
    "components of the decomposition grow and cancel each other, as where no best approximation of the rank exists",
    "take another rank, a Tucker or tensor-train decomposition (lowrank), or bound the weights when fitting for use",
    """Fires where two components have a cosine of at most `cp.max_congruence` (the product over the axes of the cosines of
their vectors: the triple cosine of three axes), and the norms of all components sum up to more than `cp.max_weight`
times the root of their number, in units of the tensor's norm. Orthogonal components sum up to at most the root of their
number; more than that means that they cancel.

A tensor has border rank r if tensors of rank r come as near as one likes, though none is equal to it. An example is
a ⊗ a ⊗ b + a ⊗ b ⊗ a + b ⊗ a ⊗ a: its rank is 3, yet ((a + tb)⊗(a + tb)⊗(a + tb) - a⊗a⊗a) / t comes as near as
t is small, with two components that grow like 1/t and point in opposite directions. For such tensors, and for all that
lie near them, a best approximation of that rank does not exist (de Silva and Lim 2008): the error has no least value, and
fits go on for ever with growing weights.

The error that is told is right. But large components that cancel lose digits when they are rounded: quantized factors
multiply the error by about the sum of the weights, and fine-tuning starts from a place with huge gradients. Kernels of
trained convolutions are often of this kind. The finding says nothing of the layer's importance or of the damage that
compressing it does.""",
)

RULES = (DEGENERATE,)
