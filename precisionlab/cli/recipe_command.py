"""`precisionlab recipe`: which format each tensor gets under a budget, written for the tools that quantize."""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import prod
from pathlib import Path

from precisionlab.analysis.quantization.targets import Target
from precisionlab.checkpoints import Checkpoint, TensorInfo, open_checkpoint
from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.interrupts import interrupted_once
from precisionlab.cli.output import put
from precisionlab.cli.plan import Said, memory_bytes, split, thread_count
from precisionlab.cli.progress import NoProgress, ProgressBar
from precisionlab.cli.recipe_outputs import outputs_of, write
from precisionlab.cli.recipe_text import described
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.recipes.applying import applied
from precisionlab.recipes.assembling import Division, divided, kept_bits, recipe_of
from precisionlab.recipes.exports import plain_json
from precisionlab.recipes.keeping import KEPT, fused_groups
from precisionlab.recipes.losses import TensorLosses, measured
from precisionlab.recipes.offering import offered
from precisionlab.recipes.planning import Limit, Objective, Plan, planned
from precisionlab.recipes.recipe import Recipe
from precisionlab.recipes.runtimes import runtime_named
from precisionlab.scanning.companions import Companions, opened
from precisionlab.scanning.devices import resolve_device
from precisionlab.scanning.events import BytesRead, CheckpointOpened
from precisionlab.scanning.settings import Settings

NONE_KEPT = "none"
"""What --keep is given to keep nothing by name."""


