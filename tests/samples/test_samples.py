"""The committed samples are what their script makes, and hold what their README says, bit for bit.

The planted files and everything trained that is stored in 16 bits come out of the script byte for
byte on any machine: training runs in float64, where the differences between processors stay far
below a unit in the last place of what is saved. Of float32 (the arrays, the optimizer's moments)
a few last bits may differ, and `.pth` archives are held to their contents, since torch's own
release number is in their bytes.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import safetensors
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

SAMPLES = Path(__file__).parents[2] / "samples"

SAME_BYTES = (
    "accumulation.safetensors",
    "base.safetensors",
    "changed.safetensors",
    "healthy.safetensors",
    "hostile-names.safetensors",
    "quantized.safetensors",
    "sick.safetensors",
    "structure.safetensors",
    "summation.safetensors",
    "tiny-transformer-bf16-in-fp32.safetensors",
    "tuned.safetensors",
    "tiny-transformer/config.json",
    "tiny-transformer/model-00001-of-00002.safetensors",
    "tiny-transformer/model-00002-of-00002.safetensors",
    "tiny-transformer/model.safetensors.index.json",
)
SAME_CONTENTS = (
    "shared-storage.pth",
    "tiny-transformer-compressed.npz",
    "tiny-transformer-fp16.pth",
    "tiny-transformer.npz",
)

RELATIVE, ABSOLUTE = 2.0**-22, 1e-11
"""What processors may differ by: the float64 weights after training were seen to differ by less than 1e-12."""

WORDS = {
    "F64": np.uint64,
    "I64": np.int64,
    "F32": np.uint32,
    "F16": np.uint16,
    "BF16": np.uint16,
    "F8_E4M3": np.uint8,
    "F8_E5M2": np.uint8,
    "F8_E8M0": np.uint8,
    "F4": np.uint8,
    "I8": np.int8,
    "BOOL": np.uint8,
}
VALUES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
}

SMALLEST_NORMAL = {"F16": 2.0**-14, "BF16": 2.0**-126}


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor as the official library hands it over."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    @property
    def words(self) -> NDArray[Any]:
        """The bit patterns; two elements a byte for F4, in one dimension."""
        flat = np.frombuffer(self.data, dtype=WORDS[self.dtype])
        return flat if self.dtype == "F4" else flat.reshape(self.shape)

    @property
    def values(self) -> NDArray[np.float64]:
        """The numbers, by numpy and ml_dtypes."""
        with np.errstate(invalid="ignore"):  # a signalling NaN says so
            return np.frombuffer(self.data, dtype=VALUES[self.dtype]).astype(np.float64).reshape(self.shape)


def read(file: str) -> dict[str, Stored]:
    """All tensors of a safetensors file, by the official reader, as bytes."""
    tensors = safetensors.deserialize((SAMPLES / file).read_bytes())  # type: ignore[no-untyped-call]  # its stub
    return {name: Stored(spec["dtype"], tuple(spec["shape"]), bytes(spec["data"])) for name, spec in tensors}


@pytest.fixture(scope="module")
def sick() -> dict[str, Stored]:
    """The tensors of `sick.safetensors`."""
    return read("sick.safetensors")


@pytest.fixture(scope="module")
def healthy() -> dict[str, Stored]:
    """The tensors of `healthy.safetensors`."""
    return read("healthy.safetensors")


@dataclass(frozen=True, slots=True)
class Remade:
    """What a run of the script left behind."""

    folder: Path
    printed: str


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Remade:
    """The script run as a user would, into an empty folder."""
    folder = tmp_path_factory.mktemp("samples")
    script = SAMPLES / "make_samples.py"
    run = subprocess.run(
        [sys.executable, str(script), "--output", str(folder)], check=True, capture_output=True, text=True
    )
    return Remade(folder, run.stdout)


def trained(folder: Path) -> Any:  # noqa: ANN401  a nested state dict
    """The training state, as torch reads it with nothing but tensors allowed."""
    return torch.load(folder / "tiny-transformer-fp16.pth", weights_only=True)


@pytest.mark.slow
def test_the_script_makes_every_sample_and_no_other_file(remade: Remade) -> None:
    """`--output` gets exactly the files that are committed."""
    made = {path.relative_to(remade.folder).as_posix() for path in remade.folder.rglob("*") if path.is_file()}
    assert made == {*SAME_BYTES, *SAME_CONTENTS}


@pytest.mark.slow
def test_the_script_is_reproducible_byte_for_byte(remade: Remade) -> None:
    """Planted files and 16-bit weights are the same bytes wherever they are made."""
    different = [file for file in SAME_BYTES if (remade.folder / file).read_bytes() != (SAMPLES / file).read_bytes()]
    assert different == []


@pytest.mark.slow
def test_the_arrays_are_reproducible_to_the_last_bits(remade: Remade) -> None:
    """Names, types and shapes of the float32 arrays are the same, and values but for the last bits."""
    for file in ("tiny-transformer.npz", "tiny-transformer-compressed.npz"):
        with np.load(remade.folder / file) as made, np.load(SAMPLES / file) as committed:
            assert made.files == committed.files
            for name in committed.files:
                assert made[name].dtype == committed[name].dtype
                np.testing.assert_allclose(made[name], committed[name], rtol=RELATIVE, atol=ABSOLUTE)


@pytest.mark.slow
def test_the_training_state_is_reproducible(remade: Remade) -> None:
    """Float16 weights are the same bits, moments the same but for the last bits."""
    made, committed = trained(remade.folder), trained(SAMPLES)
    assert made["step"] == committed["step"]
    assert made["config"] == committed["config"]
    assert same_bits(made["model"], committed["model"])
    assert made["optimizer"]["state"].keys() == committed["optimizer"]["state"].keys()
    for index, buffers in committed["optimizer"]["state"].items():
        for name, buffer in buffers.items():
            torch.testing.assert_close(made["optimizer"]["state"][index][name], buffer, rtol=RELATIVE, atol=ABSOLUTE)


@pytest.mark.slow
def test_shared_storage_is_reproducible(remade: Remade) -> None:
    """The tied tensors are the same bits under the same names."""
    assert same_bits(
        torch.load(remade.folder / "shared-storage.pth", weights_only=True),
        torch.load(SAMPLES / "shared-storage.pth", weights_only=True),
    )


def same_bits(left: Mapping[str, torch.Tensor], right: Mapping[str, torch.Tensor]) -> bool:
    """Whether the names, types, shapes and bytes of two state dicts agree."""
    described = [
        {name: (tensor.dtype, tensor.shape, tensor.numpy().tobytes()) for name, tensor in tensors.items()}
        for tensors in (left, right)
    ]
    return described[0] == described[1]


@pytest.mark.slow
def test_training_teaches_the_model(remade: Remade) -> None:
    """The printed loss starts near ln 256 = 5.5 nats a byte and falls to less than a quarter of it."""
    losses = [float(loss) for loss in re.findall(r"loss ([0-9.]+) nats a byte", remade.printed)]
    assert 5 < losses[0] < 7
    assert losses[-1] < losses[0] / 4


def test_the_script_needs_nothing_of_precisionlab() -> None:
    """Only the standard library, torch, numpy and safetensors are imported."""
    imported = {name.split(".")[0] for path in SAMPLES.rglob("*.py") for name in imports(path)}
    assert imported - sys.stdlib_module_names == {"makers", "numpy", "safetensors", "torch"}


def imports(path: Path) -> set[str]:
    """The modules that a source file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_the_samples_stay_small() -> None:
    """All committed samples together stay under 5 MB."""
    assert sum((SAMPLES / file).stat().st_size for file in (*SAME_BYTES, *SAME_CONTENTS)) < 5_000_000


