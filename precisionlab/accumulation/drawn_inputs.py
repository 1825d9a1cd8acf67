"""How large the inputs of a test are, which draws them: sums of sizes and smallest variances, but for a probability.

All are bounds, not estimates: Chernoff's, P(S > q) <= min over theta of exp(-theta q) E exp(theta S), or Hoeffding's
where numbers lie in [0, 1] (Boucheron, Lugosi and Massart 2013, sections 2.2 and 2.6).
"""

from collections.abc import Callable
from enum import Enum
from math import asin, exp, log, log1p, pi, sqrt
from statistics import NormalDist


class Inputs(Enum):
    """What a test draws its inputs from, one independent of the other."""

    NORMAL = "normal"
    """Mean 0, variance 1."""
    UNIFORM = "uniform"
    """[0, 1]: of one sign, the hardest for sums."""


def most_of_products(inputs: Inputs, k: int, failure: float) -> float:
    """What sum |w_i x_i| exceeds with at most that probability.

    Of normal numbers E exp(theta |w x|) = (1 + (2/pi) asin(theta)) / sqrt(1 - theta^2): the integral over a quadrant of
    a normal density of correlation theta, which holds 1/4 + asin(theta) / (2 pi) of it (Sheppard 1899). The mean is 2k/pi.
    Of uniform ones the mean is k/4, and Hoeffding's inequality gives sqrt(k L / 2) on top, L = log(1/failure).
    """
    if inputs is Inputs.UNIFORM:
        return min(float(k), k / 4 + sqrt(k * log(1 / failure) / 2))
    return chernoff(lambda t: log1p(2 / pi * asin(t)) - log1p(-t * t) / 2, k, failure, 1.0)


def most_of_sizes(inputs: Inputs, k: int, failure: float) -> float:
    """What sum |x_i| exceeds with at most that probability: E exp(theta |x|) = 2 exp(theta^2 / 2) Phi(theta), or k/2."""
    if inputs is Inputs.UNIFORM:
        return min(float(k), k / 2 + sqrt(k * log(1 / failure) / 2))
    phi = NormalDist().cdf
    return chernoff(lambda t: t * t / 2 + log(2 * phi(t)), k, failure, 60.0)


def chernoff(log_moment: Callable[[float], float], k: int, failure: float, end: float) -> float:
    """Min (k log_moment(theta) + log(1/failure)) / theta over (0, end), unimodal as log_moment is convex."""

    def quantile(theta: float) -> float:
        return (k * log_moment(theta) - log(failure)) / theta

    low, high = 0.0, end
    for _ in range(100):
        third = (high - low) / 3
        if quantile(low + third) < quantile(high - third):
            high -= third
        else:
            low += third
    middle = (low + high) / 2
    return quantile(middle)


def largest(inputs: Inputs, count: float, failure: float) -> float:
    """What none of so many numbers exceeds in size, but for that probability: P(|x| > t) <= 2 exp(-t^2 / 2) / 2."""
    return 1.0 if inputs is Inputs.UNIFORM else sqrt(2 * log(count / failure))


def least_variance(inputs: Inputs, k: int, failure: float) -> float:
    """What the mean of (x_i - mean)^2 falls below with at most that probability; 0 where nothing is known.

    Of normal numbers k times it is chi-squared of k - 1 degrees. Of uniform ones it is the mean of (x - 1/2)^2, of mean
    1/12 in [0, 1/4], less (mean - 1/2)^2: Hoeffding's inequality for both.
    """
    if inputs is Inputs.NORMAL:
        return least_chi_squared(k - 1, failure) / k
    return max(0.0, 1 / 12 - sqrt(log(2 / failure) / (32 * k)) - log(4 / failure) / (2 * k))


def least_mean_square(inputs: Inputs, k: int, failure: float) -> float:
    """What the mean of x_i^2 falls below with at most that probability; 0 where nothing is known."""
    if inputs is Inputs.NORMAL:
        return least_chi_squared(k, failure) / k
    return max(0.0, 1 / 3 - sqrt(log(1 / failure) / (2 * k)))


def least_chi_squared(degrees: int, failure: float) -> float:
    """P(chi^2 <= m z) <= (z exp(1 - z))^(m/2) for z < 1 (Chernoff), solved for z by bisection, times m."""
    if degrees < 1:
        return 0.0
    low, high = -2 * log(1 / failure) / degrees - 2, 0.0  # of log z
    for _ in range(100):
        middle = (low + high) / 2
        if middle + 1 - exp(middle) < -2 * log(1 / failure) / degrees:
            low = middle
        else:
            high = middle
    return degrees * exp(low)
