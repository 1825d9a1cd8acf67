"""The tables of formats whose patterns are indices."""

import struct
from collections.abc import Sequence
from itertools import pairwise


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

IQ4_NL = (-127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0, 69.0, 89.0, 113.0)


def dynamic_tree() -> tuple[float, ...]:
    """Signed numbers of 8 bits: leading zeros count powers of ten, the bits after them divide [0.1, 1] linearly.

    Dettmers et al., 8-bit Optimizers via Block-wise Quantization (2021): for each power of ten the
    middles of 2^i equal parts, of either sign, besides 0 and 1; each step in binary32, as bitsandbytes makes it.
    """
    positive: list[float] = []
    for i in range(7):
        power, bounds = in_float32([10.0 ** (i - 6)])[0], equal_parts(1 << i)
        middles = in_float32([(low + high) / 2 for low, high in pairwise(bounds)])
        positive += in_float32([power * middle for middle in middles])
    return tuple(sorted((*(-value for value in positive), 0.0, *positive, 1.0)))


def equal_parts(count: int) -> tuple[float, ...]:
    """The bounds of so many equal parts of [0.1, 1], counted from the nearer end."""
    start, stop = in_float32([0.1, 1.0])
    (step,) = in_float32([(stop - start) / count])
    half = (count + 1) // 2
    return in_float32([start + step * i if i < half else stop - step * (count - i) for i in range(count + 1)])


BINARY = (-1.0, 1.0)
TERNARY = (-1.0, 0.0, 1.0)
"""Pattern w + 1 in two bits, as BitNet and GGUF's ternary types number them."""
