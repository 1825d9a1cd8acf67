"""Which targets a recipe chooses from, where the user names none."""

from collections.abc import Sequence
from typing import Final

from precisionlab.analysis.quantization.targets import Target, parse_targets
from precisionlab.errors import UsageError
from precisionlab.recipes.runtimes import supports

OFFERED: Final = (
    "int8_channel",
    "float8_e4m3fn:amax",
    "mxfp8_e4m3",
    "int6_g128",
    "int5_g128",
    "nf4_g64",
    "nvfp4",
    "int4_g128",
    "mxfp4",
    "int3_g128",
)
"""Without a runtime: one format a width and more where several are in use."""
OFFERED_FOR: Final = {
    "compressed-tensors": ("int8_channel", "fp8_e4m3_channel", "int4_g32", "nvfp4", "int4_g128", "mxfp4_even"),
    "torchao": ("int8_channel", "fp8_e4m3_channel", "int4_g32", "int4_g64", "int4_g128", "nvfp4", "mxfp4"),
    "llama.cpp": ("q8_0", "q6_k", "q5_k", "q5_0", "q4_k", "q4_0", "iq4_nl", "q3_k", "q2_k"),
    "bitsandbytes": ("nf4_g64", "nf4_g64_dq", "bnb_fp4_g64"),
}
"""What each runtime runs."""
SPREAD: Final = 1.5
"""Formats so many bits from the budget are offered where tensors are ranked: mixing widths further apart did worse."""


def offered(names: Sequence[str], runtime: str | None, near_bits: float | None) -> tuple[Target, ...]:
    """The targets of a recipe.

    Args:
        names: what the user asks for; none for what suits.
        runtime: what is to run it; None for anything.
        near_bits: bits a weight of the budget, where only formats near it are wanted; named ones are all taken.

    Raises:
        FormatError: a name is no target's.
        UsageError: the runtime lacks a named format, or none is left.
    """
    if names:
        targets = parse_targets(names)
        lacking = [target.name for target in targets if runtime and not supports(runtime, target.name)]
        if lacking:
            raise UsageError("--formats", f"{runtime} does not run {', '.join(lacking)}", "see docs/recipes.md")
        return targets
    targets = tuple(
        target
        for target in parse_targets(OFFERED_FOR.get(runtime or "", OFFERED))
        if runtime is None or supports(runtime, target.name)
    )
    near = tuple(target for target in targets if near_bits is None or abs(bits_of(target) - near_bits) <= SPREAD)
    return near or targets


def bits_of(target: Target) -> float:
    """Bits a weight of a large matrix."""
    return target.bits_per_weight((4096, 4096))
