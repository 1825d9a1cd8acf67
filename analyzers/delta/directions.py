"""The singular values of an update, and which of them are more than rounding to the stored type."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from analyzers.delta.options import Options
from analyzers.delta.updates import Update
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.seeding import seed_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.ulps import ulps
from precisionlab.analysis.weights import shape_of
from precisionlab.formats import FloatFormat
from precisionlab.structure import ranks
from precisionlab.structure.bounds import BAND_ELEMENTS
from precisionlab.structure.krylov import leading
from precisionlab.structure.matrices import Matrix, matrix_at_hand
from precisionlab.structure.singular import scale_of, singular_values

Doubles = NDArray[np.float64]

RANKS: Final = (4, 8, 16, 32, 64)
ENERGIES: Final = (0.9, 0.99)
SPARE: Final = 8
"""Values that are computed beyond the largest rank asked about."""
TRACY_WIDOM: Final = 3.2724
"""The 99.9 % quantile of the Tracy-Widom law of real matrices: one random matrix in a thousand has an eigenvalue beyond."""
COMPUTED: Final = 1e-9
"""Singular values below this share of the largest may be errors of computing them in float64."""
COMPUTED_ENERGY: Final = 1e-12
"""Shares of the energy below may be errors of computing them."""
MOST_LEFT: Final = 1.1
"""Times the expected energy of rounding, up to which energy is no more than that: what is left of updates with few
directions has at most that much, and of noise that is larger than rounding from 1.2 upwards."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """Errors of rounding to the stored type, as a random matrix of independent entries beside an update."""

    edge: float
    """A singular value that one such matrix in a thousand has."""
    norm: float
    """Expected Frobenius norm."""


@dataclass(frozen=True)
class Directions:
    """The singular values of an update as a matrix [m, n]."""

    shape: tuple[int, int]
    values: Doubles
    """Descending, all or the leading ones, over `unit`, so that squares neither overflow nor vanish."""
    frobenius: float
    """Over `unit`."""
    rounding: Rounding
    """Over `unit`."""
    unit: float
    """A power of two near the update's largest magnitude."""

    @property
    def is_whole(self) -> bool:
        """Whether all singular values are known."""
        return len(self.values) == min(self.shape)

    @cached_property
    def shares(self) -> Doubles:
        """[k + 1] shares of the energy |D|_F^2 that the leading 0, 1, 2, … directions hold."""
        sums = np.concatenate([[0.0], np.cumsum(np.square(self.values / self.frobenius))])
        return np.asarray(np.minimum(sums / sums[-1] if self.is_whole else sums, 1.0))

    @property
    def threshold(self) -> float:
        """The singular value beyond which a direction is more than rounding."""
        return max(self.rounding.edge, COMPUTED * float(self.values[0]))

    @property
    def numerical_rank(self) -> int:
        """Directions beyond it; at most as many as are known."""
        return int((self.values > self.threshold).sum())

    @property
    def stable_rank(self) -> float:
        """See `precisionlab.structure.ranks`."""
        return ranks.stable_rank(self.values, self.frobenius)

    @property
    def effective_rank(self) -> float:
        """See `precisionlab.structure.ranks`."""
        return ranks.effective_rank(self.values)

    @property
    def break_even_rank(self) -> int:
        """The largest rank whose factors [m, r] and [r, n] take no more numbers than the matrix: mn / (m + n)."""
        return math.prod(self.shape) // sum(self.shape)

    def numbers_at(self, rank: int) -> int:
        """That factors of a rank take."""
        return rank * sum(self.shape)

    def share_at(self, rank: int) -> float | None:
        """Of the energy, in so many leading directions; None where they are not known."""
        if rank < len(self.shares):
            return float(self.shares[rank])
        return 1.0 if self.is_whole else None

    def rank_at(self, energy: float) -> int | None:
        """The least rank that holds this share of the energy; None where it is beyond those known."""
        found = np.flatnonzero(self.shares >= energy)
        return int(found[0]) if len(found) else None

    def share_below(self, threshold: float) -> float:
        """Of the energy, in directions whose singular value is below this; with that of all that are not known."""
        return 1.0 - float(self.shares[int((self.values * self.unit >= threshold).sum())])

    @property
    def leaves_rounding(self) -> bool:
        """Whether all that is not beyond rounding is together no more than it."""
        left = 1.0 - float(self.shares[self.numerical_rank])
        return left <= MOST_LEFT * (self.rounding.norm / self.frobenius) ** 2 + COMPUTED_ENERGY

    def is_adapter(self, most: int, n_changed: int) -> bool:
        """Whether directions beyond rounding are some, at most so many, cheaper as factors than the changed elements, and all but it."""
        rank = self.numerical_rank
        is_few = 0 < rank <= min(most, len(self.values) - 1)
        return is_few and self.numbers_at(rank) < n_changed and self.leaves_rounding


def why_no_directions(update: Update, options: Options) -> str:
    """Why singular values are not computed; empty where they are."""
    info, other = update.here.info, update.there.info
    if info.n_elements > options.max_elements:
        return f"more than {options.max_elements:,} elements (delta.max_elements)"
    if update.size.n_left_out:
        return "not all of its elements are finite in both checkpoints"
    m, n = shape_of(info)
    largest, memory = max(info.n_bytes, other.n_bytes), update.here.memory_bytes
    return (
        f"wider than long, and its {largest:,} bytes exceed the {memory:,} of --memory"
        if m < n and largest > memory
        else ""
    )


