"""The findings of the `topology` analyzer."""

from collections.abc import Iterator, Sequence

from analyzers.topology.measuring import Figures
from analyzers.topology.options import Options
from analyzers.topology.reading import counted
from analyzers.topology.rules import DEAD, DUPLICATES, NEAR
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.roles import EMBEDDINGS, is_named

NAMED = 5
"""Points that are named."""


def judge(name: str, figures: Figures, options: Options) -> tuple[Finding, ...]:
    """Dead, equal and near points."""
    return (*dead(name, figures), *duplicates(name, figures), *near_duplicates(name, figures, options))


def dead(name: str, figures: Figures) -> Iterator[Finding]:
    """Points at 0."""
    found, what = figures.roll.dead, figures.points.what
    if len(found):
        is_table = what == "rows" and is_named(name, EMBEDDINGS)
        normal = "; padding tokens of an embedding have such rows" if is_table else ""
        message = (
            f"{len(found):,} of {counted(figures.points.n, what)} {'is' if len(found) == 1 else 'are'} all zeros "
            f"({listed(found.tolist())}){normal}"
        )
        yield finding(DEAD, name, message, dead=len(found), first=int(found[0]))


def duplicates(name: str, figures: Figures) -> Iterator[Finding]:
    """Points that repeat others."""
    found, what = figures.roll.duplicates, figures.points.what
    if len(found):
        pairs = [f"{index:,} = {figures.roll.first[index]:,}" for index in found[:NAMED]]
        more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
        verb = "repeats one" if len(found) == 1 else "repeat ones"
        message = f"{len(found):,} of {counted(figures.points.n, what)} {verb} before to the last bit ({', '.join(pairs)}{more})"
        yield finding(DUPLICATES, name, message, duplicates=len(found), first=int(found[0]))


def near_duplicates(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """Points that all but coincide with others."""
    linkage, what = figures.linkage, figures.points.what
    if linkage.near_pairs:
        pairs = [f"{one:,} and {other:,}" for one, other in linkage.near_pairs[:NAMED]]
        more = f" and {len(linkage.near_pairs) - NAMED:,} more" if len(linkage.near_pairs) > NAMED else ""
        message = (
            f"{linkage.n_near:,} of {counted(linkage.n_sampled, what)} looked at are closer to another than {options.near:g} of "
            f"the median nearest {figures.distance.value} distance: {', '.join(pairs)}{more}"
        )
        yield finding(NEAR, name, message, near_duplicates=linkage.n_near)


def listed(indices: Sequence[int]) -> str:
    """The first few, and how many more there are."""
    first = ", ".join(f"{index:,}" for index in indices[:NAMED])
    return f"{first} and {len(indices) - NAMED:,} more" if len(indices) > NAMED else first
