"""What quantizing a band of a tensor to a block format loses: sums, while nothing that is quantized is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precisionlab.formats.blocks import accelerator, error_loops
from precisionlab.formats.blocks.parts import Division
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.blocks.steps import Steps
from precisionlab.formats.blocks.tiling import Piece
from precisionlab.formats.blocks.work import NOTHING, Stored, Surroundings, Work, padded_matrix, steps_of, within
from precisionlab.formats.drawn import drawn_between
from precisionlab.formats.nearest import clipping_of, levels_of
from precisionlab.formats.neighbours import Neighbour
from precisionlab.formats.records import CodebookFormat
from precisionlab.formats.sums import larger

NO_ENDS: Final = (-np.inf, np.inf)
SCALE_ROUNDING: Final = 2.0**-16
"""By so much a number may lie further outside before it counts as clipped: scales are rounded themselves."""
NO_FLAGS: Final = np.empty((0, 0), np.bool_)
NO_WEIGHTS: Final = np.empty((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Band:
    """Some whole rows, or a part of one row, of a tensor as a matrix of its first axis by all others."""

    values: Tensor
    """[rows, columns] in binary32, contiguous, finite: what is excluded is 0."""
    is_excluded: Tensor | None = None
    """Which elements are not summed, of the same shape; None for none."""
    weights: Tensor | None = None
    """Of the squared errors, of the same shape, in binary32; None for none."""


@dataclass(frozen=True, slots=True)
class BandErrors:
    """Errors e = q - x of a band."""

    by_row: NDArray[np.float64]
    """[rows, 3]: sums of e^2, x e, and w e^2 (0 without weights)."""
    by_column: NDArray[np.float64]
    """[columns] sums of e^2, or [0] where not asked for."""
    largest: float
    largest_ratio: float
    """Of |e / x|, x not 0."""
    clipped: int
    flushed: float
    """Expected where elements are drawn."""
    variance: float = 0.0
    """The part of the squared error that is drawn."""
    energy: float = 0.0
    """Sum of x^2."""
    nonzero: int = 0
    """How many x are not 0."""


class Tally:
    """The sums of one band, as the loops add to them."""

    def __init__(self, n_rows: int, n_columns: int) -> None:
        self.by_row = np.zeros((n_rows, 3))
        self.energy = np.zeros(1)
        self.by_column = np.zeros(n_columns)
        self.peaks = np.zeros(2, np.int32)
        """Patterns of binary32."""
        self.counts = np.zeros(3, np.int64)
        """Clipped, flushed, and other than zero."""
        self.drawn = np.zeros(2)
        """Expected count of zeros, and variance, where elements are drawn."""

    @property
    def arrays(self) -> Any:  # noqa: ANN401 - a tuple of arrays
        """As `measure_piece` takes them."""
        return self.by_row, self.energy, self.by_column, self.peaks, self.counts

    def errors(self) -> BandErrors:
        """The outcome. What becomes zero is an error of 1 relative to itself, which the loops leave out."""
        clipped, flushed, nonzero = (int(count) for count in self.counts)
        largest, ratio = (float(peak) for peak in self.peaks.view(np.float32))
        ratio = larger(ratio, 1.0 if flushed else 0.0)
        zeros, variance = (float(number) for number in self.drawn)
        return BandErrors(
            self.by_row,
            self.by_column,
            largest,
            ratio,
            clipped,
            flushed + zeros,
            variance,
            float(self.energy[0]),
            nonzero,
        )


@dataclass(frozen=True, slots=True)
class Manner:
    """How a band is quantized and measured."""

    surroundings: Surroundings = NOTHING
    """What blocks that reach beyond the band take from there."""
    by_column: bool = False
    """Whether errors are summed by column too."""
    neighbour: Neighbour = Neighbour.NEAREST
    """Which element a scaled number becomes; else than the nearest, sums are the expected ones."""
    find: Callable[[Work, Piece], Stored] = Work.stored
    """How the scales of a region are found: as the format says, or by a search."""


PLAIN: Final = Manner()


def measure(band: Band, format_: BlockFormat, manner: Manner = PLAIN) -> BandErrors:
    """The errors of one band. Its blocks are complete, or the last of their row, or their surroundings are known."""
    work = Work(band.values, format_, manner.surroundings)
    n_rows, n_columns = band.values.shape
    tally = Tally(n_rows, n_columns if manner.by_column else 0)
    beside = [laid_out(array, work) for array in (band.is_excluded, band.weights)]
    for region in work.regions():
        found = manner.find(work, region)
        steps = steps_of(found, format_)
        ends = ends_of(found, steps, format_)
        for piece in work.pieces(region):
            excluded, weights = (None if array is None else piece.of(array).contiguous() for array in beside)
            part = Part(work.values(piece), piece, steps.part(*within(piece, region)), ends, excluded, weights)
            if manner.neighbour is Neighbour.NEAREST and work.on_cpu:
                add_compiled(part, work, n_columns, tally)
            else:
                add_eager(part, work, n_columns, tally, manner.neighbour)
    return tally.errors()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a band with the steps of its own blocks."""

    values: Tensor
    piece: Piece
    steps: Steps
    ends: tuple[float, float]
    is_excluded: Tensor | None
    weights: Tensor | None

    def first(self, work: Work) -> int:
        """The place of its first element in the band's memory, padding included."""
        first: int = self.piece.rows.start * work.matrix.shape[1] + self.piece.columns.start
        return first


