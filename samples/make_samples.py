"""Make every sample checkpoint anew: `python samples/make_samples.py [--output DIR]`.

Every run gives the same, on other machines too (README.md says exactly what stays the same).
Needs torch, numpy and safetensors, one core, and 20 seconds, nearly all of it for the training.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from makers.accumulated import accumulated_tensors
from makers.changed import changed_tensors
from makers.exports import write_arrays, write_sharded, write_training_state, write_unused_precision
from makers.healthy import healthy_tensors
from makers.hostile import HOSTILE_METADATA, hostile_tensors
from makers.quantized import quantized_tensors
from makers.raw_safetensors import safetensors_bytes
from makers.shared import shared_storage
from makers.sick import sick_tensors
from makers.structured import structured_tensors
from makers.summed import summed_tensors
from makers.tiny_transformer import Config, Training, batches, train, untrained
from makers.tuned import base_tensors, tuned_tensors

SAMPLES = Path(__file__).parent


def write_planted(folder: Path) -> None:
    """The checkpoints that need no training."""
    plain = {"format": "pt"}
    (folder / "sick.safetensors").write_bytes(safetensors_bytes(sick_tensors(), plain))
    (folder / "healthy.safetensors").write_bytes(safetensors_bytes(healthy_tensors(), plain))
    (folder / "changed.safetensors").write_bytes(safetensors_bytes(changed_tensors(), plain))
    (folder / "base.safetensors").write_bytes(safetensors_bytes(base_tensors(), plain))
    (folder / "tuned.safetensors").write_bytes(safetensors_bytes(tuned_tensors(), plain))
    (folder / "hostile-names.safetensors").write_bytes(safetensors_bytes(hostile_tensors(), HOSTILE_METADATA))
    (folder / "accumulation.safetensors").write_bytes(safetensors_bytes(accumulated_tensors(), plain))
    (folder / "quantized.safetensors").write_bytes(safetensors_bytes(quantized_tensors(), plain))
    (folder / "summation.safetensors").write_bytes(safetensors_bytes(summed_tensors(), plain))
    (folder / "structure.safetensors").write_bytes(safetensors_bytes(structured_tensors(), plain))
    torch.save(shared_storage(), folder / "shared-storage.pth")


def write_trained(folder: Path) -> None:
    """Train the tiny transformer, saying how its loss falls, and save it in every form."""
    config, training = Config(), Training()
    model = untrained(config)
    passages = batches((SAMPLES / "text.txt").read_bytes(), config, training)
    optimizer, losses = train(model, passages, training)
    for step in (1, *range(40, training.steps + 1, 40)):
        print(f"step {step:3}: loss {losses[step - 1]:.3f} nats a byte")
    write_sharded(folder / "tiny-transformer", model, config)
    write_training_state(folder / "tiny-transformer-fp16.pth", model, optimizer, config)
    write_unused_precision(folder / "tiny-transformer-bf16-in-fp32.safetensors", model)
    write_arrays(folder / "tiny-transformer.npz", folder / "tiny-transformer-compressed.npz", model)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write all samples to the folder that `--output` names, by default the one of this script."""
    parser = argparse.ArgumentParser(description="Make the sample checkpoints of precisionlab.")
    parser.add_argument("--output", type=Path, default=SAMPLES, metavar="DIR", help="default: beside this script")
    folder: Path = parser.parse_args(arguments).output
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    folder.mkdir(parents=True, exist_ok=True)
    write_planted(folder)
    write_trained(folder)


if __name__ == "__main__":
    main()
