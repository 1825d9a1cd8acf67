"""Differences over a whole checkpoint: which tensors changed, by how much, and which most."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from analyzers.difference.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.figures import Axis, Bars, Cell, Column, Figure, Table
from precisionlab.analysis.results import Measurement, Result, Scalar, Status, metric
from precisionlab.escaping import printable

BIN: Final = 0.5
"""Decades of relative difference that are counted together."""
COLUMNS = (
    Column("tensor"),
    Column("relative difference"),
    Column("changed", "share"),
    Column("largest difference"),
    Column("what happened"),
)
EXPLAINED = {"here": "rounded to", "there": "the others are rounded to", "both": "the same in"}


class Kind(Enum):
    """How a tensor differs, in the words of the table."""

    SAME = "the same bytes"
    EQUAL = "the same numbers in another type"
    CHANGED = "changed"
    UNCOMPARED = "another shape, or complex against real"
    ONLY_HERE = "only here"


@dataclass(frozen=True, slots=True)
class Compared:
    """A tensor that was looked at, and what was measured of it, by key."""

    name: str
    types: str
    """Both, where they differ."""
    values: Mapping[str, Scalar]

    @property
    def kind(self) -> Kind:
        """How it differs."""
        if self.values["same_bytes"]:
            return Kind.SAME
        if "relative_difference" not in self.values:
            return Kind.UNCOMPARED
        return Kind.CHANGED if self.values["changed"] else Kind.EQUAL

    @property
    def relative(self) -> float:
        """The norm of the difference over that of the other tensor."""
        return float(self.values["relative_difference"])

    def row(self) -> tuple[Cell, ...]:
        """Under `COLUMNS`."""
        keys = ("relative_difference", "changed_share", "largest_difference")
        own = (self.values[key] for key in keys)
        happened = "; ".join(filter(None, (self.explanation(), self.types)))
        return printable(self.name), *own, happened

    def explanation(self) -> str:
        """The cast that explains the difference; empty where none does."""
        for key, format_ in self.values.items():
            way = key.removeprefix("explained_by_cast[way=").partition(",")[0]
            if way in EXPLAINED:
                return f"{EXPLAINED[way]} {format_}"
        return ""


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """How many tensors differ and how, the difference of all numbers together, and the tensors that changed most."""
    compared = [compared_of(answer) for answer in answers if answer.counts]
    n_only_here = sum(is_only_here(answer) for answer in answers)
    kinds = Counter({Kind.ONLY_HERE: n_only_here, **Counter(one.kind for one in compared)})
    changed = [one for one in compared if one.kind is Kind.CHANGED]
    return Result(
        "difference",
        None,
        measurements=tuple(totals(kinds, compared)),
        figures=tuple(draw(kinds, changed, options)),
    )


def compared_of(answer: Answer) -> Compared:
    """What was measured of a tensor."""
    here, there = answer.tensor.info, answer.tensor.beside[Role.REFERENCE].info
    types = "" if here.dtype == there.dtype else f"{here.dtype}, there {there.dtype}"
    return Compared(here.name, types, answer.result.values)


def is_only_here(answer: Answer) -> bool:
    """Whether a tensor was left out since the other checkpoint has none of its name."""
    return answer.result.status is Status.SKIPPED and Role.REFERENCE not in answer.tensor.beside


def totals(kinds: Mapping[Kind, int], compared: Sequence[Compared]) -> Iterator[Measurement]:
    """Of the whole checkpoint."""
    norms = [one.values for one in compared if "relative_difference" in one.values]
    difference = math.hypot(*(float(one["difference_norm"]) for one in norms))
    reference = math.hypot(*(float(one["reference_norm"]) for one in norms))
    yield Measurement(metric("relative_difference"), ratio(difference, reference))
    for kind in Kind:
        yield Measurement(metric(f"tensors_{kind.name.lower()}", "tensors"), kinds[kind])
    yield Measurement(metric("changed", "numbers"), sum(int(one["changed"]) for one in norms))
    yield Measurement(metric("numbers", "numbers"), sum(int(one["numbers"]) for one in norms))


def ratio(part: float, whole: float) -> float:
    """One over the other; 0 over 0 is 0, anything else infinite."""
    return part / whole if whole else math.inf if part else 0.0


def draw(kinds: Mapping[Kind, int], changed: Sequence[Compared], options: Options) -> Iterator[Figure]:
    """Tensors by how they differ, those that changed most, and all by their relative difference."""
    rows = tuple((kind.value, kinds[kind]) for kind in Kind if kinds[kind])
    yield Table("Tensors by how they differ", (Column("tensors"), Column("how many")), rows)
    if changed:
        worst = sorted(changed, key=lambda one: -one.relative)[: options.named]
        yield Table("Tensors that changed most", COLUMNS, tuple(one.row() for one in worst))
    relative = [one.relative for one in changed if 0 < one.relative < math.inf]
    if len(relative) > 1:
        yield relative_bars(relative)


def relative_bars(relative: Sequence[float]) -> Bars:
    """Changed tensors by the power of ten of their relative difference."""
    bins = Counter(math.floor(math.log10(one) / BIN) for one in relative)
    first, last = min(bins), max(bins)
    heights = tuple(float(bins[i]) for i in range(first, last + 1))
    x = Axis("relative difference", "log10")
    return Bars("Changed tensors by relative difference", x, Axis("tensors"), first * BIN, BIN, heights)
