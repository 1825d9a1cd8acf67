"""A tensor against many targets: from its census where that tells all, else in one pass over its elements.

In that pass a band of the tensor is read and widened once, and target after target takes its turn while the band lies
in the caches. Only sums are kept.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.quantization.bands import BINARY32_MAX, LEAST_NORMAL, Span, cut_for, is_cuttable
from precisionlab.analysis.quantization.census_sums import distribution_of, element_sums, scale_of
from precisionlab.analysis.quantization.targets import Scale, Target
from precisionlab.analysis.tensors import Tensor
from precisionlab.errors import FormatError
from precisionlab.formats import BlockFormat
from precisionlab.formats.nearest import MAX_BITS
from precisionlab.formats.neighbours import Neighbour
from precisionlab.formats.sums import ErrorSums

if TYPE_CHECKING:
    import torch

    from precisionlab.analysis.quantization.worst_blocks import BlockLoss

Doubles = NDArray[np.float64]
Weights = Callable[[Span], "torch.Tensor"]
"""(span) -> the weights of the squared errors there, [rows, columns] in binary32."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What one target loses."""

    target: Target
    bits: int
    sums: ErrorSums
    scale: float | None = None
    """The scale of the tensor, for element formats."""
    by_row: Doubles | None = None
    """[rows] sums of e^2; None where the census told."""
    by_column: Doubles | None = None
    """[columns] sums of e^2, where asked for."""
    lone_share: float | None = None
    """Share of blocks whose scale one element sets alone; None where blocks are no parts of rows."""
    worst_blocks: tuple["BlockLoss", ...] = ()
    """Those of most squared error, where errors are summed by column and blocks are parts of a row."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A target that was not looked at."""

    target: Target
    reason: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """A tensor against all targets."""

    losses: tuple[Loss, ...]
    """In the order of the targets."""
    left_out: tuple[LeftOut, ...]
    energy_by_row: Doubles | None = None
    """[rows] sums of x^2; None where no pass was made."""
    energy_by_column: Doubles | None = None
    """[columns] sums of x^2, where asked for."""

    def loss(self, target: Target) -> Loss | None:
        """What a target loses; None where it was left out."""
        return next((loss for loss in self.losses if loss.target == target), None)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a tensor."""

    targets: tuple[Target, ...]
    neighbour: Neighbour = Neighbour.NEAREST
    weights: Weights | None = None
    by_column: frozenset[Target] = field(default_factory=frozenset)
    """Targets whose errors are summed by column too."""
    threads: int = 1


def sweep(tensor: Tensor, question: Question) -> Sweep:
    """The losses of a float tensor of one component an element and at least 8 bits."""
    left_out = [
        LeftOut(target, reason) for target in question.targets if (reason := obstacle(target, tensor, question))
    ]
    skipped = {one.target for one in left_out}
    wanted = [target for target in question.targets if target not in skipped]
    told = {target for target in wanted if is_told(target, tensor, question)}
    losses = {loss.target: loss for loss in census_losses(tensor, question, [one for one in wanted if one in told])}
    rest = [target for target in wanted if target not in told]
    if not rest:
        return Sweep(tuple(losses[target] for target in wanted), tuple(left_out))
    from precisionlab.analysis.quantization.passing import passed  # noqa: PLC0415 - torch; a census alone never pays it

    asked = tuple(dict.fromkeys((*rest, *(plain_of(target) for target in rest))))
    scales = {target: tensor_scale(tensor, target) for target in asked if not isinstance(target.format, BlockFormat)}
    outcome = passed(tensor, replace(question, targets=asked), scales)
    losses.update({target: better_of(target, outcome) for target in rest})
    return replace(outcome, losses=tuple(losses[target] for target in wanted), left_out=tuple(left_out))


def plain_of(target: Target) -> Target:
    """The same element format under `AMAX` where a scale was searched in a binned census, which may err; else itself."""
    is_searched = not isinstance(target.format, BlockFormat) and target.scale is Scale.MSE
    return replace(target, scale=Scale.AMAX) if is_searched else target


def better_of(target: Target, outcome: Sweep) -> Loss:
    """The loss of a target, with the scale of its plain one where that loses less."""
    both = [loss for loss in outcome.losses if loss.target in {target, plain_of(target)}]
    return replace(min(both, key=lambda loss: (loss.sums.squared_error, loss.target != target)), target=target)


def is_told(target: Target, tensor: Tensor, question: Question) -> bool:
    """Whether the census tells all that is asked of a target."""
    needs_places = question.weights is not None or target in question.by_column
    return not isinstance(target.format, BlockFormat) and tensor.census().is_exact and not needs_places


def obstacle(target: Target, tensor: Tensor, question: Question) -> str:
    """Why a target cannot be looked at; empty where it can."""
    format_, shape = target.format, tensor.info.shape
    if not is_told(target, tensor, question) and not fits_binary32(tensor):
        return "its largest magnitude is no normal number of binary32, in which blocks are computed"
    if isinstance(format_, BlockFormat):
        if not is_cuttable(format_, shape):
            return "its rows are too long for tiles, and for blocks that run on from row to row"
        is_searched_by_row = target.scale is Scale.MSE and format_.extent.columns is None
        is_cut = is_searched_by_row and not cut_for(shape, [format_]).is_whole_rows
        return "its rows are too long for a search of scales by channel" if is_cut else ""
    if (
        question.neighbour is not Neighbour.NEAREST
        and format_.bits > MAX_BITS
        and not is_told(target, tensor, question)
    ):
        return f"drawing in formats of more than {MAX_BITS} bits is told of tensors of at most 65,536 distinct values"
    return ""


def fits_binary32(tensor: Tensor) -> bool:
    """Whether a tensor has its largest magnitude, if any, among the normal numbers of binary32, or is no wider."""
    largest = tensor.census().largest_magnitude
    return tensor.info.dtype != "float64" or math.isnan(largest) or LEAST_NORMAL <= largest <= BINARY32_MAX


def tensor_scale(tensor: Tensor, target: Target) -> float:
    """The scale of a tensor for an element format."""
    if isinstance(target.format, BlockFormat) or target.scale is None:
        raise FormatError(target.name, "is not an element format under one scale")
    return scale_of(target.scale, distribution_of(tensor.census()), target.format)


def census_losses(tensor: Tensor, question: Question, targets: Sequence[Target]) -> Iterable[Loss]:
    """The losses that the census tells."""
    if not targets:
        return
    distribution = distribution_of(tensor.census())
    for target in targets:
        if isinstance(target.format, BlockFormat) or target.scale is None:
            continue
        scale = scale_of(target.scale, distribution, target.format)
        sums = element_sums(distribution, target.format, scale, question.neighbour)
        yield Loss(target, target.bits(tensor.info.shape), sums, scale)
