"""Decompositions over a whole checkpoint: a table of tensors, and layers stacked to tensors."""

import math
from collections.abc import Sequence

from analyzers.cp.drawing import draw, shaped
from analyzers.cp.judging import judge
from analyzers.cp.measuring import Figures, measure, measurements
from analyzers.cp.options import Options
from analyzers.cp.stacking import Stack, stacks_of, values_of
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Figure, Table
from precisionlab.analysis.results import Finding, Measurement, Result, Status, metric
from precisionlab.escaping import printable

HEADLINES = ("error", "smallest_rank", "smallest_parameters", "captured_energy", "sample_error_z")
"""What is told of a stack as measurements; its figures have all."""


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """All tensors in one table, and the stacks of layers with the figures of a tensor."""
    counted = [one for one in answers if one.counts]
    stacks, n_left = stacks_of([one.tensor for one in answers], options)
    measured = [
        Measurement(metric("tensors", "tensors"), len(counted)),
        Measurement(metric("stacks_left_out", "stacks"), n_left),
    ]
    figures: list[Figure] = [tensors_table(counted, options)] if counted else []
    findings: list[Finding] = []
    n_stacks = 0
    for stack, found in ((one, decomposed(one, options)) for one in stacks):
        if found is not None:
            n_stacks += 1
            name = printable(stack.name)
            measured += (one for one in measurements(found, options, stack=name) if one.metric.name in HEADLINES)
            figures += draw(found, options, name)
            findings += [
                Finding(one.code, one.severity, None, f"{name}: {one.message}", one.remedy, one.evidence)
                for one in judge(name, found, options)
            ]
    if not counted and not n_stacks:
        left = f"; {n_left:,} are left out (cp.stacks, cp.min_elements, cp.max_elements)" if n_left else ""
        return Result("cp", None, Status.SKIPPED, f"no finite layers of equal shape to stack{left}")
    measured.insert(1, Measurement(metric("stacks", "stacks"), n_stacks))
    return Result("cp", None, measurements=tuple(measured), findings=tuple(findings), figures=tuple(figures))


def decomposed(stack: Stack, options: Options) -> Figures | None:
    """What is told of a stack; nothing of one that is not finite or all 0."""
    values = values_of(stack)
    return None if values is None else measure(values, stack.folding, stack.name, options)


def tensors_table(counted: Sequence[Answer], options: Options) -> Table:
    """A line for each tensor: errors by rank, and the smallest rank of the chosen error; NaN where there is none."""
    ranks = options.ladder
    columns = (
        Column("tensor"),
        Column("shape"),
        *(Column(f"error at rank {rank}") for rank in ranks),
        Column(f"rank of error {options.error:g}"),
        Column("numbers it takes", "share"),
        Column("least cosine"),
    )
    return Table("CP decompositions", columns, tuple(row_of(one, options) for one in counted))


def row_of(answer: Answer, options: Options) -> tuple[Cell, ...]:
    """A tensor's line."""
    values, error = answer.result.values, f"[error={options.error:g}]"
    congruences = [float(value) for key, value in values.items() if key.startswith("least_congruence")]
    return (
        printable(answer.tensor.info.name),
        shaped(answer.tensor.info.shape),
        *(values.get(f"error[rank={rank}]", math.nan) for rank in options.ladder),
        values.get(f"smallest_rank{error}", math.nan),
        values.get(f"smallest_parameters{error}", math.nan),
        min(congruences, default=math.nan),
    )
