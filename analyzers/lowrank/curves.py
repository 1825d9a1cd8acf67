"""What each decomposition loses over what it takes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from precisionlab.structure.lowrank.columns import ChosenColumns
    from precisionlab.structure.lowrank.unfolding import Eigenbasis

Doubles = NDArray[np.float64]

LEVELS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9)
"""Relative errors for which tensors are decomposed."""
FEW_LEVELS = (0.05, 0.1, 0.3, 0.6, 0.9)
"""For tensors of more than `LARGE` elements."""
LARGE = 1 << 22
RESOLVED = 1e-15
"""The share of the energy below which it is rounding."""
SVD, CR = "svd", "cr"
METHODS = (SVD, CR, "tucker", "tensor_train", "hierarchical_tucker")


@dataclass(frozen=True, slots=True)
class Curve:
    """Numbers taken and relative errors |W - A| / |W|, with fewer numbers first."""

    method: str
    numbers: NDArray[np.int64]
    errors: Doubles

    def numbers_at(self, error: float) -> int | None:
        """The fewest numbers of at most this error; None where no point has it."""
        enough = self.numbers[self.errors <= error]
        return int(enough.min()) if len(enough) else None

    def error_at(self, numbers: float) -> float:
        """The least error of at most so many numbers; 1, that of nothing, where no point takes so few."""
        affordable = self.errors[self.numbers <= numbers]
        return float(affordable.min()) if len(affordable) else 1.0


def svd_curve(values: Doubles, frobenius: float, shape: tuple[int, int]) -> Curve:
    """The best factors [m, r] and [r, n] (Eckart and Young 1936), from all singular values or the leading ones."""
    energies = np.square(values / frobenius)
    lost = np.concatenate([[1.0], 1.0 - np.cumsum(energies)])
    if len(values) == min(shape):  # the tails, added up from the small ones
        lost = np.concatenate([np.cumsum(energies[::-1])[::-1], [0.0]])
    ranks = np.arange(len(lost))
    return Curve(SVD, ranks * sum(shape), resolved(lost))


def resolved(lost: Doubles) -> Doubles:
    """Relative errors from shares of the energy; what is no more than rounding of sums of squares is none."""
    errors: Doubles = np.sqrt(np.where(lost > RESOLVED, lost, 0.0))
    return errors


def columns_curve(chosen: "ChosenColumns", shape: tuple[int, int]) -> Curve:
    """Columns of the matrix itself: C takes m r numbers, R r (n - r), since it has a unit for each chosen column, and r indices."""
    ranks = np.arange(len(chosen.lost))
    numbers = ranks * (shape[0] + shape[1] - ranks + 1)
    return Curve(CR, numbers, resolved(chosen.lost / chosen.lost[0]))


def tensor_curves(tensor: "torch.Tensor", levels: Sequence[float]) -> Iterator[Curve]:
    """Tucker, tensor train and, of three axes and more, hierarchical Tucker, for each level of error.

    The tensor is contiguous, finite and not 0.
    """
    import torch  # noqa: PLC0415 - slow, and loaded by then

    from precisionlab.structure.lowrank.hierarchical import hierarchical_tucker  # noqa: PLC0415 - torch: slow
    from precisionlab.structure.lowrank.trains import tensor_train  # noqa: PLC0415
    from precisionlab.structure.lowrank.tucker import relative_error, tucker  # noqa: PLC0415
    from precisionlab.structure.lowrank.unfolding import eigenbasis  # noqa: PLC0415

    first = eigenbasis(tensor, 0)
    energy = float(first.energies.sum())
    ways: Mapping[str, Callable[[torch.Tensor, float, Eigenbasis | None], Decomposition]] = {
        "tucker": tucker,
        "tensor_train": tensor_train,
        **({"hierarchical_tucker": hierarchical_tucker} if tensor.ndim > 2 else {}),
    }
    for name, way in ways.items():
        made = [way(tensor, level**2 * energy, first) for level in levels]
        points = sorted({(one.n_numbers, relative_error(one.lost, energy)) for one in made})
        yield Curve(name, np.array([n for n, _ in points]), np.array([error for _, error in points]))


class Decomposition(Protocol):
    """What all decompositions of tensors tell."""

    @property
    def n_numbers(self) -> int:
        """That are stored."""

    @property
    def lost(self) -> float:
        """Squared norm of what is left out."""
