"""What the quantization screen is about: losses that are measured once, and recipes that are chosen from them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType

from precisionlab.checkpoints import Checkpoint
from precisionlab.errors import PrecisionlabError, UsageError
from precisionlab.recipes.assembling import SHARES
from precisionlab.recipes.choosing import Choice, Menu, among, chosen, menu_of, require_ranked, written
from precisionlab.recipes.describing import AS_STORED, facts, format_rows, is_shared
from precisionlab.recipes.keeping import KEPT
from precisionlab.recipes.losses import Offer, TensorLosses, measured
from precisionlab.recipes.offering import offered, widths_of
from precisionlab.recipes.planning import Objective, energy_of
from precisionlab.recipes.recipe import Assignment, Recipe
from precisionlab.recipes.wishes import Wish
from precisionlab.reports.quantities import trimmed
from precisionlab.scanning.companions import Companions, opened
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.events import BytesRead
from precisionlab.scanning.settings import Settings

Listener = Callable[[int, int], bool]
"""Hears how many bytes are read, and of how many; says whether to go on."""


class NotWantedError(Exception):
    """Nobody waits for the losses any more."""


@dataclass(frozen=True, slots=True)
class Losses:
    """What the tensors of a checkpoint lose in all that one runtime offers."""

    checkpoint: Checkpoint
    menu: Menu
    losses: tuple[TensorLosses, ...]
    sensitivity: str | None
    """The file by which errors are weighed; None where there is none."""
    unranked: str
    """Why tensors cannot be ranked by the file that was given; empty where they can, or none was."""

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """That a recipe may have, the usual one first."""
        ranks = self.sensitivity is not None and not self.unranked
        return (*(Objective.TOTAL,) * ranks, Objective.UNIFORM, Objective.WORST)

    @property
    def formats(self) -> tuple[str, ...]:
        """On offer, in order."""
        return tuple(dict.fromkeys(target.name for offer in self.menu.offers for target in offer.targets))

    @property
    def widths(self) -> Mapping[str, float]:
        """Bits a weight of each format."""
        return {target.name: width for target, width in widths_of(self.menu.offers).items()}

    @property
    def range(self) -> tuple[Decimal, Decimal]:
        """Budgets in bits a weight that make a difference."""
        widths = self.widths.values()
        return Decimal(floor(min(widths))), Decimal(ceil(max(widths)) + (max(widths) == ceil(max(widths))))


@dataclass(frozen=True, slots=True)
class Budget:
    """What is wanted of a recipe."""

    bits: Decimal
    """A weight."""
    objective: Objective

    @property
    def text(self) -> str:
        """The bits as one types them."""
        return trimmed(f"{self.bits:f}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A recipe, or why there is none."""

    losses: Losses
    budget: Budget
    choice: Choice | None = None
    recipe: Recipe | None = None
    facts: tuple[tuple[str, str], ...] = ()
    formats: tuple[tuple[str, str, str, str], ...] = ()
    """Tensors, weights and size of each, under a heading."""
    problem: str = ""
    """Why no recipe keeps the budget."""


def measure(checkpoint: Checkpoint, settings: Settings, runtime: str | None, listener: Listener) -> Losses:
    """Read the tensors, and measure what each loses in what the runtime offers.

    Raises:
        PrecisionlabError: nothing can be quantized, a tensor cannot be read, or the sensitivity does not fit.
        NotWantedError: the listener said so.
    """
    runtimes = (runtime,) if runtime is not None else ()
    menu = menu_of(checkpoint, KEPT, offered((), runtimes), runtimes)
    means = replace(settings, device=resolve_device(settings.device), calibration=None, against=None)
    with opened(means) as companions:
        companions.check(checkpoint.tensors)
        losses = tuple(measured_losses(menu.offers, means, companions, listener))
        unranked = why_unranked(menu, companions) if means.sensitivity else ""
    return Losses(checkpoint, menu, losses, means.sensitivity, unranked)


def measured_losses(
    offers: Sequence[Offer], settings: Settings, companions: Companions, listener: Listener
) -> Iterator[TensorLosses]:
    """The losses of all that is offered, while somebody waits for them."""
    n_bytes = sum(offer.info.n_bytes for offer in offers)
    with closing(measured(offers, settings, companions)) as events:
        for event in events:
            if not isinstance(event, BytesRead):
                yield event
            elif not listener(event.n_bytes, n_bytes):
                raise NotWantedError


def why_unranked(menu: Menu, companions: Companions) -> str:
    """Why tensors cannot be ranked; empty where they can."""
    try:
        require_ranked(menu, companions)
    except UsageError as error:
        return error.problem
    return ""


def wish_for(losses: Losses, budget: Budget) -> Wish:
    """The wish as the command line would have it."""
    asked = {"bits": budget.text, "sensitivity": losses.sensitivity or ""}
    return Wish(
        MappingProxyType({name: text for name, text in asked.items() if text}),
        bits_a_weight=Fraction(budget.bits),
        n_bytes=None,
        sqnr_db=None,
        objective=budget.objective,
        formats=(),
        runtime=next(iter(losses.menu.runtimes), None),
        kept=KEPT,
        ties=True,
    )


def answered(losses: Losses, budget: Budget) -> Answer:
    """The recipe for a budget, chosen from losses that are known."""
    wish = wish_for(losses, budget)
    try:
        choice = chosen(losses.menu, wish, lambda offers: among(losses.losses, offers))
    except PrecisionlabError as error:
        return Answer(losses, budget, problem=error.problem)
    recipe = written(losses.checkpoint, losses.menu, wish, choice)
    told = tuple(facts(recipe, choice.plan, energy_of(choice.losses, choice.plan.objective)))
    return Answer(losses, budget, choice, recipe, told, tuple(format_rows(recipe)))


def assignment_rows(recipe: Recipe) -> list[tuple[str, str]]:
    """Each tensor with its format, and why where it stays or is an exception."""
    return [(one.tensor, becomes(one, recipe.objective)) for one in recipe.assignments]


def becomes(one: Assignment, objective: str) -> str:
    """What a tensor becomes, in a few words."""
    if is_shared(one):
        return f"as {one.reason.removeprefix(SHARES).strip()}"
    why = "" if one.reason == objective else f" ({one.reason})"
    return f"{one.format or AS_STORED}{why}"
