"""What a grid is called: the block format, or target, of the catalogue with its element, reach and scales."""

from typing import Final

import numpy as np

from precisionlab.analysis.quantization.grids.blocks import Blocks, Rounding, Rows, Zero, sampled
from precisionlab.analysis.quantization.grids.candidates import Candidate, are_numbers_of
from precisionlab.analysis.quantization.grids.fits import ABOVE_MINIMUM, TWO_BITS, fit, numbers_of
from precisionlab.analysis.quantization.grids.integers import IntegerBits
from precisionlab.analysis.quantization.grids.records import Layout, StoredGrid
from precisionlab.formats.blocks.catalogue import MX_BLOCK, MX_ELEMENTS, SHORT_NAMES
from precisionlab.formats.casting import is_exact, significant_bits
from precisionlab.formats.naming import ELEMENTS

E4M3: Final = "float8_e4m3fn"
E2M1: Final = "float4_e2m1fn"
EIGHT_BITS: Final = (E4M3, "float8_e5m2")
CASTS: Final = {name: len(numbers_of(name)) for name in EIGHT_BITS}
"""Floats to which tensors are cast without a scale, and how many numbers they have."""
NVFP4_BLOCK: Final = 16
TILE: Final = 128
MX_NAMES: Final = {of: name for name, of in MX_ELEMENTS.items()}
SIGNED_SCALES: Final = {(32, 4): "q4_0", (32, 5): "q5_0", (16, 6): "q6_k", (16, 3): "q3_k"}
"""Formats of GGUF by group and bits, whose number of largest magnitude becomes the lowest integer."""
WITH_MINIMA: Final = {(32, 4): ("q4_k", "q4_1"), (32, 5): ("q5_k", "q5_1"), (16, 2): ("q2_k", "q2_k")}
"""Formats of GGUF by group and bits, with scales that are products, and with binary16 ones."""
EXPECTED_TOPS: Final = 10.0
"""So many blocks of 32 would be expected to have on top a significand that none has."""


def named(candidate: Candidate, rows: Rows, rounding: Rounding) -> StoredGrid:
    """What to say of a candidate found in rows of numbers that were rounded to a type last."""
    cast = unscaled_cast(candidate, rows)
    if cast is not None:
        return StoredGrid(cast, None, "tensor", f"{cast}:none", 1.0, candidate.share, CASTS[cast], is_symmetric=True)
    if candidate.bits is not None:
        return named_integer(candidate, candidate.bits)
    family = candidate.family
    if family.element == TWO_BITS:
        return scattered(candidate)
    layout, group, likely = table_name(candidate, rows, rounding)
    is_symmetric = family.zero is Zero.MIRROR
    return StoredGrid(
        family.element, group, layout, likely, candidate.scale, candidate.share, family.levels, is_symmetric
    )


def scattered(candidate: Candidate) -> StoredGrid:
    """E2M1 in blocks that are elsewhere, down columns for example."""
    n_numbers = len(numbers_of(E2M1))
    return StoredGrid(E2M1, MX_BLOCK, "group", "mxfp4", candidate.scale, candidate.share, n_numbers, is_symmetric=True)


def unscaled_cast(candidate: Candidate, rows: Rows) -> str | None:
    """The float of 8 bits to which a tensor was cast as it is, down to the least number; None if to none.

    The subnormal ones among its numbers are integers times the least, and more of them may look like other floats.
    """
    if candidate.reach.layout != "tensor" or not candidate.is_power:
        return None
    sample = sampled(rows, candidate.reach).astype(np.float64)
    numbers = np.abs(sample[np.isfinite(sample) & (sample != 0)])
    bits = significant_bits(numbers)
    lowest = int(bits.lowest.min())
    formats = (ELEMENTS.float(name) for name in CASTS)
    return next((f.name for f in formats if f.lowest_bit == lowest and is_exact(numbers, bits, f).all()), None)


def named_integer(candidate: Candidate, bits: IntegerBits) -> StoredGrid:
    """An integer of the least width, and without a zero point if that is as narrow."""
    width, reach = bits.ranged, candidate.reach
    group, is_symmetric = reach.group, True
    element = f"int{width}"
    if candidate.family.element == ABOVE_MINIMUM:
        element, is_symmetric = f"uint{width}", False
        likely = minimum_name(candidate, width)
    elif bits.symmetric == width:
        group, likely = symmetric_name(candidate, width)
    elif bits.mirrored == width and has_signed_scale(candidate, width):
        likely = SIGNED_SCALES[reach.length, width]
    else:
        is_symmetric = False
        likely = f"{element}_{reach.suffix}_asym"
    return StoredGrid(element, group, reach.layout, likely, candidate.scale, candidate.share, 1 << width, is_symmetric)


