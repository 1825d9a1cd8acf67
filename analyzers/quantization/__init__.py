r"""What a tensor would lose in narrower formats, and what a whole checkpoint would.

x is an element and q what it becomes; e = q - x. A format is an element format under one scale for the
tensor, written with how that is chosen (`float8_e4m3fn:amax`), or a block format (`nvfp4`), whose arithmetic is
that of the runtime which docs/formats.md names. All sums are over the finite elements, in float64.

| scale | s, of which elements are x / s |
| --- | --- |
| `:none` | 1: a plain cast; numbers beyond the ends become the ends |
| `:amax` | the largest magnitude over the format's largest number |
| `:power` | the least power of two that is not below that |
| `:mse` | the one of least squared error that a search finds, never worse than `:amax`; of block formats one for each block |

Of the whole checkpoint there are `bits_per_weight`, `sqnr`, `relative_error` and `worst_sqnr` of each format, over all
tensors that own their bytes, and `weighted_loss` where all of them have a sensitivity.

**What is looked at.** Signed floats of at least 8 bits with at least `quantization.min_axes` axes. Infinities and
NaN are counted by `range`; here they are left out. A last group that a row does not fill is short, as in the
runtimes, or filled up with zeros where they do so (GGUF): a table tells of both.

**How it is computed.** Element formats of tensors that the census counts one by one (all types of at most 16 bits)
come from the census alone: exact, and at one step for each distinct value. All others come from one pass over the
elements, in which every format takes its turn on a band while it lies in the caches (docs/quantization.md).
Quotients of element formats are in float64; block formats compute in binary32, as their runtimes do.

**Drawn rounding.** Under `stochastic` an element becomes the upper one of its neighbours with the probability of
the distance to the lower one; under `dithered` noise of one step is added first and taken off again by the reader.
Figures are then the expected ones, without any drawing: nothing depends on a seed.

**What it can and cannot tell.** Errors of weights are exact. Which tensors matter to the model they do not tell:
ranked by relative error, layers came out badly (docs/calibration.md), and bits given out by such scores did
worse than the same bits for all. So nothing is ranked without `--sensitivity`.
"""

from analyzers.quantization.checkpoint import summarize
from analyzers.quantization.definitions import DEFINITIONS
from analyzers.quantization.drawing import draw
from analyzers.quantization.judging import judge
from analyzers.quantization.measuring import measure, measurements, obstacle
from analyzers.quantization.options import Options
from analyzers.quantization.rules import RULES
from analyzers.quantization.sampling import sampled_rows
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import FloatFormat


def analyze(tensor: Tensor, options: Options) -> Result:
    """One tensor in every format, and whether it was quantized before."""
    from precisionlab.analysis.quantization.stored_grids import stored_grid  # noqa: PLC0415 - numba

    name, format_ = tensor.info.name, LAYOUTS[tensor.info.dtype].format
    reason = obstacle(tensor, options)
    if reason or not isinstance(format_, FloatFormat):
        return Result("quantization", name, Status.SKIPPED, reason)
    figures = measure(tensor, options)
    if not figures.sweep.losses:
        return Result("quantization", name, Status.SKIPPED, figures.sweep.left_out[0].reason)
    grid = stored_grid(sampled_rows(tensor), format_)
    return Result(
        "quantization",
        name,
        measurements=tuple(measurements(figures)),
        findings=judge(name, figures, grid, options),
        figures=tuple(draw(figures, options)),
    )


analyzer = Analyzer(
    "quantization",
    "What would it lose in which format?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    reads_beside=frozenset({Role.SENSITIVITY, Role.CALIBRATION}),
)
