"""Sizes as people write them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.scanning.sizes import UNITS, bytes_of


@given(st.integers(0, 10**9), st.sampled_from(sorted(UNITS)), st.booleans(), st.sampled_from(["", " ", "  "]))
def test_numbers_of_units(n: int, unit: str, is_upper: bool, gap: str) -> None:
    """In any case, with blanks or without."""
    assert bytes_of(f"{n}{gap}{unit.upper() if is_upper else unit}") == n * UNITS[unit]


@given(st.integers(0, 10**6), st.integers(0, 999))
def test_fractions_are_exact(whole: int, thousandths: int) -> None:
    """Rounded down, not by way of a float."""
    assert bytes_of(f"{whole}.{thousandths:03}GiB") == int(Fraction(1000 * whole + thousandths, 1000) * 2**30)


@pytest.mark.parametrize("text", ["", "much", "-1", "1e3", "1,5GB", "GB", "9" * 21, "1.GB", "٣"])
def test_what_is_no_size(text: str) -> None:
    """Is told apart from 0."""
    assert bytes_of(text) is None
