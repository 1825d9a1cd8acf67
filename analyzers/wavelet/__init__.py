r"""Whether a weight has spatial structure: a wavelet transform along its ordered axes, beside permuted copies.

Only axes with an order are transformed: the taps of a convolution's kernels, the positions of a position embedding, and
those that `wavelet.ordered` declares, such as time. Outputs and inputs of a linear layer, tokens and features can be
permuted without changing what the model does; scales along them mean nothing, and such tensors are skipped with that
reason. All other indices number the *kernels*: outputs times inputs of a convolution, features of positions.

The transform is separable and orthogonal, so that the energies of the scales add up to the whole (to 1e-12; to 1e-11 for
some `sym`, whose filters PyWavelets has to so many digits). Even lengths are periodic at the edges (`periodization` of
PyWavelets). From the first odd length on, such as the 3 of a 3x3 kernel, Haar's wavelet for unequal parts is taken
whatever `wavelet.wavelet` says: two neighbours of m and n entries become (sqrt(m) s + sqrt(n) t) / sqrt(m + n) and
(sqrt(n) s - sqrt(m) t) / sqrt(m + n), and the last of an odd number waits for the next level (Fryzlewicz 2007).

| measurement | meaning |
| --- | --- |
| `energy_share[level=...]` | share of the sum of squares in the details of a level, 1 the finest; `rest` is what is left, with all levels of Haar the mean of each kernel |
| `expected_share[level=...]` | the same of white noise: the share of the coefficients. 3/4, 3/16, ... for squares of 2^n |
| `seminorm[axis=...]` | discrete Sobolev seminorm of order 1, squared: mean square of differences of neighbours over twice the mean square. 1 of white noise, 0 of constants, 2 of alternating signs (von Neumann 1941 without subtracting the mean) |
| `gini`, `entries_gini` | Gini index of the magnitudes of coefficients, and of entries: 0 all equal, near 1 few hold all (Hurley and Rickard 2009) |
| `share_of_99_energy`, `entries_share_of_99_energy` | the least share of coefficients, or entries, that holds 99 % of the energy |
| `threshold_error[kept=...]`, `entries_threshold_error[kept=...]` | relative error when that share of the coefficients, or entries, is kept, the largest, and the rest are 0 |
| `..._mean`, `..._sd`, `..._z` `[null=...]` | mean and standard deviation of the figure over `wavelet.draws` random copies, and (value - mean) / sd |
| `kernels`, `sampled_kernels`, `places`, `levels` | kernels, those that were drawn and looked at (`wavelet.max_elements`), entries of one, levels of the transform |

Copies are `permuted` by default: they keep everything but the order along the ordered axes. Taps are permuted within each
kernel by itself, positions for all features alike. `shuffled` copies mix all entries, `gaussian` ones are white noise of
the same mean and deviation. An infinite z says that all copies have the same figure and the weight another.

Of the whole checkpoint: `ordered_tensors`, which have ordered axes, and `smooth_tensors`, whose least seminorm lies three deviations
or more below its permuted copies.

**What it can and cannot tell.** A large z says that the order along an axis is used: neighbours resemble one another more
(or less) than chance would have it. Smooth kernels are the rule in first layers of vision models and in learned position
embeddings; z-scores of 18 to 23 were measured there, and none beyond 2.3 along the axes of linear layers, which is why
those are skipped. Energy by scale and thresholding errors say what a transform coder could gain on these axes; a kernel
of 3x3 taps has little room for it. z grows with the number of kernels: read it as evidence, and the figure itself as
size. Nothing here predicts what quantizing a tensor does to the model: measured on a 22M-parameter BERT, wavelet figures
had rank correlations of -0.5 to 0.1 with the damage.
"""

from analyzers.wavelet.checkpoint import summarize
from analyzers.wavelet.costing import cost
from analyzers.wavelet.kernels import reason_against
from analyzers.wavelet.options import Options
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import unfinite


def analyze(tensor: Tensor, options: Options) -> Result:
    """One tensor along its ordered axes."""
    from analyzers.wavelet.drawing import draw  # noqa: PLC0415 - torch, which listing analyzers does not need
    from analyzers.wavelet.measuring import measure, measurements  # noqa: PLC0415 - as above

    name = tensor.info.name
    reason = reason_against(tensor.info, options) or unfinite(tensor)
    if reason:
        return Result("wavelet", name, Status.SKIPPED, reason)
    figures = measure(tensor, options)
    if figures is None:
        return Result("wavelet", name, Status.SKIPPED, "all elements looked at are 0")
    return Result(
        "wavelet",
        name,
        measurements=tuple(measurements(figures, options)),
        figures=tuple(draw(figures, options)),
    )


analyzer = Analyzer(
    "wavelet",
    "Is there spatial structure along its ordered axes?",
    analyze,
    options=Options,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    cost=cost,
)
