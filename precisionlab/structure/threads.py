"""How many threads torch's own operations take while bands are worked on."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let every operation of torch run on the thread that asks for it, and restore what was set before.

    The operations on the scales of a band are so short that waking other threads takes longer than they do, many
    times longer on a busy machine; bands are worked on side by side anyway.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
