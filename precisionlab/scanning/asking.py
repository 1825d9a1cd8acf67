"""Asking analyzers, whoever wrote them: whatever one does, its answer is a result."""

from collections.abc import Callable, Mapping, Sequence

from precisionlab.analysis.analyzers import Answer, Answers
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor, TensorTooLargeError
from precisionlab.errors import PrecisionlabError
from precisionlab.escaping import printable
from precisionlab.scanning.checking import Checker
from precisionlab.scanning.settings import Selected


class Respondent:
    """An analyzer that is asked of one tensor after the other, and in the end of all of them."""

    def __init__(self, selected: Selected) -> None:
        self._analyzer = selected.analyzer
        self._options = selected.options
        self._checker = Checker()
        self._answers: list[Answer] = []

    def answer(self, tensor: Tensor) -> Result:
        """The analyzer's result for the tensor."""
        return self._noted(
            tensor, self._guarded(tensor.info.name, lambda: self._analyzer.analyze(tensor, self._options))
        )

    def unread(self, tensor: Tensor, cause: str) -> Result:
        """The result for a tensor that could not be read."""
        return self._noted(tensor, Result(self._analyzer.name, tensor.info.name, Status.FAILED, cause))

    def summary(self, unmatched: Mapping[Role, tuple[Tensor, ...]]) -> Sequence[Result]:
        """The analyzer's result for the whole checkpoint; none where it has nothing to say, as where it never answered.

        `unmatched` is what checkpoints beside have that is no tensor's.
        """
        summarize = self._analyzer.summarize
        telling = {Status.DONE, Status.SKIPPED} if self._analyzer.summarizes_skipped else {Status.DONE}
        if summarize is None or not any(given.result.status in telling for given in self._answers):
            return ()
        answers = Answers(self._answers, unmatched)
        return (self._guarded(None, lambda: summarize(answers, self._options)),)

    def _noted(self, tensor: Tensor, result: Result) -> Result:
        self._answers.append(Answer(tensor, result))
        return result

    def _guarded(self, subject: str | None, ask: Callable[[], object]) -> Result:
        """What the analyzer says; a result that says so where it skips, raises or talks nonsense."""
        name = self._analyzer.name
        try:
            return self._checker.checked(ask(), name, subject)
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
