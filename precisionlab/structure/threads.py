"""How many threads torch's own operations take."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

SMALL = 768
"""Sides of matrices whose decompositions take less time than waking a thread on a busy machine."""


def threads_for(side: int) -> AbstractContextManager[None]:
    """One thread for decompositions of small matrices; as many as are set for others."""
    return one_thread_each() if side <= SMALL else nullcontext()


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let every operation of torch run on the thread that asks for it, and restore what was set before.

    For operations so short that waking other threads takes longer than they do, many times longer on a busy machine.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
