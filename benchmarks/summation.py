"""Sums of many numbers, against torch, a compiled textbook loop and libraries that sum accurately.

    python benchmarks/summation.py [--elements 100000000] [--exact-elements 10000000] [--rounds 7]

Peers that are not installed are skipped: `pip install xsum uniaccurate accupy`. Those written in Python sum a thousandth
of the elements; times are per element.
"""

import argparse
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray

from peers import installed, version_of
from precisionlab import sum_by
from timing import best_seconds, machine

METHODS = ("kahan", "neumaier", "sum2", "klein", "sumk:3", "double-double", "exact")
FEW = 1000
"""One of so many elements is summed by peers in Python."""
Reals = NDArray[Any]
Action = Callable[[], object]


@njit(nogil=True, cache=True)
def serial_kahan(terms: Reals) -> Any:  # noqa: ANN401 - numba
    """The textbook's loop, which no compiler may vectorise."""
    total = terms[0]
    lost = total - total
    for i in range(1, terms.size):
        y = terms[i] - lost
        after = total + y
        lost = (after - total) - y
        total = after
    return total


def compensated(terms: Reals, threads: int) -> Mapping[str, tuple[Action, int]]:
    """Each way of summing float32 with how many elements it sums."""
    tensor, few = torch.from_numpy(terms), terms[: terms.size // FEW].tolist()
    actions: dict[str, tuple[Action, int]] = {
        f"torch.sum, {threads} threads": (lambda: float(tensor.sum()), terms.size),
        "a compiled loop of Kahan's sum": (lambda: serial_kahan(terms), terms.size),
    }
    for method in METHODS:
        actions[f"precisionlab {method}, {threads} threads"] = by_method(terms, method, threads), terms.size
    actions["precisionlab kahan, 1 thread"] = by_method(terms, "kahan", 1), terms.size
    uniaccurate = installed("uniaccurate")
    if uniaccurate is not None:
        actions["uniaccurate.kahan_sum"] = (lambda: uniaccurate.kahan_sum(few)), len(few)
    accupy = installed("accupy")
    if accupy is not None:
        actions["accupy.kahan_sum"] = (lambda: accupy.kahan_sum(terms)), terms.size
    return actions


def exact(terms: Reals, threads: int) -> Mapping[str, tuple[Action, int]]:
    """Each way of summing float64 exactly with how many elements it sums."""
    few = terms[: terms.size // FEW].tolist()
    actions: dict[str, tuple[Action, int]] = {
        "precisionlab exact, 1 thread": (by_method(terms, "exact", 1), terms.size),
        f"precisionlab exact, {threads} threads": (by_method(terms, "exact", threads), terms.size),
        "math.fsum of an array": (lambda: math.fsum(terms), terms.size),
        "math.fsum of a list": (lambda: math.fsum(few), len(few)),
    }
    xsum, uniaccurate = installed("xsum"), installed("uniaccurate")
    if xsum is not None:
        for size in ("small", "large"):
            actions[f"xsum, {size} accumulator"] = by_xsum(xsum, size, terms), terms.size
    if uniaccurate is not None:
        actions["uniaccurate.exact_sum"] = (lambda: uniaccurate.exact_sum(few)), len(few)
    return actions


def by_method(terms: Reals, method: str, threads: int) -> Action:
    """Ours."""
    return lambda: sum_by(terms, method, threads=threads)


def by_xsum(xsum: Any, size: str, terms: Reals) -> Action:  # noqa: ANN401 - a module
    """Neal's superaccumulators, in C."""

    def run() -> float:
        accumulator = getattr(xsum, f"xsum_{size}_accumulator")()
        xsum.xsum_add(accumulator, terms)
        return float(xsum.xsum_round(accumulator))

    return run


def report(title: str, actions: Mapping[str, tuple[Action, int]], rounds: int) -> None:
    """Print a table of times an element, and of ratios to the first row."""
    seconds = best_seconds({name: action for name, (action, _) in actions.items()}, rounds)
    each = {name: seconds[name] / size * 1e9 for name, (_, size) in actions.items()}
    first = next(iter(each.values()))
    print(f"**{title}**\n\n| what | ns an element | times the first |\n| --- | ---: | ---: |")
    for name, time in each.items():
        print(f"| {name} | {time:.3f} | {time / first:,.2f} |")
    print()


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elements", type=int, default=100_000_000)
    parser.add_argument("--exact-elements", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    threads = os.cpu_count() or 1
    torch.set_num_threads(threads)
    names = ("torch", "numpy", "numba", "xsum", "uniaccurate", "accupy")
    print(f"{machine()}\n{'; '.join(f'{name} {version_of(name)}' for name in names)}\n")
    random = np.random.default_rng(0)
    singles = random.standard_normal(arguments.elements, np.float32)
    report(f"Sums of {singles.size:,} float32", compensated(singles, threads), arguments.rounds)
    doubles = random.standard_normal(arguments.exact_elements)
    assert float(sum_by(doubles, "exact")) == math.fsum(doubles)  # noqa: S101 - what is timed is right
    report(f"Exact sums of {doubles.size:,} float64, normal deviates", exact(doubles, threads), arguments.rounds)
    wide = doubles * 2.0 ** random.integers(-300, 300, doubles.size)
    assert float(sum_by(wide, "exact")) == math.fsum(wide)  # noqa: S101
    report("The same times powers of two from 2^-300 to 2^300", exact(wide, threads), arguments.rounds)


if __name__ == "__main__":
    main()
