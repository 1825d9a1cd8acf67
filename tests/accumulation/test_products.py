"""That products are, bit for bit, what exact arithmetic rounded step by step gives, by every kind of accumulator."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.accumulation import BlockFma, Promoted, matmul_by, parse_accumulator
from precisionlab.accumulation.by_rows import ROWS
from precisionlab.accumulation.rows import add_blocks
from tests.accumulation.inputs import (
    REPRESENTATIVES,
    beside_a_subnormal_sum,
    drawn_factors,
    expected,
    factors,
    seed_of,
    written,
    written_in,
)
from tests.accumulation.oracles import ORACLES, UNIT_OF
from tests.accumulation.published import PUBLISHED, RECORDS, Published
from tests.accumulation.vectors import UNITS

Array = NDArray[Any]

WIDE_UNITS = [name for name, unit in UNIT_OF.items() if unit.split()[1] in {"bf16", "tf32"}]
"""Those whose products are as small as float32's smallest numbers."""
MAKERS = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32}


def assert_is_product(product: object, name: str, w: Array, x: Array) -> None:
    """See that every entry is the oracle's, as float64."""
    assert isinstance(product, np.ndarray)
    assert product.shape == (len(w), x.shape[1])
    places = [(i, j) for i in range(len(w)) for j in range(x.shape[1])]
    assert written_in(product) == written(expected(name, w, x, places))


def lengths(name: str) -> tuple[int, ...]:
    """Numbers of products: one, some, and all about the end of a block."""
    made = parse_accumulator(name)
    every = made.every if isinstance(made, Promoted) else 0
    inner = made.inner if isinstance(made, Promoted) else made
    size = max(every, inner.terms if isinstance(inner, BlockFma) else 0)
    return (1, size - 1, size, size + 1, 2 * size + 3) if size else (1, 2, 7, 8)


@pytest.mark.parametrize("name", ORACLES)
def test_entries_are_the_oracles(name: str) -> None:
    """Ordinary, growing, wide, tiny, subnormal, overflowing, cancelling factors, zeros of both signs, infinities and NaN."""
    w, x = factors(name, (10, 19, 10))
    assert_is_product(matmul_by(w, x, name, **seed_of(name)), name, w, x)
    for i, k in enumerate(lengths(name), 1):
        w, x = factors(name, (10, k, 1), seed=i)
        assert_is_product(matmul_by(w, x, name, **seed_of(name)), name, w, x)


@settings(max_examples=300)
@given(st.sampled_from(sorted(ORACLES)).flatmap(lambda name: st.tuples(st.just(name), drawn_factors(name))))
def test_entries_of_any_numbers_are_the_oracles(drawn: tuple[str, tuple[Array, Array]]) -> None:
    """Float32 of any kind, none, one or a few."""
    name, (w, x) = drawn
    assert_is_product(matmul_by(w, x, name, **seed_of(name)), name, w, x)


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_rows_computed_side_by_side_do_not_meet(name: str) -> None:
    """As many rows as are computed at a time, one less, one more, and twice as many; by any number of threads."""
    for m in (ROWS - 1, ROWS, ROWS + 1, 2 * ROWS + 1):
        w, x = factors(name, (m, 6, 2))
        product = matmul_by(w, x, name, **seed_of(name))
        assert_is_product(product, name, w, x)
        for threads in (2, 7):
            again = matmul_by(w, x, name, threads=threads, **seed_of(name))
            assert written_in(again) == written_in(product)


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_tensors_are_multiplied_like_arrays(name: str) -> None:
    """Torch's and numpy's numbers of all types; results are float64 on either side, vectors where inputs are."""
    for type_name, kind in MAKERS.items():
        with np.errstate(all="ignore"):
            w, x = (side.astype(kind) for side in factors(name, (5, 9, 3)))
        product = matmul_by(w, x, name, **seed_of(name))
        dtype = getattr(torch, type_name)
        left, right = (torch.from_numpy(side.astype(np.float32)).to(dtype) for side in (w, x))
        same = matmul_by(left, right, name, **seed_of(name))
        assert same.dtype == torch.float64
        assert same.shape == product.shape
        assert written_in(same) == written_in(product)
        vector = matmul_by(left, right[:, 0], name, **seed_of(name))
        column = matmul_by(w, np.ascontiguousarray(x[:, :1]), name, **seed_of(name))
        assert vector.shape == (5,)
        assert written(vector.tolist()) == written(column[:, 0].tolist())


