"""What each rule fires on, what it does not, and the edges of the thresholds."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.results import Finding, Scalar
from precisionlab.analysis.roles import MOMENTS, is_named
from precisionlab.analysis.rules import Severity
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Find = Callable[..., Mapping[str, Finding]]

N = 1 << 14


def behind(first: float, others: float, n: int = N) -> Array:
    """One number before many."""
    numbers = np.full(n, others, np.float32)
    numbers[0] = first
    return numbers


def weights(*shape: int, kind: type[Any] = np.float32) -> Array:
    """Normal deviates as weights have them."""
    return (0.02 * np.random.default_rng(11).standard_normal(shape)).astype(kind)


def test_small_terms_behind_a_large_one_stagnate_and_can_be_recovered(found: Find) -> None:
    """16,383 times 5e-8 beside 1 are 0.08 % of the sum, each below half of 2^-23, the unit in the last place of 1."""
    findings = found(behind(1, 5e-8))
    assert set(findings) == {"PL211", "PL212"}
    stagnates, recoverable = findings["PL211"], findings["PL212"]
    assert (stagnates.severity, recoverable.severity) == (Severity.WARNING, Severity.NOTE)
    assert stagnates.message == (
        "in float32 over 99.99% of the 16,384 elements leave their running sum as it is; 3.1 of 7.2 digits are right"
    )
    assert recoverable.message == (
        "plain summation of its 16,384 elements in float32 keeps 3.1 of 7.2 digits, kahan 7.2"
    )
    assert dict(stagnates.evidence) | {"digits": 0, "absorbed": 0} == {
        "quantity": "elements",
        "format": "float32",
        "terms": N,
        "digits": 0,
        "absorbed": 0,
    }
    assert stagnates.evidence["absorbed"] == (N - 1) / N
    assert recoverable.evidence["gained"] == pytest.approx(24 * np.log10(2) - 3.086, abs=0.01)


def test_squares_stagnate_too(found: Find) -> None:
    """As in a norm: 0.2 squared is below half of 2^-3, the unit in the last place of 1024 squared."""
    findings = found(behind(1024, 0.2))
    assert "of the 16,384 squares leave" in findings["PL211"].message
    assert findings["PL212"].evidence["quantity"] == "squares"


@pytest.mark.parametrize(
    ("others", "codes"),
    [(2.0**-23, set()), (7e-8, {"PL212"}), (1e-12, set())],
    ids=["taken", "rounded up", "too small"],
)
def test_terms_that_are_taken_or_do_not_matter_do_not_stagnate(others: float, codes: set[str], found: Find) -> None:
    """A unit in the last place is taken; 7e-8 as a whole one, which is wrong but no stagnation; 1e-12 is no loss."""
    assert set(found(behind(1, others))) == codes


def test_the_same_terms_in_the_other_order_are_no_finding(found: Find) -> None:
    """The large one last."""
    assert found(behind(1, 5e-8)[::-1]) == {}


def test_the_share_of_absorbed_terms_is_a_threshold(found: Find) -> None:
    """More than the share that is named; here exactly (n - 1) / n."""
    numbers = behind(1, 5e-8)
    assert "PL211" in found(numbers, max_absorbed=(N - 1.5) / N)
    assert "PL211" not in found(numbers, max_absorbed=(N - 1) / N)


def test_half_of_the_digits_is_a_threshold(found: Find, measured: Callable[..., Mapping[str, Scalar]]) -> None:
    """Both rules ask for fewer: 3.61 of 7.22 in float32."""
    key = "digits[format=float32,method=recursive,quantity=elements]"
    for others, is_found in ((1.45e-8, False), (1.55e-8, True)):
        digits = float(measured(behind(1, others))[key])
        assert digits == pytest.approx(3.61, abs=0.03)
        assert (digits < 12 * np.log10(2)) == is_found
        assert set(found(behind(1, others))) == ({"PL211", "PL212"} if is_found else set())


def test_recovered_digits_are_a_threshold(found: Find) -> None:
    """Kahan's sum keeps 7.22 of these, plain summation 3.09."""
    numbers = behind(1, 5e-8)
    assert "PL212" in found(numbers, min_recovered=4.13)
    assert "PL212" not in found(numbers, min_recovered=4.15)


