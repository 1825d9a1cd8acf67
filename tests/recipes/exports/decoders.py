"""Recipes for decoders as the Hugging Face hub has them, and networks of their names."""

from typing import TYPE_CHECKING

from precisionlab.recipes.recipe import Assignment, Recipe

if TYPE_CHECKING:
    import torch

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
MLP = ("gate_proj", "up_proj", "down_proj")


def assigned(
    tensor: str, target: str | None, shape: tuple[int, ...] = (256, 256), dtype: str = "float32"
) -> Assignment:
    """A tensor with its format."""
    return Assignment(tensor, shape, dtype, target, 0, "for the test")


def recipe_of(*assignments: Assignment) -> Recipe:
    """A recipe of these."""
    return Recipe("model.safetensors", assignments)


def decoder(
    n_layers: int, attention: str | None, mlp: str | None, first: str | None = None, dtype: str = "float32"
) -> Recipe:
    """Layers of one format for attention and one for the MLP, the first layer in another where one is given."""
    rows = [assigned("model.embed_tokens.weight", None, (512, 256), dtype)]
    for i in range(n_layers):
        layer = f"model.layers.{i}"
        special = first if i == 0 else None
        rows += [assigned(f"{layer}.self_attn.{name}.weight", special or attention, dtype=dtype) for name in ATTENTION]
        rows += [assigned(f"{layer}.mlp.{name}.weight", special or mlp, dtype=dtype) for name in MLP]
        rows.append(assigned(f"{layer}.input_layernorm.weight", None, (256,), dtype))
    rows.append(assigned("lm_head.weight", None, (512, 256), dtype))
    return Recipe("model.safetensors", tuple(rows), bits=1_000_000, loss=0.5, bound=0.25, objective="4.5 bits a weight")


def network(recipe: Recipe) -> "torch.nn.Module":
    """A module of torch with a linear layer for each matrix of a recipe."""
    import torch

    root = torch.nn.Module()
    for assignment in recipe.assignments:
        if len(assignment.shape) != 2 or not assignment.tensor.endswith(".weight"):
            continue
        *parents, last, _ = assignment.tensor.split(".")
        at = root
        for name in parents:
            if name not in dict(at.named_children()):
                at.add_module(name, torch.nn.Module())
            at = at.get_submodule(name)
        rows, columns = assignment.shape
        at.add_module(last, torch.nn.Linear(columns, rows, bias=False))
    return root


def quantized(recipe: Recipe) -> dict[str, str]:
    """The modules that a recipe quantizes, with their formats."""
    return {a.tensor.removesuffix(".weight"): a.format for a in recipe.assignments if a.format is not None}
