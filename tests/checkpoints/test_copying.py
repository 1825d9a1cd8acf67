"""Copies of checkpoints: equal to their source but for what was replaced, in its files, and never in part."""

import errno
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from precisionlab.checkpoints import CheckpointError, FileReader, TensorInfo, open_checkpoint
from precisionlab.checkpoints import copying as copying_module
from precisionlab.checkpoints.copying import PIECE_BYTES, Copied, copy_with
from precisionlab.checkpoints.safetensors_writing import Chunk
from precisionlab.errors import PrecisionlabError, UsageError

INDEX = "model.safetensors.index.json"
Replacement = Callable[[TensorInfo, FileReader], Iterable[Chunk] | None]
Contents = dict[str, tuple[str, tuple[int, ...], bytes]]
"""Dtype, shape and bytes of each tensor by name."""


def keep(tensor: TensorInfo, reader: FileReader) -> None:
    """Replace nothing."""
    del tensor, reader


def flip(*names: str) -> Replacement:
    """Turn every bit of the tensors of these names, a byte at a time."""

    def flipped(tensor: TensorInfo, reader: FileReader) -> Iterator[bytes] | None:
        if tensor.name not in names:
            return None
        buffer = bytearray(tensor.n_bytes)
        reader.read_into(tensor.location, 0, buffer)
        return (bytes([byte ^ 255]) for byte in buffer)

    return flipped


def copy(source: Path, target: Path, replaced: Replacement = keep) -> Copied:
    """Open, copy, close."""
    with open_checkpoint(source) as checkpoint, FileReader() as reader:
        return copy_with(checkpoint, target, replaced, reader)


def contents_of(path: Path) -> Contents:
    """All that a checkpoint holds, as our own reader reads it."""
    with open_checkpoint(path) as checkpoint, FileReader() as reader:
        return {tensor.name: (tensor.dtype, tensor.shape, stored(tensor, reader)) for tensor in checkpoint.tensors}


def stored(tensor: TensorInfo, reader: FileReader) -> bytes:
    """The bytes of one tensor."""
    buffer = bytearray(tensor.n_bytes)
    reader.read_into(tensor.location, 0, buffer)
    return bytes(buffer)


