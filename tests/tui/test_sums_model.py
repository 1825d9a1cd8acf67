"""Running sums and their errors, held to exact rationals, to numpy's own arithmetic, and to what books say of classics."""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.checkpoints import TensorInfo, open_checkpoint
from precisionlab.checkpoints.model import ByteRange
from precisionlab.errors import PrecisionlabError, UsageError
from precisionlab.formats.specials import Special
from precisionlab.summation.anchors import working_format
from precisionlab.summation.methods import parse_method
from precisionlab.tui.screens.method_choice import METHODS
from precisionlab.tui.sum_courses import EVERY, Course, NotWantedError, Question, course_of, places_of
from precisionlab.tui.sum_figures import LEAST_ULPS, Measure, error_lines, picture
from precisionlab.tui.sum_inputs import typed_condition, typed_count, typed_seed
from precisionlab.tui.sum_sources import SOURCES, Order, Source, Terms, of_tensor, ordered, sources_with
from precisionlab.tui.sum_words import copied, facts, table_of, verdict, with_right_digits

SAMPLES = Path(__file__).parents[2] / "samples"
COMPARED = "recursive,pairwise,kahan,neumaier,klein"


def of_numbers(numbers: list[float]) -> Source:
    """A source of just these."""
    return Source("numbers", "", len(numbers), lambda terms, _: np.array(numbers)[: terms.count])


def question(source: Source, format_: str = "float32", methods: str = COMPARED, **terms: float) -> Question:
    """A question about a source, of as many terms as it has at first."""
    wanted = replace(Terms(source.count), **terms)  # type: ignore[arg-type] # each test gives what each field takes
    chosen = tuple(map(parse_method, methods.split(",")))
    return Question(source, wanted, working_format(format_), Order.AS_GIVEN, chosen)


def course(source: Source | list[float], format_: str = "float32", methods: str = COMPARED, **terms: float) -> Course:
    """Its answer."""
    numbers = of_numbers(source) if isinstance(source, list) else source
    return course_of(question(numbers, format_, methods, **terms), lambda: True)


def rational(number: object) -> Fraction:
    """The number, which is finite."""
    assert isinstance(number, Fraction)
    return number


def totals(found: Course, method: str) -> list[float]:
    """What a method has at each place."""
    names = [one.name for one in found.question.methods]
    values = (one.total for one in found.tracks[names.index(method)])
    return [float(value.value if isinstance(value, Special) else value) for value in values]


