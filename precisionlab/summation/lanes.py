"""Summing many lanes on the CPU: what is cut into pieces, in which order, and how lanes become one sum."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.summation import lane_loops
from precisionlab.summation.anchors import Anchors
from precisionlab.summation.methods import RECURSIVE, Method, Way

Reals = NDArray[Any]
Terms = Callable[[slice, slice], Reals]
"""(terms, lanes) -> a contiguous array [terms, lanes] of them."""

PIECE: Final = 1 << 19
"""Terms of all lanes that are made ready at a time: they stay in the caches."""
FEW: Final = 1 << 18
"""Terms that are not worth another thread."""
WIDTH: Final = 512
"""Lanes that are summed side by side at most."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Terms of several sums, side by side."""

    terms: Terms
    n_terms: int
    n_lanes: int
    kind: type[Any]
    """float32 or float64: what parts are held in."""
    factors: tuple[Terms, Terms] | None = None
    """Of dot products by a way that needs them; terms are their products then."""


def n_parts(method: Method) -> int:
    """How many numbers the state of a sum has."""
    match method.way:
        case Way.KLEIN:
            return 3
        case Way.SUMK | Way.DOTK:
            return method.parameter
        case Way.KAHAN | Way.NEUMAIER | Way.SUM2 | Way.DOUBLE_DOUBLE | Way.DOT2:
            return 2
        case _:
            return 1


