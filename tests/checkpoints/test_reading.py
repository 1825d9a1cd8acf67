"""Reading at places: right bytes, few descriptors, many threads, clear errors."""

import os
import socket
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from precisionlab.checkpoints import reading
from precisionlab.checkpoints.model import ByteRange
from precisionlab.checkpoints.reading import FileReader, RegularFile, identities_of
from precisionlab.errors import CheckpointError


@pytest.fixture
def content() -> bytes:
    """Bytes that differ from place to place."""
    return np.random.default_rng(0).bytes(100_000)


@pytest.fixture
def path(tmp_path: Path, content: bytes) -> str:
    """A file of them."""
    (tmp_path / "file").write_bytes(content)
    return str(tmp_path / "file")


def _n_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (no path of ours)


@pytest.mark.parametrize("read_at", [reading._read_by_preadv, reading._read_by_pread], ids=["preadv", "pread"])
def test_a_buffer_is_filled_from_any_place(
    path: str, content: bytes, monkeypatch: pytest.MonkeyPatch, read_at: Callable[[int, int, memoryview], int]
) -> None:
    """Byte buffers and arrays of wider elements, by either system call."""
    monkeypatch.setattr(reading, "read_at", read_at)
    array = np.zeros((3, 5), np.float64)
    with FileReader() as reader:
        for offset, start, buffer in (
            (0, 0, bytearray(100)),
            (7, 3, memoryview(bytearray(99_000))),
            (1, 2, array.data),
        ):
            reader.read_into(ByteRange(path, offset, 100_000 - offset), start, buffer)
            assert bytes(buffer) == content[offset + start :][: memoryview(buffer).nbytes]


def test_a_short_system_call_is_continued(path: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems may give less than was asked for, as they do beyond 2 GiB."""
    whole = reading.read_at
    monkeypatch.setattr(reading, "read_at", lambda fd, offset, view: whole(fd, offset, view[:1000]))
    with RegularFile(path) as file:
        assert file.read(5, 50_000) == content[5:50_005]


def test_an_empty_range_needs_no_byte(path: str) -> None:
    """A tensor without elements may lie at the very end."""
    with FileReader() as reader:
        reader.read_into(ByteRange(path, 100_000, 0), 0, bytearray())


def test_more_than_the_range_holds_is_a_mistake_of_the_caller(path: str) -> None:
    """The reader never gives bytes of a neighbour."""
    with FileReader() as reader:
        for start, size in ((0, 11), (10, 1), (-1, 1)):
            with pytest.raises(ValueError, match="beyond the range"):
                reader.read_into(ByteRange(path, 5, 10), start, bytearray(size))


def test_a_file_that_shrank_gives_a_clear_error(path: str) -> None:
    """Neither a short buffer nor a bus error."""
    with FileReader() as reader:
        reader.read_into(ByteRange(path, 0, 100_000), 0, bytearray(10))
        os.truncate(path, 50_000)
        with pytest.raises(CheckpointError, match="the file shrank while it was read"):
            reader.read_into(ByteRange(path, 0, 100_000), 0, bytearray(100_000))


def test_a_file_that_was_replaced_is_refused_when_opened_again(path: str, tmp_path: Path) -> None:
    """Bytes of two versions of a file are never mixed unnoticed."""
    (tmp_path / "other").write_bytes(b"x")
    with FileReader(limit=1) as reader:
        reader.read_into(ByteRange(path, 0, 10), 0, bytearray(10))
        reader.read_into(ByteRange(str(tmp_path / "other"), 0, 1), 0, bytearray(1))
        Path(path).unlink()
        Path(path).write_bytes(bytes(100_001))
        with pytest.raises(CheckpointError, match="replaced"):
            reader.read_into(ByteRange(path, 0, 10), 0, bytearray(10))


def test_an_error_of_the_disk_names_the_file_and_place(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says is told, and where."""

    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(reading, "read_at", fail)
    with RegularFile(path) as file, pytest.raises(CheckpointError, match=r"cannot be read at byte 1,234 \(Input"):
        file.read(1234, 1)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors in /proc")  # noqa: PTH112 (a system path)
def test_descriptors_are_few_and_all_given_back(tmp_path: Path) -> None:
    """No more files are open than the limit, whatever their number; none after closing."""
    before = _n_descriptors()
    with FileReader(limit=3) as reader:
        for number in range(20):
            (tmp_path / str(number)).write_bytes(bytes([number]))
            buffer = bytearray(1)
            reader.read_into(ByteRange(str(tmp_path / str(number)), 0, 1), 0, buffer)
            assert buffer[0] == number
            assert _n_descriptors() <= before + 3
    assert _n_descriptors() == before


def test_threads_share_one_reader(tmp_path: Path) -> None:
    """Eight threads on twenty files and two descriptors read what they ask for."""
    contents = {str(tmp_path / str(n)): np.random.default_rng(n).bytes(1000) for n in range(20)}
    for name, written in contents.items():
        Path(name).write_bytes(written)
    before = _n_descriptors()

    def read(number: int) -> bool:
        name = str(tmp_path / str(number % 20))
        buffer = bytearray(900)
        reader.read_into(ByteRange(name, 50, 950), number % 50, buffer)
        return bytes(buffer) == contents[name][50 + number % 50 :][:900]

    with FileReader(limit=2) as reader, ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(2000)))
    assert _n_descriptors() == before


