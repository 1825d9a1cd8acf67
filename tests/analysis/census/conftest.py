"""Tensors of every dtype, ordinary and adversarial, with what numpy and ml_dtypes say of their elements."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from typing import Protocol

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.analysis.census.accelerator import TorchBackend
from precisionlab.analysis.census.backends import Backend
from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.records import Census
from precisionlab.analysis.census.survey import Survey, Surveyor, blocks_of
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from tests.stored_fields import COMPONENTS, FIELDS

Codes = NDArray[np.unsignedinteger]

IEEE = ("float8_e5m2", "float16", "bfloat16", "float32", "float64")
"""Formats with infinities and several NaNs."""

MOMENTS_LIMIT = 1e77
"""Largest magnitude whose fourth power float64 holds."""


@dataclass(frozen=True)
class Specimen:
    """One tensor as flat codes, and what the official libraries make of them."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    codes: Codes
    """One a component: two an element for complex dtypes."""

    @property
    def component(self) -> str:
        """The dtype of one code."""
        return COMPONENTS.get(self.dtype, self.dtype)

    @property
    def is_float(self) -> bool:
        """Whether the codes have fields."""
        return self.component in FIELDS

    @property
    def bits(self) -> int:
        """Stored bits of one code."""
        return DTYPE_BITS[self.component]

    @property
    def exponent_bits(self) -> int:
        """Bits of the exponent field."""
        return FIELDS[self.component][0]

    @property
    def mantissa_bits(self) -> int:
        """Bits of the mantissa field."""
        return FIELDS[self.component][1]

    @property
    def info(self) -> TensorInfo:
        """The tensor's header."""
        return TensorInfo(self.name, self.dtype, self.shape, ByteRange("memory", 0, len(self.content)))

    @cached_property
    def content(self) -> NDArray[np.uint8]:
        """The stored bytes, packed low bits first where codes have fewer than 8."""
        if self.bits >= 8:
            return self.codes.view(np.uint8)
        bits = np.unpackbits(self.codes.astype(np.uint8)[:, None], axis=1, bitorder="little")
        return np.packbits(bits[:, : self.bits].ravel(), bitorder="little")

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """The elements in float64 by numpy or ml_dtypes."""
        kind = "uint8" if self.component == "bool" else self.component
        with np.errstate(invalid="ignore"):  # signalling NaNs
            return self.codes.view(getattr(ml_dtypes, kind, kind)).astype(np.float64)

    @cached_property
    def finite(self) -> NDArray[np.float64]:
        """The finite elements."""
        return self.numbers[np.isfinite(self.numbers)]

    @cached_property
    def counted(self) -> tuple[Codes, NDArray[np.int64]]:
        """The distinct codes and their counts."""
        if self.bits <= 16:
            occurring = np.bincount(self.codes)
            patterns = np.flatnonzero(occurring)
            return patterns.astype(np.uint64), occurring[patterns]
        patterns, counts = np.unique(self.codes, return_counts=True)
        return patterns.astype(np.uint64), counts.astype(np.int64)

    @property
    def is_listed(self) -> bool:
        """Whether the census must know every pattern: narrow types, or at most 65,536 distinct ones."""
        return self.bits <= 16 or len(self.counted[0]) <= 65_536


def code_type(dtype: str) -> np.dtype[np.unsignedinteger]:
    """The unsigned integer that holds one code of a dtype."""
    return np.dtype(f"u{max(8, DTYPE_BITS[COMPONENTS.get(dtype, dtype)]) // 8}")


def random_codes(dtype: str, n_codes: int, seed: int = 0) -> Codes:
    """Uniformly random patterns."""
    bits = DTYPE_BITS[COMPONENTS.get(dtype, dtype)]
    drawn = np.random.default_rng(seed).integers(0, (1 << bits) - 1, n_codes, dtype=np.uint64, endpoint=True)
    return drawn.astype(code_type(dtype))


def flat(name: str, dtype: str, codes: Codes) -> Specimen:
    """A tensor of one axis."""
    n_elements = len(codes) // (2 if dtype in COMPONENTS else 1)
    return Specimen(name, dtype, (n_elements,), codes)


def of_every_dtype(dtype: str) -> Iterator[Specimen]:
    """Empty, without axes, constant, random, and few distinct codes in a large tensor."""
    components = 2 if dtype in COMPONENTS else 1
    kind = code_type(dtype)
    yield Specimen("empty", dtype, (0, 3), np.empty(0, kind))
    yield Specimen("no axes", dtype, (), random_codes(dtype, components, seed=1))
    yield flat("one zero", dtype, np.zeros(components, kind))
    yield flat("constant", dtype, np.repeat(random_codes(dtype, 1, seed=2), 5002))
    yield flat("three", dtype, random_codes(dtype, 3 * components, seed=3))
    yield flat("random", dtype, random_codes(dtype, 5002, seed=4))
    drawn = np.random.default_rng(5).integers(0, 300, 100_002)
    yield flat("few distinct", dtype, random_codes(dtype, 300, seed=6)[drawn])
    if DTYPE_BITS[COMPONENTS.get(dtype, dtype)] > 16:
        yield flat("many random", dtype, random_codes(dtype, 80_002, seed=7))
    elif dtype not in COMPONENTS:
        yield flat("all patterns", dtype, np.arange(1 << DTYPE_BITS[dtype]).astype(kind))


