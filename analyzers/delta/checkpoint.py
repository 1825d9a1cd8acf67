"""What of an update survives over a whole checkpoint."""

import math
from collections.abc import Iterator, Mapping, Sequence

from analyzers.delta.options import Options, named_target
from analyzers.delta.rules import ADAPTER_SIZED
from analyzers.delta.ways import Way
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Heatmap, Table
from precisionlab.analysis.results import Measurement, Result, Scalar, metric
from precisionlab.escaping import printable

Values = Mapping[str, Scalar]


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """The update of all tensors together in each format, what adapters would take, and the tensors that lose most."""
    counted = [one for one in answers if one.counts]
    changed = [one for one in counted if one.result.values["changed"]]
    return Result(
        "delta",
        None,
        measurements=tuple(totals(counted, changed)),
        figures=tuple(draw(changed, options)),
    )


def totals(counted: Sequence[Answer], changed: Sequence[Answer]) -> Iterator[Measurement]:
    """Of the whole checkpoint."""
    every, values = [one.result.values for one in counted], [one.result.values for one in changed]
    norm = math.hypot(*(number(one, "update_norm") for one in values))
    base = math.hypot(*(number(one, "base_norm") for one in every))
    yield Measurement(metric("relative_update"), norm / base if base else math.inf if norm else 0.0)
    yield Measurement(metric("tensors_changed", "tensors"), len(changed))
    yield Measurement(metric("tensors_unchanged", "tensors"), len(counted) - len(changed))
    yield Measurement(metric("changed", "numbers"), sum(int(one["changed"]) for one in values))
    yield Measurement(metric("numbers", "numbers"), sum(int(one["numbers"]) for one in every))
    for format_, way in ways_of(values):
        yield from of_way(values, format_, way)
    for format_ in formats_of(values, "noise_ratio[format="):
        noise, beside = weighted(values, f"noise_ratio[format={format_}]")
        yield Measurement(metric("noise_ratio", "1", format=format_), ratio(noise, beside))
    yield from of_adapters(changed)


def of_way(values: Sequence[Values], format_: str, way: Way) -> Iterator[Measurement]:
    """What is left of all updates together in a format."""
    labels = {"format": format_, "way": way.value}
    key = f"[format={format_},way={way.value}]"
    looked_at = [one for one in values if f"lost{key}" in one]
    n_lost, n_changed = (sum(int(one[name]) for one in looked_at) for name in (f"lost{key}", "changed"))
    error, norm = weighted(looked_at, f"update_error{key}")
    yield Measurement(metric("lost", "numbers", **labels), n_lost)
    yield Measurement(metric("lost_share", "share", **labels), n_lost / n_changed)
    yield Measurement(metric("update_error", "1", **labels), ratio(error, norm))


def weighted(values: Sequence[Values], key: str) -> tuple[float, float]:
    """Norms over all tensors that have a relative figure: of what it is of, and of their updates."""
    known = [(number(one, key), number(one, "update_norm")) for one in values if key in one]
    return math.hypot(*(part * norm for part, norm in known)), math.hypot(*(norm for _, norm in known))


def ratio(part: float, whole: float) -> float:
    """One over the other; 0 over 0, as of updates below float64's own numbers, is 0."""
    return part / whole if whole else 0.0


def of_adapters(changed: Sequence[Answer]) -> Iterator[Measurement]:
    """What the factors of updates of low rank would take."""
    found = [one for one in changed if any(told.code == ADAPTER_SIZED.code for told in one.result.findings)]
    yield Measurement(metric("adapters", "tensors"), len(found))
    if found:
        n_numbers = sum(int(one.result.values["adapter_numbers"]) for one in found)
        yield Measurement(metric("adapters_numbers", "numbers"), n_numbers)
        whole = sum(one.tensor.info.n_elements for one in found)
        yield Measurement(metric("adapters_share", "share"), n_numbers / whole)


def number(values: Values, key: str) -> float:
    """A measurement as a number; NaN where there is none."""
    return float(values.get(key, math.nan))


def formats_of(values: Sequence[Values], start: str) -> list[str]:
    """The formats that keys which begin so have, in their order."""
    keys = (key for one in values for key in one if key.startswith(start))
    return list(dict.fromkeys(key.removeprefix(start).rstrip("]").partition(",")[0] for key in keys))


def ways_of(values: Sequence[Values]) -> list[tuple[str, Way]]:
    """Formats and ways that were looked at."""
    return [(format_, way) for format_ in formats_of(values, "lost[format=") for way in Way]


def draw(changed: Sequence[Answer], options: Options) -> Iterator[Figure]:
    """What is lost of all tensors in each format, and the tensors that lose most in the judged one."""
    values = [one.result.values for one in changed]
    pairs = ways_of(values)
    if not pairs:
        return
    rows = [row_of(values, format_, way) for format_, way in pairs]
    columns = (Column("format"), Column("way"), Column("tensors"), Column("lost", "share"), Column("relative error"))
    yield Table("What is left of the update, all tensors together", columns, tuple(rows))
    formats = list(dict.fromkeys(format_ for format_, _ in pairs))
    shares = {(row[0], row[1]): float(row[3]) for row in rows}
    yield Heatmap(
        "Changed elements of all tensors whose update is lost",
        Axis("way"),
        Axis("format"),
        tuple(way.words for way in Way),
        tuple(formats),
        tuple(tuple(shares[format_, way.words] for way in Way) for format_ in formats),
        "share",
        low_is_bad=False,
    )
    yield worst_table(changed, judged_name(formats, options), options)


def row_of(values: Sequence[Values], format_: str, way: Way) -> tuple[Cell, ...]:
    """What is left in one format, over the tensors that were looked at in it."""
    n_tensors = sum(f"lost[format={format_},way={way.value}]" in one for one in values)
    _, share, error = (one.value for one in of_way(values, format_, way))
    return format_, way.words, n_tensors, share, error


def judged_name(formats: Sequence[str], options: Options) -> str:
    """The format by which tensors are ranked: the judged one, or else the first."""
    judged = named_target(options.target)
    return judged.name if judged is not None and judged.name in formats else formats[0]


def worst_table(changed: Sequence[Answer], format_: str, options: Options) -> Table:
    """The tensors whose update is off most in a format."""
    stored = f"[format={format_},way=stored]"
    keys = (f"update_error{stored}", f"lost_share{stored}", "relative_update", "numerical_rank", "stable_rank")
    columns = (
        Column("tensor"),
        Column("error of the update"),
        Column("lost", "share"),
        Column("relative update"),
        Column("rank beyond rounding"),
        Column("stable rank"),
    )
    known = [one for one in changed if keys[0] in one.result.values]
    ranked = sorted(known, key=lambda one: -number(one.result.values, keys[0]))[: options.named]
    rows = [(one.tensor.info.name, one.result.values) for one in ranked]
    cells = tuple((printable(name), *(values.get(key, math.nan) for key in keys)) for name, values in rows)
    return Table(f"Updates that lose most in {format_}, base and sum stored", columns, cells)
