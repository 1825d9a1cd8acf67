"""Grids that need no search: one magnitude with either sign, with or without zeros, and whole numbers."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from precisionlab.analysis.quantization.grids.blocks import Rounding, Rows, reaches, sampled
from precisionlab.analysis.quantization.grids.candidates import COINCIDENCE_BITS
from precisionlab.analysis.quantization.grids.fits import RESOLVED
from precisionlab.analysis.quantization.grids.loops import MOST_BITS, Floats
from precisionlab.analysis.quantization.grids.records import Reach, StoredGrid

MIN_SINGLE: Final = 0.99
"""Of the blocks, so many have one magnitude: coarse types make numbers agree that are nearly so."""
MIN_SIGNS: Final = 64
"""Non-zero numbers of one magnitude, at least, in blocks that have both signs."""
MIN_MINORITY: Final = 1 / 16
"""Of the non-zero numbers, so many have the rarer sign at least: masks have none."""
GGML_TERNARY: Final = 256
"""Length of the blocks of GGUF's ternary types."""
WIDTHS: Final = (8, 16, 32, 64)
"""Bits of integer types."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Blocks of numbers of which only the signs may differ."""

    share: float
    """Of the blocks of several numbers, those of one magnitude."""
    n_numbers: int
    """In blocks of one magnitude and both signs."""
    n_rarer: int
    """Of these, those of the rarer sign of their block."""
    magnitudes: Floats
    """Of these blocks."""
    has_zeros: bool

    @property
    def are_telling(self) -> bool:
        """Whether there are enough of either sign."""
        return self.n_numbers >= MIN_SIGNS and self.n_rarer >= MIN_MINORITY * self.n_numbers


def sign_grid(rows: Rows, rounding: Rounding) -> tuple[Reach, StoredGrid] | None:
    """The longest blocks within which all numbers but zeros have one magnitude, and both signs."""
    found = None
    for reach in reaches(*rows.shape):
        signs = signs_of(sampled(rows, reach), rounding)
        if signs.share < MIN_SINGLE:
            break
        if signs.are_telling:
            found = reach, named(reach, signs)
    return found


def signs_of(blocks: Rows, rounding: Rounding) -> Signs:
    """What blocks, [blocks, length], have of either sign. The smallest numbers of a type agree by themselves."""
    numbers = np.where(np.isfinite(blocks), blocks, 0).astype(np.float64)
    magnitudes = np.abs(numbers)
    tops, sizes = magnitudes.max(axis=1), np.count_nonzero(magnitudes, axis=1)
    n_positive = np.count_nonzero(numbers > 0, axis=1)
    n_rarer = np.minimum(n_positive, sizes - n_positive)
    is_single = ((magnitudes == 0) | (magnitudes == tops[:, None])).all(axis=1)
    is_telling = is_single & (n_rarer > 0) & (tops >= RESOLVED * rounding.windows(tops))
    return Signs(
        share=float(is_single[sizes > 1].mean()) if (sizes > 1).any() else 1.0,
        n_numbers=int(sizes[is_telling].sum()),
        n_rarer=int(n_rarer[is_telling].sum()),
        magnitudes=tops[is_telling],
        has_zeros=bool((numbers == 0).any()),
    )


def named(reach: Reach, signs: Signs) -> StoredGrid:
    """Binary or ternary weights."""
    element = "ternary" if signs.has_zeros else "binary"
    likely = "tq2_0" if signs.has_zeros and reach.group == GGML_TERNARY else f"{element}_{reach.suffix}"
    scale, levels = float(np.median(signs.magnitudes)), 2 + signs.has_zeros
    return StoredGrid(element, reach.group, reach.layout, likely, scale, signs.share, levels, is_symmetric=True)


def whole_numbers(rows: Rows, rounding: Rounding) -> StoredGrid | None:
    """Integers stored as floats, such as token ids, if the type would not make such numbers whole by itself."""
    numbers = rows[np.isfinite(rows)].astype(np.float64)
    if (numbers != np.rint(numbers)).any():
        return None
    values = np.unique(numbers)
    bits = np.clip(-np.log2(rounding.spacings(values[values != 0])), 0.0, MOST_BITS)
    least, greatest = int(values[0]), int(values[-1])
    width = next((bits for bits in WIDTHS if max(greatest, -least - 1) < 1 << (bits - 1)), None)
    if width is None or bits.sum() - bits.max(initial=0.0) < COINCIDENCE_BITS:
        return None
    levels = greatest - least + 1
    return StoredGrid(f"int{width}", None, "tensor", f"int{width}:none", 1.0, 1.0, levels, is_symmetric=least < 0)
