"""Intrinsic dimension from distances to nearest neighbours, and from spectra."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2

from precisionlab.structure.threads import one_thread_each

Doubles = NDArray[np.float64]

DISCARDED = 0.1
"""Of the ratios, from the largest on, that TwoNN leaves out, as Facco et al. do."""
LEAST = 10
"""Points below which nothing is estimated."""
CONFIDENCE = 0.95
SHARE = 0.05
"""Of the largest local eigenvalue, beyond which a direction counts (Fukunaga and Olsen 1971)."""
TILE = 1 << 24
"""Numbers of neighbourhoods held at a time: 128 MiB."""
MOST_DIMENSION = 1e7
"""Beyond which ratios of distances are 1 but for rounding."""


@dataclass(frozen=True, slots=True)
class TwoNN:
    """A dimension from the ratio of the second to the first neighbour's distance."""

    dimension: float
    low: float
    high: float
    """Ends of the 95 % interval."""
    n_points: int
    """With a first neighbour at a distance that is not 0."""


def two_nn(distances: Doubles) -> TwoNN | None:
    """Facco, d'Errico, Rodriguez and Laio (2017): the slope of -log(1 - F) over log mu, the largest tenth left out.

    The interval is that of maximum likelihood of the same ratios, the largest censored: 2 r d / d' of r ratios has a
    chi-squared distribution of 2 r degrees of freedom where points are independent and uniform at their scale.

    Args:
        distances: [n, 2 or more], ascending in a row.

    Returns:
        None of fewer than 10 points, and where all ratios are 1.
    """
    usable = distances[(distances[:, 0] > 0) & np.isfinite(distances[:, 1])]
    n = len(usable)
    kept = int(n * (1 - DISCARDED))
    if n < LEAST:
        return None
    logs = np.sort(np.log(usable[:, 1] / usable[:, 0]))[:kept]
    total = float(np.square(logs).sum())
    if not logs[-1] * MOST_DIMENSION > 1:
        return None
    ordinates = -np.log1p(-np.arange(1, kept + 1) / n)
    censored = float(logs.sum() + (n - kept) * logs[-1])
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(chi2.ppf(one, 2 * kept)) / (2 * censored) for one in (tail, 1 - tail))
    return TwoNN(float(logs @ ordinates) / total, low, high, n)


def pooled_mle(distances: Doubles, k: int) -> float:
    """Levina and Bickel (2004) over k neighbours, inverses averaged over points (MacKay and Ghahramani 2005), with 1 / (k - 1).

    NaN of fewer than 10 points with distances that are not 0, of k below 2, and where all distances are equal.
    """
    usable = distances[distances[:, 0] > 0, :k]
    if k < 2 or usable.shape[1] < k or len(usable) < LEAST:
        return math.nan
    inverse = float(np.log(usable[:, -1:] / usable[:, :-1]).mean())
    return 1 / inverse if inverse * MOST_DIMENSION > 1 else math.nan


def gride(distances: Doubles, rank: int) -> float:
    """Denti, Doimo, Laio and Mira (2022): maximum likelihood of the ratios mu of the 2n-th to the n-th distance.

    The density of mu is d (mu^d - 1)^(n - 1) / (mu^((2n - 1) d + 1) B(n, n)): mu^-d has a beta distribution (n, n).
    """
    if distances.shape[1] < 2 * rank:
        return math.nan
    usable = distances[distances[:, rank - 1] > 0]
    logs = np.log(usable[:, 2 * rank - 1] / usable[:, rank - 1])
    logs = logs[logs > 0]  # of probability 0
    if len(logs) < LEAST or not float(logs.max()) * MOST_DIMENSION > 1:
        return math.nan

    def slope(log_dimension: float) -> float:
        d = math.exp(log_dimension)
        return len(logs) / d + float((rank - 1) * (logs / -np.expm1(-d * logs)).sum() - (2 * rank - 1) * logs.sum())

    return math.exp(brentq(slope, math.log(1e-3), math.log(1e3 * MOST_DIMENSION), xtol=1e-12))


def ranks_up_to(most: int) -> tuple[int, ...]:
    """1, 2, 4, ... as far as `most`."""
    return tuple(2**i for i in range(most.bit_length()) if 2**i <= most)


def participation_ratio(points: torch.Tensor) -> float:
    """(sum of eigenvalues)^2 / sum of squared eigenvalues of the covariance of points [n, d]; NaN where all coincide."""
    centred = points - points.mean(dim=0)
    products = centred @ centred.T if points.shape[0] <= points.shape[1] else centred.T @ centred
    squares = float(products.square().sum())
    return float(products.trace()) ** 2 / squares if squares > 0 else math.nan


def local_pca(points: torch.Tensor, neighbourhoods: torch.Tensor) -> float:
    """Mean number of local directions: eigenvalues of a neighbourhood's covariance beyond 5 % of its largest.

    No more than neighbours. NaN where all neighbourhoods are single points.

    Args:
        points: [n, d].
        neighbourhoods: [q, k + 1], indices of points and their neighbours.
    """
    counts: list[torch.Tensor] = []
    step = max(1, TILE // (neighbourhoods.shape[1] * max(1, points.shape[1])))
    for some in torch.split(neighbourhoods, step):
        there = points[some]
        there -= there.mean(dim=1, keepdim=True)
        products = there @ there.transpose(1, 2)
        with one_thread_each():
            eigenvalues = torch.linalg.eigvalsh(products)
        largest = eigenvalues[:, -1:]
        counts.append((eigenvalues > SHARE * largest).sum(dim=1)[largest[:, 0] > 0])
    found = torch.cat(counts)
    return float(found.double().mean()) if len(found) else math.nan
