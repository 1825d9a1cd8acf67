"""Choices written down: what stays and why, what shares storage, and bits that add up."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from precisionlab.checkpoints import TensorInfo, open_checkpoint
from precisionlab.recipes.assembling import OBJECTIVES, Division, divided, kept_bits, recipe_of, twins
from precisionlab.recipes.keeping import KEPT, fused_groups
from precisionlab.recipes.losses import TensorLosses
from precisionlab.recipes.planning import Limit, Objective, Plan, planned
from precisionlab.recipes.recipe import Recipe
from tests.recipes.checkpoints import FIVE, Cell, decoder, drawn, info_of, losses_in, said, saved

SHARED = Path(__file__).parents[2] / "samples" / "shared-storage.pth"


def test_tensors_are_divided_by_kind_and_name() -> None:
    """Matrices of floats that no glob matches may change; of the others each has a reason."""
    infos = (
        info_of("model.layers.0.weight"),
        info_of("lm_head.weight"),
        info_of("bias", (8,)),
        info_of("ids", (8, 2), "int64"),
        info_of("optimizer.state.0.exp_avg"),
        info_of("trainer.optimizers.0.shampoo.weight"),
        replace(info_of("tied.weight"), shares_storage_with="model.layers.0.weight"),
    )
    division = divided(infos, KEPT)
    assert division.quantized == infos[:1]
    assert division.kept == {
        "lm_head.weight": "kept by name",
        "bias": "no matrix of floats",
        "ids": "no matrix of floats",
        "optimizer.state.0.exp_avg": "state of an optimizer",
        "trainer.optimizers.0.shampoo.weight": "state of an optimizer",
        "tied.weight": "shares the storage of model.layers.0.weight",
    }
    assert kept_bits(infos, division) == 8 * (3 * 8 * 16 * 2 + 8 * 2 + 16 * 8)


def test_tied_weights_are_kept_by_any_of_their_names() -> None:
    """A head that is the embedding stays where either is to stay; what has parts under other names always does."""
    owner = info_of("embed.weight")
    tied = replace(owner, name="lm_head.weight", shares_storage_with="embed.weight")
    view = replace(info_of("lm_head.rows", (2, 16)), shares_storage_with="embed.weight")
    assert divided((owner, tied), ("lm_head*",)).quantized == ()
    assert divided((owner, tied), ("embed*",)).quantized == ()
    assert divided((owner, view), ()).quantized == ()
    assert twins((owner, tied, view)) == (tied,)


def made(path: str, bits: float, keep: tuple[str, ...] = KEPT, objective: Objective = Objective.UNIFORM) -> Recipe:
    """A recipe for a checkpoint."""
    with open_checkpoint(path) as checkpoint:
        division = divided(checkpoint.tensors, keep)
        names = {info.name for info in division.quantized}
        losses = [one for one in losses_in(path, FIVE) if one.info.name in names]
        n_weights = sum(info.n_elements for info in division.quantized)
        plan = planned(losses, fused_groups(sorted(names)), Limit(bits=int(bits * n_weights)), objective)
        return recipe_of(checkpoint, division, losses, plan, {"bits": str(bits)})


def test_bits_of_tensors_add_up_to_those_of_the_recipe(tmp_path: Path) -> None:
    """What changes and what stays, in the order of the checkpoint, once each."""
    path = saved(tmp_path / "m.safetensors", decoder())
    recipe = made(path, 4.5)
    with open_checkpoint(path) as checkpoint:
        infos = {info.name: info for info in checkpoint.tensors}
    assert [one.tensor for one in recipe.assignments] == list(infos)
    assert recipe.bits == sum(one.bits for one in recipe.assignments)
    assert {one.tensor: one.bits for one in recipe.assignments if one.format is None} == {
        name: 8 * info.n_bytes for name, info in infos.items() if "proj" not in name
    }
    assert all((one.shape, one.stored_dtype) == (infos[one.tensor].shape, "bfloat16") for one in recipe.assignments)
    assert recipe.settings == {"bits": "4.5"}
    assert (recipe.checkpoint, recipe.objective) == (path, OBJECTIVES[Objective.UNIFORM])


def test_what_is_the_very_same_tensor_has_its_format_and_no_bits() -> None:
    """The twin follows its owner, and the storage counts once."""
    with open_checkpoint(str(SHARED)) as checkpoint:
        infos = tuple(info for info in checkpoint.tensors if info.name not in {"transposed.weight", "rows.weight"})
        shared = replace(checkpoint, tensors=infos)
        division = divided(infos, ())
        losses = losses_in(str(SHARED), FIVE)
        chosen = [one for one in losses if one.info.name in {info.name for info in division.quantized}]
        n_weights = sum(info.n_elements for info in division.quantized)
        plan = planned(chosen, (), Limit(bits=int(4.5 * n_weights)), Objective.UNIFORM)
        recipe = recipe_of(shared, division, chosen, plan, {})
    by_name = {one.tensor: one for one in recipe.assignments}
    assert by_name["embed.weight"].format is not None
    assert (by_name["tied.weight"].format, by_name["tied.weight"].bits) == (by_name["embed.weight"].format, 0)
    assert recipe.bits == sum(one.bits for one in recipe.assignments)


def test_what_other_names_view_stays() -> None:
    """A transpose or a part would no longer agree: the sample with shared storage keeps them and what they are of."""
    recipe = made(str(SHARED), 4.5, keep=())
    by_name = {one.tensor: one for one in recipe.assignments}
    for name in ("embed.weight", "tied.weight", "transposed.weight", "rows.weight"):
        assert by_name[name].format is None
    assert by_name["embed.weight"].reason.startswith("another tensor is a part of it")
    assert by_name["copied.weight"].format is not None
    assert recipe.bits == sum(one.bits for one in recipe.assignments)


def planned_by(losses: list[TensorLosses], groups: list[tuple[str, ...]], objective: Objective) -> Plan:
    """A plan with room enough for all but leaving all as stored."""
    return planned(losses, groups, Limit(bits=len(losses) * 1152 - 1), objective)


def reasons(tmp_path: Path, losses: list[TensorLosses], groups: list[tuple[str, ...]]) -> dict[str, str]:
    """Why tensors have their formats, of a uniform plan."""
    infos: tuple[TensorInfo, ...] = tuple(one.info for one in losses)
    path = saved(tmp_path / "m.safetensors", {"unused": torch.zeros(1)})
    with open_checkpoint(path) as checkpoint:
        stand_in = replace(checkpoint, tensors=infos)
    plan = planned_by(losses, groups, Objective.UNIFORM)
    recipe = recipe_of(stand_in, Division(infos, {}), losses, plan, {})
    return {one.tensor: one.reason for one in recipe.assignments}


def test_exceptions_say_what_failed_and_where(tmp_path: Path) -> None:
    """The tensor's own failure, or that of a member of its group, which is named."""
    level = [said(f"layer{i}", {"int4_g128": Cell(544, 0.01), "int8_channel": Cell(1152, 1e-6)}) for i in range(5)]
    failing = said(
        "k", {"int4_g128": Cell(544, 0.01, failure="overflow of 1 element"), "int8_channel": Cell(1152, 1e-6)}
    )
    outlier = said("odd", {"int4_g128": Cell(544, 0.5), "int8_channel": Cell(1152, 1e-6)})
    lacking = said("lacking", {"int8_channel": Cell(1152, 1e-6)})
    found = reasons(tmp_path, [*level, replace(failing), outlier, lacking], [("layer0", "k")])
    assert found["layer1"] == OBJECTIVES[Objective.UNIFORM]
    assert found["k"] == "int4_g128 fails: overflow of 1 element"
    assert found["layer0"] == "int4_g128 fails: overflow of 1 element, in k"
    assert found["odd"] == "int4_g128 fails: extreme outliers: 3.0 dB, where the median tensor reaches 20.0"
    assert found["lacking"] == "int4_g128 fails: it cannot be measured"


@pytest.mark.parametrize("objective", Objective)
def test_loss_and_bound_are_those_of_the_objective(tmp_path: Path, objective: Objective) -> None:
    """The worst tensor's, or the total."""
    tensors = {f"layer{i}.weight": drawn(32, 64, seed=i) for i in range(3)}
    path = saved(tmp_path / "m.safetensors", tensors)
    fisher = saved(tmp_path / "f.safetensors", {name: torch.ones(32, 64) for name in tensors})
    losses = losses_in(path, FIVE, fisher)
    plan = planned(losses, [], Limit(bits=int(5.0 * 3 * 32 * 64)), objective)
    with open_checkpoint(path) as checkpoint:
        recipe = recipe_of(checkpoint, divided(checkpoint.tensors, ()), losses, plan, {})
    assert (recipe.loss, recipe.bound, recipe.objective) == (plan.loss, plan.bound, OBJECTIVES[objective])
    assert recipe.loss is not None
    assert recipe.bound is not None
    assert 0 < recipe.bound <= recipe.loss * (1 + 1e-9)
