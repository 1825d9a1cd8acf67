"""Files that we write: the official library reads them back, and would have written the same bytes."""

import errno
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from precisionlab.checkpoints import CheckpointError, FileReader, open_checkpoint
from precisionlab.checkpoints.dtypes import DTYPE_BITS, stored_bytes
from precisionlab.checkpoints.safetensors import DTYPES
from precisionlab.checkpoints.safetensors_writing import CODES, Chunk, Entry, write_safetensors

DESERIALIZE: Callable[[bytes], list[tuple[str, Any]]] = safetensors.deserialize
"""The official library, typed."""
Content = tuple[str, str, tuple[int, ...], bytes]
"""Name, dtype, shape and bytes of a tensor."""


def entry_of(content: Content, *cuts: int) -> Entry:
    """The tensor, its bytes in pieces that end at the cuts."""
    name, dtype, shape, stored = content
    ends = sorted({min(cut, len(stored)) for cut in cuts} | {len(stored)})
    pieces = [stored[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    return Entry(name, dtype, shape, lambda: pieces)


def plain(name: str = "x", n_bytes: int = 8, made: Sequence[Chunk] | None = None) -> Entry:
    """A tensor of bytes."""
    return Entry(name, "uint8", (n_bytes,), lambda: [bytes(n_bytes)] if made is None else made)


def read_officially(path: Path) -> list[Content]:
    """What the official library finds in the file, by name."""
    found = DESERIALIZE(path.read_bytes())
    return sorted((name, DTYPES[view["dtype"]], tuple(view["shape"]), bytes(view["data"])) for name, view in found)


def read_by_us(path: Path) -> list[Content]:
    """What our own reader finds, in the order of the file."""
    with open_checkpoint(path) as checkpoint, FileReader() as reader:
        contents = []
        for tensor in checkpoint.tensors:
            buffer = bytearray(tensor.n_bytes)
            reader.read_into(tensor.location, 0, buffer)
            contents.append((tensor.name, tensor.dtype, tensor.shape, bytes(buffer)))
        return contents


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """A tensor of any dtype of the format; packed ones fill whole bytes."""
    dtype = draw(st.sampled_from(sorted(CODES)))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3))) + ((8,) if DTYPE_BITS[dtype] < 8 else ())
    n_bytes = stored_bytes(dtype, int(np.prod(shape)))
    name = draw(st.text(max_size=12).filter(lambda text: text != "__metadata__"))
    return name, dtype, shape, draw(st.binary(min_size=n_bytes, max_size=n_bytes))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tensors=st.lists(contents(), max_size=5, unique_by=lambda content: content[0]),
    metadata=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
def test_the_official_library_reads_what_is_written(
    tmp_path: Path, tensors: list[Content], metadata: dict[str, str], cuts: list[int]
) -> None:
    """Any names, dtypes, shapes, metadata and cuts into chunks; our reader finds them in the order given."""
    path = tmp_path / "x.safetensors"
    write_safetensors(path, [entry_of(content, *cuts) for content in tensors], metadata)
    assert read_officially(path) == sorted(tensors)
    assert read_by_us(path) == tensors
    with open_checkpoint(path) as checkpoint, safetensors.safe_open(path, "np") as opened:
        assert checkpoint.metadata == (opened.metadata() or {}) == metadata
    (length,) = struct.unpack("<Q", path.read_bytes()[:8])
    assert length % 8 == 0


@pytest.mark.parametrize("metadata", [{}, {"format": "pt"}])
def test_the_bytes_are_those_of_the_official_writer(tmp_path: Path, metadata: dict[str, str]) -> None:
    """Given in its order (widest dtypes first, then names), the files are equal to the last byte, header included."""
    dtypes = ["float64", "int64", "float32", "bfloat16", "float16", "float8_e4m3fn", "int8", "uint8", "bool"]
    tensors = {
        f'{dtype} \u00e9\u2028\U0001f600\x1f\x7f"\\/\n{shape}': torch.ones(shape).to(getattr(torch, dtype))
        for dtype in dtypes
        for shape in [(), (3,), (2, 0), (5, 7)]
    }
    theirs = safetensors.torch.save(tensors, metadata or None)
    (length,) = struct.unpack("<Q", theirs[:8])
    names = [name for name in json.loads(theirs[8 : 8 + length]) if name != "__metadata__"]
    entries = [entry_of((name, name.split()[0], tuple(tensors[name].shape), bytes_of(tensors[name]))) for name in names]
    write_safetensors(tmp_path / "x", entries, metadata)
    assert (tmp_path / "x").read_bytes() == theirs


