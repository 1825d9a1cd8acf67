r"""What accumulating the products of y = W x in different formats and orders does to the outputs of a layer.

Rows of the tensor as a matrix [outputs, fan-in] are drawn at random and multiplied with inputs of several kinds. Each
accumulator computes the outputs bit for bit as its hardware or its format would (docs/rounding.md); they are compared
with float64, in which the products are exact. Factors are those that the accumulator takes, so that rounding them is no
part of the error: that is what `quantization` measures.

| inputs | |
| --- | --- |
| `normal` | standard normal deviates |
| `uniform` | from [0, 1): of one sign, as behind a ReLU |
| `one_sign` | from [0, 1) with the signs of the weights, so that all products are positive, as in norms |
| `calibration` | normal deviates with the second moments of `--calibration` |

Of the whole checkpoint there is the way of errors through the layers to first order, of normal inputs or calibrated ones,
over the layers that were measured with an accumulator: errors of layers are taken for independent, so that their squares
add up, or at worst multiplied by `amplification` at each layer. Layers follow one another in the order of their names, or
of `rounding.sequence`; what branches, attention and nonlinearities do is not in it.

**What it can and cannot tell.** Errors are those of the very operations, on a sample: intervals say how sure the figures
are. A layer's own inputs are known only with `--calibration`, and of them only the second moments; layers that the file
does not have are looked at without. Weights are [outputs, inputs, ...], as `torch.nn` has them: of those that are stored
the other way round (`Conv1D` of GPT-2) columns are summed over rows; experts of one tensor are [experts, outputs, inputs].
Numbers of float64 beyond float32 count as infinite, those below it, or below an accumulator's factors, as zeros: that is
no error of accumulation. What an error of outputs does to the model it does not say.
"""

from analyzers.rounding.checkpoint import summarize
from analyzers.rounding.definitions import DEFINITIONS
from analyzers.rounding.drawing import draw
from analyzers.rounding.judging import judge
from analyzers.rounding.measuring import measure, measurements, obstacle
from analyzers.rounding.options import Options
from analyzers.rounding.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor


def analyze(tensor: Tensor, options: Options) -> Result:
    """One tensor with every accumulator."""
    name = tensor.info.name
    reason = obstacle(tensor, options)
    if reason:
        return Result("rounding", name, Status.SKIPPED, reason)
    figures = measure(tensor, options)
    if figures is None:
        return Result(
            "rounding", name, Status.SKIPPED, "all rows looked at hold infinities, NaN or numbers beyond float32"
        )
    return Result(
        "rounding",
        name,
        measurements=tuple(measurements(figures, options)),
        findings=judge(name, figures, options),
        figures=tuple(draw(figures, options)),
    )


analyzer = Analyzer(
    "rounding",
    "What do accumulation order and precision do to the outputs?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
    by_default=False,
    reads_values=True,
    reads_beside=frozenset({Role.CALIBRATION}),
)
