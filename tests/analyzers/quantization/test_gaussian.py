"""What Gaussian weights lose is what integrals over the normal density say, by SciPy, and what was published."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import norm

from precisionlab.analysis.results import Scalar
from tests.analyzers.quantization.twins import E2M1, E4M3, E5M2, NF4, integers

Doubles = NDArray[np.float64]
Measure = Callable[..., Mapping[str, Scalar]]

SHAPE = (64, 1024)
TENSORS = 16
SIGMAS = 4.0
"""Means may differ from the integral by so many standard errors."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """A format whose blocks of n numbers have the levels `levels(m)`, m their largest magnitude."""

    n: int
    levels: Callable[[float], Doubles]
    breaks: tuple[float, ...] = ()
    """Where the levels jump with m."""


def power_of_two(m: float, largest_exponent: int) -> float:
    """The scale by OCP's rule."""
    return 2.0 ** (math.floor(math.log2(m)) - largest_exponent)


BREAKS = (1.0, 2.0, 4.0)
BLOCKS = {
    "int8_channel": Blocks(SHAPE[1], lambda m: integers(8) * m / 127.5),
    "int4_channel": Blocks(SHAPE[1], lambda m: integers(4) * m / 7.5),
    "int4_g128": Blocks(128, lambda m: integers(4) * m / 7.5),
    "int4_g32": Blocks(32, lambda m: integers(4) * m / 7.5),
    "nf4_g64": Blocks(64, lambda m: NF4 * m),
    "nf4_g128": Blocks(128, lambda m: NF4 * m),
    "q4_0": Blocks(32, lambda m: integers(4) * m / 8),
    "q8_0": Blocks(32, lambda m: integers(8) * m / 127),
    "mxfp4": Blocks(32, lambda m: E2M1 * power_of_two(m, 2), BREAKS),
    "mxfp8_e4m3": Blocks(32, lambda m: E4M3 * power_of_two(m, 8), BREAKS),
    "float8_e4m3fn:amax": Blocks(SHAPE[0] * SHAPE[1], lambda m: E4M3 * m / 448),
    "int8:amax": Blocks(SHAPE[0] * SHAPE[1], lambda m: integers(8) * m / 127),
}
CASTS = {"float8_e4m3fn:none": E4M3, "float8_e5m2:none": E5M2, "int4:none": integers(4), "int8:none": integers(8)}


def partial_error(levels: Doubles, reach: float = math.inf) -> float:
    """The integral of (q - x)^2 over the normal density within +-reach, q the level next to x."""
    middles = np.clip((levels[1:] + levels[:-1]) / 2, -reach, reach)
    low, high = np.append(-reach, middles), np.append(middles, reach)
    mass, slope = norm.cdf(high) - norm.cdf(low), norm.pdf(low) - norm.pdf(high)
    ends = [np.where(np.isfinite(end), end, 0.0) * norm.pdf(end) for end in (low, high)]
    return float(np.sum(levels**2 * mass - 2 * levels * slope + mass + ends[0] - ends[1]))


def block_error(blocks: Blocks) -> float:
    """The mean of (q - x)^2 over blocks of standard normal numbers.

    The largest of n magnitudes has the density 2 n pdf(m) (2 cdf(m) - 1)^(n-1); given it, it is of either sign,
    and all others are normal within +-m.
    """

    def weighted(m: float) -> float:
        levels, within = blocks.levels(m), 2 * norm.cdf(m) - 1
        of_largest = sum(float(np.min((levels - end) ** 2)) for end in (-m, m)) / 2
        if blocks is BLOCKS["q4_0"]:
            of_largest = 0.0  # its scale has the sign that makes the largest number -8
        mean = ((blocks.n - 1) * partial_error(levels, m) / within + of_largest) / blocks.n
        return float(2 * blocks.n * norm.pdf(m) * within ** (blocks.n - 1) * mean)

    return float(quad(weighted, 0.3, 7.5, points=[*BREAKS, 3.0, 3.5, 4.5, 5.0], limit=200, epsrel=1e-6)[0])


