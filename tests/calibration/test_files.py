"""Files of measurements: read back by the safetensors library, with what they are in their metadata."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import nn

from precisionlab.calibration import measure_activations, measure_sensitivity, save_activations, save_sensitivity
from precisionlab.checkpoints import open_checkpoint
from precisionlab.errors import UsageError

SAVE = {"sensitivity": save_sensitivity, "activations": save_activations}
by_kind = pytest.mark.parametrize(("kind", "save"), SAVE.items(), ids=SAVE.keys())


@by_kind
def test_files_hold_what_was_measured(kind: str, save: Callable[..., None], tmp_path: Path) -> None:
    """Every name with its numbers in float32, of any shape and layout; the metadata say what it is."""
    shared = torch.rand(3, 4)
    measured = {
        "a.weight": shared,
        "b.weight": shared,
        "strided": shared.T,
        "scalar": torch.tensor(2.0),
        "empty": torch.ones(0, 3),
        "double": torch.tensor([0.1], dtype=torch.float64),
        "parameter": nn.Parameter(torch.ones(2)),
        "": torch.ones(1),
    }
    save(tmp_path / "file.safetensors", measured, batches=4, seed=0, texts="novels")
    with safe_open(tmp_path / "file.safetensors", "pt") as file:
        assert file.metadata() == {
            "precisionlab": kind, "version": "1", "batches": "4", "seed": "0", "texts": "novels"
        }  # fmt: skip
        assert set(file.keys()) == set(measured)
        assert all(torch.equal(file.get_tensor(name), tensor.detach().float()) for name, tensor in measured.items())


def test_files_open_as_checkpoints(tmp_path: Path) -> None:
    """As scans do it: the measured names and shapes of a model."""
    model = nn.Sequential(nn.Linear(3, 2))
    save_sensitivity(str(tmp_path / "fisher.safetensors"), measure_sensitivity(model, [torch.ones(1, 3)]))
    save_activations(str(tmp_path / "activations.safetensors"), measure_activations(model, [torch.ones(1, 3)]))
    with open_checkpoint(tmp_path / "fisher.safetensors") as checkpoint:
        assert {info.name: info.shape for info in checkpoint.tensors} == {"0.weight": (2, 3), "0.bias": (2,)}
    with open_checkpoint(tmp_path / "activations.safetensors") as checkpoint:
        assert {info.name: info.shape for info in checkpoint.tensors} == {"0": (3,)}


@by_kind
def test_nothing_measured_is_nothing_written(kind: str, save: Callable[..., None], tmp_path: Path) -> None:
    """The error says what to give."""
    with pytest.raises(UsageError, match=f"there are no {kind} to write; give what measure_{kind} returned"):
        save(tmp_path / "file.safetensors", {})
    assert not list(tmp_path.iterdir())


@by_kind
def test_notes_do_not_disguise_a_file(kind: str, save: Callable[..., None], tmp_path: Path) -> None:
    """Kind and version are ours to say."""
    save(tmp_path / "file.safetensors", {"a": torch.ones(1)}, precisionlab="else", version=7)
    with safe_open(tmp_path / "file.safetensors", "pt") as file:
        assert file.metadata() == {"precisionlab": kind, "version": "1"}
