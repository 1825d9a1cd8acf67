"""The compiled loops and torch's operations give the same, bit for bit."""

import pytest
import torch

from precisionlab.formats import BlockFormat, fake_quantize, formats, quantize
from precisionlab.formats.blocks.quantizing import Quantized
from tests.formats.blocks.conftest import BLOCK_FORMATS, adversarial

OTHERS = [
    formats.block(name) for name in ("mxfp4_rceil", "mxfp8_e5m2_even", "int5_g48_asym", "fp8_e5m2_3x20", "af4_g40")
]


def bits(values: torch.Tensor) -> torch.Tensor:
    """Patterns, so that zeros have signs; NaN are all alike (binary16 scales overflow)."""
    return torch.where(values.isnan(), torch.nan, values).view(torch.int32) if values.is_floating_point() else values


def parts(found: Quantized) -> list[torch.Tensor]:
    """Every array of a quantized tensor."""
    stored = [found.scales, found.minima]
    arrays = [getattr(one, name) for one in stored if one for name in ("numbers", "outer", "mean")]
    return [array for array in (found.codes, *arrays, found.zero_points) if array is not None]


@pytest.mark.parametrize("shape", [(11, 512), (11, 333), (1, 700), (7, 5)], ids=str)
@pytest.mark.parametrize("format_", [*BLOCK_FORMATS, *OTHERS], ids=lambda format_: format_.name)
def test_compiled_loops_equal_torch(
    format_: BlockFormat, shape: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """Results, codes, scales of both levels, minima and zero points."""
    values = torch.from_numpy(adversarial(*shape, seed=0))
    compiled, results = quantize(values, format_), fake_quantize(values, format_)
    request.getfixturevalue("in_torch")
    twin, twin_results = quantize(values, format_), fake_quantize(values, format_)
    pairs = zip([*parts(compiled), results], [*parts(twin), twin_results], strict=True)
    assert all(torch.equal(bits(one), bits(other)) for one, other in pairs)
