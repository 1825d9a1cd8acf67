"""Rows that are multiples of others, planted and found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from analyzers.symmetry import twins
from analyzers.symmetry.twins import Twins, twins_of
from tests.analyzers.memory import in_memory

Rows = NDArray[np.float32]


def found(rows: Rows) -> Twins:
    """Of rows of two or more elements."""
    one = twins_of(in_memory(rows))
    assert one is not None
    return one


def noise(*shape: int) -> Rows:
    """Normal deviates."""
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("band", [1, 64, 1 << 20])
def test_planted_rows_are_found_exactly(band: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies, negatives, doubles and zeros, each told with the earliest row that it is made of."""
    monkeypatch.setattr(twins, "BAND", band)
    rows = noise(20, 16)
    rows[7], rows[9], rows[12], rows[15], rows[18] = rows[3], -rows[3], 2 * rows[4], 0, -rows[4] / 2
    one = found(rows)
    assert (one.n_zero, one.n_duplicate, one.n_flipped, one.n_scaled) == (1, 1, 1, 2)
    assert [(twin.row, twin.of, twin.kind, twin.factor) for twin in one.named] == [
        (7, 3, "duplicate", 1.0),
        (9, 3, "flipped", -1.0),
        (12, 4, "scaled", 2.0),
        (18, 4, "scaled", -0.5),
    ]
    assert one.n_numbers == 15 * 16 + 5


def test_rows_that_differ_in_one_last_bit_are_none() -> None:
    """Nearly equal is not equal."""
    rows = noise(4, 8)
    rows[2] = rows[1]
    rows[2, 5] = np.nextafter(rows[2, 5], np.float32(9))
    one = found(rows)
    assert (one.n_duplicate, one.n_flipped, one.n_scaled) == (0, 0, 0)


def test_multiples_by_odd_factors_are_found() -> None:
    """Small whole numbers times 3 and 7, whose quotients round: still one direction, as 5/3 is none of these."""
    rows = np.array([[1, 2, 5, -3], [3, 6, 15, -9], [7, 14, 35, -21], [2, 3, 5, -3]], np.float32)
    one = found(rows)
    assert one.n_scaled == 2


def test_zeros_of_both_signs_are_one_number() -> None:
    """-0 equals 0, and so do rows with them."""
    assert found(np.array([[1.0, 0.0], [1.0, -0.0], [-1.0, 0.0]], np.float32)).n_duplicate == 1


@given(arrays(np.float32, (6, 3), elements=st.integers(-2, 2).map(float)))
def test_counts_are_those_of_comparing_all_pairs(rows: Rows) -> None:
    """By cross products of whole numbers, which are exact."""
    one = found(rows)
    nonzero = [row for row in rows.tolist() if any(row)]
    distinct = {tuple(row) for row in nonzero}
    up_to_sign = {max(row, tuple(-x for x in row)) for row in distinct}
    up_to_scale: list[tuple[float, ...]] = []
    for row in up_to_sign:
        if not any(np.linalg.matrix_rank(np.array([row, other])) == 1 for other in up_to_scale):
            up_to_scale.append(row)
    assert one.n_zero == len(rows) - len(nonzero)
    assert one.n_duplicate == len(nonzero) - len(distinct)
    assert one.n_flipped == len(distinct) - len(up_to_sign)
    assert one.n_scaled == len(up_to_sign) - len(up_to_scale)


def test_experts_have_rows_of_their_own() -> None:
    """A neuron of one expert that another one repeats is found."""
    weights = noise(4, 6, 8)
    weights[3, 2] = -weights[1, 5]
    one = twins_of(in_memory(weights, "mlp.experts.up_proj"))
    assert one is not None
    assert (one.n_rows, one.n_flipped) == (24, 1)
    assert (one.named[0].row, one.named[0].of) == (3 * 6 + 2, 1 * 6 + 5)


def test_rows_of_one_element_are_not_compared() -> None:
    """All of them are multiples of one another."""
    assert twins_of(in_memory(noise(300, 1))) is None


def test_few_of_many_are_named() -> None:
    """Ten of each kind; all are counted."""
    one = found(np.tile(noise(1, 8), (50, 1)))
    assert one.n_duplicate == 49
    assert len(one.named) == 10
    assert all(twin.of == 0 for twin in one.named)
