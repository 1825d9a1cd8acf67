"""The search where its limits stop it, against all choices."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.recipes import knapsack
from precisionlab.recipes.knapsack import fill
from precisionlab.recipes.problem import Candidate, Unit
from precisionlab.recipes.relaxation import Edge, Option
from precisionlab.recipes.total_loss import least_bits, least_total_loss
from tests.recipes.problems import bits_of, budget_at, budgeted, choices, exact_loss, plain_units, tensors

LIMITS = st.tuples(st.integers(0, 40), st.integers(1, 3))
"""Effort and states: far below what the problems need."""


@contextmanager
def limited(effort: int, states: int) -> Iterator[None]:
    """A search of so much effort, with so many states."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(knapsack, "MAX_EFFORT", effort)
        patch.setattr(knapsack, "MAX_STATES", states)
        yield


@given(budgeted(plain_units()), LIMITS)
def test_a_short_search_claims_no_more_than_is_true(
    given_: tuple[tuple[Unit, ...], int], limits: tuple[int, int]
) -> None:
    """Its choice is within the budget, and the least loss between its bound and its loss."""
    problem, budget = given_
    fitting = [exact_loss(chosen) for chosen in choices(problem) if bits_of(chosen) <= budget]
    if fitting:
        with limited(*limits):
            found = least_total_loss(problem, budget)
        assert found.bits <= budget
        assert found.bound <= min(fitting) <= found.loss


@given(plain_units(), st.integers(0, 60), LIMITS)
def test_nor_for_bits(problem: tuple[Unit, ...], eighths: int, limits: tuple[int, int]) -> None:
    """The choice is within the limit, and the fewest bits between its bound and its bits."""
    within = [bits_of(chosen) for chosen in choices(problem) if exact_loss(chosen) <= eighths / 8]
    if within:
        with limited(*limits):
            found = least_bits(problem, eighths / 8)
        assert found.allocation.loss <= eighths / 8
        assert found.bound <= min(within) <= found.allocation.bits
        assert found.gap == found.allocation.bits - found.bound


@pytest.mark.parametrize("seed", range(4))
def test_not_one_bit_is_missed(seed: int) -> None:
    """Problems so small that the best choices differ by single bits and eighths from the next."""
    random = Random(seed)  # noqa: S311 - a test, not a secret
    for _ in range(120):
        problem = [
            Unit(
                (name,), tuple(Candidate(format_, random.randint(0, 5), random.randint(0, 8) / 8) for format_ in "abcd")
            )
            for name in "pqrs"
        ]
        totals = [(bits_of(chosen), float(exact_loss(chosen))) for chosen in choices(problem)]
        budget, limit = random.choice(totals)
        assert least_total_loss(problem, budget).loss == min(loss for bits, loss in totals if bits <= budget)
        with limited(0, 1):
            assert least_bits(problem, limit).allocation.loss <= limit
        found = least_bits(problem, limit).allocation
        assert (found.bits, found.loss) == min((bits, loss) for bits, loss in totals if loss <= limit)


def test_a_bound_on_bits_is_whole() -> None:
    """Without any search it is that of mixtures, rounded up: half of three bits are two."""
    problem = [Unit(("a",), (Candidate("none", 0, 2.0), Candidate("three", 3, 0.0)))]
    with limited(0, 1):
        found = least_bits(problem, 1.0)
    assert (found.allocation.bits, found.bound, found.gap) == (3, 2, 1)


def test_filling_takes_what_fits_and_is_better() -> None:
    """To the last bit of the capacity, in the order of the edges, and never a worse option."""
    light, middle, heavy = (Option(weight, cost, weight) for weight, cost in ((1, 9), (3, 4), (5, 2)))
    edges = [Edge(0, heavy, 2, 2), Edge(1, middle, 2, 5), Edge(1, heavy, 2, 2), Edge(0, middle, 2, 5)]
    assert fill((light, light), edges, 2) == (light, light)
    assert fill((light, light), edges, 3) == (light, light)
    assert fill((light, light), edges, 4) == (light, middle)
    assert fill((light, light), edges, 6) == (heavy, light)
    assert fill((light, light), edges, 8) == (heavy, middle)
    assert fill((heavy, heavy), edges, 10) == (heavy, heavy)


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_a_long_search_ends_within_what_a_short_one_told(share: float) -> None:
    """Of 60 tensors, with each search's bound not above the other's loss."""
    problem = tensors(60, 8, 5)
    budget = budget_at(problem, share)
    long = least_total_loss(problem, budget)
    with limited(500, 20):
        short = least_total_loss(problem, budget)
    assert short.bound <= long.loss <= short.loss
    assert short.bound <= long.bound <= long.loss


@pytest.mark.parametrize("seed", range(3))
def test_sixteen_thousand_choices_are_searched_to_the_end(seed: int) -> None:
    """As promised: 7 units of 4, whatever their numbers."""
    problem = tensors(7, 4, seed)
    for share in (0.1, 0.3, 0.5, 0.7):
        found = least_total_loss(problem, budget_at(problem, share))
        assert found.loss == found.bound