def sum_lanes(lanes: Lanes, method: Method, anchors: Anchors | None, threads: int) -> Reals:
    """The parts [components, lanes] of each lane's sum; there is at least one term."""
    parts = np.zeros((n_parts(method), lanes.n_lanes), lanes.kind)
    work = WORK.get(method.way, single_pass)

    def run(block: slice) -> None:
        # What is kept aside begins with -0, which changes no number that it is added to, -0 neither.
        own = np.full((len(parts), block.stop - block.start), -0.0, lanes.kind)
        work(lanes, block, method, own, anchors)
        parts[:, block] = own

    blocks = list(cut(lanes.n_lanes, max(1, min(WIDTH, -(-lanes.n_lanes // threads)))))
    if threads == 1 or len(blocks) == 1 or lanes.n_terms * lanes.n_lanes <= FEW:
        for block in blocks:
            run(block)
    else:
        with ThreadPoolExecutor(threads, "precisionlab-sum") as pool:
            list(pool.map(run, blocks))
    return parts


def cut(n: int, size: int) -> Iterator[slice]:
    """Consecutive ranges of at most `size`."""
    return (slice(start, min(n, start + size)) for start in range(0, n, size))


def single_pass(lanes: Lanes, block: slice, method: Method, parts: Reals, anchors: Anchors | None) -> None:
    """One term of each lane after the other."""
    loop = lane_loops.SINGLE_PASS[method.way]
    parts[0] = lanes.terms(slice(0, 1), block)[0]
    for rows in cut(lanes.n_terms - 1, max(1, PIECE // parts.shape[1])):
        loop(lanes.terms(slice(rows.start + 1, rows.stop + 1), block), parts, anchors)


def of_factors(lanes: Lanes, block: slice, method: Method, parts: Reals, anchors: Anchors | None) -> None:
    """One product after the other, of float64s."""
    loop = lane_loops.OF_FACTORS[method.way]
    split = np.empty((2, parts.shape[1]))
    lane_loops.split_products(*pair(lanes, slice(0, 1), block), split, anchors)
    parts[:] = split[::-1][: len(parts)]
    for rows in cut(lanes.n_terms - 1, max(1, PIECE // parts.shape[1])):
        loop(*pair(lanes, slice(rows.start + 1, rows.stop + 1), block), parts, anchors)


def pair(lanes: Lanes, rows: slice, block: slice) -> tuple[Reals, Reals]:
    """Both factors."""
    x, y = lanes.factors or (lanes.terms, lanes.terms)
    return x(rows, block), y(rows, block)


def by_splitting(lanes: Lanes, block: slice, method: Method, parts: Reals, anchors: Anchors | None) -> None:
    """Products and their running sum are split into what is rounded and what is lost, of which all is summed aside."""
    split = np.empty((2 * lanes.n_terms, parts.shape[1]))
    lane_loops.split_products(*pair(lanes, slice(0, lanes.n_terms), block), split, anchors)
    lost = Lanes(lambda rows, _: split[rows], len(split) - 1, parts.shape[1], lanes.kind)
    parts[0] = split[-1]
    single_pass(lost, slice(0, parts.shape[1]), of_losses(method), parts[1:], anchors)


def of_sums(method: Method) -> Method:
    """The way of adding up what lanes of a way of dot products leave."""
    match method.way:
        case Way.DOTK:
            return Method(Way.SUMK, method.parameter)
        case Way.DOT2:
            return Method(Way.SUM2)
        case Way.FMA:
            return RECURSIVE
        case _:
            return method


def of_losses(method: Method) -> Method:
    """The way in which DotK adds up what products and their running sum lose, and in the end that sum."""
    return Method(Way.SUMK, method.parameter - 1)


def pairwise(lanes: Lanes, block: slice, method: Method, parts: Reals, anchors: Anchors | None) -> None:
    """Level by level, each half as long."""
    del method
    terms = lanes.terms(slice(0, lanes.n_terms), block)
    sums = np.empty((-(-lanes.n_terms // 2), terms.shape[1]), terms.dtype)
    while len(terms) > 1:
        lane_loops.add_pairs(terms, sums, anchors)
        terms = sums = sums[: -(-len(terms) // 2)]
    parts[0] = terms[0]


def blocked(lanes: Lanes, block: slice, method: Method, parts: Reals, anchors: Anchors | None) -> None:
    """The terms of a block one after the other, blocks of few lanes side by side; then the blocks' sums."""
    size, width = min(method.parameter, lanes.n_terms), parts.shape[1]
    n_beside = max(1, min(WIDTH // width, PIECE // (size * width)))
    for rows in cut(lanes.n_terms, size * n_beside):
        stretch = Lanes(shifted(lanes.terms, rows.start), rows.stop - rows.start, lanes.n_lanes, lanes.kind)
        if n_beside == 1:
            totals = np.empty((1, width), parts.dtype)
            single_pass(stretch, block, RECURSIVE, totals, anchors)
        else:
            totals = block_sums(stretch.terms(slice(0, stretch.n_terms), block), size, anchors)
        first = 0 if rows.start else 1
        if first:
            parts[0] = totals[0]
        lane_loops.recursive(totals[first:], parts, anchors)


def block_sums(terms: Reals, size: int, anchors: Anchors | None) -> Reals:
    """The sums [blocks, lanes] of blocks of so many terms [terms, lanes], of which the last may be shorter."""
    n_blocks, width = len(terms) // size, terms.shape[1]
    whole = terms[: n_blocks * size].reshape(n_blocks, size, width).swapaxes(0, 1).reshape(size, n_blocks * width)
    sums = whole[:1].copy()
    lane_loops.recursive(whole[1:], sums, anchors)
    rest = terms[n_blocks * size :]
    if not len(rest):
        return sums.reshape(n_blocks, width)
    last = rest[:1].copy()
    lane_loops.recursive(rest[1:], last, anchors)
    return np.concatenate((sums.reshape(n_blocks, width), last))


WORK: Final = {
    Way.PAIRWISE: pairwise,
    Way.BLOCKED: blocked,
    Way.FMA: of_factors,
    Way.DOT2: of_factors,
    Way.DOTK: by_splitting,
}
"""How a lane is gone through, where not once in order."""


def shifted(terms: Terms, start: int) -> Terms:
    """The terms from a later one on."""
    return lambda rows, block: terms(slice(rows.start + start, rows.stop + start), block)


def finished(parts: Reals, method: Method, anchors: Anchors | None) -> Reals:
    """The sums [lanes] of parts."""
    sums = np.empty(parts.shape[1], parts.dtype)
    match method.way:
        case Way.SUMK:
            lane_loops.finish_sumk(parts.copy(), sums, anchors)
        case Way.DOTK:
            own = parts.copy()
            lane_loops.sumk(own[:1], own[1:], anchors)
            return finished(own[1:], of_losses(method), anchors)
        case Way.KAHAN:
            # The correction was waiting for a next term.
            lane_loops.add_parts(parts[:1], sums, anchors)
        case _:
            lane_loops.add_parts(parts, sums, anchors)
    return sums


def joined(parts: Reals, method: Method, anchors: Anchors | None) -> Any:  # noqa: ANN401 - a numpy scalar
    """The one sum of lanes among which its terms were dealt out: of the lanes' sums, then of what they kept aside."""
    method = of_sums(method)
    terms = parts.reshape(-1, 1)
    one = Lanes(lambda rows, _: terms[rows], len(terms), 1, parts.dtype.type)
    return finished(sum_lanes(one, method, anchors, 1), method, anchors)[0]
