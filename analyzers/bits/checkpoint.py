"""The bits of a whole checkpoint."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzers.bits.drawing import BIT_COLUMNS
from analyzers.bits.fields import field_of
from analyzers.bits.measuring import entropy
from analyzers.bits.options import Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.figures import Cell, Column, Figure, Table
from precisionlab.analysis.results import Result, Scalar, Status
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.formats import FloatFormat, Format

DTYPES_SHOWN = 3
"""Dtypes with a table of their bits; the others are listed."""
TENSORS_SHOWN = 10

CHANGE_COLUMNS = (Column("least median"), Column("largest median"), Column("worst"))
NON_FINITE_COLUMN = Column("to inf/NaN", "share")
DTYPE_COLUMNS = (Column("dtype"), Column("tensors"), Column("elements"))
NEAREST_COLUMNS = (Column("tensor"), Column("dtype"), Column("binades left"), Column("value"), Column("index"))


@dataclass(frozen=True, slots=True)
class Measured:
    """A tensor with elements, and what was measured of it, by key."""

    info: TensorInfo
    values: Mapping[str, Scalar]

    @property
    def n_elements(self) -> int:
        """Elements counted."""
        return int(self.values["elements"])

    @property
    def format(self) -> Format:
        """What one of them is stored in."""
        return LAYOUTS[self.info.dtype].format


@dataclass(frozen=True, slots=True)
class Pool:
    """The tensors of one dtype."""

    dtype: str
    measured: tuple[Measured, ...]

    @property
    def format(self) -> Format:
        """What one element is stored in."""
        return LAYOUTS[self.dtype].format

    @property
    def n_elements(self) -> int:
        """Elements of all tensors."""
        return sum(one.n_elements for one in self.measured)

    @property
    def has_flips(self) -> bool:
        """Whether flips are known of any tensor: not of integers of which none was counted one by one."""
        return any("flip_error" in one.values for one in self.measured)

    def share(self, key: str) -> float:
        """A share of the elements of all tensors."""
        return sum(float(one.values[key]) * one.n_elements for one in self.measured) / self.n_elements

    def known(self, key: str) -> list[float]:
        """A measurement of those tensors that have it."""
        return [float(one.values[key]) for one in self.measured if key in one.values]


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """The bits of the dtypes that most elements have, and the tensors nearest to overflow.

    Over tensors that own their bytes, so that shared storage counts once.
    """
    del options
    measured = [one for one in map(measured_of, answers) if one is not None]
    return Result("bits", None, figures=tuple(figures_of(measured)))


def measured_of(answer: Answer) -> Measured | None:
    """What was measured of a tensor; None of empty ones, and of those whose bytes another one owns."""
    info = answer.tensor.info
    is_owner = answer.result.status is Status.DONE and info.shares_storage_with is None
    if not is_owner or not info.n_elements:
        return None
    return Measured(info, {one.metric.key: one.value for one in answer.result.measurements})


def figures_of(measured: Sequence[Measured]) -> Iterator[Figure]:
    """A table for each of the first dtypes, one of the others, and one of the floats nearest to overflow."""
    pools = pools_of(measured)
    yield from map(bit_table, pools[:DTYPES_SHOWN])
    if pools[DTYPES_SHOWN:]:
        yield rest_table(pools[DTYPES_SHOWN:])
    floats = (one for one in measured if isinstance(one.format, FloatFormat))
    nearest = [one for one in floats if "near_overflow_headroom[rank=1]" in one.values]
    if nearest:
        yield nearest_table(nearest)


def pools_of(measured: Sequence[Measured]) -> list[Pool]:
    """The tensors by dtype, the one of most elements first."""
    dtypes = dict.fromkeys(one.info.dtype for one in measured)
    pools = (Pool(dtype, tuple(one for one in measured if one.info.dtype == dtype)) for dtype in dtypes)
    return sorted(pools, key=lambda pool: -pool.n_elements)


def bit_table(pool: Pool) -> Table:
    """One row a bit, over all tensors of a dtype; what never applies has no column."""
    n_tensors = len(pool.measured)
    title = f"Bits of {n_tensors:,} {pool.dtype} {'tensor' if n_tensors == 1 else 'tensors'}"
    columns: tuple[Column, ...] = BIT_COLUMNS
    if pool.has_flips:
        title += ", and the relative change when one flips"
        columns += CHANGE_COLUMNS
        columns += (NON_FINITE_COLUMN,) if isinstance(pool.format, FloatFormat) else ()
    return Table(title, columns, tuple(bit_row(bit, pool) for bit in reversed(range(pool.format.bits))))


def bit_row(bit: int, pool: Pool) -> tuple[Cell, ...]:
    """A bit's shares over all elements, and its extreme changes over the tensors, under the columns of `bit_table`."""
    field = field_of(bit, pool.format)
    label = f"[bit={bit},field={field}]"
    share = pool.share(f"set_share{label}")
    row: tuple[Cell, ...] = (bit, field, share, entropy(share))
    if not pool.has_flips:
        return row
    medians = pool.known(f"flip_median_change{label}")
    worsts = pool.known(f"flip_worst_change{label}")
    row += (min(medians, default=math.nan), max(medians, default=math.nan), max(worsts, default=math.nan))
    return (*row, pool.share(f"flip_to_non_finite_share{label}")) if isinstance(pool.format, FloatFormat) else row


def rest_table(pools: Sequence[Pool]) -> Table:
    """The dtypes that have no table of their bits here."""
    title = "Other dtypes: JSON and HTML reports have the bits of each tensor"
    return Table(title, DTYPE_COLUMNS, tuple((pool.dtype, len(pool.measured), pool.n_elements) for pool in pools))


def nearest_table(measured: Sequence[Measured]) -> Table:
    """The tensors with the least headroom."""
    ranked = sorted(measured, key=lambda one: float(one.values["near_overflow_headroom[rank=1]"]))
    rows = (
        (
            one.info.name if one.info.name.strip() else f'"{one.info.name}"',
            one.info.dtype,
            *(one.values[f"near_overflow_{what}[rank=1]"] for what in ("headroom", "value", "index")),
        )
        for one in ranked[:TENSORS_SHOWN]
    )
    return Table("Tensors nearest to overflow", NEAREST_COLUMNS, tuple(rows))
