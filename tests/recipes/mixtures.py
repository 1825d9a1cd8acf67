"""Mixtures of candidates within a budget as linear programmes, solved by HiGHS."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from precisionlab.recipes.problem import Unit
from tests.recipes.problems import finite

Floats = NDArray[np.float64]


def membership(units: Sequence[Unit]) -> Floats:
    """[units, candidates]: 1 where a candidate of finite loss is of a unit."""
    owners = np.array([place for place, unit in enumerate(units) for _ in finite(unit)])
    of_unit: Floats = (owners == np.arange(len(units))[:, np.newaxis]).astype(np.float64)
    return of_unit


def least_mean_loss(units: Sequence[Unit], budget_bits: int, weights: Sequence[float]) -> float:
    """The least sum of weighted mean losses, the mean bits being within the budget."""
    of_unit = membership(units)
    losses = np.array([candidate.loss for unit in units for candidate in finite(unit)])
    bits = np.array([candidate.bits for unit in units for candidate in finite(unit)], np.float64)
    ones = np.ones(len(units))
    solved = linprog(weights @ of_unit * losses, bits[np.newaxis], [budget_bits], of_unit, ones, method="highs")
    assert solved.status == 0
    return cast(float, solved.fun)


def least_worst_mean(units: Sequence[Unit], budget_bits: int) -> float:
    """The least level that no unit's mean loss is above, the mean bits being within the budget."""
    of_unit = membership(units)
    losses = np.array([candidate.loss for unit in units for candidate in finite(unit)])
    bits = np.array([candidate.bits for unit in units for candidate in finite(unit)], np.float64)
    n_units, n_candidates = of_unit.shape
    levels = np.hstack([of_unit * losses, -np.ones((n_units, 1))])
    solved = linprog(
        np.append(np.zeros(n_candidates), 1),
        np.vstack([levels, np.append(bits, 0)]),
        np.append(np.zeros(n_units), budget_bits),
        np.hstack([of_unit, np.zeros((n_units, 1))]),
        np.ones(n_units),
        method="highs",
    )
    assert solved.status == 0
    return cast(float, solved.fun)