def symmetric_name(candidate: Candidate, bits: int) -> tuple[int | None, str]:
    """The group, and the name, of two's complement under positive scales."""
    reach = candidate.reach
    is_group_of_bytes = bits == 8 and reach.layout == "group"
    if is_group_of_bytes and reach.length >= MX_BLOCK and candidate.is_power:
        return MX_BLOCK, "mxint8"
    if is_group_of_bytes and reach.length == MX_BLOCK and is_half(candidate) is not False:
        return MX_BLOCK, "q8_0"
    return reach.group, f"int{bits}_{reach.suffix}"


def has_signed_scale(candidate: Candidate, bits: int) -> bool:
    """Whether integers of a length and width may be those of GGUF under scales of either sign."""
    size = candidate.reach.group or 0
    return (size, bits) in SIGNED_SCALES and (size < MX_BLOCK or is_half(candidate) is not False)


def minimum_name(candidate: Candidate, bits: int) -> str:
    """The name of unsigned integers above a minimum."""
    key = (candidate.reach.group or 0, bits)
    if key not in WITH_MINIMA:
        return f"int{bits}_{candidate.reach.suffix}_asym"
    product, half = WITH_MINIMA[key]
    return half if is_half(candidate) else product


def table_name(candidate: Candidate, rows: Rows, rounding: Rounding) -> tuple[Layout, int | None, str]:
    """Layout, group and name of floats and tables."""
    of, reach = candidate.family.element, candidate.reach
    likely = f"{SHORT_NAMES.get(of, of)}_{reach.suffix}"
    if of in MX_NAMES and candidate.is_power:
        return power_name(candidate, rows)
    if of == E2M1 and reach.group == NVFP4_BLOCK:
        likely = "nvfp4_plain" if are_numbers_of(ELEMENTS.float(E4M3), candidate.fits) else "nvfp4"
    elif of == "iq4_nl_table" and reach.group == MX_BLOCK:
        likely = "iq4_nl"
    elif of == E4M3 and reach.group == TILE and has_tiles(candidate, rows, rounding):
        likely = f"fp8_e4m3_{TILE}x{TILE}"
    elif reach.layout == "tensor" and of in SHORT_NAMES:
        likely = f"{of}:amax"
    return reach.layout, reach.group, likely


def power_name(candidate: Candidate, rows: Rows) -> tuple[Layout, int | None, str]:
    """Layout, group and name of floats under powers of two.

    Floats of 8 bits reach so far down that blocks of different scales mostly fit one. All others are MX.
    """
    of, layout = candidate.family.element, candidate.reach.layout
    if layout == "group" or (of == E4M3 and lacks_tops(rows)):
        return "group", MX_BLOCK, MX_NAMES[of]
    if of not in EIGHT_BITS:
        return layout, None, MX_NAMES[of]
    if layout == "channel":
        return layout, None, f"{SHORT_NAMES[of]}_{layout}"
    return layout, None, f"{of}:{'none' if holds(rows, of) else 'power'}"


def lacks_tops(rows: Rows) -> bool:
    """Whether no block of 32 has a largest magnitude of significand 15/8, as MX in E4M3, whose largest is 7/4 * 2^8.

    It cannot be told by few blocks, nor where scales were rounded up, so that the top binade is not in use.
    """
    covered = rows[:, : rows.shape[1] // MX_BLOCK * MX_BLOCK]
    magnitudes = np.abs(np.where(np.isfinite(covered), covered, 0)).reshape(-1, MX_BLOCK)
    is_top = np.frexp(magnitudes)[0] == 15 / 16
    expected = len(magnitudes) * is_top.sum() / max(1, np.count_nonzero(magnitudes))
    return bool(expected >= EXPECTED_TOPS and not (np.frexp(magnitudes.max(axis=1))[0] == 15 / 16).any())


def holds(rows: Rows, name: str) -> bool:
    """Whether a float format holds all finite numbers."""
    numbers = rows[np.isfinite(rows) & (rows != 0)].astype(np.float64)
    return bool(is_exact(np.abs(numbers), significant_bits(numbers), ELEMENTS.float(name)).all())


def has_tiles(candidate: Candidate, rows: Rows, rounding: Rounding) -> bool:
    """Whether neighbouring rows mostly have the same scales, but for powers of two: those of blocks of 128 by 128.

    A row that is smaller than others of its block fits under a larger power of two as well.
    """
    blocks = Blocks(rows[:, :TILE], rounding)
    fits = fit(blocks.view(candidate.family.zero), candidate.family.table)
    exponents = np.frexp(fits.high)[1]
    low, high = np.ldexp(fits.low, -exponents), np.ldexp(fits.high, -exponents)
    both = fits.is_fitted[1:] & fits.is_fitted[:-1]
    is_same = (low[1:] <= high[:-1]) & (low[:-1] <= high[1:]) & both
    return int(is_same.sum()) * 2 > int(both.sum())


def is_half(candidate: Candidate) -> bool | None:
    """Whether scales are binary16; None where that cannot be told."""
    return are_numbers_of(ELEMENTS.float("float16"), candidate.fits)