def test_every_sample_is_described() -> None:
    """The README names every file, and every tensor of the checkpoints with planted faults."""
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    files = {file.partition("/")[0] for file in (*SAME_BYTES, *SAME_CONTENTS)}
    planted = (
        "sick.safetensors",
        "quantized.safetensors",
        "accumulation.safetensors",
        "summation.safetensors",
        "structure.safetensors",
        "changed.safetensors",
    )
    tensors = {name for file in planted for name in read(file)}
    assert {name for name in {*files, *tensors} if f"`{name}" not in readme} == set()


def test_the_shards_are_a_model_folder() -> None:
    """The index names every tensor once, in the shard that holds it, with the total of bytes."""
    folder = SAMPLES / "tiny-transformer"
    index = json.loads((folder / "model.safetensors.index.json").read_text(encoding="utf-8"))
    shards = {file: load_file(folder / file) for file in sorted(set(index["weight_map"].values()))}
    assert len(shards) == 2
    assert index["weight_map"] == {name: file for file, tensors in shards.items() for name in tensors}
    tensors = [tensor for shard in shards.values() for tensor in shard.values()]
    assert index["metadata"]["total_size"] == sum(tensor.nbytes for tensor in tensors)
    assert {tensor.dtype for tensor in tensors} == {torch.bfloat16}
    assert 200_000 <= sum(tensor.numel() for tensor in tensors) <= 350_000


