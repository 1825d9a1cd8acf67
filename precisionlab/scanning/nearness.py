"""Which tensors of two checkpoints hold the same numbers, or nearly: by samples at the same places of each.

Only tensors of one shape are held against one another. A sample is about a thousand numbers, so that reading grows
with the number of tensors alone; pairs are formed in memory. The distance of two samples is the Euclidean norm of
their difference over the larger one's norm, with their means or without, whichever is more: independent weights are
about 1.4 apart, those before and after training, rounding or quantizing far less.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.cast_losses import Floats, values_of
from precisionlab.analysis.census.layouts import LAYOUTS, codes_of
from precisionlab.analysis.seeding import generator
from precisionlab.checkpoints import FileReader, TensorInfo
from precisionlab.checkpoints.dtypes import stored_bytes
from precisionlab.errors import CheckpointError

RUN: Final = 64
"""Elements that are read at a time: of whole bytes in every type."""
RUNS: Final = 16
"""Of a sample."""
LEAST_NUMBERS: Final = 32
"""Smaller tensors may be near by chance."""
MOST_IN_GROUP: Final = 8192
"""Tensors of one shape on either side, beyond which only equal samples are looked for: pairs take time."""
AT_ONCE: Final = 512
"""Samples that are held against all others at a time."""
NEAR: Final = 0.5
"""Largest distance of what belongs together."""
CLEARLY: Final = 2.0
"""By how much the next nearest must be farther away."""
NOISE: Final = 1e-6
"""Distances below are not told apart."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Some numbers of a tensor."""

    name: str
    numbers: Floats

    @property
    def is_telling(self) -> bool:
        """Whether not all are one number, as in fresh norms and biases, which are like any other."""
        return len(self.numbers) >= LEAST_NUMBERS and bool((self.numbers != self.numbers[0]).any())


def near(here: Iterable[TensorInfo], there: Iterable[TensorInfo], reader: FileReader) -> Mapping[str, str]:
    """Names there by names here, of tensors that are nearer to one another than to any other.

    A tensor that cannot be read, or that shares its bytes with another one, belongs to none.
    """
    found: dict[str, str] = {}
    by_shape = grouped(here), grouped(there)
    for shape in sorted(by_shape[0].keys() & by_shape[1].keys()):
        ours, theirs = (list(samples(group[shape], reader)) for group in by_shape)
        same = equal_pairs(ours, theirs)
        found |= same
        known = {*same, *same.values()}
        ours, theirs = ([one for one in some if one.name not in known] for some in (ours, theirs))
        if ours and theirs and max(len(ours), len(theirs)) <= MOST_IN_GROUP:
            found |= near_pairs(ours, theirs)
    return found


def grouped(infos: Iterable[TensorInfo]) -> Mapping[tuple[int, ...], list[TensorInfo]]:
    """Tensors that own their bytes, by shape."""
    groups = defaultdict[tuple[int, ...], list[TensorInfo]](list)
    for info in infos:
        if info.shares_storage_with is None and info.n_elements >= LEAST_NUMBERS:
            groups[info.shape].append(info)
    return groups


def samples(infos: Sequence[TensorInfo], reader: FileReader) -> Iterator[Sample]:
    """The samples of tensors of one shape, all at the same places; of those that can be read and tell something."""
    places = starts(infos[0].n_elements)
    for info in infos:
        try:
            sample = Sample(info.name, np.concatenate([numbers(info, start, reader) for start in places]))
        except CheckpointError:  # what reads all of it will say so
            continue
        if sample.is_telling:
            yield sample


