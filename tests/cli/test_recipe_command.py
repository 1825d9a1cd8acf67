"""`precisionlab recipe`: what it chooses, prints and writes, recomputed; and what it refuses, before it measures."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from precisionlab import fake_quantize
from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.recipes.exports.plain_json import read
from precisionlab.recipes.recipe import Recipe
from tests.cli.conftest import ROOT, Command
from tests.recipes.checkpoints import FIVE, decoder, direct, drawn, saved

pytestmark = pytest.mark.usefixtures("one_thread")

SAMPLES = ROOT / "samples"
TINY = str(SAMPLES / "tiny-transformer")


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A small decoder with its embedding, head and norms."""
    return saved(tmp_path / "model.safetensors", decoder())


@pytest.fixture
def fisher(tmp_path: Path) -> str:
    """How much its errors cost: deeper layers less."""
    return saved(tmp_path / "fisher.safetensors", sensitivity(decoder()))


def sensitivity(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Random weights of the squares, smaller for tensors that come later."""
    return {
        name: drawn(*values.shape, seed=50 + i).square() * 10.0 ** (-i / 6)
        for i, (name, values) in enumerate(tensors.items())
    }


def made(command: Command, *arguments: str) -> Recipe:
    """The recipe that a successful call prints as JSON."""
    code, out, err = command("recipe", *arguments, "--format", "json")
    assert (code, err) == (0, "")
    return read(out)


def refused(command: Command, *arguments: str) -> str:
    """The one line of a call that cannot be answered."""
    code, out, err = command("recipe", *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("precisionlab: error: ")
    assert err.count("\n") == 1
    assert "bug" not in err
    return err.removeprefix("precisionlab: error: ").rstrip("\n")


def formats_of(recipe: Recipe) -> dict[str, str | None]:
    """The format of each tensor."""
    return {one.tensor: one.format for one in recipe.assignments}


def line_of(text: str, label: str) -> str:
    """What is printed behind a label."""
    [found] = [line for line in text.splitlines() if line.startswith(f"  {label} ")]
    return found.removeprefix(f"  {label}").strip()


def test_what_is_printed_without_a_sensitivity(command: Command, tmp_path: Path) -> None:
    """One format for all and what it loses; and why tensors are not ranked."""
    tensors = {name: values for name, values in decoder().items() if "lm_head" not in name}
    path = saved(tmp_path / "m.safetensors", tensors)
    code, out, err = command("recipe", path, "--bits", "4.5")
    assert (code, err) == (0, "")
    body, _, last = out.rpartition("\n\n")
    energy = error = 0.0
    for name, values in tensors.items():
        if "proj" in name:
            found = direct(values, "nf4_g64")
            energy, error = energy + found.energy, error + found.squared_error
    share = f"{100 * math.sqrt(error / energy):.4g} % relative error ({10 * math.log10(energy / error):.2f} dB)"
    assert line_of(out, "loss") == share
    assert last.startswith("not ranked, for no --sensitivity was given")
    assert [line.split()[0] for line in body.splitlines()[1:5]] == ["objective", "size", "bits", "loss"]
    assert line_of(out, "bits") == "4.5 a weight over 81.9 k weights to choose for"
    assert re.search(r"nf4_g64 +14 +81\.9 k +46\.1 kB", out)
    assert re.search(r"as stored +3 ", out)


def brute_force(
    tensors: Mapping[str, torch.Tensor], weights: Mapping[str, torch.Tensor], budget: int
) -> tuple[float, dict[str, str]]:
    """The least weighted loss within a budget over every choice, each loss through `fake_quantize`, and the choice."""
    cells = {
        name: [
            *(
                (target, parse_target(target).bits(tuple(values.shape)), direct(values, target, weights[name]))
                for target in FIVE
            ),
            (None, 8 * values.nbytes, None),
        ]
        for name, values in tensors.items()
    }
    best, least = None, Fraction(10**9)
    for choice in product(*cells.values()):
        bits = sum(cell[1] for cell in choice)
        loss = sum((Fraction(cell[2].weighted_error) for cell in choice if cell[2]), Fraction(0))
        if bits <= budget and loss < least:
            best, least = choice, loss
    assert best is not None
    return float(least), {name: cell[0] or "" for name, cell in zip(cells, best, strict=True)}


@pytest.mark.parametrize("bits", ["3.5", "4.25", "5", "9"])
def test_numbers_with_a_sensitivity_are_those_of_every_choice_one_by_one(
    command: Command, tmp_path: Path, bits: str
) -> None:
    """Five tensors in five formats: the choice, loss, bound, the common format and how many times as much it loses."""
    shapes = ((64, 128), (32, 256), (128, 64), (16, 512), (96, 128))
    tensors = {f"layer{i}.weight": drawn(*shape, seed=i, scale=0.02 * 2**i) for i, shape in enumerate(shapes)}
    weights = {
        name: drawn(*values.shape, seed=9 + i).square() * 3.0**-i for i, (name, values) in enumerate(tensors.items())
    }
    path, fisher = saved(tmp_path / "m.safetensors", tensors), saved(tmp_path / "f.safetensors", weights)
    flags = [path, "--bits", bits, "--sensitivity", fisher, "--formats", ",".join(FIVE)]
    code, out, err = command("recipe", *flags, "-o", "r.json")
    assert (code, err) == (0, "")
    n_weights = sum(values.numel() for values in tensors.values())
    least, choice = brute_force(tensors, weights, math.floor(Fraction(bits) * n_weights))
    recipe = read(Path("r.json").read_text(encoding="utf-8"))
    assert recipe.loss == pytest.approx(least, rel=1e-9)
    assert recipe.bound == pytest.approx(least, rel=1e-9)
    assert {name: found or "" for name, found in formats_of(recipe).items()} == choice
    energy = math.fsum(direct(values, "nvfp4", weights[name]).weighted_energy for name, values in tensors.items())
    assert line_of(out, "loss").startswith(f"{100 * math.sqrt(least / energy):.4g} % relative error")
    assert f"({10 * math.log10(energy / least):.2f} dB)" in line_of(out, "loss")
    commons = {
        target: (
            sum(parse_target(target).bits(tuple(values.shape)) for values in tensors.values()),
            math.fsum(direct(values, target, weights[name]).weighted_error for name, values in tensors.items()),
        )
        for target in FIVE
    }
    loss, target = min(
        (loss, target) for target, (taken, loss) in commons.items() if taken <= Fraction(bits) * n_weights
    )
    uniform = line_of(out, "uniform")
    assert uniform.startswith(f"{100 * math.sqrt(loss / energy):.4g} % relative error")
    assert f"with {target} at {commons[target][0] / n_weights:.4g} bits a weight" in uniform
    times = float(re.findall(r": ([\d.]+) times the squared error", uniform)[0])
    assert times == pytest.approx(loss / least, rel=0.01)
    assert times >= 1


def test_the_worst_tensor_counts_if_asked(command: Command, tmp_path: Path) -> None:
    """The largest relative error over tensors is the least of all choices; mixtures bound it; the best common one."""
    tensors = {f"layer{i}.weight": drawn(64, 128, seed=i, scale=0.02 * 4**i) ** (1 + 2 * (i % 2)) for i in range(4)}
    path = saved(tmp_path / "m.safetensors", tensors)
    code, out, _ = command(
        "recipe", path, "--bits", "4.8", "--objective", "worst", "--formats", ",".join(FIVE), "-o", "r.json"
    )
    assert code == 0
    budget = math.floor(Fraction("4.8") * 4 * 64 * 128)
    ratios = {
        (name, target): math.sqrt(found.squared_error / found.energy)
        for name, values in tensors.items()
        for target in FIVE
        for found in [direct(values, target)]
    }
    bits = {target: parse_target(target).bits((64, 128)) for target in FIVE}
    fitting = [choice for choice in product(FIVE, repeat=4) if sum(bits[target] for target in choice) <= budget]
    worst = min(max(ratios[pair] for pair in zip(tensors, choice, strict=True)) for choice in fitting)
    recipe = read(Path("r.json").read_text(encoding="utf-8"))
    assert recipe.loss == pytest.approx(worst, rel=1e-9)
    assert recipe.bound is not None
    assert recipe.bound <= worst * (1 + 1e-9)
    assert line_of(out, "loss").startswith(f"{100 * worst:.4g} % relative error of the worst tensor")
    common = min(max(ratios[name, target] for name in tensors) for target in FIVE if 4 * bits[target] <= budget)
    assert line_of(out, "uniform").startswith(f"{100 * common:.4g} % with ")


@pytest.mark.parametrize("with_fisher", [False, True])
def test_budgets_that_cannot_be_met_tell_the_smallest_which_can(
    command: Command, model: str, fisher: str, with_fisher: bool
) -> None:
    """In the unit that was typed, one line, exit 2; what is told can be typed, and a little less cannot."""
    flags = [model, *(["--sensitivity", fisher] if with_fisher else [])]
    told = refused(command, *flags, "--bits", "2")
    [bits] = re.findall(r"the smallest possible is ([\d.]+) bits a weight", told)
    assert told.startswith("--bits 2: cannot be met by ")
    assert made(command, *flags, "--bits", bits).bits
    assert "the smallest possible" in refused(command, *flags, "--bits", str(float(bits) - 0.001))
    told = refused(command, *flags, "--size", "50kB")
    [size] = re.findall(r"the smallest possible is ([\d,]+) bytes", told)
    assert told.startswith("--size 50kB: cannot be met by ")
    smallest = int(size.replace(",", ""))
    found = made(command, *flags, "--size", str(smallest)).bits
    assert found is not None
    assert -(-found // 8) == smallest
    assert "the smallest possible" in refused(command, *flags, "--size", str(smallest - 1))
    assert "stay as stored take 24,832 bytes (24.8 kB) alone" in refused(command, *flags, "--size", "20kB")


def test_an_sqnr_that_cannot_be_reached_tells_the_most(command: Command, model: str) -> None:
    """What is told can be typed, and is reached by what is written."""
    told = refused(command, model, "--min-sqnr", "90")
    [most, name] = re.findall(r"the most possible is ([\d.]+) dB, with (\w+)", told)[0]
    recipe = made(command, model, "--min-sqnr", most)
    assert {one for one in formats_of(recipe).values() if one} == {name}
    assert "the most possible" in refused(command, model, "--min-sqnr", str(float(most) + 0.01))


@pytest.mark.parametrize("wanted", [12.0, 20.0, 30.0])
def test_the_applied_checkpoint_has_the_sqnr_that_was_asked_for(
    command: Command, tmp_path: Path, wanted: float
) -> None:
    """Computed from both files, and as printed; the next narrower common format would not reach it."""
    tensors = decoder(dtype=torch.float32)
    path = saved(tmp_path / "m.safetensors", tensors)
    code, out, _ = command("recipe", path, "--min-sqnr", str(wanted), "--apply", "out.safetensors")
    assert code == 0
    after = load_file("out.safetensors")
    pairs = [(tensors[name].double(), after[name].double()) for name in tensors if "proj" in name]
    energy = sum(float(x.square().sum()) for x, _ in pairs)
    error = sum(float((y - x).square().sum()) for x, y in pairs)
    assert 10 * math.log10(energy / error) >= wanted
    assert f"({10 * math.log10(energy / error):.2f} dB)" in line_of(out, "loss")


def test_what_stays_and_what_is_tied(command: Command, model: str, fisher: str) -> None:
    """By default embeddings, heads and norms stay and fused matrices share a format; each can be told otherwise."""
    flags = [model, "--bits", "4.6", "--sensitivity", fisher]
    tied, untied = formats_of(made(command, *flags)), formats_of(made(command, *flags, "--untied"))
    for i in range(2):
        layer = f"model.layers.{i}"
        assert len({tied[f"{layer}.self_attn.{part}_proj.weight"] for part in "qkv"}) == 1
        assert len({tied[f"{layer}.mlp.{part}_proj.weight"] for part in ("gate", "up")}) == 1
    assert any(len({untied[f"model.layers.{i}.self_attn.{part}_proj.weight"] for part in "qkv"}) > 1 for i in range(2))
    for name in ("model.embed_tokens.weight", "lm_head.weight", "model.layers.0.input_layernorm.weight"):
        assert tied[name] is None
    everything = formats_of(made(command, *flags, "--keep", "none"))
    assert {name for name, found in everything.items() if found is None} == {
        f"model.layers.{i}.input_layernorm.weight" for i in (0, 1)
    }
    some = formats_of(made(command, *flags, "--keep", "*DOWN_proj*", "--keep", "lm_head*"))
    assert {name for name, found in some.items() if found is None} == {
        "model.layers.0.input_layernorm.weight",
        "model.layers.1.input_layernorm.weight",
        "model.layers.0.mlp.down_proj.weight",
        "model.layers.1.mlp.down_proj.weight",
        "lm_head.weight",
    }


@pytest.mark.parametrize(
    ("runtime", "suffix", "beginning"),
    [
        ("compressed-tensors", ".yaml", "# precisionlab recipe for"),
        ("compressed-tensors", ".yml", "# precisionlab recipe for"),
        ("torchao", ".json", "{"),
        ("llama.cpp", ".sh", "#!/bin/sh"),
        ("bitsandbytes", ".json", "{"),
    ],
)
def test_recipes_for_runtimes(command: Command, runtime: str, suffix: str, beginning: str) -> None:
    """Formats that it runs, all of which its file says; nothing that was quantized is left out of it."""
    code, out, err = command("recipe", TINY, "--bits", "9.5", "--for", runtime, "-o", f"r{suffix}", "--format", "json")
    assert code == 0
    text = Path(f"r{suffix}").read_text(encoding="utf-8")
    assert text.startswith(beginning)
    assert not [line for line in err.splitlines() if "left out: " in line and "(as stored)" not in line]
    recipe = read(out)
    assert recipe.settings["for"] == runtime
    assert any(formats_of(recipe).values())


def test_a_file_for_a_runtime_asks_for_its_formats(command: Command) -> None:
    """`-o r.yaml` alone is as `--for compressed-tensors`; plain JSON asks for nothing."""
    code, out, _ = command("recipe", TINY, "--bits", "4.6", "-o", "r.yaml", "-o", "r.json", "--format", "json")
    assert code == 0
    assert read(out).settings["for"] == "compressed-tensors"
    assert read(out) == read(Path("r.json").read_text(encoding="utf-8"))
    assert "for" not in made(command, TINY, "--bits", "4.6").settings


def test_a_tool_of_one_format_gets_one(command: Command, model: str, fisher: str) -> None:
    """Bitsandbytes takes one format for all; which matrices stay is what the sensitivity then decides."""
    flags = [model, "--bits", "6", "--for", "bitsandbytes", "--sensitivity", fisher]
    code, out, err = command("recipe", *flags, "-o", "r.json", "--format", "json")
    assert (code, err) == (0, "")
    found = [name for key, name in formats_of(read(out)).items() if "proj" in key]
    assert len(set(found) - {None}) == 1
    assert None in found
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))["load_in_4bit"] is True


def test_json_reads_back_and_is_the_same_each_time(command: Command, model: str, fisher: str) -> None:
    """On standard output and in the file, in one thread or four, held in memory or not: the same bytes."""
    flags = ["recipe", model, "--bits", "4.4", "--sensitivity", fisher, "--format", "json", "--quiet"]
    _, first, _ = command(*flags, "-o", "a.json")
    assert Path("a.json").read_text(encoding="utf-8") == first
    for means in (["--threads", "4"], ["--threads", "1", "--memory", "0"], ["--device", "cpu"]):
        assert command(*flags, *means)[1] == first
    recipe = read(first)
    assert recipe.settings["objective"] == "total"
    assert recipe.settings["bits"] == "4.4"
    assert recipe.settings["sensitivity"] == fisher
    assert recipe.bits == sum(one.bits for one in recipe.assignments)


def test_quiet_prints_nothing(command: Command, model: str) -> None:
    """But writes what was asked for."""
    assert command("recipe", model, "--bits", "5", "-q", "-o", "a.json") == (0, "", "")
    assert Path("a.json").exists()


def test_what_a_sensitivity_does_not_reach_is_noted(command: Command, model: str, tmp_path: Path) -> None:
    """Tensors whose errors cost nothing get the fewest bits: no batch may have touched them."""
    weights = sensitivity(decoder())
    for part in ("gate", "up"):
        weights[f"model.layers.1.mlp.{part}_proj.weight"].zero_()
    code, _, err = command(
        "recipe", model, "--bits", "4.5", "-q", "--sensitivity", saved(tmp_path / "f.safetensors", weights)
    )
    assert code == 0
    assert re.fullmatch(
        r"precisionlab: note: model\.layers\.1\.mlp\.(gate|up)_proj\.weight and 1 other: sensitivity 0, .*\n", err
    )


def test_an_exception_is_listed_with_its_reason(command: Command, tmp_path: Path) -> None:
    """A tensor with outliers that coarsen all else takes a wider format, and says why; no escape comes through."""
    tensors = {f"layer{i}.weight": torch.from_numpy(gaussian(8, 4096, i)) for i in range(5)}
    tensors["odd\x1b[31m.weight"] = torch.from_numpy(gaussian(8, 4096, 9))
    tensors["odd\x1b[31m.weight"][:, 7] = 60.0
    path = saved(tmp_path / "m.safetensors", tensors)
    code, out, _ = command("recipe", path, "--bits", "12", "--formats", "int8_channel,bfloat16:none")
    assert code == 0
    assert "\x1b" not in out
    [line] = out.partition("not in int8_channel:\n")[2].partition("\n\n")[0].splitlines()
    assert re.fullmatch(
        r"  odd\\x1b\[31m\.weight: bfloat16:none \(int8_channel fails: extreme outliers: "
        r"2\d\.\d dB, where the median tensor reaches 4\d\.\d\)",
        line,
    )


def gaussian(n_rows: int, n_columns: int, seed: int) -> NDArray[np.float32]:
    """Standard normal numbers."""
    return np.asarray(np.random.default_rng(seed).standard_normal((n_rows, n_columns)).astype(np.float32))


REFUSED = {
    "no budget": (["M"], "one of the arguments --bits --size --min-sqnr is required"),
    "two budgets": (["M", "--bits", "4", "--size", "3GB"], "not allowed with argument"),
    "no bits": (["M", "--bits", "0"], "--bits: takes a number above 0 up to 1000, not 0"),
    "bits that are none": (["M", "--bits", "four"], "--bits: takes a number above 0 up to 1000, not four"),
    "bits that are NaN": (["M", "--bits", "nan"], "--bits: takes a number"),
    "nothing for bits": (["M", "--bits", ""], "not nothing"),
    "size that is none": (["M", "--size", "big"], "--size: takes a size such as 512MiB"),
    "an SQNR beyond all": (["M", "--min-sqnr", "1e6"], "--min-sqnr: takes a number above -1000 up to 1000"),
    "an unknown format": (["M", "--bits", "4", "--formats", "int4_g12x"], "there is no such format"),
    "an unknown runtime": (["M", "--bits", "4", "--for", "lama.cpp"], "did you mean llama.cpp?"),
    "a format of another runtime": (["M", "--bits", "4", "--for", "torchao", "--formats", "q4_k"], "does not run q4_k"),
    "runtimes without a format in common": (["M", "--bits", "4", "-o", "a.sh", "-o", "a.yaml"], "in common"),
    "total without a sensitivity": (["M", "--bits", "4", "--objective", "total"], "total needs --sensitivity"),
    "worst with an SQNR": (["M", "--min-sqnr", "9", "--objective", "worst"], "worst goes with a budget of bits"),
    "an unknown objective": (["M", "--bits", "4", "--objective", "best"], "invalid choice"),
    "an unknown suffix": (["M", "--bits", "4", "-o", "a.txt"], "known: .yaml (compressed-tensors)"),
    "a missing folder": (["M", "--bits", "4", "-o", "no/a.json"], "no/a.json: cannot be written"),
    "one file twice": (["M", "--bits", "4", "-o", "a.json", "-o", "./a.json"], "is named twice"),
    "one file for two": (["M", "--bits", "4", "-o", "a.json", "--apply", "a.json"], "is named twice"),
    "a file in the new folder": ([TINY, "--bits", "4", "-o", "d/a.json", "--apply", "d"], "lies in the folder"),
    "the source": (["M", "--bits", "4", "--apply", "M"], "is read, and --apply would overwrite it"),
    "the sensitivity": (["M", "--bits", "4", "--sensitivity", "F", "--apply", "F"], "--apply would overwrite it"),
    "no suffix": (["M", "--bits", "4", "--apply", "out"], "name it out.safetensors"),
    "a full folder": ([TINY, "--bits", "4", "--apply", "full"], "it is a folder that is not empty"),
    "no such checkpoint": (["nothing.safetensors", "--bits", "4"], "does not exist"),
    "no such sensitivity": (["M", "--bits", "4", "--sensitivity", "nothing"], "does not exist"),
    "a sensitivity for another model": (
        ["M", "--bits", "4", "--sensitivity", str(SAMPLES / "healthy.safetensors")],
        "holds nothing for any tensor",
    ),
    "all kept": (["M", "--bits", "4", "--keep", "*"], "has no tensor to quantize (16: kept by name"),
    "a negative device": (["M", "--bits", "4", "--device", "gpu9"], "--device"),
    "threads that are none": (["M", "--bits", "4", "--threads", "-1"], "--threads"),
    "names that GGUF has not": (
        [
            str(SAMPLES / "healthy.safetensors"),
            "--bits",
            "4",
            "--for",
            "llama.cpp",
            "--keep",
            "*dec*",
            "--keep",
            "*enc*",
        ],
        "its name in GGUF is unknown",
    ),
}


@pytest.fixture
def files(tmp_path: Path, model: str, fisher: str) -> tuple[Path, dict[str, str]]:
    """A folder with a model, M, its sensitivity, F, a folder that is full and one that is empty."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    (tmp_path / "d").mkdir()
    return tmp_path, {"M": model, "F": fisher}


@pytest.mark.parametrize(("arguments", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    command: Command, files: tuple[Path, dict[str, str]], arguments: list[str], problem: str
) -> None:
    """Exit 2, the reason and a remedy; no file is written, or changed."""
    folder, paths = files
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert problem in refused(command, *(paths.get(argument, argument) for argument in arguments))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_tool_that_cannot_be_told_costs_no_file(
    command: Command, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files are rendered before the first is written."""
    from precisionlab.errors import UsageError
    from precisionlab.recipes.exports import compressed_tensors

    def refuse(recipe: Recipe) -> str:
        raise UsageError("compressed-tensors", "cannot be told", recipe.objective)

    monkeypatch.setattr(compressed_tensors, "render", refuse)
    assert "cannot be told" in refused(
        command, model, "--bits", "9", "-o", "a.json", "-o", "a.yaml", "--apply", "o.safetensors"
    )
    assert {path.name for path in Path().iterdir()} <= {"model.safetensors", "fisher.safetensors"}


EMPTY = {
    "no tensor": {},
    "no matrix": {"bias": torch.ones(8), "step": torch.tensor(3)},
    "integers": {"ids": torch.ones(4, 4, dtype=torch.int32)},
    "no element": {"a.weight": torch.ones(0, 8)},
    "an optimizer": {"optimizer.state.0.exp_avg": torch.ones(4, 4)},
}


@pytest.mark.parametrize("tensors", EMPTY.values(), ids=EMPTY.keys())
def test_a_checkpoint_without_a_matrix_is_an_error(
    command: Command, tmp_path: Path, tensors: dict[str, torch.Tensor]
) -> None:
    """Never a recipe for nothing."""
    save_file(tensors, tmp_path / "m.safetensors")
    told = refused(command, str(tmp_path / "m.safetensors"), "--bits", "4", "--keep", "none")
    assert "m.safetensors" in told
    assert "has no tensor to quantize" in told or "no tensor" in told


@pytest.mark.parametrize("cut", [4, 300, -7])
def test_a_corrupt_checkpoint_is_an_error(command: Command, model: str, cut: int) -> None:
    """Cut in its length, its header or its data."""
    whole = Path(model).read_bytes()
    Path(model).write_bytes(whole[:cut])
    assert "model.safetensors" in refused(command, model, "--bits", "4")


SENSITIVITIES = {
    "lacks some": ({"model.layers.0.mlp.up_proj.weight": torch.ones(128, 64)}, "has nothing for 13 of the tensors"),
    "another shape": ({name: torch.ones(3, 3) for name in decoder()}, "has shape [3, 3], not ["),
    "negative": ({name: -torch.ones_like(values) for name, values in decoder().items()}, "holds negative numbers"),
    "infinite": ({name: torch.full_like(values, math.inf) for name, values in decoder().items()}, "infinities or NaN"),
}


@pytest.mark.parametrize(("tensors", "problem"), SENSITIVITIES.values(), ids=SENSITIVITIES.keys())
def test_sensitivities_that_do_not_fit(
    command: Command, model: str, tmp_path: Path, tensors: dict[str, torch.Tensor], problem: str
) -> None:
    """A tensor is named."""
    told = refused(command, model, "--bits", "4.5", "--sensitivity", saved(tmp_path / "f.safetensors", tensors))
    assert problem in told
    assert "model.layers." in told


def test_one_number_a_layer_will_do(command: Command, model: str, tmp_path: Path) -> None:
    """Under the layer's own name; a layer that costs a million times as much gets more bits."""
    names = [name for name in decoder() if "proj" in name]
    costs = {name.removesuffix(".weight"): torch.tensor([1e6 if "o_proj" in name else 1.0]) for name in names}
    found = formats_of(made(command, model, "--bits", "4.6", "--sensitivity", saved(tmp_path / "f.safetensors", costs)))
    widths = {name: parse_target(found[name] or "bfloat16:none").bits_per_weight((64, 64)) for name in names}
    assert min(widths[name] for name in names if "o_proj" in name) > max(
        widths[name] for name in names if "o_proj" not in name
    )


def test_a_sensitivity_without_ranking_is_no_reason_to_say_that_none_was_given(
    command: Command, model: str, fisher: str
) -> None:
    """`--objective uniform` beside one."""
    code, out, _ = command("recipe", model, "--bits", "4.5", "--objective", "uniform", "--sensitivity", fisher)
    assert code == 0
    assert "not ranked" not in out


@pytest.mark.parametrize(
    "source",
    [
        "tiny-transformer",
        "tiny-transformer-fp16.pth",
        "shared-storage.pth",
        "healthy.safetensors",
        "sick.safetensors",
        "hostile-names.safetensors",
        "tiny-transformer-compressed.npz",
    ],
)
def test_every_sample_becomes_a_checkpoint_that_scans(command: Command, source: str) -> None:
    """With hostile names, NaN, infinities, shards, shared storage: what the recipe says is what is written."""
    target = "out" if source == "tiny-transformer" else "out.safetensors"
    code, out, err = command(
        "recipe", str(SAMPLES / source), "--bits", "9", "--keep", "none", "--format", "json", "--apply", target
    )
    assert code == 0, err
    assert "\x1b" not in out + err
    assert any(formats_of(read(out)).values())
    assert command("scan", target, "--analyzers", "range", "--fail-on", "never", "-q")[0] == 0


def test_what_is_applied_is_what_is_chosen(command: Command, model: str, fisher: str) -> None:
    """Tensor by tensor through `fake_quantize`, in bfloat16, and the rest byte for byte."""
    recipe = made(command, model, "--bits", "5.5", "--sensitivity", fisher, "--apply", "out.safetensors")
    before, after = load_file(model), load_file("out.safetensors")
    assert len({name for name in formats_of(recipe).values() if name}) > 1
    for name, format_ in formats_of(recipe).items():
        values = before[name] if format_ is None else fake_quantize(before[name], format_).to(before[name].dtype)
        assert torch.equal(after[name].view(torch.int16), values.view(torch.int16)), name


def test_notes_tell_how_the_copy_differs(command: Command) -> None:
    """Shared storage is written in full."""
    code, _, err = command(
        "recipe",
        str(SAMPLES / "shared-storage.pth"),
        "--bits",
        "5",
        "-q",
        "--keep",
        "none",
        "--apply",
        "out.safetensors",
    )
    assert code == 0
    assert re.fullmatch(r"precisionlab: note: out\.safetensors: tensors that share bytes are written in full.*\n", err)


def test_help_names_runtimes_and_kinds_of_files(command: Command) -> None:
    """What a user needs first."""
    code, out, _ = command("recipe", "--help")
    assert code == 0
    for word in (
        "--bits",
        "--size",
        "--min-sqnr",
        "--sensitivity",
        "llama.cpp",
        "bitsandbytes",
        ".yaml",
        ".sh",
        "--apply",
    ):
        assert word in out


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs /proc to know how far a process is")
def test_an_interrupt_ends_it_and_leaves_nothing(large: str, environment: Mapping[str, str], tmp_path: Path) -> None:
    """Ctrl-C while it measures gigabytes: exit 130, one note, no file."""
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "precisionlab",
            "recipe",
            large,
            "--bits",
            "4.5",
            "-o",
            "r.json",
            "--apply",
            "out.safetensors",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**environment, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while int(Path(f"/proc/{running.pid}/io").read_text().split()[1]) < 300 << 20:
        assert time.monotonic() < deadline
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert err == "precisionlab: note: interrupted\n"
    assert list(tmp_path.iterdir()) == []


PEAK = """
import resource, sys
from precisionlab.cli.main import main
print(main(sys.argv[1:]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_tensor(environment: Mapping[str, str], tmp_path: Path) -> None:
    """With `--memory 0` a tensor of 64 MiB takes less than half of it more than a small one; kB, by the system."""
    peaks = []
    for n_rows in (512, 8192):
        path = tmp_path / f"{n_rows}.safetensors"
        header = json.dumps({"a.weight": {"dtype": "F16", "shape": [n_rows, 4096], "data_offsets": [0, n_rows * 8192]}})
        with path.open("wb") as file:
            file.write(len(header).to_bytes(8, "little") + header.encode())
            file.truncate(8 + len(header) + n_rows * 8192)
        flags = ["--bits", "9", "--memory", "0", "--threads", "1", "-q", "--formats", "int8_channel"]
        done = subprocess.run(
            [sys.executable, "-c", PEAK, "recipe", str(path), *flags, "--apply", str(tmp_path / "out.safetensors")],
            env=dict(environment),
            capture_output=True,
            text=True,
            check=True,
        )
        code, peak = done.stdout.split()
        assert code == "0"
        peaks.append(int(peak))
    assert peaks[1] - peaks[0] < 28 << 10