def test_the_training_state_is_half_with_single_moments_and_a_tied_head() -> None:
    """Float16 weights, float32 moments of the same shapes, one storage for embedding and head."""
    state = trained(SAMPLES)
    weights = state["model"]
    assert {weight.dtype for weight in weights.values()} == {torch.float16}
    assert weights["lm_head.weight"].data_ptr() == weights["model.embed_tokens.weight"].data_ptr()
    shapes = [weight.shape for name, weight in weights.items() if name != "lm_head.weight"]
    moments = state["optimizer"]["state"].values()
    assert [buffers["exp_avg"].shape for buffers in moments] == shapes
    assert [buffers["exp_avg_sq"].shape for buffers in moments] == shapes
    assert {buffer.dtype for buffers in moments for buffer in buffers.values()} == {torch.float32}
    assert {buffers["step"].item() for buffers in moments} == {state["step"]}


def test_the_exports_hold_one_model() -> None:
    """Float16, bfloat16 and widened bfloat16 are roundings of the same weights."""
    folder = SAMPLES / "tiny-transformer"
    bfloat = {name: tensor for path in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(path).items()}
    widened = load_file(SAMPLES / "tiny-transformer-bf16-in-fp32.safetensors")
    weights = trained(SAMPLES)["model"]
    assert bfloat.keys() == weights.keys() - {"lm_head.weight"}
    for name, tensor in bfloat.items():
        torch.testing.assert_close(tensor.float(), weights[name].float(), rtol=2.0**-8, atol=2.0**-24)
    assert {tensor.dtype for tensor in widened.values()} == {torch.float32}
    assert all(torch.equal(tensor, bfloat[name].float()) for name, tensor in widened.items())


def test_the_arrays_use_the_precision_that_they_store() -> None:
    """Trained float32 arrays are no widened halves: their low mantissa bits are in use."""
    with np.load(SAMPLES / "tiny-transformer.npz") as arrays:
        assert {arrays[name].dtype for name in arrays.files} == {np.dtype(np.float32)}
        assert all((arrays[name].view(np.uint32) & 0xFFF).any() for name in arrays.files)


def test_shared_storage_is_shared() -> None:
    """Four names look into one storage; the copy has equal bytes of its own."""
    tensors = torch.load(SAMPLES / "shared-storage.pth", weights_only=True)
    owners = {name: tensor.untyped_storage().data_ptr() for name, tensor in tensors.items()}
    shared = {name for name, owner in owners.items() if owner == owners["embed.weight"]}
    assert shared == {"embed.weight", "tied.weight", "transposed.weight", "rows.weight"}
    assert not tensors["transposed.weight"].is_contiguous()
    assert torch.equal(tensors["copied.weight"], tensors["embed.weight"])


PLANTED = [
    ("nan.half.weight", "F16", {0x7E00: 3}),
    ("nan.bfloat.weight", "BF16", {0x7FC0: 3}),
    ("nan.single.weight", "F32", {0x7FC00000: 3}),
    ("nan.float8_e4m3fn.weight", "F8_E4M3", {0x7F: 1, 0xFF: 1}),
    ("nan_payload.half.weight", "F16", {0x7E01: 1, 0xFE2A: 1}),
    ("nan_payload.bfloat.weight", "BF16", {0x7FC1: 1, 0xFFEA: 1}),
    ("nan_payload.single.weight", "F32", {0x7FC00001: 1, 0x7FC0DEAD: 1, 0xFFC01234: 1}),
    ("signalling_nan.half.weight", "F16", {0x7C01: 1, 0xFDFF: 1}),
    ("signalling_nan.bfloat.weight", "BF16", {0x7F81: 1, 0xFFBF: 1}),
    ("signalling_nan.single.weight", "F32", {0x7F800001: 1, 0xFFBFFFFF: 1}),
    ("infinity.half.weight", "F16", {0x7C00: 1, 0xFC00: 1}),
    ("infinity.bfloat.weight", "BF16", {0x7F80: 1, 0xFF80: 1}),
    ("infinity.single.weight", "F32", {0x7F800000: 1, 0xFF800000: 1}),
    ("infinity.float8_e5m2.weight", "F8_E5M2", {0x7C: 1, 0xFC: 1}),
]


