"""Orthogonal wavelet transforms of many kernels at once, along all of their axes, for any lengths."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Coefficients of kernels; their squares add up to those of the entries."""

    details: tuple[Doubles, ...]
    """Of each level from the finest on, [kernels, coefficients]."""
    rest: Doubles
    """What is left to transform, [kernels, coefficients]: one, the mean, after all levels of Haar."""

    def all(self) -> Doubles:
        """In one array [kernels, places], the finest first."""
        return np.concatenate((*self.details, self.rest), axis=1)


@dataclass(frozen=True, slots=True)
class Line:
    """An axis on its way through the levels."""

    sizes: Doubles
    """[length] of how many entries each approximation is made; all equal until a length is odd."""

    @property
    def is_even(self) -> bool:
        """Whether all are pairs of equals."""
        return len(self.sizes) % 2 == 0 and bool((self.sizes == self.sizes[0]).all())

    def halved(self) -> "Line":
        """After one level."""
        pairs = np.append(self.sizes, 0.0) if len(self.sizes) % 2 else self.sizes
        return Line(pairs[::2] + pairs[1::2])


def most_levels(shape: Sequence[int]) -> int:
    """Levels after which one coefficient is left of kernels of this shape."""
    return max((math.ceil(math.log2(length)) for length in shape), default=0)


def transform(kernels: Doubles, wavelet: str = "haar", levels: int = 0) -> Coefficients:
    """The separable multi-level transform of kernels [kernels, lengths ...].

    Periodic at the edges where a length is even (`periodization` of PyWavelets), which is orthogonal. From the first
    odd length on, Haar's for unequal parts (see `split`), whatever the wavelet.

    Args:
        kernels: in float64.
        wavelet: an orthogonal one of PyWavelets.
        levels: at most; 0 for as many as there are.
    """
    lines = [Line(np.ones(length)) for length in kernels.shape[1:]]
    n_levels = most_levels(kernels.shape[1:])
    rest, details = kernels, []
    for _ in range(min(levels, n_levels) if levels else n_levels):
        bands = [rest]
        for axis, line in enumerate(lines, 1):
            if len(line.sizes) > 1:
                parts = [split(band, axis, line, wavelet) for band in bands]
                bands = [low for low, _ in parts] + [high for _, high in parts]
        lines = [line.halved() for line in lines]
        rest = bands[0]
        details.append(np.concatenate([flat(band) for band in bands[1:]], axis=1))
    return Coefficients(tuple(details), flat(rest))


def split(entries: Doubles, axis: int, line: Line, wavelet: str) -> tuple[Doubles, Doubles]:
    """Approximations and details along an axis; both together have as many as there were.

    Of two approximations s and t of m and n entries, Haar's for unequal parts makes (sqrt(m) s + sqrt(n) t) / sqrt(m + n)
    and (sqrt(n) s - sqrt(m) t) / sqrt(m + n) (Fryzlewicz 2007); the last of an odd number stays as it is. So
    constants have no details, and the map is orthogonal.
    """
    if wavelet != "haar" and line.is_even:
        import pywt  # noqa: PLC0415 - not needed for Haar

        low, high = pywt.dwt(entries, wavelet, mode="periodization", axis=axis)
        return low, high
    moved = np.moveaxis(entries, axis, -1)
    n_pairs = moved.shape[-1] // 2
    left, right = moved[..., 0 : 2 * n_pairs : 2], moved[..., 1 : 2 * n_pairs : 2]
    first, second = line.sizes[0 : 2 * n_pairs : 2], line.sizes[1 : 2 * n_pairs : 2]
    cosine, sine = np.sqrt(first / (first + second)), np.sqrt(second / (first + second))
    low = np.concatenate((cosine * left + sine * right, moved[..., 2 * n_pairs :]), axis=-1)
    return np.moveaxis(low, -1, axis), np.moveaxis(sine * left - cosine * right, -1, axis)


def flat(band: Doubles) -> Doubles:
    """[kernels, coefficients] of a band."""
    return band.reshape(len(band), math.prod(band.shape[1:]))
