"""All singular values by the blocked Gram matrix, beside torch's full decomposition in float64.

    python benchmarks/spectrum.py [--rows 4096] [--columns 14336] [--rounds 2]

The matrix is bfloat16, as a checkpoint stores it, and decays as trained weights do.
"""

import argparse

import numpy as np
import torch

from analyzers.spectrum.power_law import power_law
from precisionlab.structure.matrices import matrix_at_hand
from precisionlab.structure.singular import singular_values
from timing import best_seconds, machine


def weight(rows: int, columns: int) -> torch.Tensor:
    """Directions of falling weight, and noise."""
    random = torch.Generator().manual_seed(0)
    left, right = torch.randn(rows, 100, generator=random), torch.randn(100, columns, generator=random)
    noise = torch.randn(rows, columns, generator=random)
    return (0.02 * (left * torch.logspace(0.7, -1, 100) @ right / 10 + 0.3 * noise)).bfloat16()


def main() -> None:
    """Print times, their ratio, and how far the values are apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--columns", type=int, default=14336)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    matrix = weight(options.rows, options.columns)
    found: dict[str, torch.Tensor] = {}

    def gram() -> None:
        found["ours"] = singular_values(matrix_at_hand(matrix))

    def full() -> None:
        found["full"] = torch.linalg.svdvals(matrix.double())

    seconds = best_seconds({"precisionlab, Gram": gram, "torch.linalg.svdvals": full}, options.rounds)
    print(machine())
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; {options.rows:,} x {options.columns:,}\n")
    print("| what | seconds | times the first |\n| --- | ---: | ---: |")
    for name, taken in seconds.items():
        print(f"| {name} | {taken:.2f} | {taken / seconds['precisionlab, Gram']:.2f} |")
    apart = float((found["ours"] - found["full"]).abs().max() / found["full"][0])
    print(f"\nvalues differ by at most {apart:.1e} of the largest")
    eigenvalues = np.square(found["ours"].numpy())
    alone = best_seconds({"alpha": lambda: power_law(eigenvalues)}, options.rounds)
    print(f"power law of {len(eigenvalues):,} eigenvalues: {alone['alpha']:.3f} s")


if __name__ == "__main__":
    main()
