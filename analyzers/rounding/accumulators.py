"""Which accumulators suit a stored type, and what they cost."""

from typing import Final

from analyzers.rounding.options import Options, parse_measured
from precisionlab.accumulation.records import Accumulator, Chain, Promoted
from precisionlab.summation.methods import Way

COMMON: Final = ("bf16", "fp16", "bf16_kahan", "fp16_kahan", "fp32", "fp32_pairwise")
HARDWARE_OF: Final = {
    "float32": ("a100_tf32", "h100_tf32"),
    "bfloat16": ("a100_bf16", "h100_bf16"),
    "float16": ("v100_fp16", "a100_fp16", "h100_fp16"),
    "float8_e4m3fn": ("ada_fp8", "h100_fp8", "h100_fp8_promoted128"),
    "float8_e5m2": ("h100_fp8_e5m2", "h100_fp8_e5m2_promoted128"),
}
"""The tensor cores that take the stored type."""


def accumulators_for(stored: str, options: Options) -> tuple[Accumulator, ...]:
    """Those that are asked for, or those that suit the stored type, each once; the deployed one among them."""
    names = options.accumulators or (*COMMON, *HARDWARE_OF.get(stored, ()))
    deployed = (options.accumulator,) if options.accumulator else ()
    return tuple(dict.fromkeys(map(parse_measured, (*names, *deployed))))


def deployed_for(stored: str, options: Options) -> tuple[str, ...]:
    """Names of those that PL201 judges: fp8 without promotion is PL203's."""
    if options.accumulator:
        return (parse_measured(options.accumulator).name,)
    return ("fp32", *(name for name in HARDWARE_OF.get(stored, ()) if "fp8" not in name or "promoted" in name))


def cost(accumulator: Accumulator) -> tuple[int, int]:
    """Bits that hold the running sum of an output, and operations that add a product to it: what makes one cheaper."""
    match accumulator:
        case Chain(method=method) if method.way is Way.KAHAN:
            return 2 * accumulator.format.bits, 4
        case Promoted(inner=inner):
            return max(accumulator.format.bits, cost(inner)[0]), 1
        case _:
            return accumulator.format.bits, 1