def bytes_of(tensor: torch.Tensor) -> bytes:
    """The stored bytes, as torch itself views them."""
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes()


def test_every_dtype_of_the_format_can_be_written() -> None:
    """The names that the reader gives are those that the writer takes; none is lost for being called twice."""
    assert {code: dtype for dtype, code in CODES.items()} == DTYPES


def test_chunks_may_be_any_contiguous_memory(tmp_path: Path) -> None:
    """Bytes, byte arrays, views and arrays, empty ones among them, of whatever shape and element."""
    made: list[Chunk] = [
        b"ab",
        bytearray(b"cd"),
        memoryview(b"xxefxx")[2:4],
        np.frombuffer(b"ghij", "u1").reshape(2, 2),
        np.empty((0, 3), "u1"),
        np.frombuffer(b"klmn", "u2").data,
        b"",
    ]
    write_safetensors(tmp_path / "x.safetensors", [plain(n_bytes=14, made=made)])
    assert read_by_us(tmp_path / "x.safetensors") == [("x", "uint8", (14,), b"abcdefghijklmn")]


def test_a_chunk_may_be_overwritten_by_the_next(tmp_path: Path) -> None:
    """One buffer serves a whole tensor, since each chunk is used up before the next is made."""

    def made() -> Iterator[bytearray]:
        buffer = bytearray(3)
        for number in range(4):
            buffer[:] = bytes([number]) * 3
            yield buffer

    write_safetensors(tmp_path / "x.safetensors", [Entry("x", "uint8", (12,), made)])
    assert read_by_us(tmp_path / "x.safetensors")[0][3] == bytes([0] * 3 + [1] * 3 + [2] * 3 + [3] * 3)


