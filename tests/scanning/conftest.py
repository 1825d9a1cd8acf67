"""Checkpoints, analyzers and installed packages that several tests of scanning use."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

Save = Callable[[Mapping[str, NDArray[np.generic]]], str]
Install = Callable[..., None]


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


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a package with analyzers on the path, as pip would: its modules, and its entry points by name."""

    def put(package: str, entry_points: Mapping[str, str], **modules: str) -> None:
        folder = tmp_path / package
        metadata = folder / f"{package}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in entry_points.items())
        (metadata / "entry_points.txt").write_text(f"[precisionlab.analyzers]\n{lines}")
        for name, source in modules.items():
            (folder / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(str(folder))

    return put
