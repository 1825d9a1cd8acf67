"""How stored bytes divide into codes, against bits taken one by one."""

import numpy as np
import pytest

from precisionlab.analysis.census.layouts import LAYOUTS, codes_of
from precisionlab.checkpoints.dtypes import DTYPE_BITS


def bits_of(content: bytes, width: int) -> list[int]:
    """Codes of `width` bits from one long little-endian integer, low bits first."""
    number = int.from_bytes(content, "little")
    return [number >> start & ((1 << width) - 1) for start in range(0, len(content) * 8 // width * width, width)]


@pytest.mark.parametrize("dtype", DTYPE_BITS)
def test_codes_are_the_bits_in_order(dtype: str) -> None:
    """Every code is the next bits of the stored bytes, low ones first, also where several share a byte."""
    content = np.random.default_rng(0).integers(0, 256, 96, dtype=np.uint8)
    width = DTYPE_BITS[dtype] // LAYOUTS[dtype].components
    codes = codes_of(content, LAYOUTS[dtype])
    assert codes.dtype == LAYOUTS[dtype].code_type
    assert codes.tolist() == bits_of(content.tobytes(), width)


@pytest.mark.parametrize("length", range(8))
@pytest.mark.parametrize("dtype", ["float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn"])
def test_last_group_may_be_incomplete(dtype: str, length: int) -> None:
    """Whatever the number of bytes, as many codes come out as fit into them."""
    content = np.random.default_rng(1).integers(0, 256, length, dtype=np.uint8)
    assert codes_of(content, LAYOUTS[dtype]).tolist() == bits_of(content.tobytes(), DTYPE_BITS[dtype])


@pytest.mark.parametrize("dtype", ["float16", "float32", "complex128", "int64"])
def test_wide_codes_are_not_copied(dtype: str) -> None:
    """Codes of whole bytes are a view of the block."""
    content = np.zeros(32, np.uint8)
    assert np.shares_memory(codes_of(content, LAYOUTS[dtype]), content)
