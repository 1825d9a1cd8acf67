"""Casts told by a census of bins against casts of every element: by numpy, ml_dtypes and exact rounding."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.census.casts import Casts, tells
from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.records import CastCounts, Census
from precisionlab.analysis.census.survey import Survey
from precisionlab.formats import STORED_FORMATS
from precisionlab.formats.casting import Outcome, cast

if TYPE_CHECKING:
    from tests.analysis.census.conftest import MakeSpecimen, Specimen

    SurveyWith = Callable[[Specimen, CpuBackend], Survey]

Numbers = NDArray[np.float64]

GRIDS = {
    "float4_e2m1fn": (2, 0, 6.0),
    "float6_e2m3fn": (4, 0, 7.5),
    "float6_e3m2fn": (3, -2, 28.0),
    "float8_e4m3fn": (4, -6, 448.0),
    "float8_e5m2": (3, -14, 57344.0),
    "float16": (11, -14, 65504.0),
    "bfloat16": (8, -126, (2 - 2**-7) * 2.0**127),
    "tfloat32": (11, -126, (2 - 2**-10) * 2.0**127),
    "float32": (24, -126, (2 - 2**-23) * 2.0**127),
}
"""Significant bits, smallest normal exponent and largest finite number as the formats' definitions print them."""
NARROW = sorted(set(GRIDS) - {"float32"})
WIDE = ("float32", "float64")


