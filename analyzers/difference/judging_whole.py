"""Which rules fire for two checkpoints as a whole, and what they say."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from analyzers.difference import rules
from analyzers.difference.compared import Comparison, Kind
from analyzers.difference.listing import MOST_NAMED, in_words
from analyzers.difference.tied import ComeApart
from precisionlab.analysis.name_parts import beginnings, pattern_of
from precisionlab.analysis.quantized_layers import Quantized
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import agreeing, listed, part_of, percentage
from precisionlab.escaping import printable

HERE, THERE = "here", "in the other checkpoint"


def judge_whole(comparison: Comparison, apart: Sequence[ComeApart]) -> tuple[Finding, ...]:
    """Every finding about both checkpoints, in the order of the rules' codes."""
    return (
        *judge_unchanged(comparison),
        *judge_tied(apart),
        *judge_names(comparison),
        *judge_casts(comparison),
        *judge_dequantized([one.name for one in comparison.of(Kind.DEQUANTIZED) if one.is_coded_here], HERE),
        *judge_dequantized([one.name for one in comparison.of(Kind.DEQUANTIZED) if not one.is_coded_here], THERE),
        *judge_quantized(comparison.quantized_here, HERE),
        *judge_quantized(comparison.quantized_there, THERE),
    )


def judge_unchanged(comparison: Comparison) -> Iterator[Finding]:
    """Tensors that are the same while most others changed."""
    same, changed = comparison.of(Kind.SAME), comparison.of(Kind.CHANGED, Kind.DEQUANTIZED)
    if not same or len(same) >= len(changed):
        return
    n_elements, n_others = (sum(one.here.info.n_elements for one in some) for some in (same, changed))
    share = n_elements / max(1, n_elements + n_others)
    told = part_of(len(same), len(same) + len(changed), "tensor")
    names = in_words(one.name for one in same)
    message = f"{told} did not change, {percentage(share)} of the elements: {names}"
    yield finding(rules.UNCHANGED, None, message, tensors=len(same), elements=n_elements)


def judge_tied(apart: Sequence[ComeApart]) -> Iterator[Finding]:
    """Tensors that were one."""
    for one in apart:
        message = f"it differs from {printable(one.one)}: {one.how}"
        yield finding(rules.COME_APART, one.other, message, tied_to=one.one)


def judge_names(comparison: Comparison) -> Iterator[Finding]:
    """Tensors of another name."""
    names = [(one.name, one.there.info.name) for one in comparison.pairs if one.is_renamed]
    if not names:
        return
    told = part_of(len(names), len(comparison.pairs), "tensor")
    message = f"{told} {agreeing(len(names), 'has', 'have')} another name in the other checkpoint: {how_renamed(names)}"
    yield finding(rules.RENAMED, None, message, tensors=len(names))


def how_renamed(names: Sequence[tuple[str, str]]) -> str:
    """What all have in common, or the first of them, as a clause."""
    here, there = names[0]
    changes = {beginnings(*pair) for pair in names}
    if len(changes) > 1:
        return f"{printable(here)} is {printable(there)} there, and so on"
    added, dropped = changes.pop()
    if added and dropped:
        one, other = (added, dropped) if len(names) > 1 else (here, there)
        return f"{printable(one)} is {printable(other)} there"
    whose = agreeing(len(names), "its name", "their names")
    return f"{printable(added or dropped)} stands before {whose} only {'here' if added else 'there'}"


def judge_casts(comparison: Comparison) -> Iterator[Finding]:
    """Tensors of one kind, of one type there, and of several here."""
    uneven = {name: types for name, types in types_by_pattern(comparison).items() if len(types) > 1}
    if not uneven:
        return
    told = [f"{printable(name)}: {types_in_words(types)}" for name, types in list(uneven.items())[:MOST_NAMED]]
    rest = len(uneven) - len(told)
    more = f"; and {rest:,} more" if rest else ""
    yield finding(rules.CAST_IN_PART, None, f"of {'; of '.join(told)}{more}", kinds=len(uneven))


def types_by_pattern(comparison: Comparison) -> Mapping[str, Counter[str]]:
    """How many tensors of each kind of name have which type, where all have one type there."""
    here, there = defaultdict[str, Counter[str]](Counter), defaultdict[str, set[str]](set)
    for one in comparison.pairs:
        pattern = pattern_of(one.name)
        here[pattern][one.here.info.dtype] += 1
        there[pattern].add(one.there.info.dtype)
    return {pattern: types for pattern, types in here.items() if len(there[pattern]) == 1}


def types_in_words(types: Counter[str]) -> str:
    """`10 float16 and 2 float32`."""
    return listed([f"{times:,} {dtype}" for dtype, times in types.most_common()])


def judge_dequantized(names: Sequence[str], where: str) -> Iterator[Finding]:
    """Tensors that are codes on one side, and were compared with scales applied."""
    if names:
        told = f"{len(names):,} {agreeing(len(names), 'weight is', 'weights are')} stored quantized {where}"
        message = f"{told}, and compared with scales applied: {in_words(names)}"
        yield finding(rules.QUANTIZED, None, message, tensors=len(names))


def judge_quantized(quantized: Sequence[Quantized], where: str) -> Iterator[Finding]:
    """Weights that are stored with scales on one side."""
    if not quantized:
        return
    parts = sorted({part.rpartition(".")[2] for one in quantized for part in one.parts})
    n_tensors = len(quantized)
    message = (
        f"{n_tensors:,} {agreeing(n_tensors, 'weight is', 'weights are')} stored quantized {where} "
        f"(as {printable(listed(parts), 120)}), and not compared: {in_words(one.name for one in quantized)}"
    )
    yield finding(rules.QUANTIZED, None, message, tensors=n_tensors)
