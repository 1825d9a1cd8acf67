"""Checkpoints in several files: the index decides, and nothing leaves its folder."""

import gc
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from precisionlab.checkpoints import Checkpoint, CheckpointError, FileReader, open_checkpoint, pytorch
from precisionlab.checkpoints.model import ByteRange, Omission, TensorInfo
from precisionlab.checkpoints.sharded import is_index, is_set, open_file, recognises, set_of

INDEX = "model.safetensors.index.json"


def _write_index(folder: Path, weight_map: object, name: str = INDEX, **others: object) -> Path:
    path = folder / name
    path.write_text(json.dumps({"metadata": {"total_size": 24}, "weight_map": weight_map, **others}))
    return path


def _write_shards(folder: Path, **shards: Mapping[str, int]) -> None:
    """Each tensor of a shard holds its number."""
    for shard, tensors in shards.items():
        arrays = {name: np.full(3, number, "u1") for name, number in tensors.items()}
        save_file(arrays, folder / f"{shard}.safetensors", {"shard": shard})


def _contents(checkpoint: Checkpoint) -> dict[str, int]:
    """The number that each tensor holds."""
    with FileReader() as reader:
        return {tensor.name: _content(reader, tensor)[0] for tensor in checkpoint.tensors}


def _content(reader: FileReader, tensor: TensorInfo) -> bytearray:
    buffer = bytearray(tensor.n_bytes)
    reader.read_into(tensor.location, 0, buffer)
    return buffer


def test_tensors_come_from_the_shards_that_the_index_names(tmp_path: Path) -> None:
    """In the index's order of shards and then in each one's; with all metadata and files."""
    _write_shards(tmp_path, s1={"c": 1, "a": 2}, s2={"b": 3})
    index = _write_index(tmp_path, {"b": "s2.safetensors", "a": "s1.safetensors", "c": "s1.safetensors"})
    with open_file(index) as checkpoint:
        assert _contents(checkpoint) == {"b": 3, "a": 2, "c": 1}
        assert [tensor.name for tensor in checkpoint.tensors] == ["b", "a", "c"]
        assert checkpoint.container == "sharded safetensors"
        assert checkpoint.files == (str(index), *(str(tmp_path / f"{name}.safetensors") for name in ("s2", "s1")))
        assert checkpoint.metadata == {"total_size": "24", "shard": "s2"}
        assert checkpoint.omissions == ()


def test_tensors_that_the_index_does_not_name_are_left_out(tmp_path: Path) -> None:
    """Stale tensors in a shard are listed with the reason, not analysed."""
    _write_shards(tmp_path, s1={"a": 1, "stale\x1b": 2}, s2={"b": 3})
    index = _write_index(tmp_path, {"a": "s1.safetensors", "b": "s2.safetensors"})
    with open_file(index) as checkpoint:
        assert _contents(checkpoint) == {"a": 1, "b": 3}
        reason = "the index does not name it, the shard s1.safetensors holds it"
        assert checkpoint.omissions == (Omission("stale\x1b", reason),)


def test_shards_may_be_of_any_container(tmp_path: Path) -> None:
    """Each is recognised by itself; an array is named after its file."""
    _write_shards(tmp_path, s1={"a": 1})
    np.save(tmp_path / "b.npy", np.full(3, 2, "u1"))
    with open_file(_write_index(tmp_path, {"a": "s1.safetensors", "b": "b.npy"})) as checkpoint:
        assert _contents(checkpoint) == {"a": 1, "b": 2}
        assert checkpoint.container == "sharded npy and sharded safetensors"


