"""Which rules fire for one tensor, and what they say."""

from collections.abc import Iterator

from analyzers.difference import rules
from analyzers.difference.casts import Way
from analyzers.difference.measuring import Figures
from analyzers.difference.pairs import Pair
from analyzers.difference.wording import MODES, element_of
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import agreeing, part_of


def judge(name: str, figures: Figures) -> tuple[Finding, ...]:
    """Every finding about the tensor `name`, in the order of the rules' codes; of quantized ones types say nothing."""
    if figures.pair.is_dequantized:
        return (*judge_finiteness(name, figures), *judge_shape(name, figures.pair))
    return (
        *judge_precision(name, figures),
        *judge_finiteness(name, figures),
        *judge_shape(name, figures.pair),
        *judge_type(name, figures),
    )


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
    if figures.is_within_roundings:
        return "the numbers are no farther apart than rounding to both types puts them"
    return "the numbers differ by more than the cast"


def judge_headers(name: str, pair: Pair) -> tuple[Finding, ...]:
    """Findings about a pair whose numbers have no counterparts."""
    types = () if pair.has_one_type or pair.is_dequantized else (retyped(name, pair, "the numbers are not compared"),)
    return (*judge_shape(name, pair), *types)


def judge_shape(name: str, pair: Pair) -> Iterator[Finding]:
    """Another shape, and what of it has counterparts."""
    if pair.has_one_shape:
        return
    own, other = (str(list(tensor.info.shape)) for tensor in (pair.here, pair.there))
    message = f"its shape is {own}, and {other} in the other checkpoint; {what_is_compared(pair)}"
    yield finding(rules.RESHAPED, name, message, shape=own, reference_shape=other)


def what_is_compared(pair: Pair) -> str:
    """Which numbers of two shapes have counterparts, as a clause."""
    if not pair.is_comparable:
        return "the numbers are not compared"
    if pair.n_rows:
        return f"the first {pair.n_rows:,} {agreeing(pair.n_rows, 'row', 'rows')} of both are compared"
    return "the numbers are in one order, and are compared"


def retyped(name: str, pair: Pair, consequence: str, **evidence: float) -> Finding:
    """The finding of another type."""
    here, there = pair.here.info.dtype, pair.there.info.dtype
    message = f"it is {here}, and {there} in the other checkpoint; {consequence}"
    return finding(rules.RETYPED, name, message, dtype=here, reference_dtype=there, **evidence)
