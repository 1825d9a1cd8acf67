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

Random draws are `wavelet.draws` copies, `permuted` by default: they keep everything but the order along the ordered
axes. Taps are permuted within each kernel by itself, positions for all features alike. `shuffled` copies mix all
entries, `gaussian` ones are white noise of the same mean and deviation. An infinite z says that all copies have the
same figure and the weight another.

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
from analyzers.wavelet.definitions import DEFINITIONS
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
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    cost=cost,
)
