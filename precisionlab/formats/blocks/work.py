"""One tensor on its way into a block format, by pieces that stay in the caches, on any device."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from precisionlab.errors import FormatError
from precisionlab.formats.blocks import accelerator, cpu
from precisionlab.formats.blocks.fits import fitted
from precisionlab.formats.blocks.parts import FITS, POWER_RULES, RANGE_RULES, Division, ScaleRule
from precisionlab.formats.blocks.records import BlockFormat, matrix_shape
from precisionlab.formats.blocks.scale_rules import Extremes, Scales, scales_of
from precisionlab.formats.blocks.steps import Steps, Worth, plan_of
from precisionlab.formats.blocks.stored_scales import StoredScales, effective, stored
from precisionlab.formats.blocks.tiling import Piece, Tiling, piece_at, pieces, regions, tiling_of

INFINITY = 0x7F800000
"""Pattern of binary32 from which numbers are not finite."""
LEAST = 1e-38
"""The smallest scale of which the reciprocal is taken."""
GREATEST = torch.finfo(torch.float32).max
"""What reciprocals that overflow become, so that zeros stay zero."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of a tensor of which a part is at hand; None where the part is all there is."""

    amax: float | None = None
    """Of all that one scale reaches over, or for scales with one factor for the tensor, of the tensor."""
    low: float | None = None
    high: float | None = None
    mean_scale: float | None = None
    """Of all blocks, for scales that are stored less their mean."""


NOTHING = Surroundings()


@dataclass(frozen=True, slots=True)
class Stored:
    """The scales of some blocks before they are stored, and as they are."""

    scales: Scales
    stored: StoredScales
    minima: StoredScales | None
    amax: Tensor
    """The largest magnitude in each block."""


def is_compiled_for(device: torch.device) -> bool:
    """Whether compiled loops serve a device; torch's operations serve all."""
    return device.type == "cpu"


