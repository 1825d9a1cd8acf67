"""Which rules fire for one tensor, and what they say."""

import math
from collections.abc import Iterator
from typing import Final

from analyzers.delta import rules
from analyzers.delta.directions import Directions
from analyzers.delta.measuring import Figures
from analyzers.delta.options import Options
from analyzers.delta.survival import Survival
from analyzers.delta.ways import Way
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import part_of, percentage
from precisionlab.formats import FloatFormat

WIDE: Final = 24
"""Significant bits from which a change by one step is no sign of a lost update."""
FEW_CHANGED: Final = 0.5
"""Share of all elements up to which the changed ones may be the rest of an update of all."""
LEAST_CHANGED: Final = 16
"""Elements, of which an update can be said to be."""
LEAST_SIDE: Final = 8
"""Of a matrix of which a rank is said to be low."""


def judge(name: str, figures: Figures, options: Options) -> tuple[Finding, ...]:
    """Every finding about the tensor `name`, in the order of the rules' codes; a cast is no update."""
    if figures.size.n_changed < LEAST_CHANGED or figures.is_cast:
        return ()
    return (
        *update_lost(name, figures, options),
        *adapter_sized(name, figures, options),
        *noisy(name, figures, options),
        *would_be_lost(name, figures, options),
    )


def update_lost(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """PL411."""
    if figures.survivals and is_lost_already(figures, options):
        steps = figures.own.steps
        yield finding(
            rules.UPDATE_LOST,
            name,
            f"{part_of(figures.size.n_changed, figures.size.n, 'element')} changed, {percentage(steps.n_within_one / steps.n)} "
            f"of them by one step of {figures.dtype}: the update is smaller than what the type can tell",
            format=figures.dtype,
            changed_share=figures.size.changed_share,
            within_one_step=steps.n_within_one / steps.n,
        )


def would_be_lost(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """PL414."""
    found = figures.judged
    if found is not None and is_lost(found, figures, options):
        left = found.left[Way.STORED]
        yield finding(
            rules.WOULD_BE_LOST,
            name,
            f"stored in {found.target.name.removesuffix(':none')} {part_of(left.n_lost, figures.size.n_changed, 'changed element')} would have "
            f"the base's own number, and the update that is left is off by {percentage(left.error)}",
            format=found.target.name,
            lost_share=left.n_lost / figures.size.n_changed,
            update_error=left.error,
            median_steps=found.steps.median,
        )


def is_lost(found: Survival, figures: Figures, options: Options) -> bool:
    """Whether a format keeps too little of the update."""
    left = found.left[Way.STORED]
    return left.n_lost > options.max_lost_share * figures.size.n_changed or left.error > options.max_update_error


def is_lost_already(figures: Figures, options: Options) -> bool:
    """Whether the stored type has kept little of what the update was."""
    own = figures.own
    if not isinstance(own.target.format, FloatFormat) or own.target.format.precision >= WIDE:
        return False
    is_rest = figures.size.changed_share <= FEW_CHANGED
    return is_rest and own.steps.n_within_one > options.max_lost_share * own.steps.n


def adapter_sized(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """PL412."""
    found = figures.directions
    if (
        found is None
        or min(found.shape) < LEAST_SIDE
        or not found.is_adapter(options.lora_rank, figures.size.n_changed)
    ):
        return
    rank = found.numerical_rank
    share = found.numbers_at(rank) / math.prod(found.shape)
    yield finding(
        rules.ADAPTER_SIZED,
        name,
        f"the update has rank {rank:,} and rounding errors: factors of {found.numbers_at(rank):,} numbers hold it, "
        f"{percentage(share)} of the matrix{dropped(found)}",
        rank=rank,
        adapter_numbers=found.numbers_at(rank),
        adapter_share=share,
        rounding_edge=found.threshold * found.unit,
    )


def dropped(found: Directions) -> str:
    """What of the energy the factors leave out, as a clause; empty where that is next to nothing."""
    rest = 1.0 - float(found.shares[found.numerical_rank])
    return f", and leave out {percentage(rest)} of its energy" if rest > 1e-4 else ""


def noisy(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """PL413."""
    noise = figures.judged_noise
    if noise is None or noise.ratio <= options.max_noise_ratio:
        return
    hidden = None if figures.directions is None else figures.directions.share_below(noise.hiding)
    told = "" if hidden is None else f"; it hides directions with {percentage(hidden)} of the update's energy"
    yield finding(
        rules.NOISE_EXCEEDS,
        name,
        f"the noise of {noise.target.name} is {noise.ratio:.3g} times the update{told}",
        format=noise.target.name,
        noise_ratio=noise.ratio,
        quantized_error=noise.survivor_error / noise.update,
        **({} if hidden is None else {"hidden_energy": hidden}),
    )
