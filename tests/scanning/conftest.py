"""Checkpoints that several tests of scanning use."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

Save = Callable[[Mapping[str, NDArray[np.generic]]], str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes arrays by the official library, and tells where."""

    def write(arrays: Mapping[str, NDArray[np.generic]]) -> str:
        path = tmp_path / "model.safetensors"
        save_file(dict(arrays), path)
        return str(path)

    return write


@pytest.fixture
def small(save: Save) -> str:
    """A checkpoint of three small tensors."""
    values = np.random.default_rng(1)
    return save({f"layers.{i}.weight": values.standard_normal((8, 16)).astype(np.float32) for i in range(3)})
