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

| measurement | meaning |
| --- | --- |
| `elements`, `nonzero`, `energy` | finite elements, those other than 0, and the sum of x^2 |
| `non_finite` | infinities and NaN, which are left out of everything else |
| `bits_per_weight[format=...]`, `stored_bits[...]` | bits that an element takes with its share of scales, zero points and padding, and all of them |
| `sqnr[...]` | 10 log10(sum x^2 / sum e^2) dB |
| `relative_error[...]` | root of (sum e^2 / sum x^2) |
| `squared_error[...]`, `cross[...]` | sum of e^2, and of x e |
| `largest_error[...]`, `largest_relative_error[...]` | largest \|e\|, and largest \|e / x\| over x other than 0 |
| `cosine[...]` | cosine of the angle between x and q |
| `clipped_share[...]` | share of the elements that lie beyond an end of the format by more than half of its last step |
| `flushed_share[...]` | share of the elements other than 0 that become 0 |
| `lone_outlier_share[...]` | share of the blocks of which one element sets the scale alone: all others are at most half as large |
| `output_error[...]` | root mean square of the error of an output of y = W x, for inputs of unit variance that are not correlated: root of (sum e^2 / rows) |
| `calibrated_error[...]` | the error of y over y for inputs of the second moments in `--calibration`: root of (sum h e^2 / sum h x^2), h that of the element's input channel |
| `weighted_loss[...]` | sum of w e^2 with the weights of `--sensitivity`: what the loss of the model grows by, to second order and up to a factor |
| `scale[...]` | s, of element formats |
| `drawn_variance[...]` | the part of the mean squared error that is drawn, under `rounding=stochastic` and `dithered` |
| `discrete_relative_error[levels=...,method=...]` | relative error of {-s, s} and {-s, 0, s}: `mean` has s the mean magnitude (XNOR-Net), `threshold` zeros below 0.7 of it (TWN), `absmean` x / mean rounded (1.58-bit models), `optimum` least squared error |
| `discreteness`, `discreteness_over_gaussian` | relative distance to the nearest of {-s, 0, s} at the best s, and over that of Gaussian weights, which is 0.436 |

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
    summarize=summarize,
    by_default=False,
    reads_values=True,
    reads_beside=frozenset({Role.SENSITIVITY, Role.CALIBRATION}),
)
