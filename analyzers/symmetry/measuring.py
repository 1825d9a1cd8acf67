"""The figures of the `symmetry` analyzer for one tensor."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from analyzers.symmetry import kernels as of_kernels
from analyzers.symmetry import mixers as of_mixers
from analyzers.symmetry import orthogonality as of_orthogonality
from analyzers.symmetry.kernels import Kernels, grid_of, measured_kernels
from analyzers.symmetry.mixers import Mixer, is_mixer, measured_mixer
from analyzers.symmetry.options import Options
from analyzers.symmetry.orthogonality import Orthogonality, orthogonality_of
from analyzers.symmetry.storing import Saving, savings
from analyzers.symmetry.twins import Twins, twins_of
from precisionlab.analysis.axes import Axis, axes_of
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.tensors import Tensor
from precisionlab.structure.singular import scale_of
from precisionlab.structure.threads import one_thread_each


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements, findings and figures of one tensor are made of."""

    n_elements: int
    kernels: Kernels | None
    """None of tensors without taps."""
    mixer: Mixer | None
    """None of kernels, of several matrices in one tensor, and of single rows and columns."""
    orthogonality: Orthogonality | None
    """None where it was not computed."""
    twins: Twins | None
    savings: tuple[Saving, ...]
    """Exact symmetries, the most saving first."""

    @property
    def storable_share(self) -> float:
        """The least share of numbers that needs storing, by one exact symmetry."""
        return self.savings[0].n_numbers / self.n_elements if self.savings else 1.0


def measure(tensor: Tensor, options: Options) -> Figures | None:
    """Everything there is to know of one tensor of finite numbers; None where all are 0."""
    info = tensor.info
    largest = tensor.census().largest_magnitude
    if math.isnan(largest):
        return None
    scale = scale_of(largest)
    tensor.hold()
    with one_thread_each():  # bands are short
        kernels = measured_kernels(tensor, scale, options) if grid_of(info) else None
        mixer = measured_mixer(tensor, scale, options) if is_mixer(info) else None
        twins = twins_of(tensor)
    is_one_map = axes_of(info)[0] is not Axis.LAYERS
    orthogonality = orthogonality_of(tensor, scale, options) if is_one_map else None
    saved = savings(kernels, mixer, twins, info.n_elements)
    return Figures(info.n_elements, kernels, mixer, orthogonality, twins, saved)


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers."""
    yield Measurement(metric("storable_share", "share"), figures.storable_share)
    for saving in figures.savings:
        yield Measurement(metric("storable_numbers", "elements", symmetry=saving.kind), saving.n_numbers)
    if figures.twins is not None:
        yield from twin_measurements(figures.twins)
    if figures.kernels is not None:
        yield from of_kernels.measurements(figures.kernels)
    if figures.mixer is not None:
        yield from of_mixers.measurements(figures.mixer)
    if figures.orthogonality is not None:
        yield from of_orthogonality.measurements(figures.orthogonality)


def twin_measurements(twins: Twins) -> Iterator[Measurement]:
    """Counts of rows."""
    yield Measurement(metric("rows", "rows"), twins.n_rows)
    yield Measurement(metric("zero_rows", "rows"), twins.n_zero)
    yield Measurement(metric("duplicate_rows", "rows"), twins.n_duplicate)
    yield Measurement(metric("flipped_rows", "rows"), twins.n_flipped)
    yield Measurement(metric("scaled_rows", "rows"), twins.n_scaled)
