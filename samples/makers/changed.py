"""`healthy.safetensors` after some accidents, to be compared with it: one a tensor, and controls."""

import numpy as np
import torch

from makers.gaussian import gaussian
from makers.healthy import LAYER_SHAPES, weights
from makers.raw_safetensors import RawTensor
from makers.words import Values, bfloat, float8, half, planted, single, stored

ENCODER, DECODER = "encoder.layers.0", "decoder.layers.0"
MOVED = (3, 5)
"""The element that is one unit in the last place larger, or of the other sign."""
SIGN = 1 << 15
NAN = 0x7FC0
STEP = 1e-3
"""Of a fine-tuning, over the weights' own size."""
ADAPTER_STEP, ADAPTER_RANK = 3e-3, 4
"""Of an adapter that was merged, over the weights' own size, and its rank."""


def changed_tensors() -> dict[str, RawTensor]:
    """Every tensor of `changed.safetensors`, by name."""
    return {**cast(), **moved(), **adapted(), **replaced()}


def original(name: str) -> Values:
    """The values that the healthy tensor was rounded from."""
    side, _, rest = name.partition(".layers.")
    del side
    return weights(name, LAYER_SHAPES[rest.partition(".")[2]])


def cast() -> dict[str, RawTensor]:
    """A round trip through E4M3, the same numbers in a wider type, and a cast from float16 to bfloat16."""
    trip, wider, other = (
        f"{ENCODER}.attention.q_proj.weight",
        f"{ENCODER}.mlp.up_proj.bias",
        f"{DECODER}.attention.o_proj.bias",
    )
    narrow = float8(kept_bfloat(original(trip)), torch.float8_e4m3fn)
    returned = torch.from_numpy(narrow).view(torch.float8_e4m3fn).double().numpy()
    return {
        trip: stored("BF16", bfloat(returned)),
        wider: stored("F32", single(kept_bfloat(original(wider)))),
        other: stored("BF16", bfloat(original(other).astype(np.float16).astype(np.float64))),
    }


def kept_bfloat(values: Values) -> Values:
    """What bfloat16 keeps of the values."""
    return torch.from_numpy(values).to(torch.bfloat16).double().numpy()


def moved() -> dict[str, RawTensor]:
    """One element of each moved: by a unit in the last place, to the other sign, to NaN; or all a little."""
    ulp, sign, nan, tuned = (
        f"{DECODER}.attention.q_proj.weight",
        f"{DECODER}.attention.k_proj.weight",
        f"{ENCODER}.attention.k_proj.weight",
        f"{DECODER}.attention.v_proj.weight",
    )
    larger, flipped = half(original(ulp)), half(original(sign))
    larger[MOVED] += 1
    flipped[MOVED] ^= SIGN
    step = STEP * gaussian("changed step", LAYER_SHAPES["attention.v_proj.weight"], 64**-0.5)
    return {
        ulp: stored("F16", larger),
        sign: stored("F16", flipped),
        nan: stored("BF16", planted(bfloat(original(nan)), [NAN])),
        tuned: stored("F16", half(original(tuned) + step)),
    }


def adapted() -> dict[str, RawTensor]:
    """A low-rank update, added to the stored numbers and rounded to the stored type."""
    name = f"{ENCODER[:-1]}1.attention.q_proj.weight"
    n_rows, n_columns = LAYER_SHAPES["attention.q_proj.weight"]
    left, right = (
        gaussian("adapter B", (n_rows, ADAPTER_RANK), 1.0),
        gaussian("adapter A", (ADAPTER_RANK, n_columns), 1.0),
    )
    # Outer products one after the other: the order in which libraries add up matrix products is their own.
    update = sum((np.outer(left[:, i], right[i]) for i in range(ADAPTER_RANK)), np.zeros((n_rows, n_columns)))
    step = ADAPTER_STEP * n_columns**-0.5 / ADAPTER_RANK**0.5
    return {name: stored("BF16", bfloat(kept_bfloat(original(name)) + step * update))}


def replaced() -> dict[str, RawTensor]:
    """A tensor that is as it was, one of half the length, and a new one."""
    same, shorter = f"{ENCODER}.norm.weight", f"{DECODER}.norm.weight"
    return {
        same: stored("BF16", bfloat(original(same))),
        shorter: stored("F16", half(original(shorter)[:32])),
        "adapter.weight": stored("F16", half(gaussian("changed adapter", (8, 64), 0.125))),
    }
