"""Figures of kernels with ordered axes: energy by scale, sparsity, errors of thresholding, smoothness."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzers.wavelet.transforms import Coefficients, Doubles, transform

KEPT: Final = (0.05, 0.1, 0.25, 0.5)
"""Shares of kept coefficients whose errors are measurements."""
CURVE: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of kept coefficients whose errors are drawn."""
MOST_ENERGY: Final = 0.99


@dataclass(frozen=True, slots=True)
class Key:
    """What one figure is called."""

    name: str
    label: str = ""
    """The name of its label, if it has one."""
    of: str = ""
    """The label's value."""

    @property
    def labels(self) -> dict[str, str]:
        """Those of its measurement."""
        return {self.label: self.of} if self.label else {}


@dataclass(frozen=True, slots=True)
class Sorted:
    """Magnitudes of numbers, and what their largest hold."""

    magnitudes: Doubles
    """Ascending, [numbers]."""
    tails: Doubles
    """[numbers + 1]: the energy of so many of the smallest."""

    def error(self, kept: float) -> float:
        """The norm of all but the largest, over that of all; a share of `kept` remain, rounded up."""
        n_dropped = len(self.magnitudes) - math.ceil(kept * len(self.magnitudes) - 1e-9)
        return math.sqrt(self.tails[n_dropped] / self.tails[-1])

    def share_of_most_energy(self) -> float:
        """The least share of them that holds 99 % of the energy."""
        n_dropped = int(np.searchsorted(self.tails, (1 - MOST_ENERGY) * self.tails[-1], side="right")) - 1
        return 1 - n_dropped / len(self.magnitudes)

    def gini(self) -> float:
        """The Gini index of the magnitudes: 0 where all are equal, near 1 where one holds all (Hurley and Rickard 2009)."""
        n = len(self.magnitudes)
        weights = (2 * np.arange(1, n + 1) - n - 1) / n
        return float(weights @ self.magnitudes / self.magnitudes.sum())


def in_order(numbers: Doubles) -> Sorted:
    """Numbers of any shape by magnitude."""
    magnitudes = np.sort(np.abs(numbers), axis=None)
    return Sorted(magnitudes, np.concatenate(([0.0], np.cumsum(magnitudes**2))))


def energy_shares(coefficients: Coefficients) -> Mapping[Key, float]:
    """The share of the energy in the details of each level, and in what is left."""
    energies = [float(np.square(band).sum()) for band in (*coefficients.details, coefficients.rest)]
    return dict(zip(level_keys(len(coefficients.details)), (one / sum(energies) for one in energies), strict=True))


def expected_shares(coefficients: Coefficients) -> Mapping[Key, float]:
    """The same of white noise: the share of the coefficients, since the transform is orthogonal."""
    counts = [band.shape[1] for band in (*coefficients.details, coefficients.rest)]
    return dict(zip(level_keys(len(coefficients.details)), (one / sum(counts) for one in counts), strict=True))


def level_keys(n_levels: int) -> Sequence[Key]:
    """Levels from the finest on, and the rest."""
    return [Key("energy_share", "level", str(level)) for level in [*range(1, n_levels + 1), "rest"]]


def seminorm(kernels: Doubles, axis: int) -> float:
    """Mean square of differences of neighbours along an axis over twice the mean square of entries.

    A discrete Sobolev seminorm of order 1, squared: 1 on average of white noise, 0 of constants, 2 of signs that alternate.
    """
    return float(np.square(np.diff(kernels, axis=axis)).mean() / (2 * np.square(kernels).mean()))


def figures_of(kernels: Doubles, axes: Sequence[int], wavelet: str, levels: int) -> Mapping[Key, float]:
    """All that is compared with random copies, of kernels [kernels, lengths ...].

    Args:
        kernels: not all zero; their squares neither overflow nor vanish.
        axes: of the tensor, for the names of the seminorms.
        wavelet: its name.
        levels: as in `transform`.
    """
    coefficients = transform(kernels, wavelet, levels)
    ordered = in_order(coefficients.all())
    return {
        **energy_shares(coefficients),
        **{Key("seminorm", "axis", str(axis)): seminorm(kernels, i) for i, axis in enumerate(axes, 1)},
        Key("gini"): ordered.gini(),
        Key("share_of_99_energy"): ordered.share_of_most_energy(),
        **{Key("threshold_error", "kept", f"{kept:g}"): ordered.error(kept) for kept in sorted({*KEPT, *CURVE})},
    }