def laid_out(array: Tensor | None, work: Work) -> Tensor | None:
    """An array beside the values, in their layout."""
    return None if array is None else padded_matrix(array, work.format)[0]


def ends_of(found: Stored, steps: Steps, format_: BlockFormat) -> tuple[float, float]:
    """Scaled numbers outside are clipped; infinite where no block reaches so far, so that nobody needs to look."""
    low, high = (end * (1 + SCALE_ROUNDING) for end in clipping_of(format_.element))
    if steps.worth.is_shifted:
        return low, high
    sizes = steps.divisor.abs()
    reach = found.amax / sizes if format_.division is Division.STORED else found.amax * sizes
    is_inside = bool((reach <= min(-low, high)).all())
    return NO_ENDS if is_inside else (low, high)


def is_nearest(format_: BlockFormat) -> bool:
    """Whether elements are the nearest to numbers over their stored scale, and 0 is one of them: see `measure_piece`."""
    is_shifted = format_.minimum is not None or format_.zero_point
    return format_.division is Division.STORED and not is_shifted and not isinstance(format_.element, CodebookFormat)


def add_compiled(part: Part, work: Work, n_columns: int, tally: Tally) -> None:
    """Add a piece by the compiled loops."""
    error_loops.measure_piece(
        part.values.numpy(),
        part.piece.shape,
        part.steps.arrays(),
        (work.plan.multiplies, part.steps.worth.is_shifted),
        work.plan.for_loops(),
        (np.float32(part.ends[0]), np.float32(part.ends[1])),
        is_nearest(work.format),
        (part.first(work), n_columns + -n_columns % work.format.padding, n_columns),
        NO_FLAGS if part.is_excluded is None else part.is_excluded.numpy(),
        NO_WEIGHTS if part.weights is None else part.weights.numpy(),
        tally.arrays,
    )


def add_eager(part: Part, work: Work, n_columns: int, tally: Tally, neighbour: Neighbour) -> None:
    """Add a piece by torch's operations, on any device."""
    x, shape = part.values, part.piece.shape
    plan = work.plan if neighbour is Neighbour.NEAREST else work.plan.unrounded()
    scaled = accelerator.scaled(x, shape, part.steps, plan)
    made = quantized(scaled, part, work) if neighbour is Neighbour.NEAREST else drawn(scaled, part, work, neighbour)
    places = torch.arange(x.numel(), device=x.device).view(x.shape) + part.first(work)
    stride = n_columns + -n_columns % work.format.padding
    is_summed = places % stride < n_columns
    if part.is_excluded is not None:
        is_summed &= ~part.is_excluded
    rows, columns = (places // stride)[is_summed], (places % stride)[is_summed]
    exact, error, largest = x[is_summed].double(), made.error[is_summed], made.largest[is_summed]
    squared = error * error + made.variance[is_summed]
    add_at(tally.by_row[:, 0], rows, squared)
    add_at(tally.by_row[:, 1], rows, exact * error)
    tally.energy += float((exact * exact).sum())
    if part.weights is not None:
        add_at(tally.by_row[:, 2], rows, part.weights[is_summed].double() * squared)
    if tally.by_column.size:
        add_at(tally.by_column, columns, squared)
    is_nonzero = exact != 0
    ratios = largest[is_nonzero] / exact[is_nonzero].abs().float()
    peaks = np.array([float(peak.max()) if peak.numel() else 0.0 for peak in (largest, ratios)], np.float32)
    tally.peaks[:] = np.maximum(tally.peaks, np.abs(peaks).view(np.int32))
    tally.counts[0] += int(((scaled < part.ends[0]) | (scaled > part.ends[1]))[is_summed].sum())
    tally.counts[2] += int(is_nonzero.sum())
    tally.drawn[:] += float(made.zeros[is_summed][is_nonzero].sum()), float(made.variance[is_summed].sum())


@dataclass(frozen=True, slots=True)
class Made:
    """What a piece becomes: the errors and their variance in float64, the largest possible ones, and the share of zeros."""

    error: Tensor
    variance: Tensor
    largest: Tensor
    zeros: Tensor


def quantized(scaled: Tensor, part: Part, work: Work) -> Made:
    """Every scaled number becomes its nearest element."""
    worth = accelerator.worth_of(accelerator.elements(scaled, work.plan), part.piece.shape, part.steps.worth)
    nothing = torch.zeros_like(scaled, dtype=torch.float64)
    return Made(worth.double() - part.values.double(), nothing, (worth - part.values).abs(), (worth == 0).double())


def drawn(scaled: Tensor, part: Part, work: Work, neighbour: Neighbour) -> Made:
    """Every scaled number becomes one of its neighbours, in the arithmetic of float64."""
    rows, columns = accelerator.placed(part.values, part.piece.shape)
    worth = part.steps.worth
    minus, unit, less = (array[rows][:, columns].double() for array in (worth.minus, worth.unit, worth.less))
    between = drawn_between(scaled.double(), levels_of(work.format.element), neighbour, zero=minus)
    error = (between.mean - minus) * unit - less - part.values.double()
    zeros = torch.where(less == 0, between.zero_probability, 0.0)
    return Made(error, between.variance * unit * unit, (between.reach * unit.abs()).float(), zeros)


def add_at(totals: NDArray[np.float64], places: Tensor, numbers: Tensor) -> None:
    """Add numbers to the totals at places."""
    totals += (
        torch.zeros(len(totals), dtype=torch.float64, device=places.device).index_add_(0, places, numbers).cpu().numpy()
    )
