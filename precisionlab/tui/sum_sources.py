"""What the screen of sums adds up: classics, random numbers, hard sums of a chosen condition number, a tensor."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from math import factorial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.checkpoints.dtypes import stored_bytes
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.checkpoints.reading import FileReader
from precisionlab.escaping import printable
from precisionlab.formats.facts import facts_of
from precisionlab.formats.records import FloatFormat
from precisionlab.summation.generating import ill_conditioned_sum

Doubles = NDArray[np.float64]

MOST_TERMS: Final = 1 << 22
"""That are added up in a fraction of a second by every method, and are enough to bring the harmonic series to rest."""
FIRST_TERMS: Final = 1 << 20
"""Of a tensor, at first."""
TENSOR: Final = "tensor"
"""The key of the tensor among the sources."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Which numbers of a source."""

    count: int
    condition: float = 1e8
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where numbers come from."""

    title: str
    about: str
    """What there is to see, in a sentence."""
    count: int
    """Terms at first."""
    make: Callable[[Terms, FloatFormat], Doubles]
    """The numbers, some of which depend on the format: what is huge in one is infinite in another."""
    least: int = 1
    most: int = MOST_TERMS
    has_seed: bool = False
    has_condition: bool = False
    available: int | None = None
    """How many numbers there are, where there is an end of them."""
    obstacle: str = ""
    """Why there are no numbers to add up, where there are none."""


class Order(Enum):
    """In which order terms are added."""

    AS_GIVEN = "as given"
    REVERSED = "reversed"
    ASCENDING = "small first"
    DESCENDING = "large first"
    SHUFFLED = "shuffled"


def ordered(numbers: Doubles, order: Order, seed: int) -> Doubles:
    """The numbers in an order; sizes are magnitudes, and numbers of the same size stay as they are."""
    match order:
        case Order.AS_GIVEN:
            return numbers
        case Order.REVERSED:
            return numbers[::-1].copy()
        case Order.ASCENDING:
            return numbers[np.argsort(np.abs(numbers), kind="stable")]
        case Order.DESCENDING:
            return numbers[np.argsort(-np.abs(numbers), kind="stable")]
        case Order.SHUFFLED:
            return np.random.default_rng(seed).permutation(numbers)


def counting(terms: Terms) -> Doubles:
    """1, 2, 3 and so on."""
    return np.arange(1, terms.count + 1, dtype=np.float64)


def alternating(terms: Terms, _: FloatFormat) -> Doubles:
    """1 - 1/2 + 1/3 and so on."""
    k = counting(terms)
    return np.where(k % 2 == 1, 1 / k, -1 / k)


def huge(terms: Terms, format_: FloatFormat) -> Doubles:
    """1, huge, 1, -huge: the largest power of ten of the format, 1e100 at most."""
    largest = facts_of(format_).largest_finite
    exponent = max(i for i in range(1, 101) if 10**i <= largest) if largest >= 10 else 0
    return np.resize(np.array([1.0, 10.0**exponent, 1.0, -(10.0**exponent)]), terms.count)


def crumbs(terms: Terms, format_: FloatFormat) -> Doubles:
    """1, and then numbers of a quarter of its ulp."""
    numbers = np.full(terms.count, 2.0 ** -(format_.precision + 1))
    numbers[0] = 1
    return numbers


def exponential(terms: Terms, _: FloatFormat) -> Doubles:
    """The terms (-20)^k / k! of e^-20, each rounded once."""
    return np.array([float(Fraction((-20) ** k, factorial(k))) for k in range(terms.count)])


def conditioned(terms: Terms, _: FloatFormat) -> Doubles:
    """As many terms as are wanted, or one less: they come in pairs."""
    return ill_conditioned_sum(terms.count - terms.count % 2, terms.condition, terms.seed)


SOURCES: Final[Mapping[str, Source]] = {
    "tenths": Source(
        "0.1 again and again",
        "No binary float is 0.1, and the larger the sum, the fewer of its digits fit beside it.",
        1_000_000,
        lambda terms, _: np.full(terms.count, 0.1),
    ),
    "ones": Source(
        "1 again and again",
        "A counter stands still at 2^p: at 256 in bfloat16, at 2,048 in float16.",
        10_000,
        lambda terms, _: np.ones(terms.count),
    ),
    "harmonic": Source(
        "1 + 1/2 + 1/3 + …",
        "The series has no limit, but its plain sum comes to rest: in bfloat16 soon, in float32 at 2,097,152 terms.",
        100_000,
        lambda terms, _: 1 / counting(terms),
    ),
    "squares": Source(
        "1 + 1/4 + 1/9 + …",
        "The sum nears π²/6. The smallest first is better: see the order.",
        100_000,
        lambda terms, _: 1 / counting(terms) ** 2,
    ),
    "alternating": Source("1 - 1/2 + 1/3 - …", "The sum nears ln 2.", 100_000, alternating),
    "huge": Source(
        "1, huge, 1, -huge",
        "What is lost beside the huge number comes back from Neumaier's correction, and not from Kahan's.",
        4,
        huge,
        most=1 << 16,
    ),
    "crumbs": Source(
        "1, then quarters of its ulp",
        "Each is too small to move a plain sum, all together are not.",
        100_000,
        crumbs,
    ),
    "exponential": Source(
        "(-20)^k / k!",
        "The series of e^-20, or 2e-9: its largest terms are 4e7, and what rounding them loses is as large as the sum.",
        100,
        exponential,
        most=150,
    ),
    "uniform": Source(
        "random from 0 to 1",
        "Errors of a plain sum grow with the number of terms, or with its root.",
        100_000,
        lambda terms, _: np.random.default_rng(terms.seed).random(terms.count),
        has_seed=True,
    ),
    "normal": Source(
        "random, normal",
        "As many are positive as are negative: the sum is small beside its terms.",
        100_000,
        lambda terms, _: np.random.default_rng(terms.seed).standard_normal(terms.count),
        has_seed=True,
    ),
    "conditioned": Source(
        "of a condition number",
        "By so much do relative errors of the terms, and of additions, grow: sum |x| over |sum x|.",
        1_000,
        conditioned,
        least=12,
        most=1 << 13,
        has_seed=True,
        has_condition=True,
    ),
}
"""The sources that are always there, by a key of each."""


def of_tensor(info: TensorInfo) -> Source:
    """The first elements of a tensor, in row-major order."""

    def make(terms: Terms, _: FloatFormat) -> Doubles:
        from precisionlab.analysis.reals import reals_of  # noqa: PLC0415 - ml_dtypes is for threads to import

        part = leading(info, terms.count)
        content = np.empty(part.n_bytes, np.uint8)
        with closing(FileReader()) as reader:
            reader.read_into(part.location, 0, content.data)
        return np.asarray(reals_of(part, content), np.float64)

    return Source(
        printable(info.name, 60),
        f"Its elements in row-major order, as they are stored in {info.dtype}.",
        min(info.n_elements, FIRST_TERMS),
        make,
        most=min(info.n_elements, MOST_TERMS),
        available=info.n_elements,
        obstacle=obstacle_of(info),
    )


def leading(info: TensorInfo, count: int) -> TensorInfo:
    """The first elements of a tensor as a tensor of one axis."""
    n_bytes = stored_bytes(info.dtype, count)
    return replace(info, shape=(count,), location=replace(info.location, length=n_bytes))


def obstacle_of(info: TensorInfo) -> str:
    """Why the elements of a tensor are not added up; nothing where they are."""
    if not info.n_elements:
        return "This tensor has no elements: their sum is 0, by whatever method. Choose other data with d."
    if LAYOUTS[info.dtype].components != 1:
        return f"This tensor is {info.dtype}: and only real numbers are added up here. Choose other data with d."
    return ""


def sources_with(info: TensorInfo | None) -> dict[str, Source]:
    """All sources, the tensor first where there is one."""
    own = {} if info is None else {TENSOR: of_tensor(info)}
    return own | dict(SOURCES)
