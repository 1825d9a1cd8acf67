"""`precisionlab inspect PATH::TENSOR[INDEX]`: one element, in text and JSON."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import ml_dtypes
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from precisionlab.cli.inspected_formats import COMMON
from precisionlab.cli.main import main

Command = Callable[..., tuple[int, str, str]]
Document = Mapping[str, Any]

SAMPLES = Path(__file__).parents[2] / "samples"
HEALTHY = SAMPLES / "healthy.safetensors"
SHARDED = SAMPLES / "tiny-transformer"

AN_ELEMENT = """\
  tensor    stem.conv.weight
  stored    float16, shape [32, 16, 3, 3]
  element   [31,3,2,2]

float16  half precision (binary16)
  bits      1 01011 0100101111
  hex       0xad2f
  class     normal
  decimal   -0.08099365234375
  binary    -1.0100101111 * 2^-4
  ulp       2^-14 = 6.10352e-05
  below     0xad30  -0.0810546875
  above     0xad2e  -0.0809326171875

int8  8-bit integer
  bits      00000000
  hex       0x00
  class     zero
  decimal   0
  binary    0
  ulp       1
  below     0xff  -1
  above     0x01  1
  rounding  nearest-even, nearest-away, toward-zero, up:
              0x00  0
              error +0.0809937, +0.0809937 ulp, relative -1
            down, to-odd:
              0xff  -1
              error -0.919006, -0.919006 ulp, relative +11.3466
"""


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Document:
    """The JSON of a successful call."""
    assert main(["inspect", "--format", "json", *arguments]) == 0
    answer: Document = json.loads(capsys.readouterr().out)
    return answer


def stored_pattern(answer: Document, component: int = 0) -> int:
    """The bits of the element."""
    return int(answer["components"][component]["formats"][0]["pattern"], 16)


def test_the_stored_format_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    """File, tensor, dtype and index, then the blocks of a number in formats; negative indices are resolved."""
    assert main(["inspect", f"{HEALTHY}::stem.conv.weight[-1, 3, 2, -1]", "--formats", "int8"]) == 0
    assert capsys.readouterr().out == f"{HEALTHY}\n{AN_ELEMENT}"


def test_the_common_formats_without_the_stored_one_are_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """It is there already; naming it does not repeat it."""
    element = f"{HEALTHY}::stem.conv.weight[0,0,0,0]"
    (part,) = document(capsys, element)["components"]
    others = [name for name in COMMON if name != "float16"]
    assert [entry["format"] for entry in part["formats"]] == ["float16", *others]
    (part,) = document(capsys, element, "--formats", "half,fp32")["components"]
    assert [entry["format"] for entry in part["formats"]] == ["float16", "float32"]


@pytest.mark.parametrize("name", ["healthy", "sick"])
def test_elements_of_safetensors_are_what_the_library_reads(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One element of each dtype of the samples, bit for bit."""
    path = SAMPLES / f"{name}.safetensors"
    seen: set[torch.dtype] = set()
    for key, tensor in load_file(path).items():
        if not tensor.numel() or tensor.dtype in {torch.float4_e2m1fn_x2, *seen}:
            continue
        seen.add(tensor.dtype)
        index = tuple(size - 1 for size in tensor.shape)
        answer = document(capsys, f"{path}::{key}[{','.join(map(str, index))}]")
        expected = tensor[index].reshape(1).view(torch.uint8).numpy().tobytes()
        assert stored_pattern(answer) == int.from_bytes(expected, "little")
        dtype = str(tensor.dtype).removeprefix("torch.")
        assert (answer["dtype"], answer["shape"], answer["index"]) == (dtype, list(tensor.shape), list(index))
    assert len(seen) >= 2


