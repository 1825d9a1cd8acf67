"""How the arrays of `.npy` and `.npz` files become tensors: in place, or copied."""

from collections.abc import Sequence
from dataclasses import replace

from precisionlab.checkpoints.model import ByteRange, Checkpoint, Omission, TensorInfo
from precisionlab.checkpoints.npy_headers import (
    MAX_LEAD_BYTES,
    DamagedArrayError,
    NpyHeader,
    UnsupportedArrayError,
    parse_header,
)
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.rearranging import ArrayBytes, rearrange
from precisionlab.checkpoints.spilling import Spill
from precisionlab.checkpoints.zip_members import Member, inflate, list_members
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable


def open_npy(file: RegularFile, name: str, spill: Spill) -> Checkpoint:
    """The one array of the file, under the given name.

    Raises:
        CheckpointError: it is damaged, or holds no numbers of a known dtype.
    """
    try:
        tensor, omissions = _read_array(file, ByteRange(file.path, 0, file.size), name, spill)
    except DamagedArrayError as error:
        raise CheckpointError(file.path, str(error)) from error
    except UnsupportedArrayError as error:
        raise CheckpointError(file.path, str(error), "save it as safetensors, or as plain numbers") from error
    return Checkpoint(file.path, "npy", (file.path,), (tensor,), omissions, release=spill.release)


def open_npz(file: RegularFile, spill: Spill) -> Checkpoint:
    """All arrays of the archive, in its order; those of no numbers are omitted.

    Raises:
        CheckpointError: the archive or an array in it is damaged.
    """
    tensors: list[TensorInfo] = []
    omissions: list[Omission] = []
    for member in list_members(file):
        try:
            tensor, beside = _read_member(file, member, spill)
        except DamagedArrayError as error:
            raise CheckpointError(file.path, f"member {printable(member.name)} {error}") from error
        except UnsupportedArrayError as error:
            omissions.append(Omission(member.name.removesuffix(".npy"), str(error)))
        else:
            tensors.append(tensor)
            omissions.extend(beside)
    return Checkpoint(file.path, "npz", (file.path,), tuple(tensors), tuple(omissions), release=spill.release)


_Found = tuple[TensorInfo, tuple[Omission, ...]]
"""An array, and what lies behind it."""


def _read_member(file: RegularFile, member: Member, spill: Spill) -> _Found:
    if not member.name.endswith(".npy"):
        raise UnsupportedArrayError("is not an array: its name does not end with .npy")
    name = member.name.removesuffix(".npy")
    if not member.is_deflated:
        return _read_array(file, ByteRange(file.path, member.offset, member.n_bytes), name, spill)
    header = parse_header(next(inflate(file, member), b""))
    _refuse_missing_bytes(header, member.n_bytes)
    spill.require(member.n_bytes)
    inflated = spill.write(inflate(file, member))
    with RegularFile(inflated.path) as copy:
        tensor, beside = _read_array(copy, inflated, name, spill)
    return replace(tensor, note=_noted(["inflated", tensor.note])), beside


def _read_array(file: RegularFile, extent: ByteRange, name: str, spill: Spill) -> _Found:
    header = parse_header(file.read(extent.offset, min(extent.length, MAX_LEAD_BYTES)))
    _refuse_missing_bytes(header, extent.length)
    array = _laid_out(header, extent.offset)
    location = ByteRange(file.path, array.offset, array.n_bytes) if array.is_in_place else rearrange(file, array, spill)
    tensor = TensorInfo(name, header.dtype, header.shape, location, note=_note(array))
    return tensor, _beyond(name, extent.length - header.n_header_bytes - array.n_bytes)


def _refuse_missing_bytes(header: NpyHeader, available: int) -> None:
    missing = header.n_header_bytes + header.n_bytes - available
    if missing > 0:
        raise DamagedArrayError(f"is truncated: {missing:,} of its {header.n_bytes:,} bytes are missing")


def _beyond(name: str, n_bytes: int) -> tuple[Omission, ...]:
    return (Omission(name, f"the {n_bytes:,} bytes behind the array belong to nothing"),) if n_bytes else ()


def _laid_out(header: NpyHeader, start: int) -> ArrayBytes:
    """The array whose header begins at `start`."""
    return ArrayBytes(
        start + header.n_header_bytes,
        header.shape,
        header.element_bytes,
        header.element_bytes // 2 if header.dtype.startswith("complex") else header.element_bytes,
        header.is_column_major,
        header.is_big_endian,
    )


def _note(array: ArrayBytes) -> str:
    if array.is_in_place:
        return ""
    return _noted(["was column-major" if array.is_transposed else "", "was big-endian" if array.is_big_endian else ""])


def _noted(clauses: Sequence[str]) -> str:
    return ", ".join(clause for clause in clauses if clause)
