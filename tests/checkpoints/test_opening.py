"""`open_checkpoint`: any path is a checkpoint or one clear error, and nothing is waited for."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import socket
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

import precisionlab.checkpoints
from precisionlab.checkpoints import CheckpointError, open_checkpoint
from precisionlab.checkpoints.containers import all_containers, recognise
from precisionlab.checkpoints.model import Checkpoint


def _names(path: str | os.PathLike[str]) -> list[str]:
    with open_checkpoint(path) as checkpoint:
        return [tensor.name for tensor in checkpoint.tensors]


def _safetensors(path: Path, *names: str) -> None:
    save_file({name: np.ones(3) for name in names or ("a",)}, path)


def _npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))


def _npy(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.ones(3))


def _torch_zip(path: Path) -> None:
    torch.save({"a": torch.ones(3)}, path)


def _torch_legacy(path: Path) -> None:
    torch.save({"a": torch.ones(3)}, path, _use_new_zipfile_serialization=False)


WRITERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "safetensors": (_safetensors, "safetensors"),
    "npz": (_npz, "numpy"),
    "npy": (_npy, "numpy"),
    "torch zip": (_torch_zip, "pytorch"),
    "torch legacy": (_torch_legacy, "pytorch"),
}


@pytest.mark.parametrize("suffix", ["", ".txt", ".bin", ".safetensors", ".npz", ".pt"])
@pytest.mark.parametrize(("write", "container"), WRITERS.values(), ids=WRITERS)
def test_the_content_tells_the_container(
    tmp_path: Path, write: Callable[[Path], None], container: str, suffix: str
) -> None:
    """Whatever the suffix claims."""
    write(tmp_path / f"x{suffix}")
    name = recognise(str(tmp_path / f"x{suffix}")).NAME
    assert name == container


@pytest.mark.parametrize("given", [str, Path], ids=["text", "path"])
def test_the_path_is_shown_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Callable[[str], str | os.PathLike[str]]
) -> None:
    """Relative, with dots and slashes; files are named below it."""
    monkeypatch.chdir(tmp_path)
    _safetensors(tmp_path / "model.safetensors")
    checkpoint = open_checkpoint(given("./model.safetensors"))
    assert checkpoint.path == str(given("./model.safetensors"))
    assert open_checkpoint(".").path == "."
    assert open_checkpoint("../" + tmp_path.name + "//").path == "../" + tmp_path.name + "//"


def _empty(path: Path) -> None:
    path.touch()


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _link(path: Path) -> None:
    path.symlink_to("nowhere")


def _nothing(path: Path) -> None:
    del path


def _writes(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    return stream.getvalue()


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("model.weights.h5", b"")
    return stream.getvalue()


_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"

REFUSED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "missing": ("x.safetensors", _nothing, "does not exist"),
    "empty": ("x.safetensors", _empty, "is empty"),
    "pipe": ("x.safetensors", _pipe, "is a named pipe, not a regular file"),
    "socket": ("x.safetensors", _socket, "is a socket, not a regular file"),
    "device": ("x.safetensors", _device, "is a character device, not a regular file"),
    "broken link": ("x.safetensors", _link, "is a symbolic link to a path that does not exist"),
    "empty folder": ("x.safetensors", _folder, "holds no checkpoint"),
    "too short": ("x.safetensors", _writes(b"abc"), "is too short for a safetensors header: 3 bytes"),
    "cut array": ("x.npy", _writes(b"\x93NUM"), "is neither a NumPy array nor an archive of them"),
    "cut archive": ("x.npz", _writes(b"PK\x03\x04"), "the zip archive is truncated or damaged"),
    "noise": (
        "x.dat",
        _writes(bytes(range(250, 0, -1))),
        "is of an unknown type; known are safetensors, sharded, numpy, py",
    ),
    "text": ("README", _writes(b"hello\n"), "is of an unknown type"),
    "NULs": ("x", _writes(bytes(100)), "is of an unknown type"),
    "config": ("config.json", _writes(b'{"hidden_size": 768}'), "is a JSON file, but no index of shards"),
    "LFS": ("model.safetensors", _writes(_POINTER), "is a pointer of Git LFS, .*; fetch the file with `git lfs pull`"),
    "LFS of torch": ("pytorch_model.bin", _writes(_POINTER), "is a pointer of Git LFS"),
    "web page": ("model.safetensors", _writes(b"<!DOCTYPE html><html>"), "is a web page, not a checkpoint"),
    "GGUF": ("x.bin", _writes(b"GGUF\x03\0\0\0"), "is a GGUF file, which is not supported; convert it to safetensors"),
    "GGML": ("x.bin", _writes(b"tjgg\x03\0\0\0"), "is a GGML file"),
    "HDF5": ("x.safetensors", _writes(b"\x89HDF\r\n\x1a\n"), "is an HDF5 or Keras file"),
    "ONNX": ("x.onnx", _writes(b"\x08\x07\x12\x07pytorch"), "is an ONNX model"),
    "TFLite": ("x", _writes(b"\x1c\0\0\0TFL3"), "is a TensorFlow Lite model"),
    "graph": ("frozen.pb", _writes(b"\n\x05abcde"), "is a TensorFlow graph"),
    "Flax": ("flax_model.msgpack", _writes(b"\x81\xa6params"), r"is a Flax checkpoint \(msgpack\)"),
    "DCP": ("__0_0.distcp", _writes(b"abcdefgh"), "is a part of a PyTorch distributed checkpoint"),
    "DCP metadata": (".metadata", _writes(b"abcdefgh"), "is a part of a PyTorch distributed checkpoint"),
    "gzip": ("x.npy.gz", _writes(gzip.compress(b"abc")), "is a gzip-compressed file, .*; unpack it first"),
    "bzip2": ("x", _writes(bz2.compress(b"abc")), "is a bzip2-compressed file"),
    "xz": ("x", _writes(lzma.compress(b"abc")), "is an XZ-compressed file"),
    "7z": ("x", _writes(b"7z\xbc\xaf\x27\x1c\0\x04"), "is a 7z archive"),
    "tar": ("x", _writes(_tar()), "is a tar archive"),
    "zip": ("x.keras", _writes(_zip()), "is an HDF5 or Keras file"),
    "other zip": ("x.zip", _writes(_zip()), "is a zip archive of neither a PyTorch checkpoint nor NumPy arrays"),
    "pickle": ("x.pkl", _writes(pickle.dumps({"a": 1})), "is a plain pickle, which could run any code when loaded"),
    "protocol 2": ("x", _writes(pickle.dumps({"a": 1}, 2)), "is a plain pickle"),
}


@pytest.mark.parametrize(("name", "make", "problem"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_one_clear_error(
    tmp_path: Path, name: str, make: Callable[[Path], None], problem: str
) -> None:
    """On one line that begins with the path, and at once."""
    make(tmp_path / name)
    with pytest.raises(CheckpointError, match=problem) as caught:
        open_checkpoint(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert str(caught.value).isprintable()


def test_no_permission_is_one_clear_error(tmp_path: Path) -> None:
    """For a file and for a folder, as an ordinary user."""
    _safetensors(tmp_path / "x.safetensors")
    (tmp_path / "x.safetensors").chmod(0)
    (tmp_path / "folder").mkdir(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        for name in ("x.safetensors", "folder"):
            with pytest.raises(CheckpointError, match="there is no permission to read it"):
                open_checkpoint(tmp_path / name)
    finally:
        os.seteuid(user)
        (tmp_path / "folder").chmod(0o700)


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "x" * 10_000, "\x1b[31m\n"], ids=ascii)
def test_impossible_paths_are_one_clear_error(path: str) -> None:
    """Escaped and shortened."""
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_hostile_file_names_are_opened_and_escaped(tmp_path: Path) -> None:
    """Brackets, stars, newlines and bytes that are no UTF-8 are names like others."""
    for name in ("a[1]*?.safetensors", "a\n\x1b[31m.safetensors", os.fsdecode(b"\xff\xfe.safetensors")):
        _safetensors(tmp_path / "plain")
        (tmp_path / "plain").rename(tmp_path / name)
        assert _names(tmp_path / name) == ["a"]
        os.truncate(tmp_path / name, 30)
        with pytest.raises(CheckpointError, match="truncated") as caught:
            open_checkpoint(tmp_path / name)
        assert str(caught.value).isprintable()


FOLDERS: dict[str, tuple[tuple[str, ...], str]] = {
    "SavedModel": (("saved_model.pb", "keras_metadata.pb"), "is a TensorFlow SavedModel, which is not supported"),
    "TensorFlow": (("checkpoint", "model.index", "model.data-00000-of-00001"), "is a TensorFlow checkpoint"),
    "Orbax": (("_CHECKPOINT_METADATA", "manifest.ocdbt"), "is an Orbax checkpoint"),
    "DCP": ((".metadata", "__0_0.distcp", "__1_0.distcp"), "is a PyTorch distributed checkpoint"),
    "GGUF": (("README.md", "config.json", "model.Q4_0.gguf"), r"holds no checkpoint: model\.Q4_0\.gguf is a GGUF file"),
    "other files": (("README.md", "config.json"), "holds no checkpoint"),
    "hidden": ((".model.safetensors", "._model.safetensors"), "holds no checkpoint"),
}


@pytest.mark.parametrize(("names", "problem"), FOLDERS.values(), ids=FOLDERS)
def test_folders_of_other_tools_are_named(tmp_path: Path, names: tuple[str, ...], problem: str) -> None:
    """By the files in them."""
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(CheckpointError, match=f"^{tmp_path}: {problem}"):
        open_checkpoint(tmp_path)


def test_a_folder_of_one_checkpoint_is_opened(tmp_path: Path) -> None:
    """At its top, or in the only folder below it that has one."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    _safetensors(tmp_path / "a" / "b" / "model.safetensors", "x")
    assert _names(tmp_path) == _names(tmp_path / "a" / "b") == ["x"]


