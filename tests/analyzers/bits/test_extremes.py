"""Elements nearest to overflow and underflow against sorting all of them."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.bits import analyze, analyzer
from analyzers.bits.options import Options
from precisionlab.analysis.results import Scalar

if TYPE_CHECKING:
    from tests.analyzers.bits.conftest import Specimen
    from tests.memory_reader import MemoryReader

    Measured = Callable[..., Mapping[str, Scalar]]
    MakeSpecimen = Callable[..., Specimen]

LARGEST = {"float4_e2m1fn": 6.0, "float6_e2m3fn": 7.5, "float6_e3m2fn": 28.0}
"""OCP MX 1.0, section 5.3; of the others ml_dtypes knows it."""


def ends_of(component: str) -> tuple[float, float, float]:
    """Largest, smallest normal and smallest positive number of a float type, by ml_dtypes."""
    if component == "float8_e8m0fnu":
        return 2.0**127, 0.0, 2.0**-127
    limits = ml_dtypes.finfo(getattr(ml_dtypes, component, component))  # type: ignore[no-untyped-call] # its stub
    smallest = float(limits.smallest_subnormal)
    return float(limits.max), float(limits.smallest_normal), smallest


def ordinary(specimen: "Specimen") -> NDArray[np.intp]:
    """Places of the finite non-zero codes."""
    places: NDArray[np.intp] = np.flatnonzero(np.isfinite(specimen.numbers) & (specimen.numbers != 0))
    return places


def index_by_hand(specimen: "Specimen", place: int) -> str:
    """Row-major index of the element, and the part of complex ones."""
    components = 2 if specimen.dtype.startswith("complex") else 1
    index = (
        [
            int(at[0])
            for at in np.nonzero(np.arange(math.prod(specimen.shape)).reshape(specimen.shape) == place // components)
        ]
        if specimen.shape
        else []
    )
    inside = ",".join(map(str, index))
    return f"[{inside}].{('real', 'imag')[place % 2]}" if components == 2 else f"[{inside}]"


def assert_listed(found: Mapping[str, Scalar], end: str, specimen: "Specimen", places: NDArray[np.intp]) -> None:
    """These places are listed in this order, and none after them."""
    for rank, place in enumerate(places.tolist(), 1):
        assert np.longdouble(found[f"near_{end}_value[rank={rank}]"]) == specimen.numbers[place]
        assert found[f"near_{end}_index[rank={rank}]"] == index_by_hand(specimen, place)
    assert f"near_{end}_value[rank={len(places) + 1}]" not in found


@pytest.mark.parametrize("nearest", [1, 5])
def test_floats_nearest_to_the_ends_are_those_of_sorting(
    any_specimen: "Specimen", nearest: int, measured: "Measured"
) -> None:
    """Largest and smallest magnitudes of finite non-zero elements, of equal ones the first, with their distance."""
    if "exponent" not in any_specimen.fields:
        return
    found = measured(any_specimen, nearest=nearest, top=0)
    places = ordinary(any_specimen)
    sizes = np.abs(any_specimen.numbers[places])
    upper, lower = (
        places[np.argsort(-sizes, kind="stable")][:nearest],
        places[np.argsort(sizes, kind="stable")][:nearest],
    )
    assert_listed(found, "overflow", any_specimen, upper)
    assert_listed(found, "underflow", any_specimen, lower)
    largest, smallest_normal, smallest = ends_of(any_specimen.component)
    for rank, place in enumerate(upper.tolist(), 1):
        size = float(abs(any_specimen.numbers[place]))
        headroom = math.log2(largest) - math.log2(size)
        assert found[f"near_overflow_headroom[rank={rank}]"] == pytest.approx(headroom, abs=1e-9)
    for rank, place in enumerate(lower.tolist(), 1):
        size = float(abs(any_specimen.numbers[place]))
        footroom = math.log2(size) - math.log2(smallest)
        assert found[f"near_underflow_footroom[rank={rank}]"] == pytest.approx(footroom, abs=1e-9)
        assert found[f"near_underflow_is_subnormal[rank={rank}]"] == (size < smallest_normal)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
@given(content=st.binary(max_size=120))
def test_integers_nearest_to_the_ends_of_their_range(
    dtype: str, content: bytes, make_specimen: "MakeSpecimen", measured: "Measured"
) -> None:
    """By their distance to the nearer end, of unsigned ones to the upper; there is no underflow."""
    ends = np.iinfo(dtype)
    integers = np.frombuffer(content[: len(content) // (ends.bits // 8) * (ends.bits // 8)], dtype)
    specimen = make_specimen(dtype, integers.view(f"u{ends.bits // 8}"))
    found = measured(specimen, nearest=4)
    listed = [int(value) for value in integers]
    distances = [ends.max - x if x >= 0 or dtype.startswith("u") else x - ends.min for x in listed]
    places = sorted(range(len(listed)), key=lambda place: (distances[place], place))[:4]
    assert_listed(found, "overflow", specimen, np.array(places, np.intp))
    assert "near_underflow_value[rank=1]" not in found
    for rank, place in enumerate(places, 1):
        x = listed[place]
        expected = math.log2(ends.max if x > 0 else -int(ends.min)) - math.log2(abs(x)) if x else math.inf
        assert found[f"near_overflow_headroom[rank={rank}]"] == pytest.approx(expected)


def test_booleans_have_no_ends(make_specimen: "MakeSpecimen", measured: "Measured") -> None:
    """True is no overflow."""
    assert not any(key.startswith("near") for key in measured(make_specimen("bool", np.array([1, 0, 1]))))


@pytest.mark.parametrize("dtype", ["float32", "int16", "float6_e3m2fn", "complex64"])
def test_places_count_on_from_block_to_block(dtype: str, make_specimen: "MakeSpecimen", measured: "Measured") -> None:
    """In tensors of several blocks, equal elements in later ones do not displace the first."""
    plain, large, small, n_codes = {
        "float32": (0x3F800000, 0x7F000000, 0x00000001, 2_400_000),
        "int16": (1, 0x7FF0, 1, 5_000_000),
        "float6_e3m2fn": (0b001100, 0b011111, 0b000001, 9_000_000),
        "complex64": (0x3F800000, 0x7F000000, 0x00000001, 2_400_000),
    }[dtype]
    codes = np.full(n_codes, plain, np.uint32)
    width = 1000 if dtype != "complex64" else 500
    at = [7, n_codes // 2, n_codes // 2 + 1, n_codes - 1]
    codes[at] = large
    codes[[place - 3 for place in at]] = small
    specimen = make_specimen(dtype, codes, (n_codes // 1000, width))
    found = measured(specimen, nearest=3)

    def index(place: int) -> str:
        if dtype == "complex64":
            return f"[{place // 1000},{place % 1000 // 2}].{('real', 'imag')[place % 2]}"
        return f"[{place // 1000},{place % 1000}]"

    assert [found[f"near_overflow_index[rank={rank}]"] for rank in (1, 2, 3)] == [index(place) for place in at[:3]]
    if dtype != "int16":
        listed = [found[f"near_underflow_index[rank={rank}]"] for rank in (1, 2, 3)]
        assert listed == [index(place - 3) for place in at[:3]]


@pytest.mark.parametrize("is_rising", [True, False])
def test_order_does_not_matter(is_rising: bool, make_specimen: "MakeSpecimen", measured: "Measured") -> None:
    """Sorted tensors of several blocks: every block, or none but the first, holds nearer elements."""
    numbers = np.linspace(1, 2, 2_200_000, dtype=np.float32)[:: 1 if is_rising else -1]
    found = measured(make_specimen("float32", numbers.copy().view(np.uint32)), nearest=2)
    ends = [len(numbers) - 1, 0] if is_rising else [0, len(numbers) - 1]
    assert found["near_overflow_index[rank=1]"] == f"[{ends[0]}]"
    assert found["near_underflow_index[rank=1]"] == f"[{ends[1]}]"


def reader_of(tensor: Any) -> "MemoryReader":  # noqa: ANN401 - its reader is its own
    """What a tensor of these tests reads from."""
    reader: MemoryReader = tensor._reader
    return reader


def test_bytes_are_read_once(make_specimen: "MakeSpecimen") -> None:
    """Held in memory, as a scan does for it, they are not read again; without extremes the census is enough."""
    specimen = make_specimen("float32", np.arange(70_000))
    held = specimen.tensor()
    held.content()
    analyze(held, Options())
    assert reader_of(held).n_bytes_read == 280_000
    spared = specimen.tensor()
    analyze(spared, Options(nearest=0))
    assert reader_of(spared).n_bytes_read == 280_000
    assert analyzer.reads_values
    assert not analyzer.by_default
