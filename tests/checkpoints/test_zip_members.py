"""Zip archives: where members lie, and that bombs, lies and overlaps are refused."""

import io
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from precisionlab.checkpoints import CheckpointError, zip_members
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.zip_members import CHUNK_BYTES, Member, inflate, list_members

CONTENTS = {
    "empty": b"",
    "noise": np.random.default_rng(0).bytes(100_000),
    "zeros": bytes(5 * CHUNK_BYTES + 7),
    "chunk": bytes(CHUNK_BYTES),
    "folder/file": b"abc",
    "\u00e4\u202e\x1b": b"x",
}


def _archive(method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.mkdir("folder")
        for name, content in CONTENTS.items():
            archive.writestr(name, content)
        archive.comment = comment
    return stream.getvalue()


def _members(path: Path) -> tuple[Member, ...]:
    with RegularFile(str(path)) as file:
        return list_members(file)


@pytest.mark.parametrize("comment", [b"", b"x" * 65_535], ids=["plain", "long comment"])
@pytest.mark.parametrize("prefix", [b"", b"#!/bin/sh\n"], ids=["", "behind a prefix"])
def test_stored_members_lie_where_it_says(tmp_path: Path, comment: bytes, prefix: bytes) -> None:
    """Behind any prefix and before any comment; folders are left out."""
    content = prefix + _archive(zipfile.ZIP_STORED, comment)
    (tmp_path / "x").write_bytes(content)
    members = _members(tmp_path / "x")
    assert [member.name for member in members] == list(CONTENTS)
    for member in members:
        assert content[member.offset :][: member.n_bytes] == CONTENTS[member.name]
        assert not member.is_deflated


def test_deflated_members_are_inflated_in_chunks(tmp_path: Path) -> None:
    """Never more than a chunk at a time, whatever the ratio."""
    (tmp_path / "x").write_bytes(_archive())
    with RegularFile(str(tmp_path / "x")) as file:
        for member in list_members(file):
            chunks = list(inflate(file, member))
            assert b"".join(chunks) == CONTENTS[member.name]
            assert max(map(len, chunks), default=0) <= CHUNK_BYTES


def test_archives_of_64_bits_are_read(tmp_path: Path) -> None:
    """As numpy writes them: sizes in an extra field."""
    with zipfile.ZipFile(tmp_path / "x", "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(b"abc")
    (found,) = _members(tmp_path / "x")
    assert (tmp_path / "x").read_bytes()[found.offset :][:3] == b"abc"


def test_a_stream_whose_end_needs_another_call_is_inflated_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all input used and the chunk full, the inflater may still hold output."""
    for chunk in (1, 2, 3, 5, 7):
        monkeypatch.setattr(zip_members, "CHUNK_BYTES", chunk)
        with zipfile.ZipFile(tmp_path / "x", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", b"ab" * 300)
        with RegularFile(str(tmp_path / "x")) as file:
            assert b"".join(inflate(file, *list_members(file))) == b"ab" * 300


def _inflate_all(path: Path) -> None:
    with RegularFile(str(path)) as file:
        for member in list_members(file):
            if member.is_deflated:
                list(inflate(file, member))


def _refused(path: Path, content: bytes, problem: str) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=problem) as caught:
        _inflate_all(path)
    assert str(caught.value).isprintable()


def _patched(content: bytes, field: int, layout: str, value: int) -> bytes:
    """The archive with a field of the first entry in its table of contents replaced."""
    patched = bytearray(content)
    struct.pack_into(layout, patched, content.index(b"PK\x01\x02") + field, value)
    return bytes(patched)


def _one(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("a\n", content)
    return stream.getvalue()


REFUSED: dict[str, tuple[bytes, str]] = {
    "truncated": (_one(b"abc")[:-1], "the zip archive is truncated or damaged"),
    "beginning only": (_one(b"abc")[:40], "the zip archive is truncated or damaged"),
    "encrypted": (_patched(_one(b"abc"), 8, "<H", 1), r"member a\\n is encrypted"),
    "bzip2": (_one(b"abc", zipfile.ZIP_BZIP2), r"member a\\n is compressed by bzip2, which is not supported"),
    "LZMA": (_one(b"abc", zipfile.ZIP_LZMA), r"member a\\n is compressed by LZMA, which is not supported"),
    "unknown": (_patched(_one(b"abc"), 10, "<H", 77), r"member a\\n is compressed by method 77"),
    "no header there": (_patched(_one(b"abc"), 42, "<I", 1), r"member a\\n is not where the table of contents says"),
    "far outside": (_patched(_one(b"abc"), 42, "<I", 2**31), r"member a\\n is not where the table of contents says"),
    "into the table": (_patched(_one(b"abc"), 20, "<I", 100), r"member a\\n overlaps what follows it"),
    "stored of two sizes": (_patched(_one(b"abc", 0), 24, "<I", 2), r"member a\\n is stored as it is, yet declares"),
    "declares less": (_patched(_one(b"a" * 100), 24, "<I", 99), r"member a\\n inflates to more than the 99 bytes"),
    "declares more": (_patched(_one(b"a" * 100), 24, "<I", 101), r"member a\\n inflates to 100 bytes of the 101"),
    "cut stream": (_patched(_one(bytes(range(200))), 20, "<I", 9), r"member a\\n inflates to \d+ bytes of the 200"),
    "checksum": (_patched(_one(b"abc"), 16, "<I", 1), r"member a\\n has another checksum than it declares"),
    "no deflation": (_patched(_one(b"\xff" * 100, 0), 10, "<H", 8), r"member a\\n is damaged"),
}


@pytest.mark.parametrize(("content", "problem"), REFUSED.values(), ids=REFUSED)
def test_damaged_and_lying_archives_are_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    """One clear line each, names escaped."""
    _refused(tmp_path / "x", content, problem)


def test_a_name_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    """Readers differ in which of the two they take."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a", b"2")
    _refused(tmp_path / "x", stream.getvalue(), "names the member a 2 times")


def _directory(*entries: tuple[bytes, int, int, int, int], method: int = 8) -> bytes:
    """A table of contents, from (name, checksum, stored, inflated, offset)."""
    return b"".join(
        struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, method, 0, 0, crc, stored, size, len(name), 0, 0, 0, 0, 0, offset
        )
        + name
        for name, crc, stored, size, offset in entries
    )