def files_in(folder: Path) -> dict[str, bytes | None]:
    """Every file below the folder, hidden ones too, and every folder."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def save_sharded(folder: Path, shards: Mapping[str, Mapping[str, np.ndarray]], *unnamed: str) -> Path:
    """A model in shards with an index, which names all tensors but some."""
    folder.mkdir(exist_ok=True)
    for shard, tensors in shards.items():
        save_file(dict(tensors), folder / shard, {"format": "pt", "shard": shard})
    weight_map = {name: shard for shard, tensors in shards.items() for name in tensors if name not in unnamed}
    total = sum(array.nbytes for tensors in shards.values() for array in tensors.values())
    index = {"weight_map": weight_map, "metadata": {"total_size": total, "by": "é"}}
    (folder / INDEX).write_text(json.dumps(index, indent=2, ensure_ascii=False), encoding="utf-8")
    return folder


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    """Five tensors in two shards."""
    rng = np.random.default_rng(0)
    return save_sharded(
        tmp_path / "model",
        {
            "model-00001-of-00002.safetensors": {
                "b": rng.standard_normal((3, 5)).astype("f4"),
                "a": rng.integers(0, 9, 7),
                "empty": np.zeros((0, 4), "f2"),
            },
            "model-00002-of-00002.safetensors": {"c\u00e9": np.array(2.5), "d": rng.standard_normal(9).astype("f2")},
        },
    )


def test_one_file_becomes_one_file(tmp_path: Path) -> None:
    """Names, order, dtypes, shapes, metadata and bytes are equal: so is the file, which the reference wrote."""
    arrays = {"b": np.arange(6.0).reshape(2, 3), "a": np.arange(5, dtype="u1"), "0-d": np.array(1, "i4")}
    save_file(arrays, tmp_path / "in.safetensors", {"format": "pt"})
    copied = copy(tmp_path / "in.safetensors", tmp_path / "out.safetensors")
    assert (tmp_path / "out.safetensors").read_bytes() == (tmp_path / "in.safetensors").read_bytes()
    assert copied == Copied(str(tmp_path / "out.safetensors"), (str(tmp_path / "out.safetensors"),), ())


def test_what_is_replaced_alone_differs(tmp_path: Path) -> None:
    """The official library reads new bytes for the tensors that were replaced, the old ones for the others."""
    arrays = {name: np.arange(number, dtype="u1") for name, number in [("a", 9), ("b", 0), ("c", 300)]}
    save_file(arrays, tmp_path / "in.safetensors")
    copy(tmp_path / "in.safetensors", tmp_path / "out.safetensors", flip("b", "c"))
    read = load_file(tmp_path / "out.safetensors")
    assert set(read) == set(arrays)
    np.testing.assert_array_equal(read["a"], arrays["a"])
    np.testing.assert_array_equal(read["c"], ~arrays["c"])


def test_shards_become_shards_of_the_same_names(tmp_path: Path, sharded: Path) -> None:
    """Every file of the folder is equal, the index too; the copy opens like its source."""
    copied = copy(sharded, tmp_path / "copy")
    assert files_in(tmp_path / "copy") == files_in(sharded)
    assert copied.path == str(tmp_path / "copy")
    assert set(copied.files) == {str(path) for path in (tmp_path / "copy").iterdir()}
    assert copied.notes == ()
    with open_checkpoint(sharded) as source, open_checkpoint(tmp_path / "copy") as opened:
        assert opened.metadata == source.metadata
        assert opened.container == source.container


def test_replaced_tensors_of_shards(tmp_path: Path, sharded: Path) -> None:
    """One tensor of each shard is replaced; indexes named as files lead to the same copy."""
    copy(sharded / INDEX, tmp_path / "copy", flip("b", "c\u00e9"))
    before, after = contents_of(sharded), contents_of(tmp_path / "copy")
    assert list(after) == list(before)
    for name, (dtype, shape, content) in before.items():
        expected = bytes(byte ^ 255 for byte in content) if name in {"b", "c\u00e9"} else content
        assert after[name] == (dtype, shape, expected)


@settings(max_examples=40)
@given(
    shards=st.lists(
        st.dictionaries(st.text(max_size=6), st.binary(max_size=20), min_size=1, max_size=3), min_size=1, max_size=3
    ),
    chosen=st.sets(st.integers(0, 8)),
)
def test_any_shards_and_any_choice(
    tmp_path_factory: pytest.TempPathFactory, shards: list[dict[str, bytes]], chosen: set[int]
) -> None:
    """Whatever tensors lie in which shard, and whichever are replaced, the copy holds what it should."""
    folder = tmp_path_factory.mktemp("any")
    arrays = {
        f"s{number}.safetensors": {f"{number}{name}": np.frombuffer(content, "u1") for name, content in shard.items()}
        for number, shard in enumerate(shards)
    }
    expected = {name: array for tensors in arrays.values() for name, array in tensors.items()}
    flipped = [name for number, name in enumerate(expected) if number in chosen]
    copy(save_sharded(folder / "model", arrays), folder / "copy", flip(*flipped))
    for shard, tensors in arrays.items():
        read = load_file(folder / "copy" / shard)
        assert {name: array.tobytes() for name, array in read.items()} == {
            name: (~array if name in flipped else array).tobytes() for name, array in tensors.items()
        }


def test_numbered_shards_without_an_index_stay_so(tmp_path: Path, sharded: Path) -> None:
    """No index is invented."""
    (sharded / INDEX).unlink()
    copy(sharded / "model-*-of-00002.safetensors", tmp_path / "copy")
    assert files_in(tmp_path / "copy") == files_in(sharded)


def test_what_the_index_does_not_name_is_left_out_and_told(tmp_path: Path) -> None:
    """Stale tensors of a shard are not of the checkpoint; no hole is left where they were."""
    arrays = {"a": np.arange(4.0), "stale\x1b": np.arange(9.0), "z": np.ones(3)}
    folder = save_sharded(tmp_path / "model", {"s.safetensors": arrays}, "stale\x1b")
    copied = copy(folder, tmp_path / "copy")
    assert set(load_file(tmp_path / "copy" / "s.safetensors")) == {"a", "z"}
    reason = "the index does not name it, the shard s.safetensors holds it"
    assert copied.notes == (rf"what is no readable tensor is left out, such as stale\x1b ({reason}); 1 in all",)


SIDE_FILES = {
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "chat_template.jinja",
}


def test_side_files_come_along_but_no_code(tmp_path: Path, sharded: Path) -> None:
    """What loading the copy elsewhere takes is copied byte for byte; all else is not, and what may be missed is told."""
    weights = set(files_in(sharded))
    others = ("README.md", "optimizer.bin", "tokenizer.safetensors.bak", ".config.json.swp", "data.json")
    for name in [*SIDE_FILES, *others, "modeling_own.py", "tokenizer_own.py"]:
        (sharded / name).write_text(f"content of {name}")
    (sharded / "tokenizer_folder.json").mkdir()
    (sharded / "vocab_gone.txt").symlink_to("nowhere")
    os.mkfifo(sharded / "chat_template_pipe.json")
    with (sharded / "vocab_large.txt").open("wb") as file:
        file.truncate((64 << 20) + 1)
    copied = copy(sharded, tmp_path / "copy")
    written = files_in(tmp_path / "copy")
    assert set(written) == weights | SIDE_FILES
    assert all(written[name] == f"content of {name}".encode() for name in SIDE_FILES)
    assert copied.notes == (
        "chat_template_pipe.json is not copied (is a named pipe, not a regular file)",
        "modeling_own.py is not copied (it is code)",
        "tokenizer_folder.json is not copied (is a folder, not a regular file)",
        "tokenizer_own.py is not copied (it is code)",
        "vocab_gone.txt is not copied (is a symbolic link to a path that does not exist)",
        "vocab_large.txt is not copied (takes 67,108,865 bytes, 67,108,864 are allowed)",
    )


def test_the_links_of_a_cache_become_files(tmp_path: Path, sharded: Path) -> None:
    """Hugging Face keeps a snapshot as links to blobs elsewhere; the copy stands alone."""
    (sharded / "config.json").write_text("{}")
    snapshot = tmp_path / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    for path in sharded.iterdir():
        (snapshot / path.name).symlink_to(f"../../model/{path.name}")
    copy(snapshot, tmp_path / "copy")
    assert files_in(tmp_path / "copy") == files_in(sharded)
    assert not any(path.is_symlink() for path in (tmp_path / "copy").iterdir())


def test_a_model_in_a_folder_becomes_one_unless_a_file_is_named(tmp_path: Path) -> None:
    """The target's name tells: `.safetensors` is the weights alone, all else a folder that can be loaded."""
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"a": np.arange(3.0)}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    copy(folder, tmp_path / "copy")
    assert files_in(tmp_path / "copy") == files_in(folder)
    copy(folder, tmp_path / "copy.safetensors")
    assert (tmp_path / "copy.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    copy(folder / "model.safetensors", tmp_path / "alone")
    assert (tmp_path / "alone").is_file()


def test_arrays_of_numpy_become_one_file(tmp_path: Path) -> None:
    """Stored, compressed, column-major and big-endian ones hold equal values; the widest come first, aligned."""
    arrays = {"a": np.arange(3, dtype="u1"), "b": np.arange(6, dtype=">f4").reshape(2, 3), "c": np.eye(3, order="F")}
    np.savez_compressed(tmp_path / "in.npz", **arrays)  # type: ignore[arg-type]  # the stubs see allow_pickle in it
    copy(tmp_path / "in.npz", tmp_path / "out.safetensors", flip("a"))
    read = load_file(tmp_path / "out.safetensors")
    np.testing.assert_array_equal(read["a"], ~arrays["a"])
    np.testing.assert_array_equal(read["b"], arrays["b"])
    np.testing.assert_array_equal(read["c"], arrays["c"])
    with open_checkpoint(tmp_path / "out.safetensors") as checkpoint:
        assert [tensor.name for tensor in checkpoint.tensors] == ["c", "b", "a"]


@pytest.fixture
def tied(tmp_path: Path) -> tuple[Path, dict[str, torch.Tensor]]:
    """A model saved by PyTorch whose head is its embedding, with a row of it besides."""
    embedding = torch.arange(24, dtype=torch.bfloat16).reshape(6, 4)
    state = {
        "head": embedding,
        "norm": torch.ones(3),
        "embed": embedding,
        "row": embedding[2],
        "step": torch.tensor(7),
        "epoch": 3,
    }
    torch.save(state, tmp_path / "in.pth")
    return tmp_path / "in.pth", {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}


@pytest.mark.usefixtures("open_pytorch")
def test_tied_tensors_are_written_in_full(tmp_path: Path, tied: tuple[Path, dict[str, torch.Tensor]]) -> None:
    """The official library loads what torch saved, in a file that says so; sharing and what is left out are told."""
    source, tensors = tied
    copied = copy(source, tmp_path / "out.safetensors")
    with safetensors.safe_open(tmp_path / "out.safetensors", "pt") as opened:
        assert opened.metadata() == {"format": "pt"}
        assert set(opened.keys()) == set(tensors)
        assert all(torch.equal(opened.get_tensor(name), tensor) for name, tensor in tensors.items())
    shared, *others = copied.notes
    assert shared.startswith("tensors that share bytes are written in full, such as ")
    assert all("epoch" in note for note in others)


@pytest.mark.usefixtures("open_pytorch")
def test_tied_tensors_stay_equal_when_replaced(tmp_path: Path, tied: tuple[Path, dict[str, torch.Tensor]]) -> None:
    """Both are asked for under one name, so whoever chooses by name cannot part them; a row is a tensor of its own."""
    source, _ = tied
    asked = []

    def replaced(tensor: TensorInfo, reader: FileReader) -> Iterator[bytes] | None:
        del reader
        asked.append(tensor.name)
        return iter([tensor.name[:1].encode() * tensor.n_bytes])

    copy(source, tmp_path / "out.safetensors", replaced)
    read = contents_of(tmp_path / "out.safetensors")
    assert read["head"] == read["embed"] == ("bfloat16", (6, 4), b"h" * 48)
    assert read["row"][2] == b"r" * 8
    assert sorted(asked) == ["head", "head", "norm", "row", "step"]


def test_shards_of_other_containers_become_one_file(tmp_path: Path) -> None:
    """An index over arrays of NumPy: its tensors and metadata, together."""
    np.save(tmp_path / "a.npy", np.arange(3.0))
    np.save(tmp_path / "b.npy", np.arange(4, dtype="f2"))
    index = {"metadata": {"total_size": 32}, "weight_map": {"a": "a.npy", "b": "b.npy"}}
    (tmp_path / INDEX).write_text(json.dumps(index))
    copy(tmp_path / INDEX, tmp_path / "out.safetensors")
    assert contents_of(tmp_path / "out.safetensors") == contents_of(tmp_path / INDEX)
    with open_checkpoint(tmp_path / "out.safetensors") as checkpoint:
        assert checkpoint.metadata == {"total_size": "32"}


@pytest.mark.parametrize("name", ["shared-storage.pth", "tiny-transformer-fp16.pth", "tiny-transformer-compressed.npz"])
@pytest.mark.usefixtures("open_pytorch")
def test_samples_are_copied(tmp_path: Path, name: str) -> None:
    """Every tensor of the samples of other containers is there, equal."""
    source = Path(__file__).parents[2] / "samples" / name
    copy(source, tmp_path / "out.safetensors")
    assert contents_of(tmp_path / "out.safetensors") == contents_of(source)


def test_what_safetensors_cannot_hold_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """A complex128 array: one line that names it, nothing written, nothing replaced in vain."""
    np.savez(tmp_path / "in.npz", a=np.ones(2), z=np.ones(2, "c16"))
    before = files_in(tmp_path)
    with pytest.raises(CheckpointError, match=r"out: tensor z is complex128, which safetensors cannot hold"):
        copy(tmp_path / "in.npz", tmp_path / "out", lambda *_: pytest.fail("a tensor was asked for"))
    assert files_in(tmp_path) == before


def test_each_tensor_is_asked_for_once_in_the_order_of_writing(tmp_path: Path, sharded: Path) -> None:
    """So a caller that makes them can tell how far it is."""
    asked = []
    with open_checkpoint(sharded) as checkpoint, FileReader() as reader:
        copy_with(checkpoint, tmp_path / "copy", lambda tensor, _: asked.append(tensor.name), reader)
        assert asked == [tensor.name for tensor in checkpoint.tensors]


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    """A file that is no part of the source makes room."""
    save_file({"a": np.arange(3.0)}, tmp_path / "in.safetensors")
    (tmp_path / "out.safetensors").write_text("old")
    copy(tmp_path / "in.safetensors", tmp_path / "out.safetensors")
    assert contents_of(tmp_path / "out.safetensors") == contents_of(tmp_path / "in.safetensors")


def test_a_source_is_never_overwritten(tmp_path: Path, sharded: Path) -> None:
    """Under its own name, by a link, or by a path around: neither a file, nor an index, nor a shard."""
    save_file({"a": np.arange(3.0)}, tmp_path / "in.safetensors")
    (tmp_path / "soft").symlink_to("in.safetensors")
    (tmp_path / "hard").hardlink_to(tmp_path / "in.safetensors")
    before = files_in(tmp_path)
    targets = ["in.safetensors", "soft", "hard", "model/../in.safetensors"]
    pairs = [(tmp_path / "in.safetensors", tmp_path / target) for target in targets]
    pairs += [(sharded, sharded / INDEX), (sharded, sharded / "model-00002-of-00002.safetensors")]
    for source, target in pairs:
        with pytest.raises(UsageError, match="is a file of the checkpoint that is copied; name another file"):
            copy(source, target)
    assert files_in(tmp_path) == before


def test_a_folder_comes_where_nothing_or_an_empty_one_is(tmp_path: Path, sharded: Path) -> None:
    """A folder with anything in it, hidden or not, the source's own, and files are left as they are."""
    for name in ("full", "hidden", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "notes").touch()
    (tmp_path / "hidden" / ".keep").touch()
    (tmp_path / "file").touch()
    before = files_in(tmp_path)
    for name in ("full", "hidden", "model"):
        with pytest.raises(CheckpointError, match="it is a folder that is not empty; name a new folder"):
            copy(sharded, tmp_path / name)
    with pytest.raises(CheckpointError, match="it is there already, and no folder; name a new folder"):
        copy(sharded, tmp_path / "file")
    assert files_in(tmp_path) == before
    (tmp_path / "link").symlink_to("empty")
    copy(sharded, tmp_path / "link")
    assert files_in(tmp_path / "empty") == files_in(sharded)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("no")])
