"""The command as a process, and in this process."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from precisionlab.cli.main import main

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 120

Process = Callable[..., subprocess.CompletedProcess[str]]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def environment() -> Mapping[str, str]:
    """This process' variables without what changes the output; the working tree comes first on the path."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "TERM"}}
    return {**kept, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory, environment: Mapping[str, str]) -> Process:
    """Runs the command as a process, in an empty folder where none is given."""
    empty = tmp_path_factory.mktemp("empty")

    def run(
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        cwd: Path = empty,
        stdout: int = subprocess.PIPE,
        through: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*through, sys.executable, "-m", "precisionlab", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**environment, **(variables or {})},
            encoding="utf-8",
            errors="surrogateescape",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command in this process, in a folder of its own: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(arguments)
        except SystemExit as end:  # of --help and --version
            code = int(end.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


@pytest.fixture(scope="session")
def sick() -> str:
    """A sample with findings of every severity."""
    return str(ROOT / "samples" / "sick.safetensors")


@pytest.fixture(scope="session")
def healthy() -> str:
    """A sample without findings."""
    return str(ROOT / "samples" / "healthy.safetensors")


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of many gigabytes, nearly all of it a hole that takes no disk."""
    path = tmp_path_factory.mktemp("large") / "large.safetensors"
    n_tensors, n_bytes = 500, 64 << 20
    entries = ",".join(
        f'"layers.{i}.weight":{{"dtype":"F16","shape":[4096,{n_bytes // 8192}],'
        f'"data_offsets":[{i * n_bytes},{(i + 1) * n_bytes}]}}'
        for i in range(n_tensors)
    )
    header = f"{{{entries}}}".encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + n_tensors * n_bytes)
    return str(path)
