"""A checkpoint for summing: tensors whose plain sums go wrong in float32, and controls that have nearly the same numbers.

Each is wrong for the order and the sizes of its elements; what is wrong is the sum, never an element.
"""

import numpy as np

from makers.gaussian import gaussian, random_words
from makers.raw_safetensors import RawTensor
from makers.words import Values, bfloat, half, planted, single, stored

ROWS, COLUMNS = 96, 128
N = ROWS * COLUMNS

FREQUENT = 1.0
"""The second moment of the first element of an embedding, which every batch moves."""
RARE = (2e-8, 5.5e-8)
"""Those of all others: each is less than half of a unit in the last place of 1, 2^-24 = 5.96e-8."""
RARER = (2e-12, 5.5e-12)
"""Those of the control: so small that all of them together do not matter."""


def summed_tensors() -> dict[str, RawTensor]:
    """Every tensor of `summation.safetensors`, by name."""
    return {**controls(), **stagnating(), **cancelling(), **corners()}


def controls() -> dict[str, RawTensor]:
    """Ordinary weights of three types, 48 by 64."""
    return {
        "healthy.single.weight": stored("F32", single(gaussian("summed single", (48, 64), 0.02))),
        "healthy.bfloat.weight": stored("BF16", bfloat(gaussian("summed bfloat", (48, 64), 0.02))),
        "healthy.half.weight": stored("F16", half(gaussian("summed half", (48, 64), 0.02))),
    }


def stagnating() -> dict[str, RawTensor]:
    """One large element before many small ones."""
    outlier = np.full((ROWS, COLUMNS), 0.2)
    outlier[0, 0] = 1024
    last = outlier[::-1, ::-1].copy()
    return {
        "optimizer.embed.exp_avg_sq": stored("F32", single(behind(FREQUENT, spread("rare", *RARE)))),
        "optimizer.embed.control.exp_avg_sq": stored("F32", single(behind(FREQUENT, spread("rarer", *RARER)))),
        "outlier_first.weight": stored("F16", half(outlier)),
        "outlier_first.control.weight": stored("F16", half(last)),
    }


def spread(name: str, low: float, high: float) -> Values:
    """Numbers between two, evenly spread."""
    words = random_words(f"summed {name}", N) >> np.uint64(12)
    return np.asarray(low + (high - low) * ((words.astype(np.float64) + 0.5) * 2.0**-52))


def behind(first: float, others: Values) -> Values:
    """The same as a matrix, with one number in the place of the first."""
    values = others.reshape(ROWS, COLUMNS).copy()
    values[0, 0] = first
    return values


def cancelling() -> dict[str, RawTensor]:
    """One number in the upper half and another of the other sign in the lower; in the control they take turns."""
    values = np.repeat([0.1, -0.097], N // 2)
    return {
        "two_signs.weight": stored("F32", single(values.reshape(ROWS, COLUMNS))),
        "two_signs.control.weight": stored("F32", single(values.reshape(2, -1).T.reshape(ROWS, COLUMNS))),
    }


def corners() -> dict[str, RawTensor]:
    """Squares beyond float16, numbers that are none, zeros, float64, a vector, and too few elements."""
    return {
        "overflowing.weight": stored("F16", half(gaussian("summed overflowing", (32, 32), 200))),
        "non_finite.weight": stored(
            "BF16", planted(bfloat(gaussian("summed non-finite", (32, 32), 0.02)), [0x7FC0, 0x7F80, 0xFF80])
        ),
        "zeros.weight": stored("F16", half(np.zeros((16, 64)))),
        "double.weight": stored("F64", gaussian("summed double", (16, 64), 0.02).view(np.uint64)),
        "norm.weight": stored("BF16", bfloat(1 + gaussian("summed norm", (512,), 0.1))),
        "short.bias": stored("BF16", bfloat(gaussian("summed short", (64,), 0.02))),
    }
