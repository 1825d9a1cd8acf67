"""Whether the rule fires for one tensor, and what it says."""

from collections.abc import Iterator
from typing import Final

from analyzers.merge import rules
from analyzers.merge.errors import ratio_of_roots
from analyzers.merge.measuring import Figures, Outcome, in_precision
from analyzers.merge.options import Options
from analyzers.merge.recipes import Merge, Way
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import agreeing, part_of, percentage

LEAST: Final = 16
"""Numbers of a merge, or of which checkpoints differ, of which an error on average means something."""

ALL: Final = 1.02
"""Squares of errors up to so many times those of rounding once are told as that alone."""


def judge(name: str, figures: Figures, options: Options) -> tuple[Finding, ...]:
    """The findings about the tensor `name`: one at most, of the way that loses most."""
    suspects = [one for one in in_precision(figures) if is_too_much(one, options)]
    if not suspects:
        return ()
    worst = max(suspects, key=lambda one: (one.errors.n_overflows, one.over_update or 0.0, one.over_rounding))
    clauses = ", ".join(losses(worst))
    return (
        finding(
            rules.MERGE_ROUNDS,
            name,
            f"{doing(worst, figures.n_checkpoints)} in {figures.precision} {clauses}",
            **worst.recipe.labels,
            relative_error=worst.relative_error,
            error_over_rounding=worst.over_rounding,
            overflows=worst.errors.n_overflows,
            **({} if worst.over_update is None else {"error_over_update": worst.over_update}),
        ),
    )


def doing(one: Outcome, n_checkpoints: int) -> str:
    """What is done to which checkpoints."""
    match one.recipe.merge, one.recipe.way:
        case Merge.TASK, _:
            vectors = agreeing(n_checkpoints - 1, "task vector", "task vectors")
            return f"adding {n_checkpoints - 1:,} {vectors} to the base"
        case _, Way.WEIGHTED:
            return f"the weighted average of {n_checkpoints:,} checkpoints"
        case _:
            return f"the running average of {n_checkpoints:,} checkpoints"


def is_too_much(one: Outcome, options: Options) -> bool:
    """Whether a way loses more than it should."""
    is_off = one.yardstick.n >= LEAST and one.over_rounding > options.max_ratio
    is_of_update = one.over_update is not None and one.over_update > options.max_update_share
    return one.errors.n_overflows > 0 or is_off or (is_of_update and one.yardstick.n_apart >= LEAST)


def losses(one: Outcome) -> Iterator[str]:
    """What a way loses, as clauses."""
    if count := one.errors.n_overflows:
        yield f"makes {part_of(count, one.yardstick.n, 'number')} infinite that {agreeing(count, 'is', 'are')} not"
    if count == one.yardstick.n:
        return
    yield f"is off by {one.over_rounding:.3g} times what rounding once takes"
    if one.over_update is not None:
        yield f"and by {percentage(one.over_update)} of what it changes, {share_of_once(one)}"


def share_of_once(one: Outcome) -> str:
    """How much of an error cannot be avoided, as a clause."""
    if one.errors.squares <= ALL * one.yardstick.unavoidable:
        return "all by rounding once"
    least = ratio_of_roots(one.yardstick.unavoidable, one.yardstick.updates)
    return f"of which rounding once takes {percentage(least)}"
