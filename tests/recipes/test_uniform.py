"""One format for all, against a look at every format."""

import math

import pytest
from hypothesis import given

from precisionlab.errors import UsageError
from precisionlab.recipes.problem import BudgetError, Candidate, Unit
from precisionlab.recipes.total_loss import least_total_loss
from precisionlab.recipes.uniform import Exemption, uniform
from tests.recipes.problems import bits_of, budgeted, plain_units


def unit(name: str, **losses: float) -> Unit:
    """A unit of 10 elements whose formats are named by their bits an element."""
    return Unit((name,), tuple(Candidate(format_, 10 * int(format_[1:]), loss) for format_, loss in losses.items()))


def test_the_best_format_that_fits() -> None:
    """Least total loss within the budget, with the bound of mixed choices."""
    problem = [unit("a", f4=4.0, f8=1.0, f16=0.0), unit("b", f4=0.5, f8=0.25, f16=0.0)]
    found = uniform(problem, 160)
    assert (found.format, found.allocation.bits, found.allocation.loss) == ("f8", 160, 1.25)
    assert found.exemptions == ()
    assert found.allocation.bound <= least_total_loss(problem, 160).loss
    assert uniform(problem, 159).format == "f4"
    assert uniform(problem, 10_000).format == "f16"


def test_of_equal_losses_the_smaller_format_is_taken_then_the_first() -> None:
    """Widths first, then the order of offers."""
    assert uniform([unit("a", f16=1.0, f8=1.0)], 1000).format == "f8"
    both = Unit(("a",), (Candidate("x", 8, 1.0), Candidate("y", 8, 1.0)))
    assert uniform([both], 1000).format == "x"


def test_a_hard_failure_takes_the_next_wider_format() -> None:
    """Not the widest, of equally wide ones the better, and the reason is told."""
    wide = Unit(
        ("lm_head", "embed"),
        (
            Candidate("f16", 160, 0.0),
            Candidate("f8", 80, 0.25),
            Candidate("i8", 80, 0.5),
            Candidate("f4", 40, math.inf),
            Candidate("i4", 40, 0.75),
            Candidate("f2", 20, 1.0),
        ),
    )
    problem = [unit("a", f4=1.0, f8=0.5), unit("b", f4=1.0, f8=0.5), wide]
    found = uniform(problem, 160)
    assert found.format == "f4"
    assert [candidate.format for candidate in found.allocation.chosen] == ["f4", "f4", "f8"]
    assert (found.allocation.bits, found.allocation.loss) == (160, 2.25)
    assert found.exemptions == (Exemption(("lm_head", "embed"), "f8", "f4 fails"),)


def test_without_a_wider_format_the_best_is_taken() -> None:
    """A unit whose widest candidate fails takes that of least loss."""
    problem = [unit("a", f8=0.5, f4=1.0), unit("b", f8=0.5, f4=1.0), unit("c", f8=math.inf, f4=0.25, f2=0.5)]
    assert [candidate.format for candidate in uniform(problem, 200).allocation.chosen] == ["f8", "f8", "f4"]


def test_a_unit_that_is_not_offered_the_format_takes_the_next_wider_one() -> None:
    """By the bits of other units, which are offered both: a format unknown to them does not count."""
    problem = [
        unit("a", f3=1.0, f4=0.5, f8=0.25, f16=0.0),
        unit("b", f3=1.0, f4=0.5, f8=0.25, f16=0.0),
        unit("odd", x5=0.25, f16=0.0, f8=0.5, f3=3.0),
        unit("kept", f32=0.0),
    ]
    found = uniform(problem, 40 + 40 + 80 + 320)
    assert found.format == "f4"
    assert found.exemptions == (
        Exemption(("odd",), "f8", "f4 is not on offer"),
        Exemption(("kept",), "f32", "f4 is not on offer"),
    )


def test_a_unit_that_is_not_offered_the_format_takes_one_as_wide() -> None:
    """Of another name, where other units take as many bits in both."""
    problem = [unit("a", f4=0.5, i4=1.0), unit("b", f4=0.5, i4=1.0), unit("odd", f8=0.25, i4=1.0)]
    assert uniform(problem, 120).exemptions == (Exemption(("odd",), "i4", "f4 is not on offer"),)


def test_a_format_for_few_is_not_a_common_one() -> None:
    """What one unit of three is offered is not uniform, though it would lose less; with one format each, all are."""
    problem = [unit("a", f8=1.0, f4=2.0), unit("b", f8=1.0, f4=2.0), unit("c", f8=1.0, f16=0.0)]
    assert uniform(problem, 1000).format == "f8"
    found = uniform([unit("a", f8=1.0), unit("b", f16=0.5), unit("c", f4=2.0)], 1000)
    assert (found.format, len(found.exemptions)) == ("f8", 2)


def test_the_smallest_uniform_choice_is_told() -> None:
    """Where no format fits, though a mixed choice might; and where there is nothing to choose."""
    problem = [unit("a", f8=1.0, f4=math.inf), unit("b", f8=1.0, f4=2.0)]
    with pytest.raises(BudgetError, match="by one format for all: the smallest possible is 120 bits") as raised:
        uniform(problem, 119)
    assert raised.value.smallest_bits == 120
    with pytest.raises(UsageError, match="there is no tensor"):
        uniform([], 100)
    with pytest.raises(UsageError, match=r"^a: cannot be stored in any format on offer"):
        uniform([unit("a", f8=math.inf)], 100)


@given(budgeted(plain_units()))
def test_a_uniform_choice_is_within_its_bounds(given_: tuple[tuple[Unit, ...], int]) -> None:
    """All but the exempt have the format, which those cannot take; nothing that all can take does better and fits."""
    problem, budget = given_
    with pytest.raises(BudgetError) as raised:
        uniform(problem, -1)
    fewest = raised.value.smallest_bits
    assert uniform(problem, fewest).allocation.bits == fewest
    budget = max(budget, fewest)
    found = uniform(problem, budget)
    assert found.allocation.bits <= budget
    assert found.allocation.bound <= least_total_loss(problem, budget).loss <= found.allocation.loss < math.inf
    exempt = [exemption.names for exemption in found.exemptions]
    for unit_, candidate in zip(problem, found.allocation.chosen, strict=True):
        wanted = unit_.by_format.get(found.format)
        can_take = wanted is not None and wanted.loss < math.inf
        assert (candidate == wanted) == can_take == (unit_.names not in exempt)
    for format_ in problem[0].by_format:
        chosen = [unit_.by_format[format_] for unit_ in problem if format_ in unit_.by_format]
        if len(chosen) == len(problem) and bits_of(chosen) <= budget:
            assert found.allocation.loss <= math.fsum(candidate.loss for candidate in chosen)
