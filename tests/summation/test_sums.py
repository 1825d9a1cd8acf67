"""Sums by every method against the reference, bit for bit: types, working formats, axes, lanes, threads, layouts."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.summation import by_column, ill_conditioned_sum, sum_by
from tests.summation import reference
from tests.summation.reference import BINARY64, FORMATS
from tests.summation.values import (
    ARRAY_TYPES,
    COMPENSATED,
    SUMMING,
    Array,
    array_of,
    assert_same,
    by_working,
    kind_of,
    numbers_of,
    rows,
    to_torch,
    type_of,
    written,
)

by_method = pytest.mark.parametrize("method", SUMMING)
by_type = pytest.mark.parametrize("type_name", ARRAY_TYPES)
LANES = 256
"""Into which compensated methods deal more than 65,536 terms."""
AROUND_MANY = (65_535, 65_536, 65_537)


def expected(drawn: list[list[float]], method: str, working: str, lanes: int = 1) -> list[float]:
    """The sum of each row."""
    return [reference.sum_by(row, method, FORMATS[working], lanes) for row in drawn]


@by_working
@settings(max_examples=15)
@given(data=st.data())
def test_sums_of_rows_and_columns_are_those_of_the_reference(
    array_type: str, working: str | None, data: st.DataObject
) -> None:
    """Subnormals, zeros of both signs, infinities, NaN and overflows, in the type that holds the working format."""
    drawn = data.draw(rows(array_type))
    array = array_of(drawn, array_type)
    columns = np.ascontiguousarray(array.T)
    for method in SUMMING:
        wanted = expected(drawn, method, working or array_type)
        got = sum_by(array, method, axis=1, working=working)
        assert type_of(got) == reference.result_type(array_type, working)
        assert_same(got, wanted, method, drawn)
        assert_same(sum_by(columns, method, axis=0, working=working), wanted, method, drawn)


@by_type
@settings(max_examples=10)
@given(data=st.data())
def test_sums_of_whole_arrays_go_row_by_row(type_name: str, data: st.DataObject) -> None:
    """Of C-ordered, Fortran-ordered and one-dimensional arrays and of tensors the same, with no axis left."""
    drawn = data.draw(rows(type_name, 8))
    array = array_of(drawn, type_name)
    for method in SUMMING:
        wanted = expected([[number for row in drawn for number in row]], method, type_name)
        for given_ in (array, np.asfortranarray(array), array.reshape(-1), array[:, None], to_torch(array)):
            got = sum_by(given_, method)
            assert np.shape(got) == ()
            assert_same(got, wanted, method, drawn)


@by_working
@settings(max_examples=10)
@given(data=st.data(), lanes=st.integers(1, 9), segment=st.integers(1, 30))
def test_terms_are_dealt_out_to_lanes(
    array_type: str, working: str | None, data: st.DataObject, lanes: int, segment: int
) -> None:
    """In every segment each lane by the method, then all main sums and all corrections by it; lanes without terms too."""
    drawn = data.draw(rows(array_type, 24, n_rows=3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_column, "SEGMENT", segment)
        for method in SUMMING:
            got = sum_by(array_of(drawn, array_type), method, axis=1, working=working, lanes=lanes)
            format_ = FORMATS[working or array_type]
            wanted = [reference.sum_by(row, method, format_, lanes, segment=segment) for row in drawn]
            assert_same(got, wanted, method, lanes, drawn)


@pytest.mark.parametrize("method", ["kahan", "neumaier", "klein", "sum2", "double-double"])
@pytest.mark.parametrize("type_name", ["float32", "bfloat16"])
@pytest.mark.parametrize("n", [257, 511, 512, 513])
def test_many_lanes_of_few_terms(method: str, type_name: str, n: int) -> None:
    """256 lanes of one term and of two, bit for bit."""
    numbers = seeded(n, type_name)
    got = sum_by(numbers, method, lanes=LANES)
    assert_same(got, [reference.sum_by(numbers_of(numbers), method, FORMATS[type_name], LANES)])


@by_method
@pytest.mark.parametrize("lanes", [1, 2, 7])
def test_ill_conditioned_terms_in_lanes(method: str, lanes: int) -> None:
    """Where what is kept aside, and what that loses, is all that the result is made of."""
    for condition in (1e20, 1e35, 1e50):
        terms = ill_conditioned_sum(90, condition)
        wanted = reference.sum_by(terms.tolist(), method, FORMATS["float64"], lanes)
        assert_same(sum_by(terms, method, lanes=lanes), [wanted], condition)


def seeded(n: int, type_name: str = "float64", seed: int = 0) -> Array:
    """Normal numbers times powers of two far apart."""
    random = np.random.default_rng([n, seed])
    exponents = random.integers(-12, 12, n)
    made: Array = np.ldexp(random.standard_normal(n), exponents).astype(kind_of(type_name))
    return made


@by_method
@pytest.mark.parametrize("n", [0, 1, 2, 3, 127, 128, 129, 2047, 2048, 2049])
def test_lengths_around_powers_of_two(method: str, n: int) -> None:
    """Wherever a loop may be cut into pieces, nothing is left out or added twice."""
    numbers = seeded(n)
    assert_same(sum_by(numbers, method), [reference.sum_by(numbers.tolist(), method, BINARY64)])


@by_method
@pytest.mark.parametrize("n", AROUND_MANY)
def test_many_terms_of_compensated_methods_are_dealt_out_to_256_lanes(method: str, n: int) -> None:
    """From 65,537 terms on, and only for those."""
    numbers = seeded(n)
    lanes = LANES if n > 65_536 and method in COMPENSATED else 1
    wanted = exactly(numbers) if method == "exact" else reference.sum_by(numbers.tolist(), method, BINARY64, lanes)
    assert_same(sum_by(numbers, method), [wanted])


def exactly(numbers: Array) -> float:
    """The sum by `math.fsum`, which is quick."""
    return math.fsum(numbers.tolist())


@by_method
def test_lanes_depend_on_the_length_of_the_axis(method: str) -> None:
    """Not on that of the array: 66,000 numbers in rows of 6,600 are summed in one lane each."""
    numbers = seeded(66_000).reshape(10, 6_600)
    wanted = [reference.sum_by(row, method, BINARY64) for row in numbers.tolist()[:3]]
    assert_same(sum_by(numbers, method, axis=1)[:3], wanted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "n"),
    [("kahan", 2**20), ("sum2", 2**20 + 1), *((method, 2**20 + 300) for method in SUMMING if method != "blocked:1")],
)
def test_terms_beyond_a_segment_go_to_lanes_of_their_own(method: str, n: int) -> None:
    """None, one alone, and more than there are lanes; in one thread and in two."""
    numbers = seeded(n)
    lanes = LANES if method in COMPENSATED else 1
    wanted = exactly(numbers) if method == "exact" else reference.sum_by(numbers.tolist(), method, BINARY64, lanes)
    for threads in (1, 2):
        assert_same(sum_by(numbers, method, threads=threads), [wanted])


@by_method
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_any_axis_of_three(method: str, axis: int) -> None:
    """Counted from either end; the others stay in order."""
    cube = seeded(4 * 5 * 6, "float32").reshape(4, 5, 6)
    lines = np.moveaxis(cube, axis, -1)
    got = sum_by(cube, method, axis=axis)
    assert list(np.shape(got)) == list(lines.shape[:-1])
    assert_same(got, expected(lines.reshape(-1, lines.shape[-1]).tolist(), method, "float32"))
    tensor = sum_by(to_torch(cube), method, axis=axis)
    assert isinstance(tensor, torch.Tensor)
    assert_same(tensor, numbers_of(got))


@pytest.mark.parametrize("working", ["float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2fnuz"])
@settings(max_examples=40)
@given(
    row=st.lists(
        st.sampled_from((0.0, -0.0)) | st.floats(-300, 300, width=32) | st.floats(-1, 1, width=32),
        min_size=1,
        max_size=8,
    )
)
def test_formats_without_infinity_or_negative_zero(working: str, row: list[float]) -> None:
    """Recursive sums in scalars of ml_dtypes; exact sums, rounded by it; NaN takes the place of infinity."""
    kind = kind_of(working)
    first, *rest = np.array(row, np.float32).astype(kind)
    with np.errstate(all="ignore"):
        for term in rest:
            first = first + term
    assert_same(sum_by(np.array(row, np.float32), "recursive", working=working), [float(first)], row)
    exact = math.fsum(row)
    if exact and exact == FORMATS["float32"].cast(exact):
        with np.errstate(all="ignore"):
            assert_same(sum_by(np.array(row), working=working), [float(np.float32(exact).astype(kind))], row)
    assert_same(sum_by(np.array([-0.0, -0.0]), working=working), [float(np.float32(-0.0).astype(kind))])


def read_only(array: Array) -> Array:
    """A view that cannot be written to."""
    view = array[:]
    view.flags.writeable = False
    return view


def unaligned(array: Array) -> Array:
    """The same numbers at an odd address."""
    buffer = np.empty(array.nbytes + 1, np.uint8)
    buffer[1:] = np.frombuffer(array.tobytes(), np.uint8)
    return buffer[1:].view(array.dtype).reshape(array.shape)


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "every other column": lambda array: array[:, ::2],
    "rows backwards": lambda array: array[::-1],
    "columns backwards": lambda array: array[:, ::-1],
    "columns backwards by threes": lambda array: array[:, ::-3],
    "Fortran order": np.asfortranarray,
    "transposed": lambda array: array.T,
    "one row many times": lambda array: np.broadcast_to(array[3], (7, array.shape[1])),
    "one column many times": lambda array: np.broadcast_to(array[:, 3:4], (array.shape[0], 9)),
    "read-only": read_only,
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")) if array.dtype.kind == "f" else array,
    "unaligned": unaligned,
}


@by_method
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_in_memory_do_not_matter(method: str, layout: str) -> None:
    """The same numbers give the same sums whatever lies between them, and nothing is written to them."""
    for type_name in ARRAY_TYPES:
        view = LAYOUTS[layout](seeded(20 * 30, type_name).reshape(20, 30))
        before = view.tobytes()
        plain = np.array(view, dtype=kind_of(type_name), order="C")
        for axis in (None, 0, 1):
            got = sum_by(view, method, axis=axis)
            assert type_of(got) == type_name
            assert_same(got, numbers_of(sum_by(plain, method, axis=axis)), axis)
        assert view.tobytes() == before


def negated_lazily(tensor: torch.Tensor) -> torch.Tensor:
    """A view that says of itself that its numbers are to be negated; torch has such of complex numbers' parts."""
    if tensor.dtype in (torch.float32, torch.float64):
        return torch.complex(tensor, -tensor).conj().imag
    return tensor


