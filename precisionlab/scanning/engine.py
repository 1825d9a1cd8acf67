"""The one loop: tensors outside, analyzers inside, every byte read once."""

from collections.abc import Generator, Sequence

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


def run(
    infos: Sequence[TensorInfo], analyzers: Sequence[Selected], settings: Settings, companions: Companions = NONE
) -> Generator[Event]:
    """Ask every analyzer of every tensor, then of all of them together. Closing the generator stops the work.

    An analyzer that raises, or a tensor that cannot be read, costs its own result only.
    """
    backend = backend_of(settings.device)
    holds = any(selected.analyzer.reads_values for selected in analyzers)
    hold_up_to = settings.memory_bytes if holds else 0
    respondents = [Respondent(selected) for selected in analyzers]
    with FileReader() as reader, ReadAhead(reader, backend, threads=settings.n_threads, hold_up_to=hold_up_to) as ahead:
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
            )
            for respondent in respondents:
                result = respondent.unread(tensor, made) if isinstance(made, str) else respondent.answer(tensor)
                yield ResultReady(settings.kept(result))
            tensor.forget()
            pending.forget()
            yield BytesRead(ahead.n_bytes_read)
        for respondent in respondents:
            yield from (ResultReady(settings.kept(result)) for result in respondent.summary())


def outcome_of(pending: PendingTensor | FailedTensor) -> MadeAhead | str:
    """What reading ahead gave, or why the tensor cannot be counted."""
    try:
        return pending.outcome()
    except Exception as error:  # noqa: BLE001 - whatever one tensor does to the counting, the others are counted
        return described(error)
