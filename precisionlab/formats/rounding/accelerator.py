"""Rounding of torch tensors on any device: the twins of the compiled loops, in eager operations, by blocks.

Same steps, same constants, same results bit for bit; `cpu` explains them. Torch
computes in signed integers, of which patterns without sign are the positive ones.
"""

from collections.abc import Iterator
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precisionlab.errors import UsageError
from precisionlab.formats.codes import decode_checked, wide_code_error
from precisionlab.formats.modes import Rounding
from precisionlab.formats.patterns import decode_all
from precisionlab.formats.records import ElementFormat
from precisionlab.formats.rounding.coding import Coding, coding_of
from precisionlab.formats.rounding.grid import Grid
from precisionlab.formats.rounding.plan import Job, nan_error, unheld_error
from precisionlab.formats.rounding.policy import MAX_RANDOM_BITS, Draws
from precisionlab.formats.rounding.working import Working

TABLE_BITS: Final = 16
"""Codes up to this width are decoded by a table."""
BLOCK: Final = 1 << 22
"""Elements whose temporaries stay small beside a device's memory."""

INTEGERS: Final = {
    "float16": torch.int16,
    "bfloat16": torch.int16,
    "float32": torch.int32,
    "float64": torch.int64,
}
FLOATS: Final = {
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
}
CODES: Final = (
    (8, torch.uint8, torch.uint8),
    (16, torch.int16, torch.uint16),
    (32, torch.int32, torch.uint32),
    (64, torch.int64, torch.uint64),
)
"""Widest code, the type that it is cut to, and the type that it is shown as."""


def round_tensor(values: Tensor, job: Job) -> Tensor:
    """The rounded numbers of a flat, contiguous tensor.

    Raises:
        FormatError: NaN and the format has none, or a result that the source type does not hold.
    """
    rounded = torch.empty_like(values)
    for start, block in blocks(values):
        wide = round_block(block, job, start)
        if job.has_stand_in and bool((magnitudes(wide, job.grid) == job.grid.infinity).any()):
            raise unheld_error(job)
        narrowed = narrow(wide, job.working, job.source)
        if not job.is_lossless and not torch.equal(widen(narrowed, job.source, job.working), wide):
            raise unheld_error(job)
        rounded[start : start + len(block)] = narrowed
    return rounded


def encode_tensor(values: Tensor, job: Job) -> Tensor:
    """The codes of the rounded numbers of a flat, contiguous tensor.

    Raises:
        FormatError: NaN and the format has none.
    """
    coding = coding_of(job.format_, job.working)
    cut, shown = next((cut, shown) for bits, cut, shown in CODES if job.format_.bits <= bits)
    codes = torch.empty(values.shape, dtype=cut, device=values.device)
    for start, block in blocks(values):
        codes[start : start + len(block)] = coded(round_block(block, job, start), coding).to(cut)
    return codes.view(shown)


def decode_tensor(codes: Tensor, format_: ElementFormat) -> Tensor:
    """The numbers, in float64, of codes: from a table on the device where it is small, else by way of numpy.

    Raises:
        FormatError: a code is wider than the format's.
        UsageError: they are no integers.
    """
    if codes.is_floating_point() or codes.is_complex() or codes.dtype == torch.bool:
        raise UsageError(str(codes.dtype), "codes are integers")
    if format_.bits > TABLE_BITS or codes.dtype in {torch.uint32, torch.uint64}:
        return torch.from_numpy(np.asarray(decode_checked(codes.cpu().numpy(), format_))).to(codes.device)
    table = torch.from_numpy(decode_all(format_).copy()).to(codes.device)
    values = torch.empty(codes.numel(), dtype=torch.float64, device=codes.device)
    for start, block in blocks(codes.reshape(-1)):
        index = block.to(torch.int64)
        if bool(((index < 0) | (index >> format_.bits != 0)).any()):
            raise wide_code_error(format_)
        values[start : start + len(block)] = table[index]
    return values.view(codes.shape)


def bits_of(values: Tensor) -> NDArray[np.unsignedinteger]:
    """The patterns of a flat, contiguous tensor on the CPU, in the same memory."""
    bits = values.view(INTEGERS[str(values.dtype).removeprefix("torch.")]).numpy()
    return cast(NDArray[np.unsignedinteger], bits.view(f"u{bits.itemsize}"))


def tensor_of(bits: NDArray[np.unsignedinteger]) -> Tensor:
    """The same memory as a tensor."""
    return torch.from_numpy(bits)


