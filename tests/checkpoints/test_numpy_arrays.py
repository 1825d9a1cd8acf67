"""`.npy` and `.npz`: what numpy writes is read back, byte for byte, whatever its order."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest

from precisionlab.checkpoints import Checkpoint, CheckpointError, FileReader, TensorInfo
from precisionlab.checkpoints.numpy_arrays import open_file, recognises

Array = npt.NDArray[Any]

DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8", "c16"]
"""Every numpy dtype that is a number of ours."""

SHAPES = [(), (0,), (7,), (3, 0), (1, 5), (4, 1), (3, 5), (2, 3, 4), (1, 2, 1, 3)]


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))


def _patterns(dtype: str, shape: tuple[int, ...]) -> Array:
    """An array of random bits, NaN with payloads among them."""
    itemsize = np.dtype(dtype).itemsize
    n_bytes = int(np.prod(shape)) * itemsize
    bits = np.random.default_rng(itemsize).integers(0, 2 if dtype == "?" else 256, n_bytes, np.uint8)
    return bits.view(dtype).reshape(shape)


def _content(tensor: TensorInfo) -> bytes:
    buffer = bytearray(tensor.n_bytes)
    with FileReader() as reader:
        reader.read_into(tensor.location, 0, buffer)
    return bytes(buffer)


def _assert_holds(checkpoint: Checkpoint, arrays: Mapping[str, Array]) -> None:
    assert [tensor.name for tensor in checkpoint.tensors] == list(arrays)
    for tensor, array in zip(checkpoint.tensors, arrays.values(), strict=True):
        little = array.astype(array.dtype.newbyteorder("="))
        assert (tensor.dtype, tensor.shape) == (little.dtype.name, array.shape)
        assert _content(tensor) == array.tobytes() if array.dtype == little.dtype else little.tobytes()


def _spilled(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_array_is_read_in_place(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    """Under the file's stem, and without any copy."""
    array = _patterns(dtype, shape)
    np.save(tmp_path / "layer.0.npy", array)
    with open_file(tmp_path / "layer.0.npy") as checkpoint:
        _assert_holds(checkpoint, {"layer.0": array})
        assert checkpoint.container == "npy"
        assert checkpoint.files == (str(tmp_path / "layer.0.npy"),) == (checkpoint.tensors[0].location.path,)
        assert not _spilled(tmp_path)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_column_major_big_endian_array_is_copied(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    """Bits stay, the order becomes row-major and little-endian; the copy goes with the checkpoint."""
    array = _patterns(dtype, shape)
    array = array.view(array.dtype.newbyteorder(">"))
    np.save(tmp_path / "x.npy", np.asfortranarray(array))
    with open_file(tmp_path / "x.npy") as checkpoint:
        (tensor,) = checkpoint.tensors
        assert _content(tensor) == (array if dtype in {"?", "u1", "i1"} else array.byteswap()).tobytes()
    assert not _spilled(tmp_path)


@pytest.mark.parametrize(
    ("array", "note"),
    [
        (np.zeros((2, 3), "<f4"), ""),
        (np.zeros((2, 3), ">f4"), "was big-endian"),
        (np.zeros((2, 3), "<f4", order="F"), "was column-major"),
        (np.zeros((2, 3), ">f4", order="F"), "was column-major, was big-endian"),
        (np.zeros((2, 0), ">f4"), ""),
    ],
    ids=["as is", "big-endian", "column-major", "both", "empty"],
)
def test_what_was_changed_is_noted(tmp_path: Path, array: Array, note: str) -> None:
    """The note says how the bytes differ from the file's."""
    np.save(tmp_path / "x.npy", array)
    with open_file(tmp_path / "x.npy") as checkpoint:
        assert checkpoint.tensors[0].note == note


ARRAYS: dict[str, Array] = {
    "weight": _patterns("f2", (16, 8)),
    "a/b.bias": _patterns("f8", (3,)),
    "0-d": np.array(1.5),
    "empty": np.zeros((0, 4), np.int8),
    "column-major": np.asfortranarray(_patterns("u4", (5, 7))),
    "../../etc/passwd": _patterns("u1", (2,)),
    "\x1b[31m<b>\u202e": _patterns("c8", (2, 2)),
    "x" * 1000: _patterns("i8", (1,)),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "deflated"])
def test_archives_are_read_back(tmp_path: Path, save: Callable[..., None]) -> None:
    """In their order, under their names, however hostile; nothing is left behind."""
    save(tmp_path / "x.npz", **ARRAYS)
    with open_file(tmp_path / "x.npz") as checkpoint:
        _assert_holds(checkpoint, ARRAYS)
        assert checkpoint.container == "npz"
        assert checkpoint.omissions == ()
    assert not _spilled(tmp_path)


