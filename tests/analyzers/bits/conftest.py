"""Tensors in memory from their codes, what the official libraries make of these, and what the `bits` analyzer says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.bits import analyze
from analyzers.bits.options import Options
from precisionlab.analysis.results import Scalar
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from tests.memory_reader import MemoryReader
from tests.stored_fields import COMPONENTS, FIELDS

Codes = NDArray[np.unsignedinteger]
Exact = NDArray[np.longdouble]


@dataclass(frozen=True)
class Specimen:
    """One tensor as flat codes: two an element for complex dtypes."""

    dtype: str
    codes: Codes
    shape: tuple[int, ...]

    @property
    def component(self) -> str:
        """The dtype of one code."""
        return COMPONENTS.get(self.dtype, self.dtype)

    @property
    def bits(self) -> int:
        """Stored bits of one code."""
        return DTYPE_BITS[self.component]

    @property
    def fields(self) -> list[str]:
        """The field of each bit, the least significant first."""
        if self.component == "bool":
            return ["value"] + 7 * ["unused"]
        if self.component not in FIELDS:
            return (self.bits - 1) * ["value"] + ["value" if self.component.startswith("u") else "sign"]
        exponent_bits, mantissa_bits = FIELDS[self.component]
        fields = mantissa_bits * ["mantissa"] + exponent_bits * ["exponent"]
        return fields + (self.bits - len(fields)) * ["sign"]

    @cached_property
    def numbers(self) -> Exact:
        """What the codes stand for, by numpy or ml_dtypes; 64 bits of extended precision hold every integer too."""
        return self.numbers_of(self.codes)

    def numbers_of(self, codes: Codes) -> Exact:
        """What codes of this type stand for."""
        kind = "uint8" if self.component == "bool" else self.component
        typed = codes.view(getattr(ml_dtypes, kind, kind))
        with np.errstate(invalid="ignore"):  # signalling NaNs
            numbers: Exact = typed.astype(np.float64 if typed.dtype.kind == "V" else np.longdouble)
        return numbers.astype(np.longdouble)

    def tensor(self) -> Tensor:
        """As a checkpoint stores it: types under 8 bits are packed, low bits first."""
        content = self.codes.tobytes()
        if self.bits < 8:
            by_bit = np.unpackbits(self.codes.astype(np.uint8)[:, np.newaxis], axis=1, bitorder="little")
            content = np.packbits(by_bit[:, : self.bits].reshape(-1), bitorder="little").tobytes()
        info = TensorInfo("weight", self.dtype, self.shape, ByteRange("memory", 0, len(content)))
        return Tensor(info, MemoryReader(content))


def code_type(dtype: str) -> np.dtype[np.unsignedinteger]:
    """The unsigned integer that holds one code of a dtype."""
    return np.dtype(f"u{max(8, DTYPE_BITS[COMPONENTS.get(dtype, dtype)]) // 8}")


def specimen(dtype: str, codes: NDArray[Any], shape: tuple[int, ...] | None = None) -> Specimen:
    """A tensor of these codes; of one axis unless a shape is given."""
    flat = np.ascontiguousarray(codes).astype(code_type(dtype)).reshape(-1)
    return Specimen(dtype, flat, (len(flat) // (2 if dtype in COMPONENTS else 1),) if shape is None else shape)


def random_codes(dtype: str, n_codes: int, seed: int) -> Codes:
    """Uniformly random patterns."""
    bits = DTYPE_BITS[COMPONENTS.get(dtype, dtype)]
    drawn = np.random.default_rng(seed).integers(0, (1 << bits) - 1, n_codes, dtype=np.uint64, endpoint=True)
    return drawn.astype(code_type(dtype))


def coded(numbers: NDArray[np.float64], kind: str) -> Codes:
    """The codes of numbers in a float type."""
    with np.errstate(over="ignore"):
        codes: Codes = numbers.astype(getattr(ml_dtypes, kind, kind)).view(code_type(kind))
    return codes


def exact_specimens() -> Iterator[tuple[str, Specimen]]:
    """Of every dtype: empty, without axes, one zero, constant, random, all patterns; then weights and odd ones."""
    for dtype in DTYPE_BITS:
        components = 2 if dtype in COMPONENTS else 1
        yield f"empty {dtype}", specimen(dtype, np.empty(0), (0, 3))
        yield f"no axes {dtype}", specimen(dtype, random_codes(dtype, components, 1), ())
        yield f"zeros {dtype}", specimen(dtype, np.zeros(3 * components))
        yield f"constant {dtype}", specimen(dtype, np.repeat(random_codes(dtype, 1, 2), 10))
        yield f"random {dtype}", specimen(dtype, random_codes(dtype, 5002, 3))
        if DTYPE_BITS[dtype] <= 16:
            yield f"every {dtype}", specimen(dtype, np.arange(1 << DTYPE_BITS[dtype]))
    weights = np.random.default_rng(4).normal(0, 0.02, 6000)
    for kind in ("float8_e4m3fn", "float16", "bfloat16", "float32", "float64"):
        yield f"weights in {kind}", specimen(kind, coded(weights, kind), (60, 100))
    for kind in ("float8_e5m2", "float16", "bfloat16", "float32", "float64"):
        odd = [0.0, -0.0, np.nan, np.inf, -np.inf]
        yield f"nothing ordinary in {kind}", specimen(kind, coded(np.array(odd), kind))
        yield f"NaN in {kind}", specimen(kind, coded(np.full(4, np.nan), kind))
        yield f"subnormals in {kind}", specimen(kind, np.array([1, 2, 3, 3, 0]))
    limits = np.finfo(np.float64)
    yield (
        "ends of float64",
        specimen("float64", coded(np.array([limits.max, -limits.max, limits.tiny, 5e-324]), "float64")),
    )
    for kind in ("int8", "int16", "int32", "int64"):
        ends = np.iinfo(kind)
        yield (
            f"ends of {kind}",
            specimen(kind, np.array([ends.min, ends.max, 0, -1, 1, ends.min], kind).view(code_type(kind))),
        )


EXACT = dict(exact_specimens())


def binned_specimens() -> Iterator[tuple[str, Specimen]]:
    """float32 and float64 of more than 65,536 distinct values."""
    normal = np.random.default_rng(5).standard_normal(80_001)
    for kind in ("float32", "float64"):
        yield f"weights in {kind}", specimen(kind, coded(normal * 0.02, kind))
        odd = normal.copy()
        odd[:9] = 0.0, -0.0, 0.0, np.inf, -np.inf, np.nan, np.nan, 1.0, -1.5
        yield f"specials in {kind}", specimen(kind, coded(odd, kind))
        yield f"random {kind}", specimen(kind, random_codes(kind, 80_001, 6))
        yield f"positive {kind}", specimen(kind, coded(np.abs(normal) + 1, kind))
        tiny, spread = np.finfo(kind).tiny, np.exp2(np.random.default_rng(7).uniform(-8, 8, 80_001))
        yield f"around the smallest normal {kind}", specimen(kind, coded(normal * tiny * spread, kind))
        yield f"up to the largest {kind}", specimen(kind, coded(np.tanh(normal) * np.finfo(kind).max, kind))
    yield "beyond float32", specimen("float64", coded(normal * 10.0 ** (100 * np.tanh(normal)), "float64"))
    yield (
        "at the ends of float32",
        specimen("float64", coded(np.append(normal * 2.0**127, normal * 2.0**-127), "float64")),
    )
    yield "coarse", specimen("float32", coded(np.round(normal * 2.0**19) * 2.0**-20, "float32"))


BINNED = dict(binned_specimens())


@pytest.fixture(params=EXACT, ids=lambda name: name.replace(" ", "_"))
def exact(request: pytest.FixtureRequest) -> Specimen:
    """Each tensor whose patterns are counted one by one."""
    return EXACT[request.param]


@pytest.fixture(params=BINNED, ids=lambda name: name.replace(" ", "_"))
def binned(request: pytest.FixtureRequest) -> Specimen:
    """Each tensor whose elements are counted in bins."""
    return BINNED[request.param]


@pytest.fixture(params=EXACT | BINNED, ids=lambda name: name.replace(" ", "_"))
def any_specimen(request: pytest.FixtureRequest) -> Specimen:
    """Each tensor of either kind."""
    return (EXACT | BINNED)[request.param]


@pytest.fixture(scope="session")
def binned_specimen() -> Callable[[str], Specimen]:
    """A binned tensor by its name."""
    return BINNED.__getitem__


@pytest.fixture(scope="session")
def make_specimen() -> Callable[..., Specimen]:
    """A tensor from dtype, codes, and perhaps a shape."""
    return specimen


@pytest.fixture(scope="session")
def measured() -> Callable[..., Mapping[str, Scalar]]:
    """Specimen, and options by name, to measurements by key."""

    def measure(of: Specimen, **options: int) -> Mapping[str, Scalar]:
        result = analyze(of.tensor(), Options(**options))
        return {measurement.metric.key: measurement.value for measurement in result.measurements}

    return measure
