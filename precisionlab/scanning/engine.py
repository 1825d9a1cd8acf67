"""The one loop: tensors outside, analyzers inside, every byte read once."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from precisionlab.analysis.census.devices import backend_of
from precisionlab.analysis.tensors import MadeAhead, Tensor
from precisionlab.checkpoints import FileReader, TensorInfo
from precisionlab.scanning.asking import Respondent, described
from precisionlab.scanning.companions import NONE, Companions
from precisionlab.scanning.events import BytesRead, Event, ResultReady
from precisionlab.scanning.reading_ahead import FailedTensor, PendingTensor, ReadAhead
from precisionlab.scanning.settings import Selected, Settings

TICK_SECONDS = 0.1
"""How often a listener hears how far reading is."""


@dataclass(frozen=True, slots=True)
class Read:
    """A tensor whose turn it is; its bytes and its census are let go once the next one is asked for."""

    tensor: Tensor
    cause: str
    """Why it could not be read; empty where it was."""


def run(
    infos: Sequence[TensorInfo],
    analyzers: Sequence[Selected],
    settings: Settings,
    companions: Companions = NONE,
    reader: FileReader | None = None,
) -> Generator[Event]:
    """Ask every analyzer of every tensor, then of all of them together. Closing the generator stops the work.

    An analyzer that raises, or a tensor that cannot be read, costs its own result only.

    Args:
        infos: which tensors.
        analyzers: with their options.
        settings: with what means.
        companions: what other files say of the tensors; matched with all of the checkpoint's (see `Companions.matched`).
        reader: reads them, and is closed in the end. Who closes it before, from another thread, makes every
            further read fail: an analyzer that is still at it then comes to an end.
    """
    holds = any(selected.analyzer.reads_values for selected in analyzers)
    respondents = [Respondent(selected) for selected in analyzers]
    with reader or FileReader() as reading:
        with closing(tensors(infos, reading, settings, companions, holds=holds)) as events:
            for event in events:
                if isinstance(event, BytesRead):
                    yield event
                    continue
                tensor, cause = event.tensor, event.cause
                for respondent in respondents:
                    begun = time.perf_counter()
                    answer = respondent.unread(tensor, cause) if cause else respondent.answer(tensor)
                    yield ResultReady(settings.kept(answer), time.perf_counter() - begun)
        unmatched = companions.unmatched(reading, settings)
        for respondent in respondents:  # which may read tensors once more
            begun = time.perf_counter()
            for summary in respondent.summary(unmatched):
                yield ResultReady(settings.kept(summary), time.perf_counter() - begun)


def tensors(
    infos: Sequence[TensorInfo], reader: FileReader, settings: Settings, companions: Companions = NONE, *, holds: bool
) -> Generator[BytesRead | Read]:
    """The tensors in order, some ahead already being counted, and how far reading is.

    Args:
        infos: which.
        reader: reads them, now and as long as it is open.
        settings: with what means.
        companions: what other files say of them.
        holds: whether values will be asked for: tensors that fit into the memory are then read once.
    """
    backend = backend_of(settings.device)
    hold_up_to = settings.memory_bytes if holds else 0
    with ReadAhead(reader, backend, threads=settings.n_threads, hold_up_to=hold_up_to) as ahead:
        for pending in ahead.tensors(infos):
            while not pending.wait(TICK_SECONDS):
                yield BytesRead(ahead.n_bytes_read)
            made = outcome_of(pending)
            tensor = Tensor(
                pending.info,
                reader,
                device=settings.device,
                memory_bytes=settings.memory_bytes,
                threads=settings.n_threads,
                made_ahead=made if isinstance(made, MadeAhead) else None,
                beside=companions.beside(pending.info, reader, settings),
                others=companions.others_of(pending.info, reader, settings),
                as_numbers=companions.as_numbers(pending.info, reader, settings),
            )
            yield Read(tensor, made if isinstance(made, str) else "")
            tensor.forget()
            pending.forget()
            yield BytesRead(ahead.n_bytes_read)


def outcome_of(pending: PendingTensor | FailedTensor) -> MadeAhead | str:
    """What reading ahead gave, or why the tensor cannot be counted."""
    try:
        return pending.outcome()
    except Exception as error:  # noqa: BLE001 - whatever one tensor does to the counting, the others are counted
        return described(error)
