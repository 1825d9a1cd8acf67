"""The worked example of CONTRIBUTING.md that adds a container is code that runs."""

import re
import struct
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from precisionlab.checkpoints import CheckpointError, FileReader, containers, find_checkpoints, open_checkpoint

GUIDE = Path(__file__).parents[2] / "CONTRIBUTING.md"
MODULE = "precisionlab.checkpoints.raw32"


@pytest.fixture
def _raw32(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide's container, through its line in the table."""
    if not GUIDE.exists():
        pytest.skip("no CONTRIBUTING.md beside the packages: its examples are not run")
    section = re.search(r"^## Add a container\n(.*?)(?=^## |\Z)", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert section, "CONTRIBUTING.md does not tell how to add a container"
    source, line = re.findall(r"^```python\n(.*?)^```", section[1], re.DOTALL | re.MULTILINE)
    module = ModuleType(MODULE)
    exec(source, vars(module))  # noqa: S102 (our own guide, and what is under test)
    added = eval(f"({line})")  # noqa: S307 (as above)
    monkeypatch.setitem(sys.modules, MODULE, module)
    monkeypatch.setattr(containers, "MODULES", (*containers.MODULES, *added))


def _write(path: Path, count: int, content: bytes) -> None:
    path.write_bytes(struct.pack("<8sQ", b"RAW32\n\x1a\0", count) + content)


@pytest.mark.usefixtures("_raw32")
@pytest.mark.parametrize("name", ["bias.raw32", "bias"])
def test_a_new_container_is_opened_and_found(tmp_path: Path, name: str) -> None:
    """By its content under any name, by its suffix in a folder; its tensor is read."""
    array = np.arange(5, dtype="<f4")
    _write(tmp_path / name, 5, array.tobytes())
    if name.endswith(".raw32"):
        assert find_checkpoints(str(tmp_path)) == (str(tmp_path),)
    buffer = np.empty(5, "<f4")
    with open_checkpoint(tmp_path / name) as checkpoint, FileReader() as reader:
        (tensor,) = checkpoint.tensors
        reader.read_into(tensor.location, 0, buffer.data)
    assert (checkpoint.container, tensor.name, tensor.dtype, tensor.shape) == ("raw32", "bias", "float32", (5,))
    assert np.array_equal(buffer, array)


@pytest.mark.usefixtures("_raw32")
@pytest.mark.parametrize(("count", "n_bytes"), [(5, 19), (5, 21), (2**62, 0), (2**64 - 1, 4)])
def test_a_new_container_believes_no_header(tmp_path: Path, count: int, n_bytes: int) -> None:
    """A count that the file's size does not bear out is one clear error."""
    _write(tmp_path / "x.raw32", count, bytes(n_bytes))
    with pytest.raises(CheckpointError, match="elements that its header promises"):
        open_checkpoint(tmp_path / "x.raw32")
    (tmp_path / "x.raw32").write_bytes(b"RAW32\n\x1a\0")
    with pytest.raises(CheckpointError, match="is too short for a raw32 header"):
        open_checkpoint(tmp_path / "x.raw32")
