"""The members of a zip archive: where their bytes lie, and how to inflate them safely."""

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from precisionlab.checkpoints.reading import RegularFile
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable

MAX_DIRECTORY_BYTES = 32 << 20
"""Longest table of contents that is taken: some 250,000 members."""

MAX_INFLATED_BYTES = 1 << 30
"""An archive may always inflate to this much..."""

MAX_INFLATED_RATIO = 100
"""... and to more only up to so many times its size; trained weights shrink 1.1 to 10 times."""

CHUNK_BYTES = 1 << 20

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_LOCAL_SIGNATURE = b"PK\x03\x04"
_OTHER_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}
_ENCRYPTED = 0x2041  # three bits of APPNOTE 4.4.4: encrypted, strongly, and the table of contents too


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive."""

    name: str
    offset: int
    """Where its bytes begin in the archive, behind its local header."""
    stored_bytes: int
    n_bytes: int
    """Bytes once inflated."""
    is_deflated: bool
    checksum: int
    """CRC-32 of the inflated bytes."""


def list_members(file: RegularFile) -> tuple[Member, ...]:
    """The archive's members in the order of its table of contents, folders left out.

    Raises:
        CheckpointError: the archive is damaged, encrypted, compressed otherwise than by
            deflating, names a member twice, lets members overlap, or would inflate to
            more than `MAX_INFLATED_RATIO` times its size (a zip bomb).
    """
    entries, end = _read_directory(file)
    members = tuple(_member(file, entry) for entry in entries)
    _refuse_repetition(file.path, members)
    _refuse_overlap(file.path, entries, members, end)
    _refuse_bomb(file, members)
    return members


def inflate(file: RegularFile, member: Member) -> Iterator[bytes]:
    """The bytes of a deflated member, in chunks of at most `CHUNK_BYTES`.

    Raises:
        CheckpointError: they are damaged, or not as many as declared.
    """
    n_bytes = checksum = 0
    for chunk in _inflated_chunks(file, member):
        n_bytes += len(chunk)
        checksum = zlib.crc32(chunk, checksum)
        if n_bytes > member.n_bytes:
            raise _damaged(file.path, member, f"inflates to more than the {member.n_bytes:,} bytes it declares")
        yield chunk
    if n_bytes < member.n_bytes:
        raise _damaged(file.path, member, f"inflates to {n_bytes:,} bytes of the {member.n_bytes:,} it declares")
    if checksum != member.checksum:
        raise _damaged(file.path, member, "has another checksum than it declares")


class _Directory(io.FileIO):
    """The archive as `zipfile` sees it: not to be read in one piece by a header's word."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:  # asked for the end record and the longest possible comment
            return super().read(1 << 17) or b""
        if size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("the table of contents is too long")
        return super().read(size) or b""


def _read_directory(file: RegularFile) -> tuple[list[zipfile.ZipInfo], int]:
    """The table of contents without folders, and where it begins."""
    try:
        with _Directory(file.fileno(), closefd=False) as view, zipfile.ZipFile(view) as archive:
            return [entry for entry in archive.infolist() if not entry.is_dir()], archive.start_dir
    except Exception as error:  # beside its own, zipfile raises what struct, codecs and seeking do
        raise CheckpointError(file.path, "the zip archive is truncated or damaged") from error


def _member(file: RegularFile, entry: zipfile.ZipInfo) -> Member:
    if entry.flag_bits & _ENCRYPTED:
        raise CheckpointError(file.path, f"member {printable(entry.filename)} is encrypted")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        method = _OTHER_METHODS.get(entry.compress_type, f"method {entry.compress_type}")
        problem = f"member {printable(entry.filename)} is compressed by {method}, which is not supported"
        raise CheckpointError(file.path, problem, "compress it by deflating, or not at all")
    return Member(
        entry.filename,
        _content_offset(file, entry),
        entry.compress_size,
        entry.file_size,
        entry.compress_type == zipfile.ZIP_DEFLATED,
        entry.CRC,
    )


def _content_offset(file: RegularFile, entry: zipfile.ZipInfo) -> int:
    start = entry.header_offset
    if 0 <= start <= file.size - _LOCAL_HEADER.size:
        signature, n_name, n_extra = _LOCAL_HEADER.unpack(file.read(start, _LOCAL_HEADER.size))
        if signature == _LOCAL_SIGNATURE:
            return start + _LOCAL_HEADER.size + int(n_name) + int(n_extra)
    raise CheckpointError(file.path, f"member {printable(entry.filename)} is not where the table of contents says")


def _refuse_repetition(path: str, members: Iterable[Member]) -> None:
    for name, count in Counter(member.name for member in members).most_common(1):
        if count > 1:
            raise CheckpointError(path, f"names the member {printable(name)} {count:,} times")


def _refuse_overlap(path: str, entries: list[zipfile.ZipInfo], members: tuple[Member, ...], end: int) -> None:
    """Every member ends before the next one's header, and the last before the table of contents."""
    spans = sorted(zip(entries, members, strict=True), key=lambda span: span[0].header_offset)
    starts = [*(entry.header_offset for entry, _ in spans), end]
    for (_, member), limit in zip(spans, starts[1:], strict=True):
        if member.offset + member.stored_bytes > limit:
            raise CheckpointError(path, f"member {printable(member.name)} overlaps what follows it in the archive")
        if not member.is_deflated and member.stored_bytes != member.n_bytes:
            raise _damaged(path, member, "is stored as it is, yet declares another size")


def _refuse_bomb(file: RegularFile, members: Iterable[Member]) -> None:
    inflated = sum(member.n_bytes for member in members if member.is_deflated)
    if inflated > max(MAX_INFLATED_BYTES, MAX_INFLATED_RATIO * file.size):
        problem = f"would inflate to {inflated:,} bytes, {inflated // file.size:,} times its size"
        raise CheckpointError(file.path, problem, "if it is no zip bomb, save it uncompressed")


def _inflated_chunks(file: RegularFile, member: Member) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for start in range(0, member.stored_bytes, CHUNK_BYTES):
        rest: bytes | bytearray = file.read(member.offset + start, min(CHUNK_BYTES, member.stored_bytes - start))
        chunk = b"\0"
        while rest or len(chunk) == CHUNK_BYTES:  # a full chunk may leave output behind though all input is used
            try:
                chunk = inflater.decompress(rest, CHUNK_BYTES)
            except zlib.error as error:
                raise _damaged(file.path, member, "is damaged") from error
            rest = inflater.unconsumed_tail
            yield chunk
        if inflater.eof:
            return


def _damaged(path: str, member: Member, problem: str) -> CheckpointError:
    return CheckpointError(path, f"member {printable(member.name)} {problem}", "download or save it again")