def test_stored_members_are_read_in_place(tmp_path: Path) -> None:
    """Their bytes are those of the archive, at their offset."""
    np.savez(tmp_path / "x.npz", a=_patterns("f4", (10, 10)), b=_patterns("f4", (3,)))
    with open_file(tmp_path / "x.npz") as checkpoint:
        assert {tensor.location.path for tensor in checkpoint.tensors} == {str(tmp_path / "x.npz")}
        assert not _spilled(tmp_path)


def test_deflated_members_are_inflated_in_pieces(tmp_path: Path) -> None:
    """Sixteen megabytes take a few megabytes of memory."""
    np.savez_compressed(tmp_path / "x.npz", x=np.arange(2 << 20))
    tracemalloc.start()
    try:
        checkpoint = open_file(tmp_path / "x.npz")
        assert tracemalloc.get_traced_memory()[1] < 6 << 20
    finally:
        tracemalloc.stop()
    with checkpoint:
        assert checkpoint.tensors[0].note == "inflated"
        assert _content(checkpoint.tensors[0]) == np.arange(2 << 20).tobytes()


def test_an_empty_archive_is_a_checkpoint_without_tensors(tmp_path: Path) -> None:
    """As numpy writes and reads it."""
    np.savez(tmp_path / "x.npz")
    with open_file(tmp_path / "x.npz") as checkpoint:
        assert checkpoint.tensors == ()


OTHER_ARRAYS: dict[str, tuple[Array, str]] = {
    "objects": (np.array([{}, []], object), "holds Python objects, which could only be unpickled"),
    "structured": (np.zeros(3, [("a", "f4"), ("b", "i4")]), "is a structured array of 2 fields"),
    "bytes": (np.array([b"abc"]), "holds text"),
    "text": (np.array(["abc"]), "holds text"),
    "dates": (np.array(["2020-01-01"], "M8[D]"), "holds dates"),
    "spans": (np.array([1], "m8[s]"), "holds time spans"),
    "bfloat16": (np.zeros(3, ml_dtypes.bfloat16), "numpy stored its 2-byte elements without their type .*bfloat16"),
    "float8": (np.zeros(3, ml_dtypes.float8_e4m3fn), "numpy stored its 1-byte elements without their type .*float8"),
    "void": (np.zeros(3, "V7"), "numpy stored its 7-byte elements without their type"),
    "long double": (np.zeros(3, np.longdouble), "holds the platform's long double"),
    "complex long double": (np.zeros(3, np.clongdouble), "holds the platform's complex long double"),
}
if np.dtype(np.longdouble).itemsize == 8:
    del OTHER_ARRAYS["long double"], OTHER_ARRAYS["complex long double"]


@pytest.mark.parametrize(("array", "reason"), OTHER_ARRAYS.values(), ids=OTHER_ARRAYS)
def test_an_array_of_no_numbers_is_refused(tmp_path: Path, array: Array, reason: str) -> None:
    """With its kind named; objects are never unpickled."""
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(CheckpointError, match=rf"x\.npy: {reason}.*; save it as safetensors"):
        open_file(tmp_path / "x.npy")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "deflated"])
def test_arrays_of_no_numbers_are_left_out_of_an_archive(tmp_path: Path, save: Callable[..., None]) -> None:
    """Each with its reason; the numbers beside them are read."""
    others = {name: array for name, (array, _) in OTHER_ARRAYS.items()}
    save(tmp_path / "x.npz", numbers=np.ones(3), **others)
    with zipfile.ZipFile(tmp_path / "x.npz", "a") as archive:
        archive.writestr("readme.txt", "hello")
    with open_file(tmp_path / "x.npz") as checkpoint:
        _assert_holds(checkpoint, {"numbers": np.ones(3)})
        assert [omission.name for omission in checkpoint.omissions] == [*others, "readme.txt"]
        assert all(omission.reason for omission in checkpoint.omissions)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)], ids=str)
def test_every_version_of_the_format_is_read(tmp_path: Path, version: tuple[int, int]) -> None:
    """They differ in the length and the encoding of the header."""
    with (tmp_path / "x.npy").open("wb") as file:
        np.lib.format.write_array(file, np.arange(5), version)
    with open_file(tmp_path / "x.npy") as checkpoint:
        _assert_holds(checkpoint, {"x": np.arange(5)})


