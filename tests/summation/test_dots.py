"""Dot products by every method against the reference, bit for bit."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.summation import by_column, dot_by, ill_conditioned
from tests.summation import reference
from tests.summation.reference import BINARY64, FORMATS
from tests.summation.values import (
    ARRAY_TYPES,
    COMPENSATED,
    MULTIPLYING,
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

METHODS = (*SUMMING, *MULTIPLYING)
by_method = pytest.mark.parametrize("method", METHODS)
by_type = pytest.mark.parametrize("type_name", ARRAY_TYPES)
Rows = list[list[float]]
LANES = 256
"""Into which compensated methods deal more than 65,536 terms."""


def expected(x: Rows, y: Rows, method: str, working: str, lanes: int = 1) -> list[float]:
    """The dot product of each pair of rows."""
    return [reference.dot_by(a, b, method, FORMATS[working], lanes) for a, b in zip(x, y, strict=True)]


def seeded(n: int, type_name: str = "float64", seed: int = 0) -> Array:
    """Normal numbers times powers of two far apart."""
    random = np.random.default_rng([n, seed])
    made: Array = np.ldexp(random.standard_normal(n), random.integers(-6, 6, n)).astype(kind_of(type_name))
    return made


@by_working
@settings(max_examples=15)
@given(data=st.data())
def test_dot_products_of_rows_are_those_of_the_reference(
    array_type: str, working: str | None, data: st.DataObject
) -> None:
    """Along the last axis, with under- and overflowing products, zeros of both signs, infinities and NaN."""
    drawn = data.draw(rows(array_type, n_rows=6))
    x, y = drawn[:3], drawn[3:]
    for method in METHODS:
        got = dot_by(array_of(x, array_type), array_of(y, array_type), method, working=working)
        assert type_of(got) == reference.result_type(array_type, working)
        assert_same(got, expected(x, y, method, working or array_type), method, x, y)


@by_working
@settings(max_examples=10)
@given(data=st.data(), lanes=st.integers(1, 9), segment=st.integers(1, 30))
def test_products_are_dealt_out_to_lanes(
    array_type: str, working: str | None, data: st.DataObject, lanes: int, segment: int
) -> None:
    """Each lane by the method, then all main sums and all corrections, by Sum2 after Dot2 and SumK after DotK."""
    drawn = data.draw(rows(array_type, 20, n_rows=4))
    x, y = drawn[:2], drawn[2:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_column, "SEGMENT", segment)
        for method in METHODS:
            got = dot_by(array_of(x, array_type), array_of(y, array_type), method, working=working, lanes=lanes)
            format_ = FORMATS[working or array_type]
            wanted = [
                reference.dot_by(a, b, method, format_, lanes, segment=segment) for a, b in zip(x, y, strict=True)
            ]
            assert_same(got, wanted, method, lanes, x, y)


@by_method
@pytest.mark.parametrize("n", [0, 1, 2, 3, 127, 128, 129, 2047, 2048, 2049])
def test_lengths_around_powers_of_two(method: str, n: int) -> None:
    """Wherever a loop may be cut into pieces, nothing is left out or added twice."""
    x, y = seeded(n), seeded(n, seed=1)
    assert_same(dot_by(x, y, method), [reference.dot_by(x.tolist(), y.tolist(), method, BINARY64)])


@pytest.mark.parametrize(
    ("method", "n"), [("kahan", 65_536), ("dot2", 65_536), *((method, 65_537) for method in METHODS)]
)
def test_many_products_of_compensated_methods_are_dealt_out_to_256_lanes(method: str, n: int) -> None:
    """From 65,537 terms on, and only for those."""
    x, y = seeded(n), seeded(n, seed=1)
    is_compensated = method in COMPENSATED or method.startswith("dot")
    lanes = LANES if n > 65_536 and is_compensated else 1
    wanted = (
        products_exactly(x, y)
        if method == "exact"
        else reference.dot_by(x.tolist(), y.tolist(), method, BINARY64, lanes)
    )
    assert_same(dot_by(x, y, method), [wanted])


def products_exactly(x: Array, y: Array) -> float:
    """The dot product by `math.fsum` of products and their errors, none of which underflows."""
    products = [BINARY64.two_product(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    return math.fsum(part for pair in products for part in pair)


@by_method
@pytest.mark.parametrize("lanes", [1, 2, 7])
def test_ill_conditioned_products_in_lanes(method: str, lanes: int) -> None:
    """Where what is kept aside, and what that loses, is all that the result is made of."""
    for condition in (1e20, 1e35, 1e50):
        x, y = ill_conditioned(90, condition)
        wanted = reference.dot_by(x.tolist(), y.tolist(), method, FORMATS["float64"], lanes)
        assert_same(dot_by(x, y, method, lanes=lanes), [wanted], condition)


@by_method
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_any_axis_of_three(method: str, axis: int) -> None:
    """Counted from either end; the others stay in order; without one it is the last."""
    x, y = (seeded(4 * 5 * 6, "float32", seed).reshape(4, 5, 6) for seed in (0, 1))
    a, b = (np.moveaxis(cube, axis, -1) for cube in (x, y))
    got = dot_by(x, y, method, axis=axis)
    assert np.shape(got) == a.shape[:-1]
    flat_a, flat_b = (lines.reshape(-1, lines.shape[-1]).tolist() for lines in (a, b))
    assert_same(got, expected(flat_a, flat_b, method, "float32"))
    if axis == -1:
        assert_same(dot_by(x, y, method), numbers_of(got))
    tensor = dot_by(to_torch(x), to_torch(y), method, axis=axis)
    assert isinstance(tensor, torch.Tensor)
    assert_same(tensor, numbers_of(got))


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "every other column": lambda array: array[:, ::2],
    "columns backwards": lambda array: array[:, ::-1],
    "Fortran order": np.asfortranarray,
    "transposed": lambda array: array.T,
    "one row many times": lambda array: np.broadcast_to(array[3], (7, array.shape[1])),
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")) if array.dtype.kind == "f" else array,
}


@by_method
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_in_memory_do_not_matter(method: str, layout: str) -> None:
    """The two may lie differently; nothing is written to them."""
    for type_name in ARRAY_TYPES:
        x, y = (LAYOUTS[layout](seeded(10 * 12, type_name, seed).reshape(10, 12)) for seed in (0, 1))
        before = x.tobytes() + y.tobytes()
        plain_x, plain_y = (np.array(view, dtype=kind_of(type_name), order="C") for view in (x, y))
        for axis in (0, 1):
            wanted = numbers_of(dot_by(plain_x, plain_y, method, axis=axis))
            for a, b in ((x, y), (x, plain_y), (plain_x, y)):
                got = dot_by(a, b, method, axis=axis)
                assert type_of(got) == type_name
                assert_same(got, wanted, axis)
        assert x.tobytes() + y.tobytes() == before


@by_method
@by_type
def test_tensors_give_what_arrays_give(method: str, type_name: str) -> None:
    """In torch's own types, transposed and expanded ones too."""
    x, y = (seeded(10 * 12, type_name, seed).reshape(10, 12) for seed in (0, 1))
    a, b = to_torch(x), to_torch(y)
    for given_, plain in (((a, b), (x, y)), ((a.T, b.T), (x.T, y.T)), ((a[1].expand(10, -1), b), (x[[1] * 10], y))):
        got = dot_by(*given_, method)
        assert isinstance(got, torch.Tensor)
        assert type_of(got) == type_name
        assert_same(got, numbers_of(dot_by(*plain, method)))


