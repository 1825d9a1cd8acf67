"""Tensors in memory, files beside a checkpoint, and what the `quantization` analyzer says."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from analyzers.quantization import analyze
from analyzers.quantization.options import Options
from precisionlab.analysis.results import Result, Scalar
from precisionlab.analysis.tensors import Tensor
from precisionlab.cli.main import main
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def tensor_of() -> Callable[..., Tensor]:
    """Array, and perhaps a name, the owner of its storage, a sensitivity and a calibration, to tensor."""
    return in_memory


@pytest.fixture(scope="session")
def answered() -> Callable[..., Result]:
    """Array or tensor, and options by name, to the analyzer's result."""

    def answer(of: Array | Tensor, **options: Any) -> Result:  # noqa: ANN401 - any option's value
        return analyze(of if isinstance(of, Tensor) else in_memory(of), Options(**options))

    return answer


@pytest.fixture(scope="session")
def measured(answered: Callable[..., Result]) -> Callable[..., Mapping[str, Scalar]]:
    """Array or tensor, and options by name, to measurements by key."""

    def measure(of: Array | Tensor, **options: Any) -> Mapping[str, Scalar]:  # noqa: ANN401 - any option's value
        return {one.metric.key: one.value for one in answered(of, **options).measurements}

    return measure


@pytest.fixture(scope="session")
def findings_of(answered: Callable[..., Result]) -> Callable[..., Mapping[str, str]]:
    """Array or tensor, and options by name, to the message of each code."""

    def find(of: Array | Tensor, **options: Any) -> Mapping[str, str]:  # noqa: ANN401 - any option's value
        return {finding.code: finding.message for finding in answered(of, **options).findings}

    return find


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
