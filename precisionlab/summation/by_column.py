"""The sums of the columns of numpy arrays."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.summation import lane_loops
from precisionlab.summation.exact import exact_dots, exact_sums
from precisionlab.summation.lanes import WIDTH, Lanes, Terms, cut, finished, joined, sum_lanes
from precisionlab.summation.methods import OF_PRODUCTS
from precisionlab.summation.settings import Reals, Setting, in_working

SEGMENT: Final = 1 << 20
"""Terms that are dealt out together; segments are what threads share."""


def columns_exactly(setting: Setting, columns: list[Reals]) -> Reals:
    """Exact sums of the columns [n, sums] of one array, or of the products of two, each rounded once."""
    if len(columns) == 1:
        kind = columns[0].dtype.type if columns[0].dtype.type in {np.float32, np.float64} else np.float64
        return exact_sums(columns[0].T.astype(kind, copy=False), setting.format_, setting.threads)
    x, y = (column.T.astype(np.float64) for column in columns)
    return exact_dots(x, y, setting.format_, setting.threads)


def columns_by_method(setting: Setting, columns: list[Reals]) -> Reals:
    """Sums of the columns [n, sums] of one array, or of the products of two, by a method that adds in some order."""
    n_terms, n_sums = columns[0].shape
    n_lanes = setting.n_lanes(n_terms)
    if n_lanes == 1:
        parts = sum_lanes(lanes_of(setting, columns), setting.method, setting.anchors, setting.threads)
        return finished(parts, setting.method, setting.anchors)
    return np.array([dealt_out(setting, [column[:, i] for column in columns], n_lanes) for i in range(n_sums)])


def columns_absorbed(setting: Setting, column: Reals) -> "NDArray[np.int64]":
    """How many terms of each column [n, sums] leave the sum of those before as it is."""
    counts = np.zeros(column.shape[1], np.int64)
    for block in cut(column.shape[1], WIDTH):
        own = np.zeros(block.stop - block.start, np.int64)
        lane_loops.count_absorbed(in_working(setting, column[:, block]), own, setting.anchors)
        counts[block] = own
    return counts


def dealt_out(setting: Setting, numbers: list[Reals], n_lanes: int) -> Any:  # noqa: ANN401 - a numpy scalar
    """One sum, whose terms [n] are dealt out to the lanes of segments."""
    segments = list(cut(len(numbers[0]), SEGMENT))

    def parts(segment: slice) -> Reals:
        return segment_parts(setting, [one[segment] for one in numbers], n_lanes)

    if len(segments) == 1 or setting.threads == 1:
        all_parts = [parts(segment) for segment in segments]
    else:
        with ThreadPoolExecutor(setting.threads, "precisionlab-sum") as pool:
            all_parts = list(pool.map(parts, segments))
    return joined(np.concatenate(all_parts, axis=1), setting.method, setting.anchors)


def segment_parts(setting: Setting, numbers: list[Reals], n_lanes: int) -> Reals:
    """The parts [components, lanes] of a segment, term i of which goes to lane i mod n_lanes.

    The first lanes get one term more than the others, if they do not come out even.
    """
    n_lanes = min(n_lanes, len(numbers[0]))
    n_rows, n_more = divmod(len(numbers[0]), n_lanes)
    even = n_rows * n_lanes
    rows = [one[:even].reshape(n_rows, n_lanes) for one in numbers]
    longer = [np.concatenate((row[:, :n_more], one[None, even:])) for row, one in zip(rows, numbers, strict=True)]
    shorter = [row[:, n_more:] for row in rows]
    parts = [
        sum_lanes(lanes_of(setting, columns), setting.method, setting.anchors, threads=1)
        for columns in (longer, shorter)
        if columns[0].shape[1]
    ]
    return np.concatenate(parts, axis=1)


def lanes_of(setting: Setting, columns: list[Reals]) -> Lanes:
    """Columns [n, lanes] as lanes, their numbers made ready when asked for."""
    n_terms, n_lanes = columns[0].shape
    ready = tuple(ready_of(setting, column) for column in columns)
    if len(ready) == 1:
        return Lanes(ready[0], n_terms, n_lanes, setting.kind)
    factors = (ready[0], ready[1])
    if setting.method.way in OF_PRODUCTS:
        return Lanes(factors[0], n_terms, n_lanes, setting.kind, factors)
    return Lanes(products_of(setting, factors), n_terms, n_lanes, setting.kind)


def ready_of(setting: Setting, column: Reals) -> Terms:
    """Parts of an array as terms."""
    return lambda rows, block: in_working(setting, column[rows, block])


def products_of(setting: Setting, factors: tuple[Terms, Terms]) -> Terms:
    """Parts of two arrays, multiplied and rounded."""

    def products(rows: slice, block: slice) -> Reals:
        x, y = (factor(rows, block) for factor in factors)
        room = np.empty_like(x)
        lane_loops.multiply(x, y, room, setting.anchors)
        return room

    return products
