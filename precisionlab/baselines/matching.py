"""Which checkpoint and which finding of one report is which of another."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from precisionlab.analysis.identities import Identity, aspects, checkpoint_name, identity
from precisionlab.analysis.report import CheckpointReport
from precisionlab.analysis.results import Finding

T = TypeVar("T")


def counterparts(
    checkpoints: Sequence[CheckpointReport], earlier: Sequence[CheckpointReport]
) -> tuple[CheckpointReport | None, ...]:
    """For each checkpoint the earlier one that it is: of the same path, else of the same name, else the only one.

    A name counts where one checkpoint alone of each side, of those without the same path, has it.
    """
    if len(checkpoints) == len(earlier) == 1:
        return tuple(earlier)
    by_path = pairs_by(lambda one: one.path, checkpoints, earlier)
    left = [i for i in range(len(checkpoints)) if i not in by_path]
    unmet = [i for i in range(len(earlier)) if i not in by_path.values()]
    by_name = unique_pairs(
        {i: checkpoint_name(checkpoints[i].path) for i in left}, {i: checkpoint_name(earlier[i].path) for i in unmet}
    )
    found = {i: earlier[j] for i, j in (by_path | by_name).items()}
    return tuple(found.get(i) for i in range(len(checkpoints)))


def unique_pairs(names: dict[int, str], earlier: dict[int, str]) -> dict[int, int]:
    """Places of equal names that each side has once."""
    counts, earlier_counts = Counter(names.values()), Counter(earlier.values())
    places = {name: i for i, name in earlier.items() if earlier_counts[name] == 1}
    return {i: places[name] for i, name in names.items() if counts[name] == 1 and name in places}


def paired_findings(findings: Sequence[Finding], earlier: Sequence[Finding]) -> Mapping[int, int]:
    """Places of findings of a checkpoint, each with the place of the earlier one that it is.

    Findings with one identity are paired by what they have in common: all evidence, then the texts in it,
    then the identity alone (the format that loses most may be another one now). The order is no matter.
    """
    newer, older = by_likeness(findings), by_likeness(earlier)
    pairs: dict[int, int] = {}
    for likeness in (everything, wording, identity):
        met = pairs_by(likeness, [findings[i] for i in newer], [earlier[j] for j in older])
        pairs |= {newer[i]: older[j] for i, j in met.items()}
        newer = [i for i in newer if i not in pairs]
        taken = set(pairs.values())
        older = [j for j in older if j not in taken]
    return pairs


def by_likeness(findings: Sequence[Finding]) -> list[int]:
    """Places of the findings in an order that does not depend on where they stand."""
    return sorted(range(len(findings)), key=lambda i: settled(findings[i]))


def pairs_by(key: Callable[[T], Hashable], ones: Sequence[T], others: Sequence[T]) -> dict[int, int]:
    """Places of elements with equal keys: the first with the first, the second with the second, and so on."""
    waiting: dict[Hashable, list[int]] = {}
    for j in reversed(range(len(others))):
        waiting.setdefault(key(others[j]), []).append(j)
    keys = (key(one) for one in ones)
    return {i: waiting[it].pop() for i, it in enumerate(keys) if waiting.get(it)}


def wording(finding: Finding) -> tuple[Identity, tuple[tuple[str, str], ...]]:
    """Its identity and the texts in its evidence."""
    return identity(finding), tuple(aspects(finding).items())


def everything(finding: Finding) -> tuple[Identity, str]:
    """Its identity and all evidence."""
    return identity(finding), repr(sorted(finding.evidence.items(), key=lambda entry: entry[0]))


def settled(finding: Finding) -> tuple[int, str, str]:
    """What findings are ordered by, wherever they stood."""
    return -finding.severity, finding.message, everything(finding)[1]
