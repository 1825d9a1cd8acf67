"""The checkpoint that another one is compared with: opened beside it, and what is said of the tensors for it."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.figures import Column, Table
from precisionlab.analysis.results import Measurement, Result, metric
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.reports.quantities import counted
from precisionlab.scanning.settings import Settings

if TYPE_CHECKING:
    from precisionlab.scanning.companions import Companions
    from precisionlab.tui.workbench import Answered

ONLY_HERE: Final = "+"
RESHAPED: Final = "≠"
SAME: Final = "="
MOST_LISTED: Final = 200
"""Tensors of the other checkpoint that are listed."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The other checkpoint, open until its files are closed."""

    path: str
    companions: "Companions"
    files: ExitStack
    notes: Mapping[str, str]
    """What headers tell: tensors that are only here, or of another shape there, by name."""
    only_there: tuple[TensorInfo, ...]

    def close(self) -> None:
        """Close its files."""
        self.files.close()

    def completed(self, answered: "Answered", analyzer: Analyzer) -> "Answered":
        """The answer; with what only the other checkpoint has, where it is one about both as a whole."""
        if answered.result.subject is not None or not compares(analyzer):
            return answered
        return replace(answered, result=with_only_there(answered.result, self))


def opened_reference(settings: Settings, tensors: Sequence[TensorInfo]) -> Reference:
    """The checkpoint that `settings.against` names, beside one of these tensors.

    Raises:
        UsageError: it cannot be opened, or has no tensor of any of their names.
    """
    from precisionlab.scanning.companions import opened  # noqa: PLC0415 - with it comes numpy: trees are shown before

    with ExitStack() as stack:
        try:
            companions = stack.enter_context(opened(Settings(against=settings.against)))
        except UsageError as error:  # which may name the flag of a command
            subject = "" if error.subject == f"--{Role.REFERENCE.value}" else error.subject
            raise UsageError(subject, error.problem, error.remedy) from None
        companions.check(tensors)
        (other,) = companions.all
        here = {info.name: info for info in tensors}
        only_there = tuple(info for name, info in other.tensors.items() if name not in here)
        notes = {name: note for name, info in here.items() if (note := header_note(info, other.tensors.get(name)))}
        return Reference(other.path, companions, stack.pop_all(), notes, only_there)


def header_note(here: TensorInfo, there: TensorInfo | None) -> str:
    """What headers tell of a tensor and its counterpart; empty where numbers must be looked at."""
    if there is None:
        return ONLY_HERE
    return RESHAPED if here.shape != there.shape else ""


def compares(analyzer: Analyzer) -> bool:
    """Whether an analyzer tells of differences from another checkpoint, and of nothing else."""
    return Role.REFERENCE in analyzer.needs_beside


def urgency(analyzer: Analyzer, given: Collection[Role]) -> int:
    """Where an analyzer stands among others: what compares first, where there is something to compare with, then what runs unasked."""
    if compares(analyzer) and Role.REFERENCE in given:
        return 0
    return 1 if analyzer.runs_by_default(given) else 2


def notes_in(results: Iterable[Result]) -> Mapping[str, str]:
    """How much tensors differ, by name, from the results of an analyzer that compares."""
    found = ((result.subject, note_of(result)) for result in results)
    return {subject: note for subject, note in found if subject is not None and note}


def note_of(result: Result) -> str:
    """`=` for the same bytes, else the relative difference, `1.2e-03`; empty where there is none."""
    values = result.values
    if values.get("same_bytes"):
        return SAME
    relative = float(values.get("relative_difference", math.nan))
    return "" if math.isnan(relative) else f"{relative:.1e}" if relative else "0"


def with_only_there(result: Result, reference: Reference) -> Result:
    """The result about both checkpoints, with the tensors that only the other one has."""
    number = Measurement(metric("tensors_only_there", "tensors"), len(reference.only_there))
    listed = (table_of(reference.only_there),) if reference.only_there else ()
    figures = (*result.figures[:1], *listed, *result.figures[1:])  # after the counts of all other kinds
    return replace(result, measurements=(*result.measurements, number), figures=figures)


def table_of(only_there: Sequence[TensorInfo]) -> Table:
    """The tensors that only the other checkpoint has, or the first of them."""
    cut = f" (the first {MOST_LISTED})" if len(only_there) > MOST_LISTED else ""
    rows = tuple((printable(one.name), one.dtype, str(list(one.shape))) for one in only_there[:MOST_LISTED])
    title = f"{counted(len(only_there), 'tensor')} only in the other checkpoint{cut}"
    return Table(title, (Column("tensor"), Column("type"), Column("shape")), rows)