class Work:
    """One tensor, or some whole rows or a part of a row of it, on its way into a block format."""

    def __init__(self, values: Tensor, format_: BlockFormat, surroundings: Surroundings = NOTHING) -> None:
        self.tensor_shape = tuple(values.shape)
        self.format = format_
        self.surroundings = surroundings
        self.matrix, self.tiling = padded_matrix(values.detach(), format_)
        self.on_cpu = is_compiled_for(values.device)
        self.plan = plan_of(format_)

    def empty(self, kind: torch.dtype) -> Tensor:
        """Room for a result. On the CPU it is numpy's, which asks for huge pages: touching small ones takes longer."""
        shape = tuple(self.matrix.shape)
        if self.matrix.device.type != "cpu":
            return torch.empty(shape, dtype=kind, device=self.matrix.device)
        return torch.from_numpy(np.empty(shape, {torch.float32: np.float32, torch.uint8: np.uint8}[kind]))

    def regions(self) -> Iterator[Piece]:
        """Parts whose scales do not depend on one another."""
        return regions(self.tiling, self.format)

    def pieces(self, region: Piece) -> Iterator[Piece]:
        """The parts of a region that are worked on at a time; itself, if it is small."""
        part = Tiling(
            region.rows.stop - region.rows.start,
            region.columns.stop - region.columns.start,
            self.tiling.height,
            self.tiling.width,
        )
        for piece in pieces(part):
            rows = slice(piece.rows.start + region.rows.start, piece.rows.stop + region.rows.start)
            columns = slice(piece.columns.start + region.columns.start, piece.columns.stop + region.columns.start)
            yield piece_at(self.tiling, rows, columns)

    def values(self, piece: Piece) -> Tensor:
        """A piece in binary32, contiguous."""
        return piece.of(self.matrix).to(torch.float32).contiguous()

    def stored(self, region: Piece) -> Stored:
        """The scales of a region's blocks, found and stored.

        Raises:
            FormatError: a value is not finite.
        """
        return self.kept(*self.found(region))

    def found(self, region: Piece) -> tuple[Scales, Tensor]:
        """The scales of a region's blocks before they are stored, and the largest magnitude in each.

        Raises:
            FormatError: a value is not finite.
        """
        extremes = self.extremes(region)
        return (self.fitted(region) if self.format.rule in FITS else scales_of(extremes, self.format)), extremes.amax

    def kept(self, scales: Scales, amax: Tensor) -> Stored:
        """Scales of blocks with these largest magnitudes, stored."""
        known = self.surroundings
        top = amax if known.amax is None else amax.new_full((1, 1), known.amax)
        is_kept_as_is = self.format.rule in POWER_RULES  # powers of two that E8M0 has
        numbers = (
            StoredScales(scales.scale)
            if is_kept_as_is
            else stored(scales.scale, self.format.scale, top, known.mean_scale)
        )
        if self.format.minimum is None or scales.minimum is None:
            return Stored(scales, numbers, None, amax)
        return Stored(scales, numbers, stored(scales.minimum, self.format.minimum, top), amax)

    def fitted(self, region: Piece) -> Scales:
        """Scales by fit: all blocks of a region are complete and lie along rows."""
        blocks = self.values(region).view(-1, self.tiling.width)
        scale, minimum = fitted(blocks, self.format, on_cpu=self.on_cpu)
        # Squares of numbers beyond 2^64 overflow, and no scale fits them.
        scale = torch.where(scale.isfinite(), scale, torch.inf).view(region.grid)
        if minimum is None:
            return Scales(scale)
        return Scales(scale, torch.where(minimum.isfinite(), minimum, 0.0).view(region.grid))

    def extremes(self, region: Piece) -> Extremes:
        """What the rule asks for, of each block of a region.

        Raises:
            FormatError: a value is not finite.
        """
        device = self.matrix.device
        patterns = torch.zeros(region.grid, dtype=torch.int32, device=device)
        for piece in self.pieces(region):
            down, across = within(piece, region)
            part = patterns[down, across].contiguous()
            self.largest(self.values(piece), piece, part)
            patterns[down, across] = part
        if bool((patterns >= INFINITY).any()):
            raise FormatError(
                self.format.name,
                "a block with NaN, infinity or a number beyond binary32 has no scale",
                "replace such values first",
            )
        low, high = self.ends(region) if self.format.rule in RANGE_RULES else (None, None)
        signed = self.signed(self.values(region)) if self.format.rule is ScaleRule.SIGNED_LARGEST else None
        return self.widened(Extremes(patterns.view(torch.float32), low, high, signed))

    def widened(self, found: Extremes) -> Extremes:
        """The extremes of blocks that reach beyond the part at hand, if they do."""
        known, extent = self.surroundings, self.format.extent
        if known.amax is None or (extent.rows is not None and extent.columns is not None):
            return found
        amax = torch.full_like(found.amax, known.amax)
        low = found.low if found.low is None or known.low is None else torch.full_like(found.low, known.low)
        high = found.high if found.high is None or known.high is None else torch.full_like(found.high, known.high)
        return Extremes(amax, low, high, found.signed)

    def ends(self, region: Piece) -> tuple[Tensor, Tensor]:
        """The least and the greatest number of each block of a region."""
        device = self.matrix.device
        low = torch.full(region.grid, torch.inf, dtype=torch.float32, device=device)
        high = torch.full(region.grid, -torch.inf, dtype=torch.float32, device=device)
        for piece in self.pieces(region):
            down, across = within(piece, region)
            lows, highs = low[down, across].contiguous(), high[down, across].contiguous()
            self.ranges(self.values(piece), piece, lows, highs)
            low[down, across], high[down, across] = lows, highs
        return low, high

    def largest(self, values: Tensor, piece: Piece, found: Tensor) -> None:
        """Raise `found` to the largest patterns without sign."""
        if self.on_cpu:
            cpu.largest(values.numpy().view(np.uint32), piece.shape, found.numpy().view(np.uint32))
        else:
            accelerator.largest(values, piece.shape, found)

    def ranges(self, values: Tensor, piece: Piece, low: Tensor, high: Tensor) -> None:
        """Widen `low` and `high`."""
        if self.on_cpu:
            cpu.extremes(values.numpy(), piece.shape, low.numpy(), high.numpy())
        else:
            accelerator.extremes(values, piece.shape, low, high)

    def signed(self, values: Tensor) -> Tensor:
        """The first number of largest magnitude of each block of a region, which is one piece, as blocks are short."""
        width = self.tiling.width
        if not self.on_cpu:
            return accelerator.signed_largest(values, width)
        found = np.empty((values.shape[0], -(-values.shape[1] // width)), np.float32)
        cpu.signed_largest(values.numpy(), width, found)
        return torch.from_numpy(found)

    def quantize(self, piece: Piece, region: Piece, steps: Steps, out: Tensor) -> None:
        """Write what a piece's elements stand for under the steps of its region's blocks."""
        down, across = within(piece, region)
        values, own = self.values(piece), steps.part(down, across)
        if not self.on_cpu:
            out.copy_(accelerator.quantized(values, piece.shape, own, self.plan))
        elif out.is_contiguous():
            cpu.quantized(values.numpy(), piece.shape, own, self.plan, out.numpy())
        else:
            compact = torch.empty_like(values)
            cpu.quantized(values.numpy(), piece.shape, own, self.plan, compact.numpy())
            out.copy_(compact)

    def unpadded(self, matrix: Tensor) -> Tensor:
        """The tensor that a matrix is."""
        return cut(matrix, self.tensor_shape, self.format)


def within(piece: Piece, region: Piece) -> tuple[slice, slice]:
    """The blocks that a piece touches, counted from the first of its region."""
    starts = [whole.start for whole in region.blocks]
    down, across = (
        slice(part.start - start, part.stop - start) for part, start in zip(piece.blocks, starts, strict=True)
    )
    return down, across


def padded_matrix(values: Tensor, format_: BlockFormat) -> tuple[Tensor, Tiling]:
    """A tensor as a matrix whose rows are filled up with zeros as the format asks, and the blocks on it."""
    n_rows, n_columns = matrix_shape(tuple(values.shape), is_flat=format_.extent.is_flat)
    matrix = values.reshape(n_rows, n_columns)
    if n_columns % format_.padding:
        matrix = pad(matrix, (0, -n_columns % format_.padding))
    tiling = tiling_of(tuple(matrix.shape), format_.extent)
    return matrix.reshape(tiling.n_rows, tiling.n_columns), tiling


def cut(matrix: Tensor, shape: tuple[int, ...], format_: BlockFormat) -> Tensor:
    """`padded_matrix` undone."""
    n_rows, n_columns = matrix_shape(shape, is_flat=format_.extent.is_flat)
    if not prod(shape):
        return matrix.new_empty(shape)
    return matrix.reshape(n_rows, -1)[:, :n_columns].reshape(shape)


def worth_of_blocks(
    scales: StoredScales, minima: StoredScales | None, zero_points: Tensor | None, format_: BlockFormat
) -> Worth:
    """What elements stand for under stored scales, minima and zero points."""
    unit = effective(scales, format_.scale) * 2.0**format_.element_exponent
    nothing = torch.zeros_like(unit)
    less = nothing if minima is None or format_.minimum is None else effective(minima, format_.minimum)
    is_shifted = format_.minimum is not None or format_.zero_point
    return Worth(nothing if zero_points is None else zero_points, unit, less, is_shifted)


def steps_of(found: Stored, format_: BlockFormat) -> Steps:
    """The numbers that elementwise work takes from a block's scales. Blocks whose scale is 0 become 0."""
    worth = worth_of_blocks(found.stored, found.minima, found.scales.zero_point, format_)
    match format_.division:
        case Division.STORED:
            divisor = torch.where(worth.unit == 0, torch.inf, worth.unit)
        case Division.STORED_RECIPROCAL:
            divisor = reciprocal(worth.unit)
        case Division.RECIPROCAL:
            divisor = reciprocal(found.scales.scale)
        case Division.RECIPROCAL_OF_BOTH if found.stored.outer is not None:
            divisor = (reciprocal(found.stored.outer) / found.stored.numbers).clamp(max=GREATEST)
        case Division.FACTOR if found.scales.factor is not None:
            divisor = found.scales.factor
        case _:
            raise AssertionError(format_.division)
    exact = found.scales.minimum if format_.division is Division.RECIPROCAL else None
    return Steps(worth.less if exact is None else exact, divisor, worth.minus, worth)


def reciprocal(scales: Tensor) -> Tensor:
    """1 / scale: 0 for 0, and for those too small that of `LEAST`, where it would overflow (as in bitsandbytes)."""
    sizes = scales.abs()
    return torch.where(sizes == 0, 0.0, sizes.clamp(min=LEAST).reciprocal()).copysign(scales)


def as_elements(steps: Steps) -> Steps:
    """Steps that stop at the element itself."""
    nothing = torch.zeros_like(steps.divisor)
    return replace(steps, worth=Worth(nothing, torch.ones_like(nothing), nothing, steps.worth.is_shifted))
