"""Codes times their scales: against numpy, for a scale of the tensor, of rows and of blocks, in any pieces."""

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from precisionlab.analysis.dequantizing import ScalingReader, block_of, header_of_numbers, scales_in, share_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints import FileReader, TensorInfo, open_checkpoint
from precisionlab.checkpoints.model import ByteRange

ROWS, COLUMNS = 320, 383
"""Neither is a multiple of the block."""
BLOCK = 128


def spread(scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """A scale for each element, written out by numpy's own repetition."""
    rows, columns = scales.shape
    tall = np.repeat(scales, ROWS if rows == 1 else 1 if rows == ROWS else BLOCK, axis=0)[:ROWS]
    return np.repeat(tall, COLUMNS if columns == 1 else BLOCK, axis=1)[:, :COLUMNS]


@pytest.mark.parametrize("shape", [(1, 1), (ROWS, 1), (3, 3)], ids=["tensor", "rows", "blocks"])
@pytest.mark.parametrize("dtype", [torch.int8, torch.float8_e4m3fn, torch.float8_e5m2], ids=str)
@pytest.mark.parametrize("suffix", ["_scale", "_scale_inv"])
def test_numbers_are_codes_times_scales(tmp_path: Path, shape: tuple[int, int], dtype: Any, suffix: str) -> None:  # noqa: ANN401 - torch's types
    """Every product is that of float32, in whatever pieces it is read."""
    random = np.random.default_rng(0)
    codes = torch.from_numpy((random.standard_normal((ROWS, COLUMNS)) * 20).astype(np.float32)).to(dtype)
    scales = random.uniform(1e-4, 1e-2, shape).astype(np.float32)
    path = tmp_path / "codes.safetensors"
    save_file({"w": codes, f"w{suffix}": torch.from_numpy(scales)}, path)
    wanted = codes.to(torch.float32).numpy() * spread(scales)
    with open_checkpoint(str(path)) as checkpoint, FileReader() as reader:
        info = next(one for one in checkpoint.tensors if one.name == "w")
        found = scales_in(checkpoint.tensors)
        assert found.keys() == {"w"}
        tensor = Tensor(header_of_numbers(info), ScalingReader(info, found["w"], reader))
        assert tensor.info.dtype == "float32"
        assert tensor.part(777, 60_000 - 13).numpy().tobytes() == wanted.ravel()[777 : 60_000 - 13].tobytes()
        assert tensor.values().numpy().tobytes() == wanted.tobytes()


def header(name: str, dtype: str, *shape: int) -> TensorInfo:
    """A tensor by its header."""
    return TensorInfo(name, dtype, shape, ByteRange("nowhere", 0, 0))


def test_what_cannot_be_taken_apart_has_no_scales() -> None:
    """Wide or packed types, zero points, scales of other shapes, integers as scales, and none at all."""
    scale = header("w_scale", "float32", 8, 1)
    assert scales_in([header("w", "int8", 8, 4), scale]).keys() == {"w"}
    assert scales_in([header("w", "float16", 8, 4), scale]) == {}
    assert scales_in([header("w", "uint8", 8, 4), scale]) == {}
    assert scales_in([header("w", "int8", 8, 4), scale, header("w_zero_point", "int8", 8, 1)]) == {}
    assert scales_in([header("w", "int8", 6, 4), scale]) == {}
    assert scales_in([header("w", "int8", 8, 4), header("w_scale", "int32", 8, 1)]) == {}
    assert scales_in([header("w", "int8", 8, 4), header("v_scale", "float32", 8, 1)]) == {}


def test_blocks_follow_from_shapes_where_one_length_alone_does() -> None:
    """As of 576 rows in blocks of 128; not where halves and a power of two with a rest both fit."""
    assert block_of((576, 7168), (5, 56)) == (128, 128)
    assert block_of((64, 96), (64, 3)) == (1, 32)
    assert block_of((8, 3, 3, 3), (8,)) == (1, 27)
    assert block_of((8, 4), ()) == (8, 4)
    assert block_of((160, 128), (2, 1)) is None
    assert block_of((8, 4), (3, 1)) is None
    assert block_of((0, 4), (1,)) is None
    for n in range(1, 300):
        for power in (1, 2, 32, 128):
            length = share_of(n, -(-n // power))
            assert length in {None, power, n}


def test_scales_may_be_powers_of_two_in_a_byte(tmp_path: Path) -> None:
    """E8M0, one for each 32 numbers of a row, as the OCP microscaling formats have them."""
    codes = torch.arange(-64, 64, dtype=torch.float32).reshape(2, 64).to(torch.float8_e4m3fn)
    powers = np.array([[1, 3], [0, -2]])
    path = tmp_path / "mx.safetensors"
    stored = torch.from_numpy((powers + 127).astype(np.uint8)).view(torch.float8_e8m0fnu)
    save_file({"w": codes, "w_scale": stored}, path)
    wanted = codes.to(torch.float32).numpy() * np.repeat(np.exp2(powers), 32, axis=1).astype(np.float32)
    with open_checkpoint(str(path)) as checkpoint, FileReader() as reader:
        info = next(one for one in checkpoint.tensors if one.name == "w")
        tensor = Tensor(header_of_numbers(info), ScalingReader(info, scales_in(checkpoint.tensors)["w"], reader))
        assert np.array_equal(tensor.values().numpy(), wanted)
    assert np.array_equal(
        stored.view(torch.uint8).numpy().view(ml_dtypes.float8_e8m0fnu).astype(float), np.exp2(powers)
    )
