r"""What merging checkpoints in the stored precision costs, against the exact result.

The tensor is one of k checkpoints; the first of the others (`--against`) is the base A, further ones come after it. It
needs the base, and runs where it is named.

| merge | is | ways |
| --- | --- | --- |
| `average` | the mean of all k, base included (model soups) | `running`: added one after the other and divided by k; `weighted`: each times 1/k, added one after the other; `wide`: as `running`, but in a wider type |
| `task` | A plus `merge.scaling` times each difference from it (task arithmetic) | `running`: difference, product and sum, one checkpoint after the other; `wide`: the same in a wider type |

In `running` and `weighted` every operation is rounded to the precision, weights and scaling as well, as they are in a tensor
of that type. `wide` accumulates in float32, for float32 in float64, and rounds once at the end. The precision is the
tensor's own, unless `merge.precision` names another; the other checkpoints are cast to it first. Rounding is to nearest,
ties to even, and what is beyond the ends is infinite. That is what PyTorch does for float16, bfloat16 and float32.

**How exact it is.** M is computed in float64 from the stored numbers. Sums of formats of up to 16 bits are exact there
as long as exponents differ by less than some 40; those of float32 are right to 1e-16, a few parts in a billion of its own
rounding, so that ties may be misjudged that rarely. In float64 itself nothing is merged here: nothing wider is at hand.

**What it can and cannot tell.** Errors of weights are exact. Two checkpoints are averaged as well in bfloat16 as can be,
since halving is exact: what is lost is the one rounding, which may still be most of what a fine-tuning changed
(`unavoidable_over_update`). That rounding noise is spread over all directions, and mostly averages out in outputs; a bias
does not. Other ways to merge (spherical interpolation, trimmed and sign-elected task vectors) begin with the same sums.
"""

from typing import TYPE_CHECKING

from analyzers.merge.checkpoint import summarize
from analyzers.merge.definitions import DEFINITIONS
from analyzers.merge.options import Options
from analyzers.merge.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Result, Status

if TYPE_CHECKING:
    from precisionlab.analysis.tensors import Tensor

NO_BASE = "there is no tensor to merge it with in another checkpoint (--against)"
EMPTY = "it has no elements"
AS_WIDE = "it would be merged in float64, and nothing wider tells what that loses"


def analyze(tensor: "Tensor", options: Options) -> Result:
    """Merging one tensor with its counterparts."""
    from analyzers.merge.drawing import draw  # noqa: PLC0415 - numba, which listing analyzers does not need
    from analyzers.merge.judging import judge  # noqa: PLC0415 - as above
    from analyzers.merge.measuring import WIDEST, measure, measurements, precision_of  # noqa: PLC0415 - as above
    from precisionlab.analysis.side_by_side import why_apart  # noqa: PLC0415 - as above

    name, base = tensor.info.name, tensor.beside.get(Role.REFERENCE)
    if base is None:
        return Result("merge", name, Status.SKIPPED, NO_BASE)
    tensors = (base, tensor, *tensor.others)
    reason = why_apart((tensor.info, base.info, *(one.info for one in tensor.others)))
    format_ = precision_of(tensor, options)
    reason = reason or ("" if tensor.info.n_elements else EMPTY)
    if reason or format_ is None or format_.precision >= WIDEST:
        return Result("merge", name, Status.SKIPPED, reason or AS_WIDE)
    figures = measure(tensors, format_, options)
    return Result(
        "merge",
        name,
        measurements=tuple(measurements(figures)),
        findings=judge(name, figures, options),
        figures=tuple(draw(figures)),
    )


analyzer = Analyzer(
    "merge",
    "What does merging in the stored precision cost?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    reads_beside=frozenset({Role.REFERENCE}),
    needs_beside=frozenset({Role.REFERENCE}),
)
