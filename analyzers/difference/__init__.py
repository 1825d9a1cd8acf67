r"""What differs between a tensor and its counterpart in another checkpoint: `--against`, or the first one of `compare`.

It runs wherever another checkpoint is given. The one that is scanned is *here*, the other one, the reference, *there*.
Below, A is a tensor here and B its counterpart.

Norms, cosine, distances and the largest difference are of the numbers that are finite on both sides. A is compared in
blocks, in float64: norms are right to 1e-12, since differences are rounded once and sums are those of pairs. Differences of
64-bit integers are exact if both have that type; of different types integers beyond 2^53 are rounded to float64 first.
Distances are in units in the last place of the type, of tensors that have one type on both sides.

**Counterparts** are tensors of the same name. Of those that are left on both sides they are, in this order: tensors whose
names differ by a constant beginning, such as `model.`; tensors of one shape whose numbers are the same or near, as a
thousand of them tell that are read from each; tensors whose names differ as those of others that were found. What may be
paired in several ways is paired in none. Where shapes differ in the first axis alone, as of a vocabulary that grew, the
first rows of both are compared; such tensors are in no total.

**Casts** are tried on every number: `way=here` says that A is B rounded, `there` that B is A rounded, and `both` that the
two are equal once both are rounded, as after a cast and noise below its precision. Formats are those of
`difference.formats` and the two that the tensors are stored in; `rounding` is to nearest, or towards zero, which is
what cutting off the lower half of a float32 does. What overflows a format becomes infinite, or its largest number where it
has no infinity.

**The whole checkpoint** has the same figures over all numbers of tensors that have one shape, and says how many tensors are
the same, changed, renamed, of another shape, and on one side only. Where one side holds 8-bit codes with scales beside them
(compressed-tensors, FP8 in blocks), products of both are compared, in float32, and counted; what is packed or has zero
points (GPTQ, AWQ, bitsandbytes) has no counterpart, is named, and is in no total.

**What it can and cannot tell.** A difference is no damage: fine-tuning changes every tensor, by some 1e-3 in relative terms,
and a change of sign of a whole row, with that of the next layer's column, changes no output. Tensors that were permuted
or transposed have no counterparts, or far ones. Distances in units in the last place count how many roundings may
lie between two numbers, whatever their size; about 0 they are huge for numbers that differ by next to nothing.
"""

from typing import TYPE_CHECKING

from analyzers.difference.definitions import DEFINITIONS
from analyzers.difference.options import Options
from analyzers.difference.rules import RULES
from precisionlab.analysis.analyzers import Analyzer, Answers
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Result, Status

if TYPE_CHECKING:
    from precisionlab.analysis.tensors import Tensor


def analyze(tensor: "Tensor", options: Options) -> Result:
    """One tensor beside its counterpart."""
    from analyzers.difference.drawing import draw  # noqa: PLC0415 - numba, which listing analyzers does not need
    from analyzers.difference.judging import judge, judge_headers  # noqa: PLC0415 - as above
    from analyzers.difference.measuring import measure, measurements, of_headers  # noqa: PLC0415 - as above
    from analyzers.difference.pairs import pair_of  # noqa: PLC0415 - as above

    name, pair = tensor.info.name, pair_of(tensor)
    if pair is None:
        reason = "it has no counterpart in another checkpoint (--against)"
        return Result("difference", name, Status.SKIPPED, reason)
    if not pair.is_comparable:
        told = tuple(of_headers(pair, is_identical=False))
        return Result("difference", name, measurements=told, findings=judge_headers(name, pair))
    figures = measure(pair, options)
    return Result(
        "difference",
        name,
        measurements=tuple(measurements(figures)),
        findings=judge(name, figures),
        figures=tuple(draw(figures)),
    )


def summarize(answers: Answers, options: Options) -> Result:
    """All tensors together."""
    from analyzers.difference import checkpoint  # noqa: PLC0415 - as above

    return checkpoint.summarize(answers, options)


analyzer = Analyzer(
    "difference",
    "What differs from the other checkpoint, and is it what a cast does?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    reads_values=True,
    reads_beside=frozenset({Role.REFERENCE}),
    needs_beside=frozenset({Role.REFERENCE}),
)