def in_a_loop(terms: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    """The running sums of a plain loop and of Kahan's, by numpy's float32."""
    plain, total, correction = np.float32(0), np.float32(0), np.float32(0)
    naive, kahan = [], []
    for term in terms:
        plain = np.float32(plain + term)
        y = np.float32(term - correction)
        t = np.float32(total + y)
        correction = np.float32(np.float32(t - total) - y)
        total = t
        naive.append(float(plain))
        kahan.append(float(total))
    return naive, kahan


@pytest.mark.parametrize("key", ["uniform", "normal", "alternating", "tenths"])
def test_running_sums_and_errors_are_those_of_loops_and_rationals(key: str) -> None:
    """At every place, of few terms and of many: sums as numpy adds them, errors as `fractions` has them."""
    found = course(SOURCES[key], count=3_000)
    terms = found.question.source.make(Terms(3_000), found.question.format).astype(np.float32)
    naive, kahan = in_a_loop(terms)
    exact = list(accumulate(map(Fraction, terms.tolist())))
    assert totals(found, "recursive") == [naive[place - 1] for place in found.places]
    assert totals(found, "kahan") == [kahan[place - 1] for place in found.places]
    assert list(found.exact) == [exact[place - 1] for place in found.places]
    assert list(found.last_terms) == [terms[place - 1] for place in found.places]
    for i in range(0, len(found.places), 7):
        for one in found.outcomes_at(i):
            error = rational(one.total) - rational(found.exact[i])
            assert one.deviation.relative_error == error / rational(found.exact[i])
            below = np.float32(abs(math.fsum(terms[: found.places[i]].tolist())))
            if Fraction(float(below)) <= abs(rational(found.exact[i])):
                assert one.deviation.error_in_ulps == error / Fraction(float(np.spacing(below)))


def test_a_million_tenths_are_a_hundred_thousand_and_958() -> None:
    """The well-known sum of a plain float32 loop, and Kahan's."""
    found = course(SOURCES["tenths"])
    assert found.n == 1_000_000
    assert totals(found, "recursive")[-1] == 100958.34375
    assert totals(found, "kahan")[-1] == 100000.0
    assert found.exact[-1] == 1_000_000 * Fraction(float(np.float32(0.1)))
    assert verdict(found, len(found.places) - 1).startswith("pairwise is the cheapest")


@pytest.mark.parametrize(("format_", "limit"), [("bfloat16", 256), ("float16", 2048), ("float8_e4m3fn", 16)])
def test_a_counter_stands_still_at_the_power_of_its_precision(format_: str, limit: int) -> None:
    """2^p, where the next odd number is none of the format."""
    sums = totals(course(SOURCES["ones"], format_, "recursive", count=10_000), "recursive")
    assert max(sums) == sums[-1] == limit


def test_the_harmonic_series_comes_to_rest() -> None:
    """In float32 at 2,097,152 terms, as Malone (2013) computed, and the terms that come later are absorbed."""
    found = course_of(replace(question(SOURCES["harmonic"], count=2_200_000), place=2_097_151), lambda: True)
    sums = totals(found, "recursive")
    assert sums[-1] == sums[found.index_at(2_097_151)] == pytest.approx(15.403683, abs=1e-6)
    assert sums[found.index_at(2_097_150)] < sums[-1]
    assert found.absorbed == 2_200_000 - 2_097_151


@pytest.mark.parametrize("format_", ["float64", "float32", "bfloat16", "float16", "float8_e4m3fn"])
def test_what_is_lost_beside_the_huge_comes_back_from_neumaier_alone(format_: str) -> None:
    """The sum is 2; a plain loop has 0 of it, and so has Kahan's, in any format with room for something huge."""
    found = course(SOURCES["huge"], format_)
    assert found.exact[-1] == 2
    assert [totals(found, one)[-1] for one in COMPARED.split(",")] == [0, 0, 0, 2, 2]


@pytest.mark.parametrize("format_", ["float64", "float32", "bfloat16"])
def test_quarters_of_an_ulp_never_move_a_plain_sum(format_: str) -> None:
    """They are all absorbed, though together they are many ulps, which Kahan's sum has."""
    found = course(SOURCES["crumbs"], format_, "recursive,kahan", count=400)
    assert set(totals(found, "recursive")) == {1.0}
    assert found.absorbed == 399
    unit = Fraction(1, 1 << working_format(format_).mantissa_bits)
    assert found.exact[-1] == 1 + 399 * unit / 4
    assert abs(Fraction(totals(found, "kahan")[-1]) - rational(found.exact[-1])) <= unit


def test_the_series_of_e_to_minus_20_cancels() -> None:
    """Its terms, each rounded once, sum to e^-20 but for their roundings; a plain loop has no digit of that."""
    found = course(SOURCES["exponential"], "float64", "recursive,neumaier", count=120)
    terms = SOURCES["exponential"].make(Terms(120), found.question.format)
    total = float(rational(found.exact[-1]))
    assert total == math.fsum(terms)
    assert abs(total - math.exp(-20)) <= np.spacing(np.abs(terms)).sum() / 2 < 1e-7
    plain, compensated = found.outcomes_at(-1)
    assert plain.right_digits is not None
    assert plain.right_digits < 1
    assert float(rational(compensated.total)) == total


@pytest.mark.parametrize(("key", "limit"), [("squares", math.pi**2 / 6), ("alternating", math.log(2))])
def test_series_near_their_limits(key: str, limit: float) -> None:
    """The exact sum does, as far as the terms go."""
    found = course(SOURCES[key], "float64", "recursive", count=20_000)
    assert float(rational(found.exact[-1])) == pytest.approx(limit, abs=6e-5)


@pytest.mark.parametrize("condition", [1e4, 1e12, 1e40])
def test_hard_sums_have_about_the_condition_number_that_was_asked_for(condition: float) -> None:
    """Of sum |x| over |sum x|, computed in rationals."""
    found = course(SOURCES["conditioned"], "float64", "recursive", count=500, condition=condition, seed=3)
    terms = [Fraction(x) for x in SOURCES["conditioned"].make(found.question.terms, found.question.format).tolist()]
    right = sum(map(abs, terms), Fraction(0)) / abs(sum(terms, Fraction(0)))
    assert found.condition == right
    assert condition / 1000 < right < condition * 1000


def test_orders_are_by_magnitude_and_shuffles_by_seed() -> None:
    """Every order has the same numbers."""
    numbers = np.array([3.0, -1.0, 2.0, 1.0, -4.0])
    assert ordered(numbers, Order.AS_GIVEN, 0).tolist() == [3, -1, 2, 1, -4]
    assert ordered(numbers, Order.REVERSED, 0).tolist() == [-4, 1, 2, -1, 3]
    assert ordered(numbers, Order.ASCENDING, 0).tolist() == [-1, 1, 2, 3, -4]
    assert ordered(numbers, Order.DESCENDING, 0).tolist() == [-4, 3, 2, -1, 1]
    many = np.arange(50.0)
    first, again, other = (ordered(many, Order.SHUFFLED, seed).tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(first) == sorted(other) == many.tolist()


def test_the_order_decides_how_good_a_plain_sum_is() -> None:
    """The squares' small terms first are added better than the large ones first."""
    asked = question(SOURCES["squares"], methods="recursive")
    errors = [
        abs(rational(course_of(replace(asked, order=order), lambda: True).tracks[0][-1].deviation.error_in_ulps))
        for order in (Order.ASCENDING, Order.DESCENDING)
    ]
    assert errors[0] < 2
    assert errors[1] > 1000


def tensor_named(sample: str, name: str) -> TensorInfo:
    """A tensor of a sample."""
    with open_checkpoint(str(SAMPLES / sample)) as checkpoint:
        return next(tensor for tensor in checkpoint.tensors if tensor.name == name)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("healthy.weight", ml_dtypes.bfloat16),
        ("layers.2.mlp.weight", np.float32),
        ("unused_precision.single_in_double.weight", np.float64),
        ("nan.float8_e4m3fn.weight", ml_dtypes.float8_e4m3fn),
        ("integer.int64.positions", np.int64),
        ("integer.int8.weight", np.int8),
    ],
)
def test_a_tensor_gives_its_first_elements(name: str, stored: type) -> None:
    """As the file has them, whatever their type."""
    tensor = tensor_named("sick.safetensors", name)
    source = of_tensor(tensor)
    there: NDArray[Any] = np.fromfile(tensor.location.path, stored, 41, offset=tensor.location.offset)
    got = source.make(Terms(41), working_format("float32"))
    np.testing.assert_array_equal(got, there.astype(np.float64))
    assert source.count == source.available == tensor.n_elements
    assert tensor.dtype in source.about


