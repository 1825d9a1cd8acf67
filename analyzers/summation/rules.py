"""The rules of the `summation` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

STAGNATES = Rule(
    "PL211",
    "sum-stagnates",
    Severity.WARNING,
    "a norm or mean stops growing: most terms are too small beside the running sum to change it",
    "sum in a wider format, or by Kahan's method; without either in pairs, as NumPy does, or in blocks",
    """Fires when more than the share `summation.max_absorbed` of the elements other than 0, or of their squares, leaves its
running sum as it is, and fewer than half of the decimal digits of the format (3.6 of 7.2 in float32) are right in the
end. Where terms are absorbed and the sum keeps its digits, they were too small to matter, and nothing is said. Sums of
elements of both signs are left out where they are as small as sums of random signs.

The format is the one that frameworks add up in: float32, or float64 of float64 tensors. In bfloat16 every running sum of
more than some 256 terms of like size stagnates, whatever the tensor, so that it is judged only where
`summation.judged_format` names it; the tables tell of it in any case.

A term is absorbed that is below half of a unit in the last place of the sum. It happens where large terms come first
and many small ones follow, as in second moments of an embedding, whose rows are used more or less often, and in long
sums of one sign. Nothing looks wrong: the result is a number of the right size, and too small.""",
)

RECOVERABLE = Rule(
    "PL212",
    "sum-is-recoverable",
    Severity.NOTE,
    "sums in pairs or compensated would keep most of the digits that plain summation loses here",
    "use Kahan's sum (4 operations a term) or sums in pairs (1 operation a term) for means, norms and products of it",
    """Fires when plain summation keeps less than half of the decimal digits of the format (3.6 of 7.2 in float32), and
pairwise or Kahan's summation, as far as `summation.methods` names them, keeps at least `summation.min_recovered` more.
It is judged of the elements, their squares and products with normal deviates (half of the sampled rows), in float32,
float64 of float64 tensors, or in `summation.judged_format`.

Sums of elements that are smaller than the root of the sum of their squares are not judged: they are as small as sums of
random signs, their digits mean little, and nearly all weights of both signs have such a mean.

Errors of plain summation grow with the size that the running sum has on the way: order decides, such as large elements
before small ones, or those of one sign before those of the other. Where `condition_median` is large, terms cancel; then
only compensated sums, or a wider format, keep digits.""",
)

RULES = (STAGNATES, RECOVERABLE)
