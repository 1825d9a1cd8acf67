"""Binary and ternary levels from a census against the elements themselves, brute force, and Max's constants."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.census.survey import Surveyor, blocks_of
from precisionlab.analysis.quantization.discrete import (
    ABSMEAN_FLOOR,
    GAUSSIAN_DISTANCE,
    DiscreteFit,
    Discreteness,
    best_level,
    binary_by_mean,
    discreteness,
    error_of,
    mean_above,
    split_at,
    ternary_absmean,
    ternary_by_threshold,
    ternary_optimum,
)
from precisionlab.analysis.quantization.tails import Tails, obstacle, sums_from, tails_of
from precisionlab.checkpoints.model import ByteRange, TensorInfo

Floats = NDArray[np.float64]
Long = NDArray[np.longdouble]

METHODS: tuple[Callable[[Census], DiscreteFit | None], ...] = (
    binary_by_mean,
    ternary_by_threshold,
    ternary_optimum,
    ternary_absmean,
)
EXACT = 1e-12
"""Relative to the energy: what figures of exact censuses may differ by."""
HALF_CELL = 2.0**-12
"""Of a number: how far it may be from the middle of its bin."""


def stored(numbers: Floats, dtype: str) -> NDArray[np.generic]:
    """The numbers as a dtype holds them."""
    with np.errstate(all="ignore"):
        return numbers.astype(getattr(ml_dtypes, dtype, dtype))


def census_of(numbers: Floats, dtype: str = "float64") -> Census:
    """The census of numbers stored in a dtype."""
    content = np.ascontiguousarray(stored(numbers, dtype)).reshape(-1).view(np.uint8)
    info = TensorInfo("made", dtype, numbers.shape, ByteRange("memory", 0, content.size))
    surveyor = Surveyor(info, CpuBackend())
    for block in blocks_of(info):
        surveyor.add(block, content[block.start : block.start + block.length])
    return surveyor.finish().census


def finite_elements(numbers: Floats, dtype: str) -> Long:
    """The finite elements of numbers stored in a dtype, each on its own."""
    elements = stored(numbers, dtype).astype(np.float64).reshape(-1)
    return elements[np.isfinite(elements)].astype(np.longdouble)


def fitted(fit: DiscreteFit | None) -> DiscreteFit:
    """A fit that is there."""
    assert fit is not None
    return fit


@dataclass(frozen=True)
class Expected:
    """What a method's definition gives on the elements."""

    scale: float
    threshold: float
    squared_error: float
    zeros_share: float


def applied(elements: Long, levels: str, scale: float, threshold: float) -> Expected:
    """The elements quantized one by one with a scale and a threshold."""
    signs = np.where(elements >= 0, 1, -1)
    is_zero = (np.abs(elements) <= threshold) & (levels == "ternary")
    quantized = np.where(is_zero, 0, signs * np.longdouble(scale))
    return Expected(scale, threshold, float(np.sum((elements - quantized) ** 2)), float(np.mean(is_zero)))


def by_definition(elements: Long, method: str, threshold: float) -> Expected:
    """A method's definition on the elements; the threshold, once rounded, is that of the fit."""
    sizes = np.abs(elements)
    mean = float(np.mean(sizes))
    if method == "mean":
        return applied(elements, "binary", mean, 0.0)
    if method == "absmean":
        scale = max(mean, 1e-5)
        quantized = np.clip(np.rint(elements / np.longdouble(scale)), -1, 1) * np.longdouble(scale)
        error = float(np.sum((elements - quantized) ** 2))
        return Expected(scale, scale / 2, error, float(np.mean(quantized == 0)))
    if method == "threshold":
        above = sizes[sizes > threshold]
        scale = float(np.mean(above)) if above.size else 0.0
        return Expected(
            scale,
            0.7 * mean,
            applied(elements, "ternary", scale, threshold).squared_error,
            float(np.mean(sizes <= threshold)),
        )
    best = best_scale(elements)
    return applied(elements, "ternary", best, best / 2)


