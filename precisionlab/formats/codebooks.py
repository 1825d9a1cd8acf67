"""The tables of formats whose patterns are indices."""

import struct
from collections.abc import Sequence


def in_float32(values: Sequence[float]) -> tuple[float, ...]:
    """The values as implementations hold them."""
    layout = f"<{len(values)}f"
    return struct.unpack(layout, struct.pack(layout, *values))


NF4 = in_float32(
    (
        -1.0,
        -0.6961928009986877,
        -0.5250730514526367,
        -0.39491748809814453,
        -0.28444138169288635,
        -0.18477343022823334,
        -0.09105003625154495,
        0.0,
        0.07958029955625534,
        0.16093020141124725,
        0.24611230194568634,
        0.33791524171829224,
        0.44070982933044434,
        0.5626170039176941,
        0.7229568362236023,
        1.0,
    )
)

FP4 = in_float32(
    tuple(sign * twelfths / 12 for sign in (1, -1) for twelfths in (0.0, 0.0625, 8.0, 12.0, 4.0, 6.0, 2.0, 3.0))
)
"""Sign, then an index of twelfths of the largest; pattern 8 is negative zero."""

AF4 = in_float32(
    (
        -1.0,
        -0.69441008,
        -0.51243739,
        -0.3736951,
        -0.25607552,
        -0.14982478,
        -0.04934812,
        0.0,
        0.04273164,
        0.12934483,
        0.21961274,
        0.31675666,
        0.42563882,
        0.55496234,
        0.72424863,
        1.0,
    )
)
"""For blocks of 64; patterns in the order of the values."""

BINARY = (-1.0, 1.0)
TERNARY = (-1.0, 0.0, 1.0)
"""Pattern w + 1 in two bits, as BitNet and GGUF's ternary types number them."""
