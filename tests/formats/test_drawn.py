"""What is drawn between neighbours against rationals, seeded draws, and simulated dither."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.formats import ElementFormat, formats, round_to
from precisionlab.formats.drawn import drawn_between
from precisionlab.formats.exact import decode_exact
from precisionlab.formats.nearest import levels_of
from precisionlab.formats.neighbours import Neighbour

NAMES = ("int4", "uint4", "float4_e2m1fn", "float8_e4m3fn", "float8_e8m0fnu", "posit8", "nf4", "binary", "ternary")
DRAWS = 600


@dataclass(frozen=True)
class Outcome:
    """What is drawn of one number, in rationals."""

    lower: Fraction
    upper: Fraction
    up: Fraction
    """Probability of the upper neighbour."""

    def mean(self) -> Fraction:
        """Of what is drawn."""
        return self.lower + self.up * (self.upper - self.lower)

    def variance(self) -> Fraction:
        """Of what is drawn, as a sum over both outcomes."""
        shares = ((self.lower, 1 - self.up), (self.upper, self.up))
        return sum((share * (value - self.mean()) ** 2 for value, share in shares), Fraction(0))

    def reach(self, number: Fraction) -> Fraction:
        """The largest distance from the number of an outcome that has a probability."""
        possible = [self.lower] * (self.up < 1) + [self.upper] * (self.up > 0)
        return max(abs(value - number) for value in possible)

    def probability_of(self, value: Fraction) -> Fraction:
        """Of one outcome."""
        return (1 - self.up) * (self.lower == value) + self.up * (self.upper == value)


def numbers_of(format_: ElementFormat) -> list[Fraction]:
    """The finite numbers of a format in order."""
    decoded = (decode_exact(pattern, format_) for pattern in range(1 << format_.bits))
    return sorted({number for number in decoded if isinstance(number, Fraction)})


def outcome_of(number: Fraction, table: list[Fraction]) -> Outcome:
    """The neighbours of a number; beyond the ends the end alone."""
    inside = min(max(number, table[0]), table[-1])
    place = min(bisect_right(table, inside) - 1, max(len(table) - 2, 0))
    lower, upper = table[place], table[place + 1]
    return Outcome(lower, upper, (inside - lower) / (upper - lower))


def single(number: float, format_: ElementFormat, neighbour: Neighbour, zero: float = 0.0) -> dict[str, float]:
    """`drawn_between` of one number."""
    found = drawn_between(torch.tensor([number], dtype=torch.float64), levels_of(format_), neighbour, zero)
    return {name: getattr(found, name).item() for name in ("mean", "variance", "reach", "zero_probability")}


@pytest.mark.parametrize("name", NAMES)
@given(number=st.floats(-300, 600), zero=st.integers(0, 15))
def test_stochastic_rounding_is_that_of_two_outcomes(name: str, number: float, zero: int) -> None:
    """Mean, variance, reach, and the probability of any one element, in rationals."""
    format_ = formats.element(name)
    table = numbers_of(format_)
    outcome, special = outcome_of(Fraction(number), table), table[zero % len(table)]
    found = single(number, format_, Neighbour.STOCHASTIC, float(special))
    assert found["mean"] == float(min(max(Fraction(number), table[0]), table[-1])) == float(outcome.mean())
    assert found["variance"] == pytest.approx(float(outcome.variance()), rel=1e-12, abs=1e-300)
    assert found["reach"] == pytest.approx(float(outcome.reach(Fraction(number))), rel=1e-12)
    assert found["zero_probability"] == pytest.approx(float(outcome.probability_of(special)), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_levels_stay_and_ends_stand_for_what_lies_beyond(name: str) -> None:
    """Stochastic rounding never moves a number of the format; what lies beyond an end has no variance in either way."""
    levels = levels_of(formats.element(name))
    found = drawn_between(torch.from_numpy(levels.numbers), levels, Neighbour.STOCHASTIC)
    np.testing.assert_array_equal(found.mean.numpy(), levels.numbers)
    assert not found.variance.any()
    assert not found.reach.any()
    np.testing.assert_array_equal(found.zero_probability.numpy(), levels.numbers == 0)
    for neighbour in (Neighbour.STOCHASTIC, Neighbour.DITHERED):
        beyond = drawn_between(torch.tensor([-1e40, 1e40], dtype=torch.float64), levels, neighbour)
        np.testing.assert_array_equal(beyond.mean.numpy(), levels.numbers[[0, -1]])
        assert not beyond.variance.any()
        np.testing.assert_allclose(beyond.reach.numpy(), [1e40, 1e40], rtol=1e-1)


@pytest.mark.parametrize("name", ["int4", "int8", "float4_e2m1fn", "float8_e5m2", "bfloat16"])
def test_seeded_draws_come_to_what_is_expected(name: str) -> None:
    """Sums of errors, of their squares and of zeros over 600 draws of `round_to`, within 5 standard errors."""
    format_ = formats.element(name)
    numbers = np.random.default_rng(0).standard_normal(2000) * (3 if name.startswith("int") else 0.4)
    expected = drawn_between(torch.from_numpy(numbers), levels_of(format_), Neighbour.STOCHASTIC)
    draws = np.stack(
        [round_to(numbers, format_, "stochastic", overflow="saturate", seed=seed) for seed in range(DRAWS)]
    )
    squared = expected.variance.numpy() + (expected.mean.numpy() - numbers) ** 2
    within_five_errors((draws - numbers).sum(axis=1), (expected.mean.numpy() - numbers).sum())
    within_five_errors(((draws - numbers) ** 2).sum(axis=1), squared.sum())
    within_five_errors((draws == 0).sum(axis=1), expected.zero_probability.sum().item())
    assert (np.abs(draws - numbers) <= expected.reach.numpy() * (1 + 1e-12)).all()


def within_five_errors(sums: np.ndarray, expected: float) -> None:
    """The mean of many sums is the expected one."""
    standard_error = sums.std(ddof=1) / np.sqrt(len(sums))
    assert abs(sums.mean() - expected) <= 5 * standard_error + 1e-12


def dithered(numbers: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes in whole steps under dither uniform over one, and what a reader makes of them who takes it off again."""
    noise = np.random.default_rng(seed).random(numbers.shape) - 0.5
    codes = np.rint(numbers + noise)
    return codes, codes - noise


