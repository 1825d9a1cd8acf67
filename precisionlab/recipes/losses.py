"""What each tensor of a checkpoint loses in each target: what recipes are chosen from."""

import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import prod

from precisionlab.analysis.beside import Role
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.quantization.importance import factor_of, weights_of
from precisionlab.analysis.quantization.sweep import Loss, Question, sweep
from precisionlab.analysis.quantization.targets import Scale, Target
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints import FileReader, TensorInfo
from precisionlab.errors import CheckpointError
from precisionlab.formats import FloatFormat
from precisionlab.formats.sums import ErrorSums
from precisionlab.reports.quantities import counted
from precisionlab.scanning.companions import Companions
from precisionlab.scanning.engine import tensors
from precisionlab.scanning.events import BytesRead
from precisionlab.scanning.settings import Settings

MIN_AXES = 2
"""Biases and norms have one axis, and stay as they are."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A tensor, and what it could become."""

    info: TensorInfo
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class TargetLoss:
    """One target for one tensor."""

    target: Target
    bits: int
    squared_error: float
    """Sum of the squared errors."""
    weighted_error: float | None
    """The same, each weighted by the sensitivity; None without one."""
    sqnr_db: float
    failure: str
    """Why the target is out of the question; empty where it is not."""


@dataclass(frozen=True, slots=True)
class TensorLosses:
    """One tensor in all targets."""

    info: TensorInfo
    energy: float
    weighted_energy: float | None
    targets: Mapping[str, TargetLoss]
    """By name, without those that could not be measured."""


def is_quantizable(info: TensorInfo) -> bool:
    """Whether a tensor is one of signed floats of at least 8 bits, with at least two axes and an element."""
    layout = LAYOUTS[info.dtype]
    is_float = isinstance(layout.format, FloatFormat) and layout.format.signed
    is_simple = layout.components == 1 and not layout.is_packed
    return is_float and is_simple and len(info.shape) >= MIN_AXES and prod(info.shape) > 0


def measured(
    offers: Sequence[Offer], settings: Settings, companions: Companions
) -> Generator[BytesRead | TensorLosses]:
    """The losses of tensors in what they are offered, in order, and how far reading is.

    Raises:
        CheckpointError: a tensor cannot be read.
        UsageError: what files beside the checkpoint hold of a tensor does not fit.
    """
    targets = {offer.info.name: offer.targets for offer in offers}
    with (
        FileReader() as reader,
        closing(tensors([offer.info for offer in offers], reader, settings, companions, holds=True)) as events,
    ):
        for event in events:
            if isinstance(event, BytesRead):
                yield event
            elif event.cause:
                raise CheckpointError(event.tensor.info.name, f"cannot be read ({event.cause})")
            else:
                yield losses_of(event.tensor, targets[event.tensor.info.name])


def losses_of(tensor: Tensor, targets: tuple[Target, ...]) -> TensorLosses:
    """The losses of one tensor."""
    factor = factor_of(tensor)
    found = sweep(tensor, Question(targets, weights=weights_of(tensor), threads=tensor.threads))
    has_weights = Role.SENSITIVITY in tensor.beside
    sums = found.losses[0].sums if found.losses else ErrorSums()
    weighted_energy = sums.weighted_energy if factor is None else factor * sums.energy
    by_name = {
        loss.target.name: TargetLoss(
            loss.target,
            loss.bits,
            loss.sums.squared_error,
            weighted(loss, factor) if has_weights else None,
            loss.sums.sqnr_db,
            failure_of(loss),
        )
        for loss in found.losses
    }
    return TensorLosses(tensor.info, sums.energy, weighted_energy if has_weights else None, by_name)


def weighted(loss: Loss, factor: float | None) -> float:
    """The weighted squared error."""
    return loss.sums.weighted_error if factor is None else factor * loss.sums.squared_error


def failure_of(loss: Loss) -> str:
    """Why a target is out of the question for a tensor, by what it does to it alone; empty where it is not."""
    sums = loss.sums
    if not sums.n:
        return "no element is finite"
    if loss.target.scale is Scale.NONE and sums.clipped:
        return f"overflow of {counted(int(sums.clipped), 'element')}"
    if sums.nonzero and sums.flushed >= sums.nonzero:
        return "all elements become zero"
    return (
        "" if math.isfinite(sums.squared_error) else "its error is not finite: its numbers, or their scales, overflow"
    )
