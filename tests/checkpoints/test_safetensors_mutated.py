"""safetensors files changed at random: accepted exactly as the official library accepts them."""

import json
import re
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import safetensors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from precisionlab.checkpoints import CheckpointError, FileReader
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.safetensors import DTYPES, open_file

DESERIALIZE: Callable[[bytes], list[tuple[str, Any]]] = safetensors.deserialize

KNOWN_EXCEPTIONS = re.compile(
    "names the key .* twice|begin with an opening brace|is not described by an object", re.DOTALL
)
"""Where we are stricter than the reference, on purpose; see `test_safetensors`."""

Entries = list[tuple[str, dict[str, object]]]

_SETTINGS = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@st.composite
def valid_entries(draw: st.DrawFn) -> tuple[Entries, int]:
    """Entries that follow each other, and the bytes of their tensors."""
    entries: Entries = []
    end = 0
    for name in draw(st.lists(st.text(max_size=8), max_size=4, unique=True)):
        code = draw(st.sampled_from(sorted(DTYPES)))
        shape = [*draw(st.lists(st.integers(0, 4), max_size=3)), 8]
        n_bytes = DTYPE_BITS[DTYPES[code]] * _product(shape) // 8
        entries.append((name, {"dtype": code, "shape": shape, "data_offsets": [end, end + n_bytes]}))
        end += n_bytes
    return draw(st.permutations(entries)), end


