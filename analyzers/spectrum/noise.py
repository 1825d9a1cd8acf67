"""What rounding a matrix to a format adds to it, as a matrix of its own."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.quantization.targets import Scale, Target
from precisionlab.formats import BlockFormat, ElementFormat

if TYPE_CHECKING:
    import torch

Doubles = NDArray[np.float64]

MOST_ELEMENTS = 1 << 26
"""Of a matrix whose noise is computed: it takes three copies in binary32."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The singular values of Q(W) - W, and which of the weight's they hide."""

    target: str
    values: Doubles
    """[k], descending, in the unit of the weight's own."""
    below_norm: int
    """Singular values of W below the noise's largest one: it may move them by so much (Weyl 1912)."""
    hidden: int
    """Those below rms(noise) (m n)^(1/4), whose directions white noise of this size hides entirely (Benaych-Georges and Nadakuditi 2012)."""
    hidden_energy: float
    """Their share of |W|_F^2."""

    @property
    def frobenius(self) -> float:
        """|Q(W) - W|_F."""
        return math.sqrt(float(np.square(self.values).sum()))


def noise_beside(values: Doubles, noise: Doubles, shape: tuple[int, int], target: str) -> Noise:
    """The noise's singular values beside those of the weight [k], both descending."""
    energy = np.square(values)
    limit = math.sqrt(float(np.square(noise).sum()) / math.prod(shape)) * math.prod(shape) ** 0.25
    is_hidden = values < limit
    return Noise(
        target,
        noise,
        int((values < noise[0]).sum()),
        int(is_hidden.sum()),
        float(energy[is_hidden].sum() / energy.sum()),
    )


def rounding_noise(matrix: "torch.Tensor", target: Target) -> "torch.Tensor":
    """Q(W) - W in binary32 of a matrix [m, n] of numbers that binary32 holds, under the target's scale.

    Raises:
        FormatError: the format's blocks do not fit the rows.
    """
    from precisionlab.formats.blocks.quantizing import fake_quantize  # noqa: PLC0415 - torch and numba: slow
    from precisionlab.formats.rounding import round_to  # noqa: PLC0415

    single = matrix.float().contiguous()
    if isinstance(target.format, BlockFormat):
        return fake_quantize(single, target.format).sub_(single)
    scale = scale_of(target, target.format, float(single.abs().max()))
    rounded = round_to(single / scale, target.format, overflow="saturate").float()
    return rounded.mul_(scale).sub_(single)


def scale_of(target: Target, element: ElementFormat, largest: float) -> float:
    """By what numbers are divided before they are rounded."""
    from precisionlab.analysis.quantization.census_sums import largest_of  # noqa: PLC0415 - numba, as above

    if target.scale in {None, Scale.NONE} or largest == 0.0:
        return 1.0
    ratio = largest / largest_of(element)
    return 2.0 ** math.ceil(math.log2(ratio)) if target.scale is Scale.POWER else ratio
