"""safetensors files: what the official library writes is read back; what it refuses is refused."""

import json
import struct
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import safetensors.torch
import torch

from precisionlab.checkpoints import FileReader, TensorInfo
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.safetensors import DTYPES, MAX_HEADER_BYTES, open_file, recognises
from precisionlab.errors import CheckpointError

DESERIALIZE: Callable[[bytes], list[tuple[str, Any]]] = safetensors.deserialize
"""The official library, typed."""

TORCH_DTYPES = {
    "bool": torch.bool,
    "uint8": torch.uint8,
    "int8": torch.int8,
    "uint16": torch.uint16,
    "int16": torch.int16,
    "uint32": torch.uint32,
    "int32": torch.int32,
    "uint64": torch.uint64,
    "int64": torch.int64,
    "float8_e8m0fnu": torch.float8_e8m0fnu,
    "float8_e4m3fn": torch.float8_e4m3fn,
    "float8_e4m3fnuz": torch.float8_e4m3fnuz,
    "float8_e5m2": torch.float8_e5m2,
    "float8_e5m2fnuz": torch.float8_e5m2fnuz,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
    "complex64": torch.complex64,
}


def _content(tensor: TensorInfo) -> bytes:
    buffer = bytearray(tensor.n_bytes)
    with FileReader() as reader:
        reader.read_into(tensor.location, 0, buffer)
    return bytes(buffer)


