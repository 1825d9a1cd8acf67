"""Which axes of a tensor are ordered, and its entries as kernels over them."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzers.wavelet.options import Options, declared_axes
from analyzers.wavelet.transforms import Doubles
from precisionlab.analysis.axes import Axis, axes_of
from precisionlab.analysis.roles import is_named
from precisionlab.analysis.seeding import generator
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import obstacle, too_few
from precisionlab.checkpoints.model import TensorInfo

if TYPE_CHECKING:
    import torch

UNORDERED = {
    Axis.OUTPUTS: "outputs and inputs of a layer have no order, so that scales along them mean nothing",
    Axis.TOKENS: "tokens and features have no order, so that scales along them mean nothing",
    Axis.FEATURES: "features have no order, so that scales along them mean nothing",
    Axis.LAYERS: "layers, outputs and inputs have no order, so that scales along them mean nothing",
}
"""Why there is nothing to transform, by the first axis."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """The ordered axes of a tensor, in ascending order, each of more than one index."""

    shape: tuple[int, ...]
    """Of the tensor."""
    axes: tuple[int, ...]
    are_taps: bool
    """Whether all are taps of a convolution's kernels; else positions, times or what the user declares."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """Of the ordered axes."""
        return tuple(self.shape[axis] for axis in self.axes)

    @property
    def others(self) -> tuple[int, ...]:
        """The axes without an order."""
        return tuple(axis for axis in range(len(self.shape)) if axis not in self.axes)

    @property
    def n_places(self) -> int:
        """Entries of one kernel."""
        return math.prod(self.lengths)

    @property
    def n_kernels(self) -> int:
        """All entries over those of one kernel."""
        return math.prod(self.shape) // self.n_places

    def n_sampled(self, max_elements: int) -> int:
        """Kernels that are looked at."""
        return min(self.n_kernels, max(1, max_elements // self.n_places))


def ordering_of(info: TensorInfo, options: Options) -> Ordering:
    """Taps, positions, and what is declared; without axes where none is ordered."""
    kinds = axes_of(info)
    n_axes = len(info.shape)
    named = [one.axis for one in declared_axes(options.ordered) if is_named(info.name, [one.glob])]
    declared = {axis % n_axes for axis in named if -n_axes <= axis < n_axes}
    ordered = {axis for axis, kind in enumerate(kinds) if kind.is_ordered} | declared
    axes = tuple(axis for axis in sorted(ordered) if info.shape[axis] > 1)
    return Ordering(info.shape, axes, all(kinds[axis] is Axis.TAPS for axis in axes))


def reason_against(info: TensorInfo, options: Options) -> str:
    """Why a tensor is not looked at; empty where it is."""
    if not info.shape:
        return "it has no axes"
    if not_a_weight := obstacle(info, least_axes=1):
        return not_a_weight
    if not ordering_of(info, options).axes:
        kinds = axes_of(info)
        single = "its taps or positions are one: there is nothing to transform"
        return single if Axis.SINGLE in kinds and Axis.LAYERS not in kinds else UNORDERED[kinds[0]]
    return too_few(info, "wavelet", options.min_elements)


def sampled_kernels(tensor: Tensor, ordering: Ordering, options: Options) -> Doubles:
    """Kernels drawn at random, [kernels, lengths ...] in float64; all of them where they are few enough.

    Raises:
        TensorTooLargeError: the tensor does not fit into memory, and its kernels do not lie in one piece each.
    """
    import torch  # noqa: PLC0415 - slow, and loaded by then

    n_sampled = ordering.n_sampled(options.max_elements)
    random = generator(options.seed, "wavelet", "kernels", tensor.info.name)
    chosen = np.sort(random.choice(ordering.n_kernels, n_sampled, replace=False, shuffle=False))
    lie_together = ordering.axes[0] == len(ordering.others)
    if not tensor.hold() and lie_together:
        n_places = ordering.n_places
        parts = [tensor.part(i * n_places, (i + 1) * n_places) for i in chosen.tolist()]
        entries = np.stack([as_doubles(part) for part in parts])
        return entries.reshape(n_sampled, *ordering.lengths)
    moved = tensor.values().permute(*ordering.others, *ordering.axes)
    unordered = tuple(ordering.shape[axis] for axis in ordering.others)
    if not unordered:
        return as_doubles(moved)[None]
    places = tuple(torch.from_numpy(one).to(moved.device) for one in np.unravel_index(chosen, unordered))
    return as_doubles(moved[places])


def as_doubles(values: "torch.Tensor") -> Doubles:
    """The same numbers in float64 in numpy."""
    numbers: Doubles = values.double().cpu().numpy()
    return numbers
