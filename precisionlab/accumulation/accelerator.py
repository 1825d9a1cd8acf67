"""Matrix products of torch tensors: by the compiled loops where they lie on the CPU, by their torch twin elsewhere.

The twin goes through the products one after the other, or block after block, for all outputs at once.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from precisionlab.accumulation.arrays import numpy_product
from precisionlab.accumulation.records import Accumulator, BlockFma, Chain, Promoted, Strassen, operands_of
from precisionlab.formats.modes import Rounding
from precisionlab.formats.rounding import round_to
from precisionlab.formats.rounding.accelerator import logical_shift, mixed
from precisionlab.formats.rounding.policy import Draw
from precisionlab.summation.accelerator import exponent_part, odd_sum, rounded, rounded_by, sums_parts
from precisionlab.summation.anchors import DOUBLE, Anchors, anchors_of
from precisionlab.summation.lanes import finished
from precisionlab.summation.methods import Way
from precisionlab.summation.steps import THRESHOLDS
from precisionlab.summation.tensors import WITHOUT_DOUBLES, as_numpy

AT_ONCE: Final = 1 << 24
"""Products that are held at a time."""


def tensor_product(weights: Tensor, inputs: Tensor, made: Accumulator, key: int, threads: int) -> Tensor:
    """`matmul_by` for torch."""
    w, x = weights.detach(), inputs.detach()
    columns = x.reshape(len(x), x.shape[1:].numel())
    shape = (len(w), *x.shape[1:])
    # Strassen's recursion is a demonstration; it has no twin.
    if w.device.type == "cpu" or w.device.type in WITHOUT_DOUBLES or isinstance(made, Strassen):
        product = torch.from_numpy(numpy_product(as_numpy(w), as_numpy(columns), made, key, threads))
        kind = torch.float32 if w.device.type in WITHOUT_DOUBLES else torch.float64
        return product.reshape(shape).to(w.device, kind)
    return device_product(w, columns, made, key).reshape(shape)


def device_product(weights: Tensor, inputs: Tensor, made: Chain | BlockFma | Promoted, key: int) -> Tensor:
    """The product [m, n] of weights [m, k] and inputs [k, n], on their device."""
    operands = operands_of(made)
    w, x = (factor.to(torch.float64) for factor in (weights, inputs))
    if operands is not None:
        w, x = round_to(w, operands), round_to(x, operands)
    m, n = len(w), x.shape[1]
    if not len(x) or not m * n:
        return w.new_zeros((m, n))
    places = torch.arange(m * n, dtype=torch.int64, device=w.device).reshape(m, n) * (2 * len(x))
    n_rows = max(1, AT_ONCE // (len(x) * n))
    pieces = zip(torch.split(w, n_rows), torch.split(places, n_rows), strict=True)
    return torch.cat([sums_of(rows, x, made, (key, place)) for rows, place in pieces])


def sums_of(w: Tensor, x: Tensor, made: Chain | BlockFma | Promoted, draws: tuple[int, Tensor]) -> Tensor:
    """The sums [m, n] of the products of w [m, k] and x [k, n]."""
    match made:
        case Chain():
            return chain_sums(w, x, made, draws)
        case BlockFma():
            return with_blocks(w.new_zeros((len(w), x.shape[1])), w, x, made)
        case Promoted():
            return promoted_sums(w, x, made, draws)


def chain_sums(w: Tensor, x: Tensor, chain: Chain, draws: tuple[int, Tensor]) -> Tensor:
    """The sums of a chain."""
    if chain.method.way is Way.BLOCKED and chain.is_fused:
        inner = Chain(chain.format, chain.rounding, is_fused=True)
        return promoted_sums(w, x, Promoted(inner, chain.method.parameter, chain.format), draws)
    if chain.rounding is Rounding.DOWN:
        return -chain_sums(w, -x, replace(chain, rounding=Rounding.UP), draws)
    if chain.rounding is Rounding.NEAREST_EVEN and (not chain.is_fused or chain.format == DOUBLE):
        anchors = None if chain.format == DOUBLE else anchors_of(chain.format)
        terms = rounded(w.T[:, :, None] * x[:, None, :], anchors)
        parts = sums_parts(terms.reshape(len(x), -1), chain.method, anchors)
        sums = torch.from_numpy(finished(parts.cpu().numpy(), chain.method, anchors))
        return sums.reshape(len(w), x.shape[1]).to(w.device)
    step = step_of(chain, draws)
    total = step(w[:, :1] * x[:1], 0)
    for i in range(1, len(x)):
        product = w[:, i : i + 1] * x[i : i + 1]
        total = step(odd_sum(total, product if chain.is_fused else step(product, 2 * i)), 2 * i + 1)
    return total


def step_of(chain: Chain, draws: tuple[int, Tensor]) -> Callable[[Tensor, int], Tensor]:
    """(exact or odd numbers, number of the operation) -> the chain's numbers."""
    anchors = anchors_of(chain.format, chain.rounding)
    if chain.rounding is Rounding.NEAREST_EVEN:
        return lambda numbers, _: rounded(numbers, anchors)
    if chain.rounding is not Draw.STOCHASTIC:
        thresholds = THRESHOLDS[chain.rounding]
        return lambda numbers, _: rounded_by(numbers, anchors, *thresholds)
    key, places = draws

    def step(numbers: Tensor, number: int) -> Tensor:
        drawn = logical_shift(mixed(key, places + number), 64 - chain.random_bits).to(torch.float64)
        threshold = 1.0 - drawn * 2.0**-chain.random_bits
        return rounded_by(numbers, anchors, threshold, threshold)

    return step