@by_method
@by_type
def test_threads_do_not_matter(method: str, type_name: str) -> None:
    """One or two, for one long pair and many short ones."""
    x, y = (seeded(1 << 17, type_name, seed) for seed in (0, 1))
    for shape in ((-1,), (-1, 32)):
        a, b = x.reshape(shape), y.reshape(shape)
        one, two, as_many_as_there_are = (dot_by(a, b, method, threads=n) for n in (1, 2, None))
        assert written(numbers_of(one)) == written(numbers_of(two)) == written(numbers_of(as_many_as_there_are))


@by_method
@by_type
def test_what_is_empty_has_a_product_of_zero(method: str, type_name: str) -> None:
    """Positive zero, for each place that is left."""
    for shape, axis, left in (((0,), -1, ()), ((3, 0), 1, (3,)), ((3, 0), 0, (0,)), ((2, 0, 4), 1, (2, 4))):
        empty = np.zeros(shape, kind_of(type_name))
        for given_ in (empty, to_torch(empty)):
            got = dot_by(given_, given_, method, axis=axis)
            assert tuple(np.shape(got)) == left
            assert type_of(got) == type_name
            assert written(numbers_of(got)) == ["0x0.0p+0"] * int(np.prod(left))


@by_method
def test_one_product_is_rounded_once(method: str) -> None:
    """One pair gives their rounded product, with its sign if it is zero, and infinity if it overflows."""
    tiny, huge = 2.0**-1000, 2.0**1000
    for x, y in (
        (1 / 3, 3.0),
        (-0.0, 1.0),
        (-tiny, tiny),
        (huge, -huge),
        (-0.0, -0.0),
        (math.inf, 0.0),
        (math.inf, -1.0),
    ):
        product = x * y
        assert_same(dot_by(np.array([x]), np.array([y]), method), [product], x, y)


