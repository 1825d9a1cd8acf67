r"""What the bits of a tensor hold, and what one flipped bit would do to it.

Bits are numbered by their position, the least significant being 0; their fields are sign,
exponent and mantissa, of integers sign and value. Booleans are the bytes that store them, with a
value and seven unused bits; complex numbers count as two. x is an element and x' the number that
its pattern stands for with one bit inverted; the change is |x' - x| / |x|, of finite non-zero x
with finite x'.

What is no number is left out: medians and worst changes where no element has a change, as in
tensors of zeros, infinities and NaNs; what a zero turns into where that is a NaN. Of an empty
tensor there is `elements` alone. Tables have `nan` in these places. An index is written as
`precisionlab inspect` takes it, of a complex element with its part: `[3,5].real`, `[3,5].imag`.

**The whole checkpoint.** Its tensors are taken together by dtype, each storage once, with a table
for each of the three dtypes of most elements; the others are listed, and JSON and HTML reports have
the bits of each tensor.

| column | meaning |
| --- | --- |
| set | share of the elements of all these tensors that have the bit set |
| entropy | binary entropy of that share |
| least median, largest median | the smallest and the largest of the tensors' `flip_median_change` |
| worst | the largest of the tensors' `flip_worst_change` |
| to inf/NaN | share of the elements of all these tensors that are finite and turn into an infinity or a NaN |

"Tensors nearest to overflow" are the float tensors of least `near_overflow_headroom`, with the
element of rank 1.

**Exactness.** Everything is exact but the changes in float32 and float64 tensors of more than 65,536
distinct values, whose elements are counted in bins (docs/census.md). What depends on sign and
exponent alone is exact there too: shares, sign flips, and exponent flips from one normal number
to another. Flipping mantissa bit k of m changes a normal number by 2^(k-m) / s, where s is its
significand in [1, 2). Of s the 11 leading bits are known: it lies in an interval of width 2^-11,
the change between its values at the two ends, and halfway between these it is known to 2^-12 of
itself. The smallest subnormal numbers have no leading bits, and of float64 beyond the exponents
-126 to 127 the bins know the binade alone: there the interval is wider, and `flip_error` says how
wide. The worst change then stands beside the end of a bin, without sign, unless it happens to the
smallest or largest element, which are known. The most frequent patterns are not known. Integers of
32 and 64 bits with more than 65,536 distinct values have shares, entropies and extremes, but no
flips and no patterns.

**Reading it.** Every figure is about one flip in one stored number; what becomes of a network's
answer it does not say. In most weights one bit does nearly all the harm: the highest exponent bit
is clear in every number below 2, and setting it multiplies by 2^16 in float16 and by 2^128 in
bfloat16 and float32, or makes an infinity or NaN of numbers from 1 on.

**No rules.** Low mantissa bits that never vary are what PL030 and PL031 of `range` report; high
exponent bits that never vary are what numbers of like magnitude look like; and what a flip does
follows from format and range, for which the only remedy is another format.

**Cost.** It runs only where it is named: the places of the extremes are looked for in the elements
themselves, which are held in memory for that as far as `--memory` allows and read again beyond.
`bits.nearest = 0` spares the search.
"""

from analyzers.bits.checkpoint import summarize
from analyzers.bits.definitions import DEFINITIONS
from analyzers.bits.drawing import draw
from analyzers.bits.measuring import measure, measurements
from analyzers.bits.options import Options
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result
from precisionlab.analysis.tensors import Tensor


def analyze(tensor: Tensor, options: Options) -> Result:
    """Bits, flips and patterns of one tensor from its census, and its extremes with their places."""
    figures = measure(tensor, options)
    return Result("bits", tensor.info.name, measurements=measurements(figures), figures=tuple(draw(figures)))


analyzer = Analyzer(
    "bits",
    "What do its bits hold, and what does one flipped bit do?",
    analyze,
    options=Options,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
)