def best_scale(elements: Long) -> float:
    """The mean of the largest magnitudes, so many that (their sum)^2 / their number is largest: by trying all."""
    sizes = np.sort(np.abs(elements))[::-1]
    means = np.cumsum(sizes) / np.arange(1, len(sizes) + 1)
    return float(means[np.argmax(means**2 * np.arange(1, len(sizes) + 1))])


def assert_as_defined(fit: DiscreteFit, elements: Long) -> None:
    """The fit is what its method's definition gives, and what its scale and threshold do to the elements."""
    energy = float(np.sum(elements**2))
    expected = by_definition(elements, fit.method, fit.threshold)
    itself = applied(elements, fit.levels, fit.scale, fit.threshold)
    assert fit.energy == pytest.approx(energy, rel=EXACT)
    assert abs(fit.squared_error - expected.squared_error) <= fit.relative_bound * energy
    assert abs(fit.squared_error - itself.squared_error) <= fit.relative_bound * energy
    assert abs(fit.scale - expected.scale) <= fit.scale_bound * fit.scale
    assert abs(fit.zeros_share - itself.zeros_share) <= fit.zeros_bound + EXACT
    if fit.method != "optimum":
        assert fit.threshold == pytest.approx(expected.threshold, rel=EXACT)
        assert fit.zeros_share == pytest.approx(expected.zeros_share, rel=0, abs=fit.zeros_bound + EXACT)


def small(seed: int, n: int = 20_000) -> Floats:
    """Weights with zeros of both signs, infinities and NaNs among them."""
    rng = np.random.default_rng(seed)
    numbers = rng.standard_t(4, n) * 0.3
    numbers[:60] = np.repeat([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0], 10)
    return numbers