@pytest.mark.slow
def test_shards_of_pytorch_are_read(tmp_path: Path) -> None:
    """As `pytorch_model.bin.index.json` names them."""
    torch.save({"a": torch.full((3,), 1, dtype=torch.uint8)}, tmp_path / "pytorch_model-00001-of-00002.bin")
    torch.save({"b": torch.full((3,), 2, dtype=torch.uint8)}, tmp_path / "pytorch_model-00002-of-00002.bin")
    weight_map = {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00002-of-00002.bin"}
    _write_index(tmp_path, weight_map, "pytorch_model.bin.index.json")
    with open_checkpoint(tmp_path) as checkpoint:
        assert _contents(checkpoint) == {"a": 1, "b": 2}
        assert checkpoint.container == "sharded pytorch"


def test_links_of_a_download_cache_are_followed(tmp_path: Path) -> None:
    """Caches keep shards elsewhere, as links; the name in the index is what counts."""
    (tmp_path / "blobs").mkdir()
    (tmp_path / "snapshot").mkdir()
    _write_shards(tmp_path / "blobs", s1={"a": 1})
    (tmp_path / "snapshot" / "s1.safetensors").symlink_to("../blobs/s1.safetensors")
    with open_file(_write_index(tmp_path / "snapshot", {"a": "s1.safetensors"})) as checkpoint:
        assert _contents(checkpoint) == {"a": 1}


ESCAPES = [
    "../s1.safetensors",
    "..",
    ".",
    "",
    "/etc/passwd",
    "a/../s1.safetensors",
    "a/b",
    "a\\b",
    "..\\x",
    "C:x",
    "a\0b",
]


@pytest.mark.parametrize("name", ESCAPES, ids=ascii)
def test_a_shard_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Even where such a file exists, by its name alone."""
    (tmp_path / "inner").mkdir()
    _write_shards(tmp_path, s1={"a": 1})
    with pytest.raises(
        CheckpointError, match="which is no plain file name; shards lie in the folder of their index"
    ) as caught:
        open_file(_write_index(tmp_path / "inner", {"a": name}))
    assert str(caught.value).isprintable()


REFUSED: dict[str, tuple[dict[str, Mapping[str, int]], object, str]] = {
    "missing shard": (
        {"s1": {"a": 1}},
        {"a": "s1.safetensors", "b": "s2.safetensors"},
        r"the shard s2\.safetensors is missing; download",
    ),
    "missing shards": ({}, {"a": "s1\x1b", "b": "s2"}, r"the shard s1\\x1b is missing \(2 of 2 are\)"),
    "missing tensor": (
        {"s1": {"a": 1}},
        {"a": "s1.safetensors", "b\n": "s1.safetensors"},
        r"tensor b\\n is not in the shard s1\.safetensors, as the index says",
    ),
    "missing tensors": (
        {"s1": {"a": 1}},
        dict.fromkeys("abcd", "s1.safetensors"),
        "tensor b is not in the shard .*, and 2 more like it",
    ),
    "elsewhere": (
        {"s1": {"a": 1}, "s2": {"b": 2, "c": 3}},
        {"a": "s1.safetensors", "c": "s1.safetensors", "b": "s2.safetensors"},
        r"tensor c is not in the shard s1\.safetensors",
    ),
    "two shards": (
        {"s1": {"a": 1}, "s2": {"a": 2, "b": 3}},
        {"a": "s1.safetensors", "b": "s2.safetensors"},
        r"tensor a is in two shards, s1\.safetensors and s2\.safetensors",
    ),
    "the index itself": ({}, {"a": INDEX}, f"names {INDEX} as a shard, which is an index itself"),
    "no map": ({}, None, "has no weight_map: it is no index of shards"),
    "a list": ({}, ["s1.safetensors"], "has a weight_map that does not map names to files"),
    "numbers": ({}, {"a": 1}, "has a weight_map that does not map names to files"),
}


@pytest.mark.parametrize(("shards", "weight_map", "problem"), REFUSED.values(), ids=REFUSED)
def test_an_index_that_disagrees_with_its_shards_is_refused(
    tmp_path: Path, shards: dict[str, Mapping[str, int]], weight_map: object, problem: str
) -> None:
    """One clear line that names the index."""
    _write_shards(tmp_path, **shards)
    with pytest.raises(CheckpointError, match=rf"index\.json: {problem}") as caught:
        open_file(_write_index(tmp_path, weight_map))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b'{"weight_map": {"a": "x", "a": "y"}}', "names the key a twice"),
        (b'{"weight_map": {}, "weight_map": {}}', "names the key weight_map twice"),
        (b'{"weight_map": {"a": "x"', "is not valid JSON"),
        (b'{"weight_map": {"a\xff": "x"}}', "is not UTF-8"),
        (b'{"weight_map": {"a": "\\udc80"}}', "holds half a surrogate pair"),
        (b'{"weight_map":' * 100_000, "is nested too deep"),
        (b"[]", "is not a JSON object"),
    ],
    ids=["tensor twice", "map twice", "cut", "not UTF-8", "surrogate", "deep", "list"],
)
def test_a_damaged_index_is_refused(tmp_path: Path, text: bytes, problem: str) -> None:
    """In the words of the parser that safetensors headers go through."""
    (tmp_path / INDEX).write_bytes(text)
    with pytest.raises(CheckpointError, match=f"{INDEX}: {problem}"):
        open_checkpoint(tmp_path / INDEX)


def test_an_index_of_endless_length_is_not_read(tmp_path: Path) -> None:
    """A sparse file of a terabyte costs nothing."""
    with (tmp_path / INDEX).open("wb") as file:
        file.write(b'{"weight_map": {')
        file.truncate(1 << 40)
    with pytest.raises(CheckpointError, match="is too long for an index: 1,099,511,627,776 bytes"):
        open_checkpoint(tmp_path / INDEX)


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    """The error is about the shard, not about the index."""
    _write_shards(tmp_path, s1={"a": 1})
    os.truncate(tmp_path / "s1.safetensors", 20)
    with pytest.raises(CheckpointError, match=r"s1\.safetensors: is truncated"):
        open_file(_write_index(tmp_path, {"a": "s1.safetensors"}))


def test_numbered_shards_without_an_index_are_one_checkpoint(tmp_path: Path) -> None:
    """All of them, in the order of their numbers."""
    _write_shards(tmp_path, **{f"m-0000{n}-of-00003": {f"t{n}": n} for n in (2, 1, 3)})
    with open_checkpoint(tmp_path / "m-*-of-00003.safetensors") as checkpoint:
        assert _contents(checkpoint) == {"t1": 1, "t2": 2, "t3": 3}
        assert checkpoint.container == "sharded safetensors"
        assert checkpoint.path == str(tmp_path / "m-*-of-00003.safetensors")
        assert len(checkpoint.files) == 3


def test_numbered_shards_may_count_from_0(tmp_path: Path) -> None:
    """Where there is one of that number."""
    _write_shards(tmp_path, **{f"m-0000{n}-of-00002": {f"t{n}": n} for n in (0, 1)})
    with open_checkpoint(tmp_path / "m-*-of-00002.safetensors") as checkpoint:
        assert _contents(checkpoint) == {"t0": 0, "t1": 1}


def test_a_missing_numbered_shard_is_named(tmp_path: Path) -> None:
    """And how many are missing."""
    _write_shards(tmp_path, **{"m-00002-of-00003": {"a": 1}})
    with pytest.raises(CheckpointError, match=r"the shard m-00001-of-00003\.safetensors is missing \(2 of 3 are\)"):
        open_checkpoint(tmp_path / "m-*-of-00003.safetensors")


def test_numbered_shards_with_one_tensor_twice_are_refused(tmp_path: Path) -> None:
    """Nothing says which of the two counts."""
    _write_shards(tmp_path, **{"m-00001-of-00002": {"a": 1}, "m-00002-of-00002": {"a": 1}})
    with pytest.raises(CheckpointError, match=r"tensor a is in two shards, m-00001-of-00002\.safetensors and m-00002"):
        open_checkpoint(tmp_path / "m-*-of-00002.safetensors")


def test_no_shards_are_no_checkpoint(tmp_path: Path) -> None:
    """A set of zero shards stands for nothing."""
    with pytest.raises(CheckpointError, match="stands for no numbered shards"):
        open_checkpoint(tmp_path / "m-*-of-00000.safetensors")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m-00001-of-00003.safetensors", "m-*-of-00003.safetensors"),
        ("m.fp16-00001-of-00003.bin", "m.fp16-*-of-00003.bin"),
        ("m-1-of-3.safetensors", None),
        ("-00001-of-00003.safetensors", None),
        ("m-00001-of-00003", None),
        ("m.safetensors", None),
    ],
)
def test_numbered_names_tell_their_set(name: str, expected: str | None) -> None:
    """Five digits each, as every tool writes them; the set's name is known as one."""
    assert set_of(name) == expected
    assert not is_set(name)
    assert expected is None or is_set(expected)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        (INDEX, True),
        ("pytorch_model.bin.index.json", True),
        ("model.safetensors.index.fp16.json", True),
        ("config.json", False),
        ("index.json", False),
        ("tokenizer.index.json.bak", False),
    ],
)
def test_indexes_are_known_by_their_names(name: str, answer: bool) -> None:
    """With or without a variant; others by what they hold."""
    assert is_index(name) is answer
    assert recognises(Path(name), b' {"metadata": {}') is answer
    assert recognises(Path(name), b' {"weight_map": {}')
    assert not recognises(Path(name), b"[]")