@pytest.mark.parametrize(("name", "dtype", "patterns"), PLANTED, ids=[name for name, _, _ in PLANTED])
def test_special_values_are_the_planted_patterns(
    sick: Mapping[str, Stored], name: str, dtype: str, patterns: Mapping[int, int]
) -> None:
    """The non-finite elements are exactly those bit patterns, that often."""
    tensor = sick[name]
    assert tensor.dtype == dtype
    special, counts = np.unique(tensor.words[~np.isfinite(tensor.values)], return_counts=True)
    assert dict(zip(special.tolist(), counts.tolist(), strict=True)) == patterns


def test_all_other_sick_tensors_are_finite(sick: Mapping[str, Stored]) -> None:
    """Nothing is NaN or infinite but what is planted so, and the boxed tensor."""
    non_finite = {
        name for name, tensor in sick.items() if tensor.dtype in VALUES and not np.isfinite(tensor.values).all()
    }
    assert non_finite == {"nan_boxed.weight", *(name for name, _, _ in PLANTED)}


def test_boxed_numbers_are_nan_and_hold_halves(sick: Mapping[str, Stored]) -> None:
    """Every element is a NaN with its upper 16 bits set and an ordinary float16 in the lower ones."""
    boxed = sick["nan_boxed.weight"]
    assert np.isnan(boxed.values).all()
    assert (boxed.words >> 16 == 0xFFFF).all()
    inside = (boxed.words & 0xFFFF).astype(np.uint16).view(np.float16).astype(np.float64)
    assert np.std(inside) == pytest.approx(0.25, rel=0.1)


@pytest.mark.parametrize("name", ["subnormal.half.weight", "subnormal.bfloat.weight"])
def test_one_in_sixteen_is_subnormal(sick: Mapping[str, Stored], name: str) -> None:
    """96 of 1,536 elements are below the smallest normal number and not zero."""
    magnitudes = np.abs(sick[name].values)
    assert ((magnitudes > 0) & (magnitudes < SMALLEST_NORMAL[sick[name].dtype])).sum() == 96


@pytest.mark.parametrize("dtype", ["single", "bfloat"])
def test_some_values_overflow_float16(sick: Mapping[str, Stored], dtype: str) -> None:
    """Casting by numpy gives infinities, and the number next below the limit does not."""
    tensor = sick[f"overflow_to_half.{dtype}.weight"]
    with np.errstate(over="ignore"):
        infinite = np.isinf(tensor.values.astype(np.float16))
    assert infinite.sum() >= 2
    assert np.array_equal(infinite, np.abs(tensor.values) >= 65520)
    largest, smallest = {"single": (0x477FEFFF, 0x477FF000), "bfloat": (0x477F, 0x4780)}[dtype]
    assert not infinite[tensor.words == largest].any()
    assert infinite[tensor.words == smallest].all()
    assert {largest, smallest} <= set(tensor.words.flat)


@pytest.mark.parametrize("dtype", ["single", "bfloat"])
def test_some_values_underflow_float16(sick: Mapping[str, Stored], dtype: str) -> None:
    """Casting by numpy gives zeros for numbers that are none: 2^-25 does, the number next above does not."""
    tensor = sick[f"underflow_to_half.{dtype}.weight"]
    zero = tensor.values.astype(np.float16) == 0
    assert (tensor.values != 0).all()
    assert 0.1 < zero.mean() < 0.5
    assert np.array_equal(zero, np.abs(tensor.values) <= 2.0**-25)
    largest, smallest = {"single": (0x33000000, 0x33000001), "bfloat": (0x3300, 0x3301)}[dtype]
    assert zero[tensor.words == largest].all()
    assert not zero[tensor.words == smallest].any()
    assert {largest, smallest} <= set(tensor.words.flat)


@pytest.mark.parametrize(
    ("inner", "outer", "narrow"),
    [("bfloat", "single", ml_dtypes.bfloat16), ("half", "single", np.float16), ("single", "double", np.float32)],
    ids=["bfloat", "half", "single"],
)
def test_wide_types_hold_narrow_values(sick: Mapping[str, Stored], inner: str, outer: str, narrow: type) -> None:
    """A round trip through the narrower type changes no bit."""
    tensor = sick[f"unused_precision.{inner}_in_{outer}.weight"]
    wide = np.frombuffer(tensor.data, dtype=VALUES[tensor.dtype])
    assert wide.astype(narrow).astype(wide.dtype).tobytes() == tensor.data
    assert len(np.unique(wide)) > 500


