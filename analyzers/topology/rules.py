"""The rules of the `topology` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

DEAD = Rule(
    "PL301",
    "dead-rows",
    Severity.WARNING,
    "rows, columns, kernels or heads are all zeros",
    "remove dead outputs together with what reads them; leave rows of zeros that stand for padding",
    """Fires when all coordinates of a point (a row, unless `topology.points` says otherwise) are 0. All points are looked at.

An output whose weights are all 0 is its bias whatever the input is: it was pruned, never trained, or died. It can be
removed from the layer, and from the next one what reads it, if the bias is folded into that. In an embedding rows of
zeros are normal: the padding token has one by default, and so may tokens that a vocabulary was padded with. They cost
memory and nothing else.""",
)

DUPLICATES = Rule(
    "PL302",
    "duplicate-rows",
    Severity.NOTE,
    "rows, columns, kernels or heads equal others to the last bit",
    "merge equal outputs and add up the weights that read them; in embeddings see which tokens share a row",
    """Fires when a point other than 0 has the same coordinates as one before it; -0 counts as 0. All points are looked at, by
128-bit digests.

Equal rows give equal outputs where the biases are equal too: one of them can be removed, if the weights that read it are
added to those that read the other. They arise where outputs were started with equal weights, copied to make a layer
wider, or were rounded to few distinct values. In an embedding, tokens that were never seen in training may still have
the row that all new tokens were given, and a model cannot tell tokens with equal rows apart.""",
)

NEAR = Rule(
    "PL303",
    "near-duplicate-rows",
    Severity.NOTE,
    "rows, columns, kernels or heads all but coincide with others",
    "compare the pairs that are named; merging them changes outputs by no more than the distance between them",
    """Fires when the nearest other point of one is closer than the share `topology.near` of the median distance from the nearest
point. Points that are equal to the last bit are told by PL302 and are no part of this. The distance is that of
`topology.distance`: by `cosine`, rows that are multiples of one another are near.

Where all points come in such pairs, the median is that of the pairs and nothing is near. Where there are more points than
`topology.operations` allows for, a random part is looked at: pairs are then missed.""",
)

RULES = (DEAD, DUPLICATES, NEAR)
