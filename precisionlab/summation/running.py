"""Sums on the way: of the first terms, for many numbers of them at once, by any method and exactly.

Terms are taken as the textbook takes them, in one lane, so that each is what `sum_by` makes of as many terms with
`lanes=1`; all of them together cost about as much as the last one alone.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import UsageError
from precisionlab.formats.records import ElementFormat
from precisionlab.formats.specials import Number
from precisionlab.summation import lane_loops
from precisionlab.summation.anchors import Anchors
from precisionlab.summation.exact import digits_of, in_format, is_unsigned_zero, rounded_once, signed_zero, special
from precisionlab.summation.exact_loops import N_DIGITS, carry
from precisionlab.summation.lanes import block_sums, finished, n_parts
from precisionlab.summation.methods import OF_PRODUCTS, RECURSIVE, Method, Way
from precisionlab.summation.settings import Reals, Setting, in_working, settled
from precisionlab.summation.summands import number_of_digits

Doubles = NDArray[np.float64]
Digits = NDArray[np.int64]


def running_sums(
    values: Reals,
    places: Sequence[int],
    method: Method | str = "recursive",
    *,
    working: ElementFormat | str | None = None,
) -> Doubles:
    """The sums of the first k numbers by a method in a working format, for every k of `places`.

    Args:
        values: flat numpy array of float16, bfloat16, float32 or float64.
        places: numbers of terms, each larger than the one before, from 1 to all.
        method: one of those of `sum_by`.
        working: as in `sum_by`.

    Returns:
        float64 [places], which holds the numbers of every working format.

    Raises:
        UsageError: an argument is none of those possible.
        FormatError: sums are not computed in the format.
    """
    setting = settled(values, method, working, 1, 1)
    refuse_other(values, places)
    if not len(places):
        return np.zeros(0)
    if setting.method.way is Way.EXACT:
        return np.array([rounded_sum(values, place, *one, setting) for place, one in zip_digits(values, places)])
    terms = in_working(setting, values[: places[-1], np.newaxis])
    return np.array(by_method(terms, places, setting.method, setting.anchors), np.float64)


def running_totals(values: Reals, places: Sequence[int]) -> list[Number]:
    """The exact sums of the first k numbers, for every k of `places`, as for `running_sums`.

    Raises:
        UsageError: an argument is none of those possible.
    """
    refuse_other(values, places)
    return [number_of_digits(*one) for _, one in zip_digits(values, places)]


def refuse_other(values: Reals, places: Sequence[int]) -> None:
    """See that places are places of a flat array.

    Raises:
        UsageError: they are not.
    """
    if values.ndim != 1:
        raise UsageError("values", f"a flat array is needed, not one of {values.ndim} axes", "call reshape(-1)")
    if not all(one < next_one for one, next_one in pairwise((0, *places, len(values) + 1))):
        raise UsageError("places", f"take growing numbers of terms from 1 to {len(values):,}")


def by_method(terms: Reals, places: Sequence[int], method: Method, anchors: Anchors | None) -> list[float]:
    """The sums of the first terms [n, 1]."""
    match method.way:
        case Way.PAIRWISE:
            return by_pairs(terms, places, anchors)
        case Way.BLOCKED:
            return by_blocks(terms, places, method.parameter, anchors)
        case way if way in OF_PRODUCTS:
            raise UsageError("method", f"{method.name} is a way of dot products", "take sum2 or sumk:3")
        case _:
            return in_one_pass(terms, places, method, anchors)


def in_one_pass(terms: Reals, places: Sequence[int], method: Method, anchors: Anchors | None) -> list[float]:
    """The state of the sum at each place, brought to an end there."""
    parts = np.full((n_parts(method), 1), -0.0, terms.dtype)
    parts[0] = terms[0]
    loop = lane_loops.SINGLE_PASS[method.way]
    sums = []
    for start, stop in pairwise((1, *places)):
        loop(terms[start:stop], parts, anchors)
        sums.append(float(finished(parts, method, anchors)[0]))
    return sums


def by_pairs(terms: Reals, places: Sequence[int], anchors: Anchors | None) -> list[float]:
    """At each level the pairs are those of all terms; the last one without a neighbour waits for the next level."""
    levels = [terms]
    while len(levels[-1]) > 1:
        sums = np.empty((-(-len(levels[-1]) // 2), 1), terms.dtype)
        lane_loops.add_pairs(levels[-1], sums, anchors)
        levels.append(sums)
    return [
        added([level[(place >> depth) - 1] for depth, level in enumerate(levels) if place >> depth & 1], anchors)
        for place in places
    ]


def by_blocks(terms: Reals, places: Sequence[int], size: int, anchors: Anchors | None) -> list[float]:
    """The running sum of whole blocks, and that of the block that is not full."""
    counts = sorted({place // size for place in places} - {0})
    sums = block_sums(terms, min(size, len(terms)), anchors)
    whole = dict(zip(counts, in_one_pass(sums, counts, RECURSIVE, anchors), strict=True))
    parts = ((terms[place - place % size : place], whole.get(place // size)) for place in places)
    return [added([*one_of(total, terms), *sum_of(rest, anchors)], anchors) for rest, total in parts]


def one_of(total: float | None, terms: Reals) -> list[Reals]:
    """The sum of the whole blocks, where there are any."""
    return [] if total is None else [np.array([total], terms.dtype)]


def sum_of(rest: Reals, anchors: Anchors | None) -> list[Reals]:
    """The sum of the terms behind the last whole block, where there are any."""
    sums = rest[:1].copy()
    lane_loops.recursive(rest[1:], sums, anchors)
    return list(sums)


def added(numbers: Sequence[Reals], anchors: Anchors | None) -> float:
    """Some numbers [1], one after the other."""
    sums = np.empty(1, numbers[0].dtype)
    lane_loops.add_parts(np.stack(numbers), sums, anchors)
    return float(sums[0])


def zip_digits(values: Reals, places: Sequence[int]) -> Iterator[tuple[int, tuple[Digits, int]]]:
    """Each place with the digits of the exact sum of as many terms, and what is not finite among these."""
    total, seen = np.zeros(N_DIGITS, np.int64), 0
    for start, stop in pairwise((0, *places)):
        digits, own = digits_of(values[start:stop].astype(np.float64), 1)
        total, seen = total + digits, seen | own
        carry(total)
        yield stop, (total.copy(), seen)


def rounded_sum(values: Reals, place: int, digits: Digits, seen: int, setting: Setting) -> float:
    """The exact sum of the first terms, rounded once."""
    if seen:
        return in_format(special(seen), setting.format_)
    total = rounded_once(digits, setting.format_)
    return signed_zero(values[:place], setting.format_) if is_unsigned_zero(total) else total