@pytest.mark.parametrize(("kind", "scale"), [("power_of_two", 2.0**-10), ("any", float(np.float32(0.0123)))])
def test_integer_grids_are_scaled_8_bit_integers(sick: Mapping[str, Stored], kind: str, scale: float) -> None:
    """Divided by the scale, all elements are integers that reach from -127 to 127 (to float32 rounding)."""
    levels = sick[f"integer_grid.{kind}_scale.weight"].values / scale
    np.testing.assert_allclose(levels, np.rint(levels), rtol=2.0**-24)
    assert (levels.min().round(), levels.max().round()) == (-127, 127)


def test_channels_are_dead_constant_and_outlying_where_planted(sick: Mapping[str, Stored]) -> None:
    """Rows 5 and 17 are zero, rows 3 and 20 constant, row 7 and column 11 a hundred times too large."""
    dead = sick["dead_channels.weight"].values
    assert np.flatnonzero((dead == 0).all(axis=1)).tolist() == [5, 17]
    constant = sick["constant_channels.weight"].values
    assert np.flatnonzero(np.ptp(constant, axis=1) == 0).tolist() == [3, 20]
    assert constant[[3, 20], 0].tolist() == [0.25, -0.125]
    for kind, axis, place in (("row", 1, 7), ("column", 0, 11)):
        largest = np.abs(sick[f"outlier_channel.{kind}.weight"].values).max(axis=axis)
        assert np.flatnonzero(largest > 30 * np.median(largest)).tolist() == [place]


def test_zeros_are_zeros_of_both_signs(sick: Mapping[str, Stored]) -> None:
    """One tensor holds nothing but +0, the other +0 and -0 alike."""
    assert not sick["all_zero.weight"].words.any()
    assert np.unique(sick["all_zero.signed.weight"].words).tolist() == [0x0000, 0x8000]


@pytest.mark.parametrize(
    "file",
    [
        "sick.safetensors",
        "healthy.safetensors",
        "quantized.safetensors",
        "accumulation.safetensors",
        "summation.safetensors",
        "structure.safetensors",
        "changed.safetensors",
    ],
)
def test_only_the_planted_pair_is_stored_twice(file: str) -> None:
    """No two tensors of more than a few bytes are equal, but the pair of the sick file."""
    seen: dict[tuple[str, bytes], list[str]] = {}
    for name, tensor in read(file).items():
        seen.setdefault((tensor.dtype, tensor.data), []).append(name)
    twice = [sorted(names) for names in seen.values() if len(names) > 1]
    pair = ["stored_twice.first.weight", "stored_twice.second.weight"]
    assert twice == ([pair] if file.startswith("sick") else [])


def test_one_sibling_differs(sick: Mapping[str, Stored]) -> None:
    """Layer 2 alone is float32, and uses it."""
    assert [sick[f"layers.{layer}.mlp.weight"].dtype for layer in range(4)] == ["BF16", "BF16", "F32", "BF16"]
    assert (sick["layers.2.mlp.weight"].words & 0xFFF).any()


def test_truth_values_are_not_all_true_or_false(sick: Mapping[str, Stored]) -> None:
    """Three bytes of the mask are neither 0 nor 1."""
    words = sick["boolean.mask"].words
    assert sick["boolean.mask"].dtype == "BOOL"
    assert sorted(words[words > 1].tolist()) == [2, 2, 255]


def test_microscaled_weights_decode(sick: Mapping[str, Stored]) -> None:
    """E2M1 codes times E8M0 scales, decoded by ml_dtypes, give back deviates of the drawn scale."""
    packed, scale = sick["microscaled.weight"], sick["microscaled.scale"]
    assert (packed.dtype, packed.shape, scale.dtype, scale.shape) == ("F4", (32, 64), "F8_E8M0", (32, 2))
    codes = np.stack([packed.words & 15, packed.words >> 4], axis=1).reshape(32, 2, 32)
    elements = codes.view(ml_dtypes.float4_e2m1fn).astype(np.float64)
    scales = scale.words.view(ml_dtypes.float8_e8m0fnu).astype(np.float64)
    assert np.std(elements * scales[..., np.newaxis]) == pytest.approx(0.25, rel=0.1)
    assert (np.abs(elements).max(axis=2) >= 3).all()


def test_integers_and_corner_cases_are_there(sick: Mapping[str, Stored]) -> None:
    """An int8, an int64, a 0-d and an empty tensor."""
    assert (sick["integer.int8.weight"].dtype, sick["integer.int8.weight"].shape) == ("I8", (32, 48))
    assert sick["integer.int64.positions"].words.tolist() == list(range(64))
    assert (sick["scalar.logit_scale"].shape, len(sick["scalar.logit_scale"].data)) == ((), 4)
    assert (sick["empty.weight"].shape, sick["empty.weight"].data) == ((0, 48), b"")


