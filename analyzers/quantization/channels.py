"""Channels of a tensor: which lose most, and which are outliers, for whose sake others lose."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.quantization.measuring import Figures

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Channels:
    """All indices of one axis, of which at least one holds another number than zero."""

    axis: str
    """`first` or `second`."""
    errors: Doubles
    """[channels] sums of e^2 in the judged target."""
    energies: Doubles
    """[channels] sums of x^2."""

    @property
    def relative_errors(self) -> Doubles:
        """[channels] root of (sum e^2 / sum x^2); 0 of zeros alone."""
        ratios = np.divide(self.errors, self.energies, out=np.zeros_like(self.errors), where=self.energies > 0)
        return np.asarray(np.sqrt(ratios))

    @property
    def sizes(self) -> Doubles:
        """[channels] root mean squares over the median of those that are not zero."""
        return np.asarray(np.sqrt(self.energies / np.median(self.energies[self.energies > 0])))

    def worst(self, at_most: int) -> list[int]:
        """Those of the largest relative errors, the largest first."""
        return [int(channel) for channel in np.argsort(-self.relative_errors, kind="stable")[:at_most]]

    def outliers(self, from_ratio: float, at_most: int) -> list[int]:
        """Those from so many times the median size on, the largest first."""
        sizes = self.sizes
        return [int(channel) for channel in np.argsort(-sizes, kind="stable")[:at_most] if sizes[channel] >= from_ratio]


def channels_of(figures: Figures) -> Iterator[Channels]:
    """Both axes, as far as errors in the judged target were summed along them."""
    loss, sweep = figures.judged_loss, figures.sweep
    if loss is None:
        return
    axes = (
        ("first", loss.by_row, sweep.energy_by_row),
        ("second", by_input(loss.by_column, figures.shape), by_input(sweep.energy_by_column, figures.shape)),
    )
    for axis, errors, energies in axes:
        if errors is not None and energies is not None and len(errors) > 1 and energies.any():
            yield Channels(axis, errors, energies)


def by_input(columns: Doubles | None, shape: tuple[int, ...]) -> Doubles | None:
    """Sums by column of the tensor as a matrix, added up to those along its second axis."""
    if columns is None or len(shape) < 2:
        return None
    return np.asarray(columns.reshape(shape[1], -1).sum(axis=1))
