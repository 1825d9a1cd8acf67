"""What quantizing leaves of an update: of base and sum, of the base alone, of base and update each by itself."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray

from analyzers.delta.updates import Update
from precisionlab.analysis.quantization.bands import (
    BINARY32_MAX,
    LEAST_NORMAL,
    Cut,
    Span,
    band_of,
    cut_for,
    is_cuttable,
)
from precisionlab.analysis.quantization.census_sums import largest_of
from precisionlab.analysis.quantization.passing import manner_of
from precisionlab.analysis.quantization.requantizing import by_element
from precisionlab.analysis.quantization.surroundings import surroundings_for
from precisionlab.analysis.quantization.sweep import fits_binary32
from precisionlab.analysis.quantization.targets import Scale, Target
from precisionlab.analysis.quantization.tensor_scales import plain_scale
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import BlockFormat
from precisionlab.formats.blocks.measuring import Band
from precisionlab.formats.blocks.rewriting import rewritten
from precisionlab.structure.threads import one_thread_each

Doubles = NDArray[np.float64]
Remake = Callable[[Band, Span], torch.Tensor]
"""What the elements of a band become, [rows, columns] in binary32."""

OUT_OF_RANGE = "its largest magnitude, or its update's, is no normal number of binary32, in which blocks are computed"


@dataclass(frozen=True, slots=True)
class Noise:
    """Quantizing beside an update; errors are Euclidean norms."""

    target: Target
    n_elements: int
    update: float
    """|D|."""
    whole: float
    """|B|."""
    survivor: float
    """|Q(B) - Q(A)|."""
    product: float
    """<Q(B) - Q(A), D>."""
    survivor_error: float
    """|(Q(B) - Q(A)) - D|."""
    together: float
    """|Q(B) - B|: the noise of a quantized model."""
    base: float
    """|Q(A) - A|, which is also the error of Q(A) + D."""
    apart: float
    """|Q(A) + Q(D) - B|."""
    adapter: float
    """|Q(D) - D|."""

    @property
    def ratio(self) -> float:
        """Noise over update."""
        return self.together / self.update

    @property
    def cosine(self) -> float | None:
        """Of the angle between the update and what is left of it; None where nothing is."""
        return self.product / (self.update * self.survivor) if self.survivor else None

    @property
    def hiding(self) -> float:
        """rms(Q(B) - B) (m n)^(1/4): directions of smaller singular values are hidden (Benaych-Georges and Nadakuditi 2012)."""
        return self.together / sqrt(self.n_elements) * sqrt(sqrt(self.n_elements))


@dataclass(frozen=True, slots=True)
class Trio:
    """The same band of base, sum and update."""

    base: Band
    sum: Band
    update: Band


class Bands:
    """Base, sum and update in bands of one cut."""

    def __init__(self, update: Update, cut: Cut) -> None:
        self.update = update
        self.cut = cut

    def trio(self, span: Span) -> Trio:
        """One band of each; what is not finite in base or sum is excluded from all."""
        here, there = (band_of(tensor, span, self.cut) for tensor in (self.update.here, self.update.there))
        flags = [band.is_excluded for band in (here, there) if band.is_excluded is not None]
        gaps = self.doubles(self.update.here, span) - self.doubles(self.update.there, span)
        if not flags:
            return Trio(there, here, Band(gaps.float()))
        excluded = flags[0] if len(flags) == 1 else flags[0] | flags[1]
        return Trio(*(without(values, excluded) for values in (there.values, here.values, gaps.float())))

    def doubles(self, tensor: Tensor, span: Span) -> torch.Tensor:
        """A band in float64, as stored."""
        start = span.rows.start * self.cut.n_columns + span.columns.start
        shape = (span.rows.stop - span.rows.start, span.columns.stop - span.columns.start)
        return tensor.part(start, start + shape[0] * shape[1]).double().reshape(shape)

    def spans(self) -> Iterator[Span]:
        """All in order."""
        return self.cut.spans()


def without(values: torch.Tensor, excluded: torch.Tensor) -> Band:
    """A band whose excluded elements are 0."""
    return Band(torch.where(excluded, 0.0, values), excluded)


def noises(update: Update, targets: Sequence[Target]) -> tuple[tuple[Noise, ...], str]:
    """What each target does to an update that is not 0, and why some are left out; empty where none is."""
    if not is_in_range(update):
        return (), OUT_OF_RANGE
    shape = update.here.info.shape
    usable = [one for one in targets if not isinstance(one.format, BlockFormat) or is_cuttable(one.format, shape)]
    left_out = ", ".join(one.name for one in targets if one not in usable)
    why = f"its rows are too long for {left_out}" if left_out else ""
    return (passed(update, usable) if usable else ()), why


def is_in_range(update: Update) -> bool:
    """Whether base, sum and update are computed with in binary32; subnormal updates are, where they are exact there."""
    tensors, largest = (update.here, update.there), update.size.largest
    is_large = largest >= LEAST_NORMAL or not any(one.info.dtype == "float64" for one in tensors)
    return all(map(fits_binary32, tensors)) and is_large and largest <= BINARY32_MAX


def passed(update: Update, targets: Sequence[Target]) -> tuple[Noise, ...]:
    """All targets in one pass over the bands."""
    cut = cut_for(update.here.info.shape, [one.format for one in targets if isinstance(one.format, BlockFormat)])
    bands = Bands(update, cut)
    totals, sizes = np.zeros((len(targets), 7)), np.zeros(2)
    with one_thread_each(), ThreadPoolExecutor(update.here.threads, "precisionlab-delta") as pool:
        remakes = [remakes_for(target, bands) for target in targets]
        for span in bands.spans():
            trio = bands.trio(span)
            sizes += [squared(trio.update.values.double()), squared(trio.sum.values.double())]
            totals += list(pool.map(partial(sums_of, trio, span), remakes))
    n = update.here.info.n_elements
    update_norm, whole = (sqrt(one) for one in sizes)
    return tuple(noise_of(target, n, (update_norm, whole), row) for target, row in zip(targets, totals, strict=True))


def sums_of(trio: Trio, span: Span, remakes: tuple[Remake, Remake, Remake]) -> list[float]:
    """What a target makes of a band: sums of squares, and one of products, in the order of `Noise`."""
    gaps = trio.update.values.double()
    base, total, own = (
        remake(band, span).double().sub_(band.values.double())
        for remake, band in zip(remakes, (trio.base, trio.sum, trio.update), strict=True)
    )
    # Base and sum are those of binary32, which may be less apart than in float64: what is left is between what they become.
    survivor = total - base + (trio.sum.values.double() - trio.base.values.double())
    product = float((survivor * gaps).sum())
    errors = (squared(one) for one in (survivor - gaps, total, base, base + own, own))
    return [squared(survivor), product, *errors]


def noise_of(target: Target, n_elements: int, norms: tuple[float, float], sums: Doubles) -> Noise:
    """The record of the sums of all bands."""
    survivor, product, *rest = map(float, sums)
    return Noise(target, n_elements, *norms, sqrt(survivor), product, *map(sqrt, rest))


def squared(values: torch.Tensor) -> float:
    """The sum of squares."""
    return float(values.square().sum())


def remakes_for(target: Target, bands: Bands) -> tuple[Remake, Remake, Remake]:
    """How base, sum and update get into a target, each by scales of its own."""
    largest = [largest_of_tensor(tensor) for tensor in (bands.update.there, bands.update.here)]
    return (
        remake_for(target, bands.cut, lambda span: bands.trio(span).base, largest[0]),
        remake_for(target, bands.cut, lambda span: bands.trio(span).sum, largest[1]),
        remake_for(target, bands.cut, lambda span: bands.trio(span).update, bands.update.size.largest),
    )


def largest_of_tensor(tensor: Tensor) -> float:
    """The largest finite magnitude; 0 without any."""
    largest = tensor.census().largest_magnitude
    return 0.0 if np.isnan(largest) else largest


def remake_for(target: Target, cut: Cut, band_at: Callable[[Span], Band], largest: float) -> Remake:
    """The way into a target for what is read so, whose largest magnitude this is."""
    format_ = target.format
    if isinstance(format_, BlockFormat):
        known = surroundings_for([format_], cut, band_at, largest)
        return lambda band, span: rewritten(band, format_, manner_of(target, known(format_, span)))
    scale = plain_scale(target.scale or Scale.NONE, largest, largest_of(format_))
    return partial(by_element, format_=format_, scale=scale)
