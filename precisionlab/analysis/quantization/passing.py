"""One pass over a tensor's elements, band by band, in which all targets take their turn."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from precisionlab.analysis.quantization.band_loops import add_energies
from precisionlab.analysis.quantization.bands import Cut, Span, band_of, cut_for, in_binary64
from precisionlab.analysis.quantization.element_bands import measure_elements
from precisionlab.analysis.quantization.lone_outliers import LoneOutliers, extent_of, lone_outliers
from precisionlab.analysis.quantization.surroundings import surroundings_for
from precisionlab.analysis.quantization.sweep import Loss, Question, Sweep
from precisionlab.analysis.quantization.targets import Scale, Target
from precisionlab.analysis.quantization.worst_blocks import BlockLoss, has_places, worst_blocks, worst_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import BlockFormat
from precisionlab.formats.blocks.measuring import Band, BandErrors, Manner, measure
from precisionlab.formats.blocks.parts import Extent
from precisionlab.formats.blocks.searching import searched
from precisionlab.formats.blocks.work import Surroundings, Work
from precisionlab.formats.sums import ErrorSums
from precisionlab.structure.threads import one_thread_each

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BandOutcome:
    """What one band gave."""

    n: int
    nonzero: int
    energy: Doubles
    """[rows, 2] sums of x^2 and of w x^2."""
    energy_by_column: Doubles
    errors: tuple[BandErrors, ...]
    """In the order of the targets."""
    lone: tuple[LoneOutliers, ...]
    """In the order of the extents."""
    worst: tuple[tuple[BlockLoss, ...], ...]
    """In the order of the targets."""


class Pass:
    """One tensor on its way past all targets."""

    def __init__(self, tensor: Tensor, question: Question, scales: Mapping[Target, float]) -> None:
        self.tensor = tensor
        self.question = question
        self.scales = scales
        self.formats = [one.format for one in question.targets if isinstance(one.format, BlockFormat)]
        self.cut = cut_for(tensor.info.shape, self.formats)
        extents = dict.fromkeys(extent for one in self.formats if (extent := extent_of(one)) is not None)
        self.extents = tuple(extent for extent in extents if self.cut.is_whole_rows or extent.columns is not None)
        tensor.hold()
        largest = tensor.census().largest_magnitude
        self.surroundings = surroundings_for(self.formats, self.cut, self.band, 0.0 if np.isnan(largest) else largest)

    def band(self, span: Span) -> Band:
        """A band without weights."""
        return band_of(self.tensor, span, self.cut)

    def outcome(self, span: Span) -> BandOutcome:
        """Every target's turn on one band."""
        weights = self.question.weights(span).contiguous() if self.question.weights else None
        band = replace(self.band(span), weights=weights)
        n_rows, n_columns = band.values.shape
        energy, by_column = np.zeros((n_rows, 2)), np.zeros(n_columns if self.question.by_column else 0)
        counted = band.values if band.is_excluded is None else torch.where(band.is_excluded, 0.0, band.values)
        beside = np.empty((0, 0), np.float32) if weights is None else weights.cpu().numpy()
        numbers = counted.cpu().numpy()
        nonzero = add_energies(numbers, beside, energy, by_column)
        lone = tuple(lone_outliers(numbers, extent) for extent in self.extents)
        n = band.values.numel() - (0 if band.is_excluded is None else int(band.is_excluded.sum()))
        errors = tuple(self.errors(target, band, span) for target in self.question.targets)
        worst = tuple(self.worst(target, band, span) for target in self.question.targets)
        return BandOutcome(n, nonzero, energy, by_column, errors, lone, worst)

    def errors(self, target: Target, band: Band, span: Span) -> BandErrors:
        """One target's turn."""
        by_column, neighbour = target in self.question.by_column, self.question.neighbour
        if not isinstance(target.format, BlockFormat):
            if self.tensor.info.dtype == "float64":
                band = in_binary64(band, self.tensor, span, self.cut)
            return measure_elements(band, target.format, self.scales[target], neighbour, by_column=by_column)
        manner = manner_of(target, self.surroundings(target.format, span))
        return measure(band, target.format, replace(manner, by_column=by_column, neighbour=neighbour))

    def worst(self, target: Target, band: Band, span: Span) -> tuple[BlockLoss, ...]:
        """The blocks of a band that lose most, where that is asked for and blocks have places."""
        format_ = target.format
        if target not in self.question.by_column or not isinstance(format_, BlockFormat) or not has_places(format_):
            return ()
        return worst_blocks(band, span, format_, manner_of(target, self.surroundings(format_, span)))

    def outcomes(self) -> Iterator[tuple[Span, BandOutcome]]:
        """All bands in order, worked on by some threads at a time."""
        spans = tuple(self.cut.spans())
        if self.question.threads < 2 or len(spans) < 2 or self.tensor.device != "cpu":
            yield from ((span, self.outcome(span)) for span in spans)
            return
        with ThreadPoolExecutor(self.question.threads, "precisionlab-quantize") as pool:
            yield from zip(spans, pool.map(self.outcome, spans), strict=True)


