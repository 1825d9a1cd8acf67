"""Tables and curves of one tensor."""

import math
from collections.abc import Callable

import numpy as np

from precisionlab.analysis.figures import Lines, Table
from precisionlab.analysis.results import Result


def test_figures_hold_what_was_measured(answered: Callable[..., Result]) -> None:
    """The table of errors has a row for each accumulator and kind; curves go from 16 terms to all."""
    array = (0.02 * np.random.default_rng(0).standard_normal((16, 300))).astype(np.float32)
    result = answered(array, accumulators=("bf16", "fp32"))
    values = {one.metric.key: one.value for one in result.measurements}
    errors, bounds, conditions = (figure for figure in result.figures if isinstance(figure, Table))
    assert [row[:2] for row in errors.rows] == [
        (name, kind) for kind in ("normal", "uniform", "one sign") for name in ("bf16", "fp32")
    ]
    assert errors.rows[0][3] == values["relative_error[accumulator=bf16,inputs=normal]"]
    assert bounds.rows[0][1] == values["backward_error_largest[accumulator=bf16,inputs=normal]"]
    assert bounds.rows[1][6] == values["worst_bound[accumulator=fp32]"]
    assert conditions.rows[0][1:] == (values["condition_median[inputs=normal]"], values["condition_p99[inputs=normal]"])
    curves = [figure for figure in result.figures if isinstance(figure, Lines)]
    assert [curve.title for curve in curves][1:] == ["bf16: errors and bounds", "fp32: errors and bounds"]
    for curve in curves:
        for series in curve.series:
            assert series.xs == (16.0, 32.0, 64.0, 128.0, 256.0, 300.0)
            assert len(series.ys) == 6
    by_label = {series.label: series.ys for series in curves[2].series}
    seen, probable, worst = (
        by_label[label] for label in ("largest seen", "bound, but for 0.001 of the outputs", "bound, always")
    )
    assert all(0 < a < b <= c for a, b, c in zip(seen, probable, worst, strict=True))


def test_bounds_that_say_nothing_are_not_drawn(answered: Callable[..., Result]) -> None:
    """A running sum in bfloat16 of 600 terms and more has one up to 255 alone; E4M3 of 16 has none."""
    array = np.ones((4, 64), np.float32)
    (curve,) = (
        figure
        for figure in answered(array, accumulators=("e4m3",)).figures
        if isinstance(figure, Lines) and figure.title.endswith("errors and bounds")
    )
    assert "bound, always" not in [series.label for series in curve.series]
    assert all(math.isfinite(y) for series in curve.series[:2] for y in series.ys)


def test_short_rows_have_no_curve(answered: Callable[..., Result]) -> None:
    """A single number of terms is a point."""
    figures = answered(np.ones((64, 16), np.float32), accumulators=("fp32",)).figures
    assert [type(figure) for figure in figures] == [Table, Table, Table]