@pytest.mark.parametrize("shard_name", ["", "/model.safetensors.index.json"])
def test_elements_of_sharded_models(shard_name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By the folder or the index; each tensor lies in some shard."""
    names: dict[str, torch.Tensor] = {}
    for file in SHARDED.glob("*.safetensors"):
        names |= load_file(file)
    for name in list(names)[::9]:
        index = ",".join("1" for _ in names[name].shape)
        answer = document(capsys, f"{SHARDED}{shard_name}::{name}[{index}]")
        expected = names[name][tuple(1 for _ in names[name].shape)].view(torch.uint16).item()
        assert stored_pattern(answer) == expected


@pytest.mark.parametrize(
    "kind",
    ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64"],
)
@pytest.mark.parametrize("order", ["little", "big"])
def test_elements_of_numpy_files(
    kind: str, order: Literal["little", "big"], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In either byte order, column-major too; integers through integer formats."""
    content = np.random.default_rng(1).integers(0, 2 if kind == "bool" else 100, (4, 5))
    values = np.asfortranarray(content.astype(np.dtype(kind).newbyteorder(order)))
    np.save(tmp_path / "a.npy", values)
    answer = document(capsys, f"{tmp_path / 'a.npy'}::a[2,-1]")
    pattern = int.from_bytes(values[2, -1].astype(kind).tobytes(), "little")
    assert stored_pattern(answer) == pattern
    assert int(answer["components"][0]["value"]["fraction"]) == int(values[2, -1])
    assert answer["components"][0]["formats"][0]["format"] == kind


def test_complex_elements_have_two_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each under its name, real first."""
    np.save(tmp_path / "z.npy", np.array([[1.5 - 0.1j]], np.complex64))
    answer = document(capsys, f"{tmp_path / 'z.npy'}::z[0,0]")
    assert [part["component"] for part in answer["components"]] == ["real", "imaginary"]
    assert answer["components"][0]["value"]["fraction"] == "3/2"
    assert stored_pattern(answer, 1) == int(np.float32(-0.1).view(np.uint32))
    assert main(["inspect", f"{tmp_path / 'z.npy'}::z[0,0]", "--formats", "half"]) == 0
    text = capsys.readouterr().out
    headings = [line for line in text.splitlines() if line and not line.startswith(" ")][1:]
    assert [line.split("  ")[0] for line in headings] == [
        "real part",
        "float32",
        "float16",
        "imaginary part",
        "float32",
        "float16",
    ]


@pytest.mark.parametrize(("part", "component", "value"), [("real", "real", "3/2"), ("imag", "imaginary", "-5")])
def test_a_part_of_a_complex_element(
    part: str, component: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named as reports print it; it is shown alone."""
    np.save(tmp_path / "z.npy", np.array([[0, 1.5 - 5j]], np.complex64))
    place = f"{tmp_path / 'z.npy'}::z[0,-1].{part}"
    (only,) = document(capsys, place)["components"]
    assert (only["component"], only["value"]["fraction"]) == (component, value)
    assert main(["inspect", place]) == 0
    text = capsys.readouterr().out
    assert f"  element   [0,1].{part}\n\n{component} part\n" in text
    assert text.count(" part\n") == 1


def test_a_part_of_a_number_without_axes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With empty brackets."""
    np.save(tmp_path / "z.npy", np.array(2j, np.complex128))
    (only,) = document(capsys, f"{tmp_path / 'z.npy'}::z[].imag")["components"]
    assert only["value"]["fraction"] == "2"


@pytest.mark.parametrize(
    ("code", "name", "bits"),
    [
        ("F4", "float4_e2m1fn", 4),
        ("F6_E2M3", "float6_e2m3fn", 6),
        ("F6_E3M2", "float6_e3m2fn", 6),
        ("F8_E8M0", "float8_e8m0fnu", 8),
    ],
)
def test_packed_elements(code: str, name: str, bits: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Elements that share bytes, low bits first, by ml_dtypes."""
    content = np.random.default_rng(2).bytes(16 * bits // 8)
    header = json.dumps({"w": {"dtype": code, "shape": [2, 8], "data_offsets": [0, len(content)]}}).encode()
    (tmp_path / "packed.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + content)
    whole = int.from_bytes(content, "little")
    for place in (0, 1, 7, 8, 13, 15):
        answer = document(capsys, f"{tmp_path / 'packed.safetensors'}::w[{place // 8},{place % 8}]")
        pattern = whole >> (place * bits) & ((1 << bits) - 1)
        assert stored_pattern(answer) == pattern
        value = float(np.array([pattern], np.uint8).view(getattr(ml_dtypes, name)).astype(np.float64)[0])
        (part,) = answer["components"]
        assert float(part["value"] if isinstance(part["value"], str) else part["value"]["decimal"]) == value
        assert part["formats"][0]["format"] == name


@pytest.mark.parametrize(("name", "flag"), [("float4_e2m1fn", "--rounding=up"), ("float16", "--overflow=saturate")])
def test_other_formats_obey_rounding_and_overflow(name: str, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As for a value."""
    element = f"{SAMPLES / 'sick.safetensors'}::overflow_to_half.single.weight[14,9]"
    (part,) = document(capsys, element, "--formats", name, flag)["components"]
    (alone,) = json.loads(value_document(capsys, part["value"]["fraction"], name, flag))["formats"]
    assert part["formats"][1] == alone


def value_document(capsys: pytest.CaptureFixture[str], value: str, name: str, flag: str) -> str:
    """The JSON of a value."""
    assert main(["inspect", value, "--formats", name, flag, "--format", "json"]) == 0
    return capsys.readouterr().out


def test_hostile_names_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """Names with escape sequences are shown so that no terminal obeys, and are exact in JSON."""
    path = SAMPLES / "hostile-names.safetensors"
    for name in load_file(path):
        assert document(capsys, f"{path}::{name}[0,1]")["tensor"] == name
        assert main(["inspect", f"{path}::{name}[0,1]"]) == 0
        assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_a_tensor_without_axes(capsys: pytest.CaptureFixture[str]) -> None:
    """Its one element, with empty brackets or none."""
    scalar = f"{SAMPLES / 'sick.safetensors'}::scalar.logit_scale"
    assert document(capsys, scalar) == document(capsys, f"{scalar}[]")
    assert main(["inspect", scalar]) == 0
    assert "  stored    float32, without axes\n\nfloat32" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["{healthy}::stem.conv.weight"],
            "stem.conv.weight: is float16 of shape [32, 16, 3, 3]; name an element such as",
        ),
        (
            ["{healthy}::stem.conv.weigth[0,0,0,0]"],
            "stem.conv.weigth: there is no such tensor in {healthy}; did you mean",
        ),
        (["{healthy}::stem.conv.weight[0]"], "stem.conv.weight[0]: 1 index for 4 axes; its shape is [32, 16, 3, 3]"),
        (
            ["{healthy}::stem.conv.weight[0,0,0,0].real"],
            "stem.conv.weight[0,0,0,0].real: elements of float16 have no real and imaginary parts",
        ),
        (["{healthy}::stem.conv.weight[0,0,0,0]", "--formats", ""], "--formats: takes names of formats"),
        (["missing.safetensors::w[0]"], "missing.safetensors: does not exist"),
        (["::w[0]"], "the path is empty"),
        (["{healthy}"], "{healthy}: is a path, not a number; name a tensor in it: PATH::TENSOR[INDEX]"),
        (
            ["{healthy}::stem.conv.weight[0,0,0,0]", "--formats", "bf61"],
            "bf61: there is no such format; did you mean bf16?",
        ),
        (["{healthy}::x", "--from", "half", "--bits", "0"], "inspect: --from FORMAT and --bits PATTERN go together"),
        (["{healthy}::x", "--by", "relative"], "--by: goes with --worst N and --to FORMAT"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(command: Command, arguments: list[str], message: str) -> None:
    """What was given and what would be accepted, on standard error alone."""
    code, out, err = command("inspect", *(argument.format(healthy=HEALTHY) for argument in arguments))
    assert (code, out) == (2, "")
    assert err.startswith(f"precisionlab: error: {message.format(healthy=HEALTHY)}")
    assert err.count("\n") == 1
