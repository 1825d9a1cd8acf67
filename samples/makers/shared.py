"""A state dict in which several names look into one storage, as safetensors cannot hold it."""

import torch
from torch import Tensor

from makers.gaussian import gaussian


def shared_storage() -> dict[str, Tensor]:
    """One embedding under five names, one of them with bytes of its own."""
    embedding = torch.from_numpy(gaussian("shared storage", (48, 32), 0.25)).to(torch.float16)
    return {
        "embed.weight": embedding,
        "tied.weight": embedding,
        "transposed.weight": embedding.t(),
        "rows.weight": embedding[8:24],
        "copied.weight": embedding.clone(),
        "alone.weight": torch.from_numpy(gaussian("alone", (32, 32), 0.25)).to(torch.float16),
    }
