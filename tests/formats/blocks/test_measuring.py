"""Errors of bands under block formats against `fake_quantize`, whose results are those of other libraries, in float64."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.formats import BlockFormat, dequantize, fake_quantize, formats, quantize
from precisionlab.formats.blocks.measuring import Band, BandErrors, Manner, measure
from precisionlab.formats.blocks.parts import Division
from precisionlab.formats.neighbours import Neighbour
from precisionlab.formats.patterns import decode_all
from tests.formats.blocks.conftest import BLOCK_FORMATS, adversarial

pytestmark = pytest.mark.usefixtures("one_thread")

Doubles = NDArray[np.float64]
Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]

OTHERS = [formats.block(name) for name in ("mxfp4_rceil", "mxfp8_e5m2_even", "int5_g48_asym", "fp8_e5m2_3x20")]
ALL = [*BLOCK_FORMATS, *OTHERS]
by_name = pytest.mark.parametrize("format_", ALL, ids=lambda format_: format_.name)
SHAPES = [(11, 512), (11, 333), (1, 700), (700, 1), (7, 5), (300, 130)]
"""Rows that blocks divide, rows that they do not, one row, one column, rows shorter than a block, several tiles."""
SUMMED = 1e-12
"""Relative to the sum of magnitudes: what sums in another order may differ by."""
BINARY32 = 2.0**-22
"""Relative: largest errors are taken in binary32."""


def finite_rows(n_rows: int, n_columns: int, seed: int) -> Singles:
    """Rows of all sizes that binary16 scales reach."""
    values = adversarial(n_rows, n_columns, seed)
    return np.where(np.abs(values) > 2.0**15, np.float32(0.5), values).astype(np.float32)


def tame_rows(n_rows: int, n_columns: int, seed: int) -> Singles:
    """Rows of scales that every format holds well: normal, heavy-tailed, of one sign, with outliers of either sign."""
    random = np.random.default_rng(seed)
    values = random.standard_normal((n_rows, n_columns))
    values[1::5] = random.standard_t(2, values[1::5].shape)
    values[2::5] = -np.abs(values[2::5])
    values[3::5] = np.where(random.random(values[3::5].shape) < 0.02, 7.0, values[3::5] / 4)
    values[4::5] = np.where(random.random(values[4::5].shape) < 0.02, -7.4, values[4::5] / 4)
    return values.astype(np.float32)


@dataclass(frozen=True)
class Case:
    """A band, what is left out of it, and the weights of its elements."""

    values: Singles
    is_excluded: Flags | None = None
    weights: Singles | None = None

    @property
    def band(self) -> Band:
        """As `measure` takes it."""
        beside = [None if one is None else torch.from_numpy(one) for one in (self.is_excluded, self.weights)]
        return Band(torch.from_numpy(self.values), *beside)

    @property
    def counted(self) -> Flags:
        """What is summed."""
        return np.ones(self.values.shape, np.bool_) if self.is_excluded is None else ~self.is_excluded


def plain_case(shape: tuple[int, int], seed: int = 0) -> Case:
    """All elements count alike."""
    return Case(finite_rows(*shape, seed))


def full_case(shape: tuple[int, int], seed: int = 0) -> Case:
    """A tenth of the elements is left out, and is 0 as `Band` asks; weights of all sizes, zeros among them."""
    random = np.random.default_rng(seed)
    is_excluded = random.random(shape) < 0.1
    weights = (random.standard_normal(shape) ** 2 * (random.random(shape) < 0.9)).astype(np.float32)
    return Case(np.where(is_excluded, np.float32(0), finite_rows(*shape, seed)), is_excluded, weights)


@dataclass(frozen=True)
class Reference:
    """The same figures from the quantized band."""

    squared: Doubles
    """[rows, columns] of e^2, 0 where left out."""
    by_row: Doubles
    sizes: Doubles
    """As `by_row`, of magnitudes: the scale of what may be lost by summing."""
    largest: float
    largest_ratio: float
    flushed: int
    energy: float


def reference(case: Case, format_: BlockFormat) -> Reference:
    """By the definitions in `ErrorSums`, from the whole quantized band."""
    x, counted = case.values.astype(np.float64), case.counted
    q = fake_quantize(case.values, format_).astype(np.float64)
    e = np.where(counted, q - x, 0.0)
    weights = np.zeros_like(x) if case.weights is None else case.weights.astype(np.float64)
    terms = np.stack([e * e, x * e, weights * e * e], axis=2)
    is_ratio = counted & (x != 0)
    return Reference(
        e * e,
        terms.sum(axis=1),
        np.abs(terms).sum(axis=1),
        float(np.abs(e).max(initial=0.0)),
        float(np.abs(e[is_ratio] / x[is_ratio]).max(initial=0.0)),
        int((is_ratio & (q == 0)).sum()),
        float((x * x)[counted].sum()),
    )


def clipped_between(case: Case, format_: BlockFormat) -> tuple[int, int]:
    """How many elements lie beyond what an end of the elements is worth by more than half of the last step.

    Certainly, and perhaps: scales are rounded when they are stored, after elements are divided in some formats.
    """
    found = quantize(case.values, format_)
    numbers = decode_all(format_.element)
    codes = [int(np.flatnonzero(numbers == number)[0]) for number in np.unique(numbers[np.isfinite(numbers)])]
    filled = [dequantize(replace(found, codes=torch.full_like(found.codes, codes[k]))) for k in (0, 1, -2, -1)]
    worth = np.stack([made.numpy().astype(np.float64) for made in filled])
    lowest, low, high, highest = np.where(worth[0] > worth[-1], worth[::-1], worth)  # scales in GGUF may be negative
    x = case.values.astype(np.float64)
    beyond = np.maximum(lowest - (low - lowest) / 2 - x, x - highest - (highest - high) / 2)
    slack = np.abs(x) * (2.0**-4 if format_.division is Division.RECIPROCAL else 2.0**-15)
    is_scaled = case.counted & (highest > lowest)
    return int((is_scaled & (beyond > slack)).sum()), int((is_scaled & (beyond > -slack)).sum())


def in_binary32(number: float) -> float:
    """Infinity beyond the largest."""
    with np.errstate(over="ignore"):
        return float(np.float32(number))


def agree(found: BandErrors, wanted: Reference) -> None:
    """Their figures, but for what is clipped."""
    assert (np.abs(found.by_row - wanted.by_row) <= SUMMED * wanted.sizes).all()
    assert found.largest == pytest.approx(wanted.largest, rel=BINARY32)
    assert found.largest_ratio == pytest.approx(in_binary32(wanted.largest_ratio), rel=BINARY32)
    assert found.flushed == wanted.flushed
    assert found.energy == pytest.approx(wanted.energy, rel=SUMMED)
    assert found.variance == 0


@by_name
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_errors_are_those_of_the_quantized_band(format_: BlockFormat, shape: tuple[int, int]) -> None:
    """Sums by row, largest errors, clipped and flushed elements; weights of nothing without weights."""
    case = plain_case(shape)
    found = measure(case.band, format_)
    agree(found, reference(case, format_))
    assert not found.by_row[:, 2].any()
    assert not found.by_column.size


@by_name
@pytest.mark.parametrize("shape", [(11, 512), (11, 333), (130, 70)], ids=str)
def test_what_is_excluded_does_not_count(format_: BlockFormat, shape: tuple[int, int]) -> None:
    """With weights, and by column."""
    case = full_case(shape)
    found, wanted = measure(case.band, format_, Manner(by_column=True)), reference(case, format_)
    agree(found, wanted)
    np.testing.assert_allclose(found.by_column, wanted.squared.sum(axis=0), rtol=SUMMED)


@by_name
@pytest.mark.parametrize("leaves_out", [False, True], ids=["all", "some left out"])
def test_clipped_elements_lie_half_a_step_beyond_an_end(format_: BlockFormat, *, leaves_out: bool) -> None:
    """By what the codes at either end are worth in each block; what is left out is never counted."""
    values = tame_rows(25, 300, 1)
    case = Case(values)
    if leaves_out:
        is_excluded = np.random.default_rng(2).random(values.shape) < 0.3
        case = Case(np.where(is_excluded, np.float32(0), values), is_excluded)
    at_least, at_most = clipped_between(case, format_)
    assert at_least <= measure(case.band, format_).clipped <= at_most


def test_some_rules_clip_and_others_do_not() -> None:
    """So that the test before this one has something to count: scales by the floor rule saturate, by amax nothing does."""
    band = Case(tame_rows(25, 300, 1)).band
    clipped = {name: measure(band, formats.block(name)).clipped for name in ("mxfp4", "mxfp4_rceil", "q2_k", "nf4_g64")}
    assert clipped["mxfp4"] > 50
    assert clipped["q2_k"] > 50
    assert clipped["mxfp4_rceil"] == clipped["nf4_g64"] == 0


@by_name
@pytest.mark.parametrize("shape", [(11, 512), (11, 333)], ids=str)
def test_compiled_loops_equal_torch(
    format_: BlockFormat, shape: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """Sums within rounding, counts and largest errors exactly."""
    case = full_case(shape)
    compiled = measure(case.band, format_, Manner(by_column=True))
    request.getfixturevalue("in_torch")
    twins_agree(compiled, measure(case.band, format_, Manner(by_column=True)), reference(case, format_).sizes)


def twins_agree(compiled: BandErrors, twin: BandErrors, sizes: Doubles) -> None:
    """Sums within rounding, counts and largest errors exactly."""
    assert (np.abs(compiled.by_row - twin.by_row) <= SUMMED * sizes).all()
    np.testing.assert_allclose(compiled.by_column, twin.by_column, rtol=SUMMED)
    assert (compiled.largest, compiled.largest_ratio) == (twin.largest, twin.largest_ratio)
    assert (compiled.clipped, compiled.flushed, compiled.variance) == (twin.clipped, twin.flushed, twin.variance)


@pytest.mark.parametrize("name", ["q8_0", "q4_0", "q4_1", "q4_k", "q3_k", "tq2_0"])
def test_scales_beyond_binary16_leave_no_number(name: str, request: pytest.FixtureRequest) -> None:
    """Elements times an infinite scale are NaN or infinite: no sum and no largest error hides that, in either twin."""
    values = np.where(np.arange(512).reshape(2, 256) % 32 == 5, np.float32(1e8), np.float32(0))
    wanted = np.abs(fake_quantize(values, name).astype(np.float64) - values).max()
    found = measure(Case(values).band, formats.block(name))
    request.getfixturevalue("in_torch")
    twin = measure(Case(values).band, formats.block(name))
    assert not np.isfinite(wanted)
    for one in (found, twin):
        assert not np.isfinite(one.by_row[:, 0]).any()
        np.testing.assert_equal(one.largest, wanted)


DRAWN = ("mxfp4", "nvfp4", "int4_g32", "int4_g32_asym", "nf4_g64", "fp8_e4m3_channel", "mxint8")
DRAWS = 400


@dataclass(frozen=True)
class Neighbours:
    """What the codes below and above each element are worth; beyond the ends both are the end."""

    lower: Doubles
    upper: Doubles


def neighbours_of(values: Singles, format_: BlockFormat) -> Neighbours:
    """By what every code is worth in each block."""
    found, numbers = quantize(values, format_), decode_all(format_.element)
    codes = np.flatnonzero(np.isfinite(numbers))
    worth = np.stack(
        [dequantize(replace(found, codes=torch.full_like(found.codes, int(code)))).numpy() for code in codes]
    )
    x, worth = values.astype(np.float64), worth.astype(np.float64)
    lower = np.where(worth <= x, worth, -np.inf).max(axis=0)
    upper = np.where(worth >= x, worth, np.inf).min(axis=0)
    return Neighbours(np.where(np.isfinite(lower), lower, upper), np.where(np.isfinite(upper), upper, lower))


def draws_between(x: Doubles, neighbours: Neighbours) -> Doubles:
    """[draws, rows, columns]: one of both neighbours, the upper one with the probability of the distance."""
    step = neighbours.upper - neighbours.lower
    up = (x - neighbours.lower) / np.where(step > 0, step, 1.0)
    chosen = np.random.default_rng(5).random((DRAWS, *x.shape)) < up
    return np.where(chosen, neighbours.upper, neighbours.lower)


def within_five_errors(sums: Doubles, expected: float) -> None:
    """The mean of many sums is the expected one."""
    standard_error = sums.std(ddof=1) / np.sqrt(len(sums))
    assert abs(sums.mean() - expected) <= 5 * standard_error + 1e-6 * abs(expected)


def drawn_case() -> Case:
    """Tame rows with weights, a tenth of them left out."""
    case, values = full_case((10, 128)), tame_rows(10, 128, 3)
    assert case.is_excluded is not None
    return replace(case, values=np.where(case.is_excluded, np.float32(0), values))


@pytest.mark.parametrize("name", DRAWN)
def test_expected_sums_are_the_means_of_draws(name: str) -> None:
    """Of 400 draws between the worths of neighbouring codes: squared, weighted and cross sums, and zeros."""
    case, format_ = drawn_case(), formats.block(name)
    assert case.weights is not None
    found = measure(case.band, format_, Manner(by_column=True, neighbour=Neighbour.STOCHASTIC))
    x = case.values.astype(np.float64)
    draws = draws_between(x, neighbours_of(case.values, format_))
    errors = np.where(case.counted, draws - x, 0.0)
    squared = errors**2
    within_five_errors(squared.sum(axis=(1, 2)), found.by_row[:, 0].sum())
    within_five_errors((x * errors).sum(axis=(1, 2)), found.by_row[:, 1].sum())
    within_five_errors((case.weights * squared).sum(axis=(1, 2)), found.by_row[:, 2].sum())
    for column in range(0, x.shape[1], 16):
        within_five_errors(squared[:, :, column].sum(axis=1), found.by_column[column])
    within_five_errors(((draws == 0) & (x != 0)).sum(axis=(1, 2)), found.flushed)
    within_five_errors(errors.var(axis=0, ddof=1).sum(axis=-1), found.variance / len(x))
    assert np.abs(errors).max() == pytest.approx(found.largest, rel=1e-5)


@pytest.mark.parametrize("name", DRAWN)
def test_dither_has_a_twelfth_of_a_squared_step(name: str) -> None:
    """Between the worths of neighbouring codes; beyond the ends the error is that of the end, and certain."""
    values, format_ = tame_rows(10, 128, 4), formats.block(name)
    found = measure(Case(values).band, format_, Manner(neighbour=Neighbour.DITHERED))
    x, neighbours = values.astype(np.float64), neighbours_of(values, format_)
    is_inside = (neighbours.lower < x) & (x < neighbours.upper)
    variance = np.where(is_inside, (neighbours.upper - neighbours.lower) ** 2 / 12, 0.0)
    certain = np.where(is_inside, 0.0, neighbours.lower - x) ** 2
    on_codes = np.sum((neighbours.lower == x) & (x != 0))
    if not on_codes:
        assert found.variance == pytest.approx(variance.sum(), rel=1e-5)
    np.testing.assert_allclose(found.by_row[:, 0].sum() - found.variance, certain.sum(), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("neighbour", [Neighbour.STOCHASTIC, Neighbour.DITHERED])
@pytest.mark.parametrize("name", ["mxfp4_rceil", "mxfp6_e2m3_rceil", "nf4_g64", "fp8_e4m3_g32"])
def test_drawn_errors_are_zero_on_average(name: str, neighbour: Neighbour) -> None:
    """Where no element lies beyond the ends, all that is squared is variance, and nothing goes with the numbers."""
    case = Case(tame_rows(10, 128, 6))
    found = measure(case.band, formats.block(name), Manner(neighbour=neighbour))
    energy = (case.values.astype(np.float64) ** 2).sum()
    assert found.by_row[:, 0].sum() == pytest.approx(found.variance, rel=1e-3)
    assert abs(found.by_row[:, 1].sum()) < 1e-4 * np.sqrt(found.variance * energy)
    assert found.clipped == 0
