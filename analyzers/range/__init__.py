"""What lies where in a tensor, and what a cast would do to it.

Everything comes from the tensor's census and the extremes of its channels; nothing is sampled.
Figures are exact but where their line says otherwise (for float32 and float64 with more than
65,536 distinct values: see docs/census.md).

The exponent histogram shows how many elements have which binary exponent, and under it the
window of each target format: solid where it has its full precision, faint where it has only
subnormals. What lies left of a window becomes zero in a cast, what lies right of it overflows.
"""

from analyzers.range.checkpoint import summarize
from analyzers.range.definitions import DEFINITIONS
from analyzers.range.drawing import exponents_and_casts
from analyzers.range.judging import judge
from analyzers.range.measuring import measure, measurements
from analyzers.range.options import Options
from analyzers.range.rules import RULES
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.results import Result
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import FloatFormat


def analyze(tensor: Tensor, options: Options) -> Result:
    """Counts, extent, moments, entropies, casts and channels of one tensor, exact from its census."""
    figures = measure(tensor, options)
    census = figures.census
    casts = {name: figures.casts[name] for name in options.casts if name in figures.casts}
    drawn = exponents_and_casts("", census.exponents, census.exponent_counts, casts)
    return Result(
        "range",
        tensor.info.name,
        measurements=measurements(figures),
        findings=judge(tensor.info.name, figures, options),
        figures=tuple(drawn) if isinstance(census.format, FloatFormat) else (),
    )


analyzer = Analyzer(
    "range",
    "What lies where, and what would a cast do?",
    analyze,
    options=Options,
    rules=RULES,
    definitions=DEFINITIONS,
    summarize=summarize,
)
