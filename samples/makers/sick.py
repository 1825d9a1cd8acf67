"""A checkpoint with every pathology that a rule names, each in a tensor named after it.

A tensor is 32 by 48 normal deviates, if nothing else is said, with one thing wrong; what is wrong
is written as bit patterns, and the tests hold the file to them. `half`, `bfloat`, `single` and
`double` in names stand for float16, bfloat16, float32 and float64: no digits, so that only
`layers.N` look like siblings.
"""

import numpy as np
import torch

from makers.gaussian import gaussian, random_words
from makers.raw_safetensors import RawTensor
from makers.words import Values, Words, bfloat, double, float8, half, planted, single, stored

SHAPE = (32, 48)

DEVIATION = 0.25
"""So large that hardly a float16 is subnormal, so small that no cast to float16 loses a value."""

FLOAT8_DEVIATION = 60.0
"""Fills the range of E4M3 (up to 448) as scaled float8 weights do."""


def draw(name: str, deviation: float = DEVIATION) -> Values:
    """Normal deviates of the usual shape, those of `name`."""
    return gaussian(name, SHAPE, deviation)


def sick_tensors() -> dict[str, RawTensor]:
    """Every tensor of `sick.safetensors`, by name."""
    return {
        "healthy.weight": stored("BF16", bfloat(draw("healthy"))),
        **nans(),
        **odd_nans(),
        **infinities(),
        **subnormals(),
        **casts(),
        **unused_precision(),
        **integer_grids(),
        **channels(),
        **zeros(),
        **stored_twice(),
        **siblings(),
        **booleans(),
        **microscaled(),
        **integers(),
        **corners(),
    }


def nans() -> dict[str, RawTensor]:
    """Three of the NaN that every library writes, or both that E4M3 has."""
    e4m3 = float8(draw("nan e4m3", FLOAT8_DEVIATION), torch.float8_e4m3fn)
    return {
        "nan.half.weight": stored("F16", planted(half(draw("nan half")), [0x7E00] * 3)),
        "nan.bfloat.weight": stored("BF16", planted(bfloat(draw("nan bfloat")), [0x7FC0] * 3)),
        "nan.single.weight": stored("F32", planted(single(draw("nan single")), [0x7FC00000] * 3)),
        "nan.float8_e4m3fn.weight": stored("F8_E4M3", planted(e4m3, [0x7F, 0xFF])),
    }


def odd_nans() -> dict[str, RawTensor]:
    """Quiet NaNs with a payload, signalling NaNs, and float16 boxed in float32.

    A boxed number fills the upper bits with ones (RISC-V manual, "NaN Boxing of Narrower Values");
    read as float32, every one of them is a quiet NaN.
    """
    boxed = half(draw("nan boxed")).astype(np.uint32) | np.uint32(0xFFFF0000)
    return {
        "nan_payload.half.weight": stored("F16", planted(half(draw("payload half")), [0x7E01, 0xFE2A])),
        "nan_payload.bfloat.weight": stored("BF16", planted(bfloat(draw("payload bfloat")), [0x7FC1, 0xFFEA])),
        "nan_payload.single.weight": stored(
            "F32", planted(single(draw("payload single")), [0x7FC00001, 0x7FC0DEAD, 0xFFC01234])
        ),
        "signalling_nan.half.weight": stored("F16", planted(half(draw("signalling half")), [0x7C01, 0xFDFF])),
        "signalling_nan.bfloat.weight": stored("BF16", planted(bfloat(draw("signalling bfloat")), [0x7F81, 0xFFBF])),
        "signalling_nan.single.weight": stored(
            "F32", planted(single(draw("signalling single")), [0x7F800001, 0xFFBFFFFF])
        ),
        "nan_boxed.weight": stored("F32", boxed),
    }


def infinities() -> dict[str, RawTensor]:
    """One infinity of each sign."""
    e5m2 = float8(draw("infinity e5m2", FLOAT8_DEVIATION), torch.float8_e5m2)
    return {
        "infinity.half.weight": stored("F16", planted(half(draw("infinity half")), [0x7C00, 0xFC00])),
        "infinity.bfloat.weight": stored("BF16", planted(bfloat(draw("infinity bfloat")), [0x7F80, 0xFF80])),
        "infinity.single.weight": stored("F32", planted(single(draw("infinity single")), [0x7F800000, 0xFF800000])),
        "infinity.float8_e5m2.weight": stored("F8_E5M2", planted(e5m2, [0x7C, 0xFC])),
    }


def subnormals() -> dict[str, RawTensor]:
    """One element in sixteen is subnormal, from the smallest to the largest, of either sign."""
    count = SHAPE[0] * SHAPE[1] // 16
    half_magnitudes = np.linspace(0x0001, 0x03FF, count, dtype=np.int64)
    bfloat_magnitudes = np.linspace(0x0001, 0x007F, count, dtype=np.int64)
    signs = np.arange(count) % 2 << 15
    return {
        "subnormal.half.weight": stored(
            "F16", planted(half(draw("subnormal half")), (half_magnitudes | signs).tolist())
        ),
        "subnormal.bfloat.weight": stored(
            "BF16", planted(bfloat(draw("subnormal bfloat")), (bfloat_magnitudes | signs).tolist())
        ),
    }