def test_recovery_is_by_methods_that_are_named(found: Find) -> None:
    """Pairs do where Kahan's sum is not among the methods; without either nothing is recovered."""
    numbers = behind(1, 5e-8)
    pairs = found(numbers, methods=("pairwise", "neumaier"))
    assert pairs["PL212"].evidence["method"] == "pairwise"
    assert set(found(numbers, methods=("neumaier", "exact"))) == {"PL211"}


def test_large_sums_on_the_way_are_recoverable_without_stagnation(found: Find) -> None:
    """0.1 in the first half and -0.097 in the second: no term is absorbed, and the error is that of large sums."""
    numbers = np.repeat(np.array([0.1, -0.097], np.float32), N // 2)
    assert set(found(numbers)) == {"PL212"}
    assert found(numbers.reshape(2, -1).T.reshape(-1)) == {}


def test_sums_that_are_small_by_chance_are_not_judged(found: Find) -> None:
    """A large element in a sum of both signs, whose sum is less than the root of its squares: its digits mean nothing."""
    numbers = behind(1, 5e-8)
    by_chance = np.concatenate((numbers[:1], numbers[1:], [np.float32(-1)]))
    assert found(by_chance) == {}


@pytest.mark.parametrize("seed", range(3))
def test_ordinary_weights_are_no_finding(seed: int, found: Find) -> None:
    """Of both signs, of one, with heavy tails, or around 1; in float32, and in bfloat16, which is added up in float32."""
    random = np.random.default_rng(seed)
    normal = 0.02 * random.standard_normal((128, 512))
    for array in (normal, np.abs(normal), 0.02 * random.standard_t(3, (128, 512)), 1 + normal, normal**2):
        assert found(array.astype(np.float32)) == {}
        assert found(array.astype(np.float16)) == {}


def test_bfloat16_is_judged_where_it_is_asked_for(found: Find) -> None:
    """Squares of 8,192 numbers of like size stagnate in it, whatever they are."""
    array = weights(64, 128)
    assert found(array) == {}
    findings = found(array, judged_format="bfloat16")
    assert set(findings) == {"PL211", "PL212"}
    assert "in bfloat16" in findings["PL211"].message
    assert "of 2.4 digits" in findings["PL211"].message


def test_a_float64_tensor_is_judged_in_float64(found: Find) -> None:
    """What float32 would lose of it is no finding."""
    numbers = behind(1, 5e-8)
    assert found(numbers.astype(np.float64)) == {}
    assert set(found(numbers.astype(np.float64), judged_format="float32")) == {"PL211", "PL212"}


def test_sums_that_overflow_do_not_stagnate(found: Find) -> None:
    """Infinity takes all terms without changing, but that is no rounding."""
    numbers = np.full(1000, 3e38, np.float32)
    assert found(numbers) == {}


def test_products_of_rows_are_judged(found: Find) -> None:
    """4,096 products of about 1 stop at 256 in bfloat16; of stagnation only norms and means are told."""
    x = np.random.default_rng(0).standard_normal(4096)
    matrix = np.tile((1 / x).astype(np.float32), (2, 1))
    findings = found(matrix, judged_format="bfloat16")
    assert findings["PL212"].message == (
        "plain summation of rows of 4,096 products with x in bfloat16 keeps 0.1 of 2.4 digits, kahan 2.4"
    )
    assert set(findings) == {"PL212"}


@pytest.mark.parametrize(
    "name",
    ["optimizer.state.3.exp_avg", "state.0.exp_avg_sq", "momentum_buffer", "opt_state.0.mu.kernel", "w_moment1"],
)
def test_optimizer_moments_are_told_by_their_names(name: str, found: Find) -> None:
    """So that a reader knows what stagnates."""
    findings = found(in_memory(behind(1, 5e-8), name))
    assert all(finding.message.startswith("optimizer moment: ") for finding in findings.values())


@pytest.mark.parametrize("name", ["model.layers.0.self_attn.v.weight", "layers.m", "norm.weight", "mu.weight"])
def test_weights_are_no_moments(name: str) -> None:
    """Though their names have the same letters."""
    assert not is_named(name, MOMENTS)
