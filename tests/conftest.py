"""How Hypothesis searches (with new examples each time by hand, with the same ones in CI), and packages put in place."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

Install = Callable[..., None]

settings.register_profile("development", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "development")


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """On small arrays torch's threads mostly wait for one another, and long where others use the cores too."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
