"""The trained model in the forms that people meet it in."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from makers.tiny_transformer import Config, TinyTransformer

TIED = "lm_head.weight"
"""The head is the token embedding; safetensors cannot share storage, so it is left out there."""

FROM_TORCH = {"format": "pt"}
"""What readers of safetensors look for to know whose tensors these are."""

N_SHARDS = 2


def rounded(model: TinyTransformer, dtype: torch.dtype) -> dict[str, Tensor]:
    """The weights rounded to nearest even, the tied head left out."""
    return {name: weight.to(dtype) for name, weight in model.state_dict().items() if name != TIED}


def write_sharded(folder: Path, model: TinyTransformer, config: Config) -> None:
    """A Hugging Face model folder: bfloat16 shards, their index, and the configuration."""
    folder.mkdir(exist_ok=True)
    weights = rounded(model, torch.bfloat16)
    files = shard_files(weights)
    for file in sorted(set(files.values())):
        save_file({name: weights[name] for name in files if files[name] == file}, folder / file, metadata=FROM_TORCH)
    total = {"total_size": sum(weight.nbytes for weight in weights.values())}
    write_json(folder / "model.safetensors.index.json", {"metadata": total, "weight_map": files})
    write_json(folder / "config.json", described(config))


def shard_files(weights: Mapping[str, Tensor]) -> dict[str, str]:
    """The shard of each tensor, by name: in order, the shards about equal in bytes."""
    sizes = [weight.nbytes for weight in weights.values()]
    starts = accumulate(sizes, initial=0)
    shards = [1 + start * N_SHARDS // sum(sizes) for start in starts]
    return {
        name: f"model-{shard:05}-of-{N_SHARDS:05}.safetensors" for name, shard in zip(weights, shards, strict=False)
    }


def described(config: Config) -> dict[str, object]:
    """The configuration as Hugging Face's `config.json` holds one."""
    return {
        "architectures": ["TinyTransformer"],
        "model_type": "tiny_transformer",
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        **asdict(config),
    }


def write_json(path: Path, content: dict[str, object]) -> None:
    """Indented JSON with a newline at its end."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")


def write_training_state(path: Path, model: TinyTransformer, optimizer: torch.optim.Optimizer, config: Config) -> None:
    """What a training run saves to go on later: float16 weights, float32 moments, and where it stood."""
    weights = rounded(model, torch.float16)
    weights[TIED] = weights["model.embed_tokens.weight"]
    state = optimizer.state_dict()
    moments = {
        index: {name: buffer.to(torch.float32) for name, buffer in buffers.items()}
        for index, buffers in state["state"].items()
    }
    checkpoint = {
        "model": weights,
        "optimizer": {"state": moments, "param_groups": state["param_groups"]},
        "step": int(moments[0]["step"].item()),
        "config": asdict(config),
    }
    torch.save(checkpoint, path)


def first_layer(model: TinyTransformer, dtype: torch.dtype) -> dict[str, Tensor]:
    """The rounded weights of the first layer, for forms in which the whole model would be too large."""
    return {name: weight for name, weight in rounded(model, dtype).items() if name.startswith("model.layers.0.")}


def write_unused_precision(path: Path, model: TinyTransformer) -> None:
    """The first layer in float32 that holds only what bfloat16 can hold."""
    widened = {name: weight.float() for name, weight in first_layer(model, torch.bfloat16).items()}
    save_file(widened, path, metadata=FROM_TORCH)


def write_arrays(plain: Path, compressed: Path, model: TinyTransformer) -> None:
    """The first layer as float32 arrays, stored plainly; its query projection and norms again, compressed."""
    arrays = {name: weight.numpy() for name, weight in first_layer(model, torch.float32).items()}
    few = {name: array for name, array in arrays.items() if "norm" in name or "q_proj" in name}
    np.savez(plain, **arrays)  # type: ignore[arg-type]  # no array is named allow_pickle
    np.savez_compressed(compressed, **few)  # type: ignore[arg-type]  # nor here
