"""The one loop: tensors outside, analyzers inside, every byte read once."""

from collections.abc import Callable, Generator, Iterator, Sequence

from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.census.devices import backend_of
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import MadeAhead, Tensor, TensorTooLargeError
from precisionlab.checkpoints import FileReader, TensorInfo
from precisionlab.errors import PrecisionlabError
from precisionlab.escaping import printable
from precisionlab.scanning.checking import checked_result
from precisionlab.scanning.events import BytesRead, Event, ResultReady
from precisionlab.scanning.reading_ahead import FailedTensor, PendingTensor, ReadAhead
from precisionlab.scanning.settings import Selected, Settings

TICK_SECONDS = 0.1
"""How often a listener hears how far reading is."""


def run(infos: Sequence[TensorInfo], analyzers: Sequence[Selected], settings: Settings) -> Generator[Event]:
    """Ask every analyzer of every tensor, then of all of them together. Closing the generator stops the work.

    An analyzer that raises, or a tensor that cannot be read, costs its own result only.
    """
    backend = backend_of(settings.device)
    holds = any(selected.analyzer.reads_values for selected in analyzers)
    hold_up_to = settings.memory_bytes if holds else 0
    answers: dict[str, list[Answer]] = {selected.analyzer.name: [] for selected in analyzers}
    with FileReader() as reader, ReadAhead(reader, backend, threads=settings.n_threads, hold_up_to=hold_up_to) as ahead:
        for pending in ahead.tensors(infos):
            while not pending.wait(TICK_SECONDS):
                yield BytesRead(ahead.n_bytes_read)
            for given in answers_about(pending, reader, analyzers, settings):
                answers[given.result.analyzer].append(given)
                yield ResultReady(settings.kept(given.result))
            yield BytesRead(ahead.n_bytes_read)
        for selected in analyzers:
            if summarizes(selected, answers[selected.analyzer.name]):
                yield ResultReady(settings.kept(summary(selected, answers[selected.analyzer.name])))


def answers_about(
    pending: PendingTensor | FailedTensor, reader: FileReader, analyzers: Sequence[Selected], settings: Settings
) -> Iterator[Answer]:
    """What each analyzer says of the tensor; afterwards its bytes and its census are let go."""
    made = outcome_of(pending)
    made_ahead = made if isinstance(made, MadeAhead) else None
    tensor = Tensor(
        pending.info, reader, device=settings.device, memory_bytes=settings.memory_bytes, made_ahead=made_ahead
    )
    for selected in analyzers:
        yield Answer(tensor, unread(selected, tensor, made) if isinstance(made, str) else answer(selected, tensor))
    tensor.forget()
    pending.forget()


def outcome_of(pending: PendingTensor | FailedTensor) -> MadeAhead | str:
    """What reading ahead gave, or why the tensor cannot be counted."""
    try:
        return pending.outcome()
    except Exception as error:  # noqa: BLE001 - whatever one tensor does to the counting, the others are counted
        return described(error)


def answer(selected: Selected, tensor: Tensor) -> Result:
    """The analyzer's result for the tensor, whatever it raises."""
    return guarded(selected, tensor.info.name, lambda: selected.analyzer.analyze(tensor, selected.options))


def unread(selected: Selected, tensor: Tensor, cause: str) -> Result:
    """The result for a tensor that could not be read."""
    return Result(selected.analyzer.name, tensor.info.name, Status.FAILED, cause)


def summarizes(selected: Selected, answers: Sequence[Answer]) -> bool:
    """Whether there is anything to say of the whole: not where no tensor was analysed."""
    has_answers = any(given.result.status is Status.DONE for given in answers)
    return has_answers and selected.analyzer.summarize is not None


def summary(selected: Selected, answers: Sequence[Answer]) -> Result:
    """The analyzer's result for the whole checkpoint, whatever it raises."""
    summarize = selected.analyzer.summarize
    assert summarize is not None  # noqa: S101 - for the type checker; the caller looked
    return guarded(selected, None, lambda: summarize(answers, selected.options))


def guarded(selected: Selected, subject: str | None, ask: Callable[[], object]) -> Result:
    """What the analyzer says, checked; a result that says so where it skips, raises or talks nonsense."""
    name = selected.analyzer.name
    try:
        return checked_result(ask(), name, subject)
    except TensorTooLargeError as error:
        return Result(name, subject, Status.SKIPPED, str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - anybody's code may raise anything
        return Result(name, subject, Status.FAILED, described(error))


def described(error: BaseException) -> str:
    """What went wrong, on one line; our own errors say it themselves."""
    if isinstance(error, PrecisionlabError):
        return str(error)
    text = printable(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