TENSORS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "every other column": lambda tensor: tensor[:, ::2],
    "transposed": lambda tensor: tensor.T,
    "expanded": lambda tensor: tensor[3].expand(7, -1),
    "a parameter": lambda tensor: tensor.clone().requires_grad_(),
    "negated lazily": negated_lazily,
}


@by_method
@pytest.mark.parametrize("layout", TENSORS)
def test_tensors_give_what_arrays_give(method: str, layout: str) -> None:
    """In torch's own types, of any layout; nothing is written to them."""
    for type_name in ARRAY_TYPES:
        view = TENSORS[layout](to_torch(seeded(12 * 14, type_name).reshape(12, 14)))
        plain = array_of(view.detach().resolve_neg().double().tolist(), type_name)
        kept = view.detach().clone()
        for axis in (None, 0, 1):
            got = sum_by(view, method, axis=axis)
            assert isinstance(got, torch.Tensor)
            assert type_of(got) == type_name
            assert_same(got, numbers_of(sum_by(plain, method, axis=axis)), axis)
        assert torch.equal(view, kept)


@by_method
@pytest.mark.parametrize("array_type", ARRAY_TYPES)
@pytest.mark.parametrize("working", [None, "bfloat16", "e5m7", "float64"])
def test_tensors_of_results_have_the_type_of_arrays_of_results(
    method: str, array_type: str, working: str | None
) -> None:
    """Whatever the working format."""
    array = seeded(30, array_type)
    got = sum_by(to_torch(array), method, working=working)
    assert isinstance(got, torch.Tensor)
    assert type_of(got) == reference.result_type(array_type, working)
    assert_same(got, numbers_of(sum_by(array, method, working=working)))


