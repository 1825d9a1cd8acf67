r"""What differs between a tensor and the tensor of the same name in another checkpoint, which `--against` names.

It runs wherever `--against` is given. The checkpoint that is scanned is *here*, the other one, the reference, *there*.

| measurement | meaning |
| --- | --- |
| `relative_difference` | \|A - B\| / \|B\|, Euclidean norms, A here and B there; 0 where both are 0, infinite where only B is |
| `same_bytes`, `same_shape`, `same_dtype` | whether type, shape and every byte are the same; shape; type |
| `numbers`, `changed`, `changed_share` | numbers (of a complex element two); those of other bits; their share. Of different types those of another value count, and NaN is like NaN |
| `largest_difference` | the largest \|a - b\| |
| `cosine` | of the angle between A and B; not of zeros |
| `largest_distance`, `one_ulp_apart` | units in the last place: how many numbers of the type one must step over from b to a, at most; numbers that are neighbours. Of one type only. -0 and 0 are 0 apart |
| `sign_flips`, `zero_sign_flips` | positive on one side and negative on the other; zeros of another sign |
| `became_nan`, `were_nan` | NaN here and not there; there and not here |
| `became_infinite`, `were_infinite` | infinite here and finite there; there and finite here |
| `difference_norm`, `norm`, `reference_norm` | \|A - B\|, \|A\| and \|B\| |
| `explained_by_cast[way=...,rounding=...]` | the finest format of which rounding explains every difference; absent where none does |

Norms, cosine, distances and the largest difference are of the numbers that are finite on both sides. A is compared in
blocks, in float64: norms are right to 1e-12, since differences are rounded once and sums are those of pairs. Differences of
64-bit integers are exact if both have that type; of different types integers beyond 2^53 are rounded to float64 first.

**Casts** are tried on every number: `way=here` says that A is B rounded, `there` that B is A rounded, and `both` that the
two are equal once both are rounded, as after a cast and noise below its precision. Formats are those of
`difference.formats` and the two that the tensors are stored in; `rounding` is to nearest, or towards zero, which is
what cutting off the lower half of a float32 does. What overflows a format becomes infinite, or its largest number where it
has no infinity.

Of the whole checkpoint there are `relative_difference` and `changed` over all numbers, and tensors by how they differ:
`tensors_same`, `tensors_equal` (the same numbers in another type), `tensors_changed`, `tensors_uncompared` (of another shape,
or complex against real), `tensors_only_here`. Tensors that only the reference has are never asked about, and so are
not among them; the app lists them, since it knows both lists of names.

**What it can and cannot tell.** Tensors are matched by name: one that was renamed is only here. A difference is no damage:
fine-tuning changes every tensor, by some 1e-3 in relative terms, and a change of sign of a whole row, with that of the next
layer's column, changes no output. Distances in units in the last place count how many roundings may lie between two numbers,
whatever their size; about 0 they are huge for numbers that differ by next to nothing.
"""

from typing import TYPE_CHECKING

from analyzers.difference.checkpoint import summarize
from analyzers.difference.options import Options
from analyzers.difference.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Result, Status

if TYPE_CHECKING:
    from precisionlab.analysis.tensors import Tensor


def analyze(tensor: "Tensor", options: Options) -> Result:
    """One tensor beside its counterpart."""
    from analyzers.difference.drawing import draw  # noqa: PLC0415 - numba, which listing analyzers does not need
    from analyzers.difference.judging import judge, judge_headers  # noqa: PLC0415 - as above
    from analyzers.difference.measuring import measure, measurements, of_headers  # noqa: PLC0415 - as above
    from analyzers.difference.pairs import Pair  # noqa: PLC0415 - as above

    name = tensor.info.name
    if Role.REFERENCE not in tensor.beside:
        reason = "there is no tensor of this name in another checkpoint (--against)"
        return Result("difference", name, Status.SKIPPED, reason)
    pair = Pair(tensor, tensor.beside[Role.REFERENCE])
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


analyzer = Analyzer(
    "difference",
    "What differs from the other checkpoint, and is it what a cast does?",
    analyze,
    options=Options,
    rules=RULES,
    summarize=summarize,
    reads_values=True,
    reads_beside=frozenset({Role.REFERENCE}),
    needs_beside=frozenset({Role.REFERENCE}),
)
