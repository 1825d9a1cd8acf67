"""Copy a checkpoint to safetensors with the bytes of some tensors replaced, in bounded memory and in one step."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from precisionlab.checkpoints import containers, pytorch, safetensors, sharded
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.model import ByteRange, Checkpoint, TensorInfo
from precisionlab.checkpoints.reading import FileReader, RegularFile
from precisionlab.checkpoints.safetensors_writing import (
    Chunk,
    Entry,
    as_checkpoint_errors,
    file_chunks,
    write_safetensors,
)
from precisionlab.checkpoints.side_files import find_side_files
from precisionlab.checkpoints.strict_json import JsonError, parse_object
from precisionlab.errors import CheckpointError, UsageError
from precisionlab.escaping import printable
from precisionlab.replacement import new_folder, place_of, require_room, write_through

PIECE_BYTES = 4 << 20
"""Bytes that are read and written at a time."""

SHARDED = f"{sharded.NAME} {safetensors.NAME}"
"""The container of what is copied shard by shard."""

Replacement = Callable[[TensorInfo, FileReader], Iterable[Chunk] | None]
"""The new bytes of a tensor, as many as it had, in pieces of any length; None where it keeps its own."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was written."""

    path: str
    """The file, or the folder of several."""
    files: tuple[str, ...]
    """Every file in the order of writing."""
    notes: tuple[str, ...]
    """How it differs from its source beside the tensors that were replaced: one clause each."""


def copy_with(source: Checkpoint, target: Path, replaced: Replacement, reader: FileReader) -> Copied:
    """Write a checkpoint of the same names, dtypes, shapes and metadata, and the same bytes where none are replaced.

    - Sharded safetensors become a folder: shards of the same names, the same index, and
      the side files of the model (`find_side_files`), but never code.
    - A safetensors file that was found in a folder becomes such a folder too, unless the
      target's name ends in `.safetensors`.
    - All else becomes one file. What is of another container comes in the order of the
      widths of its dtypes, so that each tensor is aligned; what PyTorch saved says
      `format: pt`, as loaders ask of such files.

    Tensors that are one and the same in the source (tied weights) are asked for under the
    name of their owner and written once each, safetensors having no sharing: they are
    equal when loaded. `replaced` is asked once a tensor, in the order of writing, when its
    turn comes. What it raises passes through, and then nothing is left, as on any error
    and on Ctrl-C: a file or folder comes into its place by one renaming, at the end.

    Raises:
        CheckpointError: safetensors cannot hold a tensor, the source cannot be read or has
            changed, the target cannot be written or is a folder that is not empty.
        UsageError: the target is a file of the source.
    """
    _refuse_source(source, target)
    produce = _Producer(source.tensors, replaced, reader)
    if source.container == SHARDED:
        index = _index(source)
        return _write_folder(source, target, _shards(source, source.files[len(index) :]), index, produce)
    if _is_whole_folder(source) and target.suffix.lower() not in safetensors.SUFFIXES:
        only = _Part(Path(source.files[0]).name, source.tensors, source.metadata)
        return _write_folder(source, target, [only], {}, produce)
    write_safetensors(target, produce.entries(_in_order(source)), _metadata(source))
    return Copied(str(target), (str(target),), tuple(_notes(source)))


@dataclass(frozen=True, slots=True)
class _Part:
    """One safetensors file of a folder."""

    name: str
    tensors: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]


class _Producer:
    """Makes the bytes of each tensor when its turn comes: the new ones, or those of the source."""

    def __init__(self, tensors: Iterable[TensorInfo], replaced: Replacement, reader: FileReader) -> None:
        self._by_name = {tensor.name: tensor for tensor in tensors}
        self._replaced = replaced
        self._reader = reader

    def entries(self, tensors: Iterable[TensorInfo]) -> list[Entry]:
        """The tensors as they are to be written."""
        return [Entry(tensor.name, tensor.dtype, tensor.shape, partial(self._chunks, tensor)) for tensor in tensors]

    def pieces(self, location: ByteRange) -> Iterator[memoryview]:
        """The bytes of a range in order, in pieces that are overwritten by the next."""
        buffer = memoryview(bytearray(min(PIECE_BYTES, location.length)))
        for start in range(0, location.length, PIECE_BYTES):
            piece = buffer[: location.length - start]
            self._reader.read_into(location, start, piece)
            yield piece

    def _chunks(self, tensor: TensorInfo) -> Iterable[Chunk]:
        chunks = self._replaced(self._original(tensor), self._reader)
        return self.pieces(tensor.location) if chunks is None else chunks

    def _original(self, tensor: TensorInfo) -> TensorInfo:
        """The owner of the bytes where it is the very same tensor under another name."""
        owner = self._by_name.get(tensor.shares_storage_with or tensor.name, tensor)
        return owner if _bytes_of(owner) == _bytes_of(tensor) else tensor


