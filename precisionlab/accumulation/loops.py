"""Compiled loops of accumulators: products of weights [k, rows] with an input [k], one row beside the other, in float64."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.rounding.cpu import mixed
from precisionlab.summation.steps import (
    Constants,
    exponent_part,
    odd_sum,
    rounded,
    rounded_by,
)

Doubles = NDArray[np.float64]

ABREAST = 8
"""Rows that are read side by side: what they leave of a line stays in the first cache even if all lie in the same places."""


@njit(nogil=True, cache=True)
def turned(rows: NDArray[Any], columns: Doubles) -> None:
    """Rows [m, k] as columns [k, m] of float64."""
    n_columns, n_rows = columns.shape
    n_abreast = n_rows - n_rows % ABREAST
    for first in range(0, n_abreast, ABREAST):
        for i in range(n_columns):
            for j in range(ABREAST):
                columns[i, first + j] = rows[first + j, i]
    for j in range(n_abreast, n_rows):
        for i in range(n_columns):
            columns[i, j] = rows[j, i]


@njit(nogil=True, cache=True)
def multiply_rows(weights: Doubles, inputs: Doubles, products: Doubles, a: Constants) -> None:
    """Products [k, rows], each rounded to nearest even."""
    for i in range(weights.shape[0]):
        x = inputs[i]
        for j in range(weights.shape[1]):
            products[i, j] = rounded(weights[i, j] * x, a)


@njit(nogil=True, cache=True)
def chain_nearest(weights: Doubles, inputs: Doubles, sums: Doubles, a: Constants) -> None:
    """Every step is s <- s + w x, product and sum each rounded to nearest even. The first product is the first sum."""
    for j in range(sums.size):
        sums[j] = rounded(weights[0, j] * inputs[0], a)
    for i in range(1, weights.shape[0]):
        x = inputs[i]
        for j in range(sums.size):
            sums[j] = rounded(sums[j] + rounded(weights[i, j] * x, a), a)


@njit(nogil=True, cache=True)
def chain(  # noqa: PLR0913, PLR0917 - compiled
    weights: Doubles,
    inputs: Doubles,
    sums: Doubles,
    a: Constants,
    thresholds: tuple[float, float],
    is_fused: bool,
) -> None:
    """Every step is s <- s + w x, in a direction of rounding that has thresholds. The first product, rounded, is the first sum.

    Args:
        weights: [k, rows].
        inputs: [k].
        sums: [rows], overwritten.
        a: the format's constants for the direction.
        thresholds: those of `rounded_by`.
        is_fused: whether product and addition are rounded together.
    """
    above, below = thresholds
    for j in range(sums.size):
        sums[j] = rounded_by(weights[0, j] * inputs[0], a, above, below)
    for i in range(1, weights.shape[0]):
        x = inputs[i]
        if is_fused:
            for j in range(sums.size):
                sums[j] = rounded_by(odd_sum(sums[j], weights[i, j] * x), a, above, below)
        else:
            for j in range(sums.size):
                product = rounded_by(weights[i, j] * x, a, above, below)
                sums[j] = rounded_by(odd_sum(sums[j], product), a, above, below)


@njit(nogil=True, cache=True)
def drawn_chain(  # noqa: PLR0913, PLR0917 - compiled
    weights: Doubles,
    inputs: Doubles,
    sums: Doubles,
    a: Constants,
    draws: Any,  # noqa: ANN401 - a tuple of words
    places: NDArray[np.uint64],
    is_fused: bool,
) -> None:
    """The same with thresholds that are drawn: two random numbers a product, of key and number of bits in `draws`.

    `places` [rows] say from which number on; the first is for the product, the other for the addition.
    """
    key, bits = draws
    for j in range(sums.size):
        t = drawn(key, bits, places[j])
        sums[j] = rounded_by(weights[0, j] * inputs[0], a, t, t)
    for i in range(1, weights.shape[0]):
        x = inputs[i]
        step = np.uint64(2 * i)
        for j in range(sums.size):
            product = weights[i, j] * x
            if not is_fused:
                t = drawn(key, bits, places[j] + step)
                product = rounded_by(product, a, t, t)
            t = drawn(key, bits, places[j] + step + np.uint64(1))
            sums[j] = rounded_by(odd_sum(sums[j], product), a, t, t)


@njit(nogil=True, cache=True)
def chain_nearest_fused(weights: Doubles, inputs: Doubles, sums: Doubles, a: Constants) -> None:
    """Every step is s <- s + w x, rounded once to nearest even."""
    for j in range(sums.size):
        sums[j] = rounded(weights[0, j] * inputs[0], a)
    for i in range(1, weights.shape[0]):
        x = inputs[i]
        for j in range(sums.size):
            sums[j] = rounded(odd_sum(sums[j], weights[i, j] * x), a)


@njit(nogil=True, cache=True)
def add_once(terms: Doubles, sums: Doubles, a: Constants) -> None:
    """S <- s + t, rounded once to nearest even, also where both have more bits than the format."""
    for j in range(sums.size):
        sums[j] = sums[j] + terms[j] if a is None else rounded(odd_sum(sums[j], terms[j]), a)


@njit(nogil=True, cache=True)
def drawn(key: Any, bits: Any, place: Any) -> Any:  # noqa: ANN401 - words, a float64
    """A random threshold in (0, 1], a multiple of 2^-bits."""
    number = np.float64(np.int64(mixed(key, place) >> (np.uint64(64) - bits)))
    return 1.0 - number / np.float64(np.int64(np.uint64(1) << bits))


@njit(nogil=True, cache=True)
def blocks(  # noqa: PLR0913, PLR0917 - compiled
    weights: Doubles,
    inputs: Doubles,
    sums: Doubles,
    a: Constants,
    thresholds: tuple[float, float],
    is_nearest: bool,
    n_terms: int,
    powers: tuple[float, float, float, float],
) -> None:
    """Sums of aligned blocks, each rounded: what tensor cores do.

    Args:
        weights: [k, rows].
        inputs: [k].
        sums: [rows], from which it goes on.
        a: constants of the accumulator's format.
        thresholds: those of `rounded_by`.
        is_nearest: whether sums are rounded to nearest even instead.
        n_terms: of a block.
        powers: two to the lowest exponent of the factors, of the accumulator and of the alignment, and to minus the
            number of bits that are kept.
    """
    of_factors, of_sums, floor, cut = powers
    k, n_rows = weights.shape
    tops, scales, whole, plain = np.empty(n_rows), np.empty(n_rows), np.empty(n_rows), np.empty(n_rows)
    for start in range(0, k, n_terms):
        stop = min(k, start + n_terms)
        for j in range(n_rows):
            tops[j] = max(floor, max(exponent_part(sums[j]), of_sums) if sums[j] != 0.0 else 0.0)
        for i in range(start, stop):
            x = inputs[i]
            x_power = max(exponent_part(x), of_factors)
            for j in range(n_rows):
                w = weights[i, j]
                power = max(exponent_part(w), of_factors) * x_power
                tops[j] = max(tops[j], power if w * x != 0.0 else 0.0)
        for j in range(n_rows):
            # What is not finite has its own arithmetic; tops are then infinite, and the whole is not used.
            tops[j] = tops[j] * cut
            scales[j] = 1.0 / tops[j]
            whole[j] = toward_zero(sums[j] * scales[j])
            plain[j] = sums[j]
        for i in range(start, stop):
            x = inputs[i]
            for j in range(n_rows):
                product = weights[i, j] * x
                whole[j] += toward_zero(product * scales[j])
                plain[j] += product
        for j in range(n_rows):
            total = whole[j] * tops[j]
            near = rounded(total, a) if is_nearest else rounded_by(total, a, thresholds[0], thresholds[1])
            near = np.copysign(np.inf, total) if abs(total) >= 2.0 * exponent_part(a.limit) else near
            # A sum of zero is positive, whatever it came from.
            sums[j] = near + 0.0 if abs(plain[j]) < np.inf else plain[j]


@njit(nogil=True, cache=True)
def toward_zero(x: float) -> Any:  # noqa: ANN401 - a float64
    """The integer part of a number below 2^63."""
    return np.float64(np.int64(x))
