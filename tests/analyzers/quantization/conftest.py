"""Tensors in memory, files beside a checkpoint, and what the `quantization` analyzer says."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from analyzers import quantization
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.tensors import Tensor
from precisionlab.cli.main import main
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """`quantization`."""
    return quantization.analyzer


@pytest.fixture(scope="session")
def tensor_of() -> Callable[..., Tensor]:
    """Array, and perhaps a name, the owner of its storage, a sensitivity and a calibration, to tensor."""
    return in_memory


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., str]:
    """Writes arrays by the official library under a file name, and tells where."""

    def write(arrays: Mapping[str, Array], name: str = "model") -> str:
        path = tmp_path / f"{name}.safetensors"
        save_file(dict(arrays), path)
        return str(path)

    return write


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `precisionlab` in this process, in a folder of its own: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run
