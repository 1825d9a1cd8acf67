"""Whether stored floats lie on a grid: the mark of a tensor that was quantized before.

In most blocks of a quantized tensor every number is an entry of one table (integers, E2M1, NF4, …) times a scale
that the block has for itself, but for the rounding to the stored type. Whether any scale makes it so is decided by
intervals (`grids.loops`), so that a tensor's true grid is never missed for a bad guess of its step.

Few numbers fit something by accident, and numbers of few bits fit much. So every fit is weighed in bits: a number
that falls into a window around an entry, where windows cover a part p of the line, counts log2(1/p). A window is
never narrower than two spacings of the stored type, so what lies on that type's own grid counts nothing. What was
tried is taken off, blocks that may share a scale count once, and 20 bits are asked for.

What can be told depends on the type. With p bits of precision a number x has spacings of 2^-p |x| to 2^(1-p) |x|,
so the multiple k of a step counts log2(2^(p-2) / k) or so: in bfloat16 those below 64 count, which tells even 8-bit
integers of 32 neighbours, since small multiples are common; in float16 those below 512. Numbers that a narrower
type holds, too, are taken for rounded to that.

What cannot be told, and is called by the first name:

- `nf4_g64` and `nf4_g64_dq`, and so for every table: scales that were quantized are scales;
- `float8_e5m2:power` (without small numbers `:none`) and `mxfp8_e5m2`; `float8_e4m3fn:power` and the variants of
  `mxfp8_e4m3` that round scales up: formats of so many binades hold neighbouring blocks under one power of two;
- formats of one name but for a runtime's, which differ in how scales and elements are rounded; `tq2_0` and `tq1_0`;
  `float8_e4m3fn` and `float8_e4m3fnuz`;
- in bfloat16 and float16 `q4_k` and `q4_1`, `q5_k` and `q5_1`, and `int4_g32_asym` of uniform weights, which is
  `q4_0`; in bfloat16 `q8_0` and `int8_g32`; in all types `q4_k` and 4 bits in groups of 32 above any minimum;
- a zero point in the middle, and none; groups as long as a row, and channels;
- a scale that all blocks share by chance, and one for the tensor.

Not found are groups that run down columns, that are reordered (act-order), that do not begin at multiples of their
length in a row, or whose lengths are no powers of two; grids times a factor for each column; integers of two or
three bits in bfloat16 where all scales are about the same; tables of a tensor's own. Found are grids that no
quantizer made, too: decimals of few digits, sums of float8 numbers, weights that are binary to bfloat16's precision.
"""

from typing import Final

import numpy as np

from precisionlab.analysis.quantization.grids.blocks import Rounding, Rows, rounding_of, sampled, thinned
from precisionlab.analysis.quantization.grids.candidates import candidates, likeliest
from precisionlab.analysis.quantization.grids.names import named
from precisionlab.analysis.quantization.grids.plain import sign_grid, whole_numbers
from precisionlab.analysis.quantization.grids.records import Reach, StoredGrid
from precisionlab.formats import FloatFormat

__all__ = ["StoredGrid", "stored_grid"]

MIN_NUMBERS: Final = 64
"""Fewer non-zero numbers say nothing."""
NARROWEST: Final = 16
"""Types of fewer bits are grids by themselves."""
LEAST_TOP: Final = 2.0**-900
"""Smaller and, over 1, larger numbers than float64 computes with in all bits are not looked at."""
RUN: Final = 128
MAX_STRAIGHT: Final = 0.5
"""Where more triples of neighbours are in line, numbers are on a ramp and not on a grid."""


def stored_grid(rows: Rows, stored: FloatFormat) -> StoredGrid | None:
    """The grid on which nearly all of a tensor's blocks lie, if they do so by no accident; None for most tensors.

    Some blocks of each length are looked at, the same every time. Whatever is not finite is left out, and zeros
    say nothing, since pruning makes them, too. A grid that the stored type itself makes is none.

    Args:
        rows: some whole rows of the tensor as a matrix, its first axis by all others, as float32 or float64.
        stored: the type in which the tensor is stored.
    """
    if not rows.size or stored.bits < NARROWEST:
        return None
    if rows.shape[1] == 1:
        rows = rows.reshape(1, -1)  # a column is numbers one after another
    numbers = thinned(rows.reshape(1, -1))[0].astype(np.float64)
    magnitudes = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
    if len(magnitudes) < MIN_NUMBERS or not LEAST_TOP < magnitudes.max() < 1 / LEAST_TOP:
        return None
    rounding = rounding_of(numbers, stored)
    signs, best = sign_grid(rows, rounding), likeliest(candidates(rows, rounding))
    if signs is not None and (best is None or signs[0].length >= best.reach.length):
        return signs[1]
    if best is not None and not is_ramp(rows, rounding):
        return named(best, rows, rounding)
    return whole_numbers(rows, rounding)


def is_ramp(rows: Rows, rounding: Rounding) -> bool:
    """Whether most neighbours are in line: filters, positions and schedules have even steps without being quantized."""
    runs = sampled(rows, Reach("group", min(RUN, rows.shape[1]))).astype(np.float64)
    left, middle, right = runs[:, :-2], runs[:, 1:-1], runs[:, 2:]
    slack = rounding.spacings(np.maximum(np.abs(left), np.abs(right))) + rounding.spacings(np.abs(middle))
    with np.errstate(invalid="ignore"):  # of infinities
        is_straight = np.abs(left - 2 * middle + right) <= slack
        is_level = (left == middle) & (middle == right)
    n_sloped = int((~is_level).sum())
    return n_sloped > 0 and int((is_straight & ~is_level).sum()) > MAX_STRAIGHT * n_sloped
