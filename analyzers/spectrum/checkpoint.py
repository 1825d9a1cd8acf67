"""Spectra over a whole checkpoint."""

import math
from collections.abc import Sequence

from analyzers.spectrum.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.results import Measurement, Result, metric
from precisionlab.escaping import printable

COLUMNS = (
    Column("tensor"),
    Column("matrix"),
    Column("stable rank"),
    Column("effective rank"),
    Column("rank at 10% error"),
    Column("numbers it takes", "share"),
    Column("beyond random edge"),
    Column("alpha"),
    Column("tail"),
)
KEYS = (
    "stable_rank",
    "effective_rank",
    "rank[error=0.1]",
    "parameters[error=0.1]",
    "outliers",
    "power_law_alpha",
    "power_law_tail",
)


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """A table of all matrices, and how many numbers factors of 10 % error would take of all."""
    del options
    counted = [one for one in answers if one.counts]
    rows = tuple(row_of(one) for one in counted)
    known = [(one.tensor.info.n_elements, share) for one in counted if (share := share_of(one)) is not None]
    n_elements = sum(n for n, _ in known)
    total = sum(n * min(1.0, share) for n, share in known) / n_elements if n_elements else math.nan
    measured = [Measurement(metric("matrices", "tensors"), len(counted))]
    if known:
        measured.append(Measurement(metric("parameters", "share", error="0.1"), total))
    return Result("spectrum", None, measurements=tuple(measured), figures=(Table("Spectra", COLUMNS, rows),))


def row_of(answer: Answer) -> tuple[Cell, ...]:
    """A tensor's line; NaN for what was not computed."""
    values = answer.result.values
    shape = "x".join(map(str, answer.tensor.info.shape))
    return (printable(answer.tensor.info.name), shape, *(values.get(key, math.nan) for key in KEYS))


def share_of(answer: Answer) -> float | None:
    """Numbers of factors of 10 % error over those of the matrix."""
    share = answer.result.values.get("parameters[error=0.1]")
    return None if share is None else float(share)
