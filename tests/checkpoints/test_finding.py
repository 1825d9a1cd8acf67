"""`find_checkpoints`: which checkpoints a file, a folder or a pattern stands for."""

import inspect
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.checkpoints import CheckpointError, find_checkpoints
from precisionlab.checkpoints.finding import checkpoints_among, find_in_folder, natural_key


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _touch(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


AMONG: dict[str, tuple[Iterable[str], list[str]]] = {
    "nothing": (["README.md", "config.json", "tokenizer.json", "model.gguf"], []),
    "one": (["config.json", "model.safetensors"], ["model.safetensors"]),
    "every container": (
        ["a.safetensors", "b.npz", "c.npy", "d.pt", "e.pth", "f.bin", "g.ckpt", "h.tar"],
        ["a.safetensors", "b.npz", "c.npy", "d.pt", "e.pth", "f.bin", "g.ckpt", "h.tar"],
    ),
    "capital suffix": (["A.SAFETENSORS", "B.NPZ"], ["A.SAFETENSORS", "B.NPZ"]),
    "natural order": (["m10.pt", "m9.pt", "m1.pt"], ["m1.pt", "m9.pt", "m10.pt"]),
    "index": (
        ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
        ["model.safetensors.index.json"],
    ),
    "two indexes": (
        ["m.safetensors.index.json", "m.safetensors.index.fp16.json", "m-00001-of-00001.safetensors", "extra.pt"],
        ["m.safetensors.index.fp16.json", "m.safetensors.index.json"],
    ),
    "shards": (
        ["m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors", "n.pt"],
        ["m-*-of-00002.safetensors", "n.pt"],
    ),
    "some shards": (["m-00002-of-00002.safetensors"], ["m-*-of-00002.safetensors"]),
    "two sets": (
        ["m-00001-of-00001.safetensors", "m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors"],
        ["m-*-of-00001.safetensors", "m-*-of-00002.safetensors"],
    ),
    "PyTorch twin": (["model.safetensors", "pytorch_model.bin"], ["model.safetensors"]),
    "sharded twin": (
        ["model.safetensors", "pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin"],
        ["model.safetensors"],
    ),
    "twin of an index": (
        ["model.safetensors.index.json", "model-00001-of-00001.safetensors", "pytorch_model.bin.index.json"],
        ["model.safetensors.index.json"],
    ),
    "twin of diffusers": (
        ["diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"],
        ["diffusion_pytorch_model.safetensors"],
    ),
    "twin of a variant": (["model.fp16.safetensors", "pytorch_model.fp16.bin"], ["model.fp16.safetensors"]),
    "adapter twin": (["adapter_model.safetensors", "adapter_model.bin"], ["adapter_model.safetensors"]),
    "no twin": (["model.safetensors", "pytorch_model.fp16.bin"], ["model.safetensors", "pytorch_model.fp16.bin"]),
    "same stem": (["a.safetensors", "a.bin"], ["a.bin", "a.safetensors"]),
    "PyTorch alone": (["config.json", "pytorch_model.bin"], ["pytorch_model.bin"]),
    "trainer": (
        ["model.safetensors", "optimizer.pt", "scheduler.pt", "training_args.bin", "rng_state.pth", "rng_state_3.pth"],
        ["model.safetensors", "optimizer.pt"],
    ),
    "hidden": ([".model.safetensors", "._m.safetensors"], []),
}


@pytest.mark.parametrize(("names", "expected"), AMONG.values(), ids=AMONG)
def test_the_checkpoints_among_the_files_of_a_folder(names: Iterable[str], expected: list[str]) -> None:
    """By their names alone, in natural order."""
    assert checkpoints_among(names) == expected


def test_a_path_that_exists_stands_for_itself() -> None:
    """Whatever it is called and whatever it is: opening it tells."""
    _touch("README.md", "a[1].safetensors", "*.npy", "m-00001-of-00003.safetensors")
    os.mkfifo("pipe")
    Path("link").symlink_to("nowhere")
    for path in (
        "README.md",
        "./README.md",
        "a[1].safetensors",
        "*.npy",
        "pipe",
        "link",
        "m-00001-of-00003.safetensors",
    ):
        assert find_checkpoints(path) == (path,)


def test_a_folder_stands_for_its_one_checkpoint() -> None:
    """Shown as it was given; what is opened is in it."""
    _touch("hf/config.json", "hf/model.safetensors.index.json", "hf/model-00001-of-00001.safetensors")
    assert find_checkpoints("hf") == ("hf",)
    assert find_checkpoints("./hf/") == ("./hf/",)
    assert [place.file for place in find_in_folder("hf")] == ["hf/model.safetensors.index.json"]


def test_a_folder_of_several_checkpoints_stands_for_each() -> None:
    """Numbered shards as one; folders below are then not searched."""
    _touch("x/m10.pt", "x/m9.pt", "x/s-00001-of-00002.bin", "x/s-00002-of-00002.bin", "x/below/y.pt")
    assert find_checkpoints("x") == ("x/m9.pt", "x/m10.pt", "x/s-*-of-00002.bin")


def test_a_folder_without_a_checkpoint_at_its_top_is_searched() -> None:
    """In natural order, to any depth, but not in hidden folders."""
    _touch("x/step10/model.safetensors", "x/step9/model.safetensors", "x/step9/old/model.safetensors", "x/README.md")
    _touch("x/.git/model.safetensors", "x/a/b/c/d/1.pt", "x/a/b/c/d/2.pt")
    assert find_checkpoints("x") == ("x/a/b/c/d/1.pt", "x/a/b/c/d/2.pt", "x/step9", "x/step10")


def test_a_folder_of_another_tool_is_found_so_that_opening_it_tells() -> None:
    """A DCP folder beside a good one is not passed over in silence."""
    _touch("x/dcp/.metadata", "x/dcp/__0_0.distcp", "x/hf/model.safetensors")
    assert find_checkpoints("x") == ("x/dcp", "x/hf")


def test_a_very_deep_folder_is_searched() -> None:
    """Deeper than Python's recursion goes, which is lowered here: tests must delete what they make."""
    deep = "/".join(["x", *["d"] * 150])
    _touch(f"{deep}/m.pt")
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        assert find_checkpoints("x") == (deep,)
    finally:
        sys.setrecursionlimit(before)


def test_links_to_folders_are_followed_once() -> None:
    """Loops end, and what two links lead to is one checkpoint."""
    _touch("x/a/model.safetensors")
    for name in ("1", "2", "3"):
        Path(f"x/a{name}").symlink_to("a")
        Path(f"x/loop{name}").symlink_to("..")
    assert find_checkpoints("x") == ("x/a",)
    assert find_checkpoints("x/**") == ("x/a",)


def test_the_layout_of_a_download_cache_is_understood() -> None:
    """Files are links to blobs, which have no suffix."""
    _touch("models--x/blobs/0123", "models--x/refs/main")
    Path("models--x/snapshots/abc").mkdir(parents=True)
    Path("models--x/snapshots/abc/model.safetensors").symlink_to("../../blobs/0123")
    assert find_checkpoints("models--x") == ("models--x/snapshots/abc",)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("x/*.safetensors", ("x/a.safetensors", "x/b[1].safetensors")),
        ("x/?.safetensors", ("x/a.safetensors",)),
        ("x/[!a]*.safetensors", ("x/b[1].safetensors",)),
        ("./x/a.*", ("x/a.safetensors",)),
        ("x/s-0000[12]-of-00002.bin", ("x/s-*-of-00002.bin",)),
        ("x/s-*-of-00002.bin", ("x/s-*-of-00002.bin",)),
        ("*/s-*-of-00002.bin", ("x/s-*-of-00002.bin",)),
        ("x/*", ("x/below/deep", "x/a.safetensors", "x/b[1].safetensors", "x/s-*-of-00002.bin")),
        ("*", ("x/a.safetensors", "x/b[1].safetensors", "x/s-*-of-00002.bin", "y")),
        ("**/model.safetensors", ("x/below/deep/model.safetensors", "y/model.safetensors")),
        ("x/**/*.safetensors", ("x/a.safetensors", "x/b[1].safetensors", "x/below/deep/model.safetensors")),
        ("x/**", ("x/a.safetensors", "x/b[1].safetensors", "x/s-*-of-00002.bin", "x/below/deep")),
        ("**/d*p", ("x/below/deep",)),
        ("x/b*/../a*", ("x/below/../a.safetensors",)),
        ("y/*", ("y/model.safetensors",)),
    ],
)
def test_patterns(pattern: str, expected: tuple[str, ...]) -> None:
    """Files by the rules of folders, folders searched, each checkpoint once."""
    _touch("x/a.safetensors", "x/b[1].safetensors", "x/s-00001-of-00002.bin", "x/s-00002-of-00002.bin", "x/README.md")
    _touch("x/below/deep/model.safetensors", "y/model.safetensors", "y/pytorch_model.bin", ".hidden/model.safetensors")
    assert find_checkpoints(pattern) == expected


