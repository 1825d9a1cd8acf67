"""Rows that are equal, or equal up to their sign or scale: exactly, over all rows, without comparing pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import rows, shape_of
from precisionlab.structure.digests import digest_of

if TYPE_CHECKING:
    import torch

BAND = 1 << 21
"""Elements that are looked at together: 16 MiB of float64."""
NAMED = 10
"""Rows that are told with those that they are made of."""
KINDS = {"duplicate": "equal", "flipped": "the negative of", "scaled": "a multiple of"}


@dataclass(frozen=True, slots=True)
class Twin:
    """A row that is a multiple of an earlier one."""

    row: int
    of: int
    kind: str
    """`duplicate`, `flipped` or `scaled`."""
    factor: float


@dataclass(frozen=True, slots=True)
class Twins:
    """Which rows of a matrix need not be stored."""

    n_rows: int
    n_columns: int
    n_zero: int
    n_duplicate: int
    """Rows equal to an earlier one, other than those of zeros."""
    n_flipped: int
    """Further rows that are the negative of an earlier one."""
    n_scaled: int
    """Further rows that are another multiple of an earlier one."""
    is_constant: bool
    """Whether all elements of all rows are equal."""
    named: tuple[Twin, ...]
    """The first of each kind."""

    @property
    def n_numbers(self) -> int:
        """That need storing: all of the other rows, and one (a factor) for each of these."""
        n_others = self.n_zero + self.n_duplicate + self.n_flipped + self.n_scaled
        return (self.n_rows - n_others) * self.n_columns + n_others


def twins_of(tensor: Tensor) -> Twins | None:
    """Which rows of a tensor are multiples of others; None where rows have one element, and all are."""
    n_rows, n_columns = shape_of(tensor.info)
    if n_columns < 2:
        return None
    directions: dict[bytes, int] = {}
    labels, pivots = np.full(n_rows, -1, np.int64), np.zeros(n_rows)
    are_level = True
    for start, band in bands_of(tensor, n_rows, n_columns):
        own, quotients = directions_of(band)
        pivots[start : start + len(own)] = own
        are_level = are_level and bool((quotients == 1).all())
        for i in np.flatnonzero(own).tolist():
            labels[start + i] = directions.setdefault(digest_of(quotients[i]), len(directions))
    return counted(labels, pivots, n_columns, are_level)


def bands_of(tensor: Tensor, n_rows: int, n_columns: int) -> "Iterator[tuple[int, torch.Tensor]]":
    """The first row of each band, and its rows in float64."""
    step = max(1, BAND // n_columns)
    for start in range(0, n_rows, step):
        stop = min(start + step, n_rows)
        yield start, rows(tensor, start, stop).double()


def directions_of(band: "torch.Tensor") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pivot of each row, its first element of largest magnitude (0 of zeros), and the row divided by it.

    Quotients are correctly rounded, so that multiples of a row have the same ones; those of numbers of at most 24 bits
    that differ do so by more than float64 rounds, so that no others have.
    """
    places = band.abs().argmax(dim=1, keepdim=True)
    pivots = band.gather(1, places)
    quotients = band / pivots.where(pivots != 0, pivots.new_ones(()))
    quotients += 0.0  # no -0, which is the same number
    return pivots[:, 0].cpu().numpy(), np.ascontiguousarray(quotients.cpu().numpy())


def counted(labels: NDArray[np.int64], pivots: NDArray[np.float64], n_columns: int, are_level: bool) -> Twins:
    """Rows by what they are multiples of: those of one label have one direction; level ones are constant each."""
    is_nonzero = labels >= 0
    own, sizes = labels[is_nonzero], pivots[is_nonzero]
    n_distinct = n_pairs(own, sizes)
    n_up_to_sign = n_pairs(own, np.abs(sizes))
    n_up_to_scale = len(np.unique(own))
    return Twins(
        len(labels),
        n_columns,
        len(labels) - len(own),
        len(own) - n_distinct,
        n_distinct - n_up_to_sign,
        n_up_to_sign - n_up_to_scale,
        are_level and n_distinct == 1,
        named_twins(labels, pivots),
    )


def n_pairs(labels: NDArray[np.int64], sizes: NDArray[np.float64]) -> int:
    """Pairs of label and size that differ."""
    order = np.lexsort((sizes, labels))
    changes = (np.diff(labels[order]) != 0) | (np.diff(sizes[order]) != 0)
    return int(changes.sum()) + min(1, len(labels))


def named_twins(labels: NDArray[np.int64], pivots: NDArray[np.float64]) -> tuple[Twin, ...]:
    """The first rows of each kind, each with the earliest row that says all of it."""
    counts = np.bincount(labels[labels >= 0])
    seen: dict[int, dict[float, int]] = {}
    found: dict[str, list[Twin]] = {kind: [] for kind in KINDS}
    is_repeated = np.flatnonzero((labels >= 0) & (counts[labels] > 1)) if len(counts) else np.empty(0, np.int64)
    for row in is_repeated.tolist():
        size, earlier = float(pivots[row]), seen.setdefault(int(labels[row]), {})
        if earlier:
            twin = twin_of(row, size, earlier)
            if len(found[twin.kind]) < NAMED:
                found[twin.kind].append(twin)
        earlier.setdefault(size, row)
    return tuple(twin for twins in found.values() for twin in twins)


def twin_of(row: int, size: float, earlier: dict[float, int]) -> Twin:
    """What a row is of the earlier ones of its direction, by the sizes of their pivots."""
    if size in earlier:
        return Twin(row, earlier[size], "duplicate", 1.0)
    if -size in earlier:
        return Twin(row, earlier[-size], "flipped", -1.0)
    other = next(iter(earlier))
    return Twin(row, earlier[other], "scaled", size / other)
