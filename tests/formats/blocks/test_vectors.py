"""Block formats against what other libraries compute: the files in `vectors`, whose README names them."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.formats import BlockFormat, dequantize, fake_quantize, formats, quantize
from precisionlab.formats.blocks.stored_scales import centred_on, effective
from precisionlab.formats.patterns import decode_all

VECTORS = Path(__file__).parent / "vectors"
FILES = sorted(path.stem for path in VECTORS.glob("*.npz"))
SINGLE = [stem for stem in FILES if "double" not in stem]


def holding(name: str) -> list[str]:
    """The files that have an array of that name: where libraries pack them, they have not."""
    return [stem for stem in SINGLE if name in np.load(VECTORS / f"{stem}.npz").files]


TENSOR_WIDE = re.compile(r"nvfp4_(compressed_tensors|tensor_scale_torchao)|(fp8_e4m3|int8)_tensor_")
"""Files in which each entry of the first axis is a tensor of its own."""


def format_of(stem: str) -> BlockFormat:
    """The format that a file is about, by its name."""
    names = (
        (r"(mx\w+?)_floor_(torchao|gfloat)", r"\1"),
        (r"(mx\w+?)_(ceil|even|rceil)_torchao(_near_powers)?", r"\1_\2"),
        (r"mxfp8_e4m3_compressed_tensors", r"\g<0>"),
        (r"(mx\w+)_compressed_tensors", r"\1_even"),
        (r"gguf_(mxfp4|nvfp4)", r"\1_ggml"),
        (r"gguf_(\w+?)(_search)?", r"\1"),
        (r"(int\d_\w+)_symmetric_compressed_tensors", r"\1"),
        (r"(int\d_\w+)_asymmetric_compressed_tensors", r"\1_asym"),
        (r"(int\d_\w+)_symmetric_torchao", r"\1_torchao"),
        (r"(int\d_\w+)_asymmetric_torchao", r"\1_asym_torchao"),
        (r"(int\d_\w+)_no_clipping_torchao", r"\1_noclip_torchao"),
        (r"fp8_e4m3_1x128_deepseek_torchao", "fp8_e4m3_g128_deepseek"),
        (r"fp8_e4m3_128x128_deepseek_torchao", "fp8_e4m3_128x128_deepseek"),
        (r"(fp8_e4m3_\w+?)_(compressed_tensors|torchao)", r"\1"),
        (r"nf4_g64(_double)?_bitsandbytes", r"nf4_g64\1"),
        (r"fp4_g64(_double)?_bitsandbytes", r"bnb_fp4_g64\1"),
        (r"nvfp4_compressed_tensors", "nvfp4"),
        (r"nvfp4_single_level_torchao", "nvfp4_plain"),
        (r"nvfp4_tensor_scale_torchao", "nvfp4_torchao"),
    )
    for pattern, name in names:
        match = re.fullmatch(pattern, stem)
        if match:
            return formats.block(match.expand(name).replace("_double", "_dq"))
    raise AssertionError(stem)


class Vector:
    """One file, its tensors one by one."""

    def __init__(self, stem: str) -> None:
        with np.load(VECTORS / f"{stem}.npz") as file:
            self.arrays: dict[str, NDArray[np.generic]] = dict(file)
        self.format = format_of(stem)
        values = self["values"].astype(np.float32)
        self.tensors = list(values) if TENSOR_WIDE.match(stem) else [values]

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        return self.arrays[name]

    def ours(self) -> NDArray[np.float32]:
        """What our quantization makes of all tensors."""
        results = [fake_quantize(tensor, self.format) for tensor in self.tensors]
        return np.stack(results).reshape(self["dequantized"].shape)

    def codes(self) -> NDArray[np.uint8]:
        """Our codes of all tensors."""
        codes = [quantize(tensor, self.format).codes.numpy() for tensor in self.tensors]
        return np.stack(codes).reshape(self["dequantized"].shape)

    def scales(self) -> NDArray[np.float32]:
        """Our stored scales of all tensors."""
        scales = [quantize(tensor, self.format).scales.numbers.numpy() for tensor in self.tensors]
        return np.stack(scales)

    def their_scales(self) -> NDArray[np.float32]:
        """The library's scales as numbers."""
        scales = self["scales"]
        if scales.dtype == np.uint8:
            scales = decode_all(self.format.scale.format)[scales]
        return np.asarray(scales, np.float32)


def explained(stem: str, vector: Vector) -> NDArray[np.bool_]:
    """Where the library is known to differ, by element: see each branch."""
    values = vector["values"].astype(np.float32)
    if stem.startswith("mx") and stem.endswith("torchao"):
        # It divides blocks of scale 2^-127 by another number than it multiplies them with.
        lowest = vector["scales"].astype(np.int64) == 0
        return np.repeat(lowest, 32, axis=-1).reshape(values.shape)
    if stem.endswith("near_powers"):
        # Its log2 is rounded to binary32: the scale of one block is one power too low.
        return np.repeat(vector.scales() == 2 * vector.their_scales(), 32, axis=-1).reshape(values.shape)
    return np.zeros(values.shape, bool)


