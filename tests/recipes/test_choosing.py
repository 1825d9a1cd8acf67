"""Recipes from losses that were measured before, for more than what is offered now."""

from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import pytest

from precisionlab.analysis.quantization.targets import parse_targets
from precisionlab.checkpoints import open_checkpoint
from precisionlab.errors import UsageError
from precisionlab.recipes.choosing import Menu, among, chosen, menu_of, written
from precisionlab.recipes.planning import Objective
from precisionlab.recipes.wishes import Wish
from tests.recipes.checkpoints import FIVE, Cell, decoder, drawn, names_of, said, saved


def wish(bits: str, objective: Objective = Objective.UNIFORM) -> Wish:
    """So many bits a weight."""
    asked = MappingProxyType({"bits": bits})
    return Wish(asked, Fraction(bits), None, None, objective, (), None, (), ties=True)


@pytest.fixture
def menu(tmp_path: Path) -> Menu:
    """A small decoder in five formats."""
    with open_checkpoint(saved(tmp_path / "m.safetensors", decoder(1))) as checkpoint:
        return menu_of(checkpoint, ("*embed*", "lm_head*"), parse_targets(FIVE), ())


def test_a_menu_offers_matrices_and_tells_why_others_stay(menu: Menu) -> None:
    """By name, or since they are none."""
    assert {offer.info.name for offer in menu.offers} == {name for name in decoder(1) if "proj" in name}
    assert all(tuple(target.name for target in offer.targets) == FIVE for offer in menu.offers)
    assert menu.division.kept == {
        "lm_head.weight": "kept by name",
        "model.embed_tokens.weight": "kept by name",
        "model.layers.0.input_layernorm.weight": "no matrix of floats",
    }


def test_a_menu_of_nothing_is_refused(tmp_path: Path) -> None:
    """With the reasons."""
    with (
        open_checkpoint(saved(tmp_path / "m.safetensors", {"a.weight": drawn(8, 8)})) as checkpoint,
        pytest.raises(UsageError, match=r"no tensor to quantize \(1: kept by name\)"),
    ):
        menu_of(checkpoint, ("*",), parse_targets(FIVE), ())


def test_losses_are_narrowed_to_what_is_offered(menu: Menu) -> None:
    """The same numbers, without those in other targets; names and order stay."""
    cells = {name: Cell(8, 0.5) for name in (*FIVE, "int5_g128")}
    losses = [said(offer.info.name, cells) for offer in menu.offers]
    narrowed = among(losses, menu.offers)
    assert names_of(narrowed) == names_of(losses)
    for before, after in zip(losses, narrowed, strict=True):
        assert tuple(after.targets) == FIVE
        assert all(after.targets[name] is before.targets[name] for name in FIVE)


def test_a_budget_too_small_is_told_in_bits_a_weight(menu: Menu) -> None:
    """Nothing is measured for it."""
    with pytest.raises(UsageError, match=r"--bits 2: cannot be met by one format for all: .* is 3\.\d+ bits a weight"):
        chosen(menu, wish("2"), lambda _: pytest.fail("nothing is to be measured"))


def test_a_recipe_keeps_what_was_asked_for(tmp_path: Path) -> None:
    """The budget as it was typed, the formats that were offered, and what stays."""
    path = saved(tmp_path / "m.safetensors", {"a.weight": drawn(64, 128), "b.weight": drawn(32, 128)})
    with open_checkpoint(path) as checkpoint:
        menu = menu_of(checkpoint, (), parse_targets(FIVE), ())
        cells = {
            target.name: Cell(target.bits((64, 128)), 4.0 ** -target.bits_per_weight((64, 128)))
            for target in menu.offers[0].targets
        }
        choice = chosen(menu, wish("5.0"), lambda offers: [said(one.info.name, cells) for one in offers])
        recipe = written(checkpoint, menu, wish("5.0"), choice)
    assert recipe.settings == {"bits": "5.0", "formats": ",".join(FIVE), "keep": "none", "objective": "uniform"}
    assert [one.tensor for one in recipe.assignments] == ["a.weight", "b.weight"]
