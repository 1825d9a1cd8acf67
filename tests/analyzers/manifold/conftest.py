"""What the `manifold` analyzer says of arrays, and points of known shape."""

import warnings
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers import manifold
from precisionlab.analysis.analyzers import Analyzer


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`manifold`."""
    return manifold.analyzer


@pytest.fixture(scope="session")
def skdim() -> ModuleType:
    """scikit-dimension, which warns when it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: ModuleType = pytest.importorskip("skdim")
        return found


@pytest.fixture(scope="session")
def swiss_roll() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """1,500 points [n, 3] of a rolled rectangle, and their places in it [n, 2]: along the spiral, and across."""
    return rolled(1500, 0)


def rolled(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points of a swiss roll, r = t from 1.5 pi to 4.5 pi; an arc is as long as its closed form says."""
    random = np.random.default_rng(seed)
    t, across = 1.5 * np.pi * (1 + 2 * random.random(n)), 21 * random.random(n)
    along = (t * np.sqrt(1 + t * t) + np.arcsinh(t)) / 2
    return np.stack([t * np.cos(t), across, t * np.sin(t)], axis=1), np.stack([along, across], axis=1)