def _local(name: bytes) -> bytes:
    return struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, 0, 0, len(name), 0) + name


def _with_end(body: bytes, table: bytes, count: int) -> bytes:
    return body + table + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(table), len(body), 0)


def test_a_bomb_of_overlapping_members_is_refused(tmp_path: Path) -> None:
    """Many members that are one and the same stream: small archive, endless content."""
    deflated = zlib.compress(bytes(1 << 20), 9)[2:-4]
    body = _local(b"a") + deflated
    entries = [(b"%d" % n, zlib.crc32(bytes(1 << 20)), len(deflated), 1 << 20, 0) for n in range(500)]
    _refused(tmp_path / "x", _with_end(body, _directory(*entries), 500), "overlaps what follows it in the archive")


def test_a_bomb_of_one_stream_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    """A declared size of hundreds of times the archive's, beyond a gigabyte."""
    deflated = zlib.compress(bytes(4 << 20), 9)[2:-4]
    table = _directory((b"a", 0, len(deflated), 4_000_000_000, 0))
    bomb = _with_end(_local(b"a") + deflated, table, 1)
    tracemalloc.start()
    try:
        _refused(tmp_path / "x", bomb, r"would inflate to 4,000,000,000 bytes, [\d,]+ times its size")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_a_bomb_that_declares_little_is_stopped_there(tmp_path: Path) -> None:
    """What is inflated beyond the declared size is never handed on."""
    deflated = zlib.compress(bytes(64 << 20), 9)[2:-4]
    table = _directory((b"a", 0, len(deflated), 1000, 0))
    (tmp_path / "x").write_bytes(_with_end(_local(b"a") + deflated, table, 1))
    with RegularFile(str(tmp_path / "x")) as file:
        (member,) = list_members(file)
        with pytest.raises(CheckpointError, match="inflates to more than the 1,000 bytes"):
            next(inflate(file, member))


def test_a_table_of_contents_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take ten times its size of memory."""
    monkeypatch.setattr(zip_members, "MAX_DIRECTORY_BYTES", 1000)
    table = _directory(*((b"%d" % n, 0, 0, 0, 0) for n in range(100)))
    _refused(tmp_path / "x", _with_end(_local(b""), table, 100), "the zip archive is truncated or damaged")
