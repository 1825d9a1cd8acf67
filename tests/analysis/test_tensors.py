"""One tensor as analyzers see it: values, blocks and census from a reader of bytes."""

from dataclasses import dataclass, field

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.analysis.beside import Role
from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.survey import Surveyor
from precisionlab.analysis.tensors import MadeAhead, Tensor, TensorTooLargeError, same_bytes
from precisionlab.checkpoints.dtypes import DTYPE_BITS, stored_bytes
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.errors import CheckpointError, PrecisionlabError

PACKED = ("float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn")


@dataclass
class MemoryReader:
    """Reads from bytes in memory and remembers how many."""

    content: NDArray[np.uint8]
    n_bytes_read: int = 0
    starts: list[int] = field(default_factory=list)

    def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
        """Copy the bytes."""
        del location
        if start + len(buffer) > len(self.content):
            raise CheckpointError("memory", "is too short")
        buffer[:] = self.content[start : start + len(buffer)].data
        self.n_bytes_read += len(buffer)
        self.starts.append(start)


def reader_of(dtype: str, n_elements: int, seed: int = 0) -> MemoryReader:
    """Random bytes for a tensor; booleans are 0 or 1."""
    limit = 2 if dtype == "bool" else 256
    drawn = np.random.default_rng(seed).integers(0, limit, stored_bytes(dtype, n_elements), dtype=np.uint8)
    return MemoryReader(drawn)


def info_of(dtype: str, shape: tuple[int, ...]) -> TensorInfo:
    """A header; the reader ignores the location."""
    return TensorInfo("weight", dtype, shape, ByteRange("memory", 0, 0))


def raw_bytes(values: torch.Tensor) -> bytes:
    """The bytes of a torch tensor of any dtype."""
    return values.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def unpacked(content: NDArray[np.uint8], dtype: str, n_elements: int) -> NDArray[np.float32]:
    """Packed floats one by one, decoded by ml_dtypes."""
    width, number = DTYPE_BITS[dtype], int.from_bytes(content.tobytes(), "little")
    codes = [number >> (index * width) & ((1 << width) - 1) for index in range(n_elements)]
    values: NDArray[np.float32] = np.array(codes, np.uint8).view(getattr(ml_dtypes, dtype)).astype(np.float32)
    return values


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (0, 2)], ids=str)
@pytest.mark.parametrize("dtype", sorted(set(DTYPE_BITS) - set(PACKED)))
def test_values_are_the_stored_bytes(dtype: str, shape: tuple[int, ...]) -> None:
    """In the stored dtype and shape, bit for bit."""
    info = info_of(dtype, shape)
    reader = reader_of(dtype, info.n_elements)
    values = Tensor(info, reader).values()
    assert values.dtype == getattr(torch, dtype)
    assert tuple(values.shape) == shape
    assert raw_bytes(values) == reader.content.tobytes()


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, 2), (0, 2), (7,)], ids=str)
@pytest.mark.parametrize("dtype", PACKED)
def test_packed_values_are_unpacked(dtype: str, shape: tuple[int, ...]) -> None:
    """Floats of 4 and 6 bits come as float32, also where their number does not fill the last byte."""
    info = info_of(dtype, shape)
    reader = reader_of(dtype, info.n_elements)
    values = Tensor(info, reader).values()
    assert values.dtype == torch.float32
    assert tuple(values.shape) == shape
    np.testing.assert_array_equal(values.numpy().ravel(), unpacked(reader.content, dtype, info.n_elements))


@pytest.mark.parametrize(
    ("dtype", "n_elements"), [("float32", 1_200_000), ("float4_e2m1fn", 8_400_001), ("float6_e3m2fn", 4_300_001)]
)
def test_blocks_are_the_values_in_order(dtype: str, n_elements: int) -> None:
    """Flat pieces that together have every element once, and no padding; each survives the next."""
    tensor = Tensor(info_of(dtype, (n_elements,)), reader_of(dtype, n_elements))
    blocks = list(tensor.blocks())
    assert len(blocks) > 1
    together, values = torch.cat(blocks), tensor.values()
    assert len(together) == n_elements
    assert raw_bytes(together) == raw_bytes(values)