@by_method
@by_type
def test_threads_do_not_matter(method: str, type_name: str) -> None:
    """One or two, for one long sequence, many short ones and few long ones."""
    numbers = seeded(1 << 18, type_name)
    for given_, axis in ((numbers, None), (numbers.reshape(-1, 32), 1), (numbers.reshape(-1, 32), 0)):
        one, two, as_many_as_there_are = (sum_by(given_, method, axis=axis, threads=n) for n in (1, 2, None))
        assert written(numbers_of(one)) == written(numbers_of(two)) == written(numbers_of(as_many_as_there_are))


@by_method
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("working", [None, "bfloat16"])
def test_long_sequences_in_other_formats(method: str, threads: int, working: str | None) -> None:
    """1,500 float32 numbers in float32 and in bfloat16, in however many threads."""
    numbers = seeded(1_500, "float32")
    wanted = reference.sum_by(numbers_of(numbers), method, FORMATS[working or "float32"])
    assert_same(sum_by(numbers, method, working=working, threads=threads), [wanted])


@by_method
@by_type
def test_what_is_empty_sums_to_zero(method: str, type_name: str) -> None:
    """Positive zero, for each place that is left; nothing where no place is left."""
    for shape, axis, left in (
        ((0,), None, ()),
        ((3, 0), 1, (3,)),
        ((3, 0), 0, (0,)),
        ((2, 0, 4), 1, (2, 4)),
        ((0, 5), 1, (0,)),
    ):
        empty = np.zeros(shape, kind_of(type_name))
        for given_ in (empty, to_torch(empty)):
            got = sum_by(given_, method, axis=axis)
            assert tuple(np.shape(got)) == left
            assert type_of(got) == type_name
            assert written(numbers_of(got)) == ["0x0.0p+0"] * int(np.prod(left))