@cache
def gaussian(seed: int) -> NDArray[np.float32]:
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)


@pytest.fixture(scope="module")
def measured_errors(measured: Measure) -> Mapping[str, Doubles]:
    """The mean squared error of each format in each of some tensors."""
    formats = (*BLOCKS, *CASTS)
    found = [measured(gaussian(seed), formats=formats) for seed in range(TENSORS)]
    size = SHAPE[0] * SHAPE[1]
    return {name: np.array([float(one[f"squared_error[format={name}]"]) / size for one in found]) for name in formats}


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_lose_what_the_density_of_their_largest_number_says(
    name: str, measured_errors: Mapping[str, Doubles]
) -> None:
    """Two nested integrals, over the largest number of a block and over all others."""
    errors = measured_errors[name]
    uncertainty = errors.std(ddof=1) / math.sqrt(TENSORS)
    assert abs(errors.mean() - block_error(BLOCKS[name])) < SIGMAS * uncertainty
    assert uncertainty < 0.03 * errors.mean()


@pytest.mark.parametrize("name", CASTS)
def test_plain_casts_lose_what_the_density_says(name: str, measured_errors: Mapping[str, Doubles]) -> None:
    """One integral for each level of the format, those of ml_dtypes."""
    errors = measured_errors[name]
    uncertainty = errors.std(ddof=1) / math.sqrt(TENSORS)
    assert abs(errors.mean() - partial_error(CASTS[name])) < SIGMAS * uncertainty
    assert uncertainty < 0.01 * errors.mean()


def test_a_uniform_quantizer_has_6_db_a_bit(measured: Measure) -> None:
    """Uniform numbers over 2^bits - 1 steps: 20 log10(2^bits - 1) dB, an error of 1/12 of a step squared."""
    uniform = np.random.default_rng(0).uniform(-1, 1, (256, 1024)).astype(np.float32)
    values = measured(uniform, formats=("int4_tensor", "int6_tensor", "int8_tensor"))
    for bits in (4, 6, 8):
        assert float(values[f"sqnr[format=int{bits}_tensor]"]) == pytest.approx(20 * math.log10(2**bits - 1), abs=0.02)


def test_published_figures_of_discrete_weights(measured: Measure) -> None:
    """Binary 1 - 2/pi of the energy; ternary 0.1902 at best (Max 1960, Quantizing for minimum distortion, table I)."""
    found = [measured(gaussian(seed), formats=("int8_channel",)) for seed in range(TENSORS)]
    for key, energy in (("binary,method=mean", 1 - 2 / math.pi), ("ternary,method=optimum", 0.1902)):
        shares = np.array([float(one[f"discrete_relative_error[levels={key}]"]) ** 2 for one in found])
        assert abs(shares.mean() - energy) < SIGMAS * shares.std(ddof=1) / math.sqrt(TENSORS) + 5e-5
    ratios = np.array([float(one["discreteness_over_gaussian"]) for one in found])
    assert abs(ratios.mean() - 1) < SIGMAS * ratios.std(ddof=1) / math.sqrt(TENSORS) + 1e-4


def test_default_formats_rank_as_they_are_known_to(measured: Measure) -> None:
    """4-bit formats lie within 18 to 22 dB, E4M3 near 31.5, INT8 by channel above 40."""
    values = measured(gaussian(0).astype(np.float16))
    decibels = {key[12:-1]: float(value) for key, value in values.items() if key.startswith("sqnr")}
    assert decibels["int8_channel"] > 40
    assert decibels["float8_e4m3fn:amax"] == pytest.approx(31.5, abs=0.2)
    assert all(18 < decibels[name] < 22 for name in ("int4_g128", "nf4_g64", "nvfp4", "mxfp4", "q4_0"))