def starts(n_elements: int) -> Sequence[int]:
    """Where runs begin: everywhere in small tensors, else one at random in each of equal parts."""
    n_whole = -(-n_elements // RUN)
    if n_whole <= RUNS:
        return [run * RUN for run in range(n_whole)]
    edges = np.linspace(0, n_elements // RUN, RUNS + 1).astype(np.int64)
    chosen = generator(0, "sample", str(n_elements)).integers(edges[:-1], edges[1:])
    return [int(run) * RUN for run in chosen]


def numbers(info: TensorInfo, start: int, reader: FileReader) -> Floats:
    """A run of a tensor's numbers in float64, with 0 for what is not finite.

    Raises:
        CheckpointError: they cannot be read.
    """
    layout = LAYOUTS[info.dtype]
    n_elements = min(RUN, info.n_elements - start)
    content = np.empty(stored_bytes(info.dtype, n_elements), np.uint8)
    reader.read_into(info.location, stored_bytes(info.dtype, start), content.data)
    codes = codes_of(content, layout)[: n_elements * layout.components]
    return np.nan_to_num(values_of(codes, layout.format), copy=False, posinf=0.0, neginf=0.0)


def equal_pairs(ours: Sequence[Sample], theirs: Sequence[Sample]) -> Mapping[str, str]:
    """Those of the same numbers, of which each side has one."""
    alike = defaultdict[bytes, tuple[list[str], list[str]]](lambda: ([], []))
    for side, some in enumerate((ours, theirs)):
        for sample in some:
            alike[(sample.numbers + 0.0).tobytes()][side].append(sample.name)  # which makes 0 of -0
    return {here[0]: there[0] for here, there in alike.values() if len(here) == len(there) == 1}


def near_pairs(ours: Sequence[Sample], theirs: Sequence[Sample]) -> Mapping[str, str]:
    """Those that are near, each clearly the nearest of the other."""
    one, other = (np.stack([sample.numbers for sample in some]) for some in (ours, theirs))
    forth, back = nearest_rows(one, other), nearest_rows(other, one)
    found = {}
    for i, j in enumerate(forth.places):
        least = forth.distances[i]
        rivals = min(forth.next_distances[i], back.next_distances[j])
        if back.places[j] == i and least <= NEAR and rivals > CLEARLY * max(least, NOISE):
            found[ours[i].name] = theirs[j].name
    return found


@dataclass(frozen=True, slots=True)
class Nearest:
    """Of each sample the nearest among others; arrays [n]."""

    places: NDArray[np.intp]
    distances: Floats
    next_distances: Floats
    """Of the second nearest; infinite where there is none."""


def nearest_rows(ours: Floats, theirs: Floats) -> Nearest:
    """Of samples [n, k] the nearest among others [m, k], some at a time."""
    largest = max(float(np.abs(ours).max()), float(np.abs(theirs).max())) or 1.0
    parts = [
        nearest_in(distances(ours[i : i + AT_ONCE] / largest, theirs / largest)) for i in range(0, len(ours), AT_ONCE)
    ]
    return Nearest(*(np.concatenate(some) for some in zip(*parts, strict=True)))


def nearest_in(apart: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Of distances [n, m]: where the least of each row is, it, and the next one."""
    places, rows = apart.argmin(axis=1), np.arange(len(apart))
    least = apart[rows, places]
    apart[rows, places] = np.inf
    return places, least, apart.min(axis=1)


def distances(ours: Floats, theirs: Floats) -> Floats:
    """The distances of samples [n, k] from others [m, k], whose squares float64 holds: [n, m]."""
    centred = (some - some.mean(axis=1)[:, None] for some in (ours, theirs))
    return np.maximum(relative(ours, theirs), relative(*centred))


def relative(one: Floats, other: Floats) -> Floats:
    """Norms of the differences of rows over the larger norm: [n, m]; 0 where both rows are 0."""
    squares, others = (one * one).sum(axis=1)[:, None], (other * other).sum(axis=1)[None]
    gaps = np.maximum(squares + others - 2 * one @ other.T, 0.0)
    larger: NDArray[np.float64] = np.maximum(squares, others)
    return np.asarray(np.sqrt(np.divide(gaps, larger, out=np.zeros_like(gaps), where=larger > 0)))