def edge_codes(component: str) -> NDArray[np.unsignedinteger]:
    """All exponents of both signs with the mantissas that are grid points or midpoints of a format, or beside one."""
    mantissa_bits, exponent_bits = {"float32": (23, 8), "float64": (52, 11)}[component]
    rng = np.random.default_rng(0)
    mantissas = {0, 1, (1 << mantissa_bits) - 1}
    for kept in range(11):
        unit = 1 << (mantissa_bits - kept)
        for significand in {0, (1 << kept) - 1, *rng.integers(0, 1 << kept, 2).tolist()}:
            on_grid = significand * unit
            mantissas |= {on_grid + offset for offset in (-1, 0, 1, unit // 2 - 1, unit // 2, unit // 2 + 1)}
    fields = np.array(sorted(one for one in mantissas if 0 <= one < 1 << mantissa_bits), np.uint64)
    exponents = np.arange(2 << exponent_bits, dtype=np.uint64)
    if component == "float64":  # float32's range and what lies about it
        exponents = exponents[np.abs((exponents & np.uint64(0x7FF)).astype(np.int64) - 1023) < 170]
    codes = (exponents[:, None] << np.uint64(mantissa_bits)) | fields
    found: NDArray[np.unsignedinteger] = codes.ravel().astype(f"u{(mantissa_bits + exponent_bits + 1) // 8}")
    return found


def gaussian_codes(component: str) -> NDArray[np.unsignedinteger]:
    """Weights at a scale at which every narrow format has each kind of outcome."""
    rng = np.random.default_rng(1)
    numbers = rng.standard_normal(100_003) * np.exp2(rng.integers(-30, 20, 100_003))
    return numbers.astype(component).view(f"u{np.dtype(component).itemsize}")


BUILDERS = {"edges": edge_codes, "gaussian": gaussian_codes}
OF_FLOAT32 = [("float32", name) for name in BUILDERS]
"""From float64 ml_dtypes casts through float32, which rounds twice."""


@pytest.fixture(scope="module", params=[(kind, name) for kind in WIDE for name in BUILDERS], ids="-".join)
def binned(
    request: pytest.FixtureRequest, make_specimen: "MakeSpecimen", survey_with: "SurveyWith"
) -> "tuple[Specimen, Census]":
    """A wide tensor with too many distinct patterns to list, and its census."""
    component, name = request.param
    specimen = make_specimen(component, BUILDERS[name](component))
    census = survey_with(specimen, CpuBackend()).census
    assert not census.is_exact
    return specimen, census


def rounded(numbers: Numbers, target: str) -> Numbers:
    """To the nearest of the format's grid, ties to even, exponents unbounded above; exact for float64's normal range."""
    precision, min_exponent, _ = GRIDS[target]
    _, above = np.frexp(numbers)
    unit = np.maximum(above - 1, min_exponent) - precision + 1
    result: Numbers = np.ldexp(np.rint(np.ldexp(numbers, -unit)), unit)
    return result


def outcomes_by(result: Numbers, numbers: Numbers, target: str) -> CastCounts:
    """Count overflows, underflows, subnormals and exact results by definition."""
    _, min_exponent, largest = GRIDS[target]
    sizes = np.abs(result)
    overflow = ~(sizes <= largest)
    subnormal = (sizes > 0) & (sizes < 2.0**min_exponent)
    masks = (overflow, sizes == 0, subnormal, (result == numbers) & ~overflow)
    return CastCounts(*(int(np.count_nonzero(mask)) for mask in masks))


def ordinary(specimen: "Specimen") -> Numbers:
    """The finite non-zero elements."""
    numbers: Numbers = specimen.finite[specimen.finite != 0]
    return numbers


@pytest.mark.parametrize("target", NARROW)
def test_bins_decide_every_rounding(binned: "tuple[Specimen, Census]", target: str) -> None:
    """Counts from the bins equal those of exact rounding of every element, edges included."""
    specimen, census = binned
    numbers = ordinary(specimen)
    assert Casts(census).counts(STORED_FORMATS[target]) == outcomes_by(rounded(numbers, target), numbers, target)


@pytest.mark.parametrize("target", NARROW)
def test_representatives_round_as_the_elements(binned: "tuple[Specimen, Census]", target: str) -> None:
    """Casting one number a bin, with the bin's count, has the outcomes of casting every element."""
    specimen, census = binned
    numbers = ordinary(specimen)
    found = cast(census.values, STORED_FORMATS[target])
    totals = [
        int(census.counts[mask].sum())
        for mask in (
            found.outcomes == Outcome.OVERFLOW,
            found.outcomes == Outcome.UNDERFLOW,
            found.outcomes == Outcome.SUBNORMAL,
            found.exact,
        )
    ]
    assert CastCounts(*totals) == outcomes_by(rounded(numbers, target), numbers, target)


@pytest.mark.parametrize("binned", OF_FLOAT32, indirect=True, ids="-".join)
@pytest.mark.parametrize(
    "target", sorted(set(NARROW) - {"tfloat32", "float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn"})
)
def test_bins_agree_with_the_libraries_casts(binned: "tuple[Specimen, Census]", target: str) -> None:
    """Counts equal those of ml_dtypes' and numpy's casts from float32, whose overflow is NaN or infinity."""
    specimen, census = binned
    numbers = ordinary(specimen)
    with np.errstate(all="ignore"):
        result = numbers.astype(specimen.dtype).astype(getattr(ml_dtypes, target, target)).astype(np.float64)
    assert Casts(census).counts(STORED_FORMATS[target]) == outcomes_by(result, numbers, target)


@pytest.mark.parametrize("binned", OF_FLOAT32, indirect=True, ids="-".join)
@pytest.mark.parametrize("target", ["float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn"])
def test_bins_agree_with_saturating_casts(binned: "tuple[Specimen, Census]", target: str) -> None:
    """Underflows, subnormals and exact casts equal those of ml_dtypes, which saturates what overflows."""
    specimen, census = binned
    numbers = ordinary(specimen)
    result = numbers.astype(np.float32).astype(getattr(ml_dtypes, target)).astype(np.float64)
    found, expected = Casts(census).counts(STORED_FORMATS[target]), outcomes_by(result, numbers, target)
    assert (found.underflows, found.subnormals) == (expected.underflows, expected.subnormals)
    assert found.exact == expected.exact
    assert found.overflows >= np.count_nonzero(np.abs(numbers) >= 2 * GRIDS[target][2])


def test_bins_decide_symmetric_int8(binned: "tuple[Specimen, Census]") -> None:
    """Rounded half to even, beyond 127 in magnitude is overflow; zero is underflow; integers are exact."""
    specimen, census = binned
    numbers = ordinary(specimen)
    result = np.rint(numbers)
    found = Casts(census).counts(STORED_FORMATS["int8"])
    assert found.overflows == np.count_nonzero(np.abs(result) > 127)
    assert found.underflows == np.count_nonzero(result == 0)
    assert found.exact == np.count_nonzero((result == numbers) & (np.abs(result) <= 127))


def test_casts_to_the_stored_format_and_wider_are_exact(binned: "tuple[Specimen, Census]") -> None:
    """Nothing is lost; subnormals of the stored format remain such, and become normal in the wider one."""
    specimen, census = binned
    n = len(ordinary(specimen))
    own = Casts(census).counts(STORED_FORMATS[specimen.dtype])
    assert own == CastCounts(0, 0, census.specials.subnormals, n)
    assert Casts(census).counts(STORED_FORMATS["float64"]).exact == n


@pytest.mark.parametrize("target", ["float16", "float32"])
def test_casts_to_ieee_formats_are_numpys(binned: "tuple[Specimen, Census]", target: str) -> None:
    """Also from float64, which numpy rounds once; to float32 it is counted element by element."""
    specimen, census = binned
    numbers = ordinary(specimen)
    with np.errstate(all="ignore"):
        result = numbers.astype(target).astype(np.float64)
    assert Casts(census).counts(STORED_FORMATS[target]) == outcomes_by(result, numbers, target)


def test_casts_that_bins_do_not_tell_are_refused(binned: "tuple[Specimen, Census]") -> None:
    """Integers of more than 11 bits are beyond the bins: no count rather than a wrong one."""
    specimen, census = binned
    casts = Casts(census)
    for target in ("int16", "int32", "uint16"):
        assert not tells(census, STORED_FORMATS[target])
        with pytest.raises(ValueError, match=f"bins of {specimen.dtype} do not tell casts to {target}"):
            casts.counts(STORED_FORMATS[target])


@pytest.mark.parametrize(
    ("numbers", "dtype", "narrowest"),
    [
        (np.array([0.5, 1.0, -6.0]), "float32", ["float4_e2m1fn"]),
        (np.array([0.5, 1.0, -7.5]), "float32", ["float6_e2m3fn"]),
        (np.array([416.0, 1.0]), "float32", ["float8_e4m3fn"]),
        (np.array([100.0, 101.0]), "float32", ["int8", "uint8"]),
        (np.array([1.0, 2.0**-30]), "float32", ["float8_e8m0fnu"]),
        (np.array([-1.0, 2.0**-30]), "float32", ["bfloat16"]),
        (np.array([0.0, 2.0**-30]), "float32", ["bfloat16"]),
        (np.array([-128.0, 101.0]), "float32", ["int8"]),
        (np.array([128.0, 101.0]), "float32", ["uint8"]),
        (np.array([1.0, 1 + 2.0**-10]), "float32", ["float16"]),
        (np.array([1.0, 1 + 2.0**-10, 2.0**30]), "float64", ["tfloat32"]),
        (np.array([1.0, np.inf]), "float32", ["float8_e5m2"]),
        (np.array([208.0, np.nan]), "float32", ["float8_e4m3fn", "float8_e4m3fnuz"]),
        (np.array([1e300]), "float64", ["float64"]),
        (np.array([2.0**31 - 1]), "float64", ["int32", "uint32"]),
    ],
)
def test_narrowest_formats_of_few_numbers(
    numbers: Numbers, dtype: str, narrowest: list[str], make_specimen: "MakeSpecimen", survey_with: "SurveyWith"
) -> None:
    """The formats of the fewest bits that hold every number, infinity and NaN."""
    codes = numbers.astype(dtype).view(f"u{np.dtype(dtype).itemsize}")
    census = survey_with(make_specimen(dtype, codes), CpuBackend()).census
    assert [format_.name for format_ in Casts(census).narrowest()] == narrowest


@pytest.mark.parametrize(
    ("numbers", "dtype", "narrowest"),
    [
        (np.arange(1.0, 80_001) + 0.25, "float32", ["float32"]),
        (np.arange(1.0, 80_001) + 0.25, "float64", ["float32"]),
        (2.0**20 + np.arange(80_000) / 2, "float32", ["float32"]),
        (2.0**25 + np.arange(80_000), "float64", ["float64"]),
        (np.ldexp(1 + np.arange(512) / 1024, np.arange(-100, 100)[:, None]).ravel(), "float32", ["tfloat32"]),
    ],
    ids=["quarters", "quarters in float64", "halves beyond 2^20", "integers beyond float32", "ten bits"],
)
def test_narrowest_formats_of_many_numbers(
    numbers: Numbers, dtype: str, narrowest: list[str], make_specimen: "MakeSpecimen", survey_with: "SurveyWith"
) -> None:
    """From bins no format is claimed that does not hold every number (int32 is not known to, even where it does)."""
    codes = numbers.astype(dtype).view(f"u{np.dtype(dtype).itemsize}")
    census = survey_with(make_specimen(dtype, codes), CpuBackend()).census
    assert not census.is_exact
    assert [format_.name for format_ in Casts(census).narrowest()] == narrowest
