"""A choice written down: what every tensor of a checkpoint becomes, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from precisionlab.analysis.roles import STATES, is_named
from precisionlab.checkpoints import Checkpoint, TensorInfo
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
    """The tensors that a recipe may change, and the others.

    Of those that share storage the owner decides; where the very same tensor has several names, a glob for any keeps
    it.
    """
    same = twins(infos)
    kept_owners = {owner_of(info) for info in same if is_named(info.name, globs)}
    viewed = {owner_of(info) for info in infos if info.shares_storage_with is not None and info not in same}
    quantized, kept = [], {}
    for info in infos:
        if info.shares_storage_with is not None:
            kept[info.name] = f"{SHARES} {info.shares_storage_with}"
        elif not is_quantizable(info):
            kept[info.name] = "no matrix of floats"
        elif is_named(info.name, STATES):
            kept[info.name] = "state of an optimizer"
        elif info.name in viewed:
            kept[info.name] = "another tensor is a part of it, or its transpose, and would no longer agree"
        elif info.name in kept_owners or is_named(info.name, globs):
            kept[info.name] = "kept by name"
        else:
            quantized.append(info)
    return Division(tuple(quantized), kept)


def twins(infos: Sequence[TensorInfo]) -> tuple[TensorInfo, ...]:
    """Those that are the very tensor that another name owns: tied weights."""
    by_name = {info.name: info for info in infos}
    return tuple(
        info
        for info in infos
        if info.shares_storage_with is not None and is_twin(info, by_name.get(info.shares_storage_with))
    )


def is_twin(info: TensorInfo, owner: TensorInfo | None) -> bool:
    """Whether both are the same numbers in the same shape."""
    return owner is not None and (info.location, info.dtype, info.shape) == (owner.location, owner.dtype, owner.shape)


def owner_of(info: TensorInfo) -> str:
    """The name that owns the storage."""
    return info.shares_storage_with or info.name


def kept_bits(infos: Sequence[TensorInfo], division: Division) -> int:
    """Bits of the tensors that stay as they are, shared storage counted once."""
    return sum(8 * info.n_bytes for info in infos if info.name in division.kept and info.shares_storage_with is None)


def recipe_of(
    checkpoint: Checkpoint, division: Division, losses: Sequence[TensorLosses], plan: Plan, settings: Mapping[str, str]
) -> Recipe:
    """The recipe of a plan."""
    infos = checkpoint.tensors
    of_owners = {**kept_assignments(infos, division), **chosen_assignments(losses, plan)}
    same = {info.name for info in twins(infos)}
    assignments = (
        of_owners[info.name]
        if info.shares_storage_with is None
        else sharing(info, of_owners[info.shares_storage_with].format if info.name in same else None)
        for info in infos
    )
    return Recipe(
        checkpoint.path,
        tuple(assignments),
        bits=plan.allocation.bits + kept_bits(infos, division),
        loss=plan.loss,
        bound=plan.bound,
        objective=OBJECTIVES[plan.objective],
        settings=settings,
    )


def kept_assignments(infos: Sequence[TensorInfo], division: Division) -> dict[str, Assignment]:
    """The tensors that stay, by name."""
    return {
        info.name: Assignment(info.name, info.shape, info.dtype, None, 8 * info.n_bytes, division.kept[info.name])
        for info in infos
        if info.name in division.kept
    }


def chosen_assignments(losses: Sequence[TensorLosses], plan: Plan) -> dict[str, Assignment]:
    """The tensors that the choice was about, by name."""
    formats = {
        name: candidate.format
        for unit, candidate in zip(plan.units, plan.allocation.chosen, strict=True)
        for name in unit.names
    }
    reasons = reasons_of(plan, losses)
    return {one.info.name: chosen(one, formats[one.info.name], reasons[one.info.name]) for one in losses}


def chosen(losses: TensorLosses, format_: str, reason: str) -> Assignment:
    """A tensor in the format that was chosen."""
    info = losses.info
    if format_ == STORED:
        return Assignment(info.name, info.shape, info.dtype, None, 8 * info.n_bytes, reason)
    return Assignment(info.name, info.shape, info.dtype, format_, losses.targets[format_].bits, reason)


def sharing(info: TensorInfo, format_: str | None) -> Assignment:
    """A tensor of which another owns the storage: it takes no bits of its own."""
    return Assignment(info.name, info.shape, info.dtype, format_, 0, f"{SHARES} {info.shares_storage_with}")


def reasons_of(plan: Plan, losses: Sequence[TensorLosses]) -> Mapping[str, str]:
    """Why each tensor has its format."""
    names = [name for unit in plan.units for name in unit.names]
    reasons = dict.fromkeys(names, OBJECTIVES[plan.objective])
    if plan.objective is not Objective.UNIFORM or plan.uniform is None:
        return reasons
    failures = failures_in(plan.uniform.format, losses)
    for unit, candidate in zip(plan.units, plan.allocation.chosen, strict=True):
        if candidate.format != plan.uniform.format:
            blamed = next((name for name in unit.names if failures[name]), unit.names[0])
            why = f"{plan.uniform.format} fails: {failures[blamed]}"
            reasons.update({name: why if name == blamed else f"{why}, in {blamed}" for name in unit.names})
    return reasons


def failures_in(format_: str, losses: Sequence[TensorLosses]) -> Mapping[str, str]:
    """Why a format is out of the question for each tensor; empty where it is not."""
    usual = medians(losses)
    return {
        one.info.name: failure_in(one.targets[format_], usual) if format_ in one.targets else "it cannot be measured"
        for one in losses
    }
