"""A few points that stand for all: each as far as can be from the others."""

from dataclasses import dataclass

import numpy as np
import torch

from precisionlab.structure.points import TILE, separations, squared_distances

CANDIDATES = 1024
"""Points farthest from all landmarks, among which the next ones are looked for before all points are looked at again."""
COINCIDES = 1e-14
"""Squares of distances below this share of the largest square of a point are what rounding leaves of 0."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Points chosen to lie far from one another."""

    indices: torch.Tensor
    """[m] into the points, in the order in which they were chosen."""
    radii: torch.Tensor
    """[m]: after each, the largest distance of a point from the nearest landmark so far; the last is the covering radius."""
    nearest: torch.Tensor
    """[n]: which landmark (0 to m - 1) is nearest to each point."""

    @property
    def covering_radius(self) -> float:
        """No point is farther than this from a landmark: computed by differences in float64, right to 1e-14 of itself."""
        return float(self.radii[-1])


def farthest_landmarks(points: torch.Tensor, n_landmarks: int, start: int = 0) -> Landmarks:
    """Greedy farthest-point landmarks (Gonzalez 1985) of points [n, d]: each is the point farthest from those before.

    Within twice the smallest covering radius that so many landmarks can have. Fewer come where points run out or coincide.

    Chosen one by one among the points that are farthest, for as long as these are farther than all others were; then
    all points meet all new landmarks in one matrix product.
    """
    n = len(points)
    centred = points - points.mean(dim=0)
    most = min(n_landmarks, n)
    if not most:
        empty = torch.zeros(0, dtype=torch.int64, device=points.device)
        return Landmarks(empty, torch.zeros(0, dtype=torch.float64), torch.zeros_like(empty).new_zeros(n))
    coincides = COINCIDES * float(centred.square().sum(dim=1).max())
    closest, owner = points.new_full((n,), torch.inf), torch.zeros(n, dtype=torch.int64, device=points.device)
    chosen, squares = [start], []
    meet(centred, chosen, 0, closest, owner)
    while len(chosen) < most and closest.max() > coincides:
        found = next_landmarks(centred, closest, min(most - len(chosen), max(1, TILE // n)), coincides)
        squares += [square for _, square in found]
        chosen += [index for index, _ in found]
        meet(centred, chosen, len(chosen) - len(found), closest, owner)
    indices = torch.tensor(chosen, dtype=torch.int64, device=points.device)
    # The distance from any landmark is no less than that from the nearest: this bounds the radius from above.
    last = separations(points, torch.arange(n, device=points.device), indices[owner]).max()
    return Landmarks(indices, torch.tensor([*squares, float(last) ** 2], dtype=torch.float64).sqrt(), owner)


def next_landmarks(
    centred: torch.Tensor, closest: torch.Tensor, most: int, coincides: float
) -> list[tuple[int, float]]:
    """The landmarks to come, at least one: each with its squared distance from those before it."""
    n = len(closest)
    top = closest.topk(min(CANDIDATES + 1, n))
    candidates = top.indices[:CANDIDATES]
    floor = float(top.values[-1]) if n > CANDIDATES else 0.0
    among = squared_distances(centred[candidates], centred[candidates]).fill_diagonal_(0.0).cpu().numpy()
    here = top.values[:CANDIDATES].cpu().numpy()
    names = candidates.tolist()
    found: list[tuple[int, float]] = []
    while len(found) < most:
        best = int(here.argmax())
        square = float(here[best])
        if square <= coincides or (found and square < floor):
            break
        found.append((names[best], square))
        np.minimum(here, among[best], out=here)
    return found


def meet(centred: torch.Tensor, chosen: list[int], first: int, closest: torch.Tensor, owner: torch.Tensor) -> None:
    """Lower `closest` [n] and tell `owner` [n] where a landmark from the `first` on is closer than all before it."""
    new = torch.tensor(chosen[first:], device=centred.device)
    squares, which = squared_distances(centred[new], centred).min(dim=0)
    squares[new] = 0.0
    which[new] = torch.arange(len(new), device=centred.device)
    is_closer = squares < closest
    closest[is_closer] = squares[is_closer]
    owner[is_closer] = which[is_closer] + first
