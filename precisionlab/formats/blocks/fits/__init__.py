"""Scales found by trial, as ggml's reference quantizers find them: every sum in binary32, element by element.

Each takes complete blocks [blocks, elements] and gives [blocks] scales, and minima where the
format has them. `cpu` holds the compiled loops, `accelerator` their torch twins.
"""

import numpy as np
import torch
from torch import Tensor

from precisionlab.formats.blocks.fits import accelerator, cpu
from precisionlab.formats.blocks.parts import AffineFit, ScaleRule
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.blocks.steps import ends_of, plan_of


def fitted(blocks: Tensor, format_: BlockFormat, *, on_cpu: bool) -> tuple[Tensor, Tensor | None]:
    """Scales, and minima where the format has them, of contiguous blocks in binary32; `on_cpu` by compiled loops."""
    lowest, highest = ends_of(format_)
    match format_.rule:
        case ScaleRule.FIT_SYMMETRIC:
            return symmetric(blocks, lowest, on_cpu=on_cpu), None
        case ScaleRule.FIT_THREE_BITS:
            return three_bits(blocks, lowest, on_cpu=on_cpu), None
        case ScaleRule.FIT_CODEBOOK:
            return by_table(blocks, format_, on_cpu=on_cpu), None
        case ScaleRule.FIT_AFFINE if format_.fit is not None:
            return affine(blocks, highest, format_.fit, on_cpu=on_cpu)
        case _:
            raise AssertionError(format_.rule)


def affine(blocks: Tensor, highest: float, fit: AffineFit, *, on_cpu: bool) -> tuple[Tensor, Tensor]:
    """The best scales and minima among some steps."""
    if not on_cpu:
        return accelerator.fit_affine(blocks, highest, fit)
    scales, minima = np.empty((2, len(blocks)), np.float32)
    cpu.fit_affine(
        blocks.numpy(), np.float32(highest), np.float32(fit.start), fit.steps, fit.is_absolute, scales, minima
    )
    return torch.from_numpy(scales), torch.from_numpy(minima)


def symmetric(blocks: Tensor, lowest: float, *, on_cpu: bool) -> Tensor:
    """The best of 19 scales near the one that makes the number of largest magnitude the lowest element."""
    if not on_cpu:
        return accelerator.fit_symmetric(blocks, -lowest)
    scales = np.empty(len(blocks), np.float32)
    cpu.fit_symmetric(blocks.numpy(), np.float32(-lowest), scales)
    return torch.from_numpy(scales)


def three_bits(blocks: Tensor, lowest: float, *, on_cpu: bool) -> Tensor:
    """The scale of elements that are moved one by one as long as that helps."""
    if not on_cpu:
        return accelerator.fit_three_bits(blocks, -lowest)
    scales = np.empty(len(blocks), np.float32)
    cpu.fit_three_bits(blocks.numpy(), np.float32(-lowest), scales)
    return torch.from_numpy(scales)


def by_table(blocks: Tensor, format_: BlockFormat, *, on_cpu: bool) -> Tensor:
    """The best of 16 scales near the ones that make the number of largest magnitude an end of the table."""
    plan = plan_of(format_)
    if not on_cpu:
        return accelerator.fit_table(blocks, plan)
    scales = np.empty(len(blocks), np.float32)
    cpu.fit_table(blocks.numpy(), plan.bounds, plan.entries, scales)
    return torch.from_numpy(scales)
