"""`base.safetensors`, and `tuned.safetensors`: the same model after what tools do to a checkpoint as a whole."""

import numpy as np

from makers.gaussian import gaussian
from makers.raw_safetensors import RawTensor
from makers.words import Values, half, single, stored

N_LAYERS, WIDTH, N_TOKENS = 3, 32, 48
STEP = 1e-2
"""Of the fine-tuning, over the weights' own size."""
LONGEST = 127
"""The largest int8 that symmetric quantization gives."""


def base_tensors() -> dict[str, RawTensor]:
    """Every tensor of `base.safetensors`, by name, in float32; head and embedding are the same bytes."""
    return {name: stored("F32", single(values)) for name, values in weights().items()}


def tuned_tensors() -> dict[str, RawTensor]:
    """Every tensor of `tuned.safetensors`, by name: those of the base below `model.`."""
    known = weights()
    return {f"model.{name}": tensor for some in map(tuned, known, known.values()) for name, tensor in some.items()}


def weights() -> dict[str, Values]:
    """The base's numbers."""
    embedding = gaussian("base embed", (N_TOKENS, WIDTH), 1.0)
    found = {"embed_tokens.weight": embedding, "lm_head.weight": embedding}
    for layer in range(N_LAYERS):
        for projection in ("q_proj", "v_proj", "o_proj"):
            name = f"layers.{layer}.{projection}.weight"
            found[name] = gaussian(f"base {name}", (WIDTH, WIDTH), WIDTH**-0.5)
        found[f"layers.{layer}.norm.weight"] = 1 + gaussian(f"base norm {layer}", (WIDTH,), 0.1)
    return found


def tuned(name: str, values: Values) -> dict[str, RawTensor]:
    """What became of a tensor of the base: the embedding and norms stayed, all else was trained, some was cast or quantized."""
    if name.startswith("embed") or "norm" in name:
        return {name: stored("F32", single(values))}
    trained = values + STEP * gaussian(f"tuned {name}", values.shape, float(WIDTH**-0.5))
    if "v_proj" in name and f".{N_LAYERS - 1}." not in name:
        return {name: stored("F16", half(trained))}
    if "o_proj" in name:
        scales = np.abs(trained).max(axis=1, keepdims=True) / LONGEST
        codes = np.rint(trained / scales).astype(np.int8)
        return {name: stored("I8", codes.view(np.uint8)), f"{name}_scale": stored("F32", single(scales))}
    return {name: stored("F32", single(trained))}
