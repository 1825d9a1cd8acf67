"""Which targets a recipe chooses from, where the user names none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from precisionlab.analysis.quantization.targets import Target, parse_targets
from precisionlab.errors import UsageError
from precisionlab.recipes.losses import Offer
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
ONE_FORMAT: Final = frozenset({"bitsandbytes"})
"""Runtimes that have one format for all that they quantize; the rest stays as stored."""
SPREAD: Final = 1.5
"""Formats so many bits from the budget are offered where tensors are ranked: mixing widths further apart did worse."""


def offered(names: Sequence[str], runtimes: Collection[str]) -> tuple[Target, ...]:
    """The targets of a recipe.

    Args:
        names: what the user asks for; none for what suits.
        runtimes: which are all to run it; none for anything.

    Raises:
        FormatError: a name is no target's.
        UsageError: a runtime lacks a named format, or there is none that all have.
    """
    if names:
        targets = parse_targets(names)
        for runtime in runtimes:
            refuse_lacking(targets, runtime)
        return targets
    usual = [name for runtime in runtimes for name in OFFERED_FOR[runtime]] or OFFERED
    targets = tuple(target for target in parse_targets(usual) if all(supports(one, target.name) for one in runtimes))
    if not targets:
        problem = f"{' and '.join(runtimes)} have no usual format in common"
        raise UsageError("", problem, "make a recipe for each, or name formats that all have (--formats)")
    return targets


def refuse_lacking(targets: Sequence[Target], runtime: str) -> None:
    """See that a runtime has all of some targets.

    Raises:
        UsageError: it lacks one.
    """
    lacking = [target.name for target in targets if not supports(runtime, target.name)]
    if lacking:
        raise UsageError("--formats", f"{runtime} does not run {', '.join(lacking)}", "see docs/recipes.md")


def near(offers: Sequence[Offer], bits_per_weight: float) -> tuple[Offer, ...]:
    """The offers without what is far from a budget in bits a weight over all that are offered it.

    The widest within the budget stays, so that it can be met, the narrowest above it, so that it can be used, and all
    of a tensor that would be left without any.
    """
    widths = widths_of(offers)
    within = max((width for width in widths.values() if width <= bits_per_weight), default=None)
    above = min((width for width in widths.values() if width > bits_per_weight), default=None)
    found = {
        target for target, width in widths.items() if abs(width - bits_per_weight) <= SPREAD or width in {within, above}
    }
    narrowed = ((offer, tuple(target for target in offer.targets if target in found)) for offer in offers)
    return tuple(replace(offer, targets=targets or offer.targets) for offer, targets in narrowed)


def widths_of(offers: Sequence[Offer]) -> Mapping[Target, float]:
    """Bits a weight of each target over the tensors that are offered it."""
    totals: dict[Target, tuple[int, int]] = {}
    for offer in offers:
        for target in offer.targets:
            bits, n_weights = totals.get(target, (0, 0))
            totals[target] = (bits + target.bits(offer.info.shape), n_weights + offer.info.n_elements)
    return {target: bits / n_weights for target, (bits, n_weights) in totals.items()}


def targets_in(offers: Sequence[Offer]) -> tuple[Target, ...]:
    """All targets on offer, each once, in order."""
    return tuple(dict.fromkeys(target for offer in offers for target in offer.targets))
