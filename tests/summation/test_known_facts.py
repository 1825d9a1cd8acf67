"""What is known of sums in narrow formats: where they stagnate, at which value, and what keeps them going."""

import numpy as np
import pytest
import torch

from precisionlab.summation import dot_by, sum_by
from tests.summation.reference import FORMATS
from tests.summation.values import array_of, assert_same, numbers_of

STAGNATION = {"float16": 2.0**11, "bfloat16": 2.0**8, "float8_e5m2": 2.0**3, "e5m7": 2.0**8}
"""Where adding ones from left to right ends: at 2^p, whose neighbour is 2 away, and the tie goes to the even one."""
HARMONIC = {"bfloat16": (65, 5.0625), "float16": (513, 7.0859375)}
"""Terms and value of the harmonic series when it stops growing (N. J. Higham, What Is Bfloat16 Arithmetic?, 2020)."""


@pytest.mark.parametrize(("working", "end"), STAGNATION.items(), ids=STAGNATION)
def test_adding_ones_stagnates_at_two_to_the_precision(working: str, end: float) -> None:
    """From left to right; up to there every sum is exact."""
    ones = np.ones(5_000, np.float32)
    assert_same(sum_by(ones, "recursive", working=working), [end])
    assert_same(sum_by(ones[: int(end) - 1], "recursive", working=working), [end - 1])
    assert_same(dot_by(ones, ones, "fma", working=working), [end])


def test_adding_ones_in_float32_stagnates_at_two_to_the_24() -> None:
    """Whether they are all added or the sum begins just below."""
    ones = np.ones(2**24 + 10, np.float32)
    assert_same(sum_by(ones, "recursive"), [2.0**24])
    assert_same(sum_by(ones, "exact"), [2.0**24 + 10])
    ones[0] = 2.0**24 - 2
    assert_same(sum_by(ones[:10], "recursive"), [2.0**24])


@pytest.mark.parametrize("type_name", ["float16", "bfloat16"])
def test_ones_in_the_types_of_arrays(type_name: str) -> None:
    """Arrays and tensors of that type stagnate like others in that working format."""
    tensor = torch.ones(5_000, dtype=getattr(torch, type_name))
    assert_same(sum_by(tensor, "recursive"), [STAGNATION[type_name]])
    assert_same(sum_by(array_of([1.0] * 5_000, type_name), "recursive"), [STAGNATION[type_name]])


@pytest.mark.parametrize(
    "method", ["pairwise", "blocked:64", "kahan", "neumaier", "klein", "sum2", "sumk:3", "double-double"]
)
def test_other_methods_do_not_stagnate(method: str) -> None:
    """4096 ones are 4096 in float16 by all methods but recursive summation."""
    assert_same(sum_by(np.ones(4096, np.float16), method), [4096.0])


def test_errors_kept_apart_stagnate_later() -> None:
    """In bfloat16 Kahan's correction is added while it is small; Neumaier's own sum of errors stagnates at 256 too."""
    ones = array_of([1.0] * 4096, "bfloat16")
    assert_same(sum_by(ones, "kahan"), [4096.0])
    assert_same(sum_by(ones, "neumaier"), [512.0])
    assert_same(sum_by(ones, "exact"), [4096.0])


@pytest.mark.parametrize(("working", "fact"), HARMONIC.items(), ids=HARMONIC)
def test_the_harmonic_series_stagnates(working: str, fact: tuple[int, float]) -> None:
    """At the term and the value that exact arithmetic, rounded after each operation, says: both are well known."""
    format_ = FORMATS[working]
    terms = [format_.cast(1 / k) for k in range(1, 2_000)]  # 1/k rounded twice: no k here is that near to a tie
    sums = [terms[0]]
    for term in terms[1:]:
        sums.append(format_.add(sums[-1], term))
    n_terms, end = fact
    assert sums[-1] == end
    assert sums.index(end) + 1 == n_terms - 1
    values = array_of(terms, working)
    assert_same(sum_by(values, "recursive"), [end])
    assert_same(sum_by(values[: n_terms - 1], "recursive"), [end])
    assert numbers_of(sum_by(values[: n_terms - 2], "recursive"))[0] < end
    assert_same(sum_by(1 / np.arange(1.0, 2_000), "recursive", working=working), [end])


def test_the_classic_sets() -> None:
    """Sets of the literature: 1 + 10^100 + 1 - 10^100 (Neumaier), and tenths (the Python manual)."""
    small_around_large = np.array([1e-10, 1e10, 1e-10, -1e10, 1e-10])
    for method, wanted in {"recursive": 1e-10, "kahan": 1e-10, "neumaier": 3e-10, "exact": 3e-10}.items():
        assert sum_by(small_around_large, method).item() == wanted, method
    neumaiers = np.array([1.0, 1e100, 1.0, -1e100])
    assert [sum_by(neumaiers, method).item() for method in ("recursive", "kahan", "neumaier", "exact")] == [0, 0, 2, 2]
    tenths = np.full(10, 0.1)
    assert sum_by(tenths, "recursive").item() == 0.9999999999999999
    assert sum_by(tenths, "exact").item() == 1.0


def test_order_matters_but_to_exact_sums() -> None:
    """Ones before a large number are kept, after it they are lost."""
    rising = array_of([1.0] * 100 + [256.0], "bfloat16")
    assert_same(sum_by(rising, "recursive"), [356.0])
    assert_same(sum_by(rising[::-1], "recursive"), [256.0])
    assert_same(sum_by(rising), [356.0])
    assert_same(sum_by(rising[::-1]), [356.0])


def test_numpy_and_fsum_know_no_working_format() -> None:
    """float16 numbers summed in float32 and then rounded are not the sums in float16."""
    ones = np.ones(4096, np.float16)
    assert_same(sum_by(ones, "recursive"), [2048.0])
    assert_same(sum_by(ones, "recursive", working="float32"), [4096.0])
    assert np.sum(ones) == 4096
