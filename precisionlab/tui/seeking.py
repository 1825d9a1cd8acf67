"""Remarkable numbers of a tensor, found by streaming through it once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.cast_losses import CastRequest, values_of
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.elements import COMPONENTS
from precisionlab.analysis.tensors import Reader, Tensor
from precisionlab.analysis.worst import Loser, rank, slices_of
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.formats import ElementFormat, FloatFormat, Format
from precisionlab.formats.exact import decode_exact
from precisionlab.formats.patterns import is_infinity, is_nan, magnitudes
from precisionlab.formats.specials import Special, as_fraction
from precisionlab.tui.elements import Place, place_of, place_text
from precisionlab.tui.microscope_text import number_text, signed

Codes = NDArray[np.unsignedinteger]


WORST: Final = "WORST"
"""The name of the aim that takes a target."""
MOST_WORST: Final = 64
"""That are gone through before the first comes again."""


class Aim(Enum):
    """What is looked for; the value says it in words."""

    LARGEST = "the largest finite magnitude"
    SMALLEST = "the smallest magnitude that is not zero"
    SUBNORMAL = "the next subnormal"
    NOT_FINITE = "the next NaN or infinity"


class StoppedError(Exception):
    """Nobody wants the answer any more."""


@dataclass(frozen=True, slots=True)
class WatchedReader:
    """Reads as another does, and asks before each piece whether to go on."""

    reader: Reader
    goes_on: Callable[[float], bool]
    """Told which share of the range is read."""

    def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
        """Fill the buffer with the bytes of the range from its `start`-th on.

        Raises:
            StoppedError: the answer is not wanted any more.
            CheckpointError: the file cannot be read.
        """
        if not self.goes_on(start / max(location.length, 1)):
            raise StoppedError
        self.reader.read_into(location, start, buffer)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a search led, or nowhere, in words too."""

    place: Place | None
    words: str


def nearest(tensor: Tensor, aim: Aim, after: int) -> Found:
    """What is looked for, as `sought` finds it."""
    number = sought(tensor, aim, after)
    if number is None:
        return Found(None, f"{aim.value}: there is none in this tensor")
    place = place_of(number, tensor.info)
    return Found(place, f"{aim.value} is at {place_text(place, tensor.info)}")


def worst(tensor: Tensor, target: ElementFormat) -> Sequence[Loser]:
    """The numbers that lose most when they are rounded to a format, the worst first.

    Raises:
        CheckpointError: the bytes cannot be read.
        FormatError: arrays are not rounded to such a format.
    """
    return rank(tensor, CastRequest(target), MOST_WORST).losers


def nth_worst(losers: Sequence[Loser], n: int, info: TensorInfo, target: ElementFormat) -> Found:
    """One of them; behind the last comes the first."""
    if not losers:
        return Found(None, f"{target.name} holds every number of this tensor exactly")
    rank_ = n % len(losers)
    one = losers[rank_]
    component = COMPONENTS[LAYOUTS[info.dtype].components].index(one.component)
    lost = "becomes " + number_text(one.result.value, 4) if isinstance(one.error, Special) else error_text(one)
    return Found(Place(one.index, component), f"number {rank_ + 1} of the worst in {target.name}: {lost}")


def error_text(one: Loser) -> str:
    """What a number loses."""
    return f"error {signed(one.error, 3)}, {signed(one.error_in_ulps, 3)} ulp"


def sought(tensor: Tensor, aim: Aim, after: int) -> int | None:
    """How many numbers come before the one looked for; None where there is none.

    `after` is where to start looking for the next one; behind the last follows the first.

    Raises:
        CheckpointError: the bytes cannot be read.
    """
    format_ = LAYOUTS[tensor.info.dtype].format
    match aim:
        case Aim.LARGEST:
            return extreme(tensor, format_, largest=True)
        case Aim.SMALLEST:
            return extreme(tensor, format_, largest=False)
        case Aim.SUBNORMAL:
            return next_of(tensor, after, lambda codes: are_subnormal(codes, format_))
        case Aim.NOT_FINITE:
            return next_of(tensor, after, lambda codes: are_not_finite(codes, format_))


def next_of(tensor: Tensor, after: int, flags_of: Callable[[Codes], NDArray[np.bool_]]) -> int | None:
    """The first flagged number behind a place, or else the first of all."""
    first: int | None = None
    for start, codes in slices_of(tensor):
        found = np.flatnonzero(flags_of(codes)) + start
        if found.size and first is None:
            first = int(found[0])
        behind = found[found > after]
        if behind.size:
            return int(behind[0])
    return first


def are_subnormal(codes: Codes, format_: Format) -> NDArray[np.bool_]:
    """Which patterns are subnormal."""
    if not isinstance(format_, FloatFormat) or not format_.subnormals:
        return np.zeros(codes.shape, np.bool_)
    size = magnitudes(codes, format_)
    return np.asarray((size > 0) & (size < np.uint64(1 << format_.mantissa_bits)))


def are_not_finite(codes: Codes, format_: Format) -> NDArray[np.bool_]:
    """Which patterns are NaN or infinite."""
    if not isinstance(format_, FloatFormat):
        return np.zeros(codes.shape, np.bool_)
    return is_nan(codes, format_) | is_infinity(codes, format_)


def extreme(tensor: Tensor, format_: Format, *, largest: bool) -> int | None:
    """The first of the largest finite numbers, or of the smallest that are not zero, without their signs."""
    best: tuple[Fraction, int] | None = None
    for start, codes in slices_of(tensor):
        found = extreme_within(codes, format_, largest=largest)
        if found is None:
            continue
        size = magnitude(int(codes[found]), format_)
        if best is None or (size > best[0] if largest else size < best[0]):
            best = (size, start + found)
    return None if best is None else best[1]


def extreme_within(codes: Codes, format_: Format, *, largest: bool) -> int | None:
    """The place of the extreme of some numbers; None where all are zero or not finite."""
    sizes = np.abs(values_of(codes, format_))
    matters = np.isfinite(sizes) & (sizes > 0)
    if not matters.any():
        return None
    top = sizes[matters].max() if largest else sizes[matters].min()
    ties = np.flatnonzero(sizes == top)
    # Float64 holds all numbers of most formats: then ties are equal. Of wide integers it makes ties of neighbours.
    sizes_of = {code: magnitude(code, format_) for code in np.unique(codes[ties]).tolist()}
    wanted = max(sizes_of.values()) if largest else min(sizes_of.values())
    equal = np.array([code for code, size in sizes_of.items() if size == wanted], codes.dtype)
    return int(np.flatnonzero(np.isin(codes, equal))[0])


def magnitude(code: int, format_: Format) -> Fraction:
    """A finite number without its sign, exactly."""
    return abs(as_fraction(decode_exact(code, format_)) or Fraction(0))
