"""Many objects that stay, made without the garbage collector looking through them again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """What is made in the block is not looked through, neither now, which halves the time, nor later.

    Later passes over hundreds of thousands of tensors would hold up every thread for a moment.
    What an earlier block made is looked through again.
    """
    gc.unfreeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
