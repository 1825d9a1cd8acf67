"""NumPy files changed at random: what is read is what numpy reads, and nothing else ever happens."""

import io
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from precisionlab.checkpoints import CheckpointError, FileReader
from precisionlab.checkpoints.numpy_arrays import open_file

Array = npt.NDArray[Any]

_SETTINGS = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

_DESCRIPTIONS = [
    "'<f4'",
    "'>f2'",
    "'|u1'",
    "'|b1'",
    "'<c8'",
    "'<f16'",
    "'|O'",
    "'<V2'",
    "[('a', '<f4')]",
    "'<i3'",
    "'f'",
    "7",
]
_SHAPES = [
    "()",
    "(2,)",
    "(2, 3)",
    "(0,)",
    "(-1,)",
    "(1.0,)",
    "(True,)",
    "2",
    "[2]",
    f"({2**62}, 4)",
    f"({2**64},)",
    "(2L,)",
]


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """An array's file with a header of odd parts, and about as many bytes as it needs."""
    parts = [
        f"'descr': {draw(st.sampled_from(_DESCRIPTIONS))}",
        f"'fortran_order': {draw(st.sampled_from(['True', 'False', '1']))}",
        f"'shape': {draw(st.sampled_from(_SHAPES))}",
    ]
    kept = draw(st.lists(st.sampled_from(parts), min_size=2, max_size=4)) if draw(st.booleans()) else parts
    text = f"{{{', '.join(kept)}}}\n".encode()
    length = len(text) + draw(st.sampled_from([0, 0, 0, 1, -1, 1000]))
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text + bytes(draw(st.integers(0, 30)))


def _saved_array(draw: st.DrawFn) -> bytes:
    stream = io.BytesIO()
    dtype = draw(st.sampled_from(["<f4", ">f2", "|u1", "<c8", ">i8"]))
    array = np.arange(draw(st.integers(0, 12))).astype(dtype)
    np.save(stream, array.reshape(-1, 3, order="F") if array.size % 3 == 0 else array)
    return stream.getvalue()


def _saved_archive(draw: st.DrawFn) -> bytes:
    stream = io.BytesIO()
    arrays = {name: np.arange(draw(st.integers(0, 12)), dtype="f4") for name in draw(st.sets(st.sampled_from("abc")))}
    save: Callable[..., None] = np.savez_compressed if draw(st.booleans()) else np.savez
    save(stream, **arrays)
    return stream.getvalue()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sound file of which some bytes were replaced, inserted or cut off."""
    content = bytearray((_saved_archive if draw(st.booleans()) else _saved_array)(draw))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["replace", "insert", "cut"])):
            case "replace":
                content[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "insert":
                content[at:at] = draw(st.binary(max_size=4))
            case _:
                del content[at : at + draw(st.integers(0, 100))]
    return bytes(content)


def _ours(path: Path) -> dict[str, tuple[str, tuple[int, ...], bytes]] | str:
    read = {}
    try:
        with open_file(path) as checkpoint, FileReader() as reader:
            for tensor in checkpoint.tensors:
                buffer = bytearray(tensor.n_bytes)
                reader.read_into(tensor.location, 0, buffer)
                read[tensor.name] = (tensor.dtype, tensor.shape, bytes(buffer))
    except CheckpointError as error:
        return str(error)
    return read


def _numpys(path: Path, name: str) -> Array | None:
    """The array as numpy reads it; None where it does not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = np.load(path, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            with loaded:
                array: Array = loaded[name]
                return array
    except Exception:  # noqa: BLE001 (numpy raises what its parsers do)
        return None


def _assert_same_as_numpy(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    read = _ours(path)
    if isinstance(read, str):
        assert read.isprintable()
        return
    for name, (dtype, shape, stored) in read.items():
        array = _numpys(path, name)
        if array is not None:  # it checks the checksum of members that are read in place here
            little = array.astype(array.dtype.newbyteorder("="))
            assert (dtype, shape) == (little.dtype.name, little.shape)
            assert stored == little.tobytes()


@_SETTINGS
@given(headers())
def test_odd_headers_are_read_as_numpy_reads_them(tmp_path: Path, content: bytes) -> None:
    """Accepted with the same bytes, or refused in one clear line."""
    _assert_same_as_numpy(tmp_path / "x.npy", content)


@_SETTINGS
@given(mutated())
def test_mutated_files_are_read_as_numpy_reads_them(tmp_path: Path, content: bytes) -> None:
    """Arrays and archives, stored and deflated; nothing is left behind."""
    _assert_same_as_numpy(tmp_path / "x.npz", content)
    assert list((tmp_path / "temporary").iterdir()) == []


@settings(_SETTINGS, max_examples=60)
@given(mutated() | headers())
def test_mutated_files_take_no_memory_by_their_word(tmp_path: Path, content: bytes) -> None:
    """Opening a file of a kilobyte stays below four megabytes."""
    _ours(tmp_path / "warm")
    (tmp_path / "x").write_bytes(content)
    tracemalloc.start()
    try:
        _ours(tmp_path / "x")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20
