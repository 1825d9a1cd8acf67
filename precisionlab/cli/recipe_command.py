"""`precisionlab recipe`: which format each tensor gets under a budget, written for the tools that quantize."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from precisionlab.analysis.roles import is_named
from precisionlab.checkpoints import Checkpoint, open_checkpoint
from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.output import put
from precisionlab.cli.plan import Said, memory_bytes, thread_count
from precisionlab.cli.progress import NoProgress, ProgressBar
from precisionlab.cli.recipe_outputs import outputs_of, runtimes_of
from precisionlab.cli.recipe_text import described
from precisionlab.cli.recipe_wishes import wish_of
from precisionlab.escaping import printable
from precisionlab.recipes.applying import applied, check_target
from precisionlab.recipes.choosing import Choice, chosen, menu_of, require_ranked, written
from precisionlab.recipes.exports import plain_json
from precisionlab.recipes.exports.files import rendered, write
from precisionlab.recipes.keeping import KEPT
from precisionlab.recipes.losses import Offer, TensorLosses, measured
from precisionlab.recipes.offering import offered
from precisionlab.recipes.planning import Objective, energy_of
from precisionlab.recipes.recipe import Recipe
from precisionlab.recipes.wishes import Wish
from precisionlab.reports.quantities import counted, shown_name
from precisionlab.scanning.companions import Companions, opened
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.events import BytesRead, CheckpointOpened
from precisionlab.scanning.settings import Settings


@dataclass(frozen=True, slots=True)
class Means:
    """With what a checkpoint is measured."""

    path: str
    companions: Companions
    settings: Settings
    shows_progress: bool


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
        menu = menu_of(checkpoint, wish.kept, targets, runtimes)
        if wish.objective is Objective.TOTAL:
            require_ranked(menu, companions)
        means = Means(checkpoint.path, companions, settings, shows)
        choice = chosen(menu, wish, partial(measure, means))
        recipe = written(checkpoint, menu, wish, choice)
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


def measure(means: Means, offers: Sequence[Offer]) -> Iterator[TensorLosses]:
    """The losses of all tensors that may be quantized.

    Raises:
        PrecisionlabError: a tensor cannot be read, or a sensitivity does not fit.
    """
    n_bytes = sum(offer.info.n_bytes for offer in offers)
    with ProgressBar() if means.shows_progress else NoProgress() as progress:
        progress.show(CheckpointOpened(means.path, len(offers), n_bytes))
        with closing(measured(offers, means.settings, means.companions)) as events:
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
