"""`precisionlab inspect PATH::TENSOR --worst N --to FORMAT`: the table, its JSON, and what is refused."""

import json
import os
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.torch import load_file

from precisionlab.cli.main import main

Command = Callable[..., tuple[int, str, str]]
Process = Callable[..., subprocess.CompletedProcess[str]]
Document = Mapping[str, Any]

SAMPLES = Path(__file__).parents[2] / "samples"
HEALTHY = SAMPLES / "healthy.safetensors"

A_TABLE = """\
a.npy
  tensor    a
  stored    float32, shape [2, 4]
  cast to   float16, unscaled, rounding nearest-even, overflow ieee
  counted   8 elements: 2 exact, 2 rounded, 1 underflow to zero, 2 overflow, 1
            NaN (not ranked)

The worst 5 by absolute error:

index          stored      becomes       error    relative      ulps  class
[1,2]        -1000000         -inf         inf         inf       inf  infinity
[0,3]           65520          inf         inf         inf       inf  infinity
[0,1]     0.100000001    0.0999756  -2.442e-05  -0.0002442      -0.4  normal
[1,0]  9.99999975e-05  0.000100017   +1.66e-08   +0.000166   +0.2784  normal
[1,1]  9.99999972e-10            0      -1e-09          -1  -0.01678  zero
"""


def array() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Numbers with every fate."""
    return np.array([[1, 0.1, np.nan, 65520], [1e-4, 1e-9, -1e6, 0]], np.float32)


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Document:
    """The JSON of a successful call."""
    assert main(["inspect", "--format", "json", *arguments]) == 0
    answer: Document = json.loads(capsys.readouterr().out)
    return answer


def test_counts_and_table(command: Command, tmp_path: Path) -> None:
    """What became of all, and the worst ones with their errors."""
    np.save(tmp_path / "a.npy", array())
    code, out, err = command("inspect", "a.npy::a", "--worst", "5", "--to", "half")
    assert (code, err) == (0, "")
    assert out == A_TABLE


def test_order_by_relative_error(command: Command, tmp_path: Path) -> None:
    """What underflows loses all of itself."""
    np.save(tmp_path / "a.npy", array())
    _, out, _ = command("inspect", "a.npy::a", "--worst", "3", "--to", "half", "--by", "relative")
    assert "The worst 3 by relative error:" in out
    assert [line.split()[0] for line in out.splitlines()[-3:]] == ["[1,2]", "[0,3]", "[1,1]"]


def test_json_is_exact(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Patterns, values and errors as fractions; infinite errors are a word; the counts add up."""
    np.save(tmp_path / "a.npy", array())
    answer = document(capsys, f"{tmp_path / 'a.npy'}::a", "--worst", "5", "--to", "half", "--rounding", "toward-zero")
    assert answer["counts"] == {"exact": 2, "rounded": 4, "underflow": 1, "overflow": 0, "nan": 1}
    assert (answer["numbers"], answer["dtype"], answer["shape"]) == (8, "float32", [2, 4])
    asked = {key: answer[key] for key in ("tensor", "format", "rounding", "overflow", "by")}
    assert asked == {
        "tensor": "a",
        "format": "float16",
        "rounding": "toward-zero",
        "overflow": "ieee",
        "by": "absolute",
    }
    first = answer["worst"][0]
    assert (first["index"], first["component"], first["class"]) == ([1, 2], "value", "normal")
    assert first["error"]["fraction"] == str(10**6 - 65504)
    assert first["result"]["pattern"] == "0xfbff"
    answer = document(capsys, f"{tmp_path / 'a.npy'}::a", "--worst", "1", "--to", "half")
    (first,) = answer["worst"]
    assert [first[key] for key in ("error", "relative_error", "error_in_ulps")] == ["inf"] * 3
    assert (first["stored"]["value"]["fraction"], first["result"]["value"]) == ("-1000000", "-inf")


