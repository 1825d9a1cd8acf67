"""The rules of the `rounding` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

UNSAFE = Rule(
    "PL201",
    "accumulator-unsafe",
    Severity.WARNING,
    "an accumulator leaves too few right bits in the outputs of the layer",
    "accumulate in a wider format, in blocks or pairs, or compensated; the report names the cheapest that is safe",
    """Fires when outputs of y = W x keep fewer than `rounding.min_bits` right bits (8 are those of bfloat16), or
overflow, with the accumulator that is deployed: `rounding.accumulator`, else float32 and the tensor cores that take the
tensor's type (of those that sum in 14 bits with promotion to float32 every 128 products; without it is PL203's).
Bits are -log2(|got - y| / |y|) in the norm, of normal and uniform inputs and those of `--calibration`,
whichever keep fewest.

What is lost depends on the condition number of the dot products, which multiplies the error of the sum: rows whose
products cancel lose more than others with any accumulator. Look at `condition_median`, too: where it is large, only a
wider format or a compensated sum helps.""",
)

OVERFLOWS = Rule(
    "PL202",
    "fp16-accumulation-overflows",
    Severity.WARNING,
    "sums in float16 overflow",
    "accumulate in float32, or scale weights or inputs down by a power of two",
    """Fires when float16 accumulators (`fp16`, `fp16_kahan`, tensor cores with float16 results, …) give infinities or NaN
where the exact output is a number, on normal or uniform inputs or those of `--calibration`.

float16 ends at 65504. A sum that passes it on the way is lost even if the whole sum is small: no later term brings it
back.""",
)

NEEDS_PROMOTION = Rule(
    "PL203",
    "fp8-needs-promotion",
    Severity.NOTE,
    "tensor cores that accumulate FP8 products in few bits need promotion at this length",
    "promote to float32 every 128 products (use_fast_accum=False in PyTorch, two-level accumulation in DeepGEMM)",
    """Fires when a tensor core that keeps 14 bits of sums of FP8 products (`h100_fp8`, `ada_fp8`) leaves fewer than
`rounding.min_bits` right bits at the layer's fan-in, and it keeps at least one bit more where sums are emptied into
float32 every 128 products.

Addends are cut to multiples of 2^(E - 13), E the exponent of the largest, so that small products vanish beside a large
sum, always toward zero: the error grows with the number of terms (DeepSeek-V3 technical report, 2024, section 3.3).""",
)

HALF_THE_DIGITS = Rule(
    "PL204",
    "bf16-loses-half-its-digits",
    Severity.NOTE,
    "sums in bfloat16 lose more than half of its digits at this fan-in",
    "accumulate in float32; where there is none, Kahan's sum or pairs keep them",
    """Fires when plain accumulation in bfloat16, whose significands have 8 bits, leaves fewer than 4 right bits in the
outputs, on normal inputs or those of `--calibration`, and another sum that was looked at keeps at least one bit more. The
message says what the compensated or pairwise sum keeps in the same format, and float32.

A running sum of n terms of like size is off by some sqrt(n) 2^-9 in the root mean square. From a few hundred terms on
that is half of the digits; on products of one sign the sum stops growing at 256 times a term.""",
)

RULES = (UNSAFE, OVERFLOWS, NEEDS_PROMOTION, HALF_THE_DIGITS)
