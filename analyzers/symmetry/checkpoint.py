"""Symmetries of a whole checkpoint: which tensors have some, and how many numbers exact ones leave to store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzers.symmetry.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.analysis.results import Measurement, Result, Scalar, metric
from precisionlab.escaping import printable

COLUMNS = (
    Column("tensor"),
    Column("nearest to"),
    Column("energy in it", "share"),
    Column("white noise", "share"),
    Column("z"),
    Column("from multiples of orthogonal maps"),
    Column("white noise"),
    Column("rows that repeat others"),
    Column("numbers to store", "share"),
)
FAR = 3.0
"""Standard deviations of white noise beyond its mean that a share must have to be told of."""
INVARIANT = ("A1", "A", "even")
"""Parts of kernels that no symmetry changes."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A tensor that was looked at, and what was measured of it, by key."""

    name: str
    n_elements: int
    values: Mapping[str, Scalar]

    @property
    def n_repeated(self) -> int:
        """Rows that are multiples of others."""
        return sum(int(self.values.get(key, 0)) for key in ("duplicate_rows", "flipped_rows", "scaled_rows"))

    def nearest(self) -> tuple[Cell, ...]:
        """The family whose share lies furthest beyond white noise's, its shares and z-score; of kernels the invariant part."""
        for part in INVARIANT:
            if (share := self.values.get(f"energy_share[part={part}]")) is not None:
                expected = self.values[f"expected_share[part={part}]"]
                z = self.values.get(f"energy_share_z[part={part},null=gaussian]", "")
                return f"invariant kernels ({part})", share, expected, z
        scores = {
            key.partition("family=")[2].removesuffix(",null=white]"): float(z)
            for key, z in self.values.items()
            if key.startswith("closeness_z[")
        }
        if not scores:
            return ("",) * 4
        family = max(scores, key=lambda one: scores[one])
        if scores[family] < FAR:
            return "none beyond chance", "", "", scores[family]
        label = f"closeness[family={family}]"
        return family, self.values[label], self.values[f"expected_{label}"], scores[family]


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """All tensors in one table, and the numbers that exact symmetries leave."""
    del options
    measured = [
        Measured(answer.tensor.info.name, answer.tensor.info.n_elements, answer.result.values)
        for answer in answers
        if answer.counts
    ]
    figures = (Table("Symmetries of all tensors", COLUMNS, tuple(map(row, measured))),) if measured else ()
    return Result("symmetry", None, measurements=tuple(totals(measured)), figures=figures)


def totals(measured: Sequence[Measured]) -> Iterator[Measurement]:
    """Over all tensors that were looked at."""
    if not measured:
        return
    n_elements = sum(one.n_elements for one in measured)
    storable = sum(float(one.values["storable_share"]) * one.n_elements for one in measured)
    yield Measurement(metric("compared_tensors", "tensors"), len(measured))
    yield Measurement(
        metric("symmetric_tensors", "tensors"), sum(float(one.values["storable_share"]) < 1 for one in measured)
    )
    yield Measurement(metric("storable_share", "share"), storable / n_elements)
    for key in ("zero_rows", "duplicate_rows", "flipped_rows", "scaled_rows"):
        yield Measurement(metric(key, "rows"), sum(int(one.values.get(key, 0)) for one in measured))


def row(one: Measured) -> tuple[Cell, ...]:
    """A tensor under `COLUMNS`."""
    orthogonal = one.values.get("residual[family=orthogonal]", "")
    expected = one.values.get("expected_residual[family=orthogonal]", "")
    return (
        printable(one.name),
        *one.nearest(),
        orthogonal,
        expected,
        one.n_repeated,
        one.values["storable_share"],
    )