def _file(header: Mapping[str, object] | bytes, n_data_bytes: int = 0) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(range(256)) * (n_data_bytes // 256) + bytes(n_data_bytes % 256)


def _entry(dtype: object, shape: object, *offsets: object) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": list(offsets)}


def _reference(content: bytes) -> dict[str, tuple[str, tuple[int, ...], bytes]] | None:
    """What the official library reads; None where it refuses."""
    try:
        read = DESERIALIZE(content)
    except safetensors.SafetensorError:
        return None
    return {name: (DTYPES[view["dtype"]], tuple(view["shape"]), bytes(view["data"])) for name, view in read}


def _safe_open_takes(content: bytes, path: Path) -> bool:
    path.write_bytes(content)
    try:
        with safetensors.safe_open(path, "np"):
            return True
    except safetensors.SafetensorError:
        return False


def _ours(path: Path) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    with open_file(path) as checkpoint:
        return {tensor.name: (tensor.dtype, tensor.shape, _content(tensor)) for tensor in checkpoint.tensors}


@pytest.mark.parametrize("dtype", TORCH_DTYPES)
def test_torch_tensors_are_read_back(tmp_path: Path, dtype: str) -> None:
    """Every dtype that torch saves, of no, one and more dimensions, and without elements."""
    n_bytes = DTYPE_BITS[dtype] // 8
    pattern = torch.from_numpy(np.random.default_rng(0).integers(0, 256, 24 * n_bytes, np.uint8))
    values = (pattern % 2 if dtype == "bool" else pattern).view(TORCH_DTYPES[dtype])
    saved = {"": values[0], "empty": values[:0].reshape(3, 0), "row": values, "block": values.reshape(2, 3, 4)}
    saved = {name: tensor.clone() for name, tensor in saved.items()}
    safetensors.torch.save_file(saved, tmp_path / "x.safetensors", {"format": "pt"})
    with open_file(tmp_path / "x.safetensors") as checkpoint:
        assert checkpoint.metadata == {"format": "pt"}
        found = {tensor.name: tensor for tensor in checkpoint.tensors}
        assert {name: (tensor.dtype, tensor.shape) for name, tensor in found.items()} == {
            name: (dtype, tuple(tensor.shape)) for name, tensor in saved.items()
        }
        for name, tensor in saved.items():
            assert _content(found[name]) == tensor.reshape(-1).view(torch.uint8).numpy().tobytes()


def test_packed_float4_is_counted_in_elements(tmp_path: Path) -> None:
    """Torch counts pairs of 4-bit floats, the file and we count floats."""
    pairs = torch.arange(12, dtype=torch.uint8).reshape(3, 4)
    safetensors.torch.save_file({"x": pairs.view(torch.float4_e2m1fn_x2)}, tmp_path / "x.safetensors")
    assert _ours(tmp_path / "x.safetensors") == {"x": ("float4_e2m1fn", (3, 8), bytes(range(12)))}


@pytest.mark.parametrize("dtype", ["b1", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "c8", "u8", "i8", "f8"])
def test_numpy_arrays_are_read_back(tmp_path: Path, dtype: str) -> None:
    """Every dtype that numpy saves."""
    array = np.arange(6).astype(dtype).reshape(2, 3)
    safetensors.numpy.save_file({"x": array, "0-d": array[0, :1].reshape(())}, tmp_path / "x.safetensors")
    read = _ours(tmp_path / "x.safetensors")
    assert read["x"] == (array.dtype.name, (2, 3), array.tobytes())
    assert read["0-d"] == (array.dtype.name, (), array[0, 0].tobytes())


@pytest.mark.parametrize("code", DTYPES)
def test_every_dtype_of_the_format_agrees_with_the_reference(tmp_path: Path, code: str) -> None:
    """Also F6, which the library reads but cannot write."""
    n_bytes = DTYPE_BITS[DTYPES[code]]
    content = _file({"x": _entry(code, [2, 4], 0, n_bytes)}, n_bytes)
    (tmp_path / "x").write_bytes(content)
    read = _ours(tmp_path / "x")
    assert read == _reference(content)
    assert read["x"][0] in DTYPE_BITS


def test_the_dtypes_are_those_that_the_library_knows() -> None:
    """The list in its message for an unknown one is ours."""
    with pytest.raises(safetensors.SafetensorError) as caught:
        DESERIALIZE(_file({"x": _entry("?", [], 0, 0)}))
    listed = str(caught.value).partition("expected one of ")[2].partition(" at line")[0]
    assert {code.strip("`") for code in listed.split(", ")} == set(DTYPES)


def test_tensors_come_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    """Whatever the header's order, reading goes forward through the file."""
    header = {"b": _entry("U8", [2], 1, 3), "c": _entry("U8", [0], 3, 3), "a": _entry("U8", [1], 0, 1)}
    (tmp_path / "x").write_bytes(_file(header, 3))
    assert [tensor.name for tensor in open_file(tmp_path / "x").tensors] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"__metadata__": {}},
        {"__metadata__": {"a": "b", "": "\0"}},
        b'{"__metadata__":null}',
        b"{}   \n\t\r",
        {"x": _entry("F32", [], 0, 4)},
        {"x": _entry("F32", [0, 2**63], 0, 0)},
        {"x": _entry("F4", [2], 0, 1)},
        {"x": _entry("F6_E3M2", [4], 0, 3)},
        {"x": {**_entry("U8", [1], 0, 1), "later": [[{}]]}},
        {"x": _entry("U8", [1] * 200, 0, 1)},
        {"\x1b[31m\n<b>[/]": _entry("U8", [1], 0, 1), "x" * 10_000: _entry("U8", [1], 1, 2)},
        {"\U0001f600\u202e": _entry("U8", [1], 0, 1)},
        {"../../etc/passwd": _entry("U8", [1], 0, 1), "": _entry("U8", [1], 1, 2)},
    ],
    ids=lambda header: str(header)[:40].encode("unicode_escape").decode(),
)
def test_unusual_files_are_read_as_the_reference_reads_them(
    tmp_path: Path, header: Mapping[str, dict[str, list[int]]] | bytes
) -> None:
    """Empty ones, hostile names, fields of later versions: names are data."""
    entries = {} if isinstance(header, bytes) else header
    ends = [entry["data_offsets"][1] for entry in entries.values() if "data_offsets" in entry]
    content = _file(header, max(ends, default=0))
    (tmp_path / "x").write_bytes(content)
    assert _ours(tmp_path / "x") == _reference(content)