def test_an_absolute_pattern_gives_absolute_paths(tmp_path: Path) -> None:
    """Wherever one is."""
    _touch("a.pt")
    assert find_checkpoints(f"{tmp_path}/*.pt") == (f"{tmp_path}/a.pt",)


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("", "the path is empty"),
        ("none", "none: does not exist"),
        ("none/m-*-of-00002.bin", r"none/m-\*-of-00002\.bin: no checkpoint matches"),
        ("*.safetensors", r"\*\.safetensors: no checkpoint matches"),
        ("*", r"\*: no checkpoint matches"),
        ("none/**", r"none/\*\*: no checkpoint matches"),
        ("empty", "empty: holds no checkpoint"),
        ("gguf", r"gguf: holds no checkpoint: m\\n\.gguf is a GGUF file, which is not supported; convert"),
        ("a\0*", r"a\\x00\*: no checkpoint matches"),
        ("\ud800*/x", r"\\ud800\*/x: no checkpoint matches"),
        ("\0", r"\\x00: does not exist"),
        ("[", r"\[: no checkpoint matches"),
        ("x" * 10_000, "does not exist"),
    ],
    ids=ascii,
)
def test_nothing_is_one_clear_error(argument: str, problem: str) -> None:
    """Never an empty answer, so that nothing looks like no findings."""
    _touch("empty/README.md", "gguf/m\n.gguf", "gguf/config.json")
    with pytest.raises(CheckpointError, match=problem) as caught:
        find_checkpoints(argument)
    assert str(caught.value).isprintable()


def test_a_folder_that_may_not_be_listed_is_found_so_that_opening_it_tells() -> None:
    """It costs itself only: the others are still scanned."""
    _touch("x/a/model.safetensors", "x/b/model.safetensors")
    Path("x/a").chmod(0)
    Path().chmod(0o755)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        found = find_checkpoints("x")
    finally:
        os.seteuid(user)
        Path("x/a").chmod(0o700)
    assert found == ("x/a", "x/b")


@given(st.lists(st.text() | st.text("0123456789\u0663\u00b2ab.")))
def test_any_names_sort(names: list[str]) -> None:
    """Whatever digits of whatever script they hold: text is never compared with numbers."""
    assert sorted(sorted(names, key=natural_key)) == sorted(names)


def test_natural_order() -> None:
    """Numbers by their value, in every part of a name."""
    names = ["layer.10.b2", "layer.2", "layer.10.b10", "layer", "10", "9", "a"]
    assert sorted(names, key=natural_key) == ["9", "10", "a", "layer", "layer.2", "layer.10.b2", "layer.10.b10"]
