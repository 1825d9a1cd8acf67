"""Choices from losses, against every choice one by one, and what is told where there is none."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.errors import UsageError
from precisionlab.recipes.losses import TensorLosses
from precisionlab.recipes.planning import (
    STORED,
    Limit,
    Objective,
    SqnrError,
    energy_of,
    planned,
    planned_alike,
    worst_of,
)
from precisionlab.recipes.problem import BudgetError
from tests.recipes.checkpoints import FIVE, Cell, said

STORED_BITS = 8 * 8 * 16 * 2
"""Of a header by `said`: 8 by 16 in bfloat16."""
BITS = {"int8_channel": 1152, "nvfp4": 608, "int4_g128": 544, "mxfp4": 544, "int3_g128": 416}

Choice = tuple[str, ...]
"""A format for each row."""


@st.composite
def tables(draw: st.DrawFn, largest: int = 5) -> list[TensorLosses]:
    """Up to five tensors in up to five formats; each format takes the same bits everywhere, as shapes are equal."""
    names = draw(st.lists(st.sampled_from(FIVE), min_size=1, unique=True))
    errors = st.floats(1e-6, 0.5)
    return [
        said(
            f"layer{i}",
            {name: Cell(BITS[name], draw(errors), draw(errors)) for name in names},
            weighted=draw(st.floats(0.5, 2)),
        )
        for i in range(draw(st.integers(1, largest)))
    ]


@st.composite
def groups_of(draw: st.DrawFn, losses: Sequence[TensorLosses]) -> list[tuple[str, ...]]:
    """Some of the tensors tied."""
    if len(losses) < 2 or not draw(st.booleans()):
        return []
    size = draw(st.integers(2, len(losses)))
    return [tuple(one.info.name for one in losses[:size])]


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[TensorLosses], list[tuple[str, ...]], int]:
    """Losses, ties, and a budget between too little and more than enough."""
    losses = draw(tables())
    narrowest = min(BITS[name] for name in losses[0].targets)
    return losses, draw(groups_of(losses)), draw(st.integers(narrowest * len(losses) - 1, STORED_BITS * len(losses)))


def rows_of(losses: Sequence[TensorLosses], groups: Sequence[Collection[str]]) -> list[list[TensorLosses]]:
    """The tensors of which each row has one format."""
    tied = [[one for one in losses if one.info.name in group] for group in groups]
    alone = [[one] for one in losses if not any(one in row for row in tied)]
    return [*tied, *alone]


def every_choice(rows: Sequence[Sequence[TensorLosses]]) -> Iterator[Choice]:
    """All of them."""
    return product(*([*row[0].targets, STORED] for row in rows))


def bits_of(choice: Choice, rows: Sequence[Sequence[TensorLosses]]) -> int:
    """What a choice takes."""
    return sum(
        STORED_BITS if name == STORED else one.targets[name].bits
        for name, row in zip(choice, rows, strict=True)
        for one in row
    )


def errors_of(choice: Choice, rows: Sequence[Sequence[TensorLosses]], kind: str) -> list[Fraction]:
    """The losses of all tensors."""
    return [
        Fraction(0) if name == STORED else Fraction(getattr(one.targets[name], kind))
        for name, row in zip(choice, rows, strict=True)
        for one in row
    ]


@given(problems())
@settings(max_examples=150)
def test_the_total_is_the_least_of_all_choices(problem: tuple[list[TensorLosses], list[tuple[str, ...]], int]) -> None:
    """Weighted errors, exactly added; the bound is below it, and the common format is no better."""
    losses, groups, budget = problem
    rows = rows_of(losses, groups)
    fitting = [choice for choice in every_choice(rows) if bits_of(choice, rows) <= budget]
    if not fitting:
        with pytest.raises(BudgetError) as caught:
            planned(losses, groups, Limit(bits=budget), Objective.TOTAL)
        assert caught.value.smallest_bits == min(bits_of(choice, rows) for choice in every_choice(rows))
        return
    plan = planned(losses, groups, Limit(bits=budget), Objective.TOTAL)
    least = min(sum(errors_of(choice, rows, "weighted_error")) for choice in fitting)
    assert plan.loss == pytest.approx(float(least), rel=1e-12, abs=0)
    assert plan.bound <= plan.loss
    assert plan.allocation.bits <= budget
    if plan.uniform is not None:
        assert plan.uniform.allocation.bits <= budget
        assert plan.uniform.allocation.loss >= plan.loss


@given(problems())
@settings(max_examples=150)
def test_the_worst_is_the_least_of_all_choices(problem: tuple[list[TensorLosses], list[tuple[str, ...]], int]) -> None:
    """The root of squared error over energy, the largest over tensors; mixtures bound it from below."""
    losses, groups, budget = problem
    rows = rows_of(losses, groups)
    fitting = [choice for choice in every_choice(rows) if bits_of(choice, rows) <= budget]
    if not fitting:
        return
    plan = planned(losses, groups, Limit(bits=budget), Objective.WORST)
    least = min(max(errors_of(choice, rows, "squared_error")) for choice in fitting)
    assert plan.loss == pytest.approx(math.sqrt(least), rel=1e-12, abs=0)
    assert plan.bound <= plan.loss * (1 + 1e-9)
    assert plan.allocation.bits <= budget
    commons = [choice for choice in fitting if len(set(choice)) == 1 and STORED not in choice]
    if commons:
        least_common = min(max(errors_of(choice, rows, "squared_error")) for choice in commons)
        assert plan.uniform is not None
        assert worst_of(plan.uniform.allocation) == pytest.approx(math.sqrt(least_common), rel=1e-12)
    else:
        assert plan.uniform is None


@given(problems())
@settings(max_examples=150)
def test_the_uniform_choice_is_the_best_common_format(
    problem: tuple[list[TensorLosses], list[tuple[str, ...]], int],
) -> None:
    """Where none fails: that of least unweighted error among those that fit, never leaving all as stored."""
    losses, groups, budget = problem
    losses = [
        replace(one, targets={name: replace(loss, sqnr_db=20.0) for name, loss in one.targets.items()})
        for one in losses
    ]
    rows = rows_of(losses, groups)
    commons = [(name,) * len(rows) for name in losses[0].targets]
    fitting = [choice for choice in commons if bits_of(choice, rows) <= budget]
    if not fitting:
        with pytest.raises(BudgetError) as caught:
            planned(losses, groups, Limit(bits=budget), Objective.UNIFORM)
        assert caught.value.smallest_bits == min(bits_of(choice, rows) for choice in commons)
        return
    plan = planned(losses, groups, Limit(bits=budget), Objective.UNIFORM)
    least = min(sum(errors_of(choice, rows, "squared_error")) for choice in fitting)
    assert plan.loss == pytest.approx(float(least), rel=1e-12)
    assert len({candidate.format for candidate in plan.allocation.chosen}) == 1


@given(tables(), st.floats(1, 40))
@settings(max_examples=150)
def test_the_fewest_bits_that_reach_an_sqnr(losses: list[TensorLosses], wanted_db: float) -> None:
    """Over all tensors: of all choices where they are ranked, of the common formats where not."""
    rows = rows_of(losses, [])
    for objective, kind in ((Objective.TOTAL, "weighted_error"), (Objective.UNIFORM, "squared_error")):
        level = [
            replace(one, targets={k: replace(loss, sqnr_db=20.0) for k, loss in one.targets.items()}) for one in losses
        ]
        energy = energy_of(level, objective)
        most = energy * 10 ** (-wanted_db / 10)
        commons: list[Choice] = [(name,) * len(rows) for name in losses[0].targets]
        among = list(every_choice(rows)) if objective is Objective.TOTAL else commons
        reaching = [choice for choice in among if math.fsum(map(float, errors_of(choice, rows, kind))) <= most]
        if not reaching:
            with pytest.raises(SqnrError) as caught:
                planned(level, [], Limit(sqnr_db=wanted_db), objective)
            least = min(math.fsum(map(float, errors_of(choice, rows, kind))) for choice in among)
            assert caught.value.reached_db == pytest.approx(10 * math.log10(energy / least))
            continue
        plan = planned(level, [], Limit(sqnr_db=wanted_db), objective)
        assert plan.allocation.bits == min(bits_of(choice, rows) for choice in reaching)
        assert plan.loss <= most


@given(problems())
@settings(max_examples=100)
def test_one_format_and_the_rest_as_stored(problem: tuple[list[TensorLosses], list[tuple[str, ...]], int]) -> None:
    """For tools that have one format at a time: the best such choice, and its bound is below all of them."""
    losses, groups, budget = problem
    rows = rows_of(losses, groups)
    alike = [choice for choice in every_choice(rows) if len(set(choice) - {STORED}) <= 1]
    fitting = [choice for choice in alike if bits_of(choice, rows) <= budget]
    if not fitting:
        with pytest.raises(BudgetError) as caught:
            planned_alike(losses, groups, Limit(bits=budget), Objective.TOTAL)
        assert caught.value.smallest_bits == min(bits_of(choice, rows) for choice in alike)
        return
    plan = planned_alike(losses, groups, Limit(bits=budget), Objective.TOTAL)
    least = min(sum(errors_of(choice, rows, "weighted_error")) for choice in fitting)
    assert plan.loss == pytest.approx(float(least), rel=1e-12, abs=0)
    assert plan.bound <= plan.loss
    assert len({candidate.format for candidate in plan.allocation.chosen} - {STORED}) <= 1


def plain(name: str, error: float, failure: str = "", wide: float = 1e-6) -> TensorLosses:
    """A tensor in a narrow and in a wide format."""
    return said(
        name, {"int4_g128": Cell(544, error, error, failure), "int8_channel": Cell(1152, wide, wide)}, weighted=1.0
    )


def chosen(losses: Sequence[TensorLosses], bits: int, objective: Objective) -> list[str]:
    """The formats that tensors get."""
    plan = planned(losses, [], Limit(bits=bits), objective)
    return [candidate.format for candidate in plan.allocation.chosen]


def test_a_uniform_choice_excepts_what_fails() -> None:
    """A hard failure, and a tensor more than 10 dB below the median, take the next wider format."""
    level = [plain(f"layer{i}", 0.01) for i in range(4)]
    budget = 5 * 1152
    assert chosen([*level, plain("odd", 0.01)], 5 * 544, Objective.UNIFORM) == ["int4_g128"] * 5
    assert chosen([*level, plain("odd", 0.2)], budget - 1, Objective.UNIFORM)[-1] == "int8_channel"
    assert chosen([*level, plain("odd", 0.09)], budget - 1, Objective.UNIFORM)[-1] == "int4_g128"
    assert chosen([*level, plain("odd", 0.01, "overflow")], budget - 1, Objective.UNIFORM)[-1] == "int8_channel"
    hopeless = plain("odd", 0.01, "overflow")
    hopeless = replace(
        hopeless, targets={name: replace(loss, failure="overflow") for name, loss in hopeless.targets.items()}
    )
    assert chosen([*level, hopeless], 4 * 544 + STORED_BITS, Objective.UNIFORM) == ["int4_g128"] * 4 + [STORED]


@pytest.mark.parametrize("objective", [Objective.TOTAL, Objective.WORST])
def test_outliers_are_no_exceptions_where_tensors_are_ranked(objective: Objective) -> None:
    """A large error of a tensor that does not matter is what the ranking is for; a hard failure is one anywhere."""
    level = [plain(f"layer{i}", 0.01) for i in range(4)]
    assert chosen([*level, plain("odd", 0.2)], 5 * 544, objective) == ["int4_g128"] * 5
    assert chosen([*level, plain("odd", 0.2, "overflow")], 6 * 1152, objective)[-1] != "int4_g128"


def test_one_member_that_fails_costs_its_group_the_format() -> None:
    """Tied tensors have one format, and all of them must be able to take it."""
    losses = [plain("q", 0.01), plain("k", 0.01, "overflow"), *(plain(f"layer{i}", 0.01) for i in range(3))]
    plan = planned(losses, [("q", "k")], Limit(bits=5 * 1152 - 1), Objective.UNIFORM)
    assert [
        (unit.names, candidate.format) for unit, candidate in zip(plan.units, plan.allocation.chosen, strict=True)
    ] == [
        (("q", "k"), "int8_channel"),
        (("layer0",), "int4_g128"),
        (("layer1",), "int4_g128"),
        (("layer2",), "int4_g128"),
    ]


def test_a_target_that_one_member_lacks_is_none_of_its_group() -> None:
    """What could not be measured in one of them is not on offer to the others."""
    short = said("k", {"int8_channel": Cell(1152, 1e-6)})
    plan = planned([plain("q", 0.01), short], [("q", "k")], Limit(bits=10**6), Objective.UNIFORM)
    assert [candidate.format for candidate in plan.allocation.chosen] == ["int8_channel"]


def test_what_has_no_sensitivity_cannot_be_ranked() -> None:
    """The first of those that lack one is named, and how many there are."""
    losses = [plain("a", 0.1), said("b\n", {"int4_g128": Cell(544, 0.1)}), said("c", {"int4_g128": Cell(544, 0.1)})]
    with pytest.raises(UsageError, match=r"nothing for 2 of the tensors, b\\n among them"):
        planned(losses, [], Limit(bits=10**6), Objective.TOTAL)


def test_no_tensors_are_an_error() -> None:
    """There is nothing to choose for."""
    with pytest.raises(UsageError, match="no tensor"):
        planned([], [], Limit(bits=1), Objective.UNIFORM)


def test_an_sqnr_that_nothing_reaches_tells_the_most() -> None:
    """Rounded down, so that asking for it succeeds; also where one format at a time is chosen."""
    losses = [plain("a", 0.1, wide=0.001234), plain("b", 0.1, wide=0.001)]
    for plan_for in (planned, planned_alike):
        with pytest.raises(SqnrError, match=r"--min-sqnr 40: .* 29\.51 dB, with int8_channel"):
            plan_for(losses, [], Limit(sqnr_db=40), Objective.UNIFORM)
        assert plan_for(losses, [], Limit(sqnr_db=29.51), Objective.UNIFORM).uniform is not None


def test_zeros_reach_every_sqnr() -> None:
    """Nothing to lose, and the narrowest format will do."""
    losses = [said("a", {"int4_g128": Cell(544, 0.0, 0.0), "mxfp4": Cell(500, 0.0, 0.0)}, energy=0.0, weighted=0.0)]
    for objective in (Objective.UNIFORM, Objective.TOTAL):
        plan = planned(losses, [], Limit(sqnr_db=100), objective)
        assert (plan.allocation.bits, plan.loss) == (500, 0.0)


def test_worst_goes_with_bits() -> None:
    """The smallest worst error for an SQNR of the total would be two questions at once."""
    with pytest.raises(UsageError, match="worst goes with a budget of bits"):
        planned([plain("a", 0.1)], [], Limit(sqnr_db=10), Objective.WORST)
