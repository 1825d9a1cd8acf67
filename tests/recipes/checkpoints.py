"""Small checkpoints on disk, what their tensors lose by direct computation, and losses that were never measured."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from precisionlab import fake_quantize
from precisionlab.analysis.quantization.targets import parse_target, parse_targets
from precisionlab.checkpoints import ByteRange, TensorInfo, open_checkpoint
from precisionlab.recipes.losses import Offer, TargetLoss, TensorLosses, is_quantizable, measured
from precisionlab.scanning.companions import opened
from precisionlab.scanning.settings import Settings

FIVE = ("int8_channel", "nvfp4", "int4_g128", "mxfp4", "int3_g128")


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32, scale: float = 0.05) -> torch.Tensor:
    """Heavy-tailed numbers, as weights are."""
    values = np.random.default_rng(seed).standard_t(4, shape) * scale
    return torch.from_numpy(np.asarray(values)).to(dtype)


def saved(path: Path, tensors: Mapping[str, torch.Tensor]) -> str:
    """A safetensors file of these."""
    save_file(dict(tensors), path)
    return str(path)


def decoder(n_layers: int = 2, dtype: torch.dtype = torch.bfloat16, width: int = 64) -> dict[str, torch.Tensor]:
    """A network of the names that the Hugging Face hub gives, with layers of unlike scales."""
    tensors = {"model.embed_tokens.weight": drawn(96, width, seed=1, dtype=dtype)}
    for i in range(n_layers):
        layer, scale = f"model.layers.{i}", 0.02 * 4**i
        for place, name in enumerate(("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")):
            tensors[f"{layer}.{name}.weight"] = drawn(width, width, seed=10 * i + place, dtype=dtype, scale=scale)
        tensors[f"{layer}.mlp.gate_proj.weight"] = drawn(2 * width, width, seed=10 * i + 5, dtype=dtype, scale=scale)
        tensors[f"{layer}.mlp.up_proj.weight"] = drawn(2 * width, width, seed=10 * i + 6, dtype=dtype, scale=scale)
        tensors[f"{layer}.mlp.down_proj.weight"] = drawn(width, 2 * width, seed=10 * i + 7, dtype=dtype, scale=scale)
        tensors[f"{layer}.input_layernorm.weight"] = torch.ones(width, dtype=dtype)
    tensors["lm_head.weight"] = drawn(96, width, seed=2, dtype=dtype)
    return tensors


def losses_in(path: str, names: Iterable[str], sensitivity: str | None = None, threads: int = 1) -> list[TensorLosses]:
    """What the command measures of all matrices."""
    settings, targets = Settings(sensitivity=sensitivity, threads=threads), parse_targets(names)
    with open_checkpoint(path) as checkpoint, opened(settings) as companions:
        offers = [Offer(info, targets) for info in checkpoint.tensors if is_quantizable(info)]
        events = list(measured(offers, settings, companions))
    return [event for event in events if isinstance(event, TensorLosses)]


@dataclass(frozen=True)
class Direct:
    """What a tensor loses, of all elements at once, each sum correctly rounded."""

    energy: float
    squared_error: float
    weighted_energy: float
    weighted_error: float

    @property
    def sqnr_db(self) -> float:
        """Signal over noise."""
        return 10 * math.log10(self.energy / self.squared_error)


def direct(values: torch.Tensor, name: str, weights: torch.Tensor | None = None) -> Direct:
    """The loss of a block format without NaN or infinities, through `fake_quantize`."""
    x = values.double()
    error = fake_quantize(values.float(), name).double() - x
    w = torch.ones_like(x) if weights is None else weights.double().expand_as(x)
    return Direct(*(math.fsum(terms.reshape(-1).tolist()) for terms in (x * x, error**2, w * x * x, w * error**2)))


def info_of(name: str, shape: tuple[int, ...] = (8, 16), dtype: str = "bfloat16") -> TensorInfo:
    """A header that no file has."""
    return TensorInfo(name, dtype, shape, ByteRange("nowhere", 0, 0))


@dataclass(frozen=True)
class Cell:
    """What a tensor is said to lose in a format."""

    bits: int
    squared_error: float
    weighted_error: float | None = None
    failure: str = ""


def said(name: str, cells: Mapping[str, Cell], energy: float = 1.0, weighted: float | None = None) -> TensorLosses:
    """Losses that were never measured."""
    targets = {
        target: TargetLoss(
            parse_target(target),
            cell.bits,
            cell.squared_error,
            cell.weighted_error,
            10 * math.log10(energy / cell.squared_error) if cell.squared_error and energy else math.inf,
            cell.failure,
        )
        for target, cell in cells.items()
    }
    return TensorLosses(info_of(name), energy, weighted, targets)


def names_of(losses: Sequence[TensorLosses]) -> list[str]:
    """Of the tensors."""
    return [one.info.name for one in losses]