def of_integers(dtype: str) -> Iterator[Specimen]:
    """Small integers of both signs, and the whole extent of a type."""
    rng = np.random.default_rng(8)
    lowest = 0 if dtype.startswith("u") else -3
    yield flat("small", dtype, rng.integers(lowest, 4, 70_001).astype(dtype).view(code_type(dtype)))
    extent = np.iinfo(dtype)
    codes = random_codes(dtype, 70_001, seed=9)
    codes[:2] = np.array([extent.min, extent.max], dtype).view(codes.dtype)
    yield flat("whole extent", dtype, codes)


def edges(component: str) -> Codes:
    """Both signs, every exponent, and mantissas of no bit, one bit, all bits, with the quiet bit, and some random."""
    exponent_bits, mantissa_bits = FIELDS[component]
    n_drawn = 150 if mantissa_bits == 23 else 20
    top = 1 << mantissa_bits
    drawn = np.random.default_rng(10).integers(0, top, n_drawn, dtype=np.uint64)
    mantissas = np.concatenate([np.array([0, 1, 2, top // 2, top // 2 + 1, top - 1], np.uint64), drawn])
    exponents = np.arange(2 << exponent_bits, dtype=np.uint64) << np.uint64(mantissa_bits)
    codes: Codes = (exponents[:, None] | mantissas).ravel().astype(code_type(component))
    return codes


def of_ieee(component: str) -> Iterator[Specimen]:
    """Zeros, subnormals, infinities, NaNs of every kind, and numbers as weights have them."""
    kind, mantissa_bits = code_type(component), FIELDS[component][1]
    bits = 8 * kind.itemsize
    sign, infinity = 1 << (bits - 1), ((1 << FIELDS[component][0]) - 1) << mantissa_bits
    quiet, half = 1 << (mantissa_bits - 1), ((1 << (bits // 2)) - 1) << (bits // 2)
    rng = np.random.default_rng(11)

    def drawn(codes: Sequence[int], n_codes: int = 6001) -> Codes:
        return np.array(codes, np.uint64)[rng.integers(0, len(codes), n_codes)].astype(kind)

    nans = [infinity | quiet, sign | infinity | quiet, infinity | 1, infinity | quiet | 1, (half | 3) & (2 * sign - 1)]
    nans += [sign - 1, 2 * sign - 1]
    boxed_quiet = half | quiet | 5
    yield flat("zeros", component, drawn([0, sign]))
    yield flat("negative zero", component, drawn([sign], 3))
    yield flat("infinities", component, drawn([infinity, infinity | sign]))
    yield flat("nans", component, drawn([*nans, boxed_quiet]))
    yield flat("nans and numbers", component, drawn([*nans, boxed_quiet, 0, sign, 1, 2, infinity - 1, infinity]))
    yield flat("subnormals", component, drawn([1, 3, (1 << mantissa_bits) - 1, 1 << mantissa_bits, sign | 1]))
    yield flat("edges", component, edges(component))
    numpy_kind = np.dtype(getattr(ml_dtypes, component, component))
    yield flat("gaussian", component, (rng.standard_normal(80_001) * 0.02).astype(numpy_kind).view(kind))


def of_wide_floats(component: str) -> Iterator[Specimen]:
    """What only types of more than 16 bits can hold, or hold beyond 65,536 distinct patterns."""
    kind = code_type(component)
    rng = np.random.default_rng(12)
    normal = rng.standard_normal(80_001)

    def of(name: str, numbers: NDArray[np.float64]) -> Specimen:
        return flat(name, component, numbers.astype(component).view(kind))

    yield of("far mean", 1e3 + 1e-1 * normal if component == "float32" else 1e6 + normal)
    yield of("far mean, few distinct", 1e6 + rng.integers(0, 4, 70_001).astype(np.float64))
    yield of("huge spread", normal * np.exp2(rng.integers(-60, 60, 80_001)))
    yield of("tiny", normal * 1e-39)
    yield of("coarse", np.round(normal * 2.0**17) * 2.0**-20)
    yield of("first elements not finite", np.concatenate([np.full(5000, np.nan), 1e3 + normal]))
    yield of("first elements far off", np.concatenate([np.full(1000, np.inf), np.full(24, 1e4), normal]))
    payloads = random_codes(component, 70_001, seed=13)
    payloads[100:] |= kind.type(((1 << FIELDS[component][0]) - 1) << FIELDS[component][1])
    payloads[:100] = np.ones(100, component).view(kind)
    yield flat("random payloads", component, payloads)
    yield of("nothing finite but zeros", np.where(normal > 0, np.inf, 0.0))


def all_specimens() -> Iterator[Specimen]:
    """Every tensor that the census is tested with."""
    for dtype in DTYPE_BITS:
        yield from of_every_dtype(dtype)
        if "int" in dtype:
            yield from of_integers(dtype)
    for component in IEEE:
        yield from of_ieee(component)
    for component in ("float32", "float64"):
        yield from of_wide_floats(component)
    yield flat("every low bit", "float32", np.arange(1 << 17, dtype=np.uint32) + np.uint32(0x3F800000))
    normal = np.random.default_rng(14).standard_normal(70_001)
    yield flat("fourth powers underflow", "float64", (normal * 1e-79).view(np.uint64))
    yield flat("fourth powers just do not", "float64", (normal * 1e-72).view(np.uint64))
    largest = np.finfo(np.float64).max
    yield flat("largest", "float64", np.array([largest, -largest, largest / 2]).view(np.uint64))
    yield flat("smallest", "float64", np.array([5e-324, 1e-323, -5e-324]).view(np.uint64))


SPECIMENS = tuple(all_specimens())


@pytest.fixture(scope="session", params=SPECIMENS, ids=lambda one: f"{one.dtype}-{one.name.replace(' ', '_')}")
def specimen(request: pytest.FixtureRequest) -> Specimen:
    """Each tensor in turn."""
    found: Specimen = request.param
    return found


def survey_by(specimen: Specimen, backend: Backend) -> Survey:
    """One pass over a tensor in order."""
    surveyor = Surveyor(specimen.info, backend)
    for block in blocks_of(specimen.info):
        surveyor.add(block, specimen.content[block.start : block.start + block.length])
    return surveyor.finish()


@pytest.fixture(scope="session")
def survey_with() -> Callable[[Specimen, Backend], Survey]:
    """One pass over a tensor with a backend."""
    return survey_by


@pytest.fixture(scope="session")
def census(specimen: Specimen) -> Census:
    """The CPU's census of the tensor."""
    return survey_by(specimen, CpuBackend()).census


class MakeSpecimen(Protocol):
    """Makes a tensor from codes of a dtype; of one axis unless a shape is given."""

    def __call__(self, dtype: str, codes: Codes, shape: tuple[int, ...] | None = None) -> Specimen:
        """The tensor."""


@pytest.fixture(scope="session")
def make_specimen() -> MakeSpecimen:
    """A tensor from codes of a dtype."""

    def make(dtype: str, codes: Codes, shape: tuple[int, ...] | None = None) -> Specimen:
        return flat("made", dtype, codes) if shape is None else Specimen("made", dtype, shape, codes)

    return make


@pytest.fixture(scope="session", autouse=True)
def one_torch_thread() -> Iterator[None]:
    """Torch on one thread: on a busy machine two wait for each other longer than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


ON_TORCH = ("torch on cpu", "torch on cuda") if torch.cuda.is_available() else ("torch on cpu",)


def backend_named(name: str) -> Backend:
    """A way of counting."""
    return CpuBackend() if name == "compiled" else TorchBackend(name.removeprefix("torch on "))


@pytest.fixture(scope="session", params=["compiled", *ON_TORCH])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each way of counting that this machine has."""
    return backend_named(request.param)


@pytest.fixture(scope="session", params=ON_TORCH)
def torch_backend(request: pytest.FixtureRequest) -> Backend:
    """The torch twin on each device that this machine has."""
    return backend_named(request.param)


def assert_same(one: Census, other: Census, relative: float) -> None:
    """Equal in every figure; moments, where float64 holds their powers, within a relative error (of the spread)."""
    if other.is_exact or not other.largest_magnitude > MOMENTS_LIMIT:
        found, expected = one.moments, other.moments
        spread = expected.variance**0.5 if expected.variance >= 0 else 0.0
        assert found.mean == pytest.approx(expected.mean, rel=relative, abs=relative * spread, nan_ok=True)
        others = (expected.variance, expected.skewness, expected.kurtosis)
        assert astuple(found)[1:] == pytest.approx(others, rel=relative, abs=relative, nan_ok=True)
    for field in fields(Census):
        if field.name not in {"moments", "field_bins"}:
            np.testing.assert_equal(getattr(one, field.name), getattr(other, field.name))
    assert (one.field_bins is None) == (other.field_bins is None)
    if one.field_bins is not None and other.field_bins is not None:
        np.testing.assert_equal(astuple(one.field_bins), astuple(other.field_bins))


@pytest.fixture(scope="session")
def same_census() -> Callable[[Census, Census, float], None]:
    """Asserts that two censuses are equal, moments within a relative error."""
    return assert_same
