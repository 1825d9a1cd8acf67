"""What is known of accumulation: where it stops, what hardware keeps, and what other libraries' loops compute."""

from itertools import pairwise
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.accumulation import matmul_by
from tests.accumulation.inputs import written, written_in

Array = NDArray[Any]


def through(array: Array, kind: Any) -> Array:  # noqa: ANN401 - numpy's types and those of ml_dtypes
    """Float32 that are numbers of another type."""
    return array.astype(kind).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("bf16", 2**8),
        ("bf16_fma", 2**8),
        ("fp16", 2**11),
        ("fp16_fma", 2**11),
        ("fp16_floor", 2**11),
        ("fp16_away", 2**12),
        ("tf32", 2**11),
        ("h100_fp8", 2**14),
        ("ada_fp8", 2**14),
    ],
)
def test_adding_ones_ends(name: str, end: int) -> None:
    """At 2^p, from where the next number is 2 away and a tie goes to the even one, or a direction leads back.

    Ties away from zero go on by 2, until half a gap is more than 1. DeepSeek-V3 (2024) found that fp8 keeps 14 bits on
    H100.
    """
    ones = np.ones(20_000, np.float32)
    assert matmul_by(ones[None], ones, name).item() == end
    assert matmul_by(ones[None, : end // 4], ones[: end // 4], name).item() == end // 4


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("fp32", 24),
        ("fp32_fma", 24),
        ("v100_fp16", 24),
        ("a100_bf16", 25),
        ("h100_fp16", 26),
        ("b200_bf16", 26),
        ("h100_fp8", 14),
        ("ada_fp8", 14),
    ],
)
def test_ones_beside_a_large_sum(name: str, end: int) -> None:
    """Float32 takes ones up to 2^24. Tensor cores add blocks of them, and more bits take part in that of later ones."""

    def with_ones(exponent: int) -> float:
        """2^exponent and 64 times 1."""
        half = exponent // 2
        w, x = (np.array([2.0**power, *[1.0] * 64], np.float32) for power in (half, exponent - half))
        return float(matmul_by(w[None], x, name).item())

    assert with_ones(end) == 2.0**end
    assert with_ones(end - 1) > 2.0 ** (end - 1)


@pytest.mark.parametrize("name", ["fp16_pairwise", "fp16_kahan", "fp16_blocked64", "fp16_promoted64", "bf16_kahan"])
def test_other_orders_go_on(name: str) -> None:
    """4096 ones are 4096."""
    ones = np.ones(4096, np.float32)
    assert matmul_by(ones[None], ones, name).item() == 4096


@pytest.fixture(scope="module")
def uniform() -> tuple[Array, Array]:
    """Factors of fp8 from U[0, 1], 64 sums of 4096 products."""
    random = np.random.default_rng(0)
    w, x = random.random((64, 4096)), random.random(4096)
    return through(w, ml_dtypes.float8_e4m3fn), through(x, ml_dtypes.float8_e4m3fn)


def relative_errors(name: str, factors: tuple[Array, Array]) -> Array:
    """(computed - exact) / exact: the exact sums of products of fp8 numbers are exact in float64."""
    w, x = (factor.astype(np.float64) for factor in factors)
    exact = w @ x
    errors: Array = (matmul_by(*factors, name) - exact) / exact
    return errors


def test_fp8_on_hopper_loses_what_deepseek_found(uniform: tuple[Array, Array]) -> None:
    """14 bits: of sums of 4096 products about 7 % are lost, of 128 at a time about a per mille (2412.19437, 3.3.2)."""
    assert 0.05 < np.max(np.abs(relative_errors("h100_fp8", uniform))) < 0.09
    assert 2e-4 < np.max(np.abs(relative_errors("h100_fp8_promoted128", uniform))) < 4e-3
    assert np.max(np.abs(relative_errors("b200_fp8", uniform))) < 1e-5


@pytest.mark.parametrize(
    "name", ["h100_fp8", "ada_fp8", "h100_fp16", "a100_bf16", "v100_fp16", "fp16_floor", "bf16_truncated"]
)
def test_truncation_makes_sums_smaller(name: str, uniform: tuple[Array, Array]) -> None:
    """Every sum of positive products, of negative ones likewise toward zero but by floor; ceiling does the contrary."""
    w, x = uniform
    assert np.all(relative_errors(name, uniform) < 0)
    below_zero = relative_errors(name, (-w, x))
    assert np.all(below_zero > 0) if name == "fp16_floor" else np.all(below_zero < 0)
    assert np.all(relative_errors("fp16_ceiling", uniform) > 0)
    nearest = relative_errors("fp32", uniform)
    assert np.any(nearest > 0)
    assert np.any(nearest < 0)


