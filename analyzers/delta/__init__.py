r"""What of a fine-tuned tensor's update over its base survives storage, quantization, and being stored as factors.

The tensor is B, that of the base (`--against`) A, and the update, or task vector, D = B - A, in float64. It needs the base,
and runs in `precisionlab compare` and where it is named.

**Two ways into a format.** `way=stored`: the sum was computed in a wide type, and base and sum are each rounded,
E = B' - A'. That is what casting both checkpoints does; rounding acts like noise there, so that E is D on average
(`update_gain` near 1) however large its error. `way=added`: base and update are rounded, and added in the format,
E = round(A' + D') - A'. That is what merging an adapter into a base in the narrow format does; what is smaller than half a
step is gone (`update_gain` near 0). Formats are those of `delta.formats` and the one that the tensor is stored in. Base and
sum have one scale, that of the larger of both, where a format has one (`:amax`, `:power`): scales of their own would make
all numbers differ. An update that is stored by itself has its own. Numbers beyond the ends become the ends.

**Quantizing** is that of `quantization`: each of B, A and D gets scales of its own. **Directions** are those of the tensor
as a matrix, its first axis by all others, as `spectrum` has them: all from the Gram matrix, else the leading ones by
block Krylov iteration (from below). The level of rounding is the edge of the spectrum of a random matrix whose elements
have the variances ulp^2 / 12 of rounding errors (Marchenko and Pastur 1967; Bandeira and van Handel 2016 for unequal ones).

**What it can and cannot tell.** Shares and errors are exact. That an update is lost, or is smaller than the noise of a
format, does not say that its effect on the model is: noise is spread over all directions and mostly averages out, updates
are not. It says that nothing keeps the update element by element, so that it is to be evaluated, and not assumed. A
difference need be no fine-tuning: `difference` tells whether it is that of a cast. Where base and sum are stored in two types,
and are the same numbers once rounded, or cut, to one of them, no rule fires. A rank counts directions that rounding
to the stored type cannot explain. Merging through a narrower one leaves more. So does rounding itself where the update is
about half a step in size: its errors then go with the update, whose products of three are directions of their own (of an update
of rank 4 in bfloat16, 24 directions were counted in a matrix of 4,096 by 4,096, and 4 in one of 512 by 512).
"""

from typing import TYPE_CHECKING

from analyzers.delta.checkpoint import summarize
from analyzers.delta.definitions import DEFINITIONS
from analyzers.delta.options import Options
from analyzers.delta.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.costs import NO_COST, Cost, singular_values_cost
from precisionlab.analysis.results import Result, Status
from precisionlab.checkpoints.model import TensorInfo

if TYPE_CHECKING:
    from precisionlab.analysis.tensors import Tensor

NO_BASE = "there is no tensor to compare it with in another checkpoint (--against)"
LEADING_PRODUCTS = 16
"""Operations an element and singular value that finding the leading ones takes."""
ROUNDING = 1000.0
"""As many operations as rounding an element to a format, or quantizing it, takes as long as."""


def analyze(tensor: "Tensor", options: Options) -> Result:
    """The update of one tensor."""
    from analyzers.delta.drawing import draw  # noqa: PLC0415 - torch and numba, which listing analyzers does not need
    from analyzers.delta.judging import judge  # noqa: PLC0415 - as above
    from analyzers.delta.measuring import measure, measurements  # noqa: PLC0415 - as above
    from analyzers.delta.updates import Update  # noqa: PLC0415 - as above
    from precisionlab.analysis.side_by_side import why_apart  # noqa: PLC0415 - as above

    name, base = tensor.info.name, tensor.beside.get(Role.REFERENCE)
    reason = NO_BASE if base is None else why_apart((tensor.info, base.info))
    if base is None or reason:
        return Result("delta", name, Status.SKIPPED, reason)
    figures = measure(Update(tensor, base), options)
    return Result(
        "delta",
        name,
        measurements=tuple(measurements(figures)),
        findings=judge(name, figures, options),
        figures=tuple(draw(figures)),
    )


def cost(info: TensorInfo, options: Options) -> Cost:
    """Rounding and quantizing, and the singular values of the update."""
    from precisionlab.analysis.weights import obstacle, shape_of  # noqa: PLC0415 - as above

    if obstacle(info):
        return NO_COST
    rounding = Cost(ROUNDING * info.n_elements * (1 + len(options.formats) + len(options.quantized)))
    if info.n_elements > options.max_elements:
        return rounding
    m, n = shape_of(info)
    if min(m, n) <= options.all_values_to:
        return rounding + singular_values_cost(m, n)
    count = max(64, options.lora_rank) + 16
    return rounding + Cost(LEADING_PRODUCTS * 1.0 * m * n * count, 64.0 * max(m, n) * count)


analyzer = Analyzer(
    "delta",
    "What of the update would survive storage and quantization?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    reads_beside=frozenset({Role.REFERENCE}),
    needs_beside=frozenset({Role.REFERENCE}),
    cost=cost,
)
