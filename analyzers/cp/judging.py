"""Which rules fire."""

import math

from analyzers.cp.measuring import Figures, Rung
from analyzers.cp.options import Options
from analyzers.cp.rules import DEGENERATE
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import listed


def judge(name: str, figures: Figures, options: Options) -> tuple[Finding, ...]:
    """PL341 of the rank at which weights are largest beside the root of their number."""
    degenerate = [one for one in figures.rungs if is_degenerate(one, options)]
    if not degenerate:
        return ()
    worst = max(degenerate, key=lambda one: one.weight_ratio / math.sqrt(one.rank))
    others = [str(one.rank) for one in degenerate if one is not worst]
    also = f"; so do they at rank {listed(others)}" if others else ""
    return (
        finding(
            DEGENERATE,
            name,
            f"at rank {worst.rank} components cancel: their norms sum up to {worst.weight_ratio:.1f} times the tensor's, "
            f"and two have a cosine of {worst.least_congruence:.3f}{also}",
            rank=worst.rank,
            weight_ratio=worst.weight_ratio,
            least_congruence=worst.least_congruence,
        ),
    )


def is_degenerate(rung: Rung, options: Options) -> bool:
    """Whether components are large and cancel."""
    is_large = rung.weight_ratio > options.max_weight * math.sqrt(rung.rank)
    return is_large and rung.least_congruence <= options.max_congruence
