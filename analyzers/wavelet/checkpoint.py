"""Wavelet figures of a whole checkpoint: which tensors have structure along their ordered axes."""

from collections.abc import Iterator, Mapping, Sequence

from analyzers.wavelet.options import Null, Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.results import Measurement, Result, Scalar, metric
from precisionlab.escaping import printable

FAR = 3.0
"""Standard deviations from the mean of permuted copies."""
COLUMNS = (
    Column("tensor"),
    Column("places"),
    Column("energy of the finest details", "share"),
    Column("white noise", "share"),
    Column("squared differences, least axis"),
    Column("z"),
    Column("Gini index"),
    Column("z"),
)
Z = f"_z[{{}}null={Null.PERMUTED.value}]"


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """All tensors with ordered axes in one table."""
    del options
    counted = [(answer.tensor.info.name, answer.result.values) for answer in answers if answer.counts]
    figures = (Table("Structure along ordered axes", COLUMNS, tuple(row(*one) for one in counted)),) if counted else ()
    return Result("wavelet", None, measurements=tuple(totals([values for _, values in counted])), figures=figures)


def totals(tensors: Sequence[Mapping[str, Scalar]]) -> Iterator[Measurement]:
    """How many tensors there are, and how many are smoother than permuted copies."""
    if not tensors:
        return
    yield Measurement(metric("ordered_tensors", "tensors"), len(tensors))
    scores = [z_of_seminorm(values) for values in tensors]
    if any(isinstance(score, float) for score in scores):
        smooth = sum(isinstance(score, float) and score <= -FAR for score in scores)
        yield Measurement(metric("smooth_tensors", "tensors"), smooth)


def row(name: str, values: Mapping[str, Scalar]) -> tuple[Cell, ...]:
    """A tensor under `COLUMNS`."""
    key = smoothest(values)
    return (
        printable(name),
        values["places"],
        values["energy_share[level=1]"],
        values["expected_share[level=1]"],
        values[key],
        z_of_seminorm(values),
        values["gini"],
        values.get(f"gini{Z.format('')}", ""),
    )


def smoothest(values: Mapping[str, Scalar]) -> str:
    """The key of the least seminorm."""
    return min((key for key in values if key.startswith("seminorm[")), key=lambda key: float(values[key]))


def z_of_seminorm(values: Mapping[str, Scalar]) -> Cell:
    """The z-score of the least seminorm; empty where there are no permuted copies."""
    axis = smoothest(values).removeprefix("seminorm[").removesuffix("]")
    return values.get(f"seminorm{Z.format(axis + ',')}", "")
