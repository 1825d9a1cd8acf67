"""NumPy's `.npy` (one array) and `.npz` (a zip archive of them); nothing is ever unpickled.

Arrays that lie row-major and little-endian in the file are read in place; what is
compressed, column-major or big-endian is copied when the file is opened.
"""

import struct
from pathlib import Path

from precisionlab.checkpoints.model import Checkpoint
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.spilling import Spill
from precisionlab.errors import CheckpointError

NAME = "numpy"
SUFFIXES = (".npy", ".npz")

_MAGIC = b"\x93NUMPY"
_ZIP_MEMBER = struct.Struct("<4s22xHH")


def recognises(path: Path, head: bytes) -> bool:
    """Whether the file begins as an array does, or as a zip archive whose first member is one."""
    del path
    return head.startswith(_MAGIC) or _first_member(head).endswith(b".npy")


def open_file(path: Path) -> Checkpoint:
    """Read the headers. A single array is named after the file, others after their members.

    Raises:
        CheckpointError: a header or the archive is damaged, or a single array holds no
            numbers of a known dtype.
    """
    spill = Spill(str(path))
    try:
        with RegularFile(str(path)) as file:
            return _open(file, path.stem, spill)
    except BaseException:
        spill.release()
        raise


def _first_member(head: bytes) -> bytes:
    if len(head) < _ZIP_MEMBER.size:
        return b""
    signature, n_name, _ = _ZIP_MEMBER.unpack_from(head)
    return head[_ZIP_MEMBER.size :][:n_name] if signature == b"PK\x03\x04" else b""


def _open(file: RegularFile, name: str, spill: Spill) -> Checkpoint:
    from precisionlab.checkpoints import numpy_files  # noqa: PLC0415 (numpy is needed only to read such a file)

    magic = file.read(0, min(file.size, len(_MAGIC)))
    if magic == _MAGIC:
        return numpy_files.open_npy(file, name, spill)
    if magic.startswith(b"PK"):
        return numpy_files.open_npz(file, spill)
    raise CheckpointError(file.path, "is neither a NumPy array nor an archive of them")
