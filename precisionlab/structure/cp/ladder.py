"""Fits of one tensor at growing ranks, each started from the one below."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from precisionlab.structure.cp.fitting import Fit, Limits, fit
from precisionlab.structure.cp.models import extended, random_model
from precisionlab.structure.cp.trees import Tree


def climb(tree: Tree, ranks: Sequence[int], limits: Limits, random: torch.Generator) -> tuple[Fit, ...]:
    """The best fit at each rank, in ascending order; errors never grow.

    The first start of a rank is the fit below with components of weight 0 added, the others are random ones.
    """
    fits: list[Fit] = []
    for rank in sorted(set(ranks)):
        fits.append(best_of(tree, rank, fits[-1] if fits else None, limits, random))
    return tuple(fits)


def best_of(tree: Tree, rank: int, below: Fit | None, limits: Limits, random: torch.Generator) -> Fit:
    """The best fit of a rank over several starts; the one below, extended, where none is better."""
    device = tree.matrix.device
    models = [] if below is None else [extended(below.model, rank, random)]
    models += [random_model(tree.shape, rank, random, device) for _ in range(limits.starts - len(models))]
    fits = [fit(tree, model, limits) for model in models]
    if below is not None:
        fits.append(replace(below, model=models[0], sweeps=0))
    return min(fits, key=lambda one: one.error)


def smallest(tree: Tree, fits: Sequence[Fit], error: float, limits: Limits, random: torch.Generator) -> Fit | None:
    """The fit of the smallest rank that was found to have at most this error, by bisection between two rungs."""
    good = next((one for one in fits if one.error <= error), None)
    if good is None:
        return None
    below = next((one for one in reversed(fits) if one.rank < good.rank), None)
    while good.rank - (below.rank if below else 0) > 1:
        middle = (good.rank + (below.rank if below else 0)) // 2
        tried = best_of(tree, middle, below, limits, random)
        good, below = (tried, below) if tried.error <= error else (good, tried)
    return good
