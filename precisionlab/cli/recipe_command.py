"""`precisionlab recipe`: which format each tensor gets under a budget, written for the tools that quantize."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from precisionlab.analysis.quantization.targets import Target
from precisionlab.analysis.roles import is_named
from precisionlab.analysis.tensors import Role
from precisionlab.checkpoints import Checkpoint, open_checkpoint
from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.output import put
from precisionlab.cli.plan import Said, memory_bytes, thread_count
from precisionlab.cli.progress import NoProgress, ProgressBar
from precisionlab.cli.recipe_outputs import outputs_of, rendered, runtimes_of, write
from precisionlab.cli.recipe_text import described
from precisionlab.cli.recipe_wishes import (
    Wish,
    limit_of,
    require_room,
    room_in,
    settings_shown,
    unmet,
    wish_of,
)
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.recipes.applying import applied, check_target
from precisionlab.recipes.assembling import SHARES, Division, divided, recipe_of
from precisionlab.recipes.exports import plain_json
from precisionlab.recipes.keeping import KEPT, fused_groups
from precisionlab.recipes.losses import Offer, TensorLosses, measured
from precisionlab.recipes.offering import ONE_FORMAT, near, offered, targets_in
from precisionlab.recipes.planning import Objective, Plan, energy_of, planned, planned_alike, refuse_unranked
from precisionlab.recipes.problem import BudgetError
from precisionlab.recipes.reaching import reachable
from precisionlab.recipes.recipe import Recipe
from precisionlab.reports.quantities import counted, shown_name
from precisionlab.scanning.companions import Companions, opened
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.events import BytesRead, CheckpointOpened
from precisionlab.scanning.settings import Settings


@dataclass(frozen=True, slots=True)
class Order:
    """What is chosen for, from what, and with what means."""

    checkpoint: Checkpoint
    companions: Companions
    settings: Settings
    wish: Wish
    targets: tuple[Target, ...]
    runtimes: tuple[str, ...]
    shows_progress: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The formats chosen, and what they were chosen by."""

    division: Division
    offers: tuple[Offer, ...]
    losses: tuple[TensorLosses, ...]
    plan: Plan


def run(arguments: argparse.Namespace) -> ExitCode:
    """Measure, choose, print and write; what can be refused is refused before anything is measured.

    Raises:
        PrecisionlabError: bad usage, a checkpoint that cannot be read, a budget that cannot be met, or an output that
            cannot be written.
    """
    wish = wish_of(arguments)
    beside = [arguments.sensitivity] if arguments.sensitivity else []
    outputs = outputs_of(arguments.output, wish.runtime, [arguments.path, *beside], arguments.apply)
    runtimes = runtimes_of(wish.runtime, outputs)
    targets = offered(wish.formats, runtimes)
    settings = settings_of(arguments)
    shows = messages.is_terminal() and not arguments.quiet
    with open_checkpoint(arguments.path) as checkpoint, opened(settings) as companions:
        if arguments.apply is not None:
            check_target(checkpoint, Path(arguments.apply), beside)
        companions.check(checkpoint.tensors)
        choice = chosen(Order(checkpoint, companions, settings, wish, targets, runtimes, shows))
        asked = settings_shown(wish, arguments, targets_in(choice.offers), runtimes)
        recipe = recipe_of(checkpoint, choice.division, choice.losses, choice.plan, asked)
        files = rendered(recipe, outputs)
        show(recipe, choice, arguments)
        for note in (*unmatched(wish, arguments, checkpoint), *untouched(choice), *write(files)):
            messages.note(note)
        if arguments.apply is not None:
            apply(recipe, checkpoint, Path(arguments.apply), settings, shows_progress=shows)
    return ExitCode.OK


