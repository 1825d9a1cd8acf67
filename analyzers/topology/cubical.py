"""Cubical persistence along axes that have an order, beside copies whose indices along them are permuted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.topology.options import Options
from precisionlab.analysis.axes import axes_of
from precisionlab.analysis.seeding import generator
from precisionlab.analysis.tensors import Tensor
from precisionlab.structure.nulls import Comparison, compared

if TYPE_CHECKING:
    import torch

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cubical:
    """Sublevel-set persistence of images: a kernel over its taps, a feature over positions."""

    persistence: Comparison
    """Mean over the images of the total persistence, in all dimensions, each over the image's range of values."""
    n_images: int
    n_sampled: int
    shape: tuple[int, ...]
    """Of an image."""


def cubical_of(tensor: Tensor, options: Options, scale: float) -> Cubical | None:
    """Of a tensor that has axes with an order, whose images are not all constant; else None.

    Raises:
        TensorTooLargeError: it does not fit into memory, and its images do not lie one behind the other.
    """
    ordered = [place for place, axis in enumerate(axes_of(tensor.info)) if axis.is_ordered]
    if not ordered or tensor.info.n_bytes > tensor.memory_bytes:
        return None
    values = tensor.values()
    images = values.movedim(ordered, tuple(range(-len(ordered), 0)))
    shape = tuple(images.shape[-len(ordered) :])
    random = generator(options.seed, "topology", "images", tensor.info.name)
    chosen = chosen_images(images.reshape(-1, *shape), options.images, random, scale)
    if not len(chosen):
        return None
    own = mean_persistence(chosen)
    permuted = [mean_persistence(permuted_axes(chosen, random)) for _ in range(options.draws)]
    return Cubical(compared(own, permuted), tensor.info.n_elements // int(np.prod(shape)), len(chosen), shape)


def chosen_images(images: "torch.Tensor", most: int, random: np.random.Generator, scale: float) -> Doubles:
    """At most so many images [k, *shape], drawn at random, from 0 to 1 each; those without a range are left out."""
    import torch  # noqa: PLC0415 - slow, and loaded by then

    n = len(images)
    indices = np.sort(random.choice(n, most, replace=False)) if n > most else np.arange(n)
    chosen = images[torch.from_numpy(indices).to(images.device)].double().cpu().numpy() / scale
    axes = tuple(range(1, chosen.ndim))
    low, high = chosen.min(axis=axes, keepdims=True), chosen.max(axis=axes, keepdims=True)
    has_range = (np.isfinite(low) & np.isfinite(high) & (high > low)).reshape(min(n, most))
    varied: Doubles = (chosen[has_range] - low[has_range]) / (high[has_range] - low[has_range])
    return varied


def permuted_axes(images: Doubles, random: np.random.Generator) -> Doubles:
    """Copies whose indices along each axis stand in a random order, another one for each image."""
    found = images
    for axis in range(1, images.ndim):
        order = random.permuted(np.tile(np.arange(images.shape[axis]), (len(images), 1)), axis=1)
        shape = [1] * images.ndim
        shape[0], shape[axis] = order.shape
        found = np.take_along_axis(found, np.broadcast_to(order.reshape(shape), found.shape), axis)
    return found


def mean_persistence(images: Doubles) -> float:
    """Mean of the total persistence of images [k, *shape]: the sum of the lengths of finite bars of all dimensions."""
    return float(np.mean([total_persistence(image) for image in images]))


def total_persistence(image: Doubles) -> float:
    """The sum of the lengths of the finite bars of the sublevel sets, values on cells of the highest dimension."""
    from gudhi import CubicalComplex  # noqa: PLC0415 - slow to import

    complex_ = CubicalComplex(top_dimensional_cells=image)
    bars = [bar for _, bar in complex_.persistence(homology_coeff_field=2)]
    return float(sum(death - birth for birth, death in bars if np.isfinite(death)))