@pytest.mark.parametrize("type_name", ["float32", "float64"])
def test_exact_dot_products_neither_under_nor_overflow_on_the_way(type_name: str) -> None:
    """Products of the largest and of the least numbers cancel exactly, whatever lies between."""
    format_ = FORMATS[type_name]
    big, small = format_.largest, format_.least
    x = array_of([big, small, big, 1.0, small], type_name)
    y = array_of([big, small, -big, small, small], type_name)
    assert_same(dot_by(x, y), [small])
    assert_same(dot_by(x[[0, 2, 1, 4]], y[[0, 2, 1, 4]]), [0.0])  # 2 least^2 is far below the least number
    assert_same(dot_by(x[[0, 0, 2]], y[[0, 0, 2]]), [math.inf])


@pytest.mark.parametrize("type_name", ["float32", "float64", "bfloat16", "float16"])
def test_a_sticky_bit_as_small_as_a_square_of_the_least_number_counts(type_name: str) -> None:
    """Halfway between 1 and the next number, and the smallest product more or less."""
    format_ = FORMATS[type_name]
    half = math.ldexp(1.0, -format_.precision)
    after = 1 + 2 * half
    for sign, halfway_result, wanted in ((1, 1.0, after), (-1, 1.0, 1.0)):
        x = array_of([1.0, half, sign * format_.least], type_name)
        y = array_of([1.0, 1.0, format_.least], type_name)
        assert_same(dot_by(x[:2], y[:2]), [halfway_result])
        assert_same(dot_by(x, y), [wanted])
        assert_same(dot_by(x[::-1], y[::-1]), [wanted])


def test_fma_rounds_once() -> None:
    """By hand: (1 + e)(1 - e) - 1 is -e^2, which a rounded product loses."""
    e = 2.0**-30
    x, y = np.array([-1.0, 1 + e]), np.array([1.0, 1 - e])
    assert_same(dot_by(x, y, "fma"), [-(e**2)])
    assert_same(dot_by(x, y, "recursive"), [0.0])
    for method in ("dot2", "dotk:3", "exact"):
        assert_same(dot_by(x, y, method), [-(e**2)])


@settings(max_examples=100)
@given(data=st.data())
def test_no_fma_is_rounded_twice(data: st.DataObject) -> None:
    """In binary32 made from binary64, and in binary64, where the sum is halfway but for a tiny rest."""
    type_name = data.draw(st.sampled_from(("float32", "float64", "bfloat16", "float16")))
    p = FORMATS[type_name].precision
    near_one = st.builds(lambda k, s: s * (1 + math.ldexp(k, 1 - p)), st.integers(-3, 3), st.sampled_from((1, -1)))
    scaled = st.builds(
        math.ldexp, near_one, st.integers(-p - 1, p + 1) if type_name != "float16" else st.integers(-6, 6)
    )
    x, y = (data.draw(st.lists(scaled, min_size=3, max_size=3)) for _ in range(2))
    x, y = ([FORMATS[type_name].cast(number) for number in drawn] for drawn in (x, y))
    wanted = expected([x], [y], "fma", type_name)
    assert_same(dot_by(array_of(x, type_name), array_of(y, type_name), "fma"), wanted, type_name, x, y)