def test_it_is_told_how_many_of_the_elements_are_added() -> None:
    """Where they are not all."""
    source = of_tensor(tensor_named("sick.safetensors", "healthy.weight"))
    assert next(facts(course(source))) == "1,536 terms in float32"
    assert next(facts(course(source, count=41))) == "the first 41 of 1,536 in float32"


def test_packed_elements_are_unpacked() -> None:
    """Two to a byte, the lower half first."""
    tensor = tensor_named("sick.safetensors", "microscaled.weight")
    there = np.fromfile(tensor.location.path, np.uint8, 3, offset=tensor.location.offset)
    halves = np.stack((there & 15, there >> 4), axis=1).reshape(-1).astype(np.uint8)
    wanted = halves.view(ml_dtypes.float4_e2m1fn).astype(np.float64)[:5]
    got = of_tensor(tensor).make(Terms(5), working_format("float32"))
    np.testing.assert_array_equal(got, wanted)


def test_what_cannot_be_added_says_why(tmp_path: Path) -> None:
    """Nothing, complex numbers, and integers that float64 does not hold; a file that is gone."""
    np.save(tmp_path / "complex.npy", np.ones(3, np.complex64))
    np.save(tmp_path / "wide.npy", np.array([1, 2**60 + 1]))
    reasons = []
    for name in ("complex.npy", "wide.npy"):
        with open_checkpoint(str(tmp_path / name)) as checkpoint, pytest.raises(UsageError) as caught:
            course(of_tensor(checkpoint.tensors[0]))
        reasons.append(str(caught.value))
    assert "only real numbers" in reasons[0]
    assert str(2**60 + 1) in reasons[1]
    with pytest.raises(UsageError, match="no elements"):
        course(of_tensor(tensor_named("sick.safetensors", "empty.weight")))
    with pytest.raises(PrecisionlabError, match="does not exist"):
        course(of_tensor(TensorInfo("gone", "float32", (2,), ByteRange("/nowhere/gone", 0, 8))))


