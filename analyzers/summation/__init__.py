r"""What plain summation loses of a tensor's means, norms and products, and what compensated summation would keep.

Three kinds of sums are computed, each in every format of `summation.working_formats` by every method of
`summation.methods`, bit for bit as a program would that has that format and no wider one.

| quantity | terms |
| --- | --- |
| `elements` | the first elements of the tensor, as in its mean |
| `squares` | their squares, as in its norm |
| `products` | products of a row of a matrix with normal deviates, as in an output of a layer; of many rows |

Moments that an optimizer keeps (`exp_avg`, `exp_avg_sq`, …) are tensors like others; findings say that they are some.

Where there are several sums (rows), figures are medians. **Errors are relative to the exact sum of the terms as rounded
to the format**, so that methods are compared with each other; what the rounding of terms costs is told apart
(`term_rounding_error`: factors are rounded first, then squares and products). In the tables the row `terms rounded` has
the digits that rounding the terms leaves of the exact sum of the stored ones, which no way of adding the rounded ones
mends; the word `overflow` stands where a sum is infinite or NaN, and 0 where none of its digits is right.

Of the whole checkpoint there are `fewest_digits` and `median_digits` of each format, method and quantity, over tensors that
own their bytes.

**Methods** are `recursive`, `pairwise`, `blocked:128`, `kahan`, `neumaier`, `klein`, `sum2`, `sumk:3`, `double-double` and
`exact` (Higham 2002, chapter 4; Ogita, Rump and Oishi 2005). The table gives the additions and subtractions that a term
costs. Seconds are in no report, since reports of the same input are the same bytes: `precisionlab sum --time` and
benchmarks/ measure them. Compensated sums of more than 65,536 terms are those of 256 interleaved ones, as they are
computed in practice.

**The line figure** has errors of the first five methods on the first 16, 64, 256, … terms over the sum of their
magnitudes: for that plain summation has the bound n u, u the unit roundoff (Higham 2002, section 4.2). Errors of 0 have
no place on its axis.

**What it can and cannot tell.** Errors are those of the very operations, in the order in which elements are stored, as a
loop, atomic additions or a running average go through them. Libraries have other orders: PyTorch and NumPy add up in
blocks and pairs, and 16-bit types in float32. Only the first `summation.max_terms` elements are summed: longer sums lose
more, in float32 all that comes after some 2^24 terms of like size. Compensation is no cure in itself: Neumaier's and
Klein's sums keep what is lost in further sums of the same format, which in 16 bits stagnate in their turn.
"""

from analyzers.summation.checkpoint import summarize
from analyzers.summation.definitions import DEFINITIONS
from analyzers.summation.drawing import draw
from analyzers.summation.judging import judge
from analyzers.summation.measuring import measure, measurements, obstacle
from analyzers.summation.options import Options
from analyzers.summation.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor


def analyze(tensor: Tensor, options: Options) -> Result:
    """One tensor with every method in every format."""
    name = tensor.info.name
    reason = obstacle(tensor, options)
    if reason:
        return Result("summation", name, Status.SKIPPED, reason)
    figures = measure(tensor, options)
    if figures is None:
        return Result("summation", name, Status.SKIPPED, "all elements looked at are infinite or NaN")
    return Result(
        "summation",
        name,
        measurements=tuple(measurements(figures)),
        findings=judge(name, figures, options),
        figures=tuple(draw(figures)),
    )


analyzer = Analyzer(
    "summation",
    "What would compensated summation keep of its means, norms and products?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
)