FUSED = {
    "a subnormal number times a large one": (2.225073858507201e-308, 1.7976931348623157e308, -3.9999999999999987),
    "infinity and a finite product": (1.0, 2.0, math.inf),
    "infinity and an overflowing product": (1e200, -1e200, math.inf),
    "infinity and a large product": (2251799813685247.8, 1.7976931348623157e308, -math.inf),
    "an overflowing product that is taken back": (1e200, 1e200, -(2.0**1023)),
    "a product just beyond that is taken back": (2.0**512, 2.0**512, -(2.0**1023)),
    "an underflowing product": (1e-200, 1e-200, 2.0**-1074),
    "half the least number and more": (2.0**-538, 2.0**-537 * (1 + 2.0**-52), 2.0**-1074),
    "half the least number": (2.0**-538, 2.0**-537, 2.0**-1074),
    "a tie broken by the product": (2.0**-600, 2.0**-400, 1 + 2.0**-52),
    "a tie of the product broken by the addend": (1 + 2.0**-27, 1 + 2.0**-26, 2.0**-1074),
    "a tie of the product broken downwards": (1 + 2.0**-27, 1 + 2.0**-26, -(2.0**-1074)),
    "nothing is left": (1.5, 2.0, -3.0),
    "the product is -0": (-0.0, 1.0, -0.0),
    "the product is 0": (0.0, 1.0, -0.0),
}
"""Factors and what is added, in binary64."""


@pytest.mark.parametrize(("a", "b", "c"), FUSED.values(), ids=FUSED)
def test_fused_operations_of_binary64_are_exact_before_they_are_rounded(a: float, b: float, c: float) -> None:
    """At both ends of the exponents too, where parts of products under- or overflow."""
    for x, y in (([c, a], [1.0, b]), ([c, b], [1.0, a]), ([c, -a], [1.0, -b]), ([-c, a], [1.0, -b])):
        wanted = reference.dot_by(x, y, "fma", FORMATS["float64"])
        assert_same(dot_by(np.array(x), np.array(y), "fma"), [wanted], x, y)


@pytest.mark.parametrize("type_name", ["float64", "float32"])
@pytest.mark.parametrize("method", ["dot2", "dotk:3"])
@settings(max_examples=60)
@given(data=st.data())
def test_errors_of_products_at_both_ends_of_the_exponents(method: str, type_name: str, data: st.DataObject) -> None:
    """Of numbers so small and so large that their product is near 1; the second term takes the product back."""
    format_ = FORMATS[type_name]
    significands = st.integers(1 << (format_.precision - 1), (1 << format_.precision) - 1)
    exponent = data.draw(st.integers(format_.min_exponent - format_.precision + 1, -format_.precision))
    small = format_.cast(math.ldexp(data.draw(significands), exponent - data.draw(st.integers(0, 3))))
    large = math.ldexp(data.draw(significands), min(-exponent, math.frexp(format_.largest)[1]) - 2 * format_.precision)
    x, y = [small, -1.0, 0.0], [large, format_.multiply(small, large), 0.0]
    wanted = expected([x], [y], method, type_name)
    assert_same(dot_by(array_of(x, type_name), array_of(y, type_name), method), wanted, x, y)


@by_method
def test_the_package_has_the_same_function(method: str) -> None:
    """And its default is `exact`."""
    import precisionlab

    x, y = seeded(50), seeded(50, seed=1)
    assert_same(precisionlab.dot_by(x, y, method), numbers_of(dot_by(x, y, method)))
    assert_same(dot_by(x, y), numbers_of(dot_by(x, y, "exact")))
