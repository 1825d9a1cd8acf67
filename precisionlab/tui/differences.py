"""The checkpoint that another one is compared with: opened beside it, and what is said of the tensors for it."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Result
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.scanning.settings import Settings

if TYPE_CHECKING:
    from precisionlab.scanning.companions import Companions

ONLY_HERE: Final = "+"
RESHAPED: Final = "≠"
SAME: Final = "="


@dataclass(frozen=True, slots=True)
class Reference:
    """The other checkpoint, open until its files are closed."""

    path: str
    companions: "Companions"
    files: ExitStack
    notes: Mapping[str, str]
    """What headers tell: tensors that are only here, or of another shape there, by name."""

    def close(self) -> None:
        """Close its files."""
        self.files.close()


def opened_reference(settings: Settings, tensors: Sequence[TensorInfo]) -> Reference:
    """The checkpoint that `settings.against` names, beside one of these tensors.

    Raises:
        UsageError: it cannot be opened, or has no counterpart of any of them.
    """
    from precisionlab.scanning.companions import opened  # noqa: PLC0415 - with it comes numpy: trees are shown before

    with ExitStack() as stack:
        companions = stack.enter_context(opened(Settings(against=settings.against))).matched(tensors)
        companions.check(tensors)
        (other,) = companions.all
        coded = {name: one.there for name, one in other.coded.items()}
        pairs = ((info, coded.get(info.name) or other.match(info.name)) for info in tensors)
        notes = {here.name: note for here, there in pairs if (note := header_note(here, there))}
        return Reference(other.path, companions, stack.pop_all(), notes)


def header_note(here: TensorInfo, there: TensorInfo | None) -> str:
    """What headers tell of a tensor and its counterpart; empty where numbers must be looked at."""
    if there is None:
        return ONLY_HERE
    return RESHAPED if here.shape != there.shape else ""


def compares(analyzer: Analyzer) -> bool:
    """Whether an analyzer tells of differences from another checkpoint, and of nothing else."""
    return Role.REFERENCE in analyzer.needs_beside


def urgency(analyzer: Analyzer, given: Collection[Role]) -> int:
    """Where an analyzer stands among others: what compares unasked first, then what else runs unasked, then what is named."""
    if not analyzer.runs_by_default(given):
        return 2
    return 0 if compares(analyzer) else 1


def notes_in(results: Iterable[Result]) -> Mapping[str, str]:
    """How much tensors differ, by name, from the results of an analyzer that compares."""
    found = ((result.subject, note_of(result)) for result in results)
    return {subject: note for subject, note in found if subject is not None and note}


def note_of(result: Result) -> str:
    """`=` for the same bytes, else the relative difference, `1.2e-03`; empty where there is none of all numbers."""
    values = result.values
    if not values.get("same_shape", True):
        return ""
    if values.get("same_bytes"):
        return SAME
    relative = float(values.get("relative_difference", math.nan))
    return "" if math.isnan(relative) else f"{relative:.1e}" if relative else "0"
