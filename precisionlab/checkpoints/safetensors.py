"""safetensors: a JSON header behind its length, then the tensors without gaps.

Format: https://github.com/huggingface/safetensors#format. Stricter than the reference
implementation where that one takes what the format forbids: white space before the
header, a key twice, a tensor's record as a list.
"""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.model import ByteRange, Checkpoint, TensorInfo
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.strict_json import JsonError, parse_object
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable

NAME = "safetensors"
SUFFIXES = (".safetensors",)

MAX_HEADER_BYTES = 100_000_000
"""Longest header that the reference implementation takes."""

DTYPES: Mapping[str, str] = MappingProxyType(
    {
        "BOOL": "bool",
        "F4": "float4_e2m1fn",
        "F6_E2M3": "float6_e2m3fn",
        "F6_E3M2": "float6_e3m2fn",
        "U8": "uint8",
        "I8": "int8",
        "F8_E5M2": "float8_e5m2",
        "F8_E4M3": "float8_e4m3fn",
        "F8_E8M0": "float8_e8m0fnu",
        "F8_E4M3FNUZ": "float8_e4m3fnuz",
        "F8_E5M2FNUZ": "float8_e5m2fnuz",
        "I16": "int16",
        "U16": "uint16",
        "F16": "float16",
        "BF16": "bfloat16",
        "I32": "int32",
        "U32": "uint32",
        "F32": "float32",
        "C64": "complex64",
        "F64": "float64",
        "I64": "int64",
        "U64": "uint64",
    }
)
"""Every dtype of the format, and what `DTYPE_BITS` calls it."""

_LENGTH = struct.Struct("<Q")
_MAX_UINT64 = 2**64 - 1


def recognises(path: Path, head: bytes) -> bool:
    """Whether the file begins with a possible length and an opening brace."""
    del path
    return len(head) > _LENGTH.size and head[8:9] == b"{" and _LENGTH.unpack_from(head)[0] <= MAX_HEADER_BYTES


def open_file(path: Path) -> Checkpoint:
    """Read the header; the tensors come in the order of their bytes.

    Raises:
        CheckpointError: the header is damaged, or does not describe exactly the file's bytes.
    """
    subject = str(path)
    with RegularFile(subject) as file:
        header = _read_header(file)
    data_start = _LENGTH.size + len(header)
    try:
        entries = parse_object(header)
        metadata = _metadata(entries.pop("__metadata__", None))
        tensors = [_tensor(subject, data_start, name, entry) for name, entry in entries.items()]
        tensors.sort(key=lambda tensor: (tensor.location.offset, tensor.location.length))
        _refuse_gaps(tensors, data_start, file.size)
    except JsonError as error:
        raise CheckpointError(subject, f"its header {error}") from error
    except _HeaderError as error:
        raise CheckpointError(subject, str(error)) from error
    return Checkpoint(subject, NAME, (subject,), tuple(tensors), metadata=metadata)


class _HeaderError(Exception):
    """What is wrong with the header: a clause that may be shown."""


def _read_header(file: RegularFile) -> bytearray:
    if file.size < _LENGTH.size:
        raise CheckpointError(file.path, f"is too short for a safetensors header: {file.size:,} bytes")
    (length,) = _LENGTH.unpack(file.read(0, _LENGTH.size))
    if length > MAX_HEADER_BYTES:
        raise CheckpointError(file.path, f"its header is too long: {length:,} bytes, {MAX_HEADER_BYTES:,} are allowed")
    if length > file.size - _LENGTH.size:
        raise CheckpointError(file.path, f"is truncated: its header of {length:,} bytes does not fit in the file")
    header = file.read(_LENGTH.size, length)
    if not header.startswith(b"{"):
        raise CheckpointError(file.path, "its header does not begin with an opening brace")
    return header


def _metadata(entry: object) -> Mapping[str, str]:
    if entry is None:
        return MappingProxyType({})
    if not isinstance(entry, dict) or not all(isinstance(text, str) for text in entry.values()):
        raise _HeaderError("its __metadata__ does not map text to text")
    return MappingProxyType(entry)


def _tensor(path: str, data_start: int, name: str, entry: object) -> TensorInfo:
    try:
        dtype, shape, begin, n_bytes = _placement(entry)
    except _HeaderError as error:
        raise _HeaderError(f"tensor {printable(name)} {error}") from error
    return TensorInfo(name, dtype, shape, ByteRange(path, data_start + begin, n_bytes))


def _placement(entry: object) -> tuple[str, tuple[int, ...], int, int]:
    """A tensor's dtype, shape, first byte and bytes, which agree with each other."""
    if not isinstance(entry, dict):
        raise _HeaderError("is not described by an object")
    dtype = _dtype(entry.get("dtype"))
    shape = _naturals(entry, "shape")
    begin, end = _offsets(entry)
    n_bytes = _n_bytes(dtype, shape)
    if end - begin != n_bytes:
        wanted = f"{dtype} of shape {printable(str(shape))} takes {n_bytes:,} bytes"
        raise _HeaderError(f"does not match its bytes: {wanted}, its offsets span {end - begin:,}")
    return dtype, tuple(shape), begin, n_bytes


def _dtype(code: object) -> str:
    dtype = DTYPES.get(code) if isinstance(code, str) else None
    if dtype is None:
        raise _HeaderError(f"has the unknown dtype {printable(str(code))}")
    return dtype


def _naturals(entry: Mapping[str, object], key: str) -> list[int]:
    """The list of integers from 0 to 2^64-1 that the field holds; JSON's `true` is none."""
    numbers = entry.get(key)
    if not isinstance(numbers, list):
        raise _no_naturals(key)
    for number in numbers:
        if type(number) is not int or not 0 <= number <= _MAX_UINT64:
            raise _no_naturals(key)
    return numbers


def _no_naturals(key: str) -> _HeaderError:
    return _HeaderError(f"has a {key} that is no list of integers from 0 to 2^64-1")


def _offsets(entry: Mapping[str, object]) -> tuple[int, int]:
    offsets = _naturals(entry, "data_offsets")
    if len(offsets) != 2 or offsets[0] > offsets[1]:
        raise _HeaderError("has data_offsets that are no two numbers in order")
    return offsets[0], offsets[1]


def _n_bytes(dtype: str, shape: Iterable[int]) -> int:
    """Bytes that the elements fill; as in the reference, no partial product passes 64 bits."""
    n_elements = 1
    for length in shape:
        n_elements *= length
        if n_elements > _MAX_UINT64:
            raise _HeaderError("has a shape whose product overflows 64 bits")
    n_bits = n_elements * DTYPE_BITS[dtype]
    if n_bits > _MAX_UINT64:
        raise _HeaderError("has a shape whose bits overflow 64 bits")
    if n_bits % 8:
        raise _HeaderError(f"does not fill whole bytes: {n_elements:,} elements of {dtype}")
    return n_bits // 8


def _refuse_gaps(tensors: Iterable[TensorInfo], data_start: int, file_size: int) -> None:
    """The tensors, in the order of their offsets, follow each other up to the file's end."""
    end = data_start
    for tensor in tensors:
        location = tensor.location
        if location.offset != end:
            problem = "overlaps the tensor before it" if location.offset < end else "leaves a hole before it"
            raise _HeaderError(f"tensor {printable(tensor.name)} {problem}")
        end += location.length
    if end > file_size:
        raise _HeaderError(f"is truncated: its tensors reach to byte {end:,} of {file_size:,}")
    if end < file_size:
        raise _HeaderError(f"its last {file_size - end:,} bytes belong to no tensor")
