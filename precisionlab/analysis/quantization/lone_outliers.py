"""Blocks whose scale one element sets alone: all others are at most half as large, so that a binade serves it only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.quantization.band_loops import count_lone
from precisionlab.formats import BlockFormat
from precisionlab.formats.blocks.parts import Extent


@dataclass(frozen=True, slots=True)
class LoneOutliers:
    """Counts over blocks of one extent."""

    blocks: int = 0
    lone: int = 0

    def __add__(self, other: "LoneOutliers") -> "LoneOutliers":
        """Both together."""
        return LoneOutliers(self.blocks + other.blocks, self.lone + other.lone)

    @property
    def share(self) -> float:
        """Share of the blocks; NaN without any."""
        return self.lone / self.blocks if self.blocks else np.nan


def extent_of(format_: BlockFormat) -> Extent | None:
    """The extent of a format's blocks, where they are parts of a row or rows; None for tiles and whole tensors."""
    return format_.extent if format_.extent.rows == 1 else None


def lone_outliers(values: NDArray[np.float32], extent: Extent) -> LoneOutliers:
    """The counts of a band [rows, columns] that begins and ends with blocks."""
    n_rows, n_columns = values.shape
    width = extent.columns or max(1, n_columns)
    if extent.is_flat or n_columns % width == 0:
        return LoneOutliers(*count_lone(values.reshape(-1), width))
    rows = (LoneOutliers(*count_lone(values[row], width)) for row in range(n_rows))
    return sum(rows, LoneOutliers())
