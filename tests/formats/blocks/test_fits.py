"""Scales by trial: the compiled loops and torch's operations find the same, before anything is stored."""

import numpy as np
import pytest
import torch

from precisionlab.formats import BlockFormat, formats
from precisionlab.formats.blocks.fits import fitted
from tests.formats.blocks.conftest import adversarial

FITTED = [formats.block(name) for name in ("q6_k", "q5_k", "q4_k", "q3_k", "q2_k", "iq4_nl")]


@pytest.mark.parametrize("format_", FITTED, ids=lambda format_: format_.name)
def test_both_ways_find_the_same_scales(format_: BlockFormat) -> None:
    """Ten thousand blocks, bit for bit in binary32: storing them in few bits would hide most differences."""
    width = format_.extent.columns or 0
    normal = np.random.default_rng(7).standard_normal((10_000, width)).astype(np.float32) * np.float32(0.02)
    blocks = torch.from_numpy(np.concatenate((normal, adversarial(110, width, seed=8))))
    compiled = fitted(blocks, format_, on_cpu=True)
    twin = fitted(blocks, format_, on_cpu=False)
    for one, other in zip(compiled, twin, strict=True):
        if one is not None and other is not None:
            is_number = one.isfinite()
            assert torch.equal(is_number, other.isfinite())
            assert torch.equal(one[is_number], other[is_number])
    assert (compiled[1] is None) == (twin[1] is None) == (format_.minimum is None)