def test_the_tensor_comes_first_where_there_is_one() -> None:
    """Beside all that is always there."""
    tensor = tensor_named("sick.safetensors", "healthy.weight")
    assert next(iter(sources_with(tensor).values())).title == "healthy.weight"
    assert list(sources_with(None)) == list(SOURCES)


def test_places_are_each_of_few_and_some_of_many() -> None:
    """From the first to the last, evenly by number and by its logarithm, with those that are wanted."""
    assert places_of(EVERY, (3,)) == tuple(range(1, EVERY + 1))
    places = places_of(1_000_000, (123_457, 0, 1_000_001))
    assert places[0] == 1
    assert places[-1] == 1_000_000
    assert 123_457 in places
    assert list(places) == sorted(set(places))
    assert len(places) < 500
    gaps = np.diff(np.log(places))
    assert gaps[20:].max() < 0.1
    assert max(np.diff(places)) < 4_300


def test_what_is_not_finite_ends_the_course() -> None:
    """The cursor's last place is before it, and texts say which term it is."""
    numbers = [0.5] * 700
    numbers[432], numbers[600] = math.nan, -math.inf
    found = course(numbers)
    assert found.first_special == 433
    assert found.places[found.last_index] == 432
    assert found.exact[found.last_index] == 216
    assert found.exact[-1] is Special.NAN
    assert "term 433 is nan" in "; ".join(facts(found))
    assert verdict(found, -1) == "There is no finite sum here, and no method helps."
    assert course([math.inf, 1.0]).last_index == 0


def test_what_the_format_makes_of_numbers_is_told() -> None:
    """Those that become 0, infinite or NaN are counted, and what rounding costs the sum is told apart from methods."""
    found = course([1e-9, 0.0, 1.0, 7e4, 0.1], "float16")
    assert found.n_rounded_away == 2
    words = "; ".join(facts(found))
    assert "2 of the numbers are beyond the format" in words
    assert "term 4 is inf" in words
    tenth = course([0.1], "bfloat16")
    assert tenth.rounding.relative_error == (Fraction(float(ml_dtypes.bfloat16(0.1))) - Fraction(0.1)) / Fraction(0.1)
    assert tenth.outcomes_at(0)[0].deviation.error == 0
    assert "costs nothing" in "; ".join(facts(course([0.5, 0.25])))
    assert "beyond the format" in "; ".join(facts(course([40_000.0, 40_000.0], "float16")))


def test_zeros_alone_have_their_own_words() -> None:
    """And none about condition numbers."""
    words = "; ".join(facts(course([0.0, -0.0, 0.0])))
    assert words == "3 terms in float32; all are 0, so that every sum is 0, by whatever method"


def test_nobody_waits_for_what_is_not_wanted_any_more() -> None:
    """Adding up ends before the next method."""
    with pytest.raises(NotWantedError):
        course_of(question(SOURCES["ones"]), lambda: False)


def test_every_method_to_choose_from_is_compared() -> None:
    """In every format of the catalogue that serves, and the exact one is right everywhere."""
    for format_ in ("float64", "float32", "bfloat16", "float8_e5m2", "float4_e2m1fn"):
        names = ",".join(one.name for one in METHODS)
        found = course([0.5, 0.25, -0.5, 0.125] * 3, format_, names)
        assert len(found.tracks) == len(METHODS) == 10
        assert all(one.is_right for one in found.tracks[-1])


