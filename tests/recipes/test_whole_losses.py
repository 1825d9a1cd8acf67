"""Losses in whole numbers, against fractions."""

import math
from fractions import Fraction
from sys import float_info

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.recipes.problem import Candidate, Unit
from precisionlab.recipes.whole_losses import most_within, offers_of, rounded

LOSSES = st.floats(0, allow_infinity=False) | st.sampled_from((0.0, 5e-324, 1.0, float_info.max))


@given(st.lists(LOSSES, min_size=1))
def test_losses_are_whole_multiples(losses: list[float]) -> None:
    """Of one power of two, the largest that divides them all, or one; infinite ones are left out."""
    candidates = [Candidate(str(place), place, loss) for place, loss in enumerate(losses)]
    offers = offers_of([Unit(("a",), (Candidate("none", 0, math.inf), *candidates))])
    (offered,) = offers.units
    assert [(offer.bits, offer.place) for offer in offered] == [(i, i + 1) for i in range(len(losses))]
    assert [Fraction(offer.loss, 2**offers.exponent) for offer in offered] == [Fraction(loss) for loss in losses]
    assert offers.exponent == 0 or any(offer.loss % 2 for offer in offered)


@given(LOSSES, st.integers(0, 1100))
def test_the_most_within_a_limit(limit: float, exponent: int) -> None:
    """It rounds to at most the limit, and the next multiple does not."""
    most = most_within(limit, exponent)
    assert rounded(most, exponent) <= limit < rounded(most + 1, exponent)


@pytest.mark.parametrize(
    ("limit", "exponent", "most"),
    [
        (1.0, 53, 2**53 + 1),  # 1 + 2^-53 is a tie, and goes to the even 1
        (1.0 + 2**-52, 53, 2**53 + 2),  # 1 + 3 * 2^-53 is a tie, and goes to the even 1 + 2^-51
        (0.0, 1075, 1),  # half the least subnormal is a tie, and goes to 0
        (0.0, 1074, 0),
        (float_info.max, 0, 2**1024 - 2**970 - 1),  # IEEE 754-2019, 4.3.1: from there on to infinity
    ],
)
def test_ties_go_to_even(limit: float, exponent: int, most: int) -> None:
    """As round-to-nearest-even has it."""
    assert most_within(limit, exponent) == most


def test_what_float64_does_not_hold_is_infinite() -> None:
    """From the middle between the largest number and the next power of two."""
    assert rounded(2**1024 - 2**970 - 1, 0) == float_info.max
    assert rounded(2**1024 - 2**970, 0) == math.inf
