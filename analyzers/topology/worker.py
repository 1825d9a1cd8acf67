"""The process that computes persistent homology: `python -P worker.py BYTES`, asked through pipes, killed when late.

It imports numpy and gudhi alone. A message is its length in eight bytes, then an array in numpy's `.npy` format. A request
is [dimension, prime] and the matrix of distances [n, n]; an answer is the number of diagrams and then each, [bars, 2] of
births and deaths, from dimension 0 on. The first message of all is an empty one: it is ready. It ends when its input
does, in the middle of a computation too, so that nothing is left behind where the one who asks is gone.
"""

import io
import os
import sys
import threading
from queue import SimpleQueue
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def send(stream: BinaryIO, array: Array) -> None:
    """Write a message."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    stream.write(content.tell().to_bytes(8, "little"))
    stream.write(content.getbuffer())
    stream.flush()


def receive(stream: BinaryIO) -> Array:
    """Read a message.

    Raises:
        EOFError: the stream ended.
    """
    length = int.from_bytes(exactly(stream, 8), "little")
    array: Array = np.load(io.BytesIO(exactly(stream, length)), allow_pickle=False)
    return array


def exactly(stream: BinaryIO, length: int) -> bytes:
    """So many bytes.

    Raises:
        EOFError: the stream ended.
    """
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content


def listen(stream: BinaryIO, requests: "SimpleQueue[tuple[Array, Array]]") -> None:
    """Queue what is asked; end the process when nobody can ask any more, or there is no memory for what is asked."""
    try:
        while True:
            requests.put((receive(stream), receive(stream)))
    finally:
        os._exit(0)


def limit_memory(n_bytes: int) -> None:
    """Let the process have no more address space than that, where the system can limit it."""
    try:
        import resource  # noqa: PLC0415 - POSIX has it

        resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))
    except (ImportError, OSError, ValueError):
        return


def answer(answers: BinaryIO, requests: "SimpleQueue[tuple[Array, Array]]") -> None:
    """Answer requests one after the other."""
    from gudhi.sklearn import RipsPersistence  # noqa: PLC0415 - while input is listened to already

    send(answers, np.zeros(0))
    while True:
        (dimension, prime), distances = requests.get()
        persistence = RipsPersistence(
            list(range(int(dimension) + 1)),
            input_type="full distance matrix",
            num_collapses=0,
            homology_coeff_field=int(prime),
        )
        diagrams = persistence.fit_transform([distances])[0]
        send(answers, np.array(len(diagrams)))
        for diagram in diagrams:
            send(answers, np.asarray(diagram, dtype=np.float64).reshape(-1, 2))


def main() -> None:
    """Listen and answer, until either cannot go on."""
    requests: SimpleQueue[tuple[Array, Array]] = SimpleQueue()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    threading.Thread(target=listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    limit_memory(int(sys.argv[1]))
    try:
        answer(answers, requests)
    finally:
        os._exit(1)  # the thread that listens would hold up an orderly end


if __name__ == "__main__":
    main()
