"""Residuals of a convolution's kernels under the symmetries of their grid, and the energy of each irreducible part."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzers.symmetry.groups import Element, Group, group_of, n_fixed
from analyzers.symmetry.naming import Beside
from analyzers.symmetry.options import Options
from precisionlab.analysis.axes import Axis, axes_of
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.seeding import generator, seed_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import TensorInfo

if TYPE_CHECKING:
    import torch

    from precisionlab.structure.nulls import Comparison, Null

BAND = 1 << 21
"""Elements that are looked at together: 16 MiB of float64."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How far kernels are from themselves when their taps are moved."""

    energy: float
    """Sum of squares."""
    distances: tuple[float, ...]
    """Squares of |g W - W| for each element g: exactly 0 where no number changes."""

    def residual(self, i: int) -> float:
        """|g W - W| / |W| of the i-th element."""
        return math.sqrt(self.distances[i] / self.energy)

    def shares(self, group: Group) -> Mapping[str, float]:
        """The share of the energy in each irreducible part; they add up to 1."""
        energies = group.energies([self.energy - distance / 2 for distance in self.distances])
        return {name: max(0.0, energy / self.energy) for name, energy in energies.items()}


@dataclass(frozen=True, slots=True)
class Kernels:
    """All that is known of the kernels of one tensor."""

    group: Group
    n_kernels: int
    n_drawn: int
    """Kernels that are compared with random ones."""
    moved: Moved
    beside: tuple[Beside, ...]

    @property
    def exact(self) -> tuple[Element, ...]:
        """The elements that leave every number as it is: a subgroup."""
        return tuple(
            element for element, far in zip(self.group.elements, self.moved.distances, strict=True) if far == 0
        )

    def expected_residual(self, i: int) -> float:
        """Of white noise, for the i-th element: sqrt(2 (1 - share of taps that stay))."""
        return math.sqrt(2 * (1 - n_fixed(self.group.elements[i]) / self.group.n_taps))


def grid_of(info: TensorInfo) -> tuple[int, ...]:
    """The lengths of a kernel's last one or two axes of several taps; empty where there are none.

    What lies before them, such as the depth of a three-dimensional kernel, numbers kernels.
    """
    taps = (size for size, axis in zip(info.shape, axes_of(info), strict=True) if axis is Axis.TAPS)
    return tuple(taps)[-2:]


def measured_kernels(tensor: Tensor, scale: float, options: Options) -> Kernels:
    """Everything there is to know of the kernels of one tensor that is not all 0; all are looked at, some compared."""
    group = group_of(grid_of(tensor.info))
    n_kernels = tensor.info.n_elements // group.n_taps
    bands = bands_of(tensor, n_kernels, group.n_taps, scale)
    moved = moved_by(group, bands)
    n_drawn = min(n_kernels, max(1, options.max_drawn // group.n_taps))
    beside = compared_kernels(tensor, group, n_drawn, scale, options) if options.nulls else ()
    return Kernels(group, n_kernels, n_drawn, moved, beside)


def bands_of(tensor: Tensor, n_kernels: int, n_taps: int, scale: float) -> "Iterator[torch.Tensor]":
    """The kernels in order, [some, taps] in float64, divided by the scale."""
    step = max(1, BAND // n_taps)
    for start in range(0, n_kernels, step):
        stop = min(start + step, n_kernels)
        yield tensor.part(start * n_taps, stop * n_taps).double().reshape(stop - start, n_taps) / scale


def moved_by(group: Group, bands: "Iterator[torch.Tensor] | Sequence[torch.Tensor]") -> Moved:
    """How far kernels [some, taps] are from themselves under each element."""
    energy, distances = 0.0, [0.0] * len(group.elements)
    for band in bands:
        energy += float(band.square().sum())
        for i, element in enumerate(group.elements):
            distances[i] += float((band[:, list(element.places)] - band).square_().sum())
    return Moved(energy, tuple(distances))


def compared_kernels(tensor: Tensor, group: Group, n_drawn: int, scale: float, options: Options) -> tuple[Beside, ...]:
    """Figures of some kernels beside random ones."""
    import torch  # noqa: PLC0415 - slow, and loaded by then

    from precisionlab.structure.nulls import Null, beside_nulls  # noqa: PLC0415 - as above

    name, n_taps = tensor.info.name, group.n_taps
    n_kernels = tensor.info.n_elements // n_taps
    random = generator(options.seed, "symmetry", "kernels", name)
    chosen = np.sort(random.choice(n_kernels, n_drawn, replace=False, shuffle=False))
    if n_drawn == n_kernels or tensor.hold():
        every = tensor.part(0, n_kernels * n_taps).reshape(n_kernels, n_taps)
        drawn = every[torch.from_numpy(chosen).to(every.device)].double() / scale
    else:
        drawn = torch.stack([tensor.part(i * n_taps, (i + 1) * n_taps) for i in chosen.tolist()]).double() / scale
    if not drawn.any():
        return ()
    nulls = tuple(dict.fromkeys(map(Null, options.nulls)))
    seed = seed_of(options.seed, "symmetry", "nulls", name)
    beside = beside_nulls(drawn, lambda matrix: figures_of(group, matrix), nulls, options.draws, seed)
    return tuple(named(key, compared) for key, compared in beside.items())


def figures_of(group: Group, matrix: "torch.Tensor") -> Mapping[str, float]:
    """Residuals and shares of kernels [kernels, taps], by `residual:` or `energy_share:` and what they are of."""
    moved = moved_by(group, [matrix])
    residuals = {f"residual:{one.name}": moved.residual(i) for i, one in enumerate(group.elements) if i > 0}
    return {**residuals, **{f"energy_share:{part}": share for part, share in moved.shares(group).items()}}


def named(key: str, compared: "Mapping[Null, Comparison]") -> Beside:
    """A comparison under the name of its measurement."""
    name, _, of = key.partition(":")
    is_share = name == "energy_share"
    return Beside(name, "part" if is_share else "element", of, "share" if is_share else "1", compared)


def measurements(kernels: Kernels) -> Iterator[Measurement]:
    """The figures of kernels as named numbers."""
    yield Measurement(metric("kernels", "kernels"), kernels.n_kernels)
    yield Measurement(metric("drawn_kernels", "kernels"), kernels.n_drawn)
    for i, element in enumerate(kernels.group.elements):
        if i > 0:
            yield Measurement(metric("residual", "1", element=element.name), kernels.moved.residual(i))
            yield Measurement(metric("expected_residual", "1", element=element.name), kernels.expected_residual(i))
    expected = kernels.group.expected()
    for part, share in kernels.moved.shares(kernels.group).items():
        yield Measurement(metric("energy_share", "share", part=part), share)
        yield Measurement(metric("expected_share", "share", part=part), expected[part])
    for one in kernels.beside:
        yield from one.measurements()
