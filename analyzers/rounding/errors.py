"""What an accumulator's results are off by."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of a sample with its standard error."""

    value: float
    error: float
    degrees: float
    """Of freedom, of the standard error."""

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval, by Student's distribution."""
        from scipy.special import stdtrit  # noqa: PLC0415 - slow

        return float(stdtrit(self.degrees, 0.975)) * self.error if self.error else 0.0


UNKNOWN = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Errors:
    """One accumulator on one kind of inputs, over all sampled outputs."""

    largest_backward: float
    """max |got - y| / |W||x|, of outputs that are finite."""
    backward: Estimate
    """Its root mean square."""
    forward: Estimate
    """Norm of got - y over that of y."""
    bias: Estimate
    """mean(sign(y) (got - y)) / mean |y|."""
    overflows: float
    """Share of the outputs that are not finite."""

    @property
    def bits(self) -> float:
        """Bits of an output that are right: -log2 of the relative error; infinite where there is no error."""
        return bits_of(self.forward.value)


def bits_of(relative_error: float) -> float:
    """-log2 of a relative error: infinite of 0, at least 0, NaN of NaN."""
    if math.isnan(relative_error):
        return math.nan
    return math.inf if relative_error == 0 else max(0.0, -math.log2(relative_error))


def errors_of(got: Doubles, exact: Doubles, sizes: Doubles) -> Errors:
    """The errors of outputs [rows, inputs], beside the exact ones and |W||x|.

    Figures are over outputs that are finite, and NaN where none is. Standard errors are by leaving out one row, or one
    input, at a time (jackknife), their squares added, since outputs share both.
    """
    is_finite = np.isfinite(got)
    if not is_finite.any():
        return Errors(math.nan, UNKNOWN, UNKNOWN, UNKNOWN, 1.0)
    off = np.where(is_finite, got, exact) - exact
    ratios = np.divide(np.abs(off), sizes, out=np.zeros_like(off), where=sizes > 0)
    weight = is_finite.astype(np.float64)
    signed = np.sign(exact) * off
    sums = {
        "count": weight,
        "ratios": ratios**2,
        "off": off**2,
        "exact": weight * exact**2,
        "signed": signed,
        "size": weight * np.abs(exact),
    }
    return Errors(
        float(ratios.max()),
        jackknife(sums["ratios"], sums["count"], is_root=True),
        jackknife(sums["off"], sums["exact"], is_root=True),
        jackknife(sums["signed"], sums["size"], is_root=False),
        float(np.mean(~is_finite)),
    )


def jackknife(above: Doubles, below: Doubles, *, is_root: bool) -> Estimate:
    """The ratio of two sums over [rows, inputs], or its root, and the standard error over rows and over inputs.

    Degrees of freedom of the sum of both variances are those of Welch (1947) and Satterthwaite (1946).
    """

    def ratio(upper: Doubles, lower: Doubles) -> Doubles:
        nothing = np.where(upper == 0, 0.0, np.copysign(np.inf, upper))  # no error of zeros is no error
        quotient = np.divide(upper, lower, out=nothing, where=lower > 0)
        return np.sqrt(np.maximum(quotient, 0.0)) if is_root else quotient

    total = float(ratio(above.sum(keepdims=True), below.sum(keepdims=True))[0, 0])
    variances: list[float] = []
    for axis in (0, 1):
        uppers, lowers = above.sum(axis=axis), below.sum(axis=axis)
        left = ratio(uppers.sum() - uppers, lowers.sum() - lowers)
        n = len(left)
        with np.errstate(invalid="ignore"):  # infinite ratios have no spread
            variances.append(float((n - 1) / n * ((left - left.mean()) ** 2).sum()) if n > 1 else 0.0)
    variance = sum(variances)
    if not variance >= 0:
        return Estimate(total, math.nan, math.nan)
    shares = [part / variance for part in variances] if variance else []
    spread = sum(share**2 / max(n - 1, 1) for share, n in zip(shares, reversed(above.shape), strict=False))
    return Estimate(total, math.sqrt(variance), 1 / spread if spread else math.inf)
