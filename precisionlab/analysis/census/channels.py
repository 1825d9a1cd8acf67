"""Extremes of each channel: of each slice along the first and along the second axis of a tensor."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats import FloatFormat
from precisionlab.formats.patterns import decode

WIDTH_LIMIT: Final = 1 << 20
"""Longest row for which one value a column is kept."""
ROWS_LIMIT: Final = 1 << 20
"""Most rows for which one value a row is kept."""

Codes = NDArray[np.unsignedinteger]


@dataclass(frozen=True, slots=True)
class ChannelExtremes:
    """One entry a channel along `axis`; of complex types, real and imaginary parts count as elements."""

    axis: int
    amax: NDArray[np.float64]
    """Largest finite magnitude; 0 where a channel has no finite element but 0."""
    is_constant: NDArray[np.bool_]
    """Whether all of the channel's bit patterns are equal."""
    is_non_finite: NDArray[np.bool_]
    """Whether all of them are equal and no finite number."""
    length: int
    """Elements of each channel."""


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """How a tensor's flat codes divide into rows (first axis) and columns (all other axes)."""

    format: FloatFormat
    n_rows: int
    width: int
    """Codes a row."""
    inner: int
    """Consecutive columns that belong to one index of the second axis."""

    @property
    def magnitude_mask(self) -> int:
        """All bits but the sign."""
        return (1 << (self.format.bits - int(self.format.signed))) - 1


def plan_channels(format_: object, shape: Sequence[int], components: int) -> ChannelPlan | None:
    """The plan for a float tensor of at least two axes, each longer than 1 or not; None where channels mean nothing."""
    if not isinstance(format_, FloatFormat) or len(shape) < 2 or math.prod(shape) == 0:
        return None
    inner = math.prod(shape[2:]) * components
    plan = ChannelPlan(format_, shape[0], shape[1] * inner, inner)
    return plan if plan.width <= WIDTH_LIMIT and plan.n_rows <= ROWS_LIMIT else None


def start_extremes(kind: np.dtype[np.unsignedinteger], n_channels: int) -> Codes:
    """[3, channels] extremes of nothing: largest magnitude 0, smallest code all ones, largest code 0."""
    return np.stack([np.full(n_channels, start, kind) for start in (0, np.iinfo(kind).max, 0)])


def widen(extremes_so_far: Codes, part: Codes) -> None:
    """Take the [3, channels] extremes of a part into those so far."""
    np.maximum(extremes_so_far[0], part[0], out=extremes_so_far[0])
    np.minimum(extremes_so_far[1], part[1], out=extremes_so_far[1])
    np.maximum(extremes_so_far[2], part[2], out=extremes_so_far[2])


def merge_columns(plan: ChannelPlan, parts: Sequence[Codes]) -> Codes:
    """[3, second axis] extremes from [3, width] ones of several tables."""
    columns = parts[0].copy()
    for part in parts[1:]:
        widen(columns, part)
    amax, low, high = columns.reshape(3, -1, plan.inner)
    return np.stack([amax.max(axis=1), low.min(axis=1), high.max(axis=1)])


def extremes(plan: ChannelPlan, axis: int, codes: Codes) -> ChannelExtremes:
    """What [3, channels] extremes as codes mean."""
    amax, low, high = codes
    length = plan.width if axis == 0 else plan.n_rows * plan.inner
    is_constant = low == high
    is_non_finite = is_constant & ~np.isfinite(decode(low, plan.format))
    # Code 0 is no zero in formats without one: there a channel of NaNs alone would show the smallest number.
    has_finite = plan.format.subnormals | (low <= plan.format.max_finite_pattern)
    return ChannelExtremes(
        axis, np.where(has_finite, decode(amax, plan.format), 0.0), is_constant, is_non_finite, length
    )
