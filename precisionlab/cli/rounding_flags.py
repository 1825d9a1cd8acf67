"""The flags `--rounding` and `--overflow` of `precisionlab inspect`."""

import argparse

from precisionlab.formats.modes import Overflow, Rounding


def rounding_given(arguments: argparse.Namespace) -> tuple[Rounding, Overflow]:
    """The rounding mode and the overflow policy that the flags name, or those of IEEE 754 by default."""
    rounding = Rounding.NEAREST_EVEN if arguments.rounding is None else Rounding(arguments.rounding)
    return rounding, Overflow.IEEE if arguments.overflow is None else Overflow(arguments.overflow)