def sharded_values(name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A tensor of the sharded sample, by the library."""
    for file in (SAMPLES / "tiny-transformer").glob("*.safetensors"):
        tensors = load_file(file)
        if name in tensors:
            return tensors[name].float().numpy()
    raise LookupError(name)


def test_elements_of_a_sharded_model(capsys: pytest.CaptureFixture[str]) -> None:
    """The worst of a tensor in a shard are those that ml_dtypes finds."""
    name = "model.layers.1.mlp.down_proj.weight"
    values = sharded_values(name)
    losses = np.abs(values.astype(ml_dtypes.float8_e4m3fn).astype(np.float64) - values)
    order = np.lexsort((np.arange(losses.size), -losses.ravel()))[:20]
    answer = document(capsys, f"{SAMPLES / 'tiny-transformer'}::{name}", "--worst", "20", "--to", "e4m3fn")
    assert [tuple(loser["index"]) for loser in answer["worst"]] == [np.unravel_index(i, values.shape) for i in order]
    assert [float(loser["error"]["decimal"]) for loser in answer["worst"]] == pytest.approx(
        [float(np.float64(values.ravel()[i].astype(ml_dtypes.float8_e4m3fn)) - values.ravel()[i]) for i in order], abs=0
    )


def test_names_that_end_like_an_index(command: Command, tmp_path: Path) -> None:
    """They are names, where there is such a tensor."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive, archive.open("w[0].npy", "w") as member:
        np.lib.format.write_array(member, np.array([0.1, 0.3], np.float32))
    code, out, _ = command("inspect", "a.npz::w[0]", "--worst", "1", "--to", "half")
    assert code == 0
    assert "\n[1]    0.300000012  0.300049" in out


def test_parts_of_complex_numbers(command: Command, tmp_path: Path) -> None:
    """Each number is ranked on its own, with the name of its part."""
    np.save(tmp_path / "z.npy", np.array([[1 + 1e-3j, 70000 + 2j]], np.complex64))
    _, out, _ = command("inspect", "z.npy::z", "--worst", "5", "--to", "half")
    assert "4 numbers, two an element" in out
    assert [line.split()[0] for line in out.splitlines()[-2:]] == ["[0,1].real", "[0,0].imag"]


def test_nothing_lost(command: Command, tmp_path: Path) -> None:
    """No table."""
    np.save(tmp_path / "i.npy", np.arange(5))
    code, out, _ = command("inspect", "i.npy::i", "--worst", "5", "--to", "int8")
    assert code == 0
    assert out.endswith("5 elements: 5 exact, 0 underflow to zero, 0 overflow\n\nNo number loses anything.\n")


def test_nan_that_cannot_be_stored_is_told(command: Command, tmp_path: Path) -> None:
    """Where nothing else is lost, and beside what is; not where the format has NaN."""
    np.save(tmp_path / "n.npy", np.array([1, np.nan, 2, np.nan], np.float32))
    _, out, _ = command("inspect", "n.npy::n", "--worst", "5", "--to", "fp4")
    assert "2 NaN (not ranked), and float4_e2m1fn has none" in " ".join(out.split())
    assert out.endswith("\n\n2 NaN cannot be stored in float4_e2m1fn; no number loses anything.\n")
    _, out, _ = command("inspect", "n.npy::n", "--worst", "5", "--to", "half")
    assert " ".join(out.split()).endswith("2 NaN (not ranked) No number loses anything.")
    np.save(tmp_path / "a.npy", array())
    _, out, _ = command("inspect", "a.npy::a", "--worst", "1", "--to", "int8")
    assert "1 NaN (not ranked), and int8 has none" in " ".join(out.split())
    assert "The worst 1 by absolute error:" in out


@pytest.mark.parametrize(("name", "has_nan"), [("half", True), ("e4m3fn", True), ("fp4", False), ("int8", False)])
def test_json_tells_whether_nan_is_stored(
    name: str, has_nan: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the count of NaN."""
    np.save(tmp_path / "a.npy", array())
    assert document(capsys, f"{tmp_path / 'a.npy'}::a", "--worst", "1", "--to", name)["has_nan"] is has_nan


def test_narrow_terminals_get_blocks(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a figure, where the table does not fit; a pipe always gets the table."""
    np.save(tmp_path / "a.npy", array())
    monkeypatch.setattr("precisionlab.cli.terminal.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "44")
    _, out, _ = command("inspect", "a.npy::a", "--worst", "3", "--to", "half", "--color", "never")
    assert max(map(len, out.splitlines())) <= 44
    assert "[0,1]\n  stored    0.100000001\n  becomes   0.0999756\n  error     -2.442e-05\n" in out


def test_the_heading_is_bold_on_request(command: Command, tmp_path: Path) -> None:
    """Only the headings."""
    np.save(tmp_path / "a.npy", array())
    _, out, _ = command("inspect", "a.npy::a", "--worst", "3", "--to", "half", "--color", "always")
    assert out.count("\x1b[1m") == 1
    assert "\x1b[1mindex" in out


BAD = {
    "zero": (["--worst", "0", "--to", "half"], "--worst: takes a whole number from 1 to 10,000, not 0"),
    "a word": (["--worst", "x", "--to", "half"], "--worst: takes a whole number from 1 to 10,000, not x"),
    "too many": (["--worst", "10001", "--to", "half"], "--worst: takes a whole number from 1 to 10,000, not 10001"),
    "nothing": (["--worst", "", "--to", "half"], "--worst: takes a whole number from 1 to 10,000, not nothing"),
    "no format": (["--worst", "5"], "inspect: --worst N and --to FORMAT go together, with PATH::TENSOR"),
    "no number": (["--to", "half"], "inspect: --worst N and --to FORMAT go together, with PATH::TENSOR"),
    "unknown format": (["--worst", "5", "--to", "hlf"], "hlf: there is no such format; did you mean half?"),
    "blocks": (
        ["--worst", "5", "--to", "nvfp4"],
        "nvfp4: is a format of blocks; --worst casts to formats of single numbers only, such as its elements' float4_",
    ),
    "posits": (["--worst", "5", "--to", "posit8"], "posit8: arrays are rounded to float and integer formats only"),
    "formats": (["--worst", "5", "--to", "half", "--formats", "bf16"], "--formats: does not go with --worst"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_flags_are_one_line_and_exit_2(case: str, process: Process) -> None:
    """What was given and what would be accepted, on standard error alone."""
    flags, message = BAD[case]
    done = process("inspect", f"{HEALTHY}::stem.conv.weight", *flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"precisionlab: error: {message}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a.npy::a[0,0]", "--worst: looks at a whole tensor; leave out [0,0]"),
        ("z.npy::z[0].imag", "--worst: looks at a whole tensor; leave out [0].imag"),
        ("z.npy::z[1]", "--worst: looks at a whole tensor; leave out [1]"),
        ("a.npy::b", "b: there is no such tensor in a.npy; it has 1: a"),
        ("b.npy::a", "b.npy: does not exist"),
        ("e.npy::e", "e: has no elements: its shape is [0, 3]"),
        ("0.1", "--worst: looks at a tensor of a checkpoint; name it: PATH::TENSOR"),
    ],
)
def test_what_is_no_tensor_is_refused(command: Command, tmp_path: Path, value: str, message: str) -> None:
    """Elements, numbers, and what is not there."""
    np.save(tmp_path / "a.npy", array())
    np.save(tmp_path / "e.npy", np.zeros((0, 3)))
    np.save(tmp_path / "z.npy", np.zeros(3, np.complex64))
    code, out, err = command("inspect", value, "--worst", "5", "--to", "half")
    assert (code, out, err) == (2, "", f"precisionlab: error: {message}\n")


def test_a_pipe_that_closes_early(process: Process, tmp_path: Path) -> None:
    """`| head` has what it wanted."""
    np.save(tmp_path / "r.npy", np.random.default_rng(1).standard_normal(20_000))
    reader, writer = os.pipe()
    os.close(reader)
    done = process("inspect", f"{tmp_path / 'r.npy'}::r", "--worst", "10000", "--to", "half", stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
