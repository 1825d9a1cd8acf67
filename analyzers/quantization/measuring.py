"""The figures of the `quantization` analyzer for one tensor."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from analyzers.quantization.options import Options
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.quantization.discrete import (
    DiscreteFit,
    Discreteness,
    binary_by_mean,
    discreteness,
    ternary_absmean,
    ternary_by_threshold,
    ternary_optimum,
)
from precisionlab.analysis.quantization.importance import factor_of, moments_by_column, weights_of
from precisionlab.analysis.quantization.sweep import Loss, Question, Sweep, sweep
from precisionlab.analysis.quantization.targets import Target, default_names, parse_target, parse_targets
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import too_few
from precisionlab.formats import FloatFormat
from precisionlab.formats.neighbours import Neighbour
from precisionlab.formats.sums import root_ratio

JUDGED = "int8_channel"
"""The target that the rules judge where the user names none."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements, findings and figures of one tensor are made of."""

    shape: tuple[int, ...]
    sweep: Sweep
    judged: Target
    moments: Doubles | None
    """Second moments of what is fed to each column, where a calibration has them."""
    factor: float | None
    """The one weight of all squared errors, where a sensitivity has it."""
    is_weighted: bool
    """Whether a sensitivity has a weight for each element."""
    fits: tuple[DiscreteFit, ...]
    discreteness: Discreteness | None

    @property
    def judged_loss(self) -> Loss | None:
        """What the judged target loses."""
        return self.sweep.loss(self.judged)

    @property
    def n_elements(self) -> int:
        """Of the tensor; 1 of an empty one, to divide by."""
        return max(1, prod(self.shape))

    @property
    def n_outputs(self) -> int:
        """Rows of the tensor as a matrix: outputs of y = W x."""
        return self.shape[0] if len(self.shape) > 1 else 1

    def output_error(self, loss: Loss) -> float:
        """Root mean square of the error of an output, for inputs of unit variance that are not correlated."""
        return sqrt(loss.sums.squared_error / self.n_outputs)

    def calibrated_error(self, loss: Loss) -> float | None:
        """The error of y = W x over y, with the calibration's second moments of inputs that are not correlated."""
        energy = self.sweep.energy_by_column
        if self.moments is None or loss.by_column is None or energy is None:
            return None
        return root_ratio(float(self.moments @ loss.by_column), float(self.moments @ energy))

    def weighted_loss(self, loss: Loss) -> float | None:
        """The sum of squared errors, each times its weight; None without a sensitivity."""
        if self.factor is not None:
            return self.factor * loss.sums.squared_error
        return loss.sums.weighted_error if self.is_weighted else None


def targets_for(tensor: Tensor, options: Options) -> tuple[Target, ...]:
    """The targets that are asked for, or those that suit the stored type; the judged one among them."""
    names = options.formats or default_names(LAYOUTS[tensor.info.dtype].format.bits)
    judged = (options.target,) if options.target else ()
    return parse_targets((*names, *judged))


def judged_of(targets: tuple[Target, ...], options: Options) -> Target:
    """The target that the rules judge."""
    if options.target:
        return parse_target(options.target)
    return next((target for target in targets if target.name == JUDGED), targets[0])


def obstacle(tensor: Tensor, options: Options) -> str:
    """Why a tensor is not quantized; empty where it is."""
    info, layout = tensor.info, LAYOUTS[tensor.info.dtype]
    if not isinstance(layout.format, FloatFormat) or not layout.format.signed:
        return "its type is no signed float"
    if layout.components > 1 or layout.is_packed:
        return (
            "complex numbers are not quantized" if layout.components > 1 else "its type has fewer than 8 bits already"
        )
    if len(info.shape) < options.min_axes:
        return f"fewer than {options.min_axes} axes: biases and norms stay as they are (quantization.min_axes)"
    return too_few(info, "quantization", options.min_elements)


def measure(tensor: Tensor, options: Options) -> Figures:
    """Everything there is to know of one tensor.

    Raises:
        UsageError: what files beside the checkpoint hold of it does not fit.
    """
    targets = targets_for(tensor, options)
    judged = judged_of(targets, options)
    moments, weights = moments_by_column(tensor), weights_of(tensor)
    by_column = frozenset(targets if moments is not None else (judged,) if options.channels else ())
    question = Question(targets, Neighbour(options.rounding), weights, by_column, tensor.threads)
    census = tensor.census()
    fits = (ternary_optimum(census), ternary_by_threshold(census), ternary_absmean(census), binary_by_mean(census))
    return Figures(
        shape=tensor.info.shape,
        sweep=sweep(tensor, question),
        judged=judged,
        moments=moments,
        factor=factor_of(tensor),
        is_weighted=weights is not None,
        fits=tuple(fit for fit in fits if fit is not None),
        discreteness=discreteness(census),
    )


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers: each of all formats, then those that no format changes."""
    losses = figures.sweep.losses
    measured = [measured_of(loss, figures) for loss in losses]
    for name, unit in dict.fromkeys(key for values in measured for key in values):
        for loss, values in zip(losses, measured, strict=True):
            if (name, unit) in values:
                yield Measurement(metric(name, unit, format=loss.target.name), values[name, unit])
    if losses:
        sums = losses[0].sums
        yield Measurement(metric("elements", "elements"), sums.n)
        yield Measurement(metric("nonzero", "elements"), sums.nonzero)
        yield Measurement(metric("non_finite", "elements"), figures.n_elements - sums.n)
        yield Measurement(metric("energy", ""), sums.energy)
    for fit in figures.fits:
        yield Measurement(metric("discrete_relative_error", levels=fit.levels, method=fit.method), fit.relative_error)
    if figures.discreteness is not None:
        yield Measurement(metric("discreteness"), figures.discreteness.distance)
        yield Measurement(metric("discreteness_over_gaussian"), figures.discreteness.ratio)


def measured_of(loss: Loss, figures: Figures) -> Mapping[tuple[str, str], float]:
    """What one target loses, by name and unit."""
    sums = loss.sums
    optional: Mapping[tuple[str, str], float | None] = {
        ("lone_outlier_share", "share"): loss.lone_share,
        ("calibrated_error", "1"): figures.calibrated_error(loss),
        ("weighted_loss", ""): figures.weighted_loss(loss),
        ("scale", ""): loss.scale,
        ("drawn_variance", ""): sums.variance / sums.n if sums.variance else None,
    }
    return {
        ("sqnr", "dB"): sums.sqnr_db,
        ("bits_per_weight", "bits"): loss.bits / figures.n_elements,
        ("stored_bits", "bits"): loss.bits,
        ("relative_error", "1"): sums.relative_error,
        ("squared_error", ""): sums.squared_error,
        ("cross", ""): sums.cross,
        ("largest_error", ""): sums.largest_error,
        ("largest_relative_error", "1"): sums.largest_relative_error,
        ("cosine", "1"): sums.cosine,
        ("clipped_share", "share"): sums.clipped_share,
        ("flushed_share", "share"): sums.flushed_share,
        ("output_error", ""): figures.output_error(loss),
        **{key: value for key, value in optional.items() if value is not None},
    }
