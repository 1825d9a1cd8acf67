"""What quantizing numbers loses, as sums that can be added up, and the figures that follow from them."""

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorSums:
    """Over the finite elements x of a tensor or of a part of it, with the error e = q - x of the quantized q.

    Under stochastic and dithered rounding they are the expected ones.
    """

    n: int = 0
    nonzero: int = 0
    energy: float = 0.0
    """Sum of x^2."""
    squared_error: float = 0.0
    """Sum of e^2."""
    cross: float = 0.0
    """Sum of x e."""
    largest_error: float = 0.0
    """Of |e|; the largest possible one under stochastic and dithered rounding."""
    largest_relative_error: float = 0.0
    """Of |e / x| over non-zero x, likewise; 1 where any becomes zero, at least."""
    clipped: float = 0.0
    """How many lie beyond an end of the format by more than half of its last step."""
    flushed: float = 0.0
    """How many are not zero and become zero."""
    variance: float = 0.0
    """The part of `squared_error` that is drawn: 0 under rounding to nearest."""
    weighted_energy: float = 0.0
    """Sum of w x^2 with the weights w that were given; 0 without."""
    weighted_error: float = 0.0
    """Sum of w e^2, likewise."""

    def __add__(self, other: "ErrorSums") -> "ErrorSums":
        """The sums of both parts."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        joined = (JOINED.get(name, add)(one, two) for name, (one, two) in zip(NAMES, pairs, strict=True))
        return ErrorSums(*joined)

    @property
    def sqnr_db(self) -> float:
        """Signal to quantization noise, 10 log10(sum x^2 / sum e^2) dB; infinite without error, NaN of nothing."""
        return decibels(self.energy, self.squared_error)

    @property
    def relative_error(self) -> float:
        """Frobenius norm of the error over that of the tensor; NaN of zeros alone."""
        return root_ratio(self.squared_error, self.energy)

    @property
    def rms_error(self) -> float:
        """Root of the mean squared error; NaN of nothing."""
        return root_ratio(self.squared_error, self.n)

    @property
    def cosine(self) -> float:
        """Cosine of the angle between x and q; NaN where either is zero throughout."""
        quantized = max(self.energy + 2 * self.cross + self.squared_error, 0.0)
        if not (self.energy > 0 and quantized > self.energy * 1e-15):
            return math.nan
        return min(1.0, (self.energy + self.cross) / math.sqrt(self.energy) / math.sqrt(quantized))

    @property
    def clipped_share(self) -> float:
        """Share of the finite elements; NaN of nothing."""
        return self.clipped / self.n if self.n else math.nan

    @property
    def flushed_share(self) -> float:
        """Share of the elements other than zero; NaN without any."""
        return self.flushed / self.nonzero if self.nonzero else math.nan

    @property
    def weighted_relative_error(self) -> float:
        """As `relative_error`, every square weighted; NaN without weights."""
        return root_ratio(self.weighted_error, self.weighted_energy)


def add(one: Any, other: Any) -> Any:  # noqa: ANN401 - of counts whole numbers
    """Their sum."""
    return one + other


def larger(one: float, other: float) -> float:
    """The larger; NaN where one is."""
    return one if one >= other or math.isnan(one) else other


NAMES = tuple(field.name for field in fields(ErrorSums))
JOINED: dict[str, Callable[[Any, Any], Any]] = {"largest_error": larger, "largest_relative_error": larger}
"""How figures of two parts become one, where they are not added."""


def decibels(signal: float, noise: float) -> float:
    """10 log10 of the ratio of two energies."""
    if not signal:
        return math.nan if not noise else -math.inf
    return 10 * (math.log10(signal) - math.log10(noise)) if noise else math.inf


def root_ratio(part: float, whole: float) -> float:
    """Root of a ratio of two energies; NaN where there is nothing to compare with."""
    return math.sqrt(part / whole) if whole else math.nan
