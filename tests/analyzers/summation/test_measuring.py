"""Digits, condition numbers and absorbed terms against sums by hand, rationals and `math.fsum`."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.summation import analyze
from analyzers.summation.options import Options
from precisionlab.analysis.results import Result, Scalar, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from tests.analyzers.memory import in_memory
from tests.analyzers.summation import oracle
from tests.memory_reader import MemoryReader

Measure = Callable[..., Mapping[str, Scalar]]
Array = NDArray[Any]

FORMATS = ("float16", "bfloat16", "float32", "float64")


def vector(kind: str) -> Array:
    """Numbers of both signs and of many sizes, stored as float32 or float64."""
    random = np.random.default_rng(7)
    numbers = random.standard_normal(700) * 10.0 ** random.uniform(-3, 1, 700)
    return numbers.astype(np.float64 if kind == "float64" else np.float32)


def in_format(numbers: Array, kind: str) -> list[Any]:
    """Each number rounded to a format."""
    return [oracle.KINDS[kind](number) for number in numbers]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("method", oracle.METHODS)
def test_digits_are_those_of_the_textbook_sum(kind: str, method: str, measured: Measure) -> None:
    """Of elements and squares, each operation rounded by numpy or ml_dtypes, compared with the rational sum."""
    numbers = vector(kind)
    values = measured(numbers, working_formats=(kind,), methods=(method,))
    elements = in_format(numbers, kind)
    for quantity, terms in (("elements", elements), ("squares", [x * x for x in elements])):
        exact = oracle.exactly(terms)
        expected = oracle.digits(oracle.METHODS[method](terms), exact, kind)
        assert values[f"digits[format={kind},method={method},quantity={quantity}]"] == pytest.approx(expected, abs=1e-9)
        if method != "recursive":
            gained = expected - oracle.digits(oracle.recursive(terms), exact, kind)
            key = f"digits_gained[format={kind},method={method},quantity={quantity}]"
            assert values[key] == pytest.approx(gained, abs=1e-9)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_products_of_rows_are_medians_over_rows(kind: str, measured: Measure) -> None:
    """Rows and x are rounded, then their products; each row is summed and compared for itself."""
    matrix = vector(kind).reshape(7, 100)
    values = measured(matrix, working_formats=(kind,), methods=("kahan",), seed=3)
    x = np.random.default_rng(3).standard_normal(100).astype(np.float32)
    expected: dict[str, list[float]] = {"recursive": [], "kahan": []}
    gained, absorbed, moved, conditions = [], [], [], []
    for row in matrix:
        terms = [a * b for a, b in zip(in_format(row, kind), in_format(x, kind), strict=True)]
        exact = oracle.exactly(terms)
        for method, own in expected.items():
            own.append(oracle.digits(oracle.METHODS[method](terms), exact, kind))
        gained.append(expected["kahan"][-1] - expected["recursive"][-1])
        absorbed.append(oracle.absorbed_share(terms))
        products = [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(row, x, strict=True)]
        stored = sum(products, Fraction(0))
        moved.append(float(abs(exact - stored) / abs(stored)))
        conditions.append(float(sum(map(abs, products), Fraction(0)) / abs(stored)))
    label = f"[format={kind},method={{}},quantity=products]"
    for method, own in expected.items():
        assert values[f"digits{label.format(method)}"] == pytest.approx(np.median(own), abs=1e-9)
    assert values[f"digits_gained{label.format('kahan')}"] == pytest.approx(np.median(gained), abs=1e-9)
    assert values[f"absorbed_share[format={kind},quantity=products]"] == pytest.approx(np.median(absorbed))
    assert values[f"term_rounding_error[format={kind},quantity=products]"] == pytest.approx(np.median(moved))
    assert values["condition_median[quantity=products]"] == pytest.approx(np.median(conditions))
    assert values["condition_largest[quantity=products]"] == pytest.approx(max(conditions))
    assert values["sums[quantity=products]"] == 7
    assert values["terms[quantity=products]"] == 100


def test_condition_numbers_are_those_of_fsum(measured: Measure) -> None:
    """Sum of magnitudes over magnitude of the sum; 1 of squares, infinite where numbers cancel, 1 of zeros."""
    numbers = vector("float32")
    values = measured(numbers)
    expected = math.fsum(np.abs(numbers.astype(np.float64))) / abs(math.fsum(numbers.astype(np.float64)))
    assert values["condition_median[quantity=elements]"] == pytest.approx(expected, rel=1e-14)
    assert values["condition_largest[quantity=elements]"] == values["condition_median[quantity=elements]"]
    assert values["condition_median[quantity=squares]"] == 1
    opposite = np.concatenate((numbers, -numbers))
    assert measured(opposite)["condition_median[quantity=elements]"] == math.inf
    assert measured(np.zeros(300, np.float32))["condition_median[quantity=elements]"] == 1


def test_sums_are_beside_what_random_signs_make_of_their_terms(measured: Measure) -> None:
    """|sum x| over the root of sum x^2, also where squares are beyond float64; 1 of zeros."""
    numbers = vector("float64")
    expected = abs(math.fsum(numbers)) / math.sqrt(math.fsum(numbers**2))
    key = "sum_over_chance[quantity=elements]"
    assert measured(numbers)[key] == pytest.approx(expected)
    assert measured(numbers * 1e200)[key] == pytest.approx(expected)
    assert measured(np.zeros(300))[key] == 1
    assert measured(np.ones(300))[key] == pytest.approx(math.sqrt(300))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], 1 << 16)
    assert float(measured(signs, methods=("recursive",))[key]) < 3


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_absorbed_terms_are_counted_as_by_hand(kind: str, measured: Measure) -> None:
    """Terms other than 0 that leave a running sum as it is; zeros are neither counted nor counted among."""
    numbers = np.abs(vector("float32"))
    numbers[::5] = 0
    values = measured(numbers, working_formats=(kind,))
    elements = in_format(numbers, kind)
    for quantity, terms in (("elements", elements), ("squares", [x * x for x in elements])):
        expected = oracle.absorbed_share(terms)
        assert values[f"absorbed_share[format={kind},quantity={quantity}]"] == pytest.approx(expected)
        assert kind == "float32" or expected > 0


@pytest.mark.parametrize("kind", FORMATS)
def test_what_rounding_the_terms_costs(kind: str, measured: Measure) -> None:
    """The exact sum of rounded terms, beside that of the stored ones, both rational."""
    numbers = vector("float64")
    values = measured(numbers, working_formats=(kind,))
    elements = in_format(numbers, kind)
    stored = [Fraction(float(number)) for number in numbers]
    for quantity, terms, exact in (
        ("elements", elements, sum(stored, Fraction(0))),
        # Squares of float64 are stored rounded to it.
        ("squares", [x * x for x in elements], oracle.exactly((numbers * numbers).tolist())),
    ):
        expected = float(abs(oracle.exactly(terms) - exact) / abs(exact))
        assert values[f"term_rounding_error[format={kind},quantity={quantity}]"] == pytest.approx(expected, rel=1e-6)


@settings(max_examples=40)
@given(st.lists(st.floats(-1e4, 1e4, width=16), min_size=1, max_size=40))
def test_the_exact_sum_has_all_digits(numbers: list[float]) -> None:
    """Rounded once it is off by half of a unit in the last place at most, however ill-conditioned; but for overflow."""
    options = Options(working_formats=("bfloat16", "float32"), min_elements=1)
    result = analyze(in_memory(np.array(numbers, np.float32)), options)
    for kind, bits in (("bfloat16", 8), ("float32", 24)):
        most = bits * math.log10(2)
        assert result.value(f"digits[format={kind},method=exact,quantity=elements]") == pytest.approx(most)
        plain = result.value(f"digits[format={kind},method=recursive,quantity=elements]")
        assert 0 <= float(plain) <= most


def test_a_sum_of_nothing_but_zeros_is_right(measured: Measure) -> None:
    """By every method, in every format; no term is absorbed."""
    values = measured(np.zeros((16, 32), np.float32))
    digits = {key: value for key, value in values.items() if key.startswith("digits[")}
    assert len(digits) == 3 * 3 * 8
    for bits, kind in ((24, "float32"), (8, "bfloat16"), (11, "float16")):
        own = [value for key, value in digits.items() if f"format={kind}," in key]
        assert own == [pytest.approx(bits * math.log10(2))] * len(own)
    assert {value for key, value in values.items() if key.startswith("absorbed_share")} == {0.0}


def test_sums_that_overflow_have_no_digit(measured: Measure) -> None:
    """600 numbers of 1,000 pass 65,504 in float16; of both signs in turns they do not. Elsewhere nothing is said."""
    ones = np.full(600, 1000, np.float32)
    values = measured(ones)
    shares = {key: value for key, value in values.items() if key.startswith("overflowed_share")}
    assert {key.partition("[")[2].partition(",")[0] for key in shares} == {"format=float16"}
    assert shares["overflowed_share[format=float16,method=recursive,quantity=elements]"] == 1
    assert values["digits[format=float16,method=recursive,quantity=elements]"] == 0
    assert values["digits[format=float16,method=exact,quantity=elements]"] == 0
    assert values["term_rounding_error[format=float16,quantity=squares]"] == math.inf
    ones[1::2] *= -1
    assert "overflowed_share[format=float16,method=recursive,quantity=elements]" not in measured(ones)


def test_an_exact_sum_in_range_may_be_had_though_the_running_sum_overflows(measured: Measure) -> None:
    """Forty numbers of 2,000 and forty of -2,000 add up to 0 exactly, but pass 65,504 on the way."""
    numbers = np.repeat(np.array([2000, -2000], np.float32), 40)
    values = measured(numbers, min_elements=1)
    assert values["overflowed_share[format=float16,method=recursive,quantity=elements]"] == 1
    assert "overflowed_share[format=float16,method=exact,quantity=elements]" not in values
    assert values["digits[format=float16,method=exact,quantity=elements]"] == pytest.approx(11 * math.log10(2))


def test_squares_beyond_float64_are_told_as_overflow(measured: Measure) -> None:
    """And leave no condition number."""
    values = measured(np.full(300, 1e200))
    assert values["overflowed_share[format=float64,method=recursive,quantity=squares]"] == 1
    assert values["digits[format=float64,method=exact,quantity=squares]"] == 0
    assert math.isnan(float(values["condition_median[quantity=squares]"]))
    for kind in ("float64", "float32", "float16"):
        assert values[f"term_rounding_error[format={kind},quantity=squares]"] == math.inf
    assert values["term_rounding_error[format=float64,quantity=elements]"] == 0
    assert values["term_rounding_error[format=float32,quantity=elements]"] == math.inf
    assert values["condition_median[quantity=elements]"] == 1
    assert "overflowed_share[format=float64,method=recursive,quantity=elements]" not in values


def test_terms_that_all_underflow_have_lost_everything(measured: Measure) -> None:
    """Squares of 1e-30 in float32: a relative error of 1, and none in float64."""
    values = measured(np.full(300, 1e-30, np.float64))
    assert values["term_rounding_error[format=float32,quantity=squares]"] == 1
    assert values["term_rounding_error[format=float64,quantity=squares]"] == 0


def test_infinities_and_nan_are_counted_and_leave_zeros(measured: Measure) -> None:
    """All other figures are those of the tensor with zeros in their places."""
    sick = vector("float32").reshape(7, 100)
    sick[0, :3] = math.nan, math.inf, -math.inf
    sick[4, 7] = math.nan
    cured = np.where(np.isfinite(sick), sick, np.float32(0))
    one, other = measured(sick), measured(cured)
    assert {key: value for key, value in one.items() if other[key] != value} == {
        "non_finite[quantity=elements]": 4,
        "non_finite[quantity=squares]": 4,
        "non_finite[quantity=products]": 4,
    }


def test_a_tensors_own_type_is_among_the_formats_but_not_one_of_eight_bits(measured: Measure) -> None:
    """float64 and float16 are; E4M3 is summed in float32, where it is judged."""

    def formats(array: Array) -> set[str]:
        keys = measured(array, working_formats=("bfloat16",))
        return {key.partition("format=")[2].partition(",")[0] for key in keys if key.startswith("absorbed")}

    numbers = vector("float32") / 100
    assert formats(numbers.astype(np.float64)) == {"bfloat16", "float64"}
    assert formats(numbers.astype(np.float16)) == {"bfloat16", "float32", "float16"}
    assert formats(numbers.astype(ml_dtypes.float8_e4m3fn)) == {"bfloat16", "float32"}


@pytest.mark.parametrize("kind", [ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.bfloat16, np.float16])
def test_narrow_types_are_their_numbers(kind: type[Any], measured: Measure) -> None:
    """Stored in float32 they have the same sums."""
    numbers = (vector("float32") / 100).astype(kind)
    own, wide = measured(numbers), measured(numbers.astype(np.float32))
    assert own == wide


SKIPPED = {
    "integers": (np.arange(400, dtype=np.int32), "its type is no signed float"),
    "a scalar": (np.array(1.0, np.float32), "fewer than 256 elements (summation.min_elements)"),
    "nothing": (np.zeros((0, 48), np.float32), "fewer than 256 elements (summation.min_elements)"),
    "few": (np.ones(255, np.float32), "fewer than 256 elements (summation.min_elements)"),
    "complex numbers": (np.ones(400, np.complex64), "complex numbers are not looked at"),
    "scales": (np.zeros(400, ml_dtypes.float8_e8m0fnu), "its type is no signed float"),
    "no number": (np.full(400, math.nan, np.float32), "all elements looked at are infinite or NaN"),
}


@pytest.mark.parametrize(("array", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_what_cannot_be_answered_is_skipped_with_a_reason(
    array: Array, reason: str, answered: Callable[..., Result]
) -> None:
    """And has neither measurements nor findings."""
    result = answered(array)
    assert (result.status, result.reason) == (Status.SKIPPED, reason)
    assert (result.measurements, result.findings, result.figures) == ((), (), ())


def test_a_scalar_can_be_asked_for(measured: Measure) -> None:
    """A single term is its own sum."""
    values = measured(np.array(3.0, np.float32), min_elements=1)
    assert values["digits[format=float32,method=recursive,quantity=elements]"] == pytest.approx(24 * math.log10(2))
    assert values["terms[quantity=elements]"] == 1


def test_answers_are_the_same_again_and_change_with_the_seed_in_products_alone(
    answered: Callable[..., Result], measured: Measure
) -> None:
    """Measurements, findings and figures."""
    matrix = np.random.default_rng(1).standard_normal((200, 50)).astype(np.float32)
    assert answered(matrix) == answered(matrix.copy())
    one, other = measured(matrix), measured(matrix, seed=1)
    changed = {key for key, value in other.items() if one[key] != value}
    assert changed
    assert all("quantity=products" in key for key in changed)


def test_results_do_not_depend_on_threads() -> None:
    """However many a tensor may use."""
    array = np.random.default_rng(2).standard_normal((64, 2048)).astype(np.float32)
    content = array.tobytes()
    info = TensorInfo("weight", "float32", array.shape, ByteRange("memory", 0, len(content)))
    one, many = (Tensor(info, MemoryReader(content), threads=threads) for threads in (1, 3))
    assert analyze(one, Options()) == analyze(many, Options())


def test_max_terms_and_rows_bound_what_is_summed_and_read() -> None:
    """The first elements, and the first of each of some rows; nothing else is read."""
    array = np.random.default_rng(3).standard_normal((300, 1000)).astype(np.float16)
    content = array.tobytes()
    reader = MemoryReader(content)
    tensor = Tensor(TensorInfo("weight", "float16", array.shape, ByteRange("memory", 0, len(content))), reader)
    result = analyze(tensor, Options(max_terms=500, rows=4))
    assert reader.n_bytes_read == 2 * (500 + 4 * 500)
    assert result.value("terms[quantity=elements]") == result.value("terms[quantity=products]") == 500
    assert result.value("sums[quantity=products]") == 4
    titles = [figure.title for figure in result.figures]
    assert titles[0].startswith("Right digits of the sum of the first 500 elements")
    first = analyze(in_memory(array.reshape(-1)[:500]), Options())
    for one in first.measurements:
        assert result.value(one.metric.key) == one.value


def test_long_rows_are_fewer(measured: Measure) -> None:
    """At most 2^20 products in all."""
    values = measured(np.ones((12, 1 << 18), np.float16), working_formats=("float32",), methods=("recursive",))
    assert values["sums[quantity=products]"] == 4


def test_the_number_of_measurements_is_bounded(measured: Measure) -> None:
    """171 by default whatever the tensor's size, and one more for each sum that overflows."""
    for shape in ((16, 16), (100, 1000)):
        values = measured(np.full(shape, 0.01, np.float32))
        assert len(values) == 171
        assert not any(key.startswith("overflowed") for key in values)
