"""Compression over a whole checkpoint: which way wins, tensor by tensor."""

import math
from collections import Counter
from collections.abc import Sequence

from analyzers.lowrank.drawing import NAMES
from analyzers.lowrank.measuring import SIZES
from analyzers.lowrank.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.results import Measurement, Result, metric
from precisionlab.escaping import printable

COLUMNS = (
    Column("tensor"),
    Column("shape"),
    Column("SVD at 1% error", "share"),
    Column("at 10%", "share"),
    Column("best at 1/2"),
    Column("error", "share"),
    Column("best at 1/4"),
    Column("error", "share"),
)


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """A line for each tensor, and how often each way wins at each size."""
    del options
    counted = [one for one in answers if one.counts]
    rows = tuple(row_of(one) for one in counted)
    measured = [Measurement(metric("tensors", "tensors"), len(counted))]
    for size in SIZES:
        wins = Counter(str(one.result.values[f"best[size={size:g}]"]) for one in counted)
        measured += [
            Measurement(metric("wins", "tensors", size=f"{size:g}", way=way), n) for way, n in sorted(wins.items())
        ]
    return Result("lowrank", None, measurements=tuple(measured), figures=(Table("Compression", COLUMNS, rows),))


def row_of(answer: Answer) -> tuple[Cell, ...]:
    """A tensor's line; NaN for what was not computed."""
    values = answer.result.values
    shape = "x".join(map(str, answer.tensor.info.shape))
    cells: list[Cell] = [values.get(f"numbers[method=svd,error={error}]", math.nan) for error in ("0.01", "0.1")]
    for size in ("0.5", "0.25"):
        best = str(values[f"best[size={size}]"])
        cells += [NAMES.get(best, best), values[f"best_error[size={size}]"]]
    return (printable(answer.tensor.info.name), shape, *cells)
