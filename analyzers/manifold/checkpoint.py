"""Shapes of rows over a whole checkpoint."""

from collections.abc import Sequence

from analyzers.manifold.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.results import Measurement, Result, metric
from precisionlab.escaping import printable

FIRST = {"rows": "rows", "two_nn": "TwoNN"}
KEYS = {
    "mle_20": "likelihood, 20",
    "participation_ratio": "participation ratio",
    "local_pca": "local components",
    "isomap_residual[dimensions=2]": "Isomap residual, 2",
    "isomap_components": "components",
}


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """All weights in one table, TwoNN beside the first kind of random matrices."""
    counted = [one for one in answers if one.counts]
    null = next(iter(options.nulls), "")
    beside = {f"sample_two_nn_{word}[null={null}]": f"TwoNN, {word} ({null})" for word in ("ratio", "z") if null}
    columns = (Column("tensor"), *map(Column, (FIRST | beside | KEYS).values()))
    rows = tuple(row_of(one, tuple(FIRST | beside | KEYS)) for one in counted)
    figures = (Table(f"Dimensions ({options.distance} distance)", columns, rows),) if rows else ()
    return Result(
        "manifold", None, measurements=(Measurement(metric("tensors", "tensors"), len(counted)),), figures=figures
    )


def row_of(answer: Answer, keys: Sequence[str]) -> tuple[Cell, ...]:
    """A tensor's line; empty for what was not computed."""
    values = answer.result.values
    return (printable(answer.tensor.info.name), *(values.get(key, "") for key in keys))
