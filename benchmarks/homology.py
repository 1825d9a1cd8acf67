"""Persistent homology of a weight's rows, and farthest-point landmarks, against ripser and gudhi.

    python benchmarks/homology.py [--rows 2000] [--columns 384] [--points 30000] [--landmarks 1000] [--rounds 3]

Rows are of rank 24 with noise, as trained weights are: not all but equally far from one another, where no library ends.
Ours has a process of its own and pipes to it, which are part of its time. `pip install ripser`; without it that part
is skipped.
"""

import argparse
import os
import warnings

import numpy as np
import torch
from gudhi.subsampling import choose_n_farthest_points
from numpy.typing import NDArray

from analyzers.topology.diagrams import bars_of
from analyzers.topology.homology import HomologyProcess
from peers import installed, version_of
from precisionlab.structure.landmarks import farthest_landmarks
from precisionlab.structure.points import distance_matrix
from precisionlab.structure.spanning import spanning_tree
from timing import best_seconds, machine

Doubles = NDArray[np.float64]


def weight(n: int, d: int, seed: int) -> Doubles:
    """Rows of a falling spectrum with noise over it."""
    random = np.random.default_rng(seed)
    rank = 24
    signal = random.standard_normal((n, rank)) * np.linspace(2, 0.5, rank) @ random.standard_normal((rank, d))
    rows: Doubles = (signal + 1.2 * random.standard_normal((n, d))) / np.sqrt(d)
    return rows


def report(title: str, seconds: dict[str, float]) -> None:
    """Print a table of times, and of ratios to the first."""
    first = next(iter(seconds.values()))
    print(f"**{title}**\n\n| what | seconds | times the first |\n| --- | ---: | ---: |")
    for name, time in seconds.items():
        print(f"| {name} | {time:.3f} | {time / first:.2f} |")
    print()


def homology(n: int, d: int, rounds: int) -> None:
    """Diagrams to dimension 1 of all rows."""
    rows = weight(n, d, 0)
    points = torch.from_numpy(rows)
    process = HomologyProcess()

    def ours() -> tuple[Doubles, ...]:
        diagrams = process.diagrams(distance_matrix(points).numpy(), 1, 2, 3600)
        assert diagrams is not None  # noqa: S101 - an hour is enough
        return diagrams

    actions: dict[str, object] = {"precisionlab": ours}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ripser = installed("ripser")
    if ripser is not None:
        actions["ripser"] = lambda: ripser.ripser(rows, maxdim=1)["dgms"]
        for one, other in zip(ours(), ripser.ripser(rows, maxdim=1)["dgms"], strict=True):
            mine, theirs = bars_of(one, 1.0), bars_of(other.astype(np.float64), 1.0)
            # ripser computes in float32, in which bars shorter than its rounding come and go.
            mine_long, theirs_long = (bars.lengths[bars.lengths > 1e-5] for bars in (mine, theirs))
            apart = float(np.abs(mine_long - theirs_long).max(initial=0.0))
            print(f"{len(mine_long):,} bars, lengths of ripser's differ by at most {apart:.1e}")
    report(f"Homology to dimension 1 of {n:,} rows of {d}", best_seconds(actions, rounds))  # type: ignore[arg-type]
    process.close()


def landmarks(n: int, d: int, n_landmarks: int, rounds: int) -> None:
    """Greedy landmarks, and the spanning tree of as many points."""
    rows = weight(n, d, 1)
    points = torch.from_numpy(rows)
    ours = farthest_landmarks(points, n_landmarks)
    theirs = np.array(choose_n_farthest_points(points=rows, nb_points=n_landmarks, starting_point=0))
    print(f"the same landmarks: {np.array_equal(rows[ours.indices.numpy()], theirs)}")
    actions = {
        "precisionlab": lambda: farthest_landmarks(points, n_landmarks),
        "gudhi": lambda: choose_n_farthest_points(points=rows, nb_points=n_landmarks, starting_point=0),
    }
    report(f"{n_landmarks:,} landmarks of {n:,} points of {d}", best_seconds(actions, rounds))
    centred = points - points.mean(dim=0)
    report(f"Single linkage of {n:,} points of {d}", best_seconds({"precisionlab": lambda: spanning_tree(centred)}, 1))


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=384)
    parser.add_argument("--points", type=int, default=30000)
    parser.add_argument("--landmarks", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    print(f"{machine()}\n{'; '.join(f'{name} {version_of(name)}' for name in ('torch', 'gudhi', 'ripser'))}\n")
    homology(arguments.rows, arguments.columns, arguments.rounds)
    landmarks(arguments.points, arguments.columns, arguments.landmarks, arguments.rounds)


if __name__ == "__main__":
    main()