def with_blocks(total: Tensor, w: Tensor, x: Tensor, unit: BlockFma) -> Tensor:
    """The sums [m, n] and what a tensor core adds to such an accumulator."""
    anchors = anchors_of(unit.format, unit.rounding)
    of_factors = 2.0**unit.operands.min_exponent
    w_powers, x_powers = (exponent_part(factor.contiguous()).clamp_min(of_factors) for factor in (w, x))
    for start in range(0, len(x), unit.terms):
        block = slice(start, start + unit.terms)
        products = w.T[block, :, None] * x[block, None, :]
        powers = w_powers.T[block, :, None] * x_powers[block, None, :]
        total = block_sum(total, products, torch.where(products != 0, powers, 0.0), unit, anchors)
    return total


def block_sum(total: Tensor, products: Tensor, powers: Tensor, unit: BlockFma, anchors: Anchors) -> Tensor:
    """One aligned sum, rounded: see `loops.blocks`."""
    own = torch.where(total != 0, exponent_part(total).clamp_min(2.0**unit.format.min_exponent), 0.0)
    top = torch.maximum(powers.amax(0), own).clamp_min(2.0**unit.lowest_exponent) * 2.0**-unit.alignment_bits
    whole = (total / top).trunc() + (products / top).trunc().sum(0)
    plain = total + products.sum(0)
    exact = whole * top
    is_nearest = unit.rounding is Rounding.NEAREST_EVEN
    near = rounded(exact, anchors) if is_nearest else rounded_by(exact, anchors, *THRESHOLDS[unit.rounding])
    beyond = 2.0 ** (unit.format.max_exponent + 1)
    near = torch.where(exact.abs() >= beyond, torch.copysign(torch.full_like(exact, torch.inf), exact), near)
    return torch.where(plain.abs() < torch.inf, near + 0.0, plain)


def promoted_sums(w: Tensor, x: Tensor, promoted: Promoted, draws: tuple[int, Tensor]) -> Tensor:
    """The sums of sums of so many products each, the first of which is rounded to the outer format."""
    outer = None if promoted.format == DOUBLE else anchors_of(promoted.format)
    key, places = draws
    total = w.new_zeros((len(w), x.shape[1]))
    for start in range(0, len(x), promoted.every):
        block = slice(start, start + promoted.every)
        part = sums_of(w[:, block], x[block], promoted.inner, (key, places + 2 * start))
        if outer is None:
            total = total + part if start else part
        else:
            total = rounded(odd_sum(total, part) if start else part, outer)
    return total
