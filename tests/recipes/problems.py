"""Small problems for recipes, and all their choices one by one."""

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from random import Random

from hypothesis import strategies as st

from precisionlab.recipes.problem import Candidate, Unit

FORMATS = ("bfloat16", "int8", "fp8", "nvfp4", "ternary")
BITS = st.integers(0, 12) | st.integers(0, 1 << 40)
"""With ties, and as large as tensors are."""
LOSSES = st.sampled_from((0.0, 0.1, 0.2, 0.3, 1.0, math.inf)) | st.floats(0, 1) | st.sampled_from((5e-324, 1e16, 1e300))
"""With ties, sums that are not exact in float64, and numbers far apart."""
PLAIN_BITS = st.integers(0, 12) | st.integers(0, 1000)
PLAIN_LOSSES = st.sampled_from((*(eighths / 8 for eighths in range(17)), math.inf))
"""Whose sums are exact, and which solvers in float64 can take."""


@st.composite
def units(
    draw: st.DrawFn,
    largest: int = 6,
    bits: st.SearchStrategy[int] = BITS,
    losses: st.SearchStrategy[float] = LOSSES,
) -> tuple[Unit, ...]:
    """One to six units of up to five candidates, at least one of them of finite loss."""
    return tuple(draw(unit(f"layer{place}", bits, losses)) for place in range(draw(st.integers(1, largest))))


@st.composite
def unit(draw: st.DrawFn, name: str, bits: st.SearchStrategy[int], losses: st.SearchStrategy[float]) -> Unit:
    """One unit with some of the formats in any order."""
    formats = draw(st.lists(st.sampled_from(FORMATS), min_size=1, unique=True))
    candidates = [Candidate(format_, draw(bits), draw(losses)) for format_ in formats]
    if all(candidate.loss == math.inf for candidate in candidates):
        candidates[0] = Candidate(formats[0], candidates[0].bits, 0.5)
    return Unit((name,), tuple(candidates))


def plain_units(largest: int = 6) -> st.SearchStrategy[tuple[Unit, ...]]:
    """Units of small numbers whose sums are exact."""
    return units(largest, PLAIN_BITS, PLAIN_LOSSES)


def finite(unit: Unit) -> list[Candidate]:
    """The candidates of a unit but for those of infinite loss."""
    return [candidate for candidate in unit.candidates if candidate.loss < math.inf]


def choices(problem: Iterable[Unit]) -> Iterator[tuple[Candidate, ...]]:
    """Every choice of finite loss."""
    return product(*map(finite, problem))


def bits_of(chosen: Iterable[Candidate]) -> int:
    """The bits of a choice."""
    return sum(candidate.bits for candidate in chosen)


def exact_loss(chosen: Iterable[Candidate]) -> Fraction:
    """The loss of a choice, not rounded."""
    return sum((Fraction(candidate.loss) for candidate in chosen), Fraction(0))


def budgets(problem: Sequence[Unit]) -> st.SearchStrategy[int]:
    """Budgets around those that choices take, from none that any meets to one that all do."""
    totals = sorted({bits_of(chosen) for chosen in choices(problem)})
    return st.sampled_from(totals) | st.integers(max(0, totals[0] - 2), totals[-1] + 2)


@st.composite
def budgeted(draw: st.DrawFn, problems: st.SearchStrategy[tuple[Unit, ...]]) -> tuple[tuple[Unit, ...], int]:
    """A problem and a budget for it."""
    problem = draw(problems)
    return problem, draw(budgets(problem))


def tensors(n_units: int, n_formats: int, seed: int) -> tuple[Unit, ...]:
    """Units like those of a model: sizes far apart, losses that fall fourfold with each bit of an element."""
    random = Random(seed)  # noqa: S311 - a model, not a secret
    widths = sorted(random.uniform(2, 16) for _ in range(n_formats))
    sizes = [random.choice((64, 4096, 11008)) * random.choice((1, 64, 256)) for _ in range(n_units)]
    return tuple(tensor(f"layer{place}", size, widths, random) for place, size in enumerate(sizes))


def tensor(name: str, size: int, widths: Sequence[float], random: Random) -> Unit:
    """One unit of a number of elements, with a sensitivity of its own."""
    sensitivity = size * 10 ** random.uniform(-9, -3)
    candidates = (
        Candidate(f"bits{width:.3f}", int(size * width), sensitivity * 4**-width * random.uniform(0.8, 1.6))
        for width in widths
    )
    return Unit((name,), tuple(candidates))


def random_units(n_units: int, n_formats: int, seed: int) -> tuple[Unit, ...]:
    """Units of bits to 1000 and losses to 1, which a solver with tolerances takes."""
    random = Random(seed)  # noqa: S311 - a test, not a secret
    return tuple(
        Unit(
            (f"layer{place}",),
            tuple(Candidate(f"format{i}", random.randint(1, 1000), random.random()) for i in range(n_formats)),
        )
        for place in range(n_units)
    )


def budget_at(units: Sequence[Unit], share: float) -> int:
    """A budget between the fewest and the most bits."""
    least = sum(min(candidate.bits for candidate in unit.candidates) for unit in units)
    most = sum(max(candidate.bits for candidate in unit.candidates) for unit in units)
    return int(least + share * (most - least))
