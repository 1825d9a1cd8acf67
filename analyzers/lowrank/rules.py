"""The rules of the `lowrank` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

LOW_RANK = Rule(
    "PL321",
    "low-rank",
    Severity.NOTE,
    "two factors hold the matrix all but exactly in fewer numbers",
    "store the factors where size or time matters, after comparing outputs",
    """Fires where the best factors [outputs, r] and [r, inputs] with a relative error |W - W_r| / |W| of at most
`lowrank.max_error` (1 %) take fewer numbers than the matrix: where the rank at that error is below the break-even rank
mn / (m + n). Two thin products then replace one, with as many fewer multiply-adds.

Weights that were trained in full are seldom so: 1 % of error mostly takes more numbers than the matrix has. Merged
adapters, embeddings of few used directions and layers that were compressed before are. The error is of the matrix; what
it does to outputs depends on the inputs, so compare outputs before shipping.""",
)

RULES = (LOW_RANK,)
