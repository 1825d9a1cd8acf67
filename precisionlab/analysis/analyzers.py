"""What an analyzer is: a frozen record around one pure function."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

from precisionlab.analysis.beside import Role
from precisionlab.analysis.costs import Cost
from precisionlab.analysis.definitions import Definition
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.rules import Rule
from precisionlab.checkpoints.model import TensorInfo

if TYPE_CHECKING:
    # Which imports what computes: a list of analyzers needs none of that.
    from precisionlab.analysis.tensors import Tensor


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of an analyzer that has none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A tensor and what an analyzer said of it."""

    tensor: "Tensor"
    """Its census and values were dropped and would be read anew."""
    result: Result

    @property
    def counts(self) -> bool:
        """Whether it belongs in totals: it was answered, and no other tensor owns the bytes."""
        return self.result.status is Status.DONE and self.tensor.info.shares_storage_with is None


@dataclass(frozen=True, slots=True)
class Answers(Sequence[Answer]):
    """What an analyzer said of all tensors, in order, and what it was not asked of."""

    given: Sequence[Answer]
    unmatched: Mapping[Role, tuple["Tensor", ...]] = field(default_factory=lambda: MappingProxyType({}))
    """What checkpoints beside have that is no tensor's; reading them is possible as long as all are told of."""

    @overload
    def __getitem__(self, index: int) -> Answer: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Answer]: ...
    def __getitem__(self, index: int | slice) -> Answer | Sequence[Answer]:
        """One of the answers, or several."""
        return self.given[index]

    def __len__(self) -> int:
        """How many tensors there are."""
        return len(self.given)


@dataclass(frozen=True, slots=True)
class Analyzer:
    """One question asked of every tensor, and perhaps of the whole checkpoint."""

    name: str
    """As in flags and configuration: lower case, one word."""
    question: str
    """What it answers, as a question."""
    analyze: Callable[["Tensor", Any], Result]
    """(tensor, options) -> result; pure, and deterministic under `options.seed` where it samples."""
    options: type[Any] = NoOptions
    """A frozen dataclass whose fields are all made by `option`."""
    rules: tuple[Rule, ...] = ()
    definitions: tuple[Definition, ...] = ()
    """What its measurements mean, one for each name."""
    summarize: Callable[[Answers, Any], Result] | None = None
    """(answers of all tensors, options) -> the checkpoint's own result, whose subject is None."""
    summarizes_skipped: bool = False
    """Whether it is asked for the checkpoint's own result where it skipped all tensors: some are told of together only."""
    by_default: bool = True
    """Whether it runs where no analyzers are named: for questions that cost no more than reading (see `runs_by_default`)."""
    reads_values: bool = False
    """Whether it asks for `values()`: the scan then reads a tensor into memory once for all."""
    reads_beside: frozenset[Role] = frozenset()
    """Which files beside the checkpoint it looks at (`Tensor.beside`)."""
    needs_beside: frozenset[Role] = frozenset()
    """Those of them without which it has nothing to say: it runs by default where they are given, and only there."""
    cost: Callable[[TensorInfo, Any], Cost] | None = None
    """(header, options) -> what one tensor is going to take; for questions that cost more than reading."""

    def runs_by_default(self, given: Collection[Role] = ()) -> bool:
        """Whether it runs where no analyzers are named, and these files beside the checkpoint are."""
        return self.by_default and self.needs_beside <= frozenset(given)
