"""Checkpoints as recipes leave them: numbers of `fake_quantize` in the stored type, everything else byte for byte."""

import json
import signal
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from precisionlab import fake_quantize, scan
from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.checkpoints import Checkpoint, CheckpointError, open_checkpoint
from precisionlab.errors import UsageError
from precisionlab.recipes.applying import applied, check_target
from precisionlab.recipes.assembling import divided, owner_of, twins
from precisionlab.recipes.recipe import Assignment, Recipe
from precisionlab.scanning.settings import Settings
from tests.recipes.checkpoints import decoder, drawn, saved

SAMPLES = Path(__file__).parents[2] / "samples"
FORMATS = ("nvfp4", "nf4_g64_dq", "q4_k", "fp8_e4m3_128x128", "int8_tensor", "int4_g128_asym", "mxfp4_even")
SMALL = Settings(threads=1, memory_bytes=0)


def deaf(n_bytes: int) -> None:
    """Hears nothing."""
    del n_bytes


def recipe_for(checkpoint: Checkpoint, formats: Sequence[str] = FORMATS, keep: Sequence[str] = ("*norm*",)) -> Recipe:
    """Each matrix in the next of some formats; a twin in that of its owner."""
    division, names = divided(checkpoint.tensors, keep), cycle(formats)
    of = {info.name: next(names) for info in division.quantized}
    of |= {info.name: of[owner_of(info)] for info in twins(checkpoint.tensors) if owner_of(info) in of}
    return Recipe(
        checkpoint.path,
        tuple(
            Assignment(info.name, info.shape, info.dtype, of.get(info.name), 0, "for the test")
            for info in checkpoint.tensors
        ),
    )


def apply_to(path: str, target: Path, formats: Sequence[str] = FORMATS) -> Recipe:
    """Write it, having looked at the target first as the command does."""
    with open_checkpoint(path) as checkpoint:
        recipe = recipe_for(checkpoint, formats)
        check_target(checkpoint, target, ())
        applied(recipe, checkpoint, target, SMALL, deaf)
    return recipe


def as_bytes(values: torch.Tensor) -> bytes:
    """The bytes of a tensor."""
    return values.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def check(recipe: Recipe, before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor]) -> None:
    """Every tensor is what `fake_quantize` makes of it, or itself, to the last bit."""
    assert set(before) == set(after)
    formats = {one.tensor: one.format for one in recipe.assignments}
    assert any(formats.values())
    for name, values in before.items():
        format_ = formats[name]
        expected = values if format_ is None else fake_quantize(values, format_).to(values.dtype)
        assert after[name].dtype == values.dtype
        assert after[name].shape == values.shape
        assert as_bytes(after[name]) == as_bytes(expected), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=str)
def test_one_file(tmp_path: Path, dtype: torch.dtype) -> None:
    """Matrices of all formats, norms as they were; metadata, names and order as before."""
    tensors = decoder(dtype=dtype)
    save_file(tensors, tmp_path / "m.safetensors", {"format": "pt", "author": "somebody"})
    recipe = apply_to(str(tmp_path / "m.safetensors"), tmp_path / "out.safetensors")
    check(recipe, tensors, load_file(tmp_path / "out.safetensors"))
    with safe_open(tmp_path / "out.safetensors", "pt") as after, safe_open(tmp_path / "m.safetensors", "pt") as before:
        assert after.metadata() == before.metadata()
        assert after.offset_keys() == before.offset_keys()


def test_what_is_not_finite_stays(tmp_path: Path) -> None:
    """NaN and infinities where they were; the rest as if they were zeros."""
    values = drawn(40, 300, dtype=torch.bfloat16)
    values[::5, ::7], values[1, 1] = torch.nan, -torch.inf
    path = saved(tmp_path / "m.safetensors", {"a.weight": values})
    apply_to(path, tmp_path / "out.safetensors", ["int4_g128"])
    got = load_file(tmp_path / "out.safetensors")["a.weight"]
    is_finite = values.isfinite()
    expected = fake_quantize(torch.where(is_finite, values, 0.0), "int4_g128").bfloat16()
    assert as_bytes(got) == as_bytes(torch.where(is_finite, expected, values))


def test_shards_stay_shards(tmp_path: Path) -> None:
    """The same shards with the same tensors, the same index, and the model's other files."""
    source, target = SAMPLES / "tiny-transformer", tmp_path / "out"
    recipe = apply_to(str(source), target)
    assert {file.name for file in target.iterdir()} == {file.name for file in source.iterdir()}
    for name in ("model.safetensors.index.json", "config.json"):
        assert (target / name).read_bytes() == (source / name).read_bytes()
    for shard in source.glob("*.safetensors"):
        check(recipe, load_file(shard), load_file(target / shard.name))


