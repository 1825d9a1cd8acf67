"""Which points homology beyond dimension 0 is computed of, and what it is: under the deadline, with fewer where it is late."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.topology.diagrams import Bars, bars_of, figures_of
from analyzers.topology.homology import Deadline
from analyzers.topology.options import Options
from precisionlab.analysis.seeding import generator
from precisionlab.structure.landmarks import farthest_landmarks
from precisionlab.structure.points import distance_matrix
from precisionlab.structure.threads import one_thread_each

if TYPE_CHECKING:
    import torch

Indices = NDArray[np.int64]

HIGH_DIMENSION = 16
"""Coordinates beyond which landmarks cover points no better than random ones do."""
FEWEST = 8
"""Points of which no fewer are taken where the deadline passes."""
SHARE = 0.5
"""Of the time that is left, for one attempt: half as many points take a sixtieth where the complex explodes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which points are looked at together."""

    way: str
    """`all`, `landmarks` or `subsets`."""
    samples: tuple[Indices, ...]
    """Indices of points, ascending: one sample, or as many as there are subsets."""
    radius: float | None
    """The covering radius of landmarks."""

    @property
    def size(self) -> int:
        """Points of a sample."""
        return len(self.samples[0])


@dataclass(frozen=True, slots=True)
class Homology:
    """Persistent homology of each sample."""

    choice: Choice
    diagrams: tuple[tuple[Bars, ...], ...]
    """Of each sample the bars of each dimension; empty where it was not computed in time."""
    is_late: bool
    """Whether fewer points were taken, or none, since more took too long."""

    @property
    def figures(self) -> dict[str, tuple[float, float | None]]:
        """Of each figure the mean over the samples, and its standard deviation where there are several."""
        each = [figures_of(bars) for bars in self.diagrams]
        names = each[0] if each else {}
        return {
            name: (fmean(one[name] for one in each), stdev(one[name] for one in each) if len(each) > 1 else None)
            for name in names
        }

    @property
    def certificate(self) -> float | None:
        """The bottleneck distance of the landmarks' diagram from that of all points is at most that: 2 r."""
        return None if self.choice.radius is None else 2 * self.choice.radius

    @property
    def n_certain(self) -> int | None:
        """Bars beyond dimension 0 longer than 4 r, which no diagram within 2 r can lack; None where not of landmarks."""
        if self.certificate is None or not self.diagrams:
            return None
        return sum(int((bars.lengths > 2 * self.certificate).sum()) for bars in self.diagrams[0][1:])


def homology_of(points: "torch.Tensor", options: Options, scale: float, deadline: Deadline, name: str) -> Homology:
    """Of points [n, d]; lengths are times `scale`. Half as many are tried once more where time or memory is too short."""
    choice = choice_of(points, options, scale, name)
    for attempt in range(2):
        found = tuple(in_time(points, choice, options, scale, deadline))
        if len(found) == len(choice.samples):
            return Homology(choice, found, is_late=bool(attempt))
        if choice.size < 2 * FEWEST:
            break
        choice = choice_of(points, replace(options, size=choice.size // 2), scale, name)
    return Homology(choice, (), is_late=True)


def choice_of(points: "torch.Tensor", options: Options, scale: float, name: str) -> Choice:
    """All points where they are few, else landmarks or random subsets."""
    n, d = points.shape
    if n <= options.size:
        return Choice("all", (np.arange(n),), None)
    random = generator(options.seed, "topology", "points", name)
    if options.way == "landmarks" or (options.way == "auto" and d <= HIGH_DIMENSION):
        landmarks = farthest_landmarks(points, options.size, int(random.integers(n)))
        return Choice("landmarks", (np.sort(landmarks.indices.numpy()),), landmarks.covering_radius * scale)
    samples = (np.sort(random.choice(n, options.size, replace=False)) for _ in range(options.repeats))
    return Choice("subsets", tuple(samples), None)


def in_time(
    points: "torch.Tensor", choice: Choice, options: Options, scale: float, deadline: Deadline
) -> Iterator[tuple[Bars, ...]]:
    """The bars of each sample, up to the first that takes too long."""
    import torch  # noqa: PLC0415 - slow, and loaded by then

    for sample in choice.samples:
        bars = bars_within(points[torch.from_numpy(sample)], options, scale, deadline)
        if bars is None:
            return
        yield bars


def bars_within(points: "torch.Tensor", options: Options, scale: float, deadline: Deadline) -> tuple[Bars, ...] | None:
    """The bars of each dimension of points [n, d], times `scale`; None where time or memory was too short."""
    with one_thread_each():
        matrix = distance_matrix(points).numpy()
    diagrams = deadline.diagrams(matrix, options.dimension, options.prime, SHARE)
    return None if diagrams is None else tuple(bars_of(diagram, scale) for diagram in diagrams)
