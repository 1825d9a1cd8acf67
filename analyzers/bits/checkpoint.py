"""The bits of a whole checkpoint."""

import math
from collections import Counter
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
from precisionlab.formats import FloatFormat

TENSORS_SHOWN = 10

DTYPE_COLUMNS = (
    *BIT_COLUMNS,
    Column("least median"),
    Column("largest median"),
    Column("worst"),
    Column("to inf/NaN", "share"),
)
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


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """The bits of the float dtype that most elements have, and the tensors nearest to overflow.

    Over float tensors that own their bytes, so that shared storage counts once.
    """
    del options
    measured = [one for one in map(measured_of, answers) if one is not None]
    return Result("bits", None, figures=tuple(figures_of(measured)))


def measured_of(answer: Answer) -> Measured | None:
    """What was measured of a float tensor; None of others, of empty ones, and of those whose bytes another one owns."""
    info = answer.tensor.info
    is_owner = answer.result.status is Status.DONE and info.shares_storage_with is None
    if not is_owner or not info.n_elements or not isinstance(LAYOUTS[info.dtype].format, FloatFormat):
        return None
    return Measured(info, {one.metric.key: one.value for one in answer.result.measurements})


def figures_of(measured: Sequence[Measured]) -> Iterator[Figure]:
    """Both tables; none without a float tensor, none of extremes where they were not looked for."""
    n_elements: Counter[str] = Counter()
    for one in measured:
        n_elements[one.info.dtype] += one.n_elements
    for dtype, _ in n_elements.most_common(1):
        yield dtype_table(dtype, [one for one in measured if one.info.dtype == dtype])
    nearest = [one for one in measured if "near_overflow_headroom[rank=1]" in one.values]
    if nearest:
        yield nearest_table(nearest)


def dtype_table(dtype: str, measured: Sequence[Measured]) -> Table:
    """One row a bit, over all tensors of a dtype."""
    bits = reversed(range(LAYOUTS[dtype].format.bits))
    tensors = "tensor" if len(measured) == 1 else "tensors"
    title = f"Bits of {len(measured):,} {dtype} {tensors}, and the relative change when one flips"
    return Table(title, DTYPE_COLUMNS, tuple(bit_row(bit, dtype, measured) for bit in bits))


def bit_row(bit: int, dtype: str, measured: Sequence[Measured]) -> tuple[Cell, ...]:
    """A bit's shares over all elements, and its extreme changes over the tensors."""
    field = field_of(bit, LAYOUTS[dtype].format)
    label = f"[bit={bit},field={field}]"
    share = pooled(f"set_share{label}", measured)
    medians = known(f"flip_median_change{label}", measured)
    return (
        bit,
        field,
        share,
        entropy(share),
        min(medians, default=math.nan),
        max(medians, default=math.nan),
        max(known(f"flip_worst_change{label}", measured), default=math.nan),
        pooled(f"flip_to_non_finite_share{label}", measured),
    )


def pooled(key: str, measured: Sequence[Measured]) -> float:
    """A share of the elements of all tensors."""
    return sum(float(one.values[key]) * one.n_elements for one in measured) / sum(one.n_elements for one in measured)


def known(key: str, measured: Sequence[Measured]) -> list[float]:
    """The values that are numbers."""
    values = [float(one.values[key]) for one in measured]
    return [value for value in values if not math.isnan(value)]


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