@pytest.mark.parametrize(
    ("measure", "wanted"),
    [
        (Measure.ULPS, lambda one: max(LEAST_ULPS, abs(float(one.deviation.error_in_ulps)))),
        (Measure.RELATIVE, lambda one: max(LEAST_ULPS * 2.0**-24, abs(float(one.deviation.relative_error)))),
        (Measure.DIGITS, lambda one: one.right_digits),
    ],
)
def test_lines_have_the_errors_and_a_floor(measure: Measure, wanted: Callable[[object], float]) -> None:
    """A line a method; an error of 0 stands at the bottom of a logarithmic axis."""
    found = course(SOURCES["tenths"], count=300)
    lines = error_lines(found, measure, is_logarithmic=True)
    assert [one.label for one in lines.series] == COMPARED.split(",")
    for series, track in zip(lines.series, found.tracks, strict=True):
        assert series.xs == found.places
        assert series.ys == pytest.approx([wanted(one) for one in track])


def test_a_chart_leads_from_terms_to_columns_and_back() -> None:
    """Both axes span all terms, and what grows has nothing to the right of the cursor."""
    found = course([1.0, *[math.inf] * 99])
    for is_logarithmic in (True, False):
        drawn = picture(error_lines(found, Measure.ULPS, is_logarithmic=is_logarithmic), 90, 12, colour=False)
        assert drawn is not None
        assert drawn.place_at(0) == 1
        assert drawn.place_at(500) == 100
        for place in (1, 20, 35, 60, 100):
            column = drawn.column_of(place)
            assert abs(drawn.column_of(drawn.place_at(column)) - column) <= 1
        assert drawn.column_of(100) == 89
    lines = error_lines(course(SOURCES["tenths"], count=300), Measure.ULPS, is_logarithmic=True)
    drawn = picture(lines, 90, 12, colour=True)
    assert drawn is not None
    column = drawn.column_of(10)
    whole, growing = (drawn.shown(column, is_growing=one).plain.split("\n") for one in (False, True))
    assert len(whole) == len(growing) == 12
    assert [line[:column] for line in whole] == [line[:column] for line in growing]
    assert all(len(line) <= column + 1 for line in growing[:-2])
    assert any(len(line.rstrip()) > column + 1 for line in whole[:-2])


def test_no_finite_error_no_chart() -> None:
    """There is nothing to draw."""
    lines = error_lines(course([math.nan, 1.0]), Measure.ULPS, is_logarithmic=True)
    assert picture(lines, 80, 12, colour=True) is None


def test_right_digits_are_bold() -> None:
    """The first ones, the point and the sign not counted, nor zeros in front."""
    text = with_right_digits("-0.0123456e-05", 3.7)
    bold = "".join(text.plain[span.start : span.end] for span in text.spans if span.style == "bold")
    assert text.plain == "-0.0123456e-05"
    assert bold == "-0.0123"
    assert "bold" not in {span.style for span in with_right_digits("nan", None).spans}


def test_the_table_is_copied_with_tabs() -> None:
    """A heading, a line for each method, the exact sum; the table that is seen has the same rows."""
    found = course(SOURCES["tenths"], methods="recursive,kahan")
    lines = [line.split("\t") for line in copied(found, -1).split("\n")]
    assert [line[0] for line in lines] == ["method", "recursive", "kahan", "exactly"]
    assert float(lines[1][1]) == pytest.approx(100958.34375)
    assert float(lines[1][3]) == pytest.approx(122_624, rel=1e-2)
    assert float(lines[3][1]) == pytest.approx(100000.00149011612, rel=1e-11)
    assert table_of(found, -1).row_count == 2


def test_numbers_are_typed_in_several_ways() -> None:
    """With commas, exponents and powers; others are refused with what is taken."""
    source = SOURCES["conditioned"]
    assert [typed_count(text, source) for text in ("1000", "1,000", "1e3", "2^10")] == [1000, 1000, 1000, 1024]
    assert typed_condition("1e270") == 1e270
    assert typed_seed("7") == 7
    for text in ("11", "1e9", "12.5", "nan", "", "x"):
        with pytest.raises(UsageError, match="from 12 to 8,192"):
            typed_count(text, source)
    for text in ("0.5", "1e271", "inf"):
        with pytest.raises(UsageError, match="from 1 to 1e270"):
            typed_condition(text)
    with pytest.raises(UsageError, match="whole number"):
        typed_seed("-1")
