"""Random numbers that stay the same on every machine and under every release of every library."""

import zlib
from math import prod
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def random_words(seed: str, count: int) -> NDArray[np.uint64]:
    """`count` uniform 64-bit words that depend on `seed` alone.

    NumPy promises the stream of a bit generator for ever (NEP 19), and that of `Generator`'s
    distributions not at all; hence the raw words.
    """
    return np.random.PCG64(zlib.crc32(seed.encode())).random_raw(count)


def gaussian(seed: str, shape: tuple[int, ...], deviation: float) -> NDArray[np.float64]:
    """Normal deviates of mean 0, by inversion (Wichura 1988, AS 241), one uniform number each."""
    uniform = ((random_words(seed, prod(shape)) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    quantile = NormalDist(0.0, deviation).inv_cdf
    return np.array([quantile(p) for p in uniform.tolist()], dtype=np.float64).reshape(shape)
