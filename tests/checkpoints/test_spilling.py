"""The temporary files of a checkpoint: what they hold, and that none is left behind."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from precisionlab.checkpoints.model import ByteRange, Checkpoint
from precisionlab.checkpoints.spilling import ALIGNMENT, Spill
from precisionlab.errors import CheckpointError


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def _content(location: ByteRange) -> bytes:
    return Path(location.path).read_bytes()[location.offset :][: location.length]


def test_each_write_gives_back_where_its_bytes_lie() -> None:
    """Chunks are joined, ranges are aligned and do not touch each other, empty ones included."""
    spill = Spill("x")
    texts: list[list[bytes | bytearray | memoryview]] = [[b"one", memoryview(b"two")], [], [bytearray(100)], [b"end"]]
    ranges = [spill.write(chunks) for chunks in texts]
    assert [_content(location) for location in ranges] == [b"onetwo", b"", bytes(100), b"end"]
    assert all(location.offset % ALIGNMENT == 0 for location in ranges)
    spill.release()


def test_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    """A spill that nobody writes to leaves no folder, and may be released."""
    Spill("x").release()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_private() -> None:
    """Nobody else may read what was copied."""
    spill = Spill("x")
    assert Path(spill.folder).stat().st_mode & 0o077 == 0
    spill.release()


def test_release_deletes_everything_and_may_be_repeated(tmp_path: Path) -> None:
    """After the first release nothing is left; the second does nothing."""
    spill = Spill("x")
    spill.write([b"abc"])
    (Path(spill.folder) / "of another process").write_bytes(b"x")
    spill.release()
    spill.release()
    assert list(tmp_path.iterdir()) == []


def test_a_dropped_checkpoint_takes_its_files_along(tmp_path: Path) -> None:
    """Without `close`, the folder goes with the last reference to the checkpoint."""
    spill = Spill("x")
    location = spill.write([b"abc"])
    checkpoint = Checkpoint("x", "x", (location.path,), (), release=spill.release)
    del spill
    gc.collect()
    assert len(list(tmp_path.iterdir())) == 1
    del checkpoint
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_an_exiting_interpreter_deletes_the_files(tmp_path: Path) -> None:
    """A process that ends by an exception, with the spill in use, leaves nothing."""
    program = (
        "from precisionlab.checkpoints.spilling import Spill\n"
        "spill = Spill('x'); spill.write([b'abc']); print(spill.folder)\n"
        "raise SystemExit(3)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, check=False)
    assert ended.returncode == 3
    assert ended.stdout.startswith(os.fsencode(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_forked_child_leaves_the_files_of_its_parent(tmp_path: Path) -> None:
    """The child's copy of the spill deletes nothing."""
    program = (
        "import os, pathlib\n"
        "from precisionlab.checkpoints.spilling import Spill\n"
        "spill = Spill('x'); spill.write([b'abc'])\n"
        "if (child := os.fork()) == 0: spill.release(); os._exit(0)\n"
        "os.waitpid(child, 0); print(pathlib.Path(spill.path).read_text())"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, check=True)
    assert ended.stdout == b"abc\n"


def test_a_failed_write_keeps_nothing_of_it() -> None:
    """What the iterable raises comes through, and the next write follows the one before it."""

    def failing() -> Iterator[bytes]:
        yield b"x" * 10_000
        raise CheckpointError("file", "is damaged")

    spill = Spill("x")
    spill.write([b"abc"])
    with pytest.raises(CheckpointError, match="is damaged"):
        spill.write(failing())
    assert spill.write([b"def"]).offset == ALIGNMENT
    spill.release()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110 (a device)
def test_a_full_disk_is_reported_with_a_remedy() -> None:
    """The error names the checkpoint and TMPDIR."""
    spill = Spill("model.npz")
    Path(spill.path).symlink_to("/dev/full")
    with pytest.raises(CheckpointError, match=r"^model\.npz: a temporary copy cannot be written.*TMPDIR"):
        spill.write([b"abc"])
    spill.release()


def test_room_is_asked_for_before_it_is_taken() -> None:
    """More bytes than any disk has free are refused without being written."""
    spill = Spill("x")
    spill.require(1)
    with pytest.raises(CheckpointError, match=r"1,152,921,504,606,846,976 bytes of disk"):
        spill.require(1 << 60)
    spill.release()


def test_a_missing_temporary_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where TMPDIR leads nowhere, one clear error says so."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(CheckpointError, match="No such file"):
        Spill("x").write([b"abc"])