@pytest.mark.parametrize("stem", SINGLE)
def test_results_are_those_of_the_library(stem: str) -> None:
    """Every number, wherever the difference is not explained; zeros may differ in sign."""
    vector = Vector(stem)
    wrong = (vector.ours() != vector["dequantized"]) & ~explained(stem, vector)
    assert not wrong.any()
    assert not explained(stem, vector).all()


@pytest.mark.parametrize("stem", holding("codes"))
def test_codes_are_those_of_the_library(stem: str) -> None:
    """Bit for bit, where the file has codes; of bitsandbytes' FP4 those that are not zero, of which it has two."""
    vector = Vector(stem)
    bits = vector.format.element.bits
    theirs = vector["codes"].astype(np.int64) & ((1 << bits) - 1)
    wrong = (vector.codes() != theirs) & ~explained(stem, vector)
    if stem.startswith("fp4"):
        wrong &= vector["dequantized"] != 0
    if "compressed_tensors" in stem:
        wrong &= vector["dequantized"] != 0  # negative zeros lose their sign where it passes zero points
    assert not wrong.any()


@pytest.mark.parametrize("stem", holding("scales"))
def test_scales_are_those_of_the_library(stem: str) -> None:
    """Bit for bit, but in blocks of zeros alone, for which libraries have stand-ins."""
    vector = Vector(stem)
    ours, theirs = vector.scales().ravel(), vector.their_scales().ravel()
    is_wrong = (ours != theirs) & (ours != 0)
    if stem.endswith("near_powers"):
        is_wrong &= ours != 2 * theirs  # its log2 is rounded to binary32
    assert not is_wrong.any()
    assert (ours == 0).mean() < 1 / 2


@pytest.mark.parametrize("stem", ["gguf_mxfp4", "gguf_nvfp4"])
def test_packed_codes_and_scales_are_those_of_ggml(stem: str) -> None:
    """Scales come first in a packed block; the low halves of the bytes after them hold the first half of a block."""
    vector = Vector(stem)
    packed, width = vector["bytes"], vector.format.extent.columns or 0
    n_scales = packed.shape[1] * 2 // (width + 2)
    halves = packed[:, n_scales:].reshape(-1, 1, width // 2)
    codes = np.concatenate([halves.astype(np.uint8) & 15, halves.astype(np.uint8) >> 4], axis=-1)
    assert np.array_equal(vector.codes().reshape(-1, width), codes.reshape(-1, width))
    scales = decode_all(vector.format.scale.format)[packed[:, :n_scales].astype(np.uint8)]
    assert np.array_equal(vector.scales().ravel(), scales.ravel().astype(np.float32))


@pytest.mark.parametrize("stem", [stem for stem in FILES if "asymmetric" in stem])
def test_zero_points_are_those_of_the_library(stem: str) -> None:
    """Bit for bit."""
    vector = Vector(stem)
    for tensor, theirs in zip(vector.tensors, np.split(vector["zeros"], len(vector.tensors)), strict=True):
        ours = quantize(tensor, vector.format).zero_points
        assert ours is not None
        assert np.array_equal(ours.numpy().ravel(), theirs.astype(np.float32).ravel())


@pytest.mark.parametrize("stem", ["nvfp4_compressed_tensors", "nvfp4_tensor_scale_torchao"])
def test_the_tensor_scale_of_nvfp4_is_that_of_the_library(stem: str) -> None:
    """By which the scales of its blocks are divided, or multiplied."""
    vector = Vector(stem)
    outers = [quantize(tensor, vector.format).scales.outer for tensor in vector.tensors]
    assert [float(outer[0]) for outer in outers if outer is not None] == vector["tensor_scale"].tolist()


@pytest.mark.parametrize("stem", ["nf4_g64_double_bitsandbytes", "fp4_g64_double_bitsandbytes"])
def test_double_quantization_is_that_of_bitsandbytes(stem: str) -> None:
    """Scales and results bit for bit about its own mean; ours is the correctly rounded one, within an ulp of it."""
    vector = Vector(stem)
    store = vector.format.scale
    amax = torch.from_numpy(np.abs(vector["values"].astype(np.float32)).reshape(1, -1, 64).max(axis=-1))
    mean = torch.from_numpy(vector["absmax_offset"])[0]
    kept = centred_on(mean, amax, store)
    assert np.array_equal(kept.numbers.numpy().ravel(), vector["nested_table"][vector["absmax_codes"].astype(np.int64)])
    assert np.array_equal(effective(kept, store).numpy().ravel(), vector["scales"])
    ours = quantize(vector.tensors[0], vector.format)
    assert ours.scales.mean is not None
    assert abs(float(ours.scales.mean) - float(mean)) <= float(np.spacing(np.float32(mean)))
    is_number = vector["dequantized"] != 0
    assert np.array_equal(ours.codes.numpy()[is_number], vector["codes"][is_number])
    assert np.allclose(dequantize(ours).numpy(), vector["dequantized"].astype(np.float32), rtol=1e-6, atol=0)