def test_blocks_of_an_empty_tensor_are_none() -> None:
    """Nothing to read, nothing to yield."""
    assert not list(Tensor(info_of("float32", (0, 4)), reader_of("float32", 0)).blocks())


def test_census_reads_once_and_is_kept() -> None:
    """Census, channels and survey share one pass over the bytes."""
    reader = reader_of("bfloat16", 6000)
    tensor = Tensor(info_of("bfloat16", (60, 100)), reader)
    assert reader.n_bytes_read == 0
    assert tensor.census().n_elements == 6000
    assert [extremes.axis for extremes in tensor.channels()] == [0, 1]
    assert tensor.survey().census is tensor.census()
    assert reader.n_bytes_read == 12_000


def test_content_is_read_once_and_serves_the_census() -> None:
    """Once all bytes are at hand nothing is read again."""
    reader = reader_of("float32", 5000)
    tensor = Tensor(info_of("float32", (5000,)), reader)
    assert tensor.content() is tensor.content()
    tensor.values()
    list(tensor.blocks())
    tensor.census()
    assert reader.n_bytes_read == 20_000


def test_too_large_tensors_are_refused_at_once() -> None:
    """Values beyond the memory allowed are an error with a remedy; blocks and census still work."""
    tensor = Tensor(info_of("float32", (1000,)), reader_of("float32", 1000), memory_bytes=3999)
    with pytest.raises(
        TensorTooLargeError, match=r"^weight: its 4,000 bytes exceed the 3,999 allowed at once; raise --memory"
    ):
        tensor.values()
    assert issubclass(TensorTooLargeError, PrecisionlabError)
    assert sum(len(block) for block in tensor.blocks()) == 1000
    assert tensor.census().n_elements == 1000


def test_forgotten_tensors_are_read_anew() -> None:
    """Dropping census and values frees them; asking again reads again, also where the scan made them first."""
    reader = reader_of("float32", 100)
    info = info_of("float32", (100,))
    ahead = Surveyor(info, CpuBackend()).finish()
    tensor = Tensor(info, reader, made_ahead=MadeAhead(ahead, reader.content))
    assert tensor.survey() is ahead
    assert tensor.content() is reader.content
    assert reader.n_bytes_read == 0
    tensor.forget()
    assert tensor.census().n_elements == 100
    assert reader.n_bytes_read == 400


def test_what_lies_beside_is_forgotten_too() -> None:
    """A scan keeps tensors for its summaries: counterparts that were read into memory must not stay there with them."""
    info, readers = info_of("float32", (100,)), [reader_of("float32", 100, seed) for seed in range(3)]
    base, other = (Tensor(info, reader) for reader in readers[1:])
    tensor = Tensor(info, readers[0], beside={Role.REFERENCE: base}, others=[other])
    for one in (tensor, base, other):
        one.content()
    tensor.forget()
    for one in (tensor, base, other):
        one.content()
    assert [reader.n_bytes_read for reader in readers] == [800, 800, 800]


def test_errors_of_the_reader_come_through() -> None:
    """A file that ends too soon is the reader's error."""
    tensor = Tensor(info_of("float32", (200,)), reader_of("float32", 100))
    with pytest.raises(CheckpointError):
        tensor.census()


def twins(position: int) -> tuple[Tensor, Tensor]:
    """Two tensors of 9 MB that differ in the byte at a position; in none for a negative one."""
    one, other = reader_of("uint8", 9_000_000), reader_of("uint8", 9_000_000)
    if position >= 0:
        other.content[position] ^= 1
    info = info_of("uint8", (9_000_000,))
    return Tensor(info, one), Tensor(info, other)


@pytest.mark.parametrize(("position", "equal"), [(-1, True), (0, False), (8_999_999, False)])
def test_equal_bytes_are_told_from_different_ones(position: int, *, equal: bool) -> None:
    """Two tensors are the same only if every byte is."""
    assert same_bytes(*twins(position)) == equal


def test_comparison_stops_at_the_first_difference() -> None:
    """Tensors that differ in their first block are not read to the end."""
    one, other = twins(0)
    assert not same_bytes(one, other)
    readers = (one._reader, other._reader)
    assert all(isinstance(reader, MemoryReader) and reader.starts == [0] for reader in readers)
