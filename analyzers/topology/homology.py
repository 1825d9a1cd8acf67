"""Persistent homology of distances, computed in a process of its own under a deadline."""

import atexit
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from analyzers.topology import worker
from analyzers.topology.worker import receive, send
from precisionlab.errors import PrecisionlabError

Doubles = NDArray[np.float64]
Diagrams = tuple[Doubles, ...]
"""Of each dimension from 0 on: [bars, 2] births and deaths, of which the last in dimension 0 is infinite."""

MEMORY: int = 4 << 30
"""Bytes that the process may have: a complex that explodes takes gigabytes."""
STARTING_SECONDS = 60.0
"""In which it is there, on a machine with much else to do."""


class HomologyProcess:
    """A child that is asked again and again, killed when it takes too long, and started anew when it is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def diagrams(self, distances: Doubles, dimension: int, prime: int, seconds: float) -> Diagrams | None:
        """Vietoris-Rips persistence over the field of `prime` elements; None where time or memory was too short.

        Args:
            distances: [n, n], symmetric.
            dimension: the highest that is computed.
            prime: number of elements of the field of coefficients.
            seconds: until the process is killed.

        Raises:
            PrecisionlabError: the process cannot be started.
        """
        with self._lock:
            process = self._running()
            with Killing(process, seconds):
                try:
                    writer, reader = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
                    send(writer, np.array([dimension, prime]))
                    send(writer, distances)
                    return tuple(receive(reader) for _ in range(int(receive(reader))))
                except (EOFError, OSError):
                    self._end()
                    return None
                except BaseException:  # an answer that nobody waits for would be taken for the next one's
                    self._end()
                    raise

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    @property
    def pid(self) -> int | None:
        """Of the process that runs; None where there is none."""
        return self._process.pid if self._process else None

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        try:
            self._process = process = started()
            with Killing(process, STARTING_SECONDS):
                receive(cast("BinaryIO", process.stdout))
        except (EOFError, OSError) as error:
            self._end()
            raise PrecisionlabError(
                "topology",
                "the process that computes homology cannot be started",
                f"see that gudhi works: {Path(sys.executable).name} -c 'import gudhi.sklearn'",
            ) from error
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):  # what was not written yet cannot be any more
                cast("BinaryIO", stream).close()


class Killing:
    """A deadline within which a process is not killed."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self._timer = threading.Timer(seconds, process.kill)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def started() -> "subprocess.Popen[bytes]":
    """The process: our own interpreter on the file of the worker, with nothing of the folder it is in on its path."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter, without a shell
        [sys.executable, "-P", str(Path(worker.__file__).resolve()), str(MEMORY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        start_new_session=True,  # an interrupt from the keyboard is for us to tell it
    )


def environment() -> Mapping[str, str]:
    """One thread for libraries that would start more, each with memory of its own."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads}


@cache
def shared_process() -> HomologyProcess:
    """The one process of this program; it ends with it."""
    process = HomologyProcess()
    atexit.register(process.close)
    return process


class Deadline:
    """Time that the homology of one tensor may take, all attempts together."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def diagrams(self, distances: Doubles, dimension: int, prime: int, share: float = 1.0) -> Diagrams | None:
        """As of the shared process, in this share of the time that is left; None where there was too little."""
        seconds = (self._end - time.monotonic()) * share
        return shared_process().diagrams(distances, dimension, prime, seconds) if seconds > 0 else None
