"""A checkpoint for quantizing: weights that a format spoils, weights that were quantized before, and their controls.

Every fault has a twin, `….control.weight`, that has just not enough of it. Numbers are normal deviates of standard
deviation 1/50 unless something else is said.
"""

from collections.abc import Callable

import numpy as np

from makers.gaussian import gaussian, random_words
from makers.raw_safetensors import RawTensor
from makers.words import Values, Words, bfloat, half, planted, single, stored

DEVIATION = 0.02

OUTLIER_CHANNELS = (300, 1201)
"""Channels along the second axis of `outlier_channels.weight`, 90 times as large as the others."""
MILD_CHANNEL = 100
"""The channel of its control, 8 times as large."""

NF4 = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453),
    *(-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0),
    *(0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224),
    *(0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
)
"""Dettmers et al., QLoRA (2023), arXiv:2305.14314, appendix E."""
E2M1 = tuple(sign * magnitude for sign in (-1.0, 1.0) for magnitude in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0))


def quantized_tensors() -> dict[str, RawTensor]:
    """Every tensor of `quantized.safetensors`, by name."""
    return {**controls(), **outliers(), **clipped(), **quantized_before(), **discrete(), **corners()}


def draw(name: str, *shape: int) -> Values:
    """Normal deviates of the usual size, those of `name`."""
    return gaussian(f"quantized {name}", shape, DEVIATION)


def controls() -> dict[str, RawTensor]:
    """Ordinary weights: a matrix, a convolution, and rows that blocks do not divide."""
    return {
        "healthy.bfloat.weight": stored("BF16", bfloat(draw("bfloat", 64, 128))),
        "healthy.half.weight": stored("F16", half(draw("convolution", 32, 16, 3, 3))),
        "healthy.single.weight": stored("F32", single(draw("single", 24, 100))),
    }


def outliers() -> dict[str, RawTensor]:
    """Columns that are far too large, and rows with one element that is; of the controls one row, or not so large."""
    channels, mild = draw("channels", 12, 2048), draw("mild channels", 12, 512)
    channels[:, OUTLIER_CHANNELS] *= 90
    mild[:, MILD_CHANNEL] *= 8
    elements, few = draw("elements", 32, 512), draw("few elements", 32, 256)
    elements[np.arange(32), places("elements", 32, 512)] = 25 * DEVIATION
    few[5, 77] = 25 * DEVIATION
    return {
        "outlier_channels.weight": stored("BF16", bfloat(channels)),
        "outlier_channels.control.weight": stored("BF16", bfloat(mild)),
        "outlier_elements.weight": stored("BF16", bfloat(elements)),
        "outlier_elements.control.weight": stored("BF16", bfloat(few)),
    }


def places(name: str, count: int, below: int) -> Words:
    """Random whole numbers from 0 on below `below`, a power of two."""
    return (random_words(f"quantized places of {name}", count) & np.uint64(below - 1)).astype(np.int64)


def clipped() -> dict[str, RawTensor]:
    """Uniform within 1/sqrt(inputs), as `torch.nn.Linear` begins: 64 inputs end at a power of two, 96 do not."""
    return {
        "uniform.weight": stored("BF16", bfloat(uniform("uniform", (64, 64), 0.125))),
        "uniform.control.weight": stored("BF16", bfloat(uniform("uniform control", (64, 96), 96**-0.5))),
    }


def uniform(name: str, shape: tuple[int, int], bound: float) -> Values:
    """Uniform deviates between -bound and bound."""
    words = random_words(f"quantized {name}", shape[0] * shape[1]) >> np.uint64(12)
    return np.asarray(bound * ((words.astype(np.float64) + 0.5) * 2.0**-51 - 1).reshape(shape))


