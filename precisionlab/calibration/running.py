"""Running a model for measurement: in evaluation mode, batch by batch, and left as it was found."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from precisionlab.calibration.batches import Batch, Batches, call, on_device, refuse_one
from precisionlab.errors import UsageError


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; then each module's mode, and torch's random generators, are as before.

    The modes are set one by one: `model.eval()` may do more where it is overridden, such as merging adapters.
    """
    modes = [(module, module.training) for module in model.modules()]
    with torch.random.fork_rng(_cuda_devices(model)), torch.inference_mode(mode=False):
        try:
            for module, _ in modes:
                module.training = False
            yield
        finally:
            for module, training in modes:
                module.training = training


def outputs(model: nn.Module, batches: Batches) -> Iterator[tuple[Batch, object]]:
    """Each batch, on the model's device, with what the model returns for it.

    Raises:
        UsageError: there are no batches, or one batch instead of several.
    """
    refuse_one(batches)
    device = _input_device(model)
    is_empty = True
    for batch in batches:
        is_empty = False
        placed = on_device(batch, device)
        yield placed, call(model, placed)
    if is_empty:
        raise UsageError("batches", "there are none", "give at least one; an iterator that was used up gives none")


def _input_device(model: nn.Module) -> torch.device:
    """Where the first parameter lies that lies anywhere."""
    return next((p.device for p in model.parameters() if not p.is_meta), torch.device("cpu"))


def _cuda_devices(model: nn.Module) -> list[int]:
    return sorted({p.device.index for p in model.parameters() if p.is_cuda})
