"""A safetensors writer that takes bytes as they are, so that any bit pattern can be stored.

The official library writes the trained samples; it cannot be asked for packed floats, nor for
a given NaN on every platform, and the order of its header is its own affair.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass

ELEMENT_BITS = {
    "F64": 64,
    "I64": 64,
    "F32": 32,
    "F16": 16,
    "BF16": 16,
    "I8": 8,
    "BOOL": 8,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "F4": 4,
}


@dataclass(frozen=True, slots=True)
class RawTensor:
    """A tensor as safetensors stores it: the format's own name of the type, and little-endian bytes."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def safetensors_bytes(tensors: Mapping[str, RawTensor], metadata: Mapping[str, str]) -> bytes:
    """The file: header length, header padded with spaces to 8 bytes, data without gaps.

    Wider elements come first, so that every tensor starts at a multiple of its element size.
    """
    ordered = sorted(tensors.items(), key=lambda item: -ELEMENT_BITS[item[1].dtype])
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    stop = 0
    for name, tensor in ordered:
        start, stop = stop, stop + len(tensor.data)
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": (start, stop)}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(tensor.data for _, tensor in ordered)
