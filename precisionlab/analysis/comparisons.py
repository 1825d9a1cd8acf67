"""Figures beside those of random matrices, as measurements and as a table."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.results import Measurement, metric

if TYPE_CHECKING:
    from precisionlab.structure.nulls import Comparison, Null

Compared = Mapping[str, "Mapping[Null, Comparison]"]
"""Figures by name, and of each what it is beside each null."""


def measurements_beside(compared: Compared, units: Mapping[str, str]) -> Iterator[Measurement]:
    """For each figure: its value, and of each null `<name>_mean`, `<name>_sd` and `<name>_z` where they exist.

    Units are those of the values; z-scores have none. Labels: `null=gaussian`, `shuffled` or `rotated`.
    """
    for name, beside in compared.items():
        unit = units.get(name, "1")
        for value in {one.value for one in beside.values() if not math.isnan(one.value)}:
            yield Measurement(metric(name, unit), value)
        for null, one in beside.items():
            for suffix, number in (("mean", one.mean), ("sd", one.deviation)):
                if not math.isnan(number):
                    yield Measurement(metric(f"{name}_{suffix}", unit, null=null.value), number)
            if not math.isnan(one.z):
                yield Measurement(metric(f"{name}_z", "1", null=null.value), one.z)


def table_of_part(
    compared: Compared, wording: Mapping[str, str], nulls: Sequence["Null"], n_draws: int, part: tuple[int, int] | None
) -> Table:
    """As `table_beside`, under a title that says how many draws there are, and of what part [rows, columns]; None of all."""
    of_part = f" (a part of {part[0]:,} by {part[1]:,})" if part else ""
    return table_beside(f"Beside {n_draws} random matrices of each kind{of_part}", compared, wording, nulls)


def table_beside(title: str, compared: Compared, wording: Mapping[str, str], nulls: Sequence["Null"]) -> Table:
    """A row for each figure: its value, and for each null the draws' mean and the z-score.

    `wording` says what each figure is called; those without an entry are left out.
    """
    columns = [Column("figure"), Column("weight")]
    for null in nulls:
        columns += [Column(f"{null.value}, mean"), Column("sd"), Column("z")]
    rows: list[tuple[Cell, ...]] = []
    for name, words in wording.items():
        beside = compared.get(name)
        if not beside:
            continue
        cells: list[Cell] = [words, next(iter(beside.values())).value]
        for null in nulls:
            one = beside[null]
            cells += [one.mean, one.deviation, one.z]
        rows.append(tuple(cells))
    return Table(title, tuple(columns), tuple(rows))
