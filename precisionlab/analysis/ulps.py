"""Units in the last place of numbers, for arrays."""

from typing import Final

import numpy as np

from precisionlab.analysis.cast_losses import Floats
from precisionlab.formats import FloatFormat

EXPONENT_BITS: Final = np.int64(0x7FF << 52)
"""Of binary64; with all other bits 0 a normal number is the power of two below it, and a subnormal one 0."""


def ulps(values: Floats, format_: FloatFormat) -> Floats:
    """The unit in the last place that a format has at finite numbers: 2^(max(floor(log2 |x|), emin) - m).

    Goldberg (1991), extended to all reals (Muller et al., Handbook of Floating-Point Arithmetic (2018), section 2.3);
    beyond the largest number that of the largest. `formats.exact.ulp` is the same in rational arithmetic.
    """
    powers = (values.view(np.int64) & EXPONENT_BITS).view(np.float64)
    lowest, highest = 2.0**format_.min_exponent, 2.0**format_.max_exponent
    return np.asarray(np.clip(powers, lowest, highest) * 2.0**-format_.mantissa_bits)
