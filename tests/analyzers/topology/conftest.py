"""What the `topology` analyzer says of arrays, and points whose homology is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers import topology
from precisionlab.analysis.analyzers import Analyzer

Doubles = NDArray[np.float64]


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`topology`."""
    return topology.analyzer


def grid(n: int) -> tuple[Doubles, Doubles]:
    """Two angles over a grid of n x n."""
    angles = np.arange(n) * 2 * np.pi / n
    first, second = np.meshgrid(angles, angles, indexing="ij")
    return first.ravel(), second.ravel()


def circle(n: int) -> Doubles:
    """Equally spaced points of a unit circle in the plane."""
    angles = np.arange(n) * 2 * np.pi / n
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def torus(n: int) -> Doubles:
    """A grid on the flat torus in four dimensions."""
    first, second = grid(n)
    return np.stack([np.cos(first), np.sin(first), np.cos(second), np.sin(second)], axis=1)


def sphere(n: int) -> Doubles:
    """Points of the unit sphere along a golden spiral."""
    heights = 1 - 2 * (np.arange(n) + 0.5) / n
    angles = np.arange(n) * np.pi * (3 - np.sqrt(5))
    radii = np.sqrt(1 - heights**2)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles), heights], axis=1)


def klein_bottle(n: int) -> Doubles:
    """A grid on the Klein bottle in five dimensions: functions of the torus that (u + pi, -v) does not change."""
    u, v = grid(n)
    halves = u / 2  # from 0 to pi: half of the torus is the whole bottle
    parts = (np.cos(2 * halves), np.sin(2 * halves), np.cos(v), np.sin(v) * np.cos(halves), np.sin(v) * np.sin(halves))
    return np.stack(parts, axis=1)
