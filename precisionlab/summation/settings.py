"""What a call of the summation library settles before anything is summed."""

import os
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.formats.arrays import float_type_of
from precisionlab.formats.records import ElementFormat, FloatFormat
from precisionlab.formats.rounding import round_to
from precisionlab.formats.rounding.working import SOURCES, is_beyond, is_within
from precisionlab.summation.anchors import DOUBLE, SINGLE, Anchors, anchors_of, working_format
from precisionlab.summation.methods import OF_PRODUCTS, Method, parse_method

Reals = NDArray[Any]

LANES: Final = 256
MANY: Final = 1 << 16
"""Terms beyond which compensated methods use lanes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a call settled: how to sum, and in which format."""

    method: Method
    format_: FloatFormat
    source: str
    """The type of the array."""
    lanes: int | None
    threads: int

    @property
    def is_native(self) -> bool:
        """Whether the numbers' own type does the arithmetic."""
        is_single = self.source == "float32" and self.format_ == SINGLE and self.method.way not in OF_PRODUCTS
        return is_single or self.format_ == DOUBLE

    @property
    def kind(self) -> type[Any]:
        """In what terms are held."""
        return np.float32 if self.is_native and self.format_ == SINGLE else np.float64

    @property
    def anchors(self) -> Anchors | None:
        """The constants of the format, or None for arithmetic that the machine has."""
        return None if self.is_native else anchors_of(self.format_)

    @property
    def rounds_terms(self) -> bool:
        """Whether the format lacks numbers of the array's type."""
        return not is_beyond(self.format_, SOURCES[self.source])

    def n_lanes(self, n_terms: int) -> int:
        """How many lanes a sum of so many terms has."""
        usual = LANES if self.method.is_compensated and n_terms > MANY else 1
        return min(max(1, n_terms), usual if self.lanes is None else self.lanes)


def settled(
    values: object, method: Method | str, working: ElementFormat | str | None, lanes: int | None, threads: int | None
) -> Setting:
    """The arguments, checked.

    Raises:
        UsageError: an argument is none of those possible.
        FormatError: sums are not computed in the format.
    """
    source = float_type_of(values)
    for name, number in (("lanes", lanes), ("threads", threads)):
        if number is not None and (type(number) is not int or number < 1):
            raise UsageError(name, f"takes a whole number of at least 1, not {printable(repr(number), 40)}")
    return Setting(
        parse_method(method),
        working_format(source if working is None else working),
        source,
        lanes,
        threads or os.cpu_count() or 1,
    )


def normalized_axis(axis: object, n_axes: int) -> int:
    """The axis counted from the first.

    Raises:
        UsageError: the array has no such axis.
    """
    if type(axis) is not int or not -n_axes <= axis < n_axes:
        has = f"has axes 0 to {n_axes - 1}" if n_axes else "has no axis"
        raise UsageError("axis", f"{printable(repr(axis), 40)} is not possible, the array {has}")
    return axis % n_axes


def result_type(setting: Setting) -> str:
    """The type of the results: the array's, or the narrowest wider one that holds the format."""
    return next(name for name in (setting.source, "float32", "float64") if is_within(setting.format_, SOURCES[name]))


def in_working(setting: Setting, numbers: Reals) -> Reals:
    """Numbers [terms, lanes] as terms: contiguous, in the type that holds them, rounded to the working format."""
    with np.errstate(all="ignore"):
        held = np.ascontiguousarray(numbers, setting.kind)
    return round_to(held, setting.format_) if setting.rounds_terms else held