def apply(recipe: Recipe, checkpoint: Checkpoint, target: Path, settings: Settings, *, shows_progress: bool) -> None:
    """Write the checkpoint as the recipe leaves it, and what to know of that.

    Raises:
        PrecisionlabError: the source cannot be read, or the target cannot be written.
    """
    infos = checkpoint.tensors
    with ProgressBar() if shows_progress else NoProgress() as progress:
        progress.show(CheckpointOpened(str(target), len(infos), sum(info.n_bytes for info in infos)))
        copied = applied(recipe, checkpoint, target, settings, lambda n_bytes: progress.show(BytesRead(n_bytes)))
    for note in copied.notes:
        messages.note(f"{printable(copied.path)}: {note}")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The means of measuring.

    Raises:
        UsageError: a wrong value.
    """
    return Settings(
        device=resolve_device(arguments.device or "auto", "--device"),
        memory_bytes=memory_bytes(Said(arguments.memory, "--memory")),
        threads=thread_count(Said(arguments.threads, "--threads")),
        sensitivity=arguments.sensitivity,
    )


def chosen(order: Order) -> Choice:
    """Measure, and choose.

    Raises:
        PrecisionlabError: a tensor cannot be read, a sensitivity does not fit, or nothing that keeps the limit is there.
    """
    wish, infos = order.wish, order.checkpoint.tensors
    division, offers = reachable(divided(infos, wish.kept), order.targets, order.runtimes)
    require_some(order.checkpoint.path, division)
    if wish.objective is Objective.TOTAL:
        refuse_unranked([offer.info.name for offer in offers if not has_sensitivity(offer, order.companions)])
    room = room_in(infos, division)
    try:
        limit = limit_of(wish, room)
        if limit.bits is not None and wish.objective is Objective.TOTAL and not wish.formats:
            offers = near(offers, limit.bits / max(1, room.n_weights))
        require_room(offers, limit, wish.objective)
        losses = tuple(measure(order, offers))
        groups = fused_groups([one.info.name for one in losses]) if wish.ties else ()
        plan_for = planned_alike if ONE_FORMAT.intersection(order.runtimes) else planned
        return Choice(division, offers, losses, plan_for(losses, groups, limit, wish.objective))
    except BudgetError as error:
        raise unmet(error, wish, room) from None


def require_some(path: str, division: Division) -> None:
    """See that there is something to choose for.

    Raises:
        UsageError: all tensors stay; why is told.
    """
    if not division.quantized:
        reasons = Counter(SHARES if reason.startswith(SHARES) else reason for reason in division.kept.values())
        told = ", ".join(f"{count:,}: {printable(reason)}" for reason, count in reasons.items()) or "it holds none"
        raise UsageError(path, f"has no tensor to quantize ({told})", "see --keep in precisionlab recipe --help")


def has_sensitivity(offer: Offer, companions: Companions) -> bool:
    """Whether a file beside the checkpoint says how much errors of a tensor cost."""
    return any(one.role is Role.SENSITIVITY and one.match(offer.info.name) is not None for one in companions.all)


def measure(order: Order, offers: Sequence[Offer]) -> Iterator[TensorLosses]:
    """The losses of all tensors that may be quantized.

    Raises:
        PrecisionlabError: a tensor cannot be read, or a sensitivity does not fit.
    """
    n_bytes = sum(offer.info.n_bytes for offer in offers)
    with ProgressBar() if order.shows_progress else NoProgress() as progress:
        progress.show(CheckpointOpened(order.checkpoint.path, len(offers), n_bytes))
        with closing(measured(offers, order.settings, order.companions)) as events:
            for event in events:
                if isinstance(event, BytesRead):
                    progress.show(event)
                else:
                    yield event


def unmatched(wish: Wish, arguments: argparse.Namespace, checkpoint: Checkpoint) -> Iterator[str]:
    """The globs of --keep that keep nothing; what is usually kept is not where others are named."""
    if arguments.keep is None:
        return
    for glob in wish.kept:
        if not any(is_named(info.name, [glob]) for info in checkpoint.tensors):
            yield f"--keep {printable(glob, 60)} matches no tensor; {', '.join(KEPT)} are kept where --keep is not given"


def untouched(choice: Choice) -> Iterator[str]:
    """What to know of tensors whose errors cost nothing, the sensitivity says."""
    if choice.plan.objective is not Objective.TOTAL:
        return
    names = [one.info.name for one in choice.losses if one.energy and not one.weighted_energy]
    if names:
        others = f" and {counted(len(names) - 1, 'other')}" if len(names) > 1 else ""
        why = "no batch reached it when that was measured, or no output depends on it"
        yield f"{shown_name(names[0])}{others}: sensitivity 0, so that any format would do; {why}"


def show(recipe: Recipe, choice: Choice, arguments: argparse.Namespace) -> None:
    """Print the recipe.

    Raises:
        ReportError: standard output cannot be written.
    """
    if arguments.format == "json":
        put(plain_json.render(recipe))
    elif not arguments.quiet:
        put("\n".join(described(recipe, choice.plan, energy_of(choice.losses, choice.plan.objective))))