def test_a_folder_of_several_checkpoints_is_refused(tmp_path: Path) -> None:
    """With some of them named, and what to do."""
    for number in range(5):
        _safetensors(tmp_path / f"m{number}.safetensors")
    with pytest.raises(
        CheckpointError, match=r"holds 5 checkpoints: .*m0.*, .*m1.*, .*m2\.safetensors, \.\.\.; name one"
    ):
        open_checkpoint(tmp_path)


def test_the_public_names_are_exported() -> None:
    """What the engine and users need, from one place."""
    assert set(precisionlab.checkpoints.__all__) >= {"open_checkpoint", "find_checkpoints", "Checkpoint", "TensorInfo"}
    assert all(hasattr(precisionlab.checkpoints, name) for name in precisionlab.checkpoints.__all__)


def test_every_container_says_its_name_and_suffixes() -> None:
    """Names differ, suffixes are in lower case and begin with a dot."""
    containers = list(all_containers())
    assert len({container.NAME for container in containers}) == len(containers) >= 4
    suffixes = [suffix for container in containers for suffix in container.SUFFIXES]
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)
    assert len(set(suffixes)) == len(suffixes)


def _imported(program: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    )
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    "program",
    [
        "from precisionlab.checkpoints import open_checkpoint",
        "from precisionlab.checkpoints.containers import all_containers; list(all_containers())",
        "from precisionlab.checkpoints import open_checkpoint; open_checkpoint({path!r})",
        "from precisionlab.checkpoints import find_checkpoints; find_checkpoints({path!r})",
    ],
    ids=["import", "list", "open", "find"],
)
def test_little_is_imported(tmp_path: Path, program: str) -> None:
    """Neither torch nor numpy for names, suffixes, and safetensors."""
    _safetensors(tmp_path / "x.safetensors")
    assert _imported(program.format(path=str(tmp_path))).isdisjoint({"torch", "numpy", "numba", "scipy"})


@pytest.mark.parametrize("write", [write for write, _ in WRITERS.values()], ids=WRITERS)
def test_every_prefix_of_a_file_is_opened_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    """A download that broke off, at any byte and under any name, is one clear error."""

    def refuse(path: Path) -> Checkpoint:
        raise CheckpointError(str(path), "is not loaded in this test")

    for module in all_containers():
        if module.NAME == "pytorch":
            monkeypatch.setattr(module, "open_file", refuse)
    write(tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    for length in range(0, len(content), max(1, len(content) // 150)):
        (tmp_path / "x").write_bytes(content[:length])
        with pytest.raises(CheckpointError) as caught:
            open_checkpoint(tmp_path / "x")
        assert str(caught.value).isprintable()
