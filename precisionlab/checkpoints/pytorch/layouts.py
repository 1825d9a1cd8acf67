"""What kind of PyTorch file lies behind a path, and which bytes of it may hold tensors; without torch."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from precisionlab.checkpoints.pytorch.exchange import Access
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.zip_members import Member, inflate, list_members
from precisionlab.errors import CheckpointError

HEAD_BYTES = 512
"""Bytes at the start of a file that tell what it is."""

_ZIP_MAGIC = b"PK\x03\x04"
_LEGACY_MAGIC = b"\x8a\x0a" + 0x1950A86A20F9469CFC6C.to_bytes(10, "little")
_TAR_MAGIC, _TAR_MAGIC_OFFSET = b"ustar", 257
_TAR_MEMBERS = {b"sys_info", b"pickle", b"tensors", b"storages"}

_RESAVE = "where you trust the file, save its state dict alone: torch.save(model.state_dict(), path)"


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one file."""

    access: Access
    records: tuple[tuple[int, int], ...]
    """First byte and the one behind the last of all that holds tensors uncompressed, in order."""
    n_bytes: int
    """Bytes of the file once uncompressed."""

    def holds(self, begin: int, end: int) -> bool:
        """Whether one record contains all those bytes."""
        index = bisect.bisect_right(self.records, begin, key=lambda record: record[0]) - 1
        return index >= 0 and end <= self.records[index][1]


def is_pytorch(head: bytes) -> bool:
    """Whether a file begins as one of PyTorch's: an archive with pickled data, a legacy file, an old tar."""
    is_archive = head.startswith(_ZIP_MAGIC) and b"/data.pkl" in head[:HEAD_BYTES]
    return is_archive or _is_legacy(head) or _is_old_tar(head)


def examine(file: RegularFile) -> Layout:
    """The layout of the file.

    Raises:
        CheckpointError: it is none that can be read, or a damaged or suspicious archive.
    """
    head = bytes(file.read(0, min(file.size, HEAD_BYTES)))
    if head.startswith(_ZIP_MAGIC):
        return _zip_layout(file)
    if _is_legacy(head):
        return Layout("stream", ((0, file.size),), file.size)
    if _is_old_tar(head):
        raise CheckpointError(file.path, "is of the tar format of 2017, which torch can only load unsafely", _RESAVE)
    raise CheckpointError(file.path, "is no PyTorch checkpoint: neither a zip archive nor a legacy file of torch.save")


def _is_legacy(head: bytes) -> bool:
    """Whether the first pickle is the magic number, behind what a protocol puts in front of it."""
    return _LEGACY_MAGIC in head[:32]


def _is_old_tar(head: bytes) -> bool:
    return head[_TAR_MAGIC_OFFSET:].startswith(_TAR_MAGIC) and head.partition(b"\0")[0] in _TAR_MEMBERS


def _zip_layout(file: RegularFile) -> Layout:
    members = list_members(file)
    folder = _folder(file, members)
    _refuse_torchscript(file, folder, members)
    _refuse_big_endian(file, folder, members)
    storages = [member for member in members if member.name.startswith(f"{folder}/data/")]
    stored = sorted((member.offset, member.offset + member.n_bytes) for member in storages if not member.is_deflated)
    access: Access = "mapped" if len(stored) == len(storages) else "inflated"
    return Layout(access, tuple(stored), max(file.size, sum(member.n_bytes for member in members)))


def _folder(file: RegularFile, members: Sequence[Member]) -> str:
    """The one folder that torch puts everything in, named after the file at the time."""
    match [member.name.split("/") for member in members if member.name.endswith("/data.pkl")]:
        case [[folder, _]]:
            return folder
    raise CheckpointError(file.path, "is a zip archive that torch.save did not write: it lacks the one data.pkl")


def _refuse_torchscript(file: RegularFile, folder: str, members: Sequence[Member]) -> None:
    if any(member.name == f"{folder}/constants.pkl" or member.name.startswith(f"{folder}/code/") for member in members):
        remedy = (
            "where you trust it, save its state dict alone: torch.save(torch.jit.load(path).state_dict(), new_path)"
        )
        raise CheckpointError(file.path, "is a TorchScript archive, which holds code", remedy)


def _refuse_big_endian(file: RegularFile, folder: str, members: Sequence[Member]) -> None:
    marks = [_mark(file, member) for member in members if member.name == f"{folder}/byteorder"]
    if marks not in ([], [b"little"]):
        remedy = "load it with weights_only=True on a little-endian machine and save it there"
        raise CheckpointError(file.path, "was saved on a big-endian machine", remedy)


def _mark(file: RegularFile, member: Member) -> bytes:
    """The content of a member that holds one word."""
    if member.is_deflated:
        return next(inflate(file, member), b"")
    return bytes(file.read(member.offset, min(member.n_bytes, 16)))