def test_subtractive_dither_has_the_variance_of_a_uniform_error() -> None:
    """Schuchman's (1964) claim, simulated on integers: 1/12 wherever the number lies, on a level too."""
    numbers = np.array([-3.0, -2.5, -0.75, -0.3, 0.0, 0.1, 0.5, 0.9, 2.0, 6.49])
    runs = [dithered(numbers, seed) for seed in range(20_000)]
    codes, read = np.stack([run[0] for run in runs]), np.stack([run[1] for run in runs])
    expected = drawn_between(torch.from_numpy(numbers), levels_of(formats.element("int8")), Neighbour.DITHERED)
    for errors, variance in zip((read - numbers).T, expected.variance.tolist(), strict=True):
        within_five_errors(errors, 0.0)
        within_five_errors(errors**2, variance)
    for column, probability in zip((codes == 0).T, expected.zero_probability.tolist(), strict=True):
        within_five_errors(column, probability)
    assert (np.abs(read - numbers) <= expected.reach.numpy()).all()
    np.testing.assert_array_equal(expected.mean.numpy(), numbers)
    np.testing.assert_allclose(expected.variance.numpy(), 1 / 12, rtol=1e-15)


def test_dither_costs_half_of_stochastic_rounding_over_a_step() -> None:
    """The mean of f (1 - f) over f in [0, 1] is 1/6, that of dither 1/12."""
    levels, steps = levels_of(formats.element("int4")), torch.linspace(0, 1, 10_001, dtype=torch.float64)[:-1]
    stochastic, dither = (
        drawn_between(steps, levels, way).variance.mean().item() for way in (Neighbour.STOCHASTIC, Neighbour.DITHERED)
    )
    assert stochastic == pytest.approx(1 / 6, rel=1e-7)
    assert dither == pytest.approx(1 / 12, rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
@given(numbers=st.lists(st.floats(-20, 20), min_size=1, max_size=20))
def test_both_ways_draw_the_same_codes(name: str, numbers: list[float]) -> None:
    """Means and probabilities are alike."""
    levels, values = levels_of(formats.element(name)), torch.tensor(numbers, dtype=torch.float64)
    one, other = (drawn_between(values, levels, way) for way in (Neighbour.STOCHASTIC, Neighbour.DITHERED))
    assert torch.equal(one.mean, other.mean)
    assert torch.equal(one.zero_probability, other.zero_probability)
