"""Which elements of a tensor lose most when it is cast to a format, unscaled.

One pass in blocks; what is kept is the worst so far. Equal losses rank by index, the lowest
first; infinite ones by magnitude before that, the largest first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.cast_losses import CastRequest, Codes, Fate, Losses, check_castable, losing
from precisionlab.analysis.census.layouts import LAYOUTS, Layout, codes_of
from precisionlab.analysis.census.survey import blocks_of
from precisionlab.analysis.elements import COMPONENTS, index_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import ElementFormat
from precisionlab.formats.classes import PatternClass, classify
from precisionlab.formats.exact import decode_exact
from precisionlab.formats.inspection import Datum, outcome
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.specials import Number, Special

SLICE: Final = 1 << 18
"""Numbers that are cast at once: a few MiB in float64."""


@dataclass(frozen=True, slots=True)
class Loser:
    """A number that the cast changes."""

    index: tuple[int, ...]
    component: str
    """`value`, or which part of a complex number."""
    stored: Datum
    result: Datum
    result_class: PatternClass
    error: Number
    """The result minus the number, exactly; infinity where either is no finite number."""
    relative_error: Number
    """The error over the number; infinity for zero that does not stay zero."""
    error_in_ulps: Number
    """The error over the ulp that the format has at the number."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a cast does to a tensor."""

    cast: CastRequest
    counts: dict[Fate, int]
    """Of all numbers; those of a complex tensor are two an element."""
    losers: tuple[Loser, ...]
    """Those that lose most, the worst first; never one that loses nothing."""

    @property
    def n_numbers(self) -> int:
        """How many were looked at."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Candidates:
    """Numbers that may be among the worst; arrays of one length."""

    places: NDArray[np.int64]
    """In row-major order, each component counted."""
    codes: Codes
    losses: Losses

    def joined(self, other: "Candidates") -> "Candidates":
        """These and those."""
        mine, theirs = self.losses, other.losses
        return Candidates(
            np.concatenate((self.places, other.places)),
            np.concatenate((self.codes, other.codes)),
            Losses(
                np.concatenate((mine.loss, theirs.loss)),
                np.concatenate((mine.tie, theirs.tie)),
                np.concatenate((mine.fate, theirs.fate)),
            ),
        )

    def worst(self, count: int) -> "Candidates":
        """So many, the worst first."""
        order = np.lexsort((self.places, -self.losses.tie, -self.losses.loss))[:count]
        return Candidates(self.places[order], self.codes[order], self.losses.take(order))


def rank(tensor: Tensor, cast: CastRequest, count: int) -> Ranking:
    """The `count` numbers of a tensor that lose most in a cast, and what becomes of all.

    Raises:
        CheckpointError: the bytes cannot be read.
        FormatError: arrays are not rounded to such a format.
    """
    check_castable(cast)
    layout = LAYOUTS[tensor.info.dtype]
    losses_in = losing(layout.format, cast)
    counts = np.zeros(len(Fate), np.int64)
    worst = Candidates(np.empty(0, np.int64), np.empty(0, layout.code_type), losses_in(np.empty(0, layout.code_type)))
    for first, codes in slices_of(tensor):
        losses = losses_in(codes)
        counts += np.bincount(losses.fate, minlength=len(Fate))
        worst = worst.joined(challengers(first, codes, losses, worst, count)).worst(count)
    pairs = zip(worst.places.tolist(), worst.codes.tolist(), strict=True)
    losers = tuple(loser(place, code, tensor.info.shape, layout, cast) for place, code in pairs)
    return Ranking(cast, dict(zip(Fate, counts.tolist(), strict=True)), losers)


def slices_of(tensor: Tensor) -> Iterator[tuple[int, Codes]]:
    """The codes in order, each piece with the place of its first; a piece is overwritten by later ones."""
    layout = LAYOUTS[tensor.info.dtype]
    n_codes = tensor.info.n_elements * layout.components
    for block, content in zip(blocks_of(tensor.info), tensor.byte_blocks(), strict=True):
        first = block.start * 8 // layout.format.bits
        codes = codes_of(content, layout)[: n_codes - first]
        yield from ((first + i, codes[i : i + SLICE]) for i in range(0, codes.size, SLICE))


def challengers(first: int, codes: Codes, losses: Losses, worst: Candidates, count: int) -> Candidates:
    """Those that lose something, and more than the last of the worst where there are enough of these.

    Places increase from slice to slice, so an equal one comes too late.
    """
    is_full = worst.places.size == count
    loss, tie = (worst.losses.loss[-1], worst.losses.tie[-1]) if is_full else (0.0, 0.0)
    is_worse = (losses.loss > loss) | ((losses.loss == loss) & (losses.tie > tie))
    chosen = np.flatnonzero(is_worse)
    return Candidates(chosen + first, codes[chosen], losses.take(chosen))


def loser(place: int, code: int, shape: tuple[int, ...], layout: Layout, cast: CastRequest) -> Loser:
    """All about one of the worst, in exact arithmetic."""
    element, component = divmod(place, layout.components)
    value = decode_exact(code, layout.format)
    found = outcome(value, cast.format, cast.rounding, cast.overflow)
    return Loser(
        index_of(element, shape),
        COMPONENTS[layout.components][component],
        Datum(code, value),
        found.result,
        classify(found.result.pattern, cast.format),
        finite_or_infinite(found.error),
        finite_or_infinite(found.relative_error),
        finite_or_infinite(found.error_in_ulps),
    )


def has_nan(format_: ElementFormat) -> bool:
    """Whether a format has a pattern for the NaN that are cast to it."""
    return ladder_of(format_).pattern_of_special(Special.NAN) is not None


def finite_or_infinite(error: Fraction | None) -> Number:
    """An error of something that is not exact: infinite where there is no finite one."""
    return Special.INFINITY if error is None else error