def assert_sound(tensor: Stored) -> None:
    """Fail if any pathology that the rules name is in the tensor, computed directly in float64."""
    magnitudes = np.abs(tensor.values)
    rows = magnitudes.reshape(tensor.shape[0], -1)
    smallest = SMALLEST_NORMAL[tensor.dtype]
    assert np.isfinite(magnitudes).all()
    assert ((magnitudes < smallest) & (magnitudes > 0)).mean() < 1e-3
    assert magnitudes.max() < 65504
    assert (magnitudes.astype(np.float16) > 0).all()
    for axis in range(2 if tensor.values.ndim > 1 else 0):
        largest = rows.max(axis=axis)
        assert (np.ptp(tensor.values.reshape(rows.shape), axis=axis) > 0).all()
        assert largest.max() < 3 * np.median(largest)
    finest = np.frexp(magnitudes)[1].min() - {"F16": 11, "BF16": 8}[tensor.dtype]
    assert magnitudes.max() / 2.0**finest > 255, "fits an 8-bit grid"
    assert len(np.unique(tensor.words)) > min(64, tensor.words.size) // 2


def test_the_healthy_checkpoint_is_healthy(healthy: Mapping[str, Stored]) -> None:
    """No NaN, infinity, overflow, underflow, many subnormals, dead, constant or outlying channel, or 8-bit grid."""
    for tensor in healthy.values():
        assert_sound(tensor)


def test_the_control_among_the_sick_is_healthy(sick: Mapping[str, Stored]) -> None:
    """The one tensor that is named healthy is."""
    assert_sound(sick["healthy.weight"])


def test_healthy_siblings_agree(healthy: Mapping[str, Stored]) -> None:
    """Tensors whose names differ in the layer's number only have one type."""
    dtypes: dict[str, set[str]] = {}
    for name, tensor in healthy.items():
        dtypes.setdefault(re.sub(r"\.\d+\.", ".N.", name), set()).add(tensor.dtype)
    assert all(len(found) == 1 for found in dtypes.values())


@pytest.mark.parametrize(
    "fragment",
    [
        "\x1b[31m",
        "\x9b",
        "\x00",
        "\n",
        "\r",
        "\t",
        "[bold red]",
        "<script>alert(1)</script>",
        "\u202e",
        "\u2028",
        "\ufeff",
        "|",
        "```",
        "../..",
    ],
    ids=ascii,
)
def test_hostile_names_attack_every_medium(fragment: str) -> None:
    """Some name holds what a terminal, a console, a page, a table or a path would interpret."""
    assert any(fragment in name for name in read("hostile-names.safetensors"))


def test_hostile_names_are_long_or_empty_and_reach_the_findings() -> None:
    """Two are 10,000 characters long, one is empty, and each tensor holds one NaN."""
    tensors = read("hostile-names.safetensors")
    assert sorted(len(name) for name in tensors)[-2:] == [10_000, 10_000]
    assert "" in tensors
    assert {np.isnan(tensor.values).sum() for tensor in tensors.values()} == {1}


@pytest.fixture(scope="module")
def quantized() -> dict[str, Stored]:
    """The tensors of `quantized.safetensors`."""
    return read("quantized.safetensors")


@pytest.mark.parametrize(
    ("name", "channels", "ratio"),
    [("outlier_channels.weight", [300, 1201], 90), ("outlier_channels.control.weight", [100], 8)],
)
def test_outlier_channels_are_where_planted(
    quantized: Mapping[str, Stored], name: str, channels: list[int], ratio: float
) -> None:
    """Columns that are so many times as large as the others, which are ordinary."""
    sizes = np.sqrt((quantized[name].values ** 2).mean(axis=0))
    assert np.flatnonzero(sizes > 4 * np.median(sizes)).tolist() == channels
    assert sizes[channels].mean() / np.median(sizes) == pytest.approx(ratio, rel=0.25)


def test_outlier_elements_are_one_a_row(quantized: Mapping[str, Stored]) -> None:
    """In every row of the one tensor, in a single row of its control: 0.5, where the deviation is 0.02."""
    for name, n_rows in (("outlier_elements.weight", 32), ("outlier_elements.control.weight", 1)):
        is_outlier = quantized[name].values == 0.5
        assert is_outlier.sum() == is_outlier.any(axis=1).sum() == n_rows
        assert np.abs(quantized[name].values[~is_outlier]).max() < 0.1


