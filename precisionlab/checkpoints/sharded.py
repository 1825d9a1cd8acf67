"""Checkpoints in several files: with an index, or by numbered names (`x-00001-of-00003.safetensors`).

Index: https://huggingface.co/docs/transformers/big_models (`weight_map`). It decides which
tensors count, and from which shard; its shards lie beside it, whatever container they are.
"""

import json
import os
import re
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from precisionlab.checkpoints import containers
from precisionlab.checkpoints.model import Checkpoint, Omission, TensorInfo
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.strict_json import JsonError, parse_object
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable

NAME = "sharded"
SUFFIXES = (".index.json",)

MAX_INDEX_BYTES = 100_000_000
"""Longest index that is read, as for the header of a safetensors file."""

_INDEX = re.compile(r".*\.index(\.[^.]+)?\.json", re.DOTALL | re.IGNORECASE)  # with a variant: x.index.fp16.json
_SHARD = re.compile(r"(.+)-\d{5}(-of-\d{5}\.\w+)", re.DOTALL)
_SET = re.compile(r"(.+)-\*-of-(\d{5})(\.\w+)", re.DOTALL)


def recognises(path: Path, head: bytes) -> bool:
    """Whether the file begins as JSON does, and by its name or beginning is an index of shards."""
    return head.lstrip().startswith(b"{") and (is_index(path.name) or b'"weight_map"' in head)


def open_file(path: Path) -> Checkpoint:
    """Read the index, then the headers of its shards, one after the other.

    Raises:
        CheckpointError: the index is damaged, names a shard that is missing or outside its
            folder, or does not agree with what the shards hold; or a shard is damaged.
    """
    index = _read_index(path)
    checkpoint = _open_shards(path, tuple(dict.fromkeys(index.weight_map.values())), index.weight_map)
    return replace(checkpoint, files=(str(path), *checkpoint.files), metadata={**checkpoint.metadata, **index.metadata})


def is_index(name: str) -> bool:
    """Whether a file is called as an index of shards is."""
    return _INDEX.fullmatch(name) is not None


def set_of(name: str) -> str | None:
    """The name that stands for all shards numbered like this one: `x-*-of-00003.safetensors`."""
    shard = _SHARD.fullmatch(name)
    return f"{shard[1]}-*{shard[2]}" if shard else None


def is_set(name: str) -> bool:
    """Whether the name stands for numbered shards, as `set_of` makes it."""
    return _SET.fullmatch(name) is not None


def open_set(path: Path) -> Checkpoint:
    """Open numbered shards without an index, named as `set_of` does.

    Raises:
        CheckpointError: one is missing or damaged, or two hold the same tensor.
    """
    return _open_shards(path, _numbered(path), None)


@dataclass(frozen=True, slots=True)
class _Index:
    weight_map: Mapping[str, str]
    """The shard of every tensor that counts."""
    metadata: Mapping[str, str]


def _read_index(path: Path) -> _Index:
    with RegularFile(str(path)) as file:
        if file.size > MAX_INDEX_BYTES:
            raise CheckpointError(str(path), f"is too long for an index: {file.size:,} bytes")
        text = file.read(0, file.size)
    try:
        entries = parse_object(text)
        index = _Index(_weight_map(entries.get("weight_map")), _metadata(entries.get("metadata")))
    except JsonError as error:
        raise CheckpointError(str(path), str(error)) from error
    for shard in dict.fromkeys(index.weight_map.values()):
        _refuse_escape(str(path), shard)
    return index


def _weight_map(entry: object) -> Mapping[str, str]:
    if entry is None:
        raise JsonError("has no weight_map: it is no index of shards")
    if not isinstance(entry, dict) or not all(isinstance(shard, str) for shard in entry.values()):
        raise JsonError("has a weight_map that does not map names to files")
    return entry


def _metadata(entry: object) -> Mapping[str, str]:
    if not isinstance(entry, dict):
        return {}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in entry.items()}


def _refuse_escape(path: str, shard: str) -> None:
    """A shard is named by a plain file name; where a link under that name leads is the user's affair."""
    if shard in {"", ".", ".."} or not {"/", "\\", ":", "\0"}.isdisjoint(shard):
        problem = f"names the shard {printable(shard)}, which is no plain file name"
        raise CheckpointError(path, problem, "shards lie in the folder of their index")


