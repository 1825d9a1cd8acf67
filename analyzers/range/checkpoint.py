"""What the tensors of one checkpoint show only together."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from analyzers.range import rules
from analyzers.range.drawing import exponents_and_casts
from analyzers.range.measuring import metric
from analyzers.range.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.census.records import CastCounts
from precisionlab.analysis.figures import Bars, Figure
from precisionlab.analysis.results import Finding, Measurement, Result, Status, finding
from precisionlab.analysis.tensors import Tensor, same_bytes
from precisionlab.analysis.wording import agreeing, part_of
from precisionlab.escaping import printable

OUTCOMES = ("overflows", "underflows", "subnormals", "exact")
"""In the order of `CastCounts`."""

NUMBER = re.compile(r"\d+")


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """Shared and repeated storage, mixed dtypes, and the whole checkpoint's exponents and casts.

    Sums are over tensors that own their bytes, so that shared storage counts once.
    """
    done = [answer for answer in answers if answer.result.status is Status.DONE]
    owners = [answer for answer in answers if answer.counts]
    repeated = tuple(repetitions(owners, options))
    findings = (*shared_storage(done), *stored_twice(repeated), *mixed_dtypes(done))
    return Result(
        "range",
        None,
        measurements=totals(owners, repeated),
        findings=findings,
        figures=tuple(whole_figures(owners, options)),
    )


def totals(owners: Sequence[Answer], repeated: Sequence[Sequence[Tensor]]) -> tuple[Measurement, ...]:
    """Elements of each special kind, and bytes stored more than once."""
    names = ("elements", "zeros", "subnormals", "infinities", "nans")
    duplicate_bytes = sum(tensor.info.n_bytes for group in repeated for tensor in group[1:])
    return (
        *(
            Measurement(metric(name, "elements"), sum(int(answer.result.value(name)) for answer in owners))
            for name in names
        ),
        Measurement(metric("duplicate_bytes", "bytes"), duplicate_bytes),
    )


def shared_storage(answers: Iterable[Answer]) -> Iterator[Finding]:
    """One finding for each tensor that is another view of bytes that a tensor owns."""
    for answer in answers:
        owner = answer.tensor.info.shares_storage_with
        if owner is not None:
            message = f"shares its storage with {printable(owner)}"
            yield finding(rules.SHARED_STORAGE, answer.tensor.info.name, message, owner=owner)


def repetitions(owners: Iterable[Answer], options: Options) -> Iterator[Sequence[Tensor]]:
    """Groups of tensors with equal bytes, in order of their first; constant tensors left out."""
    candidates: dict[tuple[str, tuple[int, ...], object], list[Tensor]] = defaultdict(list)
    for answer in owners:
        info = answer.tensor.info
        if info.n_bytes >= options.min_duplicate_bytes and not is_constant(answer.result):
            candidates[info.dtype, info.shape, answer.result.value("digest")].append(answer.tensor)
    for tensors in candidates.values():
        yield from (group for group in equal_groups(tensors) if len(group) > 1)


def is_constant(result: Result) -> bool:
    """Whether every element has the same pattern."""
    keys = {measurement.metric.key: measurement.value for measurement in result.measurements}
    return keys.get("distinct_values") == 1


def equal_groups(tensors: Iterable[Tensor]) -> Sequence[Sequence[Tensor]]:
    """The tensors, those of equal bytes together."""
    groups: list[list[Tensor]] = []
    for tensor in tensors:
        group = next((group for group in groups if same_bytes(group[0], tensor)), None)
        if group is None:
            groups.append([tensor])
        else:
            group.append(tensor)
    return groups


def stored_twice(repeated: Iterable[Sequence[Tensor]]) -> Iterator[Finding]:
    """One finding for each tensor whose bytes another one held before."""
    for first, *others in repeated:
        for tensor in others:
            message = f"holds the same {tensor.info.n_bytes:,} bytes as {printable(first.info.name)}"
            yield finding(rules.STORED_TWICE, tensor.info.name, message, first=first.info.name)


def mixed_dtypes(answers: Iterable[Answer]) -> Iterator[Finding]:
    """One finding for each tensor whose dtype is not that of most of its siblings; of a tie, that of the first."""
    siblings: dict[str, list[Tensor]] = defaultdict(list)
    for answer in answers:
        siblings[NUMBER.sub("*", answer.tensor.info.name)].append(answer.tensor)
    for pattern, tensors in siblings.items():
        usual, n_usual = Counter(tensor.info.dtype for tensor in tensors).most_common(1)[0]
        family = f"{part_of(n_usual, len(tensors), 'tensor')} {printable(pattern)} {agreeing(n_usual, 'is', 'are')}"
        for tensor in tensors:
            if tensor.info.dtype != usual:
                message = f"is {tensor.info.dtype}, where {family} {usual}"
                yield finding(rules.MIXED_DTYPES, tensor.info.name, message, dtype=tensor.info.dtype, usual=usual)


def whole_figures(owners: Sequence[Answer], options: Options) -> Iterator[Figure]:
    """Exponents and casts of all float tensors together."""
    bars = [figure for answer in owners for figure in answer.result.figures if isinstance(figure, Bars)]
    counts: Counter[int] = Counter()
    for figure in bars:
        counts.update({int(figure.first) + i: int(height) for i, height in enumerate(figure.heights) if height})
    exponents = np.array(sorted(counts), np.int64)
    heights = np.array([counts[int(exponent)] for exponent in exponents], np.int64)
    totals = cast_totals(owners)
    casts = {name: CastCounts(*(totals[name, outcome] for outcome in OUTCOMES)) for name in options.casts}
    yield from exponents_and_casts(" of all float tensors", exponents, heights, casts)


def cast_totals(owners: Iterable[Answer]) -> Counter[tuple[str, str]]:
    """The counts of casts by format and outcome, added up over the tensors that were cast."""
    sums: Counter[tuple[str, str]] = Counter()
    for answer in owners:
        for measurement in answer.result.measurements:
            _, is_cast, outcome = measurement.metric.name.partition("cast_")
            if is_cast:
                sums[measurement.metric.labels["format"], outcome] += int(measurement.value)
    return sums
