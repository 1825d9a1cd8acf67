"""Searched scales of blocks: never worse than the rule's, near the best of a dense scan, and the same on any device."""

from dataclasses import dataclass

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.formats import BlockFormat, formats
from precisionlab.formats.blocks.measuring import Band, Manner, measure
from precisionlab.formats.blocks.parts import ScaleRule
from precisionlab.formats.blocks.searching import searched
from precisionlab.formats.exact import decode_exact
from precisionlab.formats.specials import Special
from tests.formats.blocks.conftest import BLOCK_FORMATS

pytestmark = pytest.mark.usefixtures("one_thread")

Doubles = NDArray[np.float64]
Singles = NDArray[np.float32]

by_name = pytest.mark.parametrize(
    "name",
    [
        one.name
        for one in BLOCK_FORMATS
        if one.rule in {ScaleRule.LARGEST, ScaleRule.HALF_RANGE} and not one.is_centred and one.packed_bits is None
    ],
)
SEARCH = Manner(find=searched)
ROUNDING = 1e-9
"""Relative: what one sum of squares may differ by from another in another order."""


def width_of(format_: BlockFormat) -> int:
    """Elements of a row that are one block, or all that a channel or tensor has here."""
    return format_.extent.columns or 48


def losses(values: Singles, format_: BlockFormat, manner: Manner) -> Doubles:
    """Squared errors by row, which is by block where blocks are as long as rows."""
    return measure(Band(torch.from_numpy(values)), format_, manner).by_row[:, 0]


def by_block(squared: Doubles, format_: BlockFormat) -> Doubles:
    """One number for each block, or for all of them where they share a scale."""
    return squared if format_.extent.rows == 1 else squared.sum(keepdims=True)


@dataclass(frozen=True)
class Rows:
    """Rows of every kind, drawn from a seed."""

    seed: int
    exponents: tuple[int, ...]

    def values(self, width: int) -> Singles:
        """A row for each exponent of two."""
        random = np.random.default_rng(self.seed)
        kinds = (
            lambda: random.standard_normal(width),
            lambda: np.zeros(width),
            lambda: np.where(np.arange(width) == random.integers(width), random.choice([-1, 1]), 0),
            lambda: random.standard_t(2, width),
            lambda: np.full(width, random.standard_normal()),
            lambda: np.where(np.arange(width) == 0, 40.0, random.standard_normal(width)),
            lambda: random.integers(-4, 5, width) / 2,
            lambda: -random.random(width),
        )
        rows = [kinds[k % len(kinds)]() * 2.0**exponent for k, exponent in enumerate(self.exponents)]
        return np.stack(rows).astype(np.float32)


rows_of_all_kinds = st.builds(
    Rows, st.integers(0, 1 << 32), st.lists(st.integers(-20, 8), min_size=8, max_size=16).map(tuple)
)


@by_name
@settings(max_examples=4)
@given(rows_of_all_kinds)
def test_no_block_loses_more_than_by_its_rule(name: str, rows: Rows) -> None:
    """Whatever is in it, under the scales as they are stored."""
    format_ = formats.block(name)
    values = rows.values(width_of(format_))
    found = by_block(losses(values, format_, SEARCH), format_)
    plain = by_block(losses(values, format_, Manner()), format_)
    assert (found <= plain * (1 + ROUNDING)).all()


@by_name
@pytest.mark.parametrize("size", [1e-44, 1e8, 1e37], ids=str)
def test_numbers_at_the_ends_of_binary32_are_searched_without_a_warning(name: str, size: float) -> None:
    """Subnormal ones, and those for which scales overflow; still no block loses more."""
    format_ = formats.block(name)
    values = (Rows(0, (0,) * 8).values(width_of(format_)).clip(-8, 8) * size).astype(np.float32)
    found = by_block(losses(values, format_, SEARCH), format_)
    plain = by_block(losses(values, format_, Manner()), format_)
    is_number = np.isfinite(plain)
    assert (found[is_number] <= plain[is_number] * (1 + ROUNDING)).all()