def _numbered(path: Path) -> tuple[str, ...]:
    """The names of all shards of a set; they count from 0 where there is one of that number."""
    match = _SET.fullmatch(path.name)
    if match is None or int(match[2]) == 0:
        raise CheckpointError(str(path), "stands for no numbered shards")
    stem, total, suffix = match.groups()
    names = [f"{stem}-{number:05}-of-{total}{suffix}" for number in range(int(total) + 1)]
    return tuple(names[:-1] if os.path.lexists(path.parent / names[0]) else names[1:])


def _refuse_missing(path: Path, shards: Sequence[str]) -> None:
    missing = [shard for shard in shards if not os.path.lexists(path.parent / shard)]
    if missing:
        problem = f"the shard {printable(missing[0])} is missing"
        count = f" ({len(missing):,} of {len(shards):,} are)" if len(missing) > 1 else ""
        raise CheckpointError(str(path), problem + count, "download the rest")


_Shards = Mapping[str, Checkpoint]
"""What each shard holds, in order."""


def _open_shards(path: Path, names: Sequence[str], weight_map: Mapping[str, str] | None) -> Checkpoint:
    _refuse_missing(path, names)
    with ExitStack() as stack:
        shards = {name: stack.enter_context(_open_shard(path, name)) for name in names}
        tensors, omissions = _select(str(path), shards, weight_map)
        return Checkpoint(
            str(path),
            " and ".join(sorted({f"{NAME} {shard.container}" for shard in shards.values()})) or NAME,
            tuple(file for shard in shards.values() for file in shard.files),
            tensors,
            omissions,
            dict(ChainMap(*(dict(shard.metadata) for shard in shards.values()))),
            stack.pop_all().close,
        )


def _open_shard(path: Path, name: str) -> Checkpoint:
    file = path.parent / name
    container = containers.recognise(str(file))
    if container.NAME == NAME:
        raise CheckpointError(str(path), f"names {printable(name)} as a shard, which is an index itself")
    return container.open_file(file)


def _select(
    path: str, shards: _Shards, weight_map: Mapping[str, str] | None
) -> tuple[tuple[TensorInfo, ...], tuple[Omission, ...]]:
    """The tensors that the index names, or all where there is none; and what is left out."""
    held = [(tensor, name) for name, shard in shards.items() for tensor in shard.tensors]
    omissions = [omission for shard in shards.values() for omission in shard.omissions]
    if weight_map is not None:
        _refuse_misplaced(path, weight_map, held, {omission.name for omission in omissions})
        omissions += [
            Omission(tensor.name, f"the index does not name it, the shard {printable(name)} holds it")
            for tensor, name in held
            if tensor.name not in weight_map
        ]
        held = [(tensor, name) for tensor, name in held if tensor.name in weight_map]
    _refuse_repetition(path, held)
    return _with_owners([tensor for tensor, _ in held]), tuple(omissions)


def _refuse_misplaced(
    path: str, weight_map: Mapping[str, str], held: Iterable[tuple[TensorInfo, str]], omitted: Collection[str]
) -> None:
    """Every tensor that the index names is in the shard that it says, if only to be left out."""
    present = {(tensor.name, name) for tensor, name in held}
    missing = [item for item in weight_map.items() if item not in present and item[0] not in omitted]
    if missing:
        (tensor_name, shard), *more = missing
        count = f", and {len(more):,} more like it" if more else ""
        problem = f"tensor {printable(tensor_name)} is not in the shard {printable(shard)}, as the index says{count}"
        raise CheckpointError(path, problem, "download the index and the shards again")


def _refuse_repetition(path: str, held: Iterable[tuple[TensorInfo, str]]) -> None:
    holders: dict[str, str] = {}
    for tensor, name in held:
        first = holders.setdefault(tensor.name, name)
        if first != name:
            shards = f"{printable(first)} and {printable(name)}"
            raise CheckpointError(path, f"tensor {printable(tensor.name)} is in two shards, {shards}")


def _with_owners(tensors: Sequence[TensorInfo]) -> tuple[TensorInfo, ...]:
    """The tensors; those whose storage belongs to one that was left out are given another owner."""
    owners = {tensor.name: tensor.name for tensor in tensors}
    return tuple(_with_owner(tensor, owners) for tensor in tensors)


def _with_owner(tensor: TensorInfo, owners: dict[str, str]) -> TensorInfo:
    if tensor.shares_storage_with is None:
        return tensor
    owner = owners.setdefault(tensor.shares_storage_with, tensor.name)
    return replace(tensor, shares_storage_with=None if owner == tensor.name else owner)
