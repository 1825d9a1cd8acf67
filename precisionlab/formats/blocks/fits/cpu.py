"""Compiled loops that find scales by trial; `accelerator` holds their torch twins.

The arithmetic, its order and its ties are those of the reference quantizers in llama.cpp's
ggml-quants.c without contraction to fused operations: `make_qx_quants`, `make_q3_quants`,
`make_qkx2_quants` and `quantize_row_iq4_nl_impl`.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.formats.blocks.fits.trials import ROUNDS, TABLE_TRIALS, TRIALS
from precisionlab.formats.blocks.parts import NEGLIGIBLE

Floats = NDArray[np.float32]

ZERO: Final = np.float32(0)
TENTH: Final = np.float32(0.1)
SMALL: Final = np.float32(NEGLIGIBLE)


@njit(nogil=True, cache=True, error_model="numpy")
def signed_top(x: Floats) -> np.float32:
    """The first number of largest magnitude."""
    top = ZERO
    for value in x:
        if abs(value) > abs(top):
            top = value
    return top


@njit(nogil=True, cache=True, error_model="numpy")
def clamped(value: np.float32, size: np.float32) -> np.float32:
    """The nearest integer from -size to size - 1."""
    return max(-size, min(size - np.float32(1), np.rint(value)))


@njit(nogil=True, cache=True, error_model="numpy")
def projected(x: Floats, inverse: np.float32, size: np.float32) -> tuple[np.float32, np.float32]:
    """Weighted by x^2: the sums of x l and of l^2 over the elements l that x becomes under 1 / scale."""
    products = squares = ZERO
    for value in x:
        element = clamped(inverse * value, size)
        weight = value * value
        products += weight * value * element
        squares += weight * element * element
    return products, squares


@njit(nogil=True, cache=True, error_model="numpy")
def fit_symmetric(blocks: Floats, size: np.float32, scales: Floats) -> None:
    """For elements from -size to size - 1; `make_qx_quants` with weights x^2."""
    for i in range(blocks.shape[0]):
        x = blocks[i]
        top = signed_top(x)
        if abs(top) < SMALL:
            scales[i] = ZERO
            continue
        products, squares = projected(x, -size / top, size)
        scale = products / squares if squares != ZERO else ZERO
        best = scale * products
        for trial in range(-TRIALS, TRIALS + 1):
            if trial == 0:
                continue
            products, squares = projected(x, -(size + TENTH * np.float32(trial)) / top, size)
            if squares > ZERO and products * products > best * squares:
                scale = products / squares
                best = scale * products
        scales[i] = scale


@njit(nogil=True, cache=True, error_model="numpy")
def fit_three_bits(blocks: Floats, size: np.float32, scales: Floats) -> None:
    """For elements from -size to size - 1, moved one by one; `make_q3_quants`."""
    elements = np.empty(blocks.shape[1], np.float32)
    for i in range(blocks.shape[0]):
        x = blocks[i]
        top = signed_top(x)
        if abs(top) < SMALL:
            scales[i] = ZERO
            continue
        products, squares = projected(x, -size / top, size)
        for k in range(x.size):
            elements[k] = clamped(-size / top * x[k], size)
        for _ in range(ROUNDS):
            n_moved = 0
            for k in range(x.size):
                weight = x[k] * x[k]
                other_products = products - weight * x[k] * elements[k]
                if not other_products > ZERO:
                    continue
                other_squares = squares - weight * elements[k] * elements[k]
                moved = clamped(x[k] * other_squares / other_products, size)
                if moved == elements[k]:
                    continue
                new_products = other_products + weight * x[k] * moved
                new_squares = other_squares + weight * moved * moved
                is_better = new_products * new_products * squares > products * products * new_squares
                if new_squares > ZERO and is_better:
                    elements[k], products, squares = moved, new_products, new_squares
                    n_moved += 1
            if not n_moved:
                break
        scales[i] = products / squares if squares > ZERO else ZERO


@njit(nogil=True, cache=True, error_model="numpy")
def fit_affine(  # noqa: PLR0913, PLR0917 - compiled
    blocks: Floats,
    highest: np.float32,
    start: np.float32,
    steps: int,
    is_absolute: bool,
    scales: Floats,
    minima: Floats,
) -> None:
    """For elements from 0 to highest; `make_qkx2_quants`. Minima are what is subtracted, not negative.

    Each success moves the minimum from which the following trials step.
    """
    weights = np.empty(blocks.shape[1], np.float32)
    elements = np.empty(blocks.shape[1], np.float32)
    for i in range(blocks.shape[0]):
        x = blocks[i]
        weigh(x, is_absolute, weights)
        low, high = x[0], x[0]
        weight_sum = weights[0]
        value_sum = weight_sum * x[0]
        for k in range(1, x.size):
            low, high = min(low, x[k]), max(high, x[k])
            weight_sum += weights[k]
            value_sum += weights[k] * x[k]
        low = min(low, ZERO)
        if high == low:
            scales[i], minima[i] = ZERO, ZERO - low
            continue
        inverse = highest / (high - low)
        scale, minimum = np.float32(1) / inverse, low
        to_elements(x, inverse, low, highest, elements)
        best = error_of(x, elements, weights, scale, minimum, is_absolute)
        for trial in range(steps + 1):
            inverse = (start + TENTH * np.float32(trial) + highest) / (high - minimum)
            to_elements(x, inverse, minimum, highest, elements)
            firsts, seconds, products = weighted_sums(x, elements, weights)
            determinant = weight_sum * seconds - firsts * firsts
            if not determinant > ZERO:
                continue
            this_scale = (weight_sum * products - value_sum * firsts) / determinant
            this_minimum = (seconds * value_sum - firsts * products) / determinant
            if this_minimum > ZERO:
                this_minimum = ZERO
                this_scale = products / seconds
            error = error_of(x, elements, weights, this_scale, this_minimum, is_absolute)
            if error < best:
                best, scale, minimum = error, this_scale, this_minimum
        scales[i], minima[i] = scale, ZERO - minimum


@njit(nogil=True, cache=True, error_model="numpy")
def weighted_sums(x: Floats, elements: Floats, weights: Floats) -> tuple[np.float32, np.float32, np.float32]:
    """The weighted sums of elements, of their squares, and of their products with the numbers."""
    firsts = seconds = products = ZERO
    for k in range(x.size):
        firsts += weights[k] * elements[k]
        seconds += weights[k] * elements[k] * elements[k]
        products += weights[k] * elements[k] * x[k]
    return firsts, seconds, products


@njit(nogil=True, cache=True, error_model="numpy")
def weigh(x: Floats, is_absolute: bool, weights: Floats) -> None:
    """|x|, for squares plus the root of the mean square."""
    base = ZERO
    if not is_absolute:
        for value in x:
            base += value * value
        base = np.sqrt(base / np.float32(x.size))
    for k in range(x.size):
        weights[k] = base + abs(x[k])


@njit(nogil=True, cache=True, error_model="numpy")
def to_elements(x: Floats, inverse: np.float32, low: np.float32, highest: np.float32, elements: Floats) -> None:
    """The elements that numbers become under a step and a minimum."""
    for k in range(x.size):
        elements[k] = max(ZERO, min(highest, np.rint(inverse * (x[k] - low))))


@njit(nogil=True, cache=True, error_model="numpy")
def error_of(  # noqa: PLR0913, PLR0917 - compiled
    x: Floats, elements: Floats, weights: Floats, scale: np.float32, minimum: np.float32, is_absolute: bool
) -> np.float32:
    """The weighted sum of errors."""
    total = ZERO
    for k in range(x.size):
        difference = scale * elements[k] + minimum - x[k]
        total += weights[k] * (abs(difference) if is_absolute else difference * difference)
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def fit_table(blocks: Floats, bounds: Floats, entries: Floats, scales: Floats) -> None:
    """For the entries of a table in increasing order; `quantize_row_iq4_nl_impl` with 7 trials on either side."""
    for i in range(blocks.shape[0]):
        x = blocks[i]
        top = signed_top(x)
        if abs(top) < SMALL:
            scales[i] = ZERO
            continue
        products, squares = projected_by_table(x, np.float32(1) / (-top / entries[0]), bounds, entries)
        scale = products / squares
        best = scale * products
        for trial in range(-TABLE_TRIALS, TABLE_TRIALS + 1):
            products, squares = projected_by_table(x, (np.float32(trial) + entries[0]) / top, bounds, entries)
            if squares > ZERO and products * products > best * squares:
                scale = products / squares
                best = scale * products
        scales[i] = scale


@njit(nogil=True, cache=True, error_model="numpy")
def projected_by_table(
    x: Floats, inverse: np.float32, bounds: Floats, entries: Floats
) -> tuple[np.float32, np.float32]:
    """`projected` for the entries of a table."""
    products = squares = ZERO
    for value in x:
        scaled = inverse * value
        index = 0
        for bound in bounds:
            index += scaled >= bound
        element = entries[index]
        weight = value * value
        products += weight * element * value
        squares += weight * element * element
    return products, squares
