"""What a cast does to numbers: how much each loses, and in which way; the numeric part of `worst`.

Results are those of `round_to` on float64, which holds every number that checkpoints store but
integers beyond 2^53; those, what is beyond an end that float64 does not hold (2^63 - 1), and
zero in a format without, are cast in exact arithmetic, each pattern once. The error is one
subtraction in float64, so it is the float64 nearest to the exact one (exact where the format only
drops bits); the relative error is that over the number, rounded once more.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from fractions import Fraction
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats import ElementFormat, FloatFormat, Format, IntegerFormat, Overflow, Rounding
from precisionlab.formats.exact import decode_exact, encode_exact, rounded
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.patterns import decode
from precisionlab.formats.rounding import round_to
from precisionlab.formats.specials import Number, Special, as_fraction

TABULATED_BITS: Final = 16
"""Widest patterns of which each is cast once and then looked up."""
EXACT_INTEGERS: Final = 2.0**53
"""From here on float64 leaves out integers."""
INFINITY_PATTERN: Final = 0x7FF << 52
"""Of float64; those below it are the finite magnitudes in increasing order."""

Codes = NDArray[np.unsignedinteger]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class By(Enum):
    """What is compared."""

    ABSOLUTE = "absolute"
    """The error, without its sign."""
    RELATIVE = "relative"
    """The error over the number."""


class Fate(IntEnum):
    """In which way a number changes, or not."""

    EXACT = 0
    ROUNDED = 1
    UNDERFLOW = 2
    """Becomes zero."""
    OVERFLOW = 3
    """Rounds beyond an end of the format, or is infinite and finds no infinity there."""
    NAN = 4
    """Is no number already."""


@dataclass(frozen=True, slots=True)
class CastRequest:
    """A cast without any scale, and what is asked of it."""

    format: ElementFormat
    rounding: Rounding = Rounding.NEAREST_EVEN
    overflow: Overflow = Overflow.IEEE
    by: By = By.ABSOLUTE


class Losses(NamedTuple):
    """What each of some numbers loses; arrays of one length."""

    loss: Floats
    """The absolute or relative error; infinite for what becomes infinity or NaN, 0 for NaN itself."""
    tie: Floats
    """The magnitude where the loss is infinite, else 0: what ranks equal losses."""
    fate: NDArray[np.uint8]

    def take(self, places: Codes | Flags | NDArray[np.intp]) -> "Losses":
        """Those at some places."""
        return Losses(self.loss[places], self.tie[places], self.fate[places])


def check_castable(cast: CastRequest) -> None:
    """See that arrays can be rounded to the format.

    Raises:
        FormatError: they cannot.
    """
    round_to(np.empty(0), cast.format, cast.rounding, overflow=cast.overflow)


def losing(source: Format, cast: CastRequest) -> Callable[[Codes], Losses]:
    """The function from patterns of a stored format to what the numbers lose."""
    if source.bits > TABULATED_BITS:
        return lambda codes: losses_of(codes, source, cast)
    table = losses_of(np.arange(1 << source.bits, dtype=np.uint16), source, cast)
    return table.take


def losses_of(codes: Codes, source: Format, cast: CastRequest) -> Losses:
    """What the numbers behind patterns lose in a cast."""
    values = values_of(codes, source)
    is_nan, is_beyond = np.isnan(values), beyond_ends(values, cast)
    is_hard = needs_exact(values, source, cast)
    results = round_to(np.where(is_nan | is_hard, 0.0, values), cast.format, cast.rounding, overflow=cast.overflow)
    is_exact = results == values
    with np.errstate(all="ignore"):
        error = np.where(is_exact, 0.0, np.abs(results - values))
        loss = error if cast.by is By.ABSOLUTE else np.where(error > 0, error / np.abs(values), error)
    loss = np.where(is_nan, 0.0, np.where(np.isnan(loss), np.inf, loss))
    is_overflow = is_beyond | ~np.isfinite(results)
    ways = (is_nan, is_exact, is_overflow, results == 0)
    fate = np.select(ways, (Fate.NAN, Fate.EXACT, Fate.OVERFLOW, Fate.UNDERFLOW), Fate.ROUNDED).astype(np.uint8)
    losses = Losses(loss, np.where(np.isinf(loss), np.abs(values), 0.0), fate)
    return with_exact(losses, codes, is_hard, source, cast) if is_hard.any() else losses


def values_of(codes: Codes, source: Format) -> Floats:
    """The numbers in float64, integers beyond 2^53 rounded."""
    if source.name != "float32":
        return decode(codes, source)
    with np.errstate(all="ignore"):  # a signalling NaN would be told of
        return codes.view(np.float32).astype(np.float64)


def beyond_ends(values: Floats, cast: CastRequest) -> Flags:
    """Which numbers round past an end of the format, infinities among them."""
    high = first_past_end(cast.format, cast.rounding, is_low_end=False)
    low = first_past_end(cast.format, cast.rounding, is_low_end=True)
    return (values >= high) | (values <= -low)


@cache
def first_past_end(format_: ElementFormat, rounding: Rounding, *, is_low_end: bool) -> float:
    """The smallest float64 magnitude that rounds past the end of its sign; infinity where no finite one does."""
    ladder, sign = ladder_of(format_), -1 if is_low_end else 1

    def is_past(pattern: int) -> bool:
        rung = rounded(sign * Fraction(float_of(pattern)), ladder, rounding)
        return rung < ladder.lowest if is_low_end else rung > ladder.highest

    return float_of(bisect_left(range(INFINITY_PATTERN), True, key=is_past))


def float_of(pattern: int) -> float:
    """The float64 of a pattern."""
    return float(np.uint64(pattern).view(np.float64))


def needs_exact(values: Floats, source: Format, cast: CastRequest) -> Flags:
    """Which numbers float64 does not hold, or may become an end that it does not hold; and zero where there is none."""
    low, high = ends_beyond_float64(cast.format)
    is_hard = (values <= low) | (values >= high)
    if isinstance(cast.format, FloatFormat) and not cast.format.has_zero:
        is_hard |= values == 0
    if isinstance(source, IntegerFormat) and source.bits > 53:
        is_hard |= np.abs(values) >= EXACT_INTEGERS
    return is_hard


@cache
def ends_beyond_float64(format_: ElementFormat) -> tuple[float, float]:
    """The float64 nearest to the lowest and the highest number that is none itself; NaN for one that is."""
    ladder = ladder_of(format_)
    ends = (ladder.value(ladder.lowest), ladder.value(ladder.highest))
    low, high = (np.nan if is_float64(end) else nearest_float(end) for end in ends)
    return low, high


def is_float64(number: Fraction) -> bool:
    """Whether float64 holds a number."""
    near = nearest_float(number)
    return bool(np.isfinite(near)) and Fraction(near) == number


def nearest_float(number: Fraction) -> float:
    """The nearest float64, infinity beyond the largest."""
    try:
        return float(number)
    except OverflowError:
        return np.inf if number > 0 else -np.inf


def with_exact(losses: Losses, codes: Codes, is_hard: Flags, source: Format, cast: CastRequest) -> Losses:
    """The losses with those of hard patterns put in their places."""
    patterns, places = np.unique(codes[is_hard], return_inverse=True)
    exact = [exact_loss(decode_exact(int(pattern), source), cast) for pattern in patterns]
    losses.loss[is_hard] = np.array([loss for loss, _, _ in exact])[places]
    losses.tie[is_hard] = np.array([tie for _, tie, _ in exact])[places]
    losses.fate[is_hard] = np.array([fate for _, _, fate in exact], np.uint8)[places]
    return losses


def exact_loss(number: Number, cast: CastRequest) -> tuple[float, float, Fate]:
    """Loss, tie and fate of one number that is not NaN, in rational arithmetic."""
    result = decode_exact(encode_exact(number, cast.format, cast.rounding, cast.overflow), cast.format)
    exact, got = as_fraction(number), as_fraction(result)
    if result == number or (exact is not None and exact == got):
        return 0.0, 0.0, Fate.EXACT
    fate = fate_of(exact, got, cast)
    loss = np.inf if exact is None or got is None else finite_loss(exact, got - exact, cast.by)
    return loss, magnitude(number) if np.isinf(loss) else 0.0, fate


def finite_loss(number: Fraction, error: Fraction, by: By) -> float:
    """The absolute or relative error; infinite for zero that does not stay zero, and beyond float64."""
    if by is By.ABSOLUTE:
        return nearest_float(abs(error))
    return nearest_float(abs(error / number)) if number else np.inf


def fate_of(exact: Fraction | None, got: Fraction | None, cast: CastRequest) -> Fate:
    """In which way a number that is not exact in the format changes; None stands for infinities and NaN."""
    if exact is None or got is None:
        return Fate.OVERFLOW
    ladder = ladder_of(cast.format)
    if not ladder.lowest <= rounded(exact, ladder, cast.rounding) <= ladder.highest:
        return Fate.OVERFLOW
    return Fate.ROUNDED if got else Fate.UNDERFLOW


def magnitude(number: Number) -> float:
    """A number without its sign in float64."""
    return np.inf if isinstance(number, Special) else abs(float(number))
