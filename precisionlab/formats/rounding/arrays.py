"""Rounding of numpy arrays on the CPU: patterns in, patterns or codes out, through the compiled loops, by blocks."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats.modes import Rounding
from precisionlab.formats.rounding.coding import coding_of
from precisionlab.formats.rounding.cpu import (
    Patterns,
    code_patterns,
    draw_patterns,
    round_patterns,
)
from precisionlab.formats.rounding.plan import Job, nan_error, unheld_error
from precisionlab.formats.rounding.working import SOURCES, Working

Bits = NDArray[np.unsignedinteger]

BLOCK: Final = 1 << 15
"""Elements whose 64-bit patterns stay in the nearer caches."""

FLOATS: Final = {"float16": np.float16, "float32": np.float32, "float64": np.float64}
"""numpy's own of the types; a bfloat16 is the upper half of a float32."""


def round_bits(bits: Bits, job: Job) -> Bits:
    """The patterns of the rounded numbers, in the source type.

    Raises:
        FormatError: NaN and the format has none, or a result that the source type does not hold.
    """
    rounded = np.empty_like(bits)
    if job.working is job.source:
        round_block(bits, rounded, job, 0)
        return rounded
    for block in blocks(bits.size):
        wide = widen(bits[block], job.source, job.working)
        result = np.empty_like(wide)
        round_block(wide, result, job, block.start)
        rounded[block] = narrow(result, job.working, job.source)
        if not job.is_lossless and not np.array_equal(widen(rounded[block], job.source, job.working), result):
            raise unheld_error(job)
    return rounded


def encode_bits(bits: Bits, job: Job) -> Bits:
    """The codes of the rounded numbers.

    Raises:
        FormatError: NaN and the format has none.
    """
    coding = coding_of(job.format_, job.working)
    codes = np.empty(bits.size, code_type(job.format_.bits))
    for block in blocks(bits.size):
        wide = widen(bits[block], job.source, job.working)
        rounded = np.empty_like(wide)
        round_block(wide, rounded, job, block.start, may_stand_in=True)
        code_patterns(rounded, codes[block], coding)
    return codes


def code_type(bits: int) -> np.dtype[Any]:
    """The narrowest unsigned integers that hold codes."""
    return np.dtype(f"u{next(size for size in (1, 2, 4, 8) if bits <= 8 * size)}")


def blocks(size: int) -> Iterator[slice]:
    """Slices that cover so many elements."""
    return (slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK))


def round_block(patterns: Patterns, rounded: Patterns, job: Job, start: int, *, may_stand_in: bool = False) -> None:
    """Round one block whose first element is number `start` of the array.

    Raises:
        FormatError: NaN and the format has none; infinity for an unheld end, unless it may stand in.
    """
    if isinstance(job.rounding, Rounding):
        highest = round_patterns(patterns, rounded, job.grid, job.rounding)
    elif job.draws is not None:
        draws = job.draws._replace(first_index=job.draws.first_index + start)
        highest = draw_patterns(patterns, rounded, job.grid, draws)
    if highest > job.grid.infinity and not job.has_nan:
        raise nan_error(job)
    if highest == job.grid.infinity and job.has_stand_in and not may_stand_in:
        raise unheld_error(job)


def widen(bits: Bits, source: Working, working: Working) -> Patterns:
    """The same numbers in the working type."""
    if source is working:
        return bits
    if source.name == "bfloat16":
        single = bits.astype(np.uint32) << np.uint32(16)
        return widen(single, SOURCES["float32"], working)
    return converted(bits, source, working)


def narrow(patterns: Patterns, working: Working, source: Working) -> Bits:
    """Patterns of the working type in the source type, which holds them if they come from it unchanged."""
    if source.name == "bfloat16":
        single = patterns if working.name == "float32" else converted(patterns, working, SOURCES["float32"])
        return (single >> np.uint32(16)).astype(np.uint16)
    return converted(patterns, working, source)


def converted(patterns: Patterns, from_: Working, to: Working) -> Patterns:
    """By numpy's cast between its own types."""
    with np.errstate(all="ignore"):
        values = patterns.view(FLOATS[from_.name]).astype(FLOATS[to.name])
    return values.view(f"u{values.itemsize}")
