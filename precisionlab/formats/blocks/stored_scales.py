"""How scales are stored, and what scale the stored ones then make; on any device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from precisionlab.formats.blocks.accelerator import signed_largest
from precisionlab.formats.blocks.parts import NEGLIGIBLE, ScaleStore, Storing
from precisionlab.formats.blocks.steps import bounds_of, sorted_entries
from precisionlab.formats.naming import ELEMENTS, is_same
from precisionlab.formats.records import CodebookFormat, FloatFormat, IntegerFormat
from precisionlab.formats.rounding import round_to

TENSOR_TOP: Final = 448 * 6
"""Largest E4M3 scale by largest E2M1 element: what NVFP4 maps a tensor's amax to."""
TINY: Final = 2.0**-126
"""Smallest normal number of binary32."""
UE4M3_STEPS: Final = 512.0
"""Numbers of E4M3 below its smallest normal one, `UE4M3_NORMAL`, are multiples of 1 over this."""
UE4M3_NORMAL: Final = 2.0**-6
UE4M3_TOP_BINADE: Final = 256.0
UE4M3_LARGEST: Final = 448.0
STEPS: Final = 1 << 16
"""Into so many the range of quantized scales is cut."""


@dataclass(frozen=True, slots=True)
class StoredScales:
    """Scales as they are stored, as numbers in binary32."""

    numbers: Tensor
    """[blocks down, across]."""
    outer: Tensor | None = None
    """Of the second level: [1] for a tensor, [super-blocks] in order for neighbours along a row."""
    mean: Tensor | None = None
    """What was taken off all scales first."""


def stored(scales: Tensor, store: ScaleStore, amax: Tensor, mean: float | None = None) -> StoredScales:
    """Store scales [blocks down, across] of blocks with these largest magnitudes; `mean` is that of all, if of more."""
    if store.storing is Storing.CENTRED and mean is not None:
        return centred_on(scales.new_tensor(mean), scales, store)
    return STORINGS[store.storing](scales, store, amax)


def effective(stored_: StoredScales, store: ScaleStore) -> Tensor:
    """What stored scales are worth, in binary32."""
    numbers, outer = stored_.numbers, stored_.outer
    if outer is None:
        return numbers
    if store.storing is Storing.TENSOR_SCALED:
        return numbers / outer
    if store.storing is Storing.TENSOR_MULTIPLIED:
        return numbers * outer
    if store.storing is Storing.CENTRED and stored_.mean is not None:
        return spread(outer, numbers, store) * numbers + stored_.mean
    return spread(outer, numbers, store) * numbers


def spread(outer: Tensor, numbers: Tensor, store: ScaleStore) -> Tensor:
    """Each scale's own scale of the second level."""
    return outer.repeat_interleave(store.span or numbers.numel())[: numbers.numel()].view(numbers.shape)


def rounded(scales: Tensor, store: ScaleStore, amax: Tensor) -> StoredScales:
    """To the format's own numbers; beyond the largest to it, or to infinity where the format has one."""
    del amax
    return StoredScales(rounded_to(raised(scales, store), store.format))


def raised(scales: Tensor, store: ScaleStore) -> Tensor:
    """None smaller than the least that is stored; without one, scales of either sign as they are."""
    return scales.clamp(min=store.least) if store.least else scales


def rounded_up_at_half(scales: Tensor, store: ScaleStore, amax: Tensor) -> StoredScales:
    """To E4M3 as ggml does: half up, never to 2^-6 from below, and everything that rounds to 256 or more to 448.

    ggml_fp32_to_ue4m3 in ggml-impl.h.
    """
    del amax, store
    subnormal = (scales * UE4M3_STEPS + 0.5).trunc().clamp(max=UE4M3_STEPS * UE4M3_NORMAL - 1) / UE4M3_STEPS
    normal = ((scales.view(torch.int32) + (1 << 19)) & -(1 << 20)).view(torch.float32)
    numbers = torch.where(scales < UE4M3_NORMAL, subnormal, normal)
    return StoredScales(torch.where(numbers < UE4M3_TOP_BINADE, numbers, UE4M3_LARGEST))


def rounded_to(scales: Tensor, format_: FloatFormat | IntegerFormat | CodebookFormat) -> Tensor:
    """The nearest numbers of a float format."""
    if not isinstance(format_, FloatFormat):
        raise TypeError(format_.name)
    if is_same(format_, ELEMENTS.float("float32")):
        return scales
    return round_to(scales, format_, overflow="ieee" if format_.has_infinities else "saturate")


def tensor_scaled(scales: Tensor, store: ScaleStore, amax: Tensor) -> StoredScales:
    """With one factor for the tensor, whose reciprocal is never rounded: as in compressed-tensors."""
    top = amax.max().clamp(min=TINY).reshape(1) if amax.numel() else amax.new_full((1,), TINY)
    outer = top.reciprocal() * TENSOR_TOP
    outer = torch.where(outer.isfinite(), outer, 1.0)
    return StoredScales(rounded_to(outer * scales, store.format), outer)