def _product(shape: list[int]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product


def _file(entries: Entries, n_data_bytes: int, padding: str = "") -> bytes:
    """Written by hand, so that a name may occur twice."""
    header = ",".join(f"{json.dumps(name)}:{json.dumps(entry)}" for name, entry in entries)
    text = f"{{{header}}}{padding}".encode()
    return struct.pack("<Q", len(text)) + text + bytes(n % 251 for n in range(n_data_bytes))


_NUMBERS: st.SearchStrategy[object] = st.sampled_from(
    [-1, 0, 1, 2, 8, 2**31, 2**32, 2**53, 2**63, 2**64 - 1, 2**64, 2**200, 1.0, True, None, "1", []]
)
_ODD_VALUES: st.SearchStrategy[object] = (
    _NUMBERS | st.lists(_NUMBERS, max_size=4) | st.sampled_from([*DTYPES, "F4_E2M1"])
)
_FIELDS = st.sampled_from(["dtype", "shape", "data_offsets", "strides", ""])


@st.composite
def mutated_entries(draw: st.DrawFn) -> bytes:
    """A valid file of which some fields, entries or numbers were changed."""
    entries, n_bytes = draw(valid_entries())
    for _ in range(draw(st.integers(1, 3))):
        entries = draw(st.sampled_from(_MUTATIONS))(draw, entries)
    n_bytes += draw(st.sampled_from([0, 0, 0, -1, 1, 8]))
    return _file(entries, max(0, n_bytes), draw(st.sampled_from(["", " ", "\n", "\0", "x", "}"])))


def _set_field(draw: st.DrawFn, entries: Entries) -> Entries:
    return [
        (name, {**entry, draw(_FIELDS): draw(_ODD_VALUES)} if draw(st.booleans()) else entry) for name, entry in entries
    ]


def _drop_field(draw: st.DrawFn, entries: Entries) -> Entries:
    dropped = draw(_FIELDS)
    return [(name, {key: value for key, value in entry.items() if key != dropped}) for name, entry in entries]


def _shift(draw: st.DrawFn, entries: Entries) -> Entries:
    by = draw(st.sampled_from([-8, -1, 1, 8]))
    return [(name, _shifted(entry, by) if draw(st.booleans()) else entry) for name, entry in entries]


def _shifted(entry: dict[str, object], by: int) -> dict[str, object]:
    offsets = entry.get("data_offsets")
    if not isinstance(offsets, list):
        return entry
    return {**entry, "data_offsets": [n + by if isinstance(n, int) else n for n in offsets]}


def _repeat(draw: st.DrawFn, entries: Entries) -> Entries:
    return entries + entries[: draw(st.integers(0, 2))]


def _add_metadata(draw: st.DrawFn, entries: Entries) -> Entries:
    return [
        ("__metadata__", draw(st.dictionaries(st.text(max_size=3), st.text(max_size=3) | _NUMBERS, max_size=2))),
        *entries,
    ]


_MUTATIONS: list[Callable[[st.DrawFn, Entries], Entries]] = [_set_field, _drop_field, _shift, _repeat, _add_metadata]


@st.composite
def mutated_bytes(draw: st.DrawFn) -> bytes:
    """A valid file of which some bytes were replaced, inserted or cut off."""
    content = bytearray(_file(*draw(valid_entries())))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["replace", "insert", "cut", "swap"])):
            case "replace":
                content[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "insert":
                content[at:at] = draw(st.binary(max_size=4))
            case "cut":
                del content[at : at + draw(st.integers(0, 8))]
            case _:
                content[at : at + 2] = content[at : at + 2][::-1]
    return bytes(content)


Read = dict[str, tuple[str, tuple[int, ...], bytes]]


def _reference(content: bytes) -> Read | None:
    try:
        read = DESERIALIZE(content)
    except safetensors.SafetensorError:
        return None
    return {name: (DTYPES[view["dtype"]], tuple(view["shape"]), bytes(view["data"])) for name, view in read}


def _ours(path: Path) -> Read:
    return dict(_read_all(path))


def _read_all(path: Path) -> Iterator[tuple[str, tuple[str, tuple[int, ...], bytes]]]:
    with open_file(path) as checkpoint, FileReader() as reader:
        for tensor in checkpoint.tensors:
            buffer = bytearray(tensor.n_bytes)
            reader.read_into(tensor.location, 0, buffer)
            yield tensor.name, (tensor.dtype, tensor.shape, bytes(buffer))


def _ours_or_refusal(path: Path) -> Read | str:
    try:
        return _ours(path)
    except CheckpointError as error:
        return str(error)


def _assert_same_as_reference(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    expected, read = _reference(content), _ours_or_refusal(path)
    if isinstance(read, str):
        assert read.isprintable()
        assert expected is None or KNOWN_EXCEPTIONS.search(read), read
    else:
        assert read == expected


@_SETTINGS
@given(valid_entries())
def test_valid_files_are_read_as_the_reference_reads_them(tmp_path: Path, file: tuple[Entries, int]) -> None:
    """Any dtypes, shapes, names and order of entries."""
    content = _file(*file)
    (tmp_path / "x").write_bytes(content)
    assert _ours(tmp_path / "x") == _reference(content)


@_SETTINGS
@given(mutated_entries())
def test_mutated_headers_are_taken_or_refused_as_by_the_reference(tmp_path: Path, content: bytes) -> None:
    """Never another exception than ours, never other bytes, never more lenient."""
    _assert_same_as_reference(tmp_path / "x", content)


@_SETTINGS
@given(mutated_bytes())
def test_mutated_bytes_are_taken_or_refused_as_by_the_reference(tmp_path: Path, content: bytes) -> None:
    """The same for changes that know nothing of the format."""
    _assert_same_as_reference(tmp_path / "x", content)


@_SETTINGS
@given(st.binary(max_size=64))
def test_any_bytes_are_taken_or_refused_as_by_the_reference(tmp_path: Path, content: bytes) -> None:
    """The same for noise, alone and behind a plausible length."""
    _assert_same_as_reference(tmp_path / "x", content)
    _assert_same_as_reference(tmp_path / "x", struct.pack("<Q", len(content)) + content)


@settings(_SETTINGS, max_examples=100)
@given(mutated_entries() | mutated_bytes())
def test_mutated_files_take_no_memory_by_their_word(tmp_path: Path, content: bytes) -> None:
    """Opening a file of a few hundred bytes stays below a megabyte."""
    (tmp_path / "x").write_bytes(content)
    tracemalloc.start()
    try:
        open_file(tmp_path / "x")
    except CheckpointError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1 << 20