def run(arguments: argparse.Namespace) -> ExitCode:
    """Measure, choose, print and write.

    Raises:
        PrecisionlabError: bad usage, a checkpoint that cannot be read, a budget that cannot be met, or an output that
            cannot be written.
    """
    with interrupted_once():
        return choose_and_deliver(arguments)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, in numbers."""

    bits_a_weight: float | None
    n_bytes: int | None
    sqnr_db: float | None
    objective: Objective
    targets: tuple[Target, ...]


def choose_and_deliver(arguments: argparse.Namespace) -> ExitCode:
    """The command itself.

    Raises:
        PrecisionlabError: as for `run`.
    """
    runtime = runtime_named(arguments.runtime).name if arguments.runtime else None
    outputs = outputs_of(arguments.output, runtime, [arguments.path])
    settings = settings_of(arguments)
    wish = wish_of(arguments, runtime)
    with open_checkpoint(arguments.path) as checkpoint, opened(settings) as companions:
        companions.check(checkpoint.tensors)
        division = divided(checkpoint.tensors, globs_of(arguments.keep))
        losses = measure(checkpoint, division, wish, settings, companions, shows=shows_progress(arguments))
        groups = () if arguments.untied else fused_groups([one.info.name for one in losses])
        plan = planned(losses, groups, limit_of(wish, checkpoint.tensors, division), wish.objective)
        recipe = recipe_of(checkpoint, division, losses, plan, settings_shown(arguments, wish))
        show(recipe, plan, losses, arguments)
        for output in outputs:
            for note in write(recipe, output):
                messages.note(f"{printable(str(output.path))}: {note}")
        if arguments.apply:
            copied = applied(recipe, checkpoint, Path(arguments.apply), settings)
            for note in copied.notes:
                messages.note(f"{printable(copied.path)}: {note}")
    return ExitCode.OK


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


def wish_of(arguments: argparse.Namespace, runtime: str | None) -> Wish:
    """What is asked for.

    Raises:
        UsageError: a number that is none or cannot be meant, or an objective that needs a sensitivity.
        FormatError: there is no such format.
    """
    bits = number_of(arguments.bits, "--bits", least=0)
    sqnr = number_of(arguments.min_sqnr, "--min-sqnr", least=None)
    size = None if arguments.size is None else memory_bytes(Said(arguments.size, "--size"))
    objective = Objective.TOTAL if arguments.sensitivity else Objective.UNIFORM
    if arguments.objective is not None:
        objective = Objective(arguments.objective)
    if objective is Objective.TOTAL and not arguments.sensitivity:
        raise UsageError("--objective", "total needs --sensitivity", "make one with precisionlab.calibration")
    near = bits if objective is Objective.TOTAL else None
    targets = offered(split(arguments.formats or ""), runtime, near)
    return Wish(bits, size, sqnr, objective, targets)


def number_of(text: str | None, flag: str, least: float | None) -> float | None:
    """A number from a flag; None where it was not given.

    Raises:
        UsageError: it is none, or not above the least.
    """
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) < 1e9 or (least is not None and number <= least):
        above = "" if least is None else f" above {least:g}"
        raise UsageError(flag, f"takes a number{above}, not {printable(text, 40) or 'nothing'}")
    return number


def globs_of(keep: Sequence[str] | None) -> tuple[str, ...]:
    """The globs of tensors that stay as they are."""
    if keep is None:
        return KEPT
    return tuple(glob for glob in keep if glob != NONE_KEPT)


def shows_progress(arguments: argparse.Namespace) -> bool:
    """Whether to show a progress bar."""
    return messages.is_terminal() and not arguments.quiet


def measure(  # noqa: PLR0913 - what is measured, and with what means
    checkpoint: Checkpoint,
    division: Division,
    wish: Wish,
    settings: Settings,
    companions: Companions,
    *,
    shows: bool,
) -> list[TensorLosses]:
    """The losses of all tensors that may be quantized.

    Raises:
        PrecisionlabError: a tensor cannot be read, or a sensitivity does not fit.
    """
    infos = division.quantized
    losses: list[TensorLosses] = []
    with ProgressBar() if shows else NoProgress() as progress:
        progress.show(CheckpointOpened(checkpoint.path, len(infos), sum(info.n_bytes for info in infos)))
        with closing(measured(infos, wish.targets, settings, companions)) as events:
            for event in events:
                if isinstance(event, BytesRead):
                    progress.show(event)
                else:
                    losses.append(event)
    return losses


def limit_of(wish: Wish, infos: Sequence[TensorInfo], division: Division) -> Limit:
    """What the recipe must keep, in bits of the tensors that may be quantized.

    Raises:
        UsageError: the other tensors alone are larger.
    """
    if wish.sqnr_db is not None:
        return Limit(sqnr_db=wish.sqnr_db)
    if wish.bits_a_weight is not None:
        return Limit(bits=int(wish.bits_a_weight * sum(prod(info.shape) for info in division.quantized)))
    kept = kept_bits(infos, division)
    total = 8 * (wish.n_bytes or 0)
    if total < kept:
        raise UsageError(
            "--size", f"the tensors that stay as stored take {kept // 8:,} bytes alone", "keep fewer (--keep)"
        )
    return Limit(bits=total - kept)


def settings_shown(arguments: argparse.Namespace, wish: Wish) -> Mapping[str, str]:
    """What was asked for, as a recipe keeps it."""
    asked = {
        "bits": arguments.bits,
        "size": arguments.size,
        "min-sqnr": arguments.min_sqnr,
        "for": arguments.runtime,
        "sensitivity": arguments.sensitivity,
        "formats": ",".join(target.name for target in wish.targets),
        "keep": ",".join(globs_of(arguments.keep)),
        "objective": wish.objective.value,
        "untied": "yes" if arguments.untied else None,
    }
    return {name: value for name, value in asked.items() if value}


def show(recipe: Recipe, plan: Plan, losses: Sequence[TensorLosses], arguments: argparse.Namespace) -> None:
    """Print the recipe.

    Raises:
        ReportError: standard output cannot be written.
    """
    if arguments.format == "json":
        put(plain_json.render(recipe))
    elif not arguments.quiet:
        is_weighted = plan.objective is Objective.TOTAL
        energy = sum((one.weighted_energy or 0.0) if is_weighted else one.energy for one in losses)
        put("\n".join(described(recipe, plan, energy)))
