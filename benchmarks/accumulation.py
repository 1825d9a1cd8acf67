"""A matrix times a vector as accumulators compute it, on one thread, against torch's own bfloat16.

python benchmarks/accumulation.py [--rows 4096] [--terms 4096] [--rounds 5]
"""

import argparse
from collections.abc import Callable

import numpy as np
import torch

from peers import version_of
from precisionlab import matmul_by
from timing import best_seconds, machine

ACCUMULATORS = (
    "bf16",
    "bf16_fma",
    "fp32",
    "fp16_pairwise",
    "bf16_kahan",
    "m7e4",
    "m7e4_floor",
    "bf16_sr8",
    "v100_fp16",
    "h100_bf16",
    "h100_fp8",
    "h100_fp8_promoted128",
)
Action = Callable[[], object]


def by_torch(weights: torch.Tensor, inputs: torch.Tensor) -> dict[str, Action]:
    """Loops over columns in real bfloat16: product and sum rounded each, or both at once."""
    columns = weights.T.contiguous()

    def twice() -> torch.Tensor:
        sums = torch.zeros(len(weights), dtype=torch.bfloat16)
        for column, x in zip(columns, inputs, strict=True):
            sums += column * x
        return sums

    def fused() -> torch.Tensor:
        sums = torch.zeros(len(weights), dtype=torch.bfloat16)
        for column, x in zip(columns, inputs, strict=True):
            sums.addcmul_(column, x)
        return sums

    return {"torch bfloat16, as bf16": twice, "torch bfloat16, as bf16_fma": fused}


def by_accumulator(weights: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", x: object, name: str) -> Action:
    """Ours."""
    seed = 0 if "_sr" in name else None
    return lambda: matmul_by(weights, np.asarray(x), name, seed=seed)


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--terms", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    weights, inputs = torch.randn(arguments.rows, arguments.terms).bfloat16(), torch.randn(arguments.terms).bfloat16()
    left, right = weights.float().numpy(), inputs.float().numpy()
    actions = {name: by_accumulator(left, right, name) for name in ACCUMULATORS}
    actions |= by_torch(weights, inputs)
    same = torch.from_numpy(matmul_by(left, right, "bf16")) == by_torch(weights, inputs)["torch bfloat16, as bf16"]()
    assert bool(torch.as_tensor(same).all())  # noqa: S101 - what is timed is the same
    print(f"{arguments.rows:,} by {arguments.terms:,}, one input; {machine()}; torch {version_of('torch')}\n")
    print("| accumulator | ns a multiply-add |\n| --- | ---: |")
    for name, seconds in best_seconds(actions, arguments.rounds).items():
        print(f"| {name} | {seconds / weights.numel() * 1e9:.2f} |")


if __name__ == "__main__":
    main()