def test_a_folder_stays_a_folder_unless_a_file_is_named(tmp_path: Path) -> None:
    """One safetensors file found in a folder."""
    (tmp_path / "model").mkdir()
    tensors = decoder(1)
    path = saved(tmp_path / "model" / "model.safetensors", tensors)
    (tmp_path / "model" / "config.json").write_text(json.dumps({"model_type": "llama"}))
    recipe = apply_to(str(tmp_path / "model"), tmp_path / "out")
    check(recipe, tensors, load_file(tmp_path / "out" / "model.safetensors"))
    assert (tmp_path / "out" / "config.json").exists()
    check(
        apply_to(str(tmp_path / "model"), tmp_path / "one.safetensors"),
        tensors,
        load_file(tmp_path / "one.safetensors"),
    )
    assert Path(path).exists()


def test_what_pytorch_saved(tmp_path: Path) -> None:
    """A .pth with an optimizer's state: read in place, written as safetensors."""
    source = SAMPLES / "tiny-transformer-fp16.pth"
    recipe = apply_to(str(source), tmp_path / "out.safetensors")
    whole = torch.load(source, weights_only=True, map_location="cpu")
    before = {name: whole_tensor(whole, name) for name in (one.tensor for one in recipe.assignments)}
    check(recipe, before, load_file(tmp_path / "out.safetensors"))


def whole_tensor(node: object, path: str) -> torch.Tensor:
    """A tensor deep in dicts and lists, whose keys may have dots."""
    if isinstance(node, torch.Tensor):
        assert not path
        return node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list | tuple) else ()
    for key, value in items:
        if path == str(key) or path.startswith(f"{key}."):
            found = path.removeprefix(str(key)).removeprefix(".")
            if isinstance(value, torch.Tensor) == (not found):
                return whole_tensor(value, found)
    raise KeyError(path)


def test_what_numpy_saved(tmp_path: Path) -> None:
    """A compressed .npz, whose tensors are spilled while it is open."""
    arrays = {"a.weight": drawn(40, 96, seed=1).numpy(), "b.weight": drawn(16, 256, seed=2).numpy().astype(np.float64)}
    np.savez_compressed(tmp_path / "m.npz", **arrays)  # type: ignore[arg-type] # the stub forbids names with dots
    recipe = apply_to(str(tmp_path / "m.npz"), tmp_path / "out.safetensors")
    after = load_file(tmp_path / "out.safetensors")
    check(recipe, {name: torch.from_numpy(array) for name, array in arrays.items()}, after)


def test_tied_weights_stay_equal(tmp_path: Path) -> None:
    """What is the very same tensor is written as its owner is."""
    weight = torch.load(SAMPLES / "shared-storage.pth", weights_only=True)["embed.weight"].clone()
    torch.save({"embed.weight": weight, "tied.weight": weight}, tmp_path / "tied.pth")
    apply_to(str(tmp_path / "tied.pth"), tmp_path / "out.safetensors", ["int4_g128"])
    after = load_file(tmp_path / "out.safetensors")
    assert torch.equal(after["embed.weight"], fake_quantize(weight, "int4_g128").half())
    assert torch.equal(after["tied.weight"], after["embed.weight"])


def test_what_other_names_view_keeps_its_bytes(tmp_path: Path) -> None:
    """A slice and a transpose still agree with what they are of."""
    apply_to(str(SAMPLES / "shared-storage.pth"), tmp_path / "out.safetensors", ["int4_g128"])
    before = torch.load(SAMPLES / "shared-storage.pth", weights_only=True)
    after = load_file(tmp_path / "out.safetensors")
    for name in ("embed.weight", "tied.weight", "rows.weight", "transposed.weight"):
        assert torch.equal(after[name], before[name])


@pytest.mark.parametrize(
    "name", ["float8_e4m3fn:amax", "float8_e5m2:mse", "int4_g128:mse", "int8:power", "bfloat16:none"]
)
def test_element_formats_and_searched_scales(tmp_path: Path, name: str) -> None:
    """Of 8 bits an element under one scale there are at most 256 numbers; nothing lies further off than half a step."""
    values = drawn(64, 256)
    apply_to(saved(tmp_path / "m.safetensors", {"a.weight": values}), tmp_path / "out.safetensors", [name])
    got = load_file(tmp_path / "out.safetensors")["a.weight"]
    error = float((got - values).square().sum() / values.square().sum())
    assert 0 < error < 0.03
    if name == "bfloat16:none":
        assert torch.equal(got, values.bfloat16().float())
    elif parse_target(name).format.name != "int4_g128":
        assert len(set(got.reshape(-1).tolist())) <= 256


def test_what_is_written_can_be_scanned(tmp_path: Path) -> None:
    """It is a checkpoint like any other."""
    apply_to(str(SAMPLES / "tiny-transformer"), tmp_path / "out")
    [found] = scan(str(tmp_path / "out"), analyzers=["range"], settings=Settings(threads=1)).checkpoints
    assert len(found.tensors) == 32


