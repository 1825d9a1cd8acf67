"""What bands become in block formats, against `fake_quantize` of the whole, bit for bit."""

import numpy as np
import pytest
import torch

from precisionlab.formats import BlockFormat, fake_quantize, formats
from precisionlab.formats.blocks.measuring import Band, Manner, measure
from precisionlab.formats.blocks.rewriting import rewritten
from precisionlab.formats.blocks.searching import searched
from precisionlab.formats.blocks.work import Surroundings
from tests.formats.blocks.conftest import BLOCK_FORMATS, adversarial, bits

pytestmark = pytest.mark.usefixtures("one_thread")

SHAPES = ((11, 512), (11, 333), (1, 700), (700, 1), (7, 5), (300, 130), (0, 32), (32, 0))
PLAIN = Manner()


def rows(n_rows: int, n_columns: int, seed: int = 0) -> torch.Tensor:
    """Rows of all sizes, zeros and subnormals among them."""
    if not n_rows:
        return torch.zeros((0, n_columns))
    return torch.from_numpy(adversarial(n_rows, n_columns, seed))


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether they are equal to the last bit, the sign of zero included."""
    return one.shape == other.shape and torch.equal(bits(one), bits(other))


@pytest.mark.parametrize("format_", BLOCK_FORMATS, ids=lambda format_: format_.name)
def test_a_band_that_is_the_tensor_becomes_what_the_tensor_becomes(format_: BlockFormat) -> None:
    """Of every shape, in every format of the catalogue."""
    for shape in SHAPES:
        values = rows(*shape, seed=len(format_.name))
        assert same(rewritten(Band(values), format_, PLAIN), fake_quantize(values, format_)), shape


@pytest.mark.parametrize("name", ["int4_g128", "mxfp4", "q4_k", "q8_0", "int8_channel", "nf4_g64", "fp8_e4m3_1x128"])
def test_whole_rows_do_not_depend_on_those_of_other_bands(name: str) -> None:
    """Bands of a format whose blocks stay within rows are quantized one by one."""
    values, format_ = rows(12, 512), formats.block(name)
    parts = [rewritten(Band(values[start : start + 4].contiguous()), format_, PLAIN) for start in (0, 4, 8)]
    assert same(torch.cat(parts), fake_quantize(values, format_))


@pytest.mark.parametrize("name", ["nvfp4", "int8_tensor", "int4_tensor_asym"])
def test_what_all_of_a_tensor_shares_is_told(name: str) -> None:
    """Bands of a format with something for the whole tensor need its extremes, and with them give its numbers."""
    values, format_ = rows(12, 512), formats.block(name)
    around = Surroundings(float(values.abs().max()), float(values.min()), float(values.max()))
    bands = [Band(values[start : start + 4].contiguous()) for start in (0, 4, 8)]
    told = [rewritten(band, format_, Manner(around)) for band in bands]
    alone = [rewritten(band, format_, PLAIN) for band in bands]
    assert same(torch.cat(told), fake_quantize(values, format_))
    assert not same(torch.cat(alone), fake_quantize(values, format_))


@pytest.mark.parametrize("name", ["int4_g128", "int8_channel", "fp8_e4m3_g64"])
def test_the_errors_are_those_that_measuring_sums(name: str) -> None:
    """Of the rule's scales and of searched ones: sums over rows, in float64, to within summation."""
    values, format_ = (
        torch.from_numpy(np.random.default_rng(1).standard_t(4, (9, 384)).astype(np.float32)),
        formats.block(name),
    )
    for manner in (PLAIN, Manner(find=searched)):
        error = rewritten(Band(values), format_, manner).double() - values.double()
        summed = measure(Band(values), format_, manner).by_row[:, 0]
        np.testing.assert_allclose(error.square().sum(dim=1).numpy(), summed, rtol=1e-12)


@pytest.mark.usefixtures("in_torch")
@pytest.mark.parametrize("name", ["nvfp4", "q4_k", "nf4_g64_dq", "int8_channel", "fp8_e4m3_128x128", "int4_g128_asym"])
def test_devices_without_compiled_loops_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch's own operations give the same bits."""
    values, format_ = rows(13, 300), formats.block(name)
    in_torch = rewritten(Band(values), format_, PLAIN)
    monkeypatch.undo()
    assert same(in_torch, rewritten(Band(values), format_, PLAIN))
