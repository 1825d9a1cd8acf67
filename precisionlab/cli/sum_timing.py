"""How long a sum takes on this machine."""

from collections.abc import Callable
from time import perf_counter
from typing import Final

SECONDS: Final = 0.3
"""After which no other run is begun."""
MOST_RUNS: Final = 200


def best_seconds(call: Callable[[], object]) -> float:
    """The shortest of several runs, after one that is not counted: loops are compiled then."""
    call()
    begin = perf_counter()
    best = float("inf")
    for _ in range(MOST_RUNS):
        start = perf_counter()
        call()
        end = perf_counter()
        best = min(best, end - start)
        if end - begin > SECONDS:
            break
    return best