@pytest.mark.parametrize("name", ["int4_g32", "nvfp4", "int4_channel", "nf4_g64", "fp8_e4m3_128x128", "q8_0"])
def test_errors_are_those_under_the_found_scales(name: str, request: pytest.FixtureRequest) -> None:
    """By row and by column, with what is left out left out, and in torch's operations as in compiled loops."""
    values = Rows(3, (0,) * 40).values(300)
    is_excluded = torch.from_numpy(np.random.default_rng(1).random(values.shape) < 0.1)
    band = Band(torch.where(is_excluded, 0.0, torch.from_numpy(values)), is_excluded)
    manner = Manner(by_column=True, find=searched)
    found = measure(band, formats.block(name), manner)
    assert found.by_row[:, 0].sum() == pytest.approx(found.by_column.sum(), rel=ROUNDING)
    request.getfixturevalue("in_torch")
    twin = measure(band, formats.block(name), manner)
    np.testing.assert_allclose(found.by_row, twin.by_row, rtol=1e-9, atol=1e-12)


@dataclass(frozen=True)
class Scan:
    """A format as levels and the scales that blocks could have."""

    name: str
    levels: tuple[float, ...]
    tolerance: float = 0.01
    """Of formats of 8 bits the loss has dips narrower than any search looks: a dense scan finds some more of them."""

    def scales(self, blocks: Doubles) -> Doubles:
        """[blocks, candidates]: from where most is clipped to where the largest number is half the largest level."""
        amax = np.abs(blocks).max(axis=1, keepdims=True)
        factors = np.exp2(np.linspace(-3, 1, 801))
        return self.stored(amax / max(self.levels) * factors, amax.max())

    def stored(self, scales: Doubles, amax: float) -> Doubles:
        """As the format keeps them."""
        if self.name == "nvfp4":
            outer = 448 * 6 / amax
            return (
                np.minimum(scales * outer, 448).astype(np.float32).astype(ml_dtypes.float8_e4m3fn).astype(np.float64)
                / outer
            )
        return scales.astype(np.float16 if self.name in {"q8_0", "tq2_0"} else np.float32).astype(np.float64)

    def best(self, blocks: Doubles) -> Doubles:
        """The least squared error of each block."""
        levels = np.array(self.levels)
        scales = self.scales(blocks)
        found = np.full(len(blocks), np.inf)
        for scale in scales.T:
            safe = np.where(scale > 0, scale, np.inf)[:, None]
            made = levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, blocks / safe)] * scale[:, None]
            found = np.minimum(found, ((made - blocks) ** 2).sum(axis=1))
        return found


def levels_of(name: str) -> tuple[float, ...]:
    """The numbers of an element format, exactly decoded."""
    format_ = formats.element(name)
    decoded = [decode_exact(pattern, format_) for pattern in range(1 << format_.bits)]
    return tuple(sorted({float(number) for number in decoded if not isinstance(number, Special)} | {0.0}))


SCANS = (
    Scan("nvfp4", levels_of("float4_e2m1fn")),
    Scan("int4_g32", levels_of("int4")),
    Scan("int4_g128", levels_of("int4")),
    Scan("int4_channel", levels_of("int4")),
    Scan("int3_g64", levels_of("int3")),
    Scan("int2_g32", levels_of("int2")),
    Scan("nf4_g64", levels_of("nf4")),
    Scan("bnb_fp4_g64", levels_of("bnb_fp4")),
    Scan("fp8_e4m3_channel", levels_of("float8_e4m3fn"), 0.05),
    Scan("int8_channel", levels_of("int8"), 0.05),
    Scan("int8_g128", levels_of("int8"), 0.1),
    Scan("q8_0", levels_of("int8"), 0.3),
)


@pytest.mark.parametrize("scan", SCANS, ids=lambda scan: scan.name)
def test_gaussian_blocks_are_near_the_best_of_a_dense_scan(scan: Scan) -> None:
    """Of 801 scales over four octaves for each block, in numpy alone; and below it no format can go."""
    format_ = formats.block(scan.name)
    width = format_.extent.columns or 512
    blocks = np.random.default_rng(7).standard_normal((8192 // width, width)).astype(np.float32)
    found, best = losses(blocks, format_, SEARCH).sum(), scan.best(blocks.astype(np.float64)).sum()
    assert 0.99 * best <= found <= (1 + scan.tolerance) * best
