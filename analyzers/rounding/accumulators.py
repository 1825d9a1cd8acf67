"""Which accumulators suit a stored type, and what they cost."""

from typing import Final

from analyzers.rounding.options import Options, parse_measured
from precisionlab.accumulation.records import Accumulator, BlockFma, Chain, Promoted
from precisionlab.summation.methods import Way

COMMON: Final = ("bf16", "fp16", "bf16_kahan", "fp16_kahan", "fp32", "fp32_pairwise")
HARDWARE_OF: Final = {
    "float32": ("a100_tf32", "h100_tf32"),
    "bfloat16": ("a100_bf16", "h100_bf16"),
    "float16": ("v100_fp16", "a100_fp16", "h100_fp16"),
    "float8_e4m3fn": ("ada_fp8", "h100_fp8"),
    "float8_e5m2": ("h100_fp8_e5m2",),
}
"""The tensor cores that take the stored type."""
PROMOTED_EVERY: Final = 128


def accumulators_for(stored: str, options: Options) -> tuple[Accumulator, ...]:
    """Those that are asked for, or those that suit the stored type, each once; the deployed one among them."""
    names = options.accumulators or (*COMMON, *HARDWARE_OF.get(stored, ()))
    deployed = (options.accumulator,) if options.accumulator else ()
    asked = list(map(parse_measured, (*names, *deployed)))
    return tuple(dict.fromkeys(one for made in asked for one in (made, *promoted(made))))


def promoted(made: Accumulator) -> tuple[Accumulator, ...]:
    """The same tensor core with promotion, which PL203 compares it with, if it sums in few bits."""
    return (parse_measured(f"{made.name}_promoted{PROMOTED_EVERY}"),) if sums_in_few_bits(made) else ()


def sums_in_few_bits(made: Accumulator) -> bool:
    """Whether it is a tensor core whose sums have fewer bits than float32."""
    return isinstance(made, BlockFma) and made.format.name not in {"float32", "float16"}


def deployed_for(stored: str, options: Options) -> tuple[str, ...]:
    """Names of those that PL201 judges: of tensor cores that sum in few bits, those with promotion; PL203 has the others."""
    if options.accumulator:
        return (parse_measured(options.accumulator).name,)
    units = [parse_measured(name) for name in HARDWARE_OF.get(stored, ())]
    return ("fp32", *(one.name for unit in units for one in promoted(unit) or (unit,)))


def cost(accumulator: Accumulator) -> tuple[int, int]:
    """Bits that hold the running sum of an output, and operations that add a product to it: what makes one cheaper."""
    match accumulator:
        case Chain(method=method) if method.way is Way.KAHAN:
            return 2 * accumulator.format.bits, 4
        case Promoted(inner=inner):
            return max(accumulator.format.bits, cost(inner)[0]), 1
        case _:
            return accumulator.format.bits, 1
