"""The elements nearest to overflow and to underflow, found in one pass over the tensor's codes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.bits.fields import number_of
from precisionlab.analysis.census.layouts import LAYOUTS, codes_of
from precisionlab.analysis.census.survey import blocks_of
from precisionlab.analysis.elements import COMPONENTS, element_text, index_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.formats import FloatFormat, Format, IntegerFormat

Codes = NDArray[np.unsignedinteger]


@dataclass(frozen=True, slots=True)
class Near:
    """One element near an end of its type's range."""

    value: int | float
    pattern: int
    index: str
    """Where it stands, as `inspect` takes it: `[3,5]`, of complex elements `[3,5].real`, `[]` without axes."""
    binades: float
    """Between it and the end: log2 of the ratio, 0 at the end itself."""
    is_subnormal: bool


@dataclass(frozen=True, slots=True)
class Extremes:
    """The nearest first; of equally near ones that which stands first."""

    overflow: tuple[Near, ...] = ()
    underflow: tuple[Near, ...] = ()


class Nearest:
    """The codes of the largest keys met so far, and where they stand; of equal keys the first."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._keys = np.empty(0, np.uint64)
        self._codes = np.empty(0, np.uint64)
        self._places = np.empty(0, np.int64)

    def add(self, keys: Codes, codes: Codes, is_meant: NDArray[np.bool_], first: int) -> None:
        """Look at a block that begins at the tensor's code `first`; blocks come in order."""
        if len(self._keys) == self._wanted:
            is_meant = is_meant & (keys > keys.dtype.type(self._keys[-1]))
        found = self._best(keys, np.flatnonzero(is_meant))
        if len(found):
            self._merge(keys[found], codes[found], found + first)

    def found(self) -> Iterator[tuple[int, int]]:
        """Code and place of each, the largest key first."""
        return zip(self._codes.tolist(), self._places.tolist(), strict=True)

    def _best(self, keys: Codes, candidates: NDArray[np.intp]) -> NDArray[np.intp]:
        """At most as many of the candidates as are wanted, among them all that will stay."""
        n_left_out = len(candidates) - self._wanted
        if n_left_out <= 0:
            return candidates
        candidate_keys = keys[candidates]
        least = np.partition(candidate_keys, n_left_out)[n_left_out]
        above, equal = candidates[candidate_keys > least], candidates[candidate_keys == least]
        return np.sort(np.concatenate([above, equal[: self._wanted - len(above)]]))

    def _merge(self, keys: Codes, codes: Codes, places: NDArray[np.int64]) -> None:
        all_keys = np.concatenate([self._keys, keys.astype(np.uint64)])
        all_places = np.concatenate([self._places, places])
        order = np.lexsort((all_places, ~all_keys))[: self._wanted]
        self._keys, self._places = all_keys[order], all_places[order]
        self._codes = np.concatenate([self._codes, codes.astype(np.uint64)])[order]


def extremes_of(tensor: Tensor, wanted: int) -> Extremes:
    """At most `wanted` elements nearest to each end; booleans have none, integers only those of their range.

    Raises:
        CheckpointError: the bytes cannot be read.
    """
    layout = LAYOUTS[tensor.info.dtype]
    format_ = layout.format
    if not wanted or (isinstance(format_, IntegerFormat) and format_.value_bits):
        return Extremes()
    n_codes = tensor.info.n_elements * layout.components
    overflow, underflow = Nearest(wanted), Nearest(wanted)
    for block, content in zip(blocks_of(tensor.info), tensor.byte_blocks(), strict=True):
        first = block.start * 8 // format_.bits
        codes = codes_of(content, layout)[: n_codes - first]
        if isinstance(format_, IntegerFormat):
            overflow.add(closeness(codes, format_), codes, np.ones(len(codes), np.bool_), first)
            continue
        kind = codes.dtype.type
        top = kind((1 << (format_.bits - int(format_.signed))) - 1)
        magnitudes = codes & top
        is_meant = magnitudes <= kind(format_.max_finite_pattern)
        if format_.has_zero:
            is_meant &= magnitudes > 0  # where negative zero is taken, by NaN, that is left out too
        overflow.add(magnitudes, codes, is_meant, first)
        underflow.add(top - magnitudes, codes, is_meant, first)
    return Extremes(
        tuple(near(code, place, tensor.info, overflows=True) for code, place in overflow.found()),
        tuple(near(code, place, tensor.info, overflows=False) for code, place in underflow.found()),
    )


def closeness(codes: Codes, format_: IntegerFormat) -> Codes:
    """How close integers are to the nearer end of their range: x, or -x - 1 of negative ones."""
    if not format_.signed:
        return codes
    kind = codes.dtype.type
    return np.where(codes > kind(format_.maximum), ~codes, codes)


def near(code: int, place: int, info: TensorInfo, *, overflows: bool) -> Near:
    """What is told of one element."""
    layout = LAYOUTS[info.dtype]
    format_ = layout.format
    value = number_of(code, format_)
    return Near(
        value=value,
        pattern=code,
        index=place_text(place, info.shape, layout.components),
        binades=headroom(value, format_) if overflows else footroom(value, format_),
        is_subnormal=isinstance(format_, FloatFormat) and format_.subnormals and abs(value) < format_.min_normal,
    )


def place_text(place: int, shape: tuple[int, ...], components: int) -> str:
    """The index of the element that holds a code, and which part of it that is."""
    element, part = divmod(place, components)
    return element_text(index_of(element, shape), COMPONENTS[components][part])


def headroom(value: float, format_: Format) -> float:
    """Binades from a number up to the end of its format's range; infinite from the integer zero."""
    if isinstance(format_, FloatFormat):
        return math.log2(format_.max_finite) - math.log2(abs(value))
    end = format_.maximum if value >= 0 else -format_.minimum
    return math.log2(end) - math.log2(abs(value)) if value else math.inf


def footroom(value: float, format_: Format) -> float:
    """Binades from a float down to the smallest number of its format."""
    if not isinstance(format_, FloatFormat):
        return math.nan
    return math.log2(abs(value)) - math.log2(format_.min_positive)
