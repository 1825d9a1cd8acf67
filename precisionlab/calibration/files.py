"""Writing what was measured to safetensors files that scans read."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from precisionlab.checkpoints.safetensors_writing import Entry, write_safetensors
from precisionlab.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

KIND_KEY = "precisionlab"
"""Metadata that says what a file holds: `sensitivity` or `activations`."""

VERSION = "1"
"""What names, shapes and numbers of such files mean; in the metadata under `version`."""


def save_sensitivity(path: str | Path, measured: "Mapping[str, Tensor]", **about: object) -> None:
    """Write what `measure_sensitivity` returned, as float32 under the same names; a tied parameter under each of its own.

    Args:
        path: of the file, which is replaced only when the new one is complete.
        measured: by parameter name, of the parameter's shape.
        about: how it was measured (batches=4, probes=1, seed=0, texts="..."): kept as text in the file's metadata.

    Raises:
        UsageError: there is nothing to write.
        CheckpointError: the file cannot be written.
    """
    _save(path, "sensitivity", measured, about)


def save_activations(path: str | Path, measured: "Mapping[str, Tensor]", **about: object) -> None:
    """Write what `measure_activations` returned, as float32 under the same names.

    Args:
        path: of the file, which is replaced only when the new one is complete.
        measured: by layer, one number for each input channel.
        about: how it was measured (batches=4, texts="..."): kept as text in the file's metadata.

    Raises:
        UsageError: there is nothing to write.
        CheckpointError: the file cannot be written.
    """
    _save(path, "activations", measured, about)


def _save(path: str | Path, kind: str, measured: "Mapping[str, Tensor]", about: Mapping[str, object]) -> None:
    if not measured:
        raise UsageError(str(path), f"there are no {kind} to write", f"give what measure_{kind} returned")
    entries = [
        Entry(name, "float32", tuple(tensor.shape), partial(_stored, tensor)) for name, tensor in measured.items()
    ]
    told = {name: str(value) for name, value in about.items()}
    write_safetensors(Path(path), entries, {**told, KIND_KEY: kind, "version": VERSION})


def _stored(tensor: "Tensor") -> "Iterator[NDArray[np.uint8]]":
    """The tensor's bytes, little-endian."""
    yield tensor.detach().cpu().float().contiguous().numpy().astype("<f4", copy=False).reshape(-1).view("u1")
