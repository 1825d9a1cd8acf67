"""What the tests of quantization share: tensors in memory, and direct casts that know nothing of a census."""

import math
from dataclasses import dataclass
from functools import cache

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.formats import ElementFormat, FloatFormat, IntegerFormat, PositFormat
from precisionlab.formats.exact import decode_exact
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.nearest import clipping_of, levels_of
from precisionlab.formats.specials import Special
from tests.memory_reader import MemoryReader

Doubles = NDArray[np.float64]
Long = NDArray[np.longdouble]


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """For all of the folder."""


def stored(values: torch.Tensor, memory_bytes: int = 1 << 30) -> Tensor:
    """A tensor that lies in memory, as analyzers see it."""
    name = str(values.dtype).removeprefix("torch.")
    content = values.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if values.numel() else b""
    info = TensorInfo("weight", name, tuple(values.shape), ByteRange("memory", 0, len(content)))
    return Tensor(info, MemoryReader(content), memory_bytes=memory_bytes)


@dataclass(frozen=True)
class Table:
    """The numbers of a narrow format, where rounding passes from one to the next, and which way it goes there."""

    numbers: Doubles
    middles: Long
    ties_go_up: NDArray[np.bool_]

    def nearest(self, values: Doubles) -> Doubles:
        """The nearest numbers; beyond the ends the ends."""
        place = np.searchsorted(self.middles, values.astype(np.longdouble))
        is_tie = np.append(self.middles, np.nan)[place] == values
        made: Doubles = self.numbers[place + (is_tie & np.append(self.ties_go_up, False)[place])]
        return made


@cache
def table_of(format_: ElementFormat) -> Table:
    """By decoding every pattern; halves between neighbours are exact in long double. Not for posits."""
    patterns: dict[float, int] = {}
    for pattern, number in enumerate(every_number(format_)):
        patterns.setdefault(number + 0.0, pattern)
    patterns.pop(math.nan, None)
    numbers = np.array(sorted(number for number in patterns if math.isfinite(number)))
    is_odd = np.array([patterns[number] % 2 == 1 for number in numbers.tolist()])
    if format_.name == "float8_e8m0fnu":
        is_odd[:] = True  # the hidden bit, as in ml_dtypes
    halves = (numbers[:-1].astype(np.longdouble) + numbers[1:].astype(np.longdouble)) / 2
    return Table(numbers, halves, is_odd[:-1])


def every_number(format_: ElementFormat) -> list[float]:
    """The number of every pattern, by numpy and ml_dtypes where they have the format, else exactly decoded."""
    if format_.bits == 16 and isinstance(format_, FloatFormat | IntegerFormat) and format_.name != "dlfloat16":
        kind = np.dtype(getattr(ml_dtypes, format_.name, format_.name))
        with np.errstate(invalid="ignore"):
            decoded: list[float] = np.arange(1 << 16, dtype=np.uint16).view(kind).astype(np.float64).tolist()
        return decoded
    exact = (decode_exact(pattern, format_) for pattern in range(1 << format_.bits))
    return [float(number.value if isinstance(number, Special) else number) for number in exact]


def nearest(values: Doubles, format_: ElementFormat) -> Doubles:
    """The numbers of any format that float64 holds nearest to others, beyond the ends the ends."""
    if isinstance(format_, PositFormat):
        return levels_of(format_).nearest(values)  # which is proven in rationals, one by one, beside it
    if format_.bits <= 16:
        return table_of(format_).nearest(values)
    if isinstance(format_, IntegerFormat):
        return np.clip(np.rint(values), format_.minimum, format_.maximum)
    if format_.name == "float64":
        return values
    assert isinstance(format_, FloatFormat)
    _, exponent = np.frexp(values)
    last_place = np.maximum(exponent - 1, format_.min_exponent) - format_.mantissa_bits
    made = np.ldexp(np.rint(np.ldexp(values, -last_place)), last_place)
    return np.asarray(np.clip(made, -format_.max_finite, format_.max_finite))


def largest_of(format_: ElementFormat) -> float:
    """The largest number of a format."""
    return float(ladder_of(format_).value(ladder_of(format_).highest))


@dataclass(frozen=True)
class Direct:
    """Elements and what a direct cast under one scale makes of each, in float64."""

    x: Doubles
    q: Doubles
    quotients: Doubles
    ends: tuple[float, float]

    def sums(self) -> dict[str, float]:
        """By the definitions in `ErrorSums`, each sum correctly rounded."""
        x, e = self.x, self.q - self.x
        ratios = np.abs(e[x != 0]) / np.abs(x[x != 0])
        return {
            "n": x.size,
            "nonzero": int(np.count_nonzero(x)),
            "energy": math.fsum(x * x),
            "squared_error": math.fsum(e * e),
            "cross": math.fsum(x * e),
            "largest_error": float(np.abs(e).max(initial=0.0)),
            "largest_relative_error": float(ratios.max(initial=0.0)),
            "clipped": int(((self.quotients < self.ends[0]) | (self.quotients > self.ends[1])).sum()),
            "flushed": int(((self.q == 0) & (x != 0)).sum()),
            "variance": 0.0,
        }


def finite_elements(values: torch.Tensor) -> Doubles:
    """The finite elements, flat, in float64."""
    flat: Doubles = values.to(torch.float64).reshape(-1).numpy()
    return np.asarray(flat[np.isfinite(flat)])


def direct_cast(values: torch.Tensor, format_: ElementFormat, scale: float) -> Direct:
    """Every finite element over the scale, cast, times the scale."""
    x = finite_elements(values)
    quotients = x / scale
    return Direct(x, nearest(quotients, format_) * scale, quotients, clipping_of(format_))
