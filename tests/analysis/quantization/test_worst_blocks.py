"""The blocks that lose most, against all blocks of the tensor as `fake_quantize` leaves it."""

import numpy as np
import pytest
import torch

from precisionlab.analysis.quantization import bands
from precisionlab.analysis.quantization.sweep import Question, sweep
from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.analysis.quantization.worst_blocks import KEPT, has_places
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.formats import fake_quantize, formats
from tests.memory_reader import MemoryReader


def tensor_of(values: torch.Tensor) -> Tensor:
    """A tensor in memory."""
    content = values.numpy().tobytes()
    return Tensor(
        TensorInfo("w", "float32", tuple(values.shape), ByteRange("", 0, len(content))), MemoryReader(content)
    )


@pytest.mark.parametrize("shape", [(40, 256), (9, 100)], ids=str)
@pytest.mark.parametrize("name", ["int4_g32", "nvfp4", "mxfp4", "q4_0", "int4_g32_asym"])
def test_the_worst_of_all_blocks_are_found(name: str, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """With their places, whatever bands the tensor is cut into; a last block may be short."""
    monkeypatch.setattr(bands, "ELEMENTS", 1000)
    values = torch.from_numpy(np.random.default_rng(3).standard_t(3, shape).astype(np.float32))
    target = parse_target(name)
    loss = sweep(tensor_of(values), Question((target,), by_column=frozenset([target]))).loss(target)
    assert loss is not None
    width = formats.block(name).extent.columns or 1
    errors = np.square(fake_quantize(values, name).double().numpy() - values.double().numpy())
    every = sorted(
        (-errors[row, start : start + width].sum(), row, start)
        for row in range(shape[0])
        for start in range(0, shape[1], width)
    )
    found = [(block.row, block.start, block.stop) for block in loss.worst_blocks]
    assert found == [(row, start, min(start + width, shape[1])) for _, row, start in every[:KEPT]]
    assert [-block.squared_error for block in loss.worst_blocks] == pytest.approx(
        [error for error, _, _ in every[:KEPT]]
    )
    energies = [float(values[row, start:stop].double().square().sum()) for row, start, stop in found]
    assert [block.energy for block in loss.worst_blocks] == pytest.approx(energies)


@pytest.mark.parametrize("name", ["int8_channel", "int8_tensor", "nf4_g64", "fp8_e4m3_128x128"])
def test_blocks_without_a_place_in_a_row_are_not_listed(name: str) -> None:
    """Channels are listed as such; tiles, whole tensors and blocks that run on have other places."""
    assert not has_places(formats.block(name))
