"""Isomap, exact and by landmarks, against scikit-learn's exact one.

    python benchmarks/isomap.py [--points 2000] [--columns 384] [--many 20000] [--rounds 3]

Points are rows of a low-rank matrix with noise, as rows of weights are. `pip install scikit-learn`.
"""

import argparse
import time

import numpy as np
import torch
from numpy.typing import NDArray

from analyzers.manifold.isomap import Embedding, component, correlation, exact_isomap, graph_of, landmark_isomap
from peers import installed, version_of
from precisionlab.structure.neighbours import nearest
from timing import best_seconds, machine

NEIGHBOURS = 12
LANDMARKS = 250
COORDINATES = 2
SETTLING_SECONDS = 1.0


def rows(n: int, columns: int) -> torch.Tensor:
    """Directions of falling weight, and noise: [n, columns]."""
    random = np.random.default_rng(0)
    factors = random.normal(size=(n, 32)) / np.arange(1, 33)
    return torch.from_numpy(factors @ random.normal(size=(32, columns)) + 0.05 * random.normal(size=(n, columns)))


def ours(points: torch.Tensor, landmarks: int) -> Embedding:
    """Neighbours, graph and embedding; exact with no landmarks."""
    whole = component(graph_of(nearest(points, NEIGHBOURS), NEIGHBOURS))
    if not landmarks:
        return exact_isomap(whole.graph, COORDINATES)
    drawn = np.random.default_rng(1).choice(len(whole.members), landmarks, replace=False)
    return landmark_isomap(whole.graph, np.sort(drawn), COORDINATES)


def residual(geodesics: NDArray[np.float64], coordinates: NDArray[np.float64]) -> float:
    """1 - R^2 of exact geodesics and distances of the first coordinates, over all pairs."""
    squares = np.zeros_like(geodesics)
    for axis in range(COORDINATES):
        squares += np.square(coordinates[:, axis, None] - coordinates[None, :, axis])
    return 1 - correlation(np.sqrt(squares).ravel(), geodesics.ravel()) ** 2


def main() -> None:
    """Print times, ratios and residuals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=384)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    points = rows(options.points, options.columns)
    print(machine())
    print(f"{options.points:,} points of {options.columns} numbers, {torch.get_num_threads()} threads")
    against_scikit_learn(points, options.rounds)
    start = time.perf_counter()
    many = ours(rows(options.many, options.columns), LANDMARKS)
    taken = time.perf_counter() - start
    print(f"{options.many:,} points, {LANDMARKS} landmarks: {taken:.1f} s, residual {many.residuals()[1]:.5f}")


def against_scikit_learn(points: torch.Tensor, rounds: int) -> None:
    """Ours beside theirs; without scikit-learn ours alone.

    Each has its rounds by itself: threads of scikit-learn's libraries go on spinning into the time of what comes next.
    """
    actions = {"exact": lambda: ours(points, 0), f"{LANDMARKS} landmarks": lambda: ours(points, LANDMARKS)}
    manifold = installed("sklearn.manifold")
    if manifold is not None:
        array = points.numpy()
        peer = manifold.Isomap(n_neighbors=NEIGHBOURS, n_components=COORDINATES)
        actions["scikit-learn"] = lambda: peer.fit_transform(array)
        print(f"scikit-learn {version_of('scikit-learn')}")
    seconds: dict[str, float] = {}
    for name, action in actions.items():
        time.sleep(SETTLING_SECONDS)
        seconds |= best_seconds({name: action}, rounds)
    exact = ours(points, 0)
    found = {"exact": exact.coordinates, f"{LANDMARKS} landmarks": ours(points, LANDMARKS).coordinates}
    if manifold is not None:
        found["scikit-learn"] = peer.embedding_
    for name, taken in seconds.items():
        against = f", {seconds['scikit-learn'] / taken:.2f} x scikit-learn" if manifold is not None else ""
        print(f"{name:<16} {taken:7.3f} s{against}, residual {residual(exact.geodesics, found[name]):.5f}")


if __name__ == "__main__":
    main()
