"""The same points in another checkpoint: how far apart the two persistence diagrams are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.topology.diagrams import Bars
from analyzers.topology.homology import Deadline
from analyzers.topology.options import Options
from analyzers.topology.reading import points_of, reason_against
from analyzers.topology.sampling import bars_within
from precisionlab.analysis.beside import Role
from precisionlab.analysis.tensors import Tensor
from precisionlab.structure.points import Distance, cloud

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Against:
    """Distances between diagrams of one tensor in two checkpoints, of each dimension from 0 on; or why there are none."""

    reason: str = ""
    """Why they are not compared; empty where they are."""
    n_points: int = 0
    bottleneck: tuple[float, ...] = ()
    wasserstein: tuple[float, ...] = ()
    """Of order 1 with the largest coordinate's difference as ground distance: right to 1 %."""


def against_of(
    tensor: Tensor, places: NDArray[np.int64], options: Options, scale: float, deadline: Deadline
) -> Against | None:
    """The points of these places in both; None where no other checkpoint is given."""
    other = tensor.beside.get(Role.REFERENCE)
    if other is None:
        return None
    if other.info.shape != tensor.info.shape:
        return Against(f"its shape is {list(other.info.shape)} in the other checkpoint")
    # What its points are, the name tells: both have one.
    if reason := reason_against(other.info, options):
        return Against(f"in the other checkpoint {reason}")
    import torch  # noqa: PLC0415 - slow, and loaded by then

    distance = Distance(options.distance)
    indices = torch.from_numpy(places)
    matrices = [points_of(one, options).chosen(indices, scale) for one in (tensor, other)]
    clouds = [cloud(one, distance) for one in matrices]
    common = np.intersect1d(clouds[0].rows.numpy(), clouds[1].rows.numpy())
    if len(common) < 2:
        return Against("fewer than two of the points have a place in both")
    unit = scale if distance is Distance.EUCLIDEAN else 1.0
    kept = torch.from_numpy(common)
    found = [bars_within(cloud(one[kept], distance).points, options, unit, deadline) for one in matrices]
    if found[0] is None or found[1] is None:
        return Against("it took too long")
    pairs = list(zip(found[0], found[1], strict=True))
    return Against(
        "", len(common), tuple(bottleneck(*pair) for pair in pairs), tuple(wasserstein(*pair) for pair in pairs)
    )


def diagram(bars: Bars, unit: float) -> Doubles:
    """[bars, 2] births and deaths over a unit."""
    return np.stack([bars.births, bars.deaths], axis=1) / unit


def unit_of(one: Bars, other: Bars) -> float:
    """The largest death, so that tiny and huge diagrams are matched alike; 1 without bars."""
    return float(max([*one.deaths, *other.deaths], default=1.0))


def bottleneck(one: Bars, other: Bars) -> float:
    """The smallest largest difference of a coordinate over all matchings of bars with each other or with the diagonal."""
    # Hera's, since gudhi's own missed by up to a fifth for one in a hundred random diagrams (gudhi 3.13).
    from gudhi.hera import bottleneck_distance  # noqa: PLC0415 - slow to import

    unit = unit_of(one, other)
    return unit * float(bottleneck_distance(diagram(one, unit), diagram(other, unit), 0.0))


def wasserstein(one: Bars, other: Bars) -> float:
    """The smallest sum of largest differences of a coordinate over all such matchings, to 1 %."""
    from gudhi.hera import wasserstein_distance  # noqa: PLC0415 - slow to import

    unit = unit_of(one, other)
    return unit * float(wasserstein_distance(diagram(one, unit), diagram(other, unit), order=1, internal_p=np.inf))