def quantized_before() -> dict[str, RawTensor]:
    """What a quantizer wrote back as floats; of the control the scales stand, and the numbers were trained on."""
    int4 = blockwise(draw("int4", 32, 256), 128, integers(4))
    trained_on = int4 + gaussian("quantized trained on", (32, 256), DEVIATION / 20)
    return {
        "stored_int4.weight": stored("BF16", bfloat(int4)),
        "stored_int4.control.weight": stored("BF16", bfloat(trained_on)),
        "stored_int8.weight": stored("F16", half(blockwise(draw("int8", 32, 256), 256, integers(8)))),
        "stored_nf4.weight": stored("F32", single(blockwise(draw("nf4", 16, 256), 64, table(NF4)))),
        "stored_mxfp4.weight": stored("BF16", bfloat(blockwise(draw("mxfp4", 32, 128), 32, microscaled))),
        "stored_float8.weight": stored("F16", half(blockwise(draw("float8", 32, 128), 32 * 128, float8_e4m3))),
    }


def blockwise(values: Values, length: int, quantized: Callable[[Values], Values]) -> Values:
    """Blocks of neighbours in a row, [blocks, length], each quantized for itself."""
    return quantized(values.reshape(-1, length)).reshape(values.shape)


def integers(bits: int) -> Callable[[Values], Values]:
    """Symmetric integers whose whole range the largest magnitude spans."""
    end = 2 ** (bits - 1)

    def quantized(blocks: Values) -> Values:
        scales = np.abs(blocks).max(axis=1, keepdims=True) / (end - 0.5)
        return np.asarray(np.clip(np.rint(blocks / scales), -end, end - 1) * scales)

    return quantized


def table(entries: tuple[float, ...]) -> Callable[[Values], Values]:
    """Entries of a table of -1 to 1, times the largest magnitude."""
    return lambda blocks: nearest(blocks, np.abs(blocks).max(axis=1, keepdims=True), entries)


def microscaled(blocks: Values) -> Values:
    """E2M1 under the power of two that OCP's floor rule gives."""
    return nearest(blocks, np.ldexp(1.0, np.frexp(np.abs(blocks).max(axis=1, keepdims=True))[1] - 3), E2M1)


def nearest(blocks: Values, scales: Values, entries: tuple[float, ...]) -> Values:
    """The entries next to the scaled numbers, times the scales."""
    distances = np.abs((blocks / scales)[..., np.newaxis] - np.array(entries))
    return np.asarray(np.array(entries)[distances.argmin(axis=-1)] * scales)


def float8_e4m3(blocks: Values) -> Values:
    """E4M3 of 4 significant bits from 2^-6 on, under a scale that makes the largest magnitude 448."""
    scales = np.abs(blocks).max(axis=1, keepdims=True) / 448
    steps = np.ldexp(1.0, np.maximum(np.frexp(np.abs(blocks / scales))[1], -5) - 4)
    return np.asarray(np.rint(blocks / scales / steps) * steps * scales)


def discrete() -> dict[str, RawTensor]:
    """Numbers of two and of three values, and some that are nearly of three."""
    scale = 0.05
    signs = np.sign(draw("binary", 32, 128))
    thirds = np.rint(np.clip(draw("ternary", 32, 128) / DEVIATION, -1, 1))
    nearly = thirds * scale + gaussian("quantized nearly ternary", (32, 128), scale / 20)
    return {
        "binary.weight": stored("BF16", bfloat(signs * scale)),
        "ternary.weight": stored("F16", half(thirds * scale)),
        "nearly_ternary.weight": stored("BF16", bfloat(nearly)),
    }


def corners() -> dict[str, RawTensor]:
    """Zeros alone, blocks of zeros, NaN and infinities, a vector."""
    blocks = draw("zero blocks", 16, 256)
    blocks[:, 64:192] = 0
    return {
        "zeros.weight": stored("F16", half(np.zeros((16, 64)))),
        "zero_blocks.weight": stored("BF16", bfloat(blocks)),
        "non_finite.weight": stored(
            "BF16", planted(bfloat(draw("non-finite", 32, 128)), [0x7FC0, 0x7F80, 0xFF80, 0x7FC0])
        ),
        "norm.bias": stored("BF16", bfloat(draw("vector", 512))),
    }