def test_memory_stays_at_one_chunk(tmp_path: Path) -> None:
    """A tensor of 256 MiB, made in chunks of 1 MiB, costs less than 4 MiB of memory."""

    def made() -> Iterator[bytes]:
        for number in range(256):
            yield bytes([number]) * (1 << 20)

    tracemalloc.start()
    try:
        write_safetensors(tmp_path / "x.safetensors", [Entry("x", "float32", (8192, 8192), made)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20
    with safetensors.safe_open(tmp_path / "x.safetensors", "pt") as opened:
        stored = opened.get_slice("x")[8191:].view(torch.uint8)
    assert stored.eq(255).all()
    (tmp_path / "x.safetensors").unlink()


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([plain("a\x1b"), plain("b"), plain("a\x1b")], r"the tensor a\x1b was to be written twice"),
        ([plain("__metadata__")], "no tensor of a safetensors file can be called __metadata__; rename it"),
        ([plain("\ud800")], r"a name or the metadata holds half a surrogate pair, \ud800, which is no character"),
        ([Entry("x", "complex128", (2,), list)], "tensor x is complex128, which safetensors cannot hold; convert it"),
        ([Entry("x", "complex32", (2,), list)], "tensor x is complex32, which safetensors cannot hold; convert it"),
        ([Entry("x", "F32", (2,), list)], "tensor x is F32, which safetensors cannot hold"),
        ([Entry("x", "float4_e2m1fn", (3, 1), list)], "has 3 elements of float4_e2m1fn, which do not fill whole bytes"),
        ([Entry("x", "uint8", (-2, -4), list)], "tensor x has the negative length -4 in its shape"),
        ([Entry("x", "uint8", (1 << 40, 1 << 40, 0), list)], "tensor x has a shape that overflows 64 bits"),
        ([Entry("x", "float64", (1 << 60,), list)], "tensor x has a shape that overflows 64 bits"),
        ([plain(n_bytes=1 << 60)], "it takes 1,152,921,504,606,846,976 bytes of disk, of which"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is(
    tmp_path: Path, entries: list[Entry], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that names the tensor; no file is made, not even for a while."""
    monkeypatch.setattr("pathlib.Path.touch", lambda *_, **__: pytest.fail("a file was made"))
    with pytest.raises(CheckpointError) as caught:
        write_safetensors(tmp_path / "x", entries)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_header_that_no_reader_takes_is_refused(tmp_path: Path) -> None:
    """The reference reads headers of up to 100 MB."""
    with pytest.raises(CheckpointError, match=r"its header would take 100,000,\d\d\d bytes, 100,000,000 are allowed"):
        write_safetensors(tmp_path / "x", [], {"": "x" * 100_000_000})


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ([], "came as 0 bytes"),
        ([b"1234567"], "came as 7 bytes"),
        ([b"12345678", b"", b"9"], "came as 9 bytes or more"),
    ],
)
def test_chunks_must_be_as_many_bytes_as_promised(tmp_path: Path, made: list[bytes], says: str) -> None:
    """One too few or too many is an error; what stood there stays, and nothing else does."""
    (tmp_path / "x").write_text("old")
    with pytest.raises(CheckpointError) as caught:
        write_safetensors(tmp_path / "x", [plain("before"), plain("a\nb", made=made)])
    assert str(caught.value) == rf"{tmp_path / 'x'}: tensor a\nb {says}, its dtype and shape ask for 8"
    assert contents_of(tmp_path) == {"x": b"old"}


def contents_of(folder: Path) -> dict[str, bytes]:
    """Every file, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("no"), CheckpointError("source", "is damaged")])
def test_what_chunks_raise_passes_through_and_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    """Ctrl-C and errors in the middle of a tensor: the old file is untouched, the new one gone."""

    def made() -> Iterator[bytes]:
        yield bytes(1 << 20)
        assert any(path.stat().st_size > 1 << 19 for path in tmp_path.glob(".x.*.part"))
        raise error

    (tmp_path / "x").write_text("old")
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - the very error is looked at
        write_safetensors(tmp_path / "x", [Entry("x", "uint8", (1 << 21,), made)])
    assert caught.value is error
    assert contents_of(tmp_path) == {"x": b"old"}


def test_a_source_that_fails_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    """An error of the system while chunks are made is told of the tensor."""

    def made() -> list[bytes]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(CheckpointError, match=r"tensor x cannot be made \(input/output error\)"):
        write_safetensors(tmp_path / "x", [Entry("x", "uint8", (1,), made)])
    assert not list(tmp_path.iterdir())


def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    """Whatever happens before the renaming, what stood there is whole."""
    target = tmp_path / "x.safetensors"
    target.write_text("old")
    program = (
        "import os, signal, sys, pathlib\n"
        "from precisionlab.checkpoints.safetensors_writing import Entry, write_safetensors\n"
        "def made():\n"
        "    yield bytes(1 << 20)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_safetensors(pathlib.Path(sys.argv[1]), [Entry('x', 'uint8', (1 << 21,), made)])\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(target)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert target.read_text() == "old"


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.replace"])
@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "cannot be written: no space left on device; free some space, or write to a larger disk"),
        (errno.EACCES, "cannot be written: permission denied; write where you have the permission to"),
        (errno.EIO, "cannot be written: input/output error"),
    ],
)
def test_a_failing_disk_is_one_line_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, number: int, says: str
) -> None:
    """Whether it fails at the last byte or at the renaming, the old file is untouched and nothing else is left."""

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "x").write_text("old")
    monkeypatch.setattr(failing, fail)
    with pytest.raises(CheckpointError) as caught:
        write_safetensors(tmp_path / "x", [plain()])
    assert str(caught.value) == f"{tmp_path / 'x'}: {says}"
    assert contents_of(tmp_path) == {"x": b"old"}


def test_a_missing_folder_and_a_folder_are_told(tmp_path: Path) -> None:
    """One line each, with what to do."""
    with pytest.raises(CheckpointError, match="cannot be written: no such file or directory; make its folder first"):
        write_safetensors(tmp_path / "none" / "x", [plain()])
    with pytest.raises(CheckpointError, match="cannot be written: it is a folder; name a file"):
        write_safetensors(tmp_path, [plain()])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    """So is a file that may not be written."""
    (tmp_path / "x").touch(mode=0o400)
    with pytest.raises(CheckpointError, match="permission denied; write where you have the permission to"):
        write_safetensors(tmp_path / "x", [plain()])
    tmp_path.chmod(0o500)
    with pytest.raises(CheckpointError, match="permission denied; write where you have the permission to"):
        write_safetensors(tmp_path / "y", [plain()])
    tmp_path.chmod(0o700)


def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    """A file that is replaced keeps its permissions, and a link to it stays one."""
    kept, link = tmp_path / "kept", tmp_path / "link"
    kept.touch(mode=0o640)
    link.symlink_to(kept)
    write_safetensors(link, [plain()])
    assert link.is_symlink()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640
    assert read_by_us(kept) == [("x", "uint8", (8,), bytes(8))]
