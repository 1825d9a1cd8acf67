"""Blocks that are summed side by side have the sums that they have one after the other."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.summation import sum_by

TYPES = {"float32": np.float32, "float64": np.float64, "bfloat16": ml_dtypes.bfloat16, "float16": np.float16}


def one_after_the_other(terms: NDArray[Any]) -> NDArray[Any]:
    """The sums of the columns, each addition by numpy or ml_dtypes in the terms' own type."""
    total: NDArray[Any] = terms[0]
    for row in terms[1:]:
        total = total + row
    return total


def by_blocks(terms: NDArray[Any], size: int) -> NDArray[Any]:
    """The sums of blocks, then their sum."""
    blocks = [one_after_the_other(terms[start : start + size]) for start in range(0, len(terms), size)]
    return one_after_the_other(np.stack(blocks))


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((20_000, 1), 16),
        ((5_000, 3), 7),
        ((4_100, 2), 4_096),
        ((700, 300), 64),
        ((90, 700), 8),
        ((50, 2), 50),
        ((9, 4), 1),
    ],
    ids=str,
)
def test_blocks_are_those_of_the_textbook(name: str, shape: tuple[int, int], size: int) -> None:
    """In one stretch and in several, with and without a shorter last block, of one sum and of hundreds."""
    terms = np.random.default_rng(0).standard_normal(shape).astype(TYPES[name])
    wide = terms.astype(np.float64 if name == "float64" else np.float32)
    sums = sum_by(wide, f"blocked:{size}", axis=0, working=name)
    assert np.array_equal(sums, by_blocks(terms, size).astype(sums.dtype))
