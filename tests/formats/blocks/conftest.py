"""What the tests of block formats share."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.formats import BlockFormat, Quantized, formats

BLOCK_FORMATS = [found for found in formats.values() if isinstance(found, BlockFormat)]


def adversarial(n_rows: int, n_columns: int, seed: int) -> NDArray[np.float32]:
    """Rows of all sizes: normal, heavy-tailed, tiny, huge, zeros, equal numbers, halves, one outlier, both zeros."""
    random = np.random.default_rng(seed)
    values = random.standard_normal((n_rows, n_columns)).astype(np.float32) * np.float32(0.02)
    kinds = (
        lambda row: row,
        lambda row: random.standard_t(2, row.size),
        lambda row: row * 2.0**-130,
        lambda row: row * 2.0**100,
        lambda row: row * 0,
        lambda row: row * 0 + 3,
        lambda row: random.integers(-16, 17, row.size) / 2,
        lambda row: np.where(np.arange(row.size) % 61 == 7, 50.0, row),
        lambda row: np.where(row < 0, -0.0, np.abs(row)),
        lambda row: -np.abs(row),
        lambda row: 2.0 ** random.integers(-20, 20, row.size),
    )
    return np.stack([kinds[i % len(kinds)](row) for i, row in enumerate(values)]).astype(np.float32)


def bits(values: torch.Tensor) -> torch.Tensor:
    """Patterns, so that zeros have signs; NaN are all alike (binary16 scales overflow). Codes as they are."""
    if not values.is_floating_point():
        return values
    return torch.where(values.isnan(), torch.nan, values).contiguous().view(torch.int32)


def parts(found: Quantized) -> list[torch.Tensor]:
    """Every array of a quantized tensor."""
    stored = [found.scales, found.minima]
    arrays = [getattr(one, name) for one in stored if one for name in ("numbers", "outer", "mean")]
    return [array for array in (found.codes, *arrays, found.zero_points) if array is not None]


@pytest.fixture
def in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything in eager torch, as on a device that compiled loops do not serve."""

    def never(_: torch.device) -> bool:
        return False

    monkeypatch.setattr("precisionlab.formats.blocks.work.is_compiled_for", never)