def _with_release(release: Callable[[], None]) -> Callable[[Path], Checkpoint]:
    def opened(path: Path) -> Checkpoint:
        location = ByteRange(str(path), 0, 4)
        owner = TensorInfo("owner", "float32", (1,), location)
        views = [TensorInfo(name, "float32", (1,), location, shares_storage_with="owner") for name in ("v1", "v2")]
        return Checkpoint(str(path), "pytorch", (str(path),), (owner, *views), release=release)

    return opened


def test_views_of_a_tensor_that_is_left_out_get_another_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that their bytes are counted once, not never."""
    (tmp_path / "s1.bin").write_bytes(b"PK\x03\x04")
    monkeypatch.setattr(pytorch, "open_file", _with_release(lambda: None))
    checkpoint = open_file(_write_index(tmp_path, {"v1": "s1.bin", "v2": "s1.bin"}))
    assert [(tensor.name, tensor.shares_storage_with) for tensor in checkpoint.tensors] == [("v1", None), ("v2", "v1")]


@pytest.mark.parametrize("weight_map", [{"owner": "s1.bin"}, {"missing": "s1.bin"}], ids=["closed", "refused"])
def test_what_shards_copied_is_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weight_map: dict[str, str]
) -> None:
    """On closing, once; and when the index is refused after its shards were opened."""
    released: list[str] = []
    (tmp_path / "s1.bin").write_bytes(b"PK\x03\x04")
    monkeypatch.setattr(pytorch, "open_file", _with_release(lambda: released.append("s1")))
    try:
        checkpoint = open_file(_write_index(tmp_path, weight_map))
        assert released == []
        checkpoint.close()
        checkpoint.close()
    except CheckpointError:
        assert "missing" in weight_map
    gc.collect()
    assert released == ["s1"]


_NAMES = st.sampled_from(["a", "b", "a\x1b", ""]) | st.text(max_size=4)
_FILES = st.sampled_from(["s1.safetensors", "s2.safetensors", INDEX, *ESCAPES]) | st.text(max_size=6)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(_NAMES, _FILES | st.none(), max_size=4))
def test_any_map_opens_files_of_its_folder_alone(tmp_path: Path, weight_map: dict[str, str | None]) -> None:
    """Never another exception than ours, never a file elsewhere."""
    folder = tmp_path / "inner"
    folder.mkdir(exist_ok=True)
    _write_shards(tmp_path, s1={"a": 1})
    _write_shards(folder, s1={"a": 1}, s2={"b": 2})
    try:
        checkpoint = open_file(_write_index(folder, weight_map))
    except CheckpointError as error:
        refusal = str(error)
        assert refusal.isprintable()
        return
    assert {Path(tensor.location.path).parent for tensor in checkpoint.tensors} <= {folder}
    assert set(_contents(checkpoint)) == set(weight_map)