def test_a_closed_reader_says_so(path: str) -> None:
    """It may be closed twice, but not be read from."""
    reader = FileReader()
    reader.close()
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.read_into(ByteRange(path, 0, 1), 0, bytearray(1))


def test_a_reader_closed_during_a_read_closes_the_file_afterwards(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The read that is under way ends well, and no descriptor is left."""
    before, whole, reader = _n_descriptors(), reading.read_at, FileReader()

    def close_meanwhile(descriptor: int, offset: int, view: memoryview) -> int:
        reader.close()
        return whole(descriptor, offset, view)

    monkeypatch.setattr(reading, "read_at", close_meanwhile)
    reader.read_into(ByteRange(path, 0, 10), 0, bytearray(10))
    assert _n_descriptors() == before


def _make_pipe(path: Path) -> None:
    os.mkfifo(path)


def _make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def _make_broken_link(path: Path) -> None:
    path.symlink_to("nowhere")


def _make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def _make_nothing(path: Path) -> None:
    del path


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (_make_pipe, "is a named pipe, not a regular file"),
        (_make_socket, "is a socket, not a regular file"),
        (Path.mkdir, "is a folder, not a regular file"),
        (_make_broken_link, "is a symbolic link to a path that does not exist"),
        (_make_loop, "is a loop of symbolic links"),
        (_make_nothing, "does not exist"),
    ],
    ids=["pipe", "socket", "folder", "broken link", "link loop", "missing"],
)
def test_what_is_no_regular_file_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], problem: str
) -> None:
    """One clear line, and nothing waits for a pipe's other end."""
    monkeypatch.chdir(tmp_path)
    make(Path("x"))
    with pytest.raises(CheckpointError, match=f"^x: {problem}$"):
        RegularFile("x")


def test_a_pipe_put_in_the_place_of_the_file_is_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and opening the path may change; the descriptor is looked at again."""
    os.mkfifo(tmp_path / "x")
    regular = os.stat_result((stat.S_IFREG, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    monkeypatch.setattr(os, "stat", lambda *_, **__: regular)
    with pytest.raises(CheckpointError, match="is a named pipe"):
        RegularFile(str(tmp_path / "x"))


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero"])
def test_devices_are_refused(path: str) -> None:
    """A device is no file, however readable."""
    with pytest.raises(CheckpointError, match="is a character device"):
        RegularFile(path)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("a\0b", r"^a\\x00b: is not a possible path$"),
        ("\ud800", r"^\\ud800: is not a possible path$"),
        ("x" * 5000, "the name is too long$"),
        ("/dev/null/x", "a part of the path is a file, not a folder$"),
    ],
    ids=["NUL", "lone surrogate", "too long", "below a file"],
)
def test_impossible_paths_are_refused(path: str, problem: str) -> None:
    """Also those that the operating system is never asked for."""
    with pytest.raises(CheckpointError, match=problem):
        RegularFile(path)


def test_a_file_without_permission_is_refused(path: str) -> None:
    """As an ordinary user, for root may read everything."""
    Path(path).chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(CheckpointError, match="there is no permission to read it"):
            RegularFile(path)
    finally:
        os.seteuid(user)


def test_a_file_is_refused_that_is_another_than_at_first(tmp_path: Path) -> None:
    """Though this reader never saw the one before; gone is told too, and other files are read."""
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"1234")
    other.write_bytes(b"5678")
    before = identities_of([str(path), str(tmp_path / "missing")])
    with FileReader(identities=before) as reader:
        buffer = bytearray(4)
        reader.read_into(ByteRange(str(path), 0, 4), 0, buffer)
        assert buffer == b"1234"
    path.write_bytes(b"12345")
    with FileReader(identities=before) as reader:
        with pytest.raises(CheckpointError, match="the file was changed since it was opened; open it again"):
            reader.read_into(ByteRange(str(path), 0, 4), 0, buffer)
        path.unlink()
        with pytest.raises(CheckpointError, match="does not exist any more; open it again"):
            reader.read_into(ByteRange(str(path), 0, 4), 0, buffer)
        reader.read_into(ByteRange(str(other), 0, 4), 0, buffer)
        assert buffer == b"5678"