def blocks(values: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Slices of a flat tensor and where they start."""
    return ((start, values[start : start + BLOCK]) for start in range(0, len(values), BLOCK))


def round_block(values: Tensor, job: Job, start: int) -> Tensor:
    """Rounded patterns in the working type.

    Raises:
        FormatError: NaN and the format has none.
    """
    patterns = widen(values, job.source, job.working)
    if isinstance(job.rounding, Rounding):
        rounded = round_patterns(patterns, job.grid, job.rounding)
    elif job.draws is not None:
        draws = job.draws._replace(first_index=job.draws.first_index + start)
        rounded = draw_patterns(patterns.to(torch.int64), job.grid, draws).to(patterns.dtype)
    if not job.has_nan and bool((magnitudes(rounded, job.grid) > job.grid.infinity).any()):
        raise nan_error(job)
    return rounded


def widen(values: Tensor, source: Working, working: Working) -> Tensor:
    """Patterns of the same numbers in the working type."""
    if source.name == "bfloat16" and working.name == "float32":
        return values.view(torch.int16).to(torch.int32) << 16
    return values.to(FLOATS[working.name]).view(INTEGERS[working.name])


def narrow(patterns: Tensor, working: Working, source: Working) -> Tensor:
    """Numbers in the source type; NaN set by hand, since devices differ in its sign and payload."""
    values = patterns.view(FLOATS[working.name])
    if working is source:
        return values
    cut = values.to(FLOATS[source.name]).view(INTEGERS[source.name])
    nan = (patterns < 0).to(cut.dtype) * -source.sign + source.nan
    return torch.where(values.isnan(), nan, cut).view(FLOATS[source.name])


def magnitudes(patterns: Tensor, grid: Grid) -> Tensor:
    """Patterns without sign."""
    return patterns & (grid.sign - 1)


def sided(negative: Tensor, if_positive: int, if_negative: int, like: Tensor) -> Tensor | int:
    """One constant or the other by sign."""
    if if_positive == if_negative:
        return if_positive
    return torch.where(negative, like.new_tensor(if_negative), like.new_tensor(if_positive))


def split(patterns: Tensor, grid: Grid) -> tuple[Tensor, Tensor, Tensor]:
    """Magnitudes, significands and biased exponents of sources that are flushed where they shall be."""
    magnitude = magnitudes(patterns, grid)
    if grid.flush_sources:
        magnitude = torch.where(magnitude < grid.flush_sources, 0, magnitude)
    return magnitude, *significands(magnitude, grid.mantissa_bits)


def significands(magnitude: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Significands with the hidden bit, and the biased exponents that they are scaled by."""
    field = magnitude >> width
    hidden = (field > 0).to(magnitude.dtype) << width
    return (magnitude & ((1 << width) - 1)) | hidden, field.clamp(min=1)


def round_patterns(patterns: Tensor, grid: Grid, mode: Rounding) -> Tensor:
    """Rounded patterns, with their signs."""
    width = grid.mantissa_bits
    magnitude, significand, exponent = split(patterns, grid)
    top = exponent.clamp(min=grid.lowest_exponent)
    drop = (top - exponent + grid.dropped_bits).clamp(max=width + 2)
    mask = (torch.ones_like(drop) << drop) - 1
    is_odd = ((significand >> drop) + ((top + grid.parity_offset) & grid.parity_mask)) & 1
    kept = (significand + increment(mode, mask, is_odd, patterns < 0)) & ~mask
    return finished(patterns < 0, magnitude, ordinary(magnitude - significand, kept, drop, grid), grid)


def increment(mode: Rounding, mask: Tensor, is_odd: Tensor, negative: Tensor) -> Tensor | int:
    """What is added to a significand before its dropped bits are masked."""
    match mode:
        case Rounding.NEAREST_EVEN:
            return (mask >> 1) + (mask & 1 & is_odd)
        case Rounding.NEAREST_AWAY:
            return (mask >> 1) + (mask & 1)
        case Rounding.TOWARD_ZERO:
            return 0
        case Rounding.UP:
            return torch.where(negative, 0, mask)
        case Rounding.DOWN:
            return torch.where(negative, mask, 0)
        case Rounding.TO_ODD:
            return mask & (is_odd - 1)


def draw_patterns(patterns: Tensor, grid: Grid, draws: Draws) -> Tensor:
    """Stochastically rounded patterns, with their signs, of 64-bit integers even if the patterns have 32 bits."""
    bits = draws.random_bits
    magnitude, significand, exponent = split(patterns, grid)
    drop = exponent.clamp(min=grid.lowest_exponent) - exponent + grid.dropped_bits
    shift = drop.clamp(max=MAX_RANDOM_BITS)
    distance = significand & ((torch.ones_like(shift) << shift) - 1)
    finer = distance << (bits - drop).clamp(min=0)
    coarser = distance >> (drop - bits).clamp(min=0, max=63)
    cut = torch.where(drop <= bits, finer, coarser)
    index = torch.arange(draws.first_index, draws.first_index + len(patterns), device=patterns.device)
    up = (cut + logical_shift(mixed(draws.key, index), 64 - bits)) >> bits
    kept = significand - distance + (up << shift)
    return finished(patterns < 0, magnitude, ordinary(magnitude - significand, kept, drop, grid), grid)


def ordinary(exponents: Tensor, kept: Tensor, drop: Tensor, grid: Grid) -> Tensor:
    """The pattern of a rounded significand, which has no place of its own where all its bits were dropped."""
    result = torch.where(drop > grid.mantissa_bits, grid.smallest, exponents + kept)
    return torch.where(kept == 0, 0, result)


def finished(negative: Tensor, magnitude: Tensor, rounded: Tensor, grid: Grid) -> Tensor:
    """The signed result for a magnitude that is `rounded` if it is an ordinary one."""
    result = rounded
    if grid.gap:
        threshold = sided(negative, grid.gap_up_positive, grid.gap_up_negative, magnitude)
        above_nothing = (magnitude >= threshold).to(magnitude.dtype) * grid.smallest
        result = torch.where(magnitude < grid.gap, above_nothing, result)
    if grid.flush_results:
        result = torch.where(result < grid.flush_results, 0, result)
    limit = sided(negative, grid.limit_positive, grid.limit_negative, magnitude)
    beyond = sided(negative, grid.beyond_positive, grid.beyond_negative, magnitude)
    infinite = sided(negative, grid.infinity_positive, grid.infinity_negative, magnitude)
    result = torch.where(result > limit, beyond, result)
    result = torch.where(magnitude == 0, grid.zero, result)
    result = torch.where(magnitude == grid.infinity, infinite, result)
    result = torch.where(magnitude > grid.infinity, grid.nan, result)
    if not grid.kept_sign:
        return result
    has_sign = negative if grid.signed_zero else negative & (result != 0)
    return torch.where(has_sign, result + -grid.sign, result)


def coded(patterns: Tensor, coding: Coding) -> Tensor:
    """The codes of rounded patterns, in their low bits."""
    width, bits = coding.mantissa_bits, 8 * patterns.element_size()
    negative, magnitude = patterns < 0, patterns & (coding.sign - 1)
    significand, exponent = significands(magnitude, width)
    top = exponent.clamp(min=coding.lowest_exponent)
    above = top - coding.lowest_exponent
    drop = (top - exponent + coding.dropped_bits).clamp(max=width + 1)
    code = (significand >> drop) << (above & coding.left_mask & (bits - 1))
    code = code + ((above & coding.exponent_mask) << coding.code_mantissa_bits) - coding.hidden
    code = torch.where(magnitude == 0, 0, code)
    flipped = (code ^ wrapped(coding.negative_flip, bits)) + coding.negative_add
    code = torch.where(negative, flipped, code)
    code = (code + wrapped(coding.offset, bits)) & wrapped(coding.mask, bits)
    infinite = sided(
        negative, wrapped(coding.infinity_positive, bits), wrapped(coding.infinity_negative, bits), patterns
    )
    nan = sided(negative, wrapped(coding.nan_positive, bits), wrapped(coding.nan_negative, bits), patterns)
    code = torch.where(magnitude == coding.infinity, infinite, code)
    return torch.where(magnitude > coding.infinity, nan, code)


def wrapped(constant: int, bits: int) -> int:
    """The signed integer of so many bits with the same bits."""
    return constant - (1 << bits) if constant >= 1 << (bits - 1) else constant


def mixed(key: int, index: Tensor) -> Tensor:
    """64 random bits for an index; `cpu.mixed`."""
    bits = (index + 1) * wrapped(0x9E3779B97F4A7C15, 64) + wrapped(key, 64)
    bits = (bits ^ logical_shift(bits, 30)) * wrapped(0xBF58476D1CE4E5B9, 64)
    bits = (bits ^ logical_shift(bits, 27)) * wrapped(0x94D049BB133111EB, 64)
    return bits ^ logical_shift(bits, 31)


def logical_shift(bits: Tensor, count: int) -> Tensor:
    """Shift 64 bits right and zeros in."""
    return (bits >> count) & ((1 << (64 - count)) - 1)
