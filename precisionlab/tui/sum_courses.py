"""How sums come about: what each method has after so many terms, and how far that is from the exact partial sum."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from precisionlab.errors import UsageError
from precisionlab.formats.exact import decode_exact, encode_exact
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding import round_to
from precisionlab.formats.specials import Number
from precisionlab.summation.methods import Method
from precisionlab.tui.sum_sources import Doubles, Order, Source, Terms, ordered

if TYPE_CHECKING:
    from precisionlab.summation.comparing import Deviation, Outcome

EVERY: Final = 512
"""Terms up to which there is a partial sum after each."""
PLACES: Final = 240
"""Beyond that, evenly over the terms, and as many again evenly over their logarithms: twice a chart's columns."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be added up, and how."""

    source: Source
    terms: Terms
    format: FloatFormat
    order: Order
    methods: tuple[Method, ...]
    place: int = 1
    """A number of terms after which the partial sums are wanted besides others."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The partial sums at some places, `places[i]` of which is a number of terms."""

    question: Question
    n: int
    places: tuple[int, ...]
    last_terms: tuple[float, ...]
    """What was added last at each place, in the format."""
    exact: tuple[Number, ...]
    """Exact partial sums of the terms as they are in the format, so that methods alone are told apart."""
    tracks: tuple[tuple["Outcome", ...], ...]
    """Of each method, what it has at each place."""
    condition: Number
    """Of the sum of all terms in the format."""
    rounding: "Deviation"
    """How far that is from the exact sum of the numbers as they were given."""
    rounding_digits: float | None
    """Right digits that rounding the numbers leaves; None where there is no such sum."""
    absorbed: int
    """Terms other than 0 that leave the plain sum as it is."""
    first_special: int | None
    """The number of the first term that is infinite or NaN; None where all are numbers."""
    n_rounded_away: int
    """Finite numbers other than 0 that are 0, infinite or NaN in the format."""
    is_all_zero: bool
    """Whether there is nothing but zeros to add."""

    def index_at(self, place: int) -> int:
        """The index of the last place that is not beyond a number of terms."""
        return max(0, bisect_right(self.places, place) - 1)

    @property
    def last_index(self) -> int:
        """The index of the last place at which all terms so far are numbers, of the first one where there is none."""
        return self.index_at(self.first_special - 1 if self.first_special else self.n)

    def outcomes_at(self, index: int) -> Sequence["Outcome"]:
        """What each method has at a place."""
        return [track[index] for track in self.tracks]


class NotWantedError(Exception):
    """Nobody waits for the answer any more."""


def course_of(question: Question, is_wanted: Callable[[], bool]) -> Course:
    """Add up; in a thread, since it takes up to a second and imports what compiles.

    Raises:
        NotWantedError: it was asked for something else in the meantime.
        PrecisionlabError: there are no such numbers, or they cannot be read.
    """
    from precisionlab.summation.comparing import condition, deviation, right_digits  # noqa: PLC0415 - numba
    from precisionlab.summation.running import running_totals  # noqa: PLC0415
    from precisionlab.summation.summands import Numbers  # noqa: PLC0415

    format_ = question.format
    given = numbers_of(question)
    terms = rounded_to(given, format_)
    special = first_special(terms)
    wanted = (question.place, *((special - 1, special) if special else ()))
    places = places_of(len(terms), wanted)
    exact = tuple(running_totals(terms, places))
    tracks = tuple(tracks_of(question, terms, places, exact, is_wanted))
    rounding = deviation(exact[-1], Numbers(given).total(), format_)
    return Course(
        question,
        len(terms),
        places,
        tuple(terms[np.array(places) - 1].tolist()),
        exact,
        tracks,
        condition(Numbers(terms).size(), exact[-1]),
        rounding,
        right_digits(rounding, format_),
        Numbers(terms).absorbed(format_),
        special,
        int(np.count_nonzero(np.isfinite(given) & (given != 0) & ((terms == 0) | ~np.isfinite(terms)))),
        not np.any(terms),
    )


def tracks_of(
    question: Question,
    terms: Doubles,
    places: Sequence[int],
    exact: Sequence[Number],
    is_wanted: Callable[[], bool],
) -> Iterator[tuple["Outcome", ...]]:
    """What each method has at each place.

    Raises:
        NotWantedError: it was asked for something else in the meantime.
    """
    from precisionlab.summation.comparing import outcome  # noqa: PLC0415 - numba
    from precisionlab.summation.running import running_sums  # noqa: PLC0415
    from precisionlab.summation.summands import number_of  # noqa: PLC0415

    format_ = question.format
    nearest = [decode_exact(encode_exact(total, format_), format_) for total in exact]
    for method in question.methods:
        if not is_wanted():
            raise NotWantedError
        sums = map(number_of, running_sums(terms, places, method, working=format_).tolist())
        triples = zip(sums, exact, nearest, strict=True)
        yield tuple(outcome(method, *triple, format_) for triple in triples)


def numbers_of(question: Question) -> Doubles:
    """The numbers in their order.

    Raises:
        PrecisionlabError: there are none, or they cannot be read.
    """
    if question.source.obstacle:
        raise UsageError("", question.source.obstacle)
    return ordered(question.source.make(question.terms, question.format), question.order, question.terms.seed)


def rounded_to(numbers: Doubles, format_: FloatFormat) -> Doubles:
    """The numbers as terms in the format."""
    with np.errstate(all="ignore"):
        return np.asarray(round_to(numbers, format_), np.float64)


def places_of(n: int, wanted: Sequence[int]) -> tuple[int, ...]:
    """Numbers of terms after which partial sums are told: each of few, else evenly by number and by its logarithm.

    Those that are wanted besides are among them, as far as there are so many terms.
    """
    if n <= EVERY:
        return tuple(range(1, n + 1))
    evenly = np.linspace(1, n, PLACES)
    by_logarithm = np.geomspace(1, n, PLACES)
    spread = np.rint(np.concatenate((evenly, by_logarithm))).astype(int).tolist()
    return tuple(sorted({*spread, *(place for place in wanted if 1 <= place <= n)}))


def first_special(terms: Doubles) -> int | None:
    """Up to which number of terms all are finite, plus one."""
    is_special = ~np.isfinite(terms)
    return int(is_special.argmax()) + 1 if is_special.any() else None
