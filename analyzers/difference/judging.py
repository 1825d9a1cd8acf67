"""Which rules fire for one tensor, and what they say."""

from collections.abc import Iterator

from analyzers.difference import rules
from analyzers.difference.casts import Way
from analyzers.difference.measuring import Figures
from analyzers.difference.pairs import Pair
from analyzers.difference.wording import MODES, element_of
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import part_of


def judge(name: str, figures: Figures) -> tuple[Finding, ...]:
    """Every finding about the tensor `name`, in the order of the rules' codes."""
    return (*judge_precision(name, figures), *judge_finiteness(name, figures), *judge_type(name, figures))


def judge_precision(name: str, figures: Figures) -> Iterator[Finding]:
    """Numbers that are rounded ones in too wide a type."""
    stored = figures.pair.layouts[0].format
    casts = (cast for cast in figures.casts if cast.way is Way.HERE and cast.format != stored)
    for cast in casts:
        changed = part_of(figures.changes.n_changed, figures.n_numbers, "number")
        yield finding(
            rules.PRECISION_LOST,
            name,
            f"its numbers are those of the other checkpoint {MODES[cast.rounding]} {cast.format.name}, in "
            f"{figures.pair.here.info.dtype}; {changed} changed",
            format=cast.format.name,
            rounding=cast.rounding.value,
            relative_difference=figures.norms.relative,
        )
        return


def judge_finiteness(name: str, figures: Figures) -> Iterator[Finding]:
    """Numbers that are NaN or infinite only here."""
    changes = figures.changes
    if not changes.n_lost:
        return
    counts = {"NaN": changes.n_became_nan, "infinite": changes.n_became_infinite}
    kinds = (f"{part_of(count, figures.n_numbers, 'number')} became {word}" for word, count in counts.items() if count)
    first = figures.extremes.first_lost
    place = {} if first is None else {"first": element_of(figures.pair, first)}
    yield finding(
        rules.NOT_FINITE,
        name,
        f"{', '.join(kinds)}: they are not so in the other checkpoint",
        became_nan=changes.n_became_nan,
        became_infinite=changes.n_became_infinite,
        **place,
    )


def judge_type(name: str, figures: Figures) -> Iterator[Finding]:
    """Another type, and what it did to the numbers."""
    if not figures.pair.has_one_type:
        yield retyped(name, figures.pair, what_became(figures), relative_difference=figures.norms.relative)


def what_became(figures: Figures) -> str:
    """What another type did to the numbers, as a clause."""
    here, there = (layout.format for layout in figures.pair.layouts)
    if not figures.changes.n_changed:
        return "the numbers are the same"
    for cast in figures.casts:
        if cast.way is Way.HERE and cast.format == here:
            return f"the numbers are the others {MODES[cast.rounding]} it"
        if cast.way is Way.THERE and cast.format == there:
            return f"the others are these numbers {MODES[cast.rounding]} {there.name}"
    return "the numbers differ by more than the cast"


def judge_headers(name: str, pair: Pair) -> tuple[Finding, ...]:
    """Findings about a pair whose numbers have no counterparts."""
    here, there = pair.here.info, pair.there.info
    found = []
    if not pair.has_one_shape:
        own, other = (str(list(info.shape)) for info in (here, there))
        message = f"its shape is {own}, and {other} in the other checkpoint"
        found.append(finding(rules.RESHAPED, name, message, shape=own, reference_shape=other))
    if not pair.has_one_type:
        found.append(retyped(name, pair, "the numbers are not compared"))
    return tuple(found)


def retyped(name: str, pair: Pair, consequence: str, **evidence: float) -> Finding:
    """The finding of another type."""
    here, there = pair.here.info.dtype, pair.there.info.dtype
    message = f"it is {here}, and {there} in the other checkpoint; {consequence}"
    return finding(rules.RETYPED, name, message, dtype=here, reference_dtype=there, **evidence)
