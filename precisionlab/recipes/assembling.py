"""A choice written down: what every tensor of a checkpoint becomes, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from precisionlab.checkpoints import Checkpoint, TensorInfo
from precisionlab.recipes.keeping import is_kept
from precisionlab.recipes.losses import TensorLosses, is_quantizable
from precisionlab.recipes.planning import STORED, Objective, Plan, failure_in, medians
from precisionlab.recipes.recipe import Assignment, Recipe

SHARES = "shares the storage of"
"""How the reason of a tensor begins whose bytes another one owns."""
OBJECTIVES: Mapping[Objective, str] = {
    Objective.TOTAL: "least sum of squared errors, weighted by the sensitivity",
    Objective.WORST: "least relative error of the worst tensor",
    Objective.UNIFORM: "one format for all, but where it fails",
}


@dataclass(frozen=True, slots=True)
class Division:
    """The tensors of a checkpoint: those that are quantized, and why the others are not."""

    quantized: tuple[TensorInfo, ...]
    kept: Mapping[str, str]
    """Reasons by name."""


def divided(infos: Sequence[TensorInfo], globs: Sequence[str]) -> Division:
    """The tensors that a recipe may change, and the others. Of those that share storage the owner decides."""
    quantized, kept = [], {}
    for info in infos:
        if info.shares_storage_with is not None:
            kept[info.name] = f"{SHARES} {info.shares_storage_with}"
        elif not is_quantizable(info):
            kept[info.name] = "no matrix of floats"
        elif is_kept(info.name, globs):
            kept[info.name] = "kept by name"
        else:
            quantized.append(info)
    return Division(tuple(quantized), kept)


def kept_bits(infos: Sequence[TensorInfo], division: Division) -> int:
    """Bits of the tensors that stay as they are, shared storage counted once."""
    return sum(8 * info.n_bytes for info in infos if info.name in division.kept and info.shares_storage_with is None)


def recipe_of(
    checkpoint: Checkpoint, division: Division, losses: Sequence[TensorLosses], plan: Plan, settings: Mapping[str, str]
) -> Recipe:
    """The recipe of a plan."""
    infos = checkpoint.tensors
    formats = {
        name: candidate.format
        for unit, candidate in zip(plan.units, plan.allocation.chosen, strict=True)
        for name in unit.names
    }
    measured = {one.info.name: one for one in losses}
    reasons = reasons_of(plan, losses)
    assignments = tuple(
        assignment_of(
            info, formats.get(info.name, STORED), measured.get(info.name), reasons.get(info.name, ""), division
        )
        for info in infos
    )
    return Recipe(
        checkpoint.path,
        assignments,
        bits=plan.allocation.bits + kept_bits(infos, division),
        loss=plan.worst.worst if plan.worst else plan.allocation.loss,
        bound=plan.worst.value if plan.worst else plan.allocation.bound,
        objective=OBJECTIVES[plan.objective],
        settings=settings,
    )


def assignment_of(
    info: TensorInfo, format_: str, losses: TensorLosses | None, reason: str, division: Division
) -> Assignment:
    """What one tensor becomes."""
    if losses is None or format_ == STORED:
        why = division.kept.get(info.name, reason or "stays as stored")
        return Assignment(info.name, info.shape, info.dtype, None, 8 * info.n_bytes, why)
    return Assignment(info.name, info.shape, info.dtype, format_, losses.targets[format_].bits, reason)


def reasons_of(plan: Plan, losses: Sequence[TensorLosses]) -> Mapping[str, str]:
    """Why each tensor has its format."""
    usual = medians(losses)
    measured = {one.info.name: one for one in losses}
    reasons = {}
    common = plan.uniform.format if plan.objective is Objective.UNIFORM and plan.uniform else ""
    for unit, candidate in zip(plan.units, plan.allocation.chosen, strict=True):
        for name in unit.names:
            reasons[name] = OBJECTIVES[plan.objective]
            if common and candidate.format != common:
                blamed = (
                    failure_in(measured[one].targets[common], usual)
                    for one in unit.names
                    if common in measured[one].targets
                )
                reasons[name] = f"{common} fails: {next(filter(None, blamed), 'it cannot be measured')}"
    return reasons
