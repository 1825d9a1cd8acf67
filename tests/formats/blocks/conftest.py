"""What the tests of block formats share."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.formats import BlockFormat, formats

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


@pytest.fixture
def in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything in eager torch, as on a device that compiled loops do not serve."""

    def never(_: torch.device) -> bool:
        return False

    monkeypatch.setattr("precisionlab.formats.blocks.work.is_compiled_for", never)
