"""One sweep of alternating least squares: every mode's factor in turn, from the normal equations."""

from collections.abc import Sequence

import torch

from precisionlab.structure.cp.models import Model, hadamard, unit_columns
from precisionlab.structure.cp.trees import Tree, contracted
from precisionlab.structure.threads import one_thread_each

LEAST_RIDGE = 1e-14
"""Of a unit diagonal: what Cholesky's method needs where components all but coincide."""


def swept(tree: Tree, model: Model, ridge: float, rows_node: torch.Tensor | None = None) -> tuple[Model, float]:
    """The model after every mode's update, and the squared residual, in two products with the tensor.

    Args:
        tree: the tensor.
        model: where to start from.
        ridge: weight of the squared distance from the model as it is, of which the diagonal of the equations is 1.
        rows_node: the tree's for this model, where it is known.
    """
    split, n_modes = tree.split, len(tree.shape)
    node = tree.rows_node(model.factors) if rows_node is None else rows_node
    with one_thread_each():
        model, _ = updated(tree, model, ridge, node, range(split))
    node = tree.columns_node(model.factors)
    with one_thread_each():
        return updated(tree, model, ridge, node, range(split, n_modes))


def updated(tree: Tree, model: Model, ridge: float, node: torch.Tensor, modes: range) -> tuple[Model, float]:
    """The model after the updates of one group of modes, and its squared residual."""
    factors, weights, squared = list(model.factors), model.weights, tree.squared_norm
    grams = [one.T @ one for one in factors]
    for mode in modes:
        group = factors[modes.start : modes.stop]
        product = contracted(node, group, mode - modes.start)
        others = hadamard([gram for i, gram in enumerate(grams) if i != mode], len(weights))
        solved = solution(others, product, factors[mode] * weights, ridge)
        squared = free_residual(tree.squared_norm, product, others, solved)
        factors[mode], weights = unit_columns(solved, factors[mode])
        grams[mode] = factors[mode].T @ factors[mode]
    return Model(weights, tuple(factors)), squared


def solution(others: torch.Tensor, product: torch.Tensor, current: torch.Tensor, ridge: float) -> torch.Tensor:
    """The factor A [n, r] that minimises |X - A K^T|^2 + ridge |A - current|^2, where K^T K = others and X K = product."""
    added = max(ridge, LEAST_RIDGE)
    while True:
        equations = others.clone()
        equations.diagonal().add_(added)
        triangle, failed = torch.linalg.cholesky_ex(equations)
        if not int(failed):
            break
        added *= 10
    solved: torch.Tensor = torch.cholesky_solve((product + added * current).T, triangle).T
    return solved


def free_residual(squared_norm: float, product: torch.Tensor, others: torch.Tensor, solved: torch.Tensor) -> float:
    """|X - A K^T|^2 = |X|^2 - 2 <X K, A> + <K^T K, A^T A>, from what an update has at hand.

    It has cancelled below some 1e-15 of |X|^2, or 1e-7 where the product was computed in float32.
    """
    return squared_norm + float((others * (solved.T @ solved)).sum() - 2 * (product * solved).sum())


def residual_at(tree: Tree, factors: Sequence[torch.Tensor], rows_node: torch.Tensor) -> float:
    """The squared residual of any factors, from the tree's first node for them."""
    group = factors[: tree.split]
    others = hadamard([one.T @ one for one in factors[1:]], factors[0].shape[1])
    return free_residual(tree.squared_norm, contracted(rows_node, group, 0), others, factors[0])
