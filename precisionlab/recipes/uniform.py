"""One format for all tensors, but for those that cannot take it."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from precisionlab.recipes.problem import (
    Allocation,
    BudgetError,
    Candidate,
    Unit,
    allocated,
    require_possible,
)
from precisionlab.recipes.total_loss import loss_bound

Offer = Mapping[str, Candidate]
"""The candidates of a unit by format."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """A unit that cannot take the common format."""

    names: tuple[str, ...]
    format: str
    """Taken instead."""
    reason: str


@dataclass(frozen=True, slots=True)
class Uniform:
    """One format for all units but those exempt."""

    format: str
    allocation: Allocation
    exemptions: tuple[Exemption, ...]


def uniform(units: Sequence[Unit], budget_bits: int) -> Uniform:
    """The common format of least total loss, exemptions counted, within a budget.

    A format is common if at least half of the units that are offered several can take it, or as many
    as can take any. A unit where it fails takes the next larger candidate. One that is not offered it
    takes the smallest whose format is no narrower, by the bits of the units that are offered both.
    Where there is none, it takes that of least loss.

    Raises:
        BudgetError: no common format is within the budget.
        UsageError: there is no unit, or one has no candidate of finite loss.
    """
    require_possible(units)
    offers = [unit.by_format for unit in units]
    choices = common_choices(offers)
    fitting = [(format_, choice) for format_, choice in choices if choice.bits <= budget_bits]
    if not fitting:
        raise BudgetError(budget_bits, min(choice.bits for _, choice in choices), "one format for all")
    format_, best = min(fitting, key=lambda pair: (pair[1].loss, pair[1].bits))
    exemptions = tuple(
        Exemption(unit.names, candidate.format, reason_against(format_, offer))
        for unit, offer, candidate in zip(units, offers, best.chosen, strict=True)
        if candidate.format != format_
    )
    return Uniform(format_, allocated(best.chosen, loss_bound(units, budget_bits)), exemptions)


def common_choices(offers: Sequence[Offer]) -> list[tuple[str, Allocation]]:
    """Each common format with the choice that it makes; the bounds of these are 0."""
    return [(format_, allocated(choices_for(format_, offers), 0.0)) for format_ in common_formats(offers)]


def common_formats(offers: Sequence[Offer]) -> list[str]:
    """Those that at least half of the units with a choice can take, or as many as can take any; in order of offer."""
    choosing = [offer for offer in offers if len(offer) > 1] or offers
    takers = Counter(name for offer in choosing for name, candidate in offer.items() if candidate.loss < math.inf)
    enough = min(len(choosing) / 2, max(takers.values()))
    return [format_ for format_, count in takers.items() if count >= enough]


def choices_for(format_: str, offers: Sequence[Offer]) -> list[Candidate]:
    """The candidate of each unit where a format is the common one."""
    is_offered_to_all = all(format_ in offer for offer in offers)
    stand_ins: frozenset[str] = frozenset() if is_offered_to_all else no_narrower(format_, offers)
    return [choice_for(format_, offer, stand_ins) for offer in offers]


def choice_for(format_: str, offer: Offer, stand_ins: frozenset[str]) -> Candidate:
    """The candidate of one unit where a format is the common one, and others are no narrower."""
    wanted = offer.get(format_)
    if wanted and wanted.loss < math.inf:
        return wanted
    possible = [candidate for candidate in offer.values() if candidate.loss < math.inf]
    if wanted:
        wider = [candidate for candidate in possible if candidate.bits > wanted.bits]
    else:
        wider = [candidate for candidate in possible if candidate.format in stand_ins]
    if wider:
        return min(wider, key=lambda candidate: (candidate.bits, candidate.loss))
    return min(possible, key=lambda candidate: (candidate.loss, candidate.bits))


def no_narrower(format_: str, offers: Sequence[Offer]) -> frozenset[str]:
    """The formats that take at least as many bits in the units that are offered both."""
    more: Counter[str] = Counter()
    for offer in offers:
        if format_ in offer:
            for name, candidate in offer.items():
                more[name] += candidate.bits - offer[format_].bits
    return frozenset(name for name, bits in more.items() if bits >= 0)


def reason_against(format_: str, offer: Offer) -> str:
    """Why a unit does not take a format."""
    return f"{format_} fails" if format_ in offer else f"{format_} is not on offer"
