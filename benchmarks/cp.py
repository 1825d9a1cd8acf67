"""CP decompositions by alternating least squares, beside tensorly's, at the same rank and number of sweeps.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/cp.py [--rank 32] [--sweeps 20] [--rounds 3] [--threads 1]

tensorly is skipped where it is not installed: `pip install tensorly`. All begin at the same factors, in float32.
"""

import argparse
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from peers import installed, version_of
from precisionlab.structure.cp.fitting import Limits, fit
from precisionlab.structure.cp.models import Model, random_model
from precisionlab.structure.cp.sweeps import swept
from precisionlab.structure.cp.trees import Tree, tree_of
from timing import best_seconds, machine

SIDES = (256, 512)
Action = Callable[[], object]


def kernel(side: int) -> NDArray[np.float32]:
    """A kernel [side, side, 3, 3] of components of falling size, and noise."""
    random = np.random.default_rng(0)
    factors = [random.standard_normal((n, 60)) for n in (side, side, 3, 3)]
    tensor = np.einsum("r,ar,br,cr,dr->abcd", 0.9 ** np.arange(60), *factors, optimize=True)
    noisy: NDArray[np.float32] = (tensor + 0.7 * tensor.std() * random.standard_normal(tensor.shape)).astype(np.float32)
    return noisy


def plain(tree: Tree, start: Model, sweeps: int) -> float:
    """The error after so many plain sweeps: no ridge, no line search, as the peers do."""
    model = start
    for _ in range(sweeps):
        model, _ = swept(tree, model, 0.0)
    return float((tree.squared_residual(model) / tree.squared_norm) ** 0.5)


def tensorlys(backend: str, tensor: NDArray[np.float32], start: Model, sweeps: int) -> Callable[[], float]:
    """Its parafac on a backend, from the same start, and the error that it reaches."""
    tensorly = installed("tensorly")
    decomposition = installed("tensorly.decomposition")
    assert tensorly is not None  # noqa: S101 - asked before
    assert decomposition is not None  # noqa: S101
    tensorly.set_backend(backend)
    values = tensorly.tensor(tensor)
    weights = tensorly.tensor(start.weights.numpy().astype(np.float32))
    factors = [tensorly.tensor(one.numpy().astype(np.float32)) for one in start.factors]

    def run() -> float:
        tensorly.set_backend(backend)
        model: Any = decomposition.parafac(
            values, start.rank, n_iter_max=sweeps, tol=0, init=(weights, list(factors)), normalize_factors=False
        )
        return float(tensorly.norm(tensorly.cp_to_tensor(model) - values) / tensorly.norm(values))

    return run


def alternatives(tensor: NDArray[np.float32], rank: int, sweeps: int) -> Mapping[str, Callable[[], float]]:
    """Each way of so many sweeps, to the error reached."""
    tree = tree_of(torch.from_numpy(tensor))
    start = random_model(tree.shape, rank, torch.Generator().manual_seed(0))
    limits = Limits(sweeps=sweeps, tolerance=-1.0)
    actions: dict[str, Callable[[], float]] = {
        "precisionlab, plain sweeps": lambda: plain(tree, start, sweeps),
        "precisionlab, ridge and line search": lambda: fit(tree, start, limits).error,
    }
    if installed("tensorly") is not None:
        actions["tensorly, torch"] = tensorlys("pytorch", tensor, start, sweeps)
        actions["tensorly, numpy"] = tensorlys("numpy", tensor, start, sweeps)
    return actions


def report(side: int, rank: int, sweeps: int, rounds: int) -> None:
    """Print a table of milliseconds a sweep, ratios to the first row, and errors."""
    actions = alternatives(kernel(side), rank, sweeps)
    seconds = best_seconds(actions, rounds)
    first = next(iter(seconds.values()))
    print(f"**{side} x {side} x 3 x 3, rank {rank}, {sweeps} sweeps**\n")
    print("| what | ms a sweep | times the first | error reached |\n| --- | ---: | ---: | ---: |")
    for name, action in actions.items():
        print(f"| {name} | {seconds[name] / sweeps * 1e3:.2f} | {seconds[name] / first:,.1f} | {action():.6f} |")
    print()


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--sweeps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of torch; numpy's are set by the environment")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    warnings.simplefilter("ignore")
    print(f"{machine()}\n{'; '.join(f'{name} {version_of(name)}' for name in ('torch', 'numpy', 'tensorly'))}\n")
    for side in SIDES:
        report(side, arguments.rank, arguments.sweeps, arguments.rounds)


if __name__ == "__main__":
    main()