@by_method
@pytest.mark.parametrize("number", [1.5, -0.0, float("inf"), float("nan"), -(2.0**-14)])
def test_one_number_is_its_own_sum(method: str, number: float) -> None:
    """In an array of no axes, of one and of two; as a scalar of numpy; with its sign if it is zero."""
    for type_name in ARRAY_TYPES:
        array = array_of([number], type_name)
        for given_ in (array, array.reshape(()), array[0], array.reshape(1, 1), to_torch(array), to_torch(array)[0]):
            assert_same(sum_by(given_, method), [number])
            assert_same(sum_by(given_, method, lanes=1), [number])


@by_method
@pytest.mark.parametrize("lanes", [1, 3, 100])
def test_zeros_sum_to_minus_zero_only_if_all_are(method: str, lanes: int) -> None:
    """In any number of lanes; where numbers cancel it is positive."""
    for row in ([-0.0] * 10, [-0.0] * 9 + [0.0], [0.0] + [-0.0] * 9, [-0.0] * 4 + [1.0, -1.0], [-1.0, 1.0, -0.0]):
        is_negative = all(written([number]) == ["-0x0.0p+0"] for number in row)
        given_lanes = lanes if method in COMPENSATED else 1
        assert_same(sum_by(np.array(row), method, lanes=given_lanes), [-0.0 if is_negative else 0.0], row)


@pytest.mark.parametrize("method", [method for method in COMPENSATED if method not in ("kahan", "double-double")])
@by_type
def test_errors_of_additions_next_to_the_largest_number(method: str, type_name: str) -> None:
    """The largest number less 1.5 of its spacing loses half of it; the subtractions of TwoSum would overflow there."""
    format_ = FORMATS[type_name]
    spacing = math.ldexp(1.0, math.frexp(format_.largest)[1] - format_.precision)
    for sign in (1, -1):
        for terms in ([-1.5 * spacing, format_.largest], [format_.largest, -1.5 * spacing]):
            numbers = [sign * term for term in (*terms, -format_.largest, spacing)]
            wanted = expected([numbers], method, type_name)
            assert_same(sum_by(array_of(numbers, type_name), method), wanted, numbers)


@by_method
def test_calls_without_a_method_are_exact(method: str) -> None:
    """The default is `exact`, over all elements, and the package has the same function."""
    import precisionlab as top_level

    numbers = seeded(100)
    assert_same(sum_by(numbers), numbers_of(sum_by(numbers, "exact")))
    assert_same(top_level.sum_by(numbers, method), numbers_of(sum_by(numbers, method)))
