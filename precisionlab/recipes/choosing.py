"""From a checkpoint and a wish to a choice: what can be offered, what that loses, and what is taken."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from precisionlab.analysis.beside import Role
from precisionlab.analysis.quantization.targets import Target
from precisionlab.checkpoints import Checkpoint, TensorInfo
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.recipes.assembling import SHARES, Division, divided, recipe_of
from precisionlab.recipes.keeping import fused_groups
from precisionlab.recipes.losses import Offer, TensorLosses
from precisionlab.recipes.offering import ONE_FORMAT, near, targets_in
from precisionlab.recipes.planning import Limit, Objective, Plan, planned, planned_alike, refuse_unranked
from precisionlab.recipes.problem import BudgetError
from precisionlab.recipes.reaching import reachable
from precisionlab.recipes.recipe import Recipe
from precisionlab.recipes.wishes import Room, Wish, limit_of, require_room, room_in, settings_shown, unmet
from precisionlab.scanning.companions import Companions

Measure = Callable[[Sequence[Offer]], Iterable[TensorLosses]]
"""Gives the losses of what is offered, in order."""


@dataclass(frozen=True, slots=True)
class Menu:
    """What a recipe is chosen from."""

    infos: tuple[TensorInfo, ...]
    """All tensors of the checkpoint."""
    division: Division
    offers: tuple[Offer, ...]
    """What each of the tensors that are quantized could become."""
    runtimes: tuple[str, ...]
    """All that is to run the recipe."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The formats chosen, and what they were chosen by."""

    division: Division
    offers: tuple[Offer, ...]
    losses: tuple[TensorLosses, ...]
    plan: Plan


def menu_of(checkpoint: Checkpoint, kept: Sequence[str], targets: Sequence[Target], runtimes: tuple[str, ...]) -> Menu:
    """What a recipe is chosen from, where these globs are kept, and these targets offered.

    Raises:
        UsageError: all tensors stay; why is told.
    """
    division, offers = reachable(divided(checkpoint.tensors, kept), targets, runtimes)
    if not division.quantized:
        reasons = Counter(SHARES if reason.startswith(SHARES) else reason for reason in division.kept.values())
        told = ", ".join(f"{count:,}: {printable(reason)}" for reason, count in reasons.items()) or "it holds none"
        raise UsageError(
            checkpoint.path, f"has no tensor to quantize ({told})", "see --keep in precisionlab recipe --help"
        )
    return Menu(tuple(checkpoint.tensors), division, offers, runtimes)


def require_ranked(menu: Menu, companions: Companions) -> None:
    """See that a file beside the checkpoint says of each tensor how much its errors cost.

    Raises:
        UsageError: it lacks some.
    """
    refuse_unranked([offer.info.name for offer in menu.offers if not has_sensitivity(offer, companions)])


def has_sensitivity(offer: Offer, companions: Companions) -> bool:
    """Whether a file beside the checkpoint says how much errors of a tensor cost."""
    return any(one.role is Role.SENSITIVITY and one.match(offer.info.name) is not None for one in companions.all)


def chosen(menu: Menu, wish: Wish, measure: Measure) -> Choice:
    """Measure what suits the wish, and choose.

    Raises:
        PrecisionlabError: what measuring raises, or nothing that keeps the limit is there.
    """
    room = room_in(menu.infos, menu.division)
    try:
        limit = limit_of(wish, room)
        offers = suitable(menu.offers, wish, limit, room)
        require_room(offers, limit, wish.objective)
        losses = tuple(measure(offers))
        groups = fused_groups([one.info.name for one in losses]) if wish.ties else ()
        plan_for = planned_alike if ONE_FORMAT.intersection(menu.runtimes) else planned
        return Choice(menu.division, offers, losses, plan_for(losses, groups, limit, wish.objective))
    except BudgetError as error:
        raise unmet(error, wish, room) from None


def suitable(offers: tuple[Offer, ...], wish: Wish, limit: Limit, room: Room) -> tuple[Offer, ...]:
    """What is offered for a wish: near the budget alone where tensors are ranked, unless formats are named."""
    if limit.bits is None or wish.objective is not Objective.TOTAL or wish.formats:
        return offers
    return near(offers, limit.bits / max(1, room.n_weights))


def among(losses: Iterable[TensorLosses], offers: Iterable[Offer]) -> tuple[TensorLosses, ...]:
    """Losses measured before, without those in targets that are not offered."""
    names = {offer.info.name: {target.name for target in offer.targets} for offer in offers}
    return tuple(
        replace(one, targets={name: loss for name, loss in one.targets.items() if name in names[one.info.name]})
        for one in losses
    )


def written(checkpoint: Checkpoint, menu: Menu, wish: Wish, choice: Choice) -> Recipe:
    """The recipe of a choice, with what was asked for."""
    asked = settings_shown(wish, targets_in(choice.offers), menu.runtimes)
    return recipe_of(checkpoint, choice.division, choice.losses, choice.plan, asked)