FEW: dict[str, Callable[[], Floats]] = {
    "bfloat16": lambda: small(0),
    "float16": lambda: small(1),
    "float8_e4m3fn": lambda: small(2),
    "float8_e5m2": lambda: small(3),
    "float32": lambda: np.random.default_rng(4).choice(small(4, 500), 100_000),
    "float64": lambda: np.random.default_rng(5).choice(small(5, 500), 100_000),
    "float8_e8m0fnu": lambda: np.abs(small(6)) + 1e-3,
    "int8": lambda: np.random.default_rng(7).integers(-128, 128, 30_000).astype(np.float64),
    "uint8": lambda: np.random.default_rng(8).integers(0, 256, 30_000).astype(np.float64),
    "int64": lambda: np.random.default_rng(9).integers(-(10**6), 10**6, 30_000).astype(np.float64),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", FEW)
def test_exact_censuses_give_what_the_elements_give(dtype: str, method: Callable[[Census], DiscreteFit | None]) -> None:
    """Every method's scale, threshold, error and zeros are those of its definition on each element in longdouble."""
    numbers = FEW[dtype]()
    census = census_of(numbers, dtype)
    assert census.is_exact
    fit = fitted(method(census))
    assert max(fit.relative_bound, fit.scale_bound, fit.zeros_bound) < 2 * EXACT
    assert_as_defined(fit, finite_elements(numbers, dtype))


LOW_END, HIGH_END = 1, 4087
"""Where nine neighbours lie among the 12 low mantissa bits of float32, which bins do not count."""


def at_ends(below: int, above: int) -> Floats:
    """float32 numbers of eight exponents at one end of their bins: below 3 / 16, and above.

    That is about half the mean magnitude, in the middle of an exponent.
    """
    rng = np.random.default_rng(20)
    leading = rng.integers(120 << 11, 128 << 11, 150_000) << 12
    is_above = leading >= int(np.float32(3 / 16).view(np.uint32))
    codes = leading + np.where(is_above, above, below) + rng.integers(0, 9, 150_000)
    return codes.astype(np.uint32).view(np.float32).astype(np.float64)


def nearly_ternary() -> Floats:
    """Weights at -s, 0 and s up to a thousandth."""
    rng = np.random.default_rng(21)
    return 0.03 * (rng.integers(-1, 2, 150_000) + 1e-3 * rng.standard_normal(150_000))


def drawn(seed: int) -> np.random.Generator:
    """A source of numbers."""
    return np.random.default_rng(seed)


N_MANY = 150_000
MANY: dict[str, tuple[str, Callable[[], Floats]]] = {
    "gaussian": ("float32", lambda: drawn(22).standard_normal(N_MANY) * 0.02),
    "gaussian in float64": ("float64", lambda: drawn(23).standard_normal(N_MANY) * 0.02),
    "heavy tails": ("float32", lambda: drawn(24).standard_t(1.5, N_MANY)),
    "all scales": ("float32", lambda: 10 ** drawn(25).uniform(-44, 38, N_MANY)),
    "one exponent": ("float32", lambda: drawn(26).uniform(1, 2, N_MANY)),
    "subnormals": ("float32", lambda: drawn(27).standard_normal(N_MANY) * 1e-40),
    "low ends": ("float32", lambda: at_ends(LOW_END, LOW_END)),
    "high ends": ("float32", lambda: at_ends(HIGH_END, HIGH_END)),
    "ends apart": ("float32", lambda: at_ends(LOW_END, HIGH_END)),
    "ends together": ("float32", lambda: at_ends(HIGH_END, LOW_END)),
    "nearly ternary": ("float32", nearly_ternary),
    "zeros and no numbers": (
        "float32",
        lambda: np.concatenate([drawn(28).standard_normal(N_MANY), [np.nan, np.inf, -np.inf] * 9, np.zeros(70_000)]),
    ),
    "far below float32": ("float64", lambda: drawn(29).standard_normal(N_MANY) * 1e-90),
    "far above float32": ("float64", lambda: drawn(30).standard_normal(N_MANY) * 1e90),
    "across the ends of float32": ("float64", lambda: 10 ** drawn(31).uniform(-60, 60, N_MANY)),
}


@cache
def binned(name: str) -> tuple[Census, Long]:
    """A tensor of more distinct numbers than are counted each: its census and its finite elements."""
    dtype, make = MANY[name]
    numbers = make()
    census = census_of(numbers, dtype)
    assert not census.is_exact
    return census, finite_elements(numbers, dtype)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", MANY)
def test_binned_censuses_keep_their_bound(name: str, method: Callable[[Census], DiscreteFit | None]) -> None:
    """Figures are off by at most the bound, also where all elements lie at one end of their bins."""
    census, elements = binned(name)
    fit = fitted(method(census))
    assert_as_defined(fit, elements)
    expected = by_definition(elements, fit.method, fit.threshold).squared_error / float(np.sum(elements**2))
    assert abs(fit.relative_error - math.sqrt(expected)) <= fit.relative_error_bound


@pytest.mark.parametrize("name", MANY)
def test_sums_above_every_cell_lie_between_their_bounds(name: str) -> None:
    """The numbers above are counted exactly, and their sum lies within the bounds, at the low end of every cell."""
    census, elements = binned(name)
    tails = tails_of(census)
    assert isinstance(tails, Tails)
    sizes = np.sort(np.abs(elements))
    sums = np.append(np.cumsum(sizes[::-1])[::-1], 0)
    first = np.append(np.searchsorted(sizes, tails.lowest, "left"), len(sizes))
    np.testing.assert_array_equal(tails.n_from, len(sizes) - first)
    assert np.all(tails.lower_sums <= sums[first])
    assert np.all(sums[first] <= tails.upper_sums)


def thresholds_in(tails: Tails) -> list[float]:
    """The middle, the low end and the high end of some cells, and beyond both ends of all."""
    cells = np.random.default_rng(40).integers(0, len(tails.counts), 40)
    lowest, highest = tails.lowest[cells], tails.highest[cells]
    inside = [*lowest.tolist(), *highest.tolist(), *((lowest + highest) / 2).tolist()]
    return [0.0, *inside, float(tails.highest[-1]), 2 * float(tails.highest[-1])]


@pytest.mark.parametrize("name", MANY)
def test_what_lies_above_a_threshold_is_bounded(name: str) -> None:
    """Number, mean and M^2 / k above any threshold, and the error under any scale, lie within what a split says."""
    census, elements = binned(name)
    tails = tails_of(census)
    assert isinstance(tails, Tails)
    sizes = np.sort(np.abs(elements))
    sums = np.append(np.cumsum(sizes[::-1])[::-1], 0)
    slack = 1e-12 * tails.energy
    for threshold in thresholds_in(tails):
        split = split_at(tails, threshold)
        first = int(np.searchsorted(sizes, threshold, "right"))
        n, total = len(sizes) - first, float(sums[first])
        assert split.n <= n <= split.n + split.n_cut
        assert total * total / max(n, 1) <= split.largest_gain + slack
        level = mean_above(split)
        assert n == 0 or abs(total / n - level.value) <= level.bound * level.value
        for scale in (level.value, threshold, 3 * threshold):
            error = error_of(tails, scale, split)
            true = tails.energy - 2 * scale * total + scale * scale * n
            assert error.low - slack <= min(true, error.value)
            assert max(true, error.value) <= error.high + slack + 1e-12 * scale * scale * n


@pytest.mark.parametrize("name", MANY)
def test_no_threshold_gains_more_than_the_largest_gain(name: str) -> None:
    """Of all thresholds, M^2 / k is at most what the scan says, and the best mean within the bound of its scale.

    The bound of the fit reaches as low, and that of the mean above a threshold as what its split can gain.
    """
    census, elements = binned(name)
    tails = tails_of(census)
    assert isinstance(tails, Tails)
    level, largest = best_level(tails)
    best = best_scale(elements)
    above = np.abs(elements)[np.abs(elements) > best / 2]
    assert float(np.sum(above) ** 2 / len(above)) <= largest
    assert abs(best - level.value) <= level.bound * level.value
    optimum, by_threshold = fitted(ternary_optimum(census)), fitted(ternary_by_threshold(census))
    for fit, gained in ((optimum, largest), (by_threshold, split_at(tails, by_threshold.threshold).largest_gain)):
        assert fit.squared_error - (fit.energy - gained) <= fit.relative_bound * fit.energy


def test_a_cut_bin_is_taken_to_be_evenly_filled() -> None:
    """Of a Gaussian that misses the number above a threshold by less than a quarter of the bin, on average."""
    census, elements = binned("gaussian")
    tails = tails_of(census)
    assert isinstance(tails, Tails)
    thresholds = np.random.default_rng(41).uniform(0.005, 0.04, 200)
    splits = [split_at(tails, threshold) for threshold in thresholds]
    missed = [abs(split.n_above - np.count_nonzero(np.abs(elements) > split.threshold)) for split in splits]
    assert np.mean(missed) < np.mean([split.n_cut for split in splits]) / 4


@given(size=st.floats(1e-30, 1e30))
def test_equally_good_scales_are_within_the_bound(size: float) -> None:
    """Of 4 and eight 1 the scales 4 and 4 / 3 lose the same, 8, and whichever is found its bound reaches the other."""
    fit = fitted(ternary_optimum(census_of(np.array([4.0] + [1.0] * 8) * size)))
    assert fit.squared_error == pytest.approx(8 * size**2, rel=EXACT)
    assert fit.scale_bound * fit.scale >= 2.66 * size


def test_bounds_of_ordinary_weights_are_small() -> None:
    """Of a Gaussian: rounding for mean magnitudes, parts of half a bin's width for errors, and a bin for the others.

    The scale of the optimum, which is flat, is known to a hundredth.
    """
    census, _ = binned("gaussian")
    one, by_threshold, optimum, by_mean = (fitted(method(census)) for method in METHODS)
    assert max(one.relative_bound, one.scale_bound, by_mean.scale_bound) < EXACT
    assert max(by_threshold.relative_bound, optimum.relative_bound) < HALF_CELL / 5
    assert by_mean.relative_bound < HALF_CELL / 100
    assert max(by_threshold.zeros_bound, optimum.zeros_bound, by_mean.zeros_bound, by_threshold.scale_bound) < HALF_CELL
    assert optimum.scale_bound < 0.01


@pytest.mark.parametrize(("name", "sign"), [("ends apart", 1), ("ends together", -1)])
def test_bounds_are_reached(name: str, sign: int) -> None:
    """Elements that lie as badly as they can use up half of the bound, on either side."""
    census, elements = binned(name)
    fit = fitted(ternary_absmean(census))
    assert 0.18 < fit.threshold < 0.2
    missed = (fit.squared_error - by_definition(elements, "absmean", 0.0).squared_error) / fit.energy
    assert sign * missed > 0.5 * fit.relative_bound


def test_bins_of_coarse_numbers_are_exact() -> None:
    """float32 numbers of 12 significant bits are each known from their bin: the bound is rounding alone."""
    grid = (1 + np.arange(2048) / 2048)[:, np.newaxis] * 2.0 ** np.arange(-20, 20)
    numbers = drawn(32).choice(grid.ravel(), 400_000) * drawn(33).choice([-1.0, 1.0], 400_000)
    census = census_of(numbers, "float32")
    assert not census.is_exact
    for method in METHODS:
        fit = fitted(method(census))
        assert max(fit.relative_bound, fit.scale_bound, fit.zeros_bound) < 20 * EXACT
        assert_as_defined(fit, finite_elements(numbers, "float32"))


coarse = st.integers(-40, 40).map(lambda whole: whole / 8)
wide = st.builds(math.copysign, st.just(0.0) | st.floats(1e-30, 1e30), st.sampled_from([-1.0, 1.0]))
tensors = st.lists(coarse, min_size=1, max_size=14) | st.lists(wide, min_size=1, max_size=14)


def exact_error(numbers: list[float], scale: Fraction, threshold: Fraction) -> Fraction:
    """Squared error of ternary levels in rational arithmetic."""
    sizes = [abs(Fraction(x)) for x in numbers]
    return sum((((x - scale) if x > threshold else x) ** 2 for x in sizes), Fraction())


def least_errors(numbers: list[float]) -> tuple[Fraction, list[Fraction]]:
    """The least squared error of ternary levels, over every threshold with the mean above it, and the scales that reach it."""
    sizes = sorted((abs(Fraction(x)) for x in numbers), reverse=True)
    errors: dict[Fraction, Fraction] = {}
    for k in range(1, len(sizes) + 1):
        scale = sum(sizes[:k], Fraction()) / k
        errors[scale] = exact_error(numbers, scale, sizes[k] if k < len(sizes) else Fraction(-1))
    least = min(errors.values())
    return least, [scale for scale, error in errors.items() if error == least]


@given(numbers=tensors)
def test_the_optimum_is_that_of_brute_force(numbers: list[float]) -> None:
    """Error and optimality in rational arithmetic, over all thresholds, ties and equal magnitudes included."""
    fit = fitted(ternary_optimum(census_of(np.array(numbers))))
    energy = sum(Fraction(x) ** 2 for x in numbers)
    itself = exact_error(numbers, Fraction(fit.scale), Fraction(fit.threshold))
    least, scales = least_errors(numbers)
    assert abs(itself - least) <= Fraction(EXACT) * energy
    assert all(abs(scale - Fraction(fit.scale)) <= Fraction(fit.scale_bound) * Fraction(fit.scale) for scale in scales)
    assert abs(Fraction(fit.squared_error) - itself) <= Fraction(EXACT) * energy
    assert fit.threshold == fit.scale / 2
    assert fit.zeros_share == sum(abs(x) <= fit.threshold for x in numbers) / len(numbers)


@given(numbers=tensors, scale=st.floats(0, 1e30), threshold=st.floats(0, 1e30))
def test_nothing_beats_the_optimum(numbers: list[float], scale: float, threshold: float) -> None:
    """Neither any scale and threshold nor any other method loses less."""
    census = census_of(np.array(numbers))
    fit = fitted(ternary_optimum(census))
    allowed = Fraction(fit.energy) * Fraction(EXACT)
    assert Fraction(fit.squared_error) <= exact_error(numbers, Fraction(scale), Fraction(threshold)) + allowed
    for method in METHODS:
        assert Fraction(fit.squared_error) <= Fraction(fitted(method(census)).squared_error) + allowed


@given(numbers=tensors, scale=st.floats(0, 1e30))
def test_no_binary_scale_beats_the_mean(numbers: list[float], scale: float) -> None:
    """The mean magnitude, zeros counted, is the best scale for the signs."""
    fit = fitted(binary_by_mean(census_of(np.array(numbers))))
    other = sum((abs(Fraction(x)) - Fraction(scale)) ** 2 for x in numbers)
    assert Fraction(fit.squared_error) <= other + Fraction(fit.energy) * Fraction(EXACT)


@given(numbers=st.lists(coarse, min_size=1, max_size=14), power=st.integers(-300, 300))
def test_levels_follow_a_power_of_two(numbers: list[float], power: int) -> None:
    """Weights times a power of two have the scale times it, and the same distance to the last bit."""
    plain, scaled = (census_of(np.array(numbers) * 2.0**exponent) for exponent in (0, power))
    one, other = fitted(ternary_optimum(plain)), fitted(ternary_optimum(scaled))
    assert other.scale == math.ldexp(one.scale, power)
    np.testing.assert_equal(other.relative_error, one.relative_error)


@given(value=st.floats(0, 1), true=st.floats(0, 1), energy=st.floats(1e-3, 1e3))
def test_the_bound_of_the_root_holds(value: float, true: float, energy: float) -> None:
    """Where the squared error is off by the bound, its root is off by no more than the bound of the root."""
    fit = DiscreteFit("ternary", "", 1.0, 0.5, value * energy, energy, 0.0, abs(value - true) + 1e-300, 0.0, 0.0)
    assert abs(fit.relative_error - math.sqrt(true)) <= fit.relative_error_bound * (1 + 1e-12) + 1e-12


@pytest.mark.parametrize("numbers", [[-0.3, 0.3, 0.3], [0.0, 0.3, -0.3, -0.0], [0.3], [1e-45, 0.0]], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_ternary_weights_are_at_no_distance(numbers: list[float], dtype: str) -> None:
    """Nets of {-s, 0, s}, {-s, s} or one magnitude are discrete to rounding, and their scale is that magnitude."""
    many = np.tile(np.array(numbers), 3333)
    fit = fitted(ternary_optimum(census_of(many, dtype)))
    largest = float(np.max(np.abs(finite_elements(many, dtype))))
    if not largest:  # bfloat16 holds no 1e-45
        assert math.isnan(fit.relative_error)
        return
    assert fit.scale == pytest.approx(largest, rel=1e-15)
    assert fit.relative_error < 1e-15


def test_integers_of_a_ternary_net_are_ternary() -> None:
    """int8 codes -1, 0 and 1 are fitted as the numbers they are: scale 1, no error."""
    codes = np.random.default_rng(34).integers(-1, 2, 10_000).astype(np.float64)
    fit = fitted(ternary_optimum(census_of(codes, "int8")))
    assert (fit.scale, fit.threshold, fit.squared_error) == (1.0, 0.5, 0.0)
    assert fit.zeros_share == np.mean(codes == 0)
    assert fit.sqnr_db == math.inf


def test_nearly_ternary_weights_stand_out() -> None:
    """A thousandth of noise leaves a distance of a thousandth, root of 3 / 2 for the zeros, though bins blur it."""
    census, _ = binned("nearly ternary")
    found = discreteness(census)
    assert found is not None
    assert found.distance == pytest.approx(1e-3 * math.sqrt(3 / 2), rel=0.01)
    assert found.bound < 1e-5
    assert found.ratio == found.distance / GAUSSIAN_DISTANCE


def density(x: float) -> float:
    """Of the standard normal distribution."""
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gaussian_error(scale: float) -> float:
    """Mean squared distance of a standard normal number to the nearest of -s, 0 and s, by quadrature."""
    below = quad(lambda x: x * x * density(x), 0, scale / 2, epsabs=1e-13)[0]
    above = quad(lambda x: (x - scale) ** 2 * density(x), scale / 2, math.inf, epsabs=1e-13)[0]
    return float(2 * (below + above))


def test_the_gaussian_distance_is_that_of_quadrature() -> None:
    """Minimising the integral gives the constant to its six digits, and Max's table I for N = 3 to its four."""
    found = minimize_scalar(gaussian_error, bounds=(0.5, 2.5), method="bounded", options={"xatol": 1e-10})
    assert math.sqrt(found.fun) == pytest.approx(GAUSSIAN_DISTANCE, rel=0, abs=5e-7)
    assert round(found.fun, 4) == 0.1902
    assert (round(found.x / 2, 4), round(found.x, 3)) == (0.6120, 1.224)


def test_gaussian_data_has_the_distance_and_levels_of_max() -> None:
    """A million normal numbers: within five standard errors of 0.190174 and 1.224006."""
    n, scale, share = 1_000_000, 1.224006, 0.190174
    numbers = np.random.default_rng(35).standard_normal(n).astype(np.float32).astype(np.float64)
    fit = fitted(ternary_optimum(census_of(numbers, "float32")))
    sizes = np.abs(numbers)
    errors = np.where(sizes > scale / 2, sizes - scale, sizes) ** 2
    spread = float(np.std(errors - share * numbers**2)) / math.sqrt(n)
    assert fit.relative_error**2 == pytest.approx(share, rel=0, abs=5 * spread)
    # The scale is where the sum of (|x| - s) over |x| > s / 2 is 0: spread over slope, by the delta method.
    is_above = sizes > scale / 2
    slope = float(np.mean(is_above)) - scale * 2 * density(scale / 2) / 4
    spread = float(np.std((sizes - scale) * is_above)) / math.sqrt(n) / slope
    assert fit.scale == pytest.approx(scale, rel=0, abs=5 * spread)
    assert discreteness(census_of(numbers, "float32")) == Discreteness(fit.relative_error, fit.relative_error_bound)


@pytest.mark.parametrize(
    ("method", "share"),
    [
        (binary_by_mean, 1 - 2 / math.pi),
        (ternary_by_threshold, 0.191625),
        (ternary_absmean, 0.263382),
    ],
)
def test_gaussian_data_loses_what_the_normal_distribution_says(
    method: Callable[[Census], DiscreteFit | None], share: float
) -> None:
    """1 - 2 / pi for the signs; for a threshold t and a scale s 1 - 2 s 2 phi(t) + s^2 2 Q(t)."""
    fit = fitted(method(binned("gaussian")[0]))
    assert fit.relative_error**2 == pytest.approx(share, abs=4e-3)
    assert fit.sqnr_db == pytest.approx(-20 * math.log10(fit.relative_error))


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
def test_nothing_is_not_fitted(dtype: str, shape: tuple[int, ...]) -> None:
    """An empty tensor has no levels, and the reason says so."""
    assert_not_fitted(census_of(np.zeros(shape), dtype), "no finite number")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float8_e5m2", "float64"])
def test_tensors_of_no_numbers_are_not_fitted(dtype: str) -> None:
    """Infinities and NaNs alone have no levels."""
    assert_not_fitted(census_of(np.array([np.nan, np.inf, -np.inf]), dtype), "no finite number")
    assert_not_fitted(census_of(np.tile([np.nan, np.inf], 50_000), dtype), "no finite number")


def test_integers_that_are_not_counted_each_are_not_fitted() -> None:
    """Of int32 with more than 65,536 distinct numbers the census knows the extent alone."""
    assert_not_fitted(census_of(np.arange(100_000.0), "int32"), "too many distinct")


@pytest.mark.parametrize("size", [1e-150, 5e-324, 1e150, np.finfo(np.float64).max])
def test_squares_beyond_float64_are_not_fitted(size: float) -> None:
    """Where float64 does not hold the energy there is a reason instead of infinity or of zero."""
    assert_not_fitted(census_of(np.array([size, -size, size / 2])), "squares")


def assert_not_fitted(census: Census, reason: str) -> None:
    """No function answers, and the reason has these words."""
    assert reason in (obstacle(census) or "")
    assert all(method(census) is None for method in METHODS)
    assert discreteness(census) is None


@pytest.mark.parametrize("dtype", ["float32", "float8_e4m3fn", "int8", "uint8"])
def test_zeros_lose_nothing(dtype: str) -> None:
    """All zeros: no energy and no error; relative figures are NaN, since there is nothing to compare with."""
    census = census_of(np.zeros((7, 3)), dtype)
    assert obstacle(census) is None
    for method in METHODS:
        fit = fitted(method(census))
        assert (fit.squared_error, fit.energy) == (0.0, 0.0)
        assert fit.zeros_share == (0.0 if fit.levels == "binary" else 1.0)
        assert math.isnan(fit.relative_error)
        assert math.isnan(fit.relative_error_bound)
        assert math.isnan(fit.sqnr_db)
        assert fit.scale == (ABSMEAN_FLOOR if fit.method == "absmean" else 0.0)
    found = discreteness(census)
    assert found is not None
    assert math.isnan(found.distance)


@pytest.mark.parametrize("number", [0.75, -0.75])
def test_one_number_is_its_own_level(number: float) -> None:
    """A tensor without axes: every method finds its magnitude and loses nothing."""
    census = census_of(np.array(number), "bfloat16")
    for method in METHODS:
        fit = fitted(method(census))
        assert (fit.scale, fit.squared_error, fit.zeros_share) == (0.75, 0.0, 0.0)


def test_zeros_take_the_level_of_binary_weights() -> None:
    """Two levels have no 0: half zeros halve the scale, and each zero loses its square."""
    fit = fitted(binary_by_mean(census_of(np.array([0.0, -0.0, 2.0, -2.0]), "float16")))
    assert (fit.scale, fit.squared_error, fit.energy) == (1.0, 4.0, 8.0)


def test_half_the_scale_becomes_zero() -> None:
    """Ties go to the even level 0 in absmean, and a magnitude at the threshold does not lie above it in the others."""
    halves = census_of(np.array([0.5, -0.5, 1.5, -1.5]))
    fit = fitted(ternary_absmean(halves))
    assert (fit.scale, fit.threshold, fit.zeros_share, fit.squared_error) == (1.0, 0.5, 0.5, 1.0)
    fit = fitted(ternary_by_threshold(halves, 0.5))
    assert (fit.scale, fit.threshold, fit.zeros_share, fit.squared_error) == (1.5, 0.5, 0.5, 0.5)


def test_absmean_has_a_floor() -> None:
    """Weights whose mean magnitude is below 1e-5 are quantized with 1e-5, unless another floor is asked for."""
    census = census_of(np.array([1e-6, -2e-6, 3e-6]))
    fit = fitted(ternary_absmean(census))
    assert (fit.scale, fit.zeros_share, fit.relative_error) == (1e-5, 1.0, 1.0)
    assert fitted(ternary_absmean(census, floor=0.0)).scale == pytest.approx(2e-6, rel=1e-15)


def test_a_threshold_may_leave_nothing() -> None:
    """Above ten times the mean there is nothing: everything becomes zero, and all is lost."""
    fit = fitted(ternary_by_threshold(census_of(np.array([1.0, -1.0, 2.0])), 10.0))
    assert (fit.scale, fit.zeros_share, fit.squared_error, fit.sqnr_db) == (0.0, 1.0, 6.0, 0.0)


@pytest.mark.parametrize("factor", [-0.1, math.inf, math.nan])
def test_thresholds_have_a_sense(factor: float) -> None:
    """A negative threshold, and one that is no number, are refused."""
    with pytest.raises(ValueError, match="mean magnitude is none"):
        ternary_by_threshold(census_of(np.ones(3)), factor)


@pytest.mark.parametrize("n_terms", [0, 1, 1023, 1024, 1025, 5000])
def test_sums_in_rows_are_those_of_fsum(n_terms: int) -> None:
    """Each is the sum of the later terms to 2^-42, whatever their sizes, and the last is 0."""
    terms = 10 ** np.random.default_rng(n_terms).uniform(-30, 30, n_terms)
    expected = [math.fsum(terms[i:]) for i in range(0, n_terms + 1, 97)]
    np.testing.assert_allclose(sums_from(terms)[::97], expected, rtol=2.0**-42, atol=0)
    assert len(sums_from(terms)) == n_terms + 1
