"""Which tensors of two checkpoints belong together: by their names, by what was put before them, and by their numbers.

Tensors of one name belong together. Of those that are left on both sides

1. names that differ by a constant beginning belong together, as after `model.` or `module.` was added or dropped:
   at least two pairs, or all that are left on one side, show the same beginning, and have one shape each;
2. then those of one shape whose numbers are the same or near, as a sample of each tells (see `nearness`);
3. then those whose names differ by what two of these pairs replaced: at the beginning, or one part by another.

What may be paired in several ways is paired in none. Codes, which have scales beside them, and numbers are told apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from precisionlab.analysis.name_parts import SEPARATOR, beginnings
from precisionlab.analysis.quantized_layers import are_codes, parts_in
from precisionlab.checkpoints import FileReader, TensorInfo
from precisionlab.scanning.nearness import near

MOST_PARTS: Final = 16
"""Of a name's beginning that are tried."""
LEAST_VOTES: Final = 2
"""Pairs that show a change of beginnings, before it is believed."""

Tensors = dict[str, TensorInfo]
"""By name."""


@dataclass(frozen=True, slots=True)
class Change:
    """What names here begin with, and what they begin with there instead."""

    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Counterparts:
    """What tensors are called there, by their names here."""

    names: Mapping[str, str]
    coded: Mapping[str, str]
    """Of those of which one holds codes and the other one numbers."""


def counterparts(here: Sequence[TensorInfo], there: Sequence[TensorInfo], reader: FileReader) -> Counterparts:
    """Which tensors belong together; for what is read see `other_names`."""
    by_name = {info.name: info for info in there}
    names = {**{info.name: info.name for info in here if info.name in by_name}, **other_names(here, there, reader)}
    met = set(names.values())
    parts_here = parts_in(info for info in here if info.name not in names)
    parts_there = parts_in(info for info in there if info.name not in met)
    pairs = ((info, by_name[names[info.name]]) for info in here if info.name in names)
    coded = {
        own.name: other.name
        for own, other in pairs
        if are_codes(own, other, parts_here) or are_codes(other, own, parts_there)
    }
    return Counterparts({name: other for name, other in names.items() if name not in coded}, coded)


def other_names(here: Sequence[TensorInfo], there: Sequence[TensorInfo], reader: FileReader) -> Mapping[str, str]:
    """The names there of tensors that have another name there, by their names here.

    Nothing is read where all names of one side are met. Otherwise a kilobyte or so of each tensor that is left.
    """
    known_here, known_there = ({info.name for info in infos} for infos in (here, there))
    left_here = {info.name: info for info in here if info.name not in known_there}
    left_there = {info.name: info for info in there if info.name not in known_here}
    found: dict[str, str] = {}
    take(found, by_added_beginning(left_here, left_there), left_here, left_there)
    if left_here and left_there:
        take(found, near(left_here.values(), left_there.values(), reader), left_here, left_there)
        take(found, by_replaced_beginning(found, left_here, left_there), left_here, left_there)
        take(found, by_replaced_parts(found, left_here, left_there), left_here, left_there)
    return found


def take(found: dict[str, str], pairs: Mapping[str, str], here: Tensors, there: Tensors) -> None:
    """Note pairs of names, and leave out what they name."""
    found.update(pairs)
    for one, other in pairs.items():
        del here[one], there[other]


def by_added_beginning(here: Tensors, there: Tensors) -> Mapping[str, str]:
    """Pairs of which one name is the other one after a beginning that others have, too."""
    pairs = defaultdict[Change, list[tuple[str, str]]](list)
    for name in here:
        for beginning, ending in partings(name):
            if ending in there:
                pairs[Change(beginning, "")].append((name, ending))
    for name in there:
        for beginning, ending in partings(name):
            if ending in here:
                pairs[Change("", beginning)].append((ending, name))
    votes = {change: sum(here[a].shape == there[b].shape for a, b in some) for change, some in pairs.items()}
    enough = min(LEAST_VOTES, len(here), len(there))
    return unambiguous(
        (*pair, votes[change]) for change, some in pairs.items() if votes[change] >= enough for pair in some
    )


def partings(name: str) -> Iterator[tuple[str, str]]:
    """A name's beginnings of whole parts, each with what is left."""
    place = 0
    for _ in range(MOST_PARTS):
        place = name.find(SEPARATOR, place) + 1
        if not 0 < place < len(name):
            return
        yield name[:place], name[place:]


def unambiguous(weighed: Iterable[tuple[str, str, int]]) -> Mapping[str, str]:
    """Of pairs of names, each with a weight: those that weigh more than any other pair of either name."""
    pairs = tuple(weighed)
    most = Counter[tuple[int, str]]()
    times = Counter[tuple[int, str, int]]()
    for *names, weight in pairs:
        for side, name in enumerate(names):
            most[side, str(name)] = max(most[side, str(name)], weight)
            times[side, str(name), weight] += 1
    return {
        here: there
        for here, there, weight in pairs
        if all(most[key] == weight and times[*key, weight] == 1 for key in ((0, here), (1, there)))
    }


def by_replaced_beginning(found: Mapping[str, str], here: Tensors, there: Tensors) -> Mapping[str, str]:
    """Pairs of one shape whose names differ as those of several pairs that were found do."""
    votes = Counter(Change(*beginnings(*names)) for names in found.items())
    likely = [change for change, n_votes in votes.items() if n_votes >= LEAST_VOTES]
    return unambiguous(
        (name, replaced, votes[change])
        for change in likely
        for name, info in here.items()
        if name.startswith(change.here)
        and (replaced := change.there + name[len(change.here) :]) in there
        and there[replaced].shape == info.shape
    )


def by_replaced_parts(found: Mapping[str, str], here: Tensors, there: Tensors) -> Mapping[str, str]:
    """Pairs of one shape whose names are the same once parts are replaced as in the pairs that were found, if always so."""
    replaced = defaultdict[str, Counter[str]](Counter)
    for one, other in found.items():
        parts = one.split(SEPARATOR), other.split(SEPARATOR)
        if len(parts[0]) == len(parts[1]):
            for part, instead in zip(*parts, strict=True):
                replaced[part][instead] += 1
    certain = {
        part: next(iter(times)) for part, times in replaced.items() if len(times) == 1 and times.total() >= LEAST_VOTES
    }
    renamed = ((name, SEPARATOR.join(certain.get(part, part) for part in name.split(SEPARATOR))) for name in here)
    return unambiguous(
        (name, other, 1) for name, other in renamed if other in there and there[other].shape == here[name].shape
    )
