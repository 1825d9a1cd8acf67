"""A checkpoint for accumulating: layers whose dot products some accumulators spoil, and their controls.

Every fault has a twin, `….control.weight`, that has just not enough of it.
"""

import numpy as np
import torch

from makers.gaussian import gaussian
from makers.raw_safetensors import RawTensor
from makers.words import Values, bfloat, float8, half, single, stored

DEVIATION = 0.02


def accumulated_tensors() -> dict[str, RawTensor]:
    """Every tensor of `accumulation.safetensors`, by name."""
    return {**overflowing(), **truncated(), **long_rows()}


def draw(name: str, deviation: float, *shape: int) -> Values:
    """Normal deviates, those of `name`."""
    return gaussian(f"accumulated {name}", shape, deviation)


def overflowing() -> dict[str, RawTensor]:
    """Outputs beyond float32, and sums of several hundred products beyond float16, whose weights are all finite."""
    return {
        "overflows_single.weight": stored("F32", single(draw("single", 3e37, 8, 64))),
        "overflows_single.control.weight": stored("F32", single(draw("single", 3.0, 8, 64))),
        "overflows_half.weight": stored("F16", half(draw("half", 2000.0, 8, 512))),
        "overflows_half.control.weight": stored("F16", half(draw("half", 200.0, 8, 512))),
    }


def truncated() -> dict[str, RawTensor]:
    """FP8 weights of one sign, so that sums grow far beyond their terms; of the control both signs."""
    weights = draw("float8", 0.5, 8, 1024)
    return {
        "truncated_float8.weight": stored("F8_E4M3", float8(np.abs(weights), torch.float8_e4m3fn)),
        "truncated_float8.control.weight": stored("F8_E4M3", float8(weights, torch.float8_e4m3fn)),
    }


def long_rows() -> dict[str, RawTensor]:
    """Rows over which a running sum in bfloat16 loses half of its digits, and shorter ones."""
    return {
        "long_rows.weight": stored("BF16", bfloat(draw("long", DEVIATION, 2, 8192))),
        "long_rows.control.weight": stored("BF16", bfloat(draw("short", DEVIATION, 32, 512))),
    }
