"""What of a report cannot be held against a baseline, since the baseline asked otherwise."""

from collections.abc import Iterable, Iterator

from precisionlab.analysis.report import Report
from precisionlab.analysis.wording import agreeing, listed
from precisionlab.baselines.matching import counterparts
from precisionlab.escaping import printable

NAMES_SHOWN = 4


def incomparable(report: Report, baseline: Report) -> str:
    """What the baseline has nothing of, and what it asked with other options; empty where there is none of it.

    What it has nothing of is new, whatever is found there.
    """
    return "; ".join((*unknown(report, baseline), *asked_otherwise(report, baseline)))


def unknown(report: Report, baseline: Report) -> Iterator[str]:
    """Checkpoints that one of the two has alone; tensors, analyzers and rules that the baseline has not, or may not have."""
    pairs = list(zip(report.checkpoints, counterparts(report.checkpoints, baseline.checkpoints), strict=True))
    missed = [one.path for one in baseline.checkpoints if all(one is not earlier for _, earlier in pairs)]
    if missed:
        yield f"{named(missed)} {verb(missed)} in it alone"
    cut = [earlier.path for _, earlier in pairs if earlier is not None and not earlier.complete]
    if cut:
        yield f"it was interrupted in {named(cut)}"
    strange = [checkpoint.path for checkpoint, earlier in pairs if earlier is None]
    if strange:
        yield f"it has nothing of {named(strange)}"
    added = [
        tensor.name
        for checkpoint, earlier in pairs
        if earlier is not None
        for known in ({tensor.name for tensor in earlier.tensors},)
        for tensor in checkpoint.tensors
        if tensor.name not in known
    ]
    if added:
        yield f"{agreeing(len(added), 'the tensor', 'the tensors')} {named(added)} {verb(added)} not in it"
    analyzers = [name for name in report.analyzers if name not in baseline.analyzers]
    if analyzers:
        yield f"{named(analyzers)} did not run for it"
    left_out = [name for name in baseline.analyzers if name not in report.analyzers]
    if left_out:
        yield f"{named(left_out)} ran for it alone"
    new_codes = {code for name in analyzers for code in report.analyzers[name].rules}
    could_fire = {rule.code for rule in baseline.rules}
    silent = [rule.code for rule in report.rules if rule.code not in could_fire | new_codes]
    if silent:
        yield f"{named(silent)} could not fire in it"


def asked_otherwise(report: Report, baseline: Report) -> Iterator[str]:
    """Analyzers that ran for both, with other options."""
    for name, analyzer in report.analyzers.items():
        earlier = baseline.analyzers.get(name)
        if earlier is None:
            continue
        keys = sorted({*analyzer.options, *earlier.options})
        other = [key for key in keys if differs(analyzer.options.get(key), earlier.options.get(key))]
        if other:
            yield f"{printable(name)} ran with {agreeing(len(other), 'another', 'other')} {named(other)}"


def differs(one: object, other: object) -> bool:
    """Whether two values of an option are not the same; NaN is itself."""
    return repr(one) != repr(other)


def named(names: Iterable[str]) -> str:
    """The first few names, printable, and how many more there are."""
    every = list(names)
    shown = [printable(name, 60) or '""' for name in every[:NAMES_SHOWN]]
    more = [f"{len(every) - NAMES_SHOWN:,} more"] if len(every) > NAMES_SHOWN else []
    return listed([*shown, *more])


def verb(names: list[str]) -> str:
    """The verb that goes with so many."""
    return agreeing(len(names), "is", "are")