def manner_of(target: Target, surroundings: Surroundings) -> Manner:
    """How blocks get their scales in a target."""
    return Manner(surroundings, find=searched if target.scale is Scale.MSE else Work.stored)


class Totals:
    """The sums over all bands."""

    def __init__(self, cut: Cut, question: Question, extents: Sequence[Extent]) -> None:
        targets, by_column = question.targets, question.by_column
        self.n = self.nonzero = 0
        self.energy = np.zeros((cut.n_rows, 2))
        self.energy_by_column = np.zeros(cut.n_columns if by_column else 0)
        self.by_row = {target: np.zeros((cut.n_rows, 3)) for target in targets}
        self.by_column = {target: np.zeros(cut.n_columns if target in by_column else 0) for target in targets}
        self.rest = dict.fromkeys(targets, ErrorSums())
        self.lone = dict.fromkeys(extents, LoneOutliers())
        self.worst: dict[Target, tuple[BlockLoss, ...]] = dict.fromkeys(targets, ())

    def add(self, span: Span, outcome: BandOutcome) -> None:
        """Add one band."""
        self.n += outcome.n
        self.nonzero += outcome.nonzero
        self.energy[span.rows] += outcome.energy
        if self.energy_by_column.size:
            self.energy_by_column[span.columns] += outcome.energy_by_column
        for extent, lone in zip(self.lone, outcome.lone, strict=True):
            self.lone[extent] += lone
        for target, worst in zip(self.worst, outcome.worst, strict=True):
            self.worst[target] = worst_of((*self.worst[target], *worst))
        for target, errors in zip(self.rest, outcome.errors, strict=True):
            self.by_row[target][span.rows] += errors.by_row
            if self.by_column[target].size:
                self.by_column[target][span.columns] += errors.by_column
            self.rest[target] += ErrorSums(
                largest_error=errors.largest,
                largest_relative_error=errors.largest_ratio,
                clipped=errors.clipped,
                flushed=errors.flushed,
                variance=errors.variance,
            )

    def sums(self, target: Target) -> ErrorSums:
        """The sums of one target."""
        squared, cross, weighted = (float(total) for total in self.by_row[target].sum(axis=0))
        energy, weighted_energy = (float(total) for total in self.energy.sum(axis=0))
        known = ErrorSums(
            self.n,
            self.nonzero,
            energy,
            squared,
            cross,
            0.0,
            0.0,
            weighted_energy=weighted_energy,
            weighted_error=weighted,
        )
        return known + self.rest[target]

    def lone_share(self, target: Target) -> float | None:
        """The share of blocks whose scale one element sets alone; None where blocks are no parts of rows."""
        extent = extent_of(target.format) if isinstance(target.format, BlockFormat) else None
        return None if extent is None or extent not in self.lone else self.lone[extent].share


def passed(tensor: Tensor, question: Question, scales: Mapping[Target, float]) -> Sweep:
    """The losses of targets in one pass; `scales` are those of the tensor for element formats."""
    with one_thread_each():
        passing = Pass(tensor, question, scales)
        totals = Totals(passing.cut, question, passing.extents)
        for span, outcome in passing.outcomes():
            totals.add(span, outcome)
    shape = tensor.info.shape
    losses = tuple(
        Loss(
            target,
            target.bits(shape),
            totals.sums(target),
            scales.get(target),
            totals.by_row[target][:, 0],
            totals.by_column[target] if target in question.by_column else None,
            totals.lone_share(target),
            totals.worst[target],
        )
        for target in question.targets
    )
    by_column = totals.energy_by_column if question.by_column else None
    return Sweep(losses, (), totals.energy[:, 0], by_column)
