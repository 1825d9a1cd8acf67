"""What a scan is going to take, before it starts: analyzers' own estimates, and how fast this machine is."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from precisionlab.analysis.costs import NO_COST, Cost
from precisionlab.checkpoints import TensorInfo
from precisionlab.scanning.settings import Selected

if TYPE_CHECKING:
    import torch

SIDE = 1024
"""Of the matrices that are multiplied to see how fast that is: some 20 ms."""
ROUNDS = 2
"""The first wakes threads and loads libraries."""


def costs_of(infos: Sequence[TensorInfo], analyzers: Iterable[Selected]) -> Mapping[str, Cost]:
    """What each analyzer that can tell is going to take for all tensors, by name; the dear ones alone say so."""
    estimates = {one.analyzer.name: total(one, infos) for one in analyzers if one.analyzer.cost is not None}
    return {name: cost for name, cost in estimates.items() if cost != NO_COST}


def total(selected: Selected, infos: Sequence[TensorInfo]) -> Cost:
    """The estimates for all tensors together; nothing where the analyzer's own function fails, which costs no result."""
    estimate = selected.analyzer.cost
    try:
        return sum((estimate(info, selected.options) for info in infos), NO_COST) if estimate else NO_COST
    except Exception:  # noqa: BLE001 - anybody's code may raise anything
        return NO_COST


def operations_a_second(device: str) -> float:
    """How many operations of float64 this machine does in products of matrices, by doing some."""
    import torch  # noqa: PLC0415 - slow, and needed by what asks

    matrix = torch.ones((SIDE, SIDE), dtype=torch.float32 if device.startswith("mps") else torch.float64, device=device)
    seconds = min(product_seconds(matrix) for _ in range(ROUNDS))
    return 2.0 * SIDE**3 / seconds


def product_seconds(matrix: "torch.Tensor") -> float:
    """How long one product takes, its result included."""
    start = time.perf_counter()
    float((matrix @ matrix)[0, 0])
    return max(time.perf_counter() - start, 1e-9)
