"""What lies where in a tensor, and what a cast would do to it.

Everything comes from the tensor's census and the extremes of its channels; nothing is sampled.
Figures are exact but where their line says otherwise (for float32 and float64 with more than
65,536 distinct values: see docs/census.md).

| measurement | meaning |
| --- | --- |
| `elements` | elements counted; complex numbers count as two |
| `zeros`, `subnormals`, `infinities`, `nans`, each with `_share` | how many, and the share of all elements |
| `negative_zeros`, `signalling_nans` | part of the zeros and the NaNs |
| `non_canonical_patterns` | NaNs with a payload or a clear quiet bit, NaN-boxed numbers, boolean bytes over 1 |
| `smallest_magnitude`, `largest_magnitude` | of the finite non-zero elements |
| `dynamic_range` | log2 of their ratio, in bits |
| `mean`, `variance`, `skewness`, `kurtosis` | of the finite elements; the variance divides by n; 0 and 3 for normal deviates |
| `entropy[field=...]` | Shannon entropy in bits of sign, exponent and mantissa field and of the whole pattern |
| `entropy_is_upper_bound` | true where low mantissa bits were not counted and mantissa and pattern are at most this |
| `lossless_share` | pattern entropy over stored bits: the size that ideal lossless coding of single elements could reach, the code's own table not counted |
| `distinct_values`, or `distinct_values_above` | distinct bit patterns, or the limit that they exceed |
| `trailing_zero_bits` | low mantissa bits that no finite element uses |
| `narrowest_format`, `narrowest_bits` | the narrowest catalogued formats that hold every element without rounding; 32-bit integers are not looked for in float64 with more than 65,536 distinct values |
| `cast_overflows`, `cast_underflows`, `cast_subnormals`, `cast_exact`, each `[format=...]` | finite non-zero elements that an unscaled cast to nearest even turns beyond the largest number, to zero, to a subnormal, or into themselves; `int8` is symmetric, -127 to 127 |
| `channel_amax_ratio[axis=...]` | largest channel's largest magnitude over the median channel's, along the first and second axis |
| `dead_channels`, `constant_channels`, each `[axis=...]` | channels of at least two elements that hold nothing but zeros, or one other number throughout |
| `digest` | fingerprint of counts and channel extremes; equal tensors have equal ones |

The exponent histogram shows how many elements have which binary exponent, and under it the
window of each target format: solid where it has its full precision, faint where it has only
subnormals. What lies left of a window becomes zero in a cast, what lies right of it overflows.
"""

from analyzers.range.checkpoint import summarize
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
    summarize=summarize,
)