BOTH_REFUSE: dict[str, tuple[bytes, str]] = {
    "7 bytes": (b"\x02\0\0\0\0\0\0", "is too short for a safetensors header: 7 bytes"),
    "no header": (struct.pack("<Q", 0), "its header does not begin with an opening brace"),
    "endless header": (b"\xff" * 8 + b"{}", "its header is too long: 18,446,744,073,709,551,615 bytes"),
    "long header": (struct.pack("<Q", MAX_HEADER_BYTES + 1) + b"{}", "its header is too long: 100,000,001 bytes"),
    "cut header": (struct.pack("<Q", 100) + b'{"x":', "is truncated: its header of 100 bytes does not fit"),
    "no JSON": (_file(b'{"x":'), "its header is not valid JSON at character 5"),
    "list": (_file(b"[]"), "its header does not begin with an opening brace"),
    "not UTF-8": (_file(b'{"\x80":1}'), "its header is not UTF-8 at byte 2"),
    "trailing NUL": (_file(b"{}\0"), "its header is not valid JSON"),
    "deep": (_file(b'{"x":' + b"[" * 100_000), "its header is nested too deep"),
    "metadata list": (_file({"__metadata__": []}), "its __metadata__ does not map text to text"),
    "metadata number": (_file({"__metadata__": {"a": 1}}), "its __metadata__ does not map text to text"),
    "metadata null": (_file({"__metadata__": {"a": None}}), "its __metadata__ does not map text to text"),
    "number for a tensor": (_file({"x": 1}), "tensor x is not described by an object"),
    "no dtype": (_file({"x": {"shape": [], "data_offsets": [0, 0]}}), "tensor x has the unknown dtype None"),
    "unknown dtype": (_file({"x\x1b": _entry("F7\n", [], 0, 0)}), r"tensor x\\x1b has the unknown dtype F7\\n"),
    "dtype in lower case": (_file({"x": _entry("f32", [], 0, 4)}, 4), "tensor x has the unknown dtype f32"),
    "dtype list": (_file({"x": _entry(["F32"], [], 0, 4)}, 4), r"tensor x has the unknown dtype \['F32'\]"),
    "no shape": (_file({"x": {"dtype": "U8", "data_offsets": [0, 0]}}), "tensor x has a shape that is no list"),
    "shape number": (_file({"x": _entry("U8", 1, 0, 1)}, 1), "tensor x has a shape that is no list"),
    "shape true": (_file({"x": _entry("U8", [True], 0, 1)}, 1), "tensor x has a shape that is no list"),
    "shape float": (_file({"x": _entry("U8", [1.0], 0, 1)}, 1), "tensor x has a shape that is no list"),
    "shape text": (_file({"x": _entry("U8", ["1"], 0, 1)}, 1), "tensor x has a shape that is no list"),
    "shape negative": (_file({"x": _entry("U8", [-1, -1], 0, 1)}, 1), "tensor x has a shape that is no list"),
    "shape minus zero": (_file(b'{"x":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'), "tensor x has a shape"),
    "shape of 65 bits": (_file({"x": _entry("U8", [2**64], 0, 0)}), "tensor x has a shape that is no list"),
    "product of 65 bits": (_file({"x": _entry("U8", [2**32, 2**32], 0, 0)}), "tensor x has a shape whose product over"),
    "bits of 65 bits": (_file({"x": _entry("F64", [2**62], 0, 0)}), "tensor x has a shape whose bits overflow"),
    "no offsets": (_file({"x": {"dtype": "U8", "shape": []}}), "tensor x has a data_offsets that is no list"),
    "one offset": (_file({"x": _entry("U8", [0], 0)}), "tensor x has data_offsets that are no two numbers"),
    "three offsets": (_file({"x": _entry("U8", [0], 0, 0, 0)}), "tensor x has data_offsets that are no two"),
    "backwards": (_file({"x": _entry("U8", [1], 1, 0)}, 1), "tensor x has data_offsets that are no two"),
    "float offsets": (_file({"x": _entry("U8", [1], 0.0, 1.0)}, 1), "tensor x has a data_offsets that is no list"),
    "too few bytes": (
        _file({"x": _entry("F32", [2], 0, 4)}, 4),
        r"tensor x does not match its bytes: float32 of shape \[2\] takes 8 bytes, its offsets span 4",
    ),
    "half a byte": (
        _file({"x": _entry("F4", [3], 0, 2)}, 2),
        "tensor x does not fill whole bytes: 3 elements of float4",
    ),
    "overlap": (
        _file({"x": _entry("U8", [2], 0, 2), "y": _entry("U8", [2], 1, 3)}, 3),
        "tensor y overlaps the tensor before",
    ),
    "same bytes": (
        _file({"x": _entry("U8", [2], 0, 2), "y": _entry("U8", [2], 0, 2)}, 2),
        "tensor y overlaps the tensor before",
    ),
    "hole": (
        _file({"x": _entry("U8", [1], 0, 1), "y": _entry("U8", [1], 2, 3)}, 3),
        "tensor y leaves a hole before it",
    ),
    "hole at first": (_file({"x": _entry("U8", [1], 1, 2)}, 2), "tensor x leaves a hole before it"),
    "bytes behind": (_file({"x": _entry("U8", [1], 0, 1)}, 3), "its last 2 bytes belong to no tensor"),
    "truncated": (_file({"x": _entry("U8", [9], 0, 9)}, 3), r"is truncated: its tensors reach to byte \d+ of \d+"),
    "far outside": (_file({"x": _entry("U8", [2**40], 0, 2**40)}, 3), "is truncated: its tensors reach to byte 1,099,"),
    "half a surrogate": (_file(b'{"\\ud800":1}'), "its header holds half a surrogate pair"),
    "field twice": (_file(b'{"x":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), "its header names"),
    "metadata twice": (_file(b'{"__metadata__":{},"__metadata__":{}}'), "its header names the key __metadata__ twice"),
}

WE_ARE_STRICTER: dict[str, tuple[bytes, str]] = {
    "space before": (_file(b" {}"), "its header does not begin with an opening brace"),
    "tensor twice": (
        _file(
            b'{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
        ),
        "its header names the key x twice",
    ),
    "metadata key twice": (_file(b'{"__metadata__":{"a":"1","a":"2"}}'), "its header names the key a twice"),
    "record as a list": (_file(b'{"x":["U8",[0],[0,0]]}'), "tensor x is not described by an object"),
}


@pytest.mark.parametrize(("content", "problem"), BOTH_REFUSE.values(), ids=BOTH_REFUSE)
def test_what_the_reference_refuses_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    """With one clear line that names the file, escaped."""
    assert _reference(content) is None
    assert not _safe_open_takes(content, tmp_path / "reference")
    _assert_refused(tmp_path / "x.safetensors", content, problem)


@pytest.mark.parametrize(("content", "problem"), WE_ARE_STRICTER.values(), ids=WE_ARE_STRICTER)
def test_what_the_format_forbids_is_refused_though_the_reference_takes_it(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    """The exceptions, all of them, to accepting what the official library accepts."""
    assert _reference(content) is not None
    _assert_refused(tmp_path / "x.safetensors", content, problem)


def _assert_refused(path: Path, content: bytes, problem: str) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f": {problem}") as caught:
        open_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()


def test_no_memory_is_taken_by_the_word_of_a_header(tmp_path: Path) -> None:
    """Lengths far beyond the file are refused before anything is allocated."""
    liars = [content for content, _ in BOTH_REFUSE.values() if len(content) < 1000]
    tracemalloc.start()
    try:
        for content in liars:
            (tmp_path / "x").write_bytes(content)
            with pytest.raises(CheckpointError):
                open_file(tmp_path / "x")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_file_without_its_data_is_read_no_further_than_the_header(tmp_path: Path) -> None:
    """Opening a sparse file of 1 TB takes neither memory nor time."""
    header = _file({"x": _entry("F32", [2**38], 0, 2**40)})
    with (tmp_path / "x").open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 2**40)
    checkpoint = open_file(tmp_path / "x")
    assert checkpoint.tensors[0].location.length == checkpoint.tensors[0].n_bytes == 2**40


@pytest.mark.slow
def test_220_000_tensors_open_in_a_few_seconds(tmp_path: Path) -> None:
    """As many as the largest mixture-of-experts checkpoints have."""
    names = (f"model.layers.{n // 1000}.mlp.experts.{n % 1000}.down_proj.weight_scale_inv" for n in range(220_000))
    header = {name: _entry("BF16", [4, 2], 16 * n, 16 * n + 16) for n, name in enumerate(names)}
    (tmp_path / "x").write_bytes(_file(header, 16 * 220_000))
    started = time.perf_counter()
    assert len(open_file(tmp_path / "x").tensors) == 220_000
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (_file({"x": _entry("U8", [1], 0, 1)}, 1), True),
        (_file({}), True),
        (_file({})[:8], False),
        (_file({})[:9], True),
        (b"", False),
        (b"\xff" * 8 + b"{}", False),
        (b"{" * 10, False),
        (_file(b"[]"), False),
    ],
    ids=["tensor", "empty", "length", "brace", "nothing", "endless", "text", "list"],
)
def test_it_is_recognised_by_its_beginning(head: bytes, answer: bool) -> None:
    """A possible length and an opening brace, whatever the file is called."""
    assert recognises(Path("x.bin"), head) is answer
