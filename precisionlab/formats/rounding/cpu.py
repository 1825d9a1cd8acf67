"""Compiled loops that round patterns of binary32 or binary64; `accelerator` holds their torch twins.

A pattern without sign is exponent and fraction; its significand is the fraction with the hidden
bit. As the pattern of a sum that carries into the exponent is the sum of the patterns, rounding
is an addition to the significand and a mask, for subnormals with more bits masked. Numba
promotes 32-bit arithmetic to 64 bits, which halves the vectors, unless each step is cut back to
its word: hence the casts, and a factory that closes over the word.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.modes import Rounding
from precisionlab.formats.rounding.coding import Coding
from precisionlab.formats.rounding.grid import Grid
from precisionlab.formats.rounding.policy import MAX_RANDOM_BITS, Draws

Patterns = NDArray[np.uint32] | NDArray[np.uint64]

Word = Any
"""A numpy scalar of 32 or 64 bits in compiled code, which numba types."""
Words = Any
"""A `Grid`, a `Coding` or `Draws` of such."""

NEAREST_EVEN: Final = 0
NEAREST_AWAY: Final = 1
TOWARD_ZERO: Final = 2
UP: Final = 3
DOWN: Final = 4
MODES: Final = {
    Rounding.NEAREST_EVEN: NEAREST_EVEN,
    Rounding.NEAREST_AWAY: NEAREST_AWAY,
    Rounding.TOWARD_ZERO: TOWARD_ZERO,
    Rounding.UP: UP,
    Rounding.DOWN: DOWN,
    Rounding.TO_ODD: 5,
}


def round_patterns(patterns: Patterns, rounded: Patterns, grid: Grid, mode: Rounding) -> int:
    """Round `patterns` into `rounded`, another array, else there are no vectors; gives the highest result."""
    word: Word = patterns.dtype.type
    words = kept_in_words(grid, word)
    if mode is Rounding.NEAREST_EVEN and is_plain(grid):
        return int(plain_rounder(word)(patterns, rounded, words))
    return int(rounder(word)(patterns, rounded, words, MODES[mode]))


def is_plain(grid: Grid) -> bool:
    """Whether signs do not matter, and zero and subnormals are as in IEEE 754."""
    is_symmetric = (grid.limit_positive, grid.beyond_positive, grid.infinity_positive) == (
        grid.limit_negative,
        grid.beyond_negative,
        grid.infinity_negative,
    )
    has_rules = grid.gap or grid.flush_results or grid.flush_sources or grid.parity_mask
    return bool(is_symmetric and grid.kept_sign and grid.signed_zero and not has_rules)


def draw_patterns(patterns: Patterns, rounded: Patterns, grid: Grid, draws: Draws) -> int:
    """`round_patterns`, but stochastically."""
    return int(draw_loop(patterns, rounded, kept_in_words(grid, np.uint64), in_words(draws, np.uint64)))


def code_patterns(patterns: Patterns, codes: NDArray[np.unsignedinteger], coding: Coding) -> None:
    """Write the codes of rounded patterns."""
    word: Word = patterns.dtype.type
    coder(word)(patterns, codes, kept_in_words(coding, word))


@lru_cache(maxsize=1024)
def kept_in_words(constants: Grid | Coding, word: type[np.unsignedinteger]) -> Words:
    """`in_words` of constants that are the same for every block."""
    return in_words(constants, word)


def in_words(constants: Grid | Coding | Draws, word: type[np.unsignedinteger]) -> Words:
    """The constants in the width of the patterns, so that numba promotes nothing."""
    words: list[Any] = [word(constant) for constant in constants]
    return type(constants)(*words)


@njit(nogil=True, cache=True)
def settled(rounded: Word, magnitude: Word, negative: bool, nothing: Word, grid: Words) -> Word:
    """The result for a magnitude that is `rounded` if it is an ordinary one: the gap about zero, ends and specials.

    `nothing` is 0 in the width of the others.
    """
    threshold = grid.gap_up_negative if negative else grid.gap_up_positive
    above_nothing = grid.smallest if magnitude >= threshold else nothing
    result = above_nothing if magnitude < grid.gap else rounded
    result = nothing if result < grid.flush_results else result
    limit = grid.limit_negative if negative else grid.limit_positive
    beyond = grid.beyond_negative if negative else grid.beyond_positive
    result = beyond if result > limit else result
    result = grid.zero if magnitude == nothing else result
    infinite = grid.infinity_negative if negative else grid.infinity_positive
    result = infinite if magnitude == grid.infinity else result
    return grid.nan if magnitude > grid.infinity else result


@cache
def rounder(word: Word) -> Callable[..., int]:
    """The deterministic loop for one width of patterns."""
    one, zero = word(1), word(0)
    shift_mask = word(8 * word().itemsize - 1)

    @njit(nogil=True, cache=True)
    def round_loop(patterns: Patterns, rounded: Patterns, grid: Words, mode: int) -> Word:
        width = grid.mantissa_bits
        hidden = word(one << (width & shift_mask))
        fraction_mask = word(hidden - one)
        deepest = word(width + word(2))
        highest = zero
        for i in range(patterns.size):
            pattern = patterns[i]
            negative = word(pattern & grid.sign) != zero
            magnitude = word(pattern & word(grid.sign - one))
            magnitude = zero if magnitude < grid.flush_sources else magnitude
            field = word(magnitude >> (width & shift_mask))
            exponent = word(max(field, one))
            significand = word(word(magnitude & fraction_mask) | (hidden if field > zero else zero))
            top = word(max(exponent, grid.lowest_exponent))
            drop = word(min(word(grid.dropped_bits + word(top - exponent)), deepest)) & shift_mask
            mask = word(word(one << drop) - one)
            parity = word(word(top + grid.parity_offset) & grid.parity_mask)
            is_odd = word(word(word(significand >> drop) + parity) & one)
            if mode == NEAREST_EVEN:
                increment = word(word(mask >> one) + word(word(mask & one) & is_odd))
            elif mode == NEAREST_AWAY:
                increment = word(word(mask >> one) + word(mask & one))
            elif mode == TOWARD_ZERO:
                increment = zero
            elif mode == UP:
                increment = zero if negative else mask
            elif mode == DOWN:
                increment = mask if negative else zero
            else:
                increment = word(mask & word(is_odd - one))
            kept = word(word(significand + increment) & word(~mask))
            result = word(word(magnitude - significand) + kept)
            result = grid.smallest if drop > width else result
            result = zero if kept == zero else result
            result = settled(result, magnitude, negative, zero, grid)
            highest = word(max(highest, result))
            sign = word(pattern & grid.kept_sign)
            rounded[i] = word(result | (sign if word(result | grid.signed_zero) != zero else zero))
        return highest

    return cast(Callable[..., int], round_loop)


@cache
def plain_rounder(word: Word) -> Callable[..., int]:
    """The loop for rounding to nearest even on plain grids, for one width of patterns: the usual case, in half the steps.

    Where the format's subnormals are those of the working type, all patterns drop the same bits.
    """
    one, zero = word(1), word(0)
    shift_mask = word(8 * word().itemsize - 1)

    @njit(nogil=True, cache=True)
    def plain_loop(patterns: Patterns, rounded: Patterns, grid: Words) -> Word:
        width = grid.mantissa_bits
        hidden = word(one << (width & shift_mask))
        fraction_mask = word(hidden - one)
        deepest = word(width + word(2))
        magnitude_mask = word(grid.sign - one)
        highest = zero
        if grid.lowest_exponent <= one:
            always = grid.dropped_bits & shift_mask
            lost = word(word(one << always) - one)
            half_less = word(lost >> one)
            odd_mask = word(lost & one)
            for i in range(patterns.size):
                pattern = patterns[i]
                magnitude = word(pattern & magnitude_mask)
                is_odd = word(word(magnitude >> always) & odd_mask)
                result = word(word(word(magnitude + half_less) + is_odd) & word(~lost))
                infinite = grid.infinity_positive if magnitude == grid.infinity else grid.beyond_positive
                special = grid.nan if magnitude > grid.infinity else infinite
                result = special if result > grid.limit_positive else result
                highest = word(max(highest, result))
                rounded[i] = word(result | word(pattern ^ magnitude))
            return highest
        for i in range(patterns.size):
            pattern = patterns[i]
            magnitude = word(pattern & magnitude_mask)
            field = word(magnitude >> (width & shift_mask))
            exponent = word(max(field, one))
            significand = word(word(magnitude & fraction_mask) | (hidden if field > zero else zero))
            below = word(word(max(exponent, grid.lowest_exponent)) - exponent)
            drop = word(min(word(grid.dropped_bits + below), deepest)) & shift_mask
            mask = word(word(one << drop) - one)
            is_odd = word(word(significand >> drop) & word(mask & one))
            kept = word(word(word(significand + word(mask >> one)) + is_odd) & word(~mask))
            result = word(word(magnitude - significand) + kept)
            result = grid.smallest if drop > width else result
            result = zero if kept == zero else result
            infinite = grid.infinity_positive if magnitude == grid.infinity else grid.beyond_positive
            special = grid.nan if magnitude > grid.infinity else infinite
            result = special if result > grid.limit_positive else result
            highest = word(max(highest, result))
            rounded[i] = word(result | word(pattern ^ magnitude))
        return highest

    return cast(Callable[..., int], plain_loop)


@njit(nogil=True, cache=True)
def mixed(key: Word, index: Word) -> Word:
    """64 random bits for an index: SplitMix64 (Steele, Lea and Flood, 2014), whose state is a counter."""
    bits = np.uint64(key + (index + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@njit(nogil=True, cache=True)
def draw_loop(patterns: Patterns, rounded: Patterns, grid: Words, draws: Words) -> Word:
    """The stochastic loop, in 64 bits for either width.

    The distance to the lower neighbour, in units of the gap and cut to r bits, is added to r
    random bits; the carry says up. So the probability is a multiple of 2^-r.
    """
    one: Word = np.uint64(1)
    zero: Word = np.uint64(0)
    width = grid.mantissa_bits
    hidden = one << width
    random_bits = draws.random_bits
    highest = zero
    for i in range(patterns.size):
        pattern: Word = np.uint64(patterns[i])
        negative = (pattern & grid.sign) != zero
        magnitude = pattern & (grid.sign - one)
        magnitude = zero if magnitude < grid.flush_sources else magnitude
        field = magnitude >> width
        exponent = max(field, one)
        significand = (magnitude & (hidden - one)) | (hidden if field > zero else zero)
        drop = grid.dropped_bits + max(exponent, grid.lowest_exponent) - exponent
        shift = min(drop, np.uint64(MAX_RANDOM_BITS))
        distance = significand & ((one << shift) - one)
        if drop <= random_bits:
            distance_cut = distance << (random_bits - drop)
        else:
            distance_cut = distance >> min(drop - random_bits, np.uint64(63))
        chance = mixed(draws.key, draws.first_index + np.uint64(i)) >> (np.uint64(64) - random_bits)
        up = (distance_cut + chance) >> random_bits
        kept = significand - distance + (up << shift)
        result = magnitude - significand + kept
        result = grid.smallest if drop > width else result
        result = zero if kept == zero else result
        result = settled(result, magnitude, negative, zero, grid)
        highest = max(highest, result)
        sign = pattern & grid.kept_sign
        rounded[i] = result | (sign if (result | grid.signed_zero) != zero else zero)
    return highest


@cache
def coder(word: Word) -> Callable[..., None]:
    """The loop from rounded patterns to codes, for one width of patterns."""
    one, zero = word(1), word(0)
    shift_mask = word(8 * word().itemsize - 1)

    @njit(nogil=True, cache=True)
    def code_loop(patterns: Patterns, codes: NDArray[np.unsignedinteger], coding: Words) -> None:
        width = coding.mantissa_bits
        hidden = word(one << (width & shift_mask))
        for i in range(patterns.size):
            negative = word(patterns[i] & coding.sign) != zero
            magnitude = word(patterns[i] & word(coding.sign - one))
            field = word(magnitude >> (width & shift_mask))
            exponent = word(max(field, one))
            significand = word(word(magnitude & word(hidden - one)) | (hidden if field > zero else zero))
            top = word(max(exponent, coding.lowest_exponent))
            above = word(top - coding.lowest_exponent)
            drop = word(min(word(coding.dropped_bits + word(top - exponent)), word(width + one))) & shift_mask
            code = word(word(significand >> drop) << word(above & coding.left_mask & shift_mask))
            exponents = word(word(above & coding.exponent_mask) << (coding.code_mantissa_bits & shift_mask))
            code = word(word(code + exponents) - coding.hidden)
            code = zero if magnitude == zero else code
            code = word(word(code ^ coding.negative_flip) + coding.negative_add) if negative else code
            code = word(word(code + coding.offset) & coding.mask)
            infinite = coding.infinity_negative if negative else coding.infinity_positive
            code = infinite if magnitude == coding.infinity else code
            nan = coding.nan_negative if negative else coding.nan_positive
            codes[i] = nan if magnitude > coding.infinity else code

    return cast(Callable[..., None], code_loop)