def test_errors_of_truncation_grow_with_the_number_of_products() -> None:
    """Four times as many products of one sign, at least four times the relative error, but less to nearest."""
    random = np.random.default_rng(1)
    w, x = (through(random.random(shape), ml_dtypes.bfloat16) for shape in ((64, 16384), (16384,)))

    def growth(name: str) -> list[float]:
        """How many times the error of a quarter of the products."""
        means = [np.mean(np.abs(relative_errors(name, (w[:, :k], x[:k])))) for k in (1024, 4096, 16384)]
        return [float(larger / smaller) for smaller, larger in pairwise(means)]

    for name in ("v100_fp16", "a100_bf16", "h100_bf16", "fp32_truncated"):
        assert min(growth(name)) > 4
    for name in ("fp32", "bf16_blocked128", "fp32_pairwise"):
        assert max(growth(name)) < 4


def products_of_scale(kind: Any, seed: int) -> tuple[Array, Array]:  # noqa: ANN401 - as above
    """N(0, 1) of a type."""
    random = np.random.default_rng(seed)
    return through(random.standard_normal((40, 300)), kind), through(random.standard_normal(300), kind)


@pytest.mark.parametrize(
    ("name", "dtype", "kind"), [("fp16", torch.float16, np.float16), ("bf16", torch.bfloat16, ml_dtypes.bfloat16)]
)
def test_torchs_operations_are_those_of_chains(name: str, dtype: torch.dtype, kind: Any) -> None:  # noqa: ANN401
    """Torch computes a product or a sum of two float16 or bfloat16 in float32 and rounds it: innocuous, twice or not."""
    w, x = products_of_scale(kind, 2)
    left, right = (torch.from_numpy(factor).to(dtype) for factor in (w, x))
    total = left[:, 0] * right[0]
    for i in range(1, len(x)):
        total = total + left[:, i] * right[i]
    assert written_in(matmul_by(w, x, name)) == written(total.double().tolist())


def test_torchs_addcmul_is_a_fused_chain() -> None:
    """In bfloat16 it rounds once from float32, which holds these sums: multiples of 2^-14 below 2^10."""
    random = np.random.default_rng(3)
    w, x = (random.integers(128, 256, shape) / 128 * random.choice([-1, 1], shape) for shape in ((40, 200), (200,)))
    left, right = (torch.from_numpy(factor).to(torch.bfloat16) for factor in (w, x))
    total = torch.zeros(40, dtype=torch.bfloat16)
    for i in range(len(x)):
        total.addcmul_(left[:, i], right[i])
    assert total.abs().max() < 2**8
    sums = matmul_by(left, right, "bf16_fma")
    assert written_in(sums) == written(total.double().tolist())
    assert written_in(sums) != written_in(matmul_by(left, right, "bf16"))


def test_numpys_float16_loops_are_chains() -> None:
    """Scalars multiplied and added one after the other, and cumulative sums of products."""
    w, x = products_of_scale(np.float16, 4)
    sums = matmul_by(w, x, "fp16")
    halves, column = w.astype(np.float16), x.astype(np.float16)
    loop = []
    for row in halves:
        total = row[0] * column[0]
        for a, b in zip(row[1:], column[1:], strict=True):
            total = total + a * b
        loop.append(float(total))
    assert written_in(sums) == written(loop)
    cumulative = np.cumsum(halves * column, axis=1, dtype=np.float16)[:, -1]
    assert written_in(sums) == written(cumulative.astype(np.float64).tolist())


def test_numpys_float32_cumulative_sums_are_chains() -> None:
    """Of products of float32, in float32; so are those of float64 in fp64."""
    w, x = products_of_scale(np.float32, 5)
    cumulative = np.cumsum(w * x, axis=1, dtype=np.float32)[:, -1]
    assert written_in(matmul_by(w, x, "fp32")) == written(cumulative.astype(np.float64).tolist())
    wide = np.cumsum(w.astype(np.float64) * x, axis=1)[:, -1]
    assert written_in(matmul_by(w, x, "fp64")) == written(wide.tolist())


def test_one_sum_has_an_answer_a_generation() -> None:
    """2^23 - 2^23 and small addends on tensor cores (MMA-Sim, 2025): all of a block, or the last in the next; fp32 is right."""
    w = np.array([[2.0**12, -(2.0**13), -0.5, -0.25, -0.125]], np.float32)
    x = np.array([2.0**11, 2.0**10, 1.0, 1.0, 1.0], np.float32)
    answers = {"v100_fp16": -0.125, "a100_fp16": -0.5, "h100_fp16": -0.75, "fp32": -0.875}
    assert {name: matmul_by(w, x, name).item() for name in answers} == answers
