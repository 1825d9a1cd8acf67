"""The element types that checkpoints store, by the names that torch and ml_dtypes use."""

from collections.abc import Mapping
from types import MappingProxyType

DTYPE_BITS: Mapping[str, int] = MappingProxyType(
    {
        "bool": 8,
        "uint8": 8,
        "int8": 8,
        "uint16": 16,
        "int16": 16,
        "uint32": 32,
        "int32": 32,
        "uint64": 64,
        "int64": 64,
        "float4_e2m1fn": 4,
        "float6_e2m3fn": 6,
        "float6_e3m2fn": 6,
        "float8_e8m0fnu": 8,
        "float8_e4m3fn": 8,
        "float8_e4m3fnuz": 8,
        "float8_e5m2": 8,
        "float8_e5m2fnuz": 8,
        "float16": 16,
        "bfloat16": 16,
        "float32": 32,
        "float64": 64,
        "complex32": 32,
        "complex64": 64,
        "complex128": 128,
    }
)
"""Stored bits of one element, by dtype. Elements under 8 bits are packed, low bits first."""


def stored_bytes(dtype: str, n_elements: int) -> int:
    """Bytes that `n_elements` of `dtype` take, packed where the dtype is under 8 bits."""
    return (DTYPE_BITS[dtype] * n_elements + 7) // 8
