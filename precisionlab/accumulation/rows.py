"""The sums of some rows of a matrix product, as each kind of accumulator computes them, on the CPU."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precisionlab.accumulation import loops
from precisionlab.accumulation.records import BlockFma, Chain, Promoted
from precisionlab.formats.modes import Rounding
from precisionlab.formats.rounding.policy import Draw
from precisionlab.summation.anchors import DOUBLE, anchors_of
from precisionlab.summation.lanes import Lanes, cut, finished, sum_lanes
from precisionlab.summation.methods import Way
from precisionlab.summation.steps import THRESHOLDS

Doubles = NDArray[np.float64]
Draws = tuple[int, NDArray[np.uint64]]
"""A key, and the place [rows] of each sum's first random number."""


def row_sums(weights: Doubles, inputs: Doubles, accumulator: Chain | BlockFma | Promoted, draws: Draws) -> Doubles:
    """Sums [rows] of the products of weights [k, rows] with inputs [k]; k is at least 1."""
    match accumulator:
        case Chain():
            return chain_sums(weights, inputs, accumulator, draws)
        case BlockFma():
            return block_sums(weights, inputs, accumulator)
        case Promoted():
            return promoted_sums(weights, inputs, accumulator, draws)


def chain_sums(weights: Doubles, inputs: Doubles, chain: Chain, draws: Draws) -> Doubles:
    """The sums of a chain."""
    if chain.method.way is Way.BLOCKED and chain.is_fused:
        inner = Chain(chain.format, chain.rounding, is_fused=True)
        return promoted_sums(weights, inputs, Promoted(inner, chain.method.parameter, chain.format), draws)
    if chain.rounding is Rounding.DOWN:
        # Down is up in a mirror, where numbers that cancel are +0: here they are -0, as IEEE 754 (6.3) wants.
        return -chain_sums(weights, -inputs, replace(chain, rounding=Rounding.UP), draws)
    if chain.method.way is not Way.RECURSIVE or chain.format == DOUBLE:
        return ordered_sums(weights, inputs, chain)
    sums = np.empty(weights.shape[1])
    anchors = anchors_of(chain.format, chain.rounding)
    if chain.rounding is Rounding.NEAREST_EVEN:
        loop = loops.chain_nearest_fused if chain.is_fused else loops.chain_nearest
        loop(weights, inputs, sums, anchors)
        return sums
    if chain.rounding is Draw.STOCHASTIC:
        key, places = draws
        words = np.uint64(key), np.uint64(chain.random_bits)
        loops.drawn_chain(weights, inputs, sums, anchors, words, places, chain.is_fused)
    else:
        loops.chain(weights, inputs, sums, anchors, THRESHOLDS[chain.rounding], chain.is_fused)
    return sums


def ordered_sums(weights: Doubles, inputs: Doubles, chain: Chain) -> Doubles:
    """The sums of rounded products in the chain's order, each addition to nearest even."""
    anchors = None if chain.format == DOUBLE else anchors_of(chain.format)

    def terms(rows: slice, block: slice) -> NDArray[Any]:
        products = np.empty((rows.stop - rows.start, block.stop - block.start))
        loops.multiply_rows(np.ascontiguousarray(weights[rows, block]), inputs[rows], products, anchors)
        return products

    lanes = Lanes(terms, len(weights), weights.shape[1], np.float64)
    return finished(sum_lanes(lanes, chain.method, anchors, threads=1), chain.method, anchors)


def block_sums(weights: Doubles, inputs: Doubles, unit: BlockFma) -> Doubles:
    """The sums of a tensor core that starts from zero."""
    sums = np.zeros(weights.shape[1])
    add_blocks(weights, inputs, sums, unit)
    return sums


def add_blocks(weights: Doubles, inputs: Doubles, sums: Doubles, unit: BlockFma) -> None:
    """Add the products of weights [k, rows] with inputs [k] to sums [rows], as a tensor core does to its accumulator."""
    exponents = (unit.operands.min_exponent, unit.format.min_exponent, unit.lowest_exponent, -unit.alignment_bits)
    of_factors, of_sums, floor, kept = (2.0**exponent for exponent in exponents)
    anchors = anchors_of(unit.format, unit.rounding)
    is_nearest = unit.rounding is Rounding.NEAREST_EVEN
    thresholds = THRESHOLDS[Rounding.TOWARD_ZERO if is_nearest else unit.rounding]
    powers = of_factors, of_sums, floor, kept
    loops.blocks(weights, inputs, sums, anchors, thresholds, is_nearest, unit.terms, powers)


def promoted_sums(weights: Doubles, inputs: Doubles, promoted: Promoted, draws: Draws) -> Doubles:
    """The sums of sums of so many products each, the first of which is rounded to the outer format."""
    key, places = draws
    parts = np.empty((-(-len(weights) // promoted.every), weights.shape[1]))
    for part, rows in zip(parts, cut(len(weights), promoted.every), strict=True):
        moved = places + np.uint64(2 * rows.start)
        part[:] = row_sums(weights[rows], inputs[rows], promoted.inner, (key, moved))
    sums, ones = np.empty(weights.shape[1]), np.ones(len(parts))
    if promoted.format == DOUBLE:
        loops.chain_nearest(parts, ones, sums, None)
    else:
        # Parts may have more bits than the sums: float64 would round what both need more of than it has.
        loops.chain_nearest_fused(parts, ones, sums, anchors_of(promoted.format))
    return sums