@pytest.mark.parametrize("existing", [False, True])
def test_what_is_raised_on_the_way_leaves_nothing(
    tmp_path: Path, sharded: Path, existing: bool, error: BaseException
) -> None:
    """At the last tensor, the first shard complete: no folder, or the empty one that was there."""
    if existing:
        (tmp_path / "copy").mkdir()
    before = files_in(tmp_path)

    def replaced(tensor: TensorInfo, reader: FileReader) -> None:
        del reader
        if tensor.name == "d":
            assert [path.stat().st_size > 0 for path in tmp_path.glob(".copy.*.part/model-00001-*")] == [True]
            raise error

    with pytest.raises(BaseException) as caught:  # noqa: PT011 - the very error is looked at
        copy(sharded, tmp_path / "copy", replaced)
    assert caught.value is error
    assert files_in(tmp_path) == before


def test_chunks_of_another_length_leave_nothing(tmp_path: Path, sharded: Path) -> None:
    """The error names the shard where it was to be, and the tensor."""
    before = files_in(tmp_path)
    target = tmp_path / "copy"
    with pytest.raises(CheckpointError) as caught:
        copy(sharded, target, lambda tensor, _: [b"1"] if tensor.name == "d" else None)
    shard = target / "model-00002-of-00002.safetensors"
    assert str(caught.value) == f"{shard}: tensor d came as 1 bytes, its dtype and shape ask for 18"
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_leaves_nothing(
    tmp_path: Path, sharded: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """One line on the folder, with a remedy."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = files_in(tmp_path)
    monkeypatch.setattr(failing, fail)
    with pytest.raises(CheckpointError, match=r"copy: cannot be written: no space left on device; free some space"):
        copy(sharded, tmp_path / "copy")
    assert files_in(tmp_path) == before


def test_room_is_asked_for_before_it_is_taken(tmp_path: Path, sharded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that cannot fit is refused before a tensor is made."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(CheckpointError, match=r"it takes 142 bytes of disk, of which 100 are free; free some space"):
        copy(sharded, tmp_path / "copy", lambda *_: pytest.fail("a tensor was asked for"))


def test_a_missing_folder_is_told(tmp_path: Path, sharded: Path) -> None:
    """Folders above the target are not made."""
    with pytest.raises(CheckpointError, match="cannot be written: no such file or directory; make its folder first"):
        copy(sharded, tmp_path / "none" / "copy")


@pytest.mark.parametrize("name", [INDEX, "model-00001-of-00002.safetensors"])
def test_a_source_that_has_changed_is_refused(tmp_path: Path, sharded: Path, name: str) -> None:
    """An index or a shard that is another one than when it was opened would give neither the old nor the new model."""
    with open_checkpoint(sharded) as source, FileReader() as reader:
        if name == INDEX:
            (sharded / name).write_text('{"weight_map": {}}')
        else:
            save_file({"a": np.arange(3.0)}, sharded / name)
        with pytest.raises(CheckpointError, match=f"{name}: has changed since it was opened"):
            copy_with(source, tmp_path / "copy", keep, reader)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/x"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """Opening refuses such names already; writing does not rely on it."""
    with pytest.raises(CheckpointError, match="which is no plain file name"):
        copying_module._fill(tmp_path / "copy", {"fine": [], name: []}, 0)
    assert not list(tmp_path.iterdir())


def test_memory_stays_at_a_few_pieces(tmp_path: Path) -> None:
    """A tensor of 64 MiB is copied in less than 10 MiB of memory."""
    with (tmp_path / "in.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (4096, 4096)})
        file.truncate(file.tell() + (64 << 20))
    with open_checkpoint(tmp_path / "in.npy") as source, FileReader() as reader:
        tracemalloc.start()
        try:
            copy_with(source, tmp_path / "out", keep, reader)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert PIECE_BYTES < peak < 10 << 20
    with safetensors.safe_open(tmp_path / "out", "np") as opened:
        assert not opened.get_tensor("in").any()
    for name in ("in.npy", "out"):
        (tmp_path / name).unlink()


def test_a_copy_of_safetensors_imports_no_numbers() -> None:
    """Neither NumPy nor torch is needed to copy bytes."""
    program = (
        "import sys\n"
        "from precisionlab.checkpoints.copying import copy_with\n"
        "print(*sorted({'numpy', 'torch', 'precisionlab.analysis'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == ""


def test_errors_are_one_line(tmp_path: Path) -> None:
    """A hostile name of a tensor or of the target is shown escaped."""
    save_file({"a\x1b[31m\nb": np.arange(3.0)}, tmp_path / "in.safetensors")
    with pytest.raises(PrecisionlabError) as caught:
        copy(tmp_path / "in.safetensors", tmp_path / "o\nut", lambda *_: [b"1"])
    assert str(caught.value).isprintable()