def _bytes_of(tensor: TensorInfo) -> tuple[ByteRange, str, tuple[int, ...]]:
    return tensor.location, tensor.dtype, tensor.shape


def _refuse_source(source: Checkpoint, target: Path) -> None:
    if any(_is_same(target, file) for file in source.files):
        raise UsageError(str(target), "is a file of the checkpoint that is copied", "name another file")


def _is_same(target: Path, file: str) -> bool:
    """Whether both are there and are one file."""
    try:
        return target.samefile(file)
    except (OSError, ValueError):
        return False


def _is_whole_folder(source: Checkpoint) -> bool:
    """Whether a folder was named, and one safetensors file found in it."""
    return source.container == safetensors.NAME and Path(source.path).is_dir()


def _in_order(source: Checkpoint) -> Sequence[TensorInfo]:
    if source.container == safetensors.NAME:
        return source.tensors
    return sorted(source.tensors, key=lambda tensor: -DTYPE_BITS[tensor.dtype])


def _metadata(source: Checkpoint) -> Mapping[str, str]:
    return {"format": "pt", **source.metadata} if pytorch.NAME in source.container else source.metadata


def _notes(source: Checkpoint) -> Iterator[str]:
    for tensor in [tensor for tensor in source.tensors if tensor.shares_storage_with][:1]:
        names = f"{printable(tensor.name)} beside {printable(tensor.shares_storage_with or '')}"
        yield f"tensors that share bytes are written in full, such as {names}: safetensors knows no sharing"
    for omission in source.omissions[:1]:
        shown = f"{printable(omission.name)} ({omission.reason})"
        yield f"what is no readable tensor is left out, such as {shown}; {len(source.omissions):,} in all"


def _index(source: Checkpoint) -> dict[str, bytes]:
    """The index under its name, if there is one, which must still say what it said when it was opened."""
    path = source.files[0]
    if containers.recognise(path).NAME != sharded.NAME:
        return {}
    with RegularFile(path) as file:
        text = bytes(file.read(0, min(file.size, sharded.MAX_INDEX_BYTES)))
    weight_map = {tensor.name: Path(tensor.location.path).name for tensor in source.tensors}
    try:
        is_same = parse_object(text).get("weight_map") == weight_map
    except JsonError:
        is_same = False
    if not is_same:
        raise _changed(path)
    return {Path(path).name: text}


def _shards(source: Checkpoint, files: Iterable[str]) -> list[_Part]:
    """The shards in order, each with its own metadata."""
    return [_shard(file, [tensor for tensor in source.tensors if tensor.location.path == file]) for file in files]


def _shard(file: str, tensors: Sequence[TensorInfo]) -> _Part:
    opened = safetensors.open_file(Path(file))
    if not set(tensors) <= set(opened.tensors):
        raise _changed(file)
    return _Part(Path(file).name, tuple(tensors), opened.metadata)


def _changed(file: str) -> CheckpointError:
    return CheckpointError(file, "has changed since it was opened", "try again when nobody writes to it")


def _write_folder(
    source: Checkpoint, target: Path, parts: Sequence[_Part], index: Mapping[str, bytes], produce: _Producer
) -> Copied:
    """Write the parts, the index and the side files of the source's folder."""
    names = [*(part.name for part in parts), *index]
    beside = find_side_files(Path(source.files[0]).parent, names)
    contents: dict[str, Iterable[bytes | bytearray | memoryview]] = {
        **{Path(file.path).name: produce.pieces(file) for file in beside.files},
        **{part.name: _part_chunks(target, part, produce) for part in parts},
        **{name: [text] for name, text in index.items()},
    }
    n_bytes = sum(tensor.n_bytes for part in parts for tensor in part.tensors)
    n_bytes += sum(file.length for file in beside.files)
    with as_checkpoint_errors(target):
        _fill(target, contents, n_bytes)
    return Copied(str(target), tuple(str(target / name) for name in contents), (*_notes(source), *beside.notes))


def _part_chunks(target: Path, part: _Part, produce: _Producer) -> Iterable[bytes | bytearray | memoryview]:
    return file_chunks(str(target / part.name), produce.entries(part.tensors), part.metadata)


def _fill(target: Path, contents: Mapping[str, Iterable[bytes | bytearray | memoryview]], n_bytes: int) -> None:
    for name in contents:
        _refuse_all_but_plain(target, name)
    require_room(place_of(target), n_bytes)
    with new_folder(target) as folder:
        for name, chunks in contents.items():
            write_through(folder / name, chunks)


def _refuse_all_but_plain(target: Path, name: str) -> None:
    """The names are those of files that were opened; that none leads out of the folder is seen to once more."""
    if name in {"", ".", ".."} or Path(name).name != name:
        raise CheckpointError(str(target), f"is to hold {printable(name)}, which is no plain file name")
