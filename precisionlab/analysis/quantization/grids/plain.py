"""Grids that need no search: one magnitude with either sign, with or without zeros, and whole numbers."""

from typing import Final

import numpy as np

from precisionlab.analysis.quantization.grids.blocks import Rounding, Rows, reaches, sampled
from precisionlab.analysis.quantization.grids.candidates import COINCIDENCE_BITS
from precisionlab.analysis.quantization.grids.integers import MIN_SHARE
from precisionlab.analysis.quantization.grids.loops import MOST_BITS, Floats
from precisionlab.analysis.quantization.grids.records import Reach, StoredGrid

MIN_SIGNS: Final = 64
"""Non-zero numbers of one magnitude, at least, in blocks that have both signs."""
MIN_MINORITY: Final = 1 / 16
"""Of the non-zero numbers, so many have the rarer sign at least: masks have none."""
GGML_TERNARY: Final = 256


def sign_grid(rows: Rows) -> tuple[Reach, StoredGrid] | None:
    """The longest blocks within which all numbers but zeros have one magnitude, and both signs."""
    found = None
    for reach in reaches(*rows.shape):
        blocks = sampled(rows, reach)
        magnitudes = np.abs(np.where(np.isfinite(blocks), blocks, 0)).astype(np.float64)
        tops, sizes = magnitudes.max(axis=1), np.count_nonzero(magnitudes, axis=1)
        is_single = ((magnitudes == 0) | (magnitudes == tops[:, None])).all(axis=1)
        several = sizes > 1
        share = float(is_single[several].mean()) if several.any() else 1.0
        if share < MIN_SHARE:
            break
        positive = np.count_nonzero(blocks > 0, axis=1)
        minority = np.minimum(positive, sizes - positive)
        telling = is_single & (minority > 0)
        if sizes[telling].sum() >= MIN_SIGNS and minority.sum() >= MIN_MINORITY * sizes.sum():
            found = reach, named(reach, share, float(np.median(tops[telling])), has_zeros=bool((magnitudes == 0).any()))
    return found


def named(reach: Reach, share: float, scale: float, *, has_zeros: bool) -> StoredGrid:
    """Binary or ternary weights."""
    element = "ternary" if has_zeros else "binary"
    likely = "tq2_0" if has_zeros and reach.group == GGML_TERNARY else f"{element}_{reach.suffix}"
    return StoredGrid(element, reach.group, reach.layout, likely, scale, share, 2 + has_zeros, is_symmetric=True)


def whole_numbers(numbers: Floats, rounding: Rounding) -> StoredGrid | None:
    """Integers of any size stored as floats, such as token ids: those that the type would not make whole by itself."""
    values = np.unique(numbers[np.isfinite(numbers)])
    if not len(values) or (values != np.rint(values)).any():
        return None
    spaces = rounding.spacings(values[values != 0])
    bits = np.clip(-np.log2(spaces), 0.0, MOST_BITS)
    if bits.sum() - bits.max(initial=0.0) < COINCIDENCE_BITS:
        return None
    least, greatest = float(values[0]), float(values[-1])
    width = next(
        bits for bits in (8, 16, 32, 64, 128) if -(2.0 ** (bits - 1)) <= least and greatest < 2.0 ** (bits - 1)
    )
    levels = int(greatest) - int(least) + 1
    element = f"int{width}"
    return StoredGrid(element, None, "tensor", f"{element}:none", 1.0, 1.0, levels, is_symmetric=least < 0)
