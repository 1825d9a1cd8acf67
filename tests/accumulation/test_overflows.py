"""What sums of drawn inputs reach, against sums that are drawn, and what is promised where they leave a format."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.accumulation.catalogue import parse_accumulator
from precisionlab.accumulation.drawn_inputs import Inputs
from precisionlab.accumulation.overflows import largest_sum
from precisionlab.accumulation.problems import Op, Problem
from precisionlab.accumulation.tolerances import Tolerance, tolerance_of
from precisionlab.formats.finding import formats

Doubles = NDArray[np.float64]

SUMMED: dict[Op, Callable[[Doubles, Doubles], Doubles]] = {
    Op.DOT: lambda x, y: np.abs((x * y).cumsum(axis=1)).max(axis=1),
    Op.SUM: lambda x, _: np.abs(x.cumsum(axis=1)).max(axis=1),
    Op.LAYERNORM: lambda x, _: np.maximum(
        np.abs(x.sum(axis=1)), ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    ),
    Op.RMSNORM: lambda x, _: (x**2).sum(axis=1),
    Op.SOFTMAX: lambda x, _: np.exp(x - x.max(axis=1, keepdims=True)).sum(axis=1),
}


Case = tuple[str, int, str, str, str, str]
"""Operation, k, formats of inputs, accumulator and output, and what inputs are drawn from."""


def problem(case: Case, failure: float = 1e-6) -> Problem:
    """A problem of one output."""
    op, k, inputs, acc, out, drawn = case
    source, output = (formats.element(name) for name in (inputs, out))
    return Problem(Op(op), k, source, parse_accumulator(acc), output, failure, 1, Inputs(drawn))  # type: ignore[arg-type]


@pytest.mark.parametrize("drawn", ["normal", "uniform"])
@pytest.mark.parametrize("op", SUMMED)
@pytest.mark.parametrize("k", [1, 30, 1000])
def test_sums_on_their_way_stay_within_what_they_reach(op: Op, drawn: str, k: int) -> None:
    """Of 4,000 rows fewer exceed a quantile of 5 % (a fifth of 0.25) than 5 %, and it is not twice what the largest reach."""
    random = np.random.default_rng(0)
    x, y = (random.standard_normal((4000, k)) if drawn == "normal" else random.random((4000, k)) for _ in range(2))
    sums, reached = SUMMED[op](x, y), largest_sum(problem((op.value, k, "fp32", "fp32", "fp32", drawn), 0.25), k)
    assert (sums > reached).mean() <= 0.05
    assert k < 1000 or reached < 2 * sums.max()


OVERFLOWING: list[Case] = [
    ("softmax", 110_000, "fp16", "fp16_pairwise", "fp16", "uniform"),
    ("layernorm", 140_000, "fp16", "fp16_pairwise", "fp16", "uniform"),
    ("sum", 131_000, "fp16", "fp16_pairwise", "fp16", "uniform"),
    ("dot", 262_000, "fp16", "fp32", "fp16", "uniform"),
    ("rmsnorm", 65_400, "fp16", "fp16_pairwise", "fp16", "normal"),
    ("rmsnorm", 196_000, "fp16", "fp16_pairwise", "fp16", "uniform"),
    ("gemm", 1780, "bf16", "fp32", "fp8_e4m3", "uniform"),
    ("sum", 2000, "fp32", "m7e4_kahan", "fp16", "uniform"),
]


def derived(case: Case) -> Tolerance:
    """The tolerance of such a problem."""
    return tolerance_of(problem(case))


@pytest.mark.parametrize("case", OVERFLOWING)
def test_nothing_is_promised_of_sums_that_may_overflow(case: Case) -> None:
    """Each of these was seen to fail with a kernel that is right; half as many terms, or a wider format, have no note."""
    tolerance = derived(case)
    assert tolerance.assert_close is None
    assert any("and overflow" in text for text in tolerance.warnings)
    fewer = derived((case[0], case[1] // 6, *case[2:]))
    assert not any("and overflow" in text for text in fewer.warnings)


def test_sums_of_exponentials_beside_the_maximum_are_small() -> None:
    """200,000 of normal inputs come to some 4,000."""
    tolerance = derived(("softmax", 200_000, "fp16", "fp16_pairwise", "fp16", "normal"))
    assert not any("and overflow" in text for text in tolerance.warnings)


def test_sums_inside_a_promotion_are_short() -> None:
    """128 terms of float16 do not overflow, however many times they are promoted."""
    tolerance = derived(("sum", 1 << 20, "fp16", "fp16_promoted128", "fp32", "uniform"))
    assert not any("and overflow" in text for text in tolerance.warnings)
    assert tolerance.assert_close is not None