def test_other_threads_and_memory_make_the_same_bytes(tmp_path: Path) -> None:
    """A tensor that is held, and one that is read band by band."""
    path = saved(tmp_path / "m.safetensors", {"a.weight": drawn(600, 4096, dtype=torch.bfloat16)})
    contents = []
    for i, settings in enumerate((SMALL, Settings(threads=2))):
        with open_checkpoint(path) as checkpoint:
            applied(recipe_for(checkpoint, ["nvfp4"]), checkpoint, tmp_path / f"{i}.safetensors", settings, deaf)
        contents.append((tmp_path / f"{i}.safetensors").read_bytes())
    assert contents[0] == contents[1]


def test_a_listener_hears_how_far_it_is(tmp_path: Path) -> None:
    """Before each tensor the bytes of those that are done, of shards as of one file."""
    heard: list[int] = []
    with open_checkpoint(str(SAMPLES / "tiny-transformer")) as checkpoint:
        applied(recipe_for(checkpoint), checkpoint, tmp_path / "out", SMALL, heard.append)
        sizes = {info.n_bytes for info in checkpoint.tensors}
        total = sum(info.n_bytes for info in checkpoint.tensors)
    steps = {later - earlier for earlier, later in zip(heard, [*heard[1:], total], strict=True)}
    assert (heard[0], len(heard), steps) == (0, 32, sizes)


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Checkpoint]:
    """A file of one matrix, open."""
    with open_checkpoint(saved(tmp_path / "m.safetensors", {"a.weight": drawn(8, 32)})) as checkpoint:
        yield checkpoint


REFUSED = {
    "the source": ("m.safetensors", UsageError, "is read, and --apply would overwrite it"),
    "the source by another way": ("./x/../m.safetensors", UsageError, "is read, and --apply would overwrite it"),
    "what is read beside it": ("fisher.safetensors", UsageError, "is read, and --apply would overwrite it"),
    "another suffix": ("out.npz", UsageError, "name it out.safetensors"),
    "no suffix": ("out", UsageError, "name it out.safetensors"),
    "nothing": ("", UsageError, "its name ends otherwise"),
    "no folder": ("no/out.safetensors", CheckpointError, "make its folder first"),
    "a folder": ("folder.safetensors", CheckpointError, "it is a folder"),
}


@pytest.mark.parametrize(("name", "kind", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_targets_that_cannot_be_are_refused_and_nothing_is_left(
    tmp_path: Path, model: Checkpoint, name: str, kind: type[Exception], problem: str
) -> None:
    """Before anything is measured."""
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "x").mkdir()
    fisher = tmp_path / "fisher.safetensors"
    fisher.write_bytes(b"precious")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(kind, match=problem):
        check_target(model, tmp_path / name if name else Path(), [str(fisher)])
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    """For shards, and an empty one, or a new one, is not."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    with open_checkpoint(str(SAMPLES / "tiny-transformer")) as checkpoint:
        with pytest.raises(CheckpointError, match="not empty; name a new folder"):
            check_target(checkpoint, tmp_path / "full", ())
        with pytest.raises(CheckpointError, match="not empty"):
            check_target(checkpoint, SAMPLES / "tiny-transformer", ())
        check_target(checkpoint, tmp_path / "empty", ())
        check_target(checkpoint, tmp_path / "new", ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]


def test_what_safetensors_cannot_hold_is_told_first(tmp_path: Path) -> None:
    """A dtype that it lacks, before hours of measuring."""
    np.savez(tmp_path / "m.npz", a=np.zeros((4, 4)), b=np.zeros(3, np.complex128))
    with open_checkpoint(str(tmp_path / "m.npz")) as checkpoint, pytest.raises(CheckpointError, match="complex128"):
        check_target(checkpoint, tmp_path / "out.safetensors", ())


def test_an_interrupt_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a tensor is being made, in a file and in a folder."""
    from precisionlab.analysis.quantization import requantizing

    made = requantizing.stored_bytes
    calls = iter(range(100))

    def interrupted(*arguments: object) -> bytes:
        if next(calls) % 3 == 2:
            signal.raise_signal(signal.SIGINT)
        return made(*arguments)  # type: ignore[arg-type] # whatever it is given

    monkeypatch.setattr(requantizing, "stored_bytes", interrupted)
    for source, target in (("tiny-transformer", "out"), ("tiny-transformer-fp16.pth", "out.safetensors")):
        with open_checkpoint(str(SAMPLES / source)) as checkpoint, pytest.raises(KeyboardInterrupt):
            applied(recipe_for(checkpoint), checkpoint, tmp_path / target, SMALL, deaf)
        assert list(tmp_path.iterdir()) == []
