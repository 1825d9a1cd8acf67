"""The homology of a few points beside that of random matrices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.topology.diagrams import Bars, figures_of
from analyzers.topology.homology import Deadline
from analyzers.topology.options import Options
from analyzers.topology.sampling import bars_within
from precisionlab.analysis.comparisons import Compared
from precisionlab.analysis.seeding import seed_of
from precisionlab.structure.nulls import Null, compared, draws
from precisionlab.structure.points import Distance, cloud
from precisionlab.structure.threads import one_thread_each

if TYPE_CHECKING:
    import torch

Doubles = NDArray[np.float64]
PLACES = 101
"""Of a Betti curve."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What draws are for: the tensor whose name seeds them, and the time that they may take."""

    name: str
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class BesideNulls:
    """Figures and first Betti curves of a few points, and of random matrices of the same size."""

    n_points: int
    figures: Compared
    """By name and null; only those nulls all of whose draws were computed in time."""
    late: tuple[Null, ...]
    """Nulls that were not."""
    places: Doubles
    """[places] distances at which the curves are told."""
    own: Doubles
    """[places] loops at each distance; of components where homology beyond dimension 0 is not asked for."""
    others: dict[Null, Doubles]
    """[places] of each null, the mean over its draws."""

    @property
    def nulls(self) -> tuple[Null, ...]:
        """Those that were computed."""
        return tuple(self.others)


def beside_nulls_of(matrix: "torch.Tensor", options: Options, scale: float, within: Purpose) -> BesideNulls | None:
    """Of the rows of a matrix [n, d] over `scale`; None without nulls, or where the rows themselves take too long."""
    distance = Distance(options.distance)
    unit = scale if distance is Distance.EUCLIDEAN else 1.0
    own = bars_within(cloud(matrix, distance).points, options, unit, within.deadline) if options.nulls else None
    if own is None:
        return None
    drawn: dict[Null, list[tuple[Bars, ...]]] = {}
    late = []
    for null in map(Null, options.nulls):
        those = bars_of_draws(matrix, null, options, unit, within)
        if those is None:
            late.append(null)
        else:
            drawn[null] = those
    curve = min(1, options.dimension)
    places = places_of([own, *(bars for those in drawn.values() for bars in those)], curve)
    values = {null: [figures_of(bars) for bars in those] for null, those in drawn.items()}
    return BesideNulls(
        len(matrix),
        {
            figure: {null: compared(value, [one[figure] for one in those]) for null, those in values.items()}
            for figure, value in figures_of(own).items()
        },
        tuple(late),
        places,
        own[curve].betti(places),
        {null: np.mean([bars[curve].betti(places) for bars in those], axis=0) for null, those in drawn.items()},
    )


def bars_of_draws(
    matrix: "torch.Tensor", null: Null, options: Options, unit: float, within: Purpose
) -> list[tuple[Bars, ...]] | None:
    """Of each draw the bars of each dimension; None where one takes too long."""
    found = []
    seed = seed_of(options.seed, "topology", null.value, within.name)
    with one_thread_each():
        for one in draws(matrix, null, options.draws, seed):
            bars = bars_within(cloud(one, Distance(options.distance)).points, options, unit, within.deadline)
            if bars is None:
                return None
            found.append(bars)
    return found


def places_of(samples: Sequence[Sequence[Bars]], dimension: int) -> Doubles:
    """Distances from the first birth to the last death of any sample."""
    births = [bars[dimension].births for bars in samples]
    deaths = [bars[dimension].deaths for bars in samples]
    all_births, all_deaths = np.concatenate(births), np.concatenate(deaths)
    if not len(all_births):
        return np.linspace(0.0, 1.0, PLACES)
    return np.linspace(float(all_births.min()), float(all_deaths.max()), PLACES)
