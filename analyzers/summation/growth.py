"""How errors grow with the number of terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzers.summation.sums import exact_sums, nearest_sums
from analyzers.summation.terms import Terms
from precisionlab.accumulation.records import unit_roundoff
from precisionlab.analysis.figures import MOST_LINES
from precisionlab.formats import FloatFormat
from precisionlab.summation.methods import Method
from precisionlab.summation.summing import sum_by

COUNTS: Final = tuple(4**i for i in range(2, 13))
"""Terms of which errors are drawn, besides all: from 16 on."""
DRAWN: Final = MOST_LINES - 1
"""Methods that are drawn: with the bound as many lines as charts tell apart."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Errors of the sums of the first terms, over the sums of their magnitudes: what the bound n u holds for."""

    format: FloatFormat
    counts: tuple[int, ...]
    errors: Mapping[str, tuple[float, ...]]
    """By method, one for each count; infinite where a sum is."""
    bounds: tuple[float, ...]
    """The bound n u of each count, u the unit roundoff: what no plain sum exceeds to first order (Higham 2002, section 4.2)."""


def growth_of(format_: FloatFormat, terms: Terms, methods: Sequence[Method], threads: int) -> Growth:
    """Errors of the first 16, 64, 256, … terms of the first sum, and of all, by the first methods."""
    column = terms.rounded_to(format_)[:, :1]
    n = len(column)
    counts = [count for count in COUNTS if count < n] + [n]
    errors: dict[str, list[float]] = {method.name: [] for method in methods[:DRAWN]}
    for count in counts:
        part = column[:count]
        exact = exact_sums(part, threads)
        size = float(nearest_sums(np.abs(part), threads)[0])
        for method in methods[:DRAWN]:
            got = sum_by(part, method, axis=0, working=format_, threads=threads).astype(np.float64)
            off = abs(float(exact.beyond(got)[0]))
            errors[method.name].append(0.0 if off == 0 else off / size if np.isfinite(size) else np.inf)
    return Growth(
        format_,
        tuple(counts),
        {name: tuple(ratios) for name, ratios in errors.items()},
        tuple(count * unit_roundoff(format_) for count in counts),
    )