@pytest.mark.parametrize("name", ["fp16", "bf16_fma_floor", "h100_fp16", "fp32_pairwise"])
def test_how_numbers_lie_in_memory_does_not_matter(name: str) -> None:
    """Columns first, every second one, backwards, read-only, bytes swapped; on the way to a gradient, negated lazily."""
    w, x = factors(name, (7, 12, 4))
    straight = written_in(matmul_by(w, x, name))
    frozen = w.copy()
    frozen.flags.writeable = False
    for own, other in (
        (np.asfortranarray(w), np.asfortranarray(x)),
        (np.repeat(w, 2, axis=1)[:, ::2], np.repeat(x, 2, axis=1)[:, ::2]),
        (w[::-1].copy()[::-1], x[::-1].copy()[::-1]),
        (frozen, x.astype(">f4")),
    ):
        assert written_in(matmul_by(own, other, name)) == straight
    left, right = (torch.from_numpy(np.ascontiguousarray(side.T)).requires_grad_().T for side in (w, x))
    assert written_in(matmul_by(left, right, name)) == straight
    negated = torch.complex(torch.zeros(w.shape), torch.from_numpy(-w)).conj().imag
    assert negated.is_neg()
    assert written_in(matmul_by(negated, right, name)) == straight


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a100_fp16", np.float16),
        ("a100_bf16", ml_dtypes.bfloat16),
        ("h100_fp8", ml_dtypes.float8_e4m3fn),
        ("h100_fp8_e5m2", ml_dtypes.float8_e5m2),
    ],
)
def test_tensor_cores_take_factors_of_their_format(name: str, kind: type) -> None:
    """Others are rounded to it first, as ml_dtypes and numpy round: what overflows becomes infinite, or NaN."""
    random = np.random.default_rng(1)
    w, x = ((random.standard_normal(shape) * 2.0 ** random.integers(-30, 12, shape)) for shape in ((9, 40), (40, 9)))
    w[0, 0], x[0, 0] = 1e5, 460.0
    w, x = w.astype(np.float32), x.astype(np.float32)
    with np.errstate(all="ignore"):
        own, other = (side.astype(kind).astype(np.float32) for side in (w, x))
    assert not np.array_equal(own, w)
    assert_is_product(matmul_by(w, x, name), name, own, other)


def test_sums_of_more_bits_are_rounded_once() -> None:
    """2^30 (1 + 2^-8) of float32 is the middle of two bfloat16; 2^-50 more decides, which float64 does not see."""
    middle, little = 2.0**30 * (1 + 2.0**-8), 2.0**-50
    w = np.array([[little, middle]], np.float32)
    ones = np.ones(2, np.float32)
    assert matmul_by(w, ones, "fp32_promoted1_into_bf16").item() == 2.0**30 * (1 + 2.0**-7)
    assert matmul_by(-w, ones, "fp32_promoted1_into_bf16").item() == -(2.0**30) * (1 + 2.0**-7)
    w[0, 0] = -little
    assert matmul_by(w, ones, "fp32_promoted1_into_bf16").item() == 2.0**30


@pytest.mark.parametrize("name", WIDE_UNITS)
def test_a_subnormal_sum_has_the_exponent_of_the_smallest_normal_number(name: str) -> None:
    """Beside it products are cut off that together are more than its last place."""
    w, x = beside_a_subnormal_sum(UNITS[UNIT_OF[name]])
    assert float((w.astype(np.float64) @ x)[0, 0]) - 2.0**-140 > 2.0**-149
    product = matmul_by(w, x, name)
    assert product.item() == 2.0**-140
    assert_is_product(product, name, w, x)


@pytest.mark.parametrize("one", PUBLISHED, ids=str)
def test_published_answers_of_tensor_cores(one: Published) -> None:
    """What others measured on GPUs, and MMA-Sim's answers to random inputs, whatever is in the accumulator."""
    unit = RECORDS[one.unit]
    sums = np.array([one.start])
    add_blocks(np.array([one.w]).T.copy(), np.array(one.x), sums, unit)
    assert written(sums.tolist()) == written([one.answer])
    if one.start == 0:
        w, x = np.array([one.w], np.float32), np.array(one.x, np.float32)
        assert written(matmul_by(w, x, unit).tolist()) == written([one.answer])