def casts() -> dict[str, RawTensor]:
    """Values that float16 cannot hold, those on both sides of its limits among them.

    Rounding to nearest even, float16 overflows from 65520 on (midway between its largest number and
    2^16) and underflows to zero down from 2^-25 (midway between zero and its smallest).
    """
    large, tiny = 2.5e4, 1e-7
    return {
        "overflow_to_half.single.weight": stored(
            "F32", planted(single(draw("overflow single", large)), [0x477FEFFF, 0x477FF000, 0xC77FF000])
        ),
        "overflow_to_half.bfloat.weight": stored(
            "BF16", planted(bfloat(draw("overflow bfloat", large)), [0x477F, 0x4780, 0xC780])
        ),
        "underflow_to_half.single.weight": stored(
            "F32", planted(single(draw("underflow single", tiny)), [0x33000000, 0xB3000000, 0x33000001])
        ),
        "underflow_to_half.bfloat.weight": stored(
            "BF16", planted(bfloat(draw("underflow bfloat", tiny)), [0x3300, 0xB300, 0x3301])
        ),
    }


def unused_precision() -> dict[str, RawTensor]:
    """Wide types that hold nothing which a narrower one could not."""
    in_single = bfloat(draw("bfloat in single")).astype(np.uint32) << 16
    half_values = draw("half in single").astype(np.float16).astype(np.float64)
    single_values = draw("single in double").astype(np.float32).astype(np.float64)
    return {
        "unused_precision.bfloat_in_single.weight": stored("F32", in_single),
        "unused_precision.half_in_single.weight": stored("F32", single(half_values)),
        "unused_precision.single_in_double.weight": stored("F64", double(single_values)),
    }


def integer_grids() -> dict[str, RawTensor]:
    """8-bit integers, all of -127 to 127 in reach, times one scale: weights that were quantised before."""
    binary = integer_levels("power of two").astype(np.float64) * 2.0**-10
    decimal = (integer_levels("any scale").astype(np.float32) * np.float32(0.0123)).view(np.uint32)
    return {
        "integer_grid.power_of_two_scale.weight": stored("BF16", bfloat(binary)),
        "integer_grid.any_scale.weight": stored("F32", decimal),
    }


def integer_levels(name: str) -> Words:
    """Normal deviates as symmetric 8-bit quantisation stores them, both ends taken."""
    return planted(np.clip(np.rint(draw(name, 40.0)), -127, 127).astype(np.int64), [-127, 127])


def channels() -> dict[str, RawTensor]:
    """Rows (output channels) that are zero or constant, and a row and a column 100 times too large."""
    dead, constant, row, column = (draw(name) for name in ("dead", "constant", "outlier row", "outlier column"))
    dead[[5, 17]] = 0.0
    constant[3], constant[20] = 0.25, -0.125
    row[7] *= 100
    column[:, 11] *= 100
    return {
        "dead_channels.weight": stored("BF16", bfloat(dead)),
        "constant_channels.weight": stored("BF16", bfloat(constant)),
        "outlier_channel.row.weight": stored("BF16", bfloat(row)),
        "outlier_channel.column.weight": stored("BF16", bfloat(column)),
    }


def zeros() -> dict[str, RawTensor]:
    """Nothing but zeros; in the second, every other one is negative."""
    signed = np.arange(SHAPE[0] * SHAPE[1], dtype=np.uint16).reshape(SHAPE) % 2 << 15
    return {
        "all_zero.weight": stored("BF16", np.zeros(SHAPE, dtype=np.uint16)),
        "all_zero.signed.weight": stored("F16", signed),
    }


def stored_twice() -> dict[str, RawTensor]:
    """The same bytes under two names."""
    words = bfloat(draw("stored twice"))
    return {"stored_twice.first.weight": stored("BF16", words), "stored_twice.second.weight": stored("BF16", words)}


def siblings() -> dict[str, RawTensor]:
    """Four layers, of which one was left in float32."""
    drawn = [draw(f"sibling {layer}") for layer in range(4)]
    return {
        f"layers.{layer}.mlp.weight": stored("F32", single(values)) if layer == 2 else stored("BF16", bfloat(values))
        for layer, values in enumerate(drawn)
    }


def booleans() -> dict[str, RawTensor]:
    """Truth values, some of whose bytes are neither 0 nor 1."""
    words = (random_words("boolean", SHAPE[0] * SHAPE[1]) & np.uint64(1)).astype(np.uint8).reshape(SHAPE)
    return {"boolean.mask": stored("BOOL", planted(words, [2, 2, 255]))}


def microscaled() -> dict[str, RawTensor]:
    """MXFP4 of the OCP specification: E2M1 in blocks of 32, low nibble first, each with a power-of-two scale."""
    values = gaussian("mxfp4", (32, 2, 32), DEVIATION)
    exponents = np.frexp(np.abs(values).max(axis=2))[1] - 3
    codes = e2m1(np.ldexp(values, -exponents[..., np.newaxis]))
    pairs = codes[..., 0::2] | codes[..., 1::2] << 4
    return {
        "microscaled.weight": RawTensor("F4", (32, 64), pairs.tobytes()),
        "microscaled.scale": stored("F8_E8M0", (exponents + 127).astype(np.uint8)),
    }


def e2m1(values: Values) -> Words:
    """The E2M1 code nearest to each value, saturating (0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives)."""
    midpoints = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0]
    magnitudes = np.searchsorted(midpoints, np.abs(values)).astype(np.uint8)
    return magnitudes | np.signbit(values).astype(np.uint8) << 3


def integers() -> dict[str, RawTensor]:
    """Types that are no floats."""
    return {
        "integer.int8.weight": stored("I8", integer_levels("int8").astype(np.int8)),
        "integer.int64.positions": stored("I64", np.arange(64, dtype=np.int64)),
    }


def corners() -> dict[str, RawTensor]:
    """A tensor of no dimension (the logit scale of CLIP at its start, ln(1/0.07)), and one of no element."""
    return {
        "scalar.logit_scale": stored("F32", single(np.array(2.6592600369327779))),
        "empty.weight": stored("BF16", np.empty((0, 48), dtype=np.uint16)),
    }
