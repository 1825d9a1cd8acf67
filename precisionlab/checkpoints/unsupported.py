"""Files and folders that are recognised but not read: what they are, and what helps."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from precisionlab.errors import CheckpointError

_CONVERT = "convert it to safetensors"
_UNPACK = "unpack it first"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is not read."""

    what: str
    """Completes 'is ...'."""
    remedy: str
    magic: tuple[tuple[int, bytes], ...] = ()
    """Bytes at an offset, any of which tells the kind."""
    suffixes: tuple[str, ...] = ()

    def error(self, path: str) -> CheckpointError:
        """That the path is of this kind."""
        return CheckpointError(path, f"is {self.what}", self.remedy)


def _other(what: str, *magic: tuple[int, bytes], suffixes: tuple[str, ...] = (), remedy: str = _CONVERT) -> Kind:
    return Kind(f"{what}, which is not supported", remedy, magic, suffixes)


KINDS: tuple[Kind, ...] = (
    Kind(
        "a pointer of Git LFS, not the file that it stands for",
        "fetch the file with `git lfs pull`",
        ((0, b"version https://git-lfs.github.com/spec/"),),
    ),
    Kind(
        "a web page, not a checkpoint",
        "download it again: this is what the server answered",
        ((0, b"<!DOCTYPE html"), (0, b"<!doctype html"), (0, b"<html")),
    ),
    _other("a GGUF file", (0, b"GGUF"), suffixes=(".gguf",)),
    _other("a GGML file", (0, b"lmgg"), (0, b"fmgg"), (0, b"tjgg"), suffixes=(".ggml",)),
    _other("an HDF5 or Keras file", (0, b"\x89HDF\r\n\x1a\n"), suffixes=(".h5", ".hdf5", ".keras")),
    _other("a TensorFlow Lite model", (4, b"TFL3"), suffixes=(".tflite",)),
    _other("an ONNX model", suffixes=(".onnx",)),
    _other("a TensorFlow graph", suffixes=(".pb",)),
    _other("a part of a TensorFlow checkpoint", suffixes=(".index", ".data-00000-of-00001")),
    _other("a Flax checkpoint (msgpack)", suffixes=(".msgpack",)),
    _other("a part of a PyTorch distributed checkpoint", suffixes=(".distcp", ".metadata")),
    _other("a TensorRT engine", suffixes=(".engine", ".plan")),
    _other("a Core ML model", suffixes=(".mlmodel",)),
    _other("a PaddlePaddle checkpoint", suffixes=(".pdparams",)),
    _other("a MATLAB file", (0, b"MATLAB 5.0 MAT-file"), suffixes=(".mat",)),
    _other("a gzip-compressed file", (0, b"\x1f\x8b"), suffixes=(".gz", ".tgz"), remedy=_UNPACK),
    _other("a bzip2-compressed file", (0, b"BZh"), suffixes=(".bz2",), remedy=_UNPACK),
    _other("an XZ-compressed file", (0, b"\xfd7zXZ\0"), suffixes=(".xz",), remedy=_UNPACK),
    _other("a Zstandard-compressed file", (0, b"\x28\xb5\x2f\xfd"), suffixes=(".zst",), remedy=_UNPACK),
    _other("a 7z archive", (0, b"7z\xbc\xaf\x27\x1c"), suffixes=(".7z",), remedy=_UNPACK),
    _other("a RAR archive", (0, b"Rar!\x1a\x07"), suffixes=(".rar",), remedy=_UNPACK),
    _other("a tar archive", (257, b"ustar"), remedy=_UNPACK),
    Kind(
        "a plain pickle, which could run any code when loaded",
        "save its tensors as safetensors, where you trust it",
        tuple((0, b"\x80" + bytes([protocol])) for protocol in range(2, 6)),
        (".pkl", ".pickle", ".joblib"),
    ),
    Kind("a JSON file, but no index of shards", "name the checkpoint or its folder", suffixes=(".json",)),
)
"""The first that matches counts: by magic bytes, or, where none does, by suffix."""

ZIP_ARCHIVE = Kind("a zip archive of neither a PyTorch checkpoint nor NumPy arrays", "unpack it, or save it again")
"""What a zip archive is that no container and no suffix claims."""

_FOLDERS: tuple[tuple[str, Kind], ...] = (
    (r"saved_model\.pb", _other("a TensorFlow SavedModel")),
    (r".*\.data-\d{5}-of-\d{5}", _other("a TensorFlow checkpoint")),
    (r"_CHECKPOINT_METADATA|_METADATA|manifest\.ocdbt", _other("an Orbax checkpoint")),
    (r".*\.distcp", _other("a PyTorch distributed checkpoint")),
)
"""Folders, by the name of a file in them."""


def kind_of_content(head: bytes) -> Kind | None:
    """What the first bytes tell."""
    return next((kind for kind in KINDS if any(head.startswith(magic, at) for at, magic in kind.magic)), None)


def kind_of_name(name: str) -> Kind | None:
    """What the suffix tells."""
    return next((kind for kind in KINDS if name.lower().endswith(kind.suffixes)), None)


def kind_of_folder(names: Collection[str]) -> Kind | None:
    """What the names of a folder's files tell."""
    return next((kind for pattern, kind in _FOLDERS if any(re.fullmatch(pattern, name) for name in names)), None)