def directions_of(update: Update, options: Options) -> Directions:
    """The directions of an update that is finite and not 0.

    Raises:
        CheckpointError: the bytes cannot be read.
    """
    unit = scale_of(update.size.largest)
    matrix = difference_matrix(update, unit)
    rounding = rounding_of(update, unit)
    if min(matrix.shape) <= options.all_values_to:
        values = singular_values(matrix).cpu().numpy()
        return Directions(matrix.shape, values, math.sqrt(float(np.square(values).sum())), rounding, unit)
    count = min(max(*RANKS, options.lora_rank) + SPARE, *matrix.shape)
    found = leading(matrix, count, seed_of(options.seed, "delta", update.here.info.name), steps=2)
    return Directions(matrix.shape, found.values.numpy(), found.frobenius, rounding, unit)


def difference_matrix(update: Update, unit: float) -> Matrix:
    """An update as a matrix, its first axis by all others, over a unit; tall ones need not fit into memory."""
    here, there = update.here, update.there
    shape = shape_of(here.info)

    def rows(start: int, stop: int) -> torch.Tensor:
        return doubles(here, shape, start, stop).sub_(doubles(there, shape, start, stop)).div_(unit)

    def columns(start: int, stop: int) -> torch.Tensor:
        one, other = (tensor.values().reshape(shape)[:, start:stop].double() for tensor in (here, there))
        return (one - other) / unit

    matrix = Matrix(shape, rows, columns)
    return matrix_at_hand(in_binary32(matrix, here.device)) if is_small(update) else matrix


def is_small(update: Update) -> bool:
    """Whether an update fits into memory beside base and sum in binary32, whose rounding is below that of both."""
    n_bytes = [tensor.info.n_bytes for tensor in (update.here, update.there)]
    n_elements = update.here.info.n_elements
    return max(n_bytes) <= 4 * n_elements and sum(n_bytes) + 4 * n_elements <= update.here.memory_bytes


def in_binary32(matrix: Matrix, device: str) -> torch.Tensor:
    """All of a matrix, read a few rows at a time."""
    whole = torch.empty(matrix.shape, dtype=torch.float32, device=device)
    step = max(1, BAND_ELEMENTS // max(1, matrix.shape[1]))
    for start in range(0, matrix.shape[0], step):
        stop = min(start + step, matrix.shape[0])
        whole[start:stop] = matrix.rows(start, stop)
    return whole


def doubles(tensor: Tensor, shape: tuple[int, int], start: int, stop: int) -> torch.Tensor:
    """Rows of a tensor as a matrix, in float64, the caller's own."""
    stored = tensor.part(start * shape[1], stop * shape[1])
    return stored.to(torch.float64, copy=True).reshape(stop - start, shape[1])


def rounding_of(update: Update, unit: float) -> Rounding:
    """What rounding the sum to the stored type has added to an update, over a unit.

    Of an error that is uniform within half a unit in the last place of each number the variance is ulp^2 / 12; twice that
    where the base is of a type with more significant bits, since it may have been rounded before. Rows that did not change
    at all have none. The norm of a matrix of independent entries of these variances is at most about the root of the
    largest row sum and that of the largest column sum together (Bandeira and van Handel 2016), which of equal variances is
    the edge of Marchenko and Pastur's law (1967); beyond it singular values scatter as Tracy and Widom's law says (Johnstone
    2001).
    """
    shape = shape_of(update.here.info)
    of_rows, of_columns = np.zeros(shape[0]), np.zeros(shape[1])
    step = max(1, BAND_ELEMENTS // max(1, shape[1]))
    for start in range(0, shape[0], step):
        stop = min(start + step, shape[0])
        sums, bases = (doubles(one, shape, start, stop).cpu().numpy() for one in (update.here, update.there))
        variances = variances_of(sums, update, unit)
        variances[np.flatnonzero((sums == bases).all(axis=1))] = 0.0
        of_rows[start:stop] = variances.sum(axis=1)
        of_columns += variances.sum(axis=0)
    total = float(of_rows.sum())
    edge = math.sqrt(of_rows.max(initial=0.0)) + math.sqrt(of_columns.max(initial=0.0))
    m, n = (math.sqrt(side) for side in shape)
    spread = total / math.prod(shape) * (m + n) * (1 / m + 1 / n) ** (1 / 3)
    return Rounding(math.sqrt(edge * edge + TRACY_WIDOM * spread), math.sqrt(total))


def variances_of(sums: Doubles, update: Update, unit: float) -> Doubles:
    """Of the rounding error of each number."""
    stored, before = (LAYOUTS[tensor.info.dtype].format for tensor in (update.here, update.there))
    if not (isinstance(stored, FloatFormat) and isinstance(before, FloatFormat)):
        return np.zeros_like(sums)
    roundings = 2 if before.precision > stored.precision else 1
    with np.errstate(over="ignore"):
        return np.asarray(np.square(ulps(sums, stored) / unit) * (roundings / 12))