def tensor_multiplied(scales: Tensor, store: ScaleStore, amax: Tensor) -> StoredScales:
    """With one number for the tensor, whose reciprocal must be one in binary32: as in torchao."""
    top = amax.max().reshape(1) if amax.numel() else amax.new_zeros((1,))
    outer = top / torch.full_like(top, TENSOR_TOP)
    outer = torch.where(outer.reciprocal().isfinite(), outer, TINY)
    return StoredScales(rounded_to(raised(scales / outer, store), store.format), outer)


def super_blocks(scales: Tensor, store: ScaleStore) -> Tensor:
    """[super-blocks, scales in each]."""
    return scales.reshape(-1, store.span or max(1, scales.numel()))


def ratios_to_largest(scales: Tensor, store: ScaleStore, amax: Tensor) -> StoredScales:
    """The largest scale of a super-block becomes the largest integer."""
    del amax
    highest = ends_of_store(store)[1]
    blocks = super_blocks(scales, store)
    top = blocks.amax(dim=1) if blocks.shape[1] else blocks.new_zeros(len(blocks))
    ratio = finite(torch.full_like(top, highest) / top)
    numbers = (ratio[:, None] * blocks).round().clamp(max=highest)
    return StoredScales(numbers.view(scales.shape), rounded_outer(top / torch.full_like(top, highest), store))


def ratios_to_signed_largest(scales: Tensor, store: ScaleStore, amax: Tensor) -> StoredScales:
    """The scale of largest magnitude of a super-block becomes the lowest integer."""
    del amax
    lowest, highest = ends_of_store(store)
    blocks = super_blocks(scales, store)
    top = signed_largest(blocks, blocks.shape[1]).reshape(-1)
    ratio = torch.where(top.abs() < NEGLIGIBLE, 0.0, finite(torch.full_like(top, lowest) / top))
    numbers = (ratio[:, None] * blocks).round().clamp(lowest, highest)
    outer = torch.where(ratio == 0, 0.0, ratio.reciprocal())
    return StoredScales(numbers.view(scales.shape), rounded_outer(outer, store))


def finite(ratios: Tensor) -> Tensor:
    """0 for ratios to scales that are 0, or too small for a ratio: all numbers of the super-block become 0."""
    return torch.where(ratios.isfinite(), ratios, 0.0)


def rounded_outer(outer: Tensor, store: ScaleStore) -> Tensor:
    """Scales of the second level in their format."""
    return outer if store.outer is None else rounded_to(outer, store.outer)


def ends_of_store(store: ScaleStore) -> tuple[int, int]:
    """The lowest and the highest stored integer."""
    if not isinstance(store.format, IntegerFormat):
        raise TypeError(store.format.name)
    return store.format.minimum, store.format.maximum


def centred(scales: Tensor, store: ScaleStore, amax: Tensor) -> StoredScales:
    """Less their mean, then by table in blocks with a largest magnitude of their own: as in bitsandbytes."""
    del amax
    mean = scales.double().mean().float() if scales.numel() else scales.new_zeros(())
    return centred_on(mean, scales, store)


def centred_on(mean: Tensor, scales: Tensor, store: ScaleStore) -> StoredScales:
    """`centred` about a given number."""
    if not isinstance(store.format, CodebookFormat):
        raise TypeError(store.format.name)
    flat = (scales - mean).reshape(1, -1)
    width = store.span or max(1, flat.shape[1])
    outer = signed_largest(flat, width).abs().reshape(-1)
    scaled = flat.reshape(-1) * outer.clamp(min=TINY).reciprocal().repeat_interleave(width)[: flat.numel()]
    return StoredScales(looked_up(scaled.clamp(-1, 1), store.format).view(scales.shape), outer, mean)


def looked_up(scaled: Tensor, table: CodebookFormat) -> Tensor:
    """The entries of a table by way of 65,536 equal steps from -1 to 1, as bitsandbytes does on CPUs."""
    step = ((scaled + 1) * 0.5 * (STEPS - 1) + 0.5).trunc()
    on_grid = step * 2 / torch.full_like(step, STEPS - 1) - 1
    entries = sorted_entries(table)
    bounds, numbers = (torch.from_numpy(array).to(scaled.device) for array in (bounds_of(entries), entries))
    return numbers[torch.bucketize(on_grid, bounds)]


STORINGS: Final[dict[Storing, Callable[[Tensor, ScaleStore, Tensor], StoredScales]]] = {
    Storing.ROUNDED: rounded,
    Storing.ROUNDED_UP_AT_HALF: rounded_up_at_half,
    Storing.TENSOR_SCALED: tensor_scaled,
    Storing.TENSOR_MULTIPLIED: tensor_multiplied,
    Storing.SUPER_BLOCK: ratios_to_largest,
    Storing.SIGNED_SUPER_BLOCK: ratios_to_signed_largest,
    Storing.CENTRED: centred,
}