def test_uniform_weights_end_where_those_of_linear_do(quantized: Mapping[str, Stored]) -> None:
    """At 1/8 for 64 inputs, which is a power of two, and at 1/sqrt(96); the mean square is a third of that of the end."""
    for name, end in (("uniform.weight", 0.125), ("uniform.control.weight", 96**-0.5)):
        magnitudes = np.abs(quantized[name].values)
        assert 0.99 * end < magnitudes.max() <= end * (1 + 2**-8)
        assert (magnitudes**2).mean() == pytest.approx(end**2 / 3, rel=0.03)


@pytest.mark.parametrize(
    ("name", "length", "levels"),
    [
        ("stored_int4.weight", 128, np.arange(-8, 8) / 7.5),
        ("stored_int8.weight", 256, np.arange(-128, 128) / 127.5),
        ("stored_float8.weight", 4096, np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e4m3fn) / np.float64(448)),
    ],
)
def test_weights_that_were_quantized_lie_on_their_grid(
    quantized: Mapping[str, Stored], name: str, length: int, levels: NDArray[Any]
) -> None:
    """Over some scale of their block they are levels of the format, to the rounding of the stored type."""
    rounding = {"BF16": 2.0**-8, "F16": 2.0**-11}[quantized[name].dtype]
    table = levels.astype(np.float64)[np.isfinite(levels.astype(np.float64))]
    for block in quantized[name].values.reshape(-1, length):
        largest = block[np.abs(block).argmax()]
        scales = largest / table[np.abs(table) > 0.8 * np.abs(table).max()]
        misses = (np.abs(block[:, np.newaxis] / scale - table).min(axis=1) * np.abs(scale) for scale in scales)
        assert any((miss <= 2 * rounding * np.abs(block) + 2.0**-24).all() for miss in misses)


def test_few_levels_are_few(quantized: Mapping[str, Stored]) -> None:
    """Two and three values, and noise of a twentieth around three."""
    levels = {name: np.unique(quantized[f"{name}.weight"].values) for name in ("binary", "ternary")}
    assert levels["binary"].tolist() == [-levels["binary"][1], levels["binary"][1]]
    assert levels["ternary"].tolist() == [-levels["ternary"][2], 0, levels["ternary"][2]]
    nearly = quantized["nearly_ternary.weight"].values / 0.05
    assert np.std(nearly - np.rint(nearly)) == pytest.approx(0.05, rel=0.05)


def test_corners_of_the_quantized_sample(quantized: Mapping[str, Stored]) -> None:
    """Zeros throughout, zeros in columns 64 to 191, two NaN and an infinity of either sign."""
    assert not quantized["zeros.weight"].values.any()
    is_zero = (quantized["zero_blocks.weight"].values == 0).all(axis=0)
    assert np.flatnonzero(is_zero).tolist() == list(range(64, 192))
    special = quantized["non_finite.weight"].values
    assert sorted(map(str, special[~np.isfinite(special)])) == ["-inf", "inf", "nan", "nan"]


def test_weights_of_the_accumulation_sample_are_finite_and_as_large_as_described() -> None:
    """Standard deviations, signs and lengths of rows are those of the README; infinite outputs come from sums alone."""
    tensors = {name.removesuffix(".weight"): tensor.values for name, tensor in read("accumulation.safetensors").items()}
    assert all(np.isfinite(values).all() for values in tensors.values())
    deviations = {"overflows_single": 3e37, "overflows_single.control": 3, "overflows_half": 2000}
    deviations |= {"overflows_half.control": 200, "long_rows": 0.02, "long_rows.control": 0.02}
    for name, deviation in deviations.items():
        assert tensors[name].std() == pytest.approx(deviation, rel=0.05)
        assert abs(tensors[name].mean()) < 0.1 * deviation
    assert (tensors["truncated_float8"] >= 0).all()
    assert np.array_equal(np.abs(tensors["truncated_float8.control"]), tensors["truncated_float8"])
    assert 0.4 < (tensors["truncated_float8.control"] < 0).mean() < 0.6
    assert (tensors["long_rows"].shape[1], tensors["long_rows.control"].shape[1]) == (8192, 512)


