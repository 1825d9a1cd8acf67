"""The rule of the `merge` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

MERGE_ROUNDS = Rule(
    "PL421",
    "merge-loses-precision",
    Severity.NOTE,
    "merging with the other checkpoints in the stored precision loses more than it must, or much of what it changes",
    "accumulate in float32, round once, and keep the result in a wider type where rounding once is too much",
    """Fires where averaging the checkpoints, or adding scaled task vectors to the base, in the type `merge.precision` (the
tensor's own by default) makes a number infinite that the type holds; is, of at least 16 numbers, off by more than
`merge.max_ratio` times what rounding the exact result once takes on average (the root of the sum of ulp^2 / 12); or is off by
more than `merge.max_update_share` of what the merge changes in the base, where at least 16 numbers differ: as stored, or of
checkpoints of several types as cast to the type, so that none do of a checkpoint and its cast.

Each operation in bfloat16 or float16 rounds: sums of k checkpoints k - 1 times and their quotient once more, weights that
are no numbers of the type (1/3 is 0.2 % too large in bfloat16) shift all elements the same way, and sums overflow float16
where their mean would not. Accumulating in float32 costs next to nothing and leaves the one rounding that cannot be avoided.

That one may be too much as well: fine-tuning moves weights by some 0.1 % of their size, an average by half of that,
and rounding to bfloat16 by 0.16 %. The message tells what rounding once takes.""",
)

RULES = (MERGE_ROUNDS,)
