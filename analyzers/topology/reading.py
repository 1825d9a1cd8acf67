"""What the points of a weight are, and how they are read: all in order, or some."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.topology.options import Options
from precisionlab.analysis.axes import Axis, axes_of, is_kernel
from precisionlab.analysis.folding import folding_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import obstacle
from precisionlab.checkpoints.model import TensorInfo

if TYPE_CHECKING:
    import torch

SLAB = 1 << 22
"""Elements read at a time."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a weight as rows of a matrix [n, d] in its stored type."""

    n: int
    d: int
    what: str
    """`rows`, `columns`, `kernels` or `heads`."""
    read: "Callable[[int, int], torch.Tensor]"
    """Those from the first index up to the second, [k, d]."""

    def slabs(self) -> "Iterator[torch.Tensor]":
        """All in order, in parts."""
        step = max(1, SLAB // max(1, self.d))
        for start in range(0, self.n, step):
            yield self.read(start, min(start + step, self.n))

    def chosen(self, indices: "torch.Tensor", scale: float) -> "torch.Tensor":
        """Some over `scale`, [len(indices), d] in float64 on the CPU; the indices ascend."""
        import torch  # noqa: PLC0415 - slow, and loaded by then

        found = torch.empty((len(indices), self.d), dtype=torch.float64)
        if len(indices) < self.n // 16:
            for place, index in enumerate(indices.tolist()):
                found[place] = self.read(index, index + 1)[0].double() / scale
            return found
        start = place = 0
        for slab in self.slabs():
            here = indices[(indices >= start) & (indices < start + len(slab))] - start
            found[place : place + len(here)] = slab[here.to(slab.device)].double() / scale
            start, place = start + len(slab), place + len(here)
        return found


def counted(count: int, what: str) -> str:
    """`1 row`, `3 rows`."""
    return f"{count:,} {what if count != 1 else what.removesuffix('s')}"


def reason_against(info: TensorInfo, options: Options) -> str:
    """Why a tensor has no points of this kind; empty where it has."""
    if reason := obstacle(info):
        return reason
    if info.n_elements < options.min_elements:
        return f"it has fewer than {options.min_elements:,} elements"
    if options.points == "kernels" and not is_kernel(info):
        return "it has no kernels: no convolution of more than one tap"
    if options.points == "heads" and not heads_of(info, options):
        return "it has no heads" if options.heads > 1 else "topology.heads does not say how many heads there are"
    return ""


def heads_of(info: TensorInfo, options: Options) -> tuple[int, ...]:
    """The shape of a projection with its heads on an axis of their own: the first, or the second of one that reads them.

    Empty for what is none.
    """
    folding = folding_of(info, options.heads, ())
    return folding.shape if folding is not None and folding.reason == "heads" else ()


def shape_of_points(info: TensorInfo, options: Options) -> tuple[int, int]:
    """How many points there are, and how many coordinates each has."""
    n, axes = info.n_elements, axes_of(info)
    match options.points:
        case "columns":
            count = info.shape[1]
        case "kernels":
            count = info.shape[0] * info.shape[1]
        case "heads":
            shape = heads_of(info, options)
            count = shape[1] if shape[0] == info.shape[0] else shape[0]
        case _:
            # Positions or outputs of each layer stand one behind the other.
            is_stacked = len(info.shape) > 2 and axes[0] in {Axis.LAYERS, Axis.SINGLE} and axes[-1] is not Axis.TAPS
            count = n // info.shape[-1] if is_stacked else info.shape[0]
    return count, n // count


def points_of(tensor: Tensor, options: Options) -> Points:
    """The points of a tensor that has some.

    Raises:
        TensorTooLargeError: they do not lie one behind the other, and the tensor does not fit into memory.
    """
    n, d = shape_of_points(tensor.info, options)
    tensor.hold()
    shape = heads_of(tensor.info, options) if options.points == "heads" else tensor.info.shape
    if options.points != "columns" and (options.points != "heads" or shape[0] == n):
        return Points(n, d, options.points, lambda start, stop: tensor.part(start * d, stop * d).reshape(-1, d))
    moved = tensor.values().reshape(shape).movedim(1, 0)
    return Points(n, d, options.points, lambda start, stop: moved[start:stop].reshape(stop - start, d))