def test_tensors_of_the_summation_sample_are_those_described() -> None:
    """Their elements, in order; sums go wrong for these alone."""
    tensors = {name: tensor.values for name, tensor in read("summation.safetensors").items()}
    moments = tensors["optimizer.embed.exp_avg_sq"]
    assert moments.flat[0] == 1
    assert 2e-8 < moments.flat[1:].min() < moments.flat[1:].max() < 5.5e-8
    assert moments.flat[1:].sum() / moments.sum() == pytest.approx(0.0005, abs=0.0001)
    control = tensors["optimizer.embed.control.exp_avg_sq"]
    assert control.flat[0] == 1
    assert 2e-12 < control.flat[1:].min() < control.flat[1:].max() < 5.5e-12
    outlier = tensors["outlier_first.weight"]
    assert np.flatnonzero(outlier.ravel() == 1024).tolist() == [0]
    assert np.unique(outlier.ravel()[1:]).tolist() == [float(np.float16(0.2))]
    assert np.array_equal(tensors["outlier_first.control.weight"], outlier[::-1, ::-1])
    upper, lower = np.split(tensors["two_signs.weight"], 2)
    assert np.unique(upper).tolist() == [float(np.float32(0.1))]
    assert np.unique(lower).tolist() == [float(np.float32(-0.097))]
    turns = tensors["two_signs.control.weight"].ravel()
    assert np.array_equal(turns[::2], upper.ravel())
    assert np.array_equal(turns[1::2], lower.ravel())
    for kind in ("single", "bfloat", "half"):
        assert tensors[f"healthy.{kind}.weight"].std() == pytest.approx(0.02, rel=0.05)
    assert 65504**0.5 < np.abs(tensors["overflowing.weight"]).max() < 65504
    special = tensors["non_finite.weight"]
    assert sorted(map(str, special[~np.isfinite(special)])) == ["-inf", "inf", "nan"]


def test_tensors_of_the_structure_sample_are_those_described() -> None:
    """Rows that are zero, equal, near and opposite; shifts; ranks by numpy, and of the unfoldings of the kernel."""
    tensors = {name.removesuffix(".weight"): tensor.values for name, tensor in read("structure.safetensors").items()}
    assert np.flatnonzero(~tensors["dead_rows"].any(axis=1)).tolist() == [3, 7]
    assert np.array_equal(tensors["duplicate_rows"][7], tensors["duplicate_rows"][3])
    near = tensors["near_rows"]
    assert 1e-5 < np.linalg.norm(near[7] - near[3]) / np.linalg.norm(near[3]) < 1e-3
    assert np.array_equal(tensors["flipped_rows"][7], -tensors["flipped_rows"][3])
    circulant = tensors["circulant"]
    assert all(np.array_equal(row, np.roll(circulant[0], i)) for i, row in enumerate(circulant))
    assert np.linalg.matrix_rank(tensors["low_rank"]) == 4
    values = np.linalg.svd(tensors["hidden"], compute_uv=False)
    assert values[0] > 100 * values[1]
    assert values[-1] > 0.05
    kernel = tensors["border_rank.conv"]
    assert [
        np.linalg.matrix_rank(np.moveaxis(kernel, i, 0).reshape(len(np.moveaxis(kernel, i, 0)), -1)) for i in range(3)
    ] == [2, 2, 2]
    assert tensors["healthy"].std() == pytest.approx(0.02, rel=0.05)


def test_tensors_of_the_changed_sample_are_those_described() -> None:
    """Each beside that of the healthy sample: which elements differ, and what became of them."""
    here, there = read("changed.safetensors"), read("healthy.safetensors")
    differing = {
        name: np.argwhere(tensor.words != there[name].words).tolist()
        for name, tensor in here.items()
        if name in there and (tensor.dtype, tensor.shape) == (there[name].dtype, there[name].shape)
    }
    assert differing["encoder.layers.0.norm.weight"] == []
    ulp, sign = (f"decoder.layers.0.attention.{which}_proj.weight" for which in "qk")
    assert differing[ulp] == differing[sign] == [[3, 5]]
    assert here[ulp].words[3, 5] == there[ulp].words[3, 5] + 1
    assert here[sign].values[3, 5] == -there[sign].values[3, 5]
    (place,) = differing["encoder.layers.0.attention.k_proj.weight"]
    assert np.isnan(here["encoder.layers.0.attention.k_proj.weight"].values[tuple(place)])
    trip, wider = "encoder.layers.0.attention.q_proj.weight", "encoder.layers.0.mlp.up_proj.bias"
    rounded = torch.from_numpy(there[trip].values).to(torch.float8_e4m3fn).double().numpy()
    assert np.array_equal(here[trip].values, rounded)
    assert np.array_equal(here[wider].values, there[wider].values)
    adapted = "encoder.layers.1.attention.q_proj.weight"
    found = np.linalg.svd(here[adapted].values - there[adapted].values, compute_uv=False)
    assert found[3] > 2 * found[4]
    assert set(here) - set(there) == {"adapter.weight"}
