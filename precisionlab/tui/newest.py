"""A thread that always works on the newest of what it is given."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Newest(Generic[Job]):
    """What was given before and not begun is dropped: nobody wants it any more. A daemon: quitting never waits."""

    def __init__(self, name: str, work: Callable[[Job], None]) -> None:
        self._work = work
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def give(self, job: Job) -> None:
        """Work on this soon, instead of what waits."""
        self._jobs.put(job)

    def close(self) -> None:
        """Take no more."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._latest()) is not None:
            self._work(job)

    def _latest(self) -> Job | None:
        """The newest job, None where no more come; waits for one."""
        job = self._jobs.get()
        while job is not None:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
        return job