def test_a_header_of_python_2_is_read_silently(tmp_path: Path) -> None:
    """Its integers end with L; numpy's warning about that is none of the user's."""
    (tmp_path / "x.npy").write_bytes(_npy("{'descr': '<u1', 'fortran_order': False, 'shape': (3L,), }", b"abc"))
    with open_file(tmp_path / "x.npy") as checkpoint:
        assert _content(checkpoint.tensors[0]) == b"abc"


def test_bytes_behind_the_array_are_mentioned(tmp_path: Path) -> None:
    """A second array is read by numpy only where it is asked to; it is left out, not lost."""
    with (tmp_path / "x.npy").open("wb") as file:
        np.save(file, np.ones(3))
        np.save(file, np.zeros(3))
    with open_file(tmp_path / "x.npy") as checkpoint:
        _assert_holds(checkpoint, {"x": np.ones(3)})
        assert [omission.reason for omission in checkpoint.omissions] == [
            "the 152 bytes behind the array belong to nothing"
        ]


def _npy(header: str, content: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H" if version[0] == 1 else "<I", len(text)) + text + content


def _header(descr: str = "'<f4'", shape: str = "(3,)", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


DAMAGED: dict[str, tuple[bytes, str]] = {
    "magic only": (b"\x93NUMPY", "has no valid .npy header"),
    "version": (_npy(_header(), bytes(12), b"\x09\x00"), "is of an unknown version of the .npy format"),
    "cut header": (_npy(_header())[:20], "has no valid .npy header"),
    "endless header": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "has no valid .npy header"),
    "long header": (_npy(_header() + " " * 20_000, bytes(12)), "has no valid .npy header"),
    "no dictionary": (_npy("[]"), "has no valid .npy header"),
    "code": (_npy("__import__('os').abort()"), "has no valid .npy header"),
    "deep": (_npy("(" * 9000), "has no valid .npy header"),
    "missing key": (_npy("{'descr': '<f4', 'shape': (3,)}"), "has no valid .npy header"),
    "odd dtype": (_npy(_header("'<q9'")), "has no valid .npy header"),
    "order": (_npy(_header(order="2")), "has no valid .npy header"),
    "shape list": (_npy(_header(shape="[3]")), "has no valid .npy header"),
    "shape negative": (_npy(_header(shape="(-3,)")), "has a shape that is none"),
    "shape true": (_npy(_header(shape="(True,)"), bytes(4)), "has a shape that is none"),
    "shape of 64 bits": (_npy(_header(shape="(2**63,)")), "has no valid .npy header"),
    "shape too large": (_npy(_header(shape=f"({2**63},)")), "has a shape that is none"),
    "product": (_npy(_header(shape=f"({2**40}, {2**40})")), "has a shape whose product overflows 64 bits"),
    "huge product": (_npy(_header(shape=f"({2**62}, " * 1 + f"{2**62}, " * 400 + ")")), "has a shape whose product"),
    "truncated": (_npy(_header(), bytes(11)), "is truncated: 1 of its 12 bytes are missing"),
    "no bytes": (_npy(_header(shape=f"({2**40},)")), "is truncated: 4,398,046,511,104 of its 4,398,046,511,104 bytes"),
    "column-major": (_npy(_header(shape=f"({2**30}, 2)", order="True")), "is truncated"),
}


@pytest.mark.parametrize(("content", "problem"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_array_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    """Alone and as a member, in our own words, without memory taken by its word."""
    (tmp_path / "x.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a\n.npy", content)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=rf"x\.npy: ({problem})"):
            open_file(tmp_path / "x.npy")
        with pytest.raises(CheckpointError, match=rf"x\.npz: member a\\n\.npy ({problem})") as caught:
            open_file(tmp_path / "x.npz")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert str(caught.value).isprintable()
    assert not _spilled(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"hello"], ids=["empty", "PK", "zip", "text"])
def test_another_file_under_such_a_name_is_refused(tmp_path: Path, content: bytes) -> None:
    """What is neither an array nor an archive, by its content."""
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"x\.npz: (is neither|the zip archive is truncated or damaged)"):
        open_file(tmp_path / "x.npz")


def test_both_are_recognised_by_their_content() -> None:
    """An archive by the name of its first member, so that one of PyTorch is not taken for it."""
    array, numpy_archive, torch_archive = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(array, np.ones(3))
    np.savez(numpy_archive, a=np.ones(3))
    with zipfile.ZipFile(torch_archive, "w") as archive:
        archive.writestr("archive/data.pkl", "")
    heads = [stream.getvalue()[:100] for stream in (array, numpy_archive, torch_archive)]
    assert [recognises(Path("x"), head) for head in [*heads, b"", b"PK\x03\x04"]] == [True, True, False, False, False]
