"""Products through the dimension tree, and residuals, against numpy's einsum."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.structure.cp.models import from_loaded, largest_rank, random_model
from precisionlab.structure.cp.sweeps import residual_at, swept
from precisionlab.structure.cp.trees import contracted, khatri_rao, tree_of

SHAPES = [(5, 4, 3), (3, 4, 5), (6, 7, 3, 3), (2, 3, 2, 3, 2), (1, 4, 3), (9, 2, 2)]
LETTERS = "abcde"


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    """Independent normal deviates."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def product(tensor: torch.Tensor, factors: tuple[torch.Tensor, ...], mode: int) -> NDArray[np.float64]:
    """The matricized tensor times the Khatri-Rao product of all factors but one, by its definition."""
    letters = LETTERS[: tensor.ndim]
    others = [i for i in range(tensor.ndim) if i != mode]
    formula = f"{letters},{','.join(letters[i] + 'r' for i in others)}->{letters[mode]}r"
    expected: NDArray[np.float64] = np.einsum(formula, tensor.numpy(), *(factors[i].numpy() for i in others))
    return expected


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_products_of_all_modes_are_einsums(shape: tuple[int, ...]) -> None:
    """Each mode's product from the node of its group is MTTKRP by definition."""
    tensor = normal(*shape)
    tree, factors = tree_of(tensor), random_model(shape, 4, torch.Generator().manual_seed(0)).factors
    for mode in range(len(shape)):
        if mode < tree.split:
            got = contracted(tree.rows_node(factors), factors[: tree.split], mode)
        else:
            got = contracted(tree.columns_node(factors), factors[tree.split :], mode - tree.split)
        np.testing.assert_allclose(got.numpy(), product(tensor, factors, mode), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_residuals_are_those_of_the_differences(shape: tuple[int, ...]) -> None:
    """The one had for free, that at any factors, and the exact one, all beside numpy's own difference."""
    tensor, random = normal(*shape), torch.Generator().manual_seed(1)
    tree = tree_of(tensor)
    model, free = swept(tree, random_model(shape, 3, random), 0.05)
    letters = LETTERS[: len(shape)]
    formula = f"r,{','.join(one + 'r' for one in letters)}->{letters}"
    built = np.einsum(formula, model.weights.numpy(), *(one.numpy() for one in model.factors))
    expected = float(np.square(tensor.numpy() - built).sum())
    loaded = (model.factors[0] * model.weights, *model.factors[1:])
    assert free == pytest.approx(expected, rel=1e-9)
    assert tree.squared_residual(model) == pytest.approx(expected, rel=1e-12)
    assert residual_at(tree, loaded, tree.rows_node(model.factors)) == pytest.approx(expected, rel=1e-9)
    assert model.squared_norm() == pytest.approx(float(np.square(built).sum()), rel=1e-9)


def test_a_tree_leaves_the_tensor_as_it_was() -> None:
    """Norms and residuals are computed beside it, in float64 too."""
    tensor = normal(4, 5, 6)
    before = tensor.clone()
    tree = tree_of(tensor)
    tree.squared_residual(random_model((4, 5, 6), 2, torch.Generator().manual_seed(0)))
    torch.testing.assert_close(tensor, before, rtol=0, atol=0)
    assert tree.squared_norm == pytest.approx(float(before.square().sum()), rel=1e-14)


def test_khatri_rao_is_kronecker_by_columns() -> None:
    """The last factor runs fastest."""
    a, b, c = normal(3, 2), normal(4, 2, seed=1), normal(2, 2, seed=2)
    expected = np.stack([np.kron(np.kron(a[:, r], b[:, r]), c[:, r]) for r in range(2)], 1)
    np.testing.assert_allclose(khatri_rao([a, b, c]).numpy(), expected, rtol=1e-14)


def test_models_of_any_factors_have_unit_columns() -> None:
    """Norms go to the weights; a column of zeros keeps a direction and has weight 0."""
    fallback = random_model((4, 3, 2), 3, torch.Generator().manual_seed(0))
    factors = [normal(4, 3), normal(3, 3), normal(2, 3)]
    factors[1][:, 2] = 0
    model = from_loaded(factors, fallback)
    np.testing.assert_allclose([torch.linalg.norm(one, dim=0).tolist() for one in model.factors], 1.0, rtol=1e-12)
    assert model.weights[2] == 0
    np.testing.assert_allclose(khatri_rao(model.loaded()).numpy(), khatri_rao(factors).numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("shape", "rank"), [((4, 4, 4), 16), ((64, 64, 3, 3), 576), ((8, 2, 2), 4), ((5, 7), 5)])
def test_no_shape_needs_more_than_the_least_product_of_other_sides(shape: tuple[int, ...], rank: int) -> None:
    """By hand."""
    assert largest_rank(shape) == rank
