"""The compiled loops and torch's operations give the same, bit for bit."""

import pytest
import torch

from precisionlab.formats import BlockFormat, fake_quantize, formats, quantize
from tests.formats.blocks.conftest import BLOCK_FORMATS, adversarial, bits, parts

OTHERS = [
    formats.block(name) for name in ("mxfp4_rceil", "mxfp8_e5m2_even", "int5_g48_asym", "fp8_e5m2_3x20", "af4_g40")
]


@pytest.mark.parametrize("shape", [(11, 512), (11, 333), (1, 700), (7, 5)], ids=str)
@pytest.mark.parametrize("format_", [*BLOCK_FORMATS, *OTHERS], ids=lambda format_: format_.name)
def test_compiled_loops_equal_torch(
    format_: BlockFormat, shape: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """Results, codes, scales of both levels, minima and zero points."""
    values = torch.from_numpy(adversarial(*shape, seed=0))
    compiled = [*parts(quantize(values, format_)), fake_quantize(values, format_)]
    request.getfixturevalue("in_torch")
    twin = [*parts(quantize(values, format_)), fake_quantize(values, format_)]
    assert all(torch.equal(bits(one), bits(other)) for one, other in zip(compiled, twin, strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: the twins ran on the CPU only")
@pytest.mark.parametrize("format_", [*BLOCK_FORMATS, *OTHERS], ids=lambda format_: format_.name)
def test_a_gpu_gives_the_same(format_: BlockFormat) -> None:
    """Where the results lie on the device that the values came from."""
    values = torch.from_numpy(adversarial(11, 1024, seed=9))
    here = [*parts(quantize(values, format_)), fake_quantize(values, format_)]
    there = [*parts(quantize(values.cuda(), format_)), fake_quantize(values.cuda(), format_)]
    assert all(array.is_cuda for array in there)
    assert all(torch.equal(bits(one), bits(other.cpu())) for one, other in zip(here, there, strict=True))
