"""The dimension tree: a tensor as one matrix of two groups of modes, and its products with models."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from precisionlab.structure.cp.models import Model

SLAB_ELEMENTS = 1 << 21
"""Of a residual in float64 at a time: 16 MiB."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tensor [n_1, …, n_d], contiguous, as the matrix [n_1 … n_p, n_(p+1) … n_d]: a view."""

    matrix: torch.Tensor
    """float32 or float64: the type of the large products."""
    shape: tuple[int, ...]
    split: int
    """How many modes are those of the rows."""
    squared_norm: float
    """Of the tensor, summed in float64."""

    def rows_node(self, factors: Sequence[torch.Tensor]) -> torch.Tensor:
        """X times the column modes' Khatri-Rao product: [n_1 … n_p, r], from which the row modes' products follow."""
        node: torch.Tensor = self.matrix @ khatri_rao(factors[self.split :]).to(self.matrix.dtype)
        return node

    def columns_node(self, factors: Sequence[torch.Tensor]) -> torch.Tensor:
        """X^T times the row modes' Khatri-Rao product: [n_(p+1) … n_d, r]."""
        node: torch.Tensor = self.matrix.T @ khatri_rao(factors[: self.split]).to(self.matrix.dtype)
        return node

    def squared_residual(self, model: Model) -> float:
        """|X - model|^2, from the differences themselves, in float64."""
        factors = model.loaded()
        rows, columns = khatri_rao(factors[: self.split]), khatri_rao(factors[self.split :])
        step = max(1, SLAB_ELEMENTS // len(columns))
        total = 0.0
        for start in range(0, len(rows), step):
            part = self.matrix[start : start + step].double().addmm(rows[start : start + step], columns.T, alpha=-1)
            total += float(part.square().sum())
        return total


def tree_of(tensor: torch.Tensor) -> Tree:
    """The tree of a finite tensor of two or more axes in float32 or float64, split where the nodes are smallest."""
    shape = tuple(tensor.shape)
    n_elements = math.prod(shape)
    sides = [math.prod(shape[:split]) for split in range(1, len(shape))]
    split = 1 + min(range(len(sides)), key=lambda i: sides[i] + n_elements // sides[i])
    matrix = tensor.contiguous().reshape(sides[split - 1], -1)
    step = max(1, SLAB_ELEMENTS // matrix.shape[1])
    squared_norm = sum(
        float(matrix[start : start + step].double().square().sum()) for start in range(0, len(matrix), step)
    )
    return Tree(matrix, shape, split, squared_norm)


def khatri_rao(factors: Sequence[torch.Tensor]) -> torch.Tensor:
    """The columnwise Kronecker product [n_1 … n_k, r] of factors [n_i, r], the last mode running fastest."""
    first, *others = factors
    product = first
    for other in others:
        product = (product[:, None] * other[None]).reshape(-1, product.shape[1])
    return product


def contracted(node: torch.Tensor, factors: Sequence[torch.Tensor], mode: int) -> torch.Tensor:
    """The product of one mode [n, r] in float64, from the node [n_1 … n_k, r] of a group and the group's factors.

    For all modes of a tensor this is the matricized tensor times the Khatri-Rao product of the others (MTTKRP).
    """
    product = node.reshape(*(len(one) for one in factors), node.shape[1])
    for other in sorted(range(len(factors)), key=lambda i: -len(factors[i])):
        if other != mode:
            aligned = [1] * len(factors)
            aligned[other] = len(factors[other])
            scaled = product * factors[other].to(product.dtype).reshape(*aligned, -1)
            product = scaled.sum(other, keepdim=True)
    return product.reshape(-1, node.shape[1]).double()
