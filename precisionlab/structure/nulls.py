"""Random matrices beside which a structural figure of a weight means something."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev

import torch

from precisionlab.structure.threads import threads_for

LEAST_DRAWS = 2
"""With which a standard deviation is defined."""


class Null(StrEnum):
    """What a random matrix has in common with the weight that it stands beside."""

    GAUSSIAN = "gaussian"
    """Shape, mean and standard deviation; entries are independent normal deviates."""
    SHUFFLED = "shuffled"
    """The entries themselves, in random places."""
    ROTATED = "rotated"
    """All singular values and the right singular vectors: a Haar-distributed rotation of the columns' space, Q W."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure of a weight beside the same figure of random matrices."""

    value: float
    """Of the weight."""
    mean: float
    """Over the draws whose figure is finite; NaN without any."""
    deviation: float
    """Sample standard deviation over them; NaN with fewer than two."""
    n_draws: int
    """That were finite."""

    @property
    def z(self) -> float:
        """(value - mean) / deviation; infinite where draws agree and the weight differs, NaN where there is none."""
        difference = self.value - self.mean
        if math.isnan(difference) or math.isnan(self.deviation):
            return math.nan
        if abs(difference) <= 1e-9 * abs(self.mean):  # what float64 makes of equal figures
            return 0.0
        return difference / self.deviation if self.deviation > 0 else math.copysign(math.inf, difference)

    @property
    def ratio(self) -> float:
        """The value over the draws' mean."""
        return self.value / self.mean if self.mean else math.nan


def compared(value: float, draws: Sequence[float]) -> Comparison:
    """A figure beside those of draws."""
    finite = [one for one in draws if math.isfinite(one)]
    mean = fmean(finite) if finite else math.nan
    return Comparison(value, mean, stdev(finite) if len(finite) >= LEAST_DRAWS else math.nan, len(finite))


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Random numbers from a seed of at most 63 bits (see `analysis.seeding.seed_of`)."""
    return torch.Generator(device).manual_seed(seed)


def drawn(matrix: torch.Tensor, null: Null, random: torch.Generator) -> torch.Tensor:
    """One random matrix [m, n] beside `matrix` [m, n] (float64, finite), on its device.

    Random numbers are made on the CPU, so that every device sees the same. A rotation takes O(m n min(m, n))
    operations and memory for one more matrix: with W = R' Q' it needs no m x m one where m >= n, since Q of the
    rotation meets only the n columns of an orthonormal basis, and those are the Q of a Gaussian matrix [m, n]
    (Mezzadri 2007, with the signs of its R).
    """
    m, n = matrix.shape
    if not matrix.numel():
        return matrix.clone()
    match null:
        case Null.GAUSSIAN:
            normal = torch.randn((m, n), generator=random, dtype=torch.float64).to(matrix.device)
            scaled: torch.Tensor = normal.mul_(matrix.std(correction=0)).add_(matrix.mean())
            return scaled
        case Null.SHUFFLED:
            order = torch.randperm(m * n, generator=random).to(matrix.device)
            return matrix.reshape(-1)[order].reshape(m, n)
        case Null.ROTATED:
            if m <= n:
                return orthonormal(m, m, random).to(matrix.device) @ matrix
            upper: torch.Tensor = torch.linalg.qr(matrix, mode="r").R
            return orthonormal(m, n, random).to(matrix.device) @ upper


def orthonormal(m: int, n: int, random: torch.Generator) -> torch.Tensor:
    """Haar-distributed orthonormal columns [m, n], n <= m, in float64 (Mezzadri 2007)."""
    with threads_for(m):
        q, r = torch.linalg.qr(torch.randn((m, n), generator=random, dtype=torch.float64))
    signs: torch.Tensor = torch.where(torch.diagonal(r) < 0, -1.0, 1.0).double()
    columns: torch.Tensor = q.mul_(signs)
    return columns


def draws(matrix: torch.Tensor, null: Null, n_draws: int, seed: int) -> Iterator[torch.Tensor]:
    """Random matrices beside `matrix`, each made when asked for."""
    random = generator(seed)
    return (drawn(matrix, null, random) for _ in range(n_draws))


def beside_nulls(
    matrix: torch.Tensor,
    figures: Callable[[torch.Tensor], Mapping[str, float]],
    nulls: Sequence[Null],
    n_draws: int,
    seed: int,
) -> Mapping[str, Mapping[Null, Comparison]]:
    """Figures of a matrix [m, n], by name, beside those of the same function of `n_draws` draws of each null."""
    own = figures(matrix)
    drawn_figures = {null: [figures(one) for one in draws(matrix, null, n_draws, seed)] for null in nulls}
    return {
        name: {
            null: compared(value, [one.get(name, math.nan) for one in those]) for null, those in drawn_figures.items()
        }
        for name, value in own.items()
    }
