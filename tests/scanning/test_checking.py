"""Answers of analyzers that no report could hold are refused at once, with what is wrong with them."""

import math
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from precisionlab.analysis.figures import (
    Axis,
    Bars,
    Column,
    Heatmap,
    Lines,
    PointGroup,
    Scatter,
    Series,
    Table,
    Window,
)
from precisionlab.analysis.results import Finding, Measurement, Metric, Result
from precisionlab.analysis.rules import Severity
from precisionlab.errors import AnalyzerError
from precisionlab.scanning.checking import Checker

AXIS = Axis("x", "bits", logarithmic=True)
METRIC = Metric("norm", "1", MappingProxyType({"axis": "0"}))
FINDING = Finding("XY001", Severity.NOTE, "w", "message", "remedy", MappingProxyType({"share": 0.5}))
TABLE = Table("t", (Column("a"), Column("b", "share")), ((1, "x"), (True, math.nan)))
BARS = Bars("b", AXIS, AXIS, 0, 1.0, (1, 2.0), (Window("w", 0.0, 1.0, 2.0),))
LINES = Lines("l", AXIS, AXIS, (Series("s", (1.0, 2.0), (math.inf, 3)),))
GROUP = PointGroup("g", (1.0, 2.0), (math.nan, 3), ("a", "b"), is_joined=True)
SCATTER = Scatter("s", AXIS, AXIS, (GROUP, replace(GROUP, names=())))
HEATMAP = Heatmap("h", AXIS, AXIS, ("a", "b"), ("w",), ((math.nan, 3),), "dB", low_is_bad=True)
SOUND = Result(
    "signs",
    "w",
    measurements=(Measurement(METRIC, np.float64(1.5)),),
    findings=(FINDING,),
    figures=(TABLE, BARS, LINES, SCATTER, HEATMAP),
)


def test_a_sound_result_passes() -> None:
    """All figures, non-finite numbers, and numpy's float64, which is a float."""
    assert Checker().checked(SOUND, "signs", "w") is SOUND
    assert Checker().checked(Result("signs", None), "signs", None).subject is None


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (None, "the analyzer returned None, not a Result"),
        (42, "the analyzer returned a value of type int, not a Result"),
        ({"norm": 1.0}, "the analyzer returned a value of type dict, not a Result"),
        (replace(SOUND, subject="v"), "the analyzer returned a result of signs about v"),
        (replace(SOUND, subject=None), "the analyzer returned a result of signs about the checkpoint"),
        (replace(SOUND, analyzer="range"), "the analyzer returned a result of range about w"),
        (replace(SOUND, status="done!"), "the analyzer's result has no status of the known ones"),  # type: ignore[arg-type]
        (replace(SOUND, reason=3), "the analyzer's result has no status of the known ones"),  # type: ignore[arg-type]
        (replace(SOUND, findings=[FINDING]), "the findings of the analyzer's result are a value of type list"),  # type: ignore[arg-type]
        (replace(SOUND, measurements=(Measurement(METRIC, np.int64(3)),)), "entry 0 is Measurement("),  # type: ignore[arg-type]
        (replace(SOUND, measurements=(Measurement(METRIC, None),)), "entry 0 is Measurement("),  # type: ignore[arg-type]
        (replace(SOUND, measurements=(("norm", 1.0),)), "entry 0 is ('norm', 1.0)"),  # type: ignore[arg-type]
        (replace(SOUND, measurements=(Measurement(replace(METRIC, labels={1: "x"}), 1),)), "entry 0"),  # type: ignore[dict-item]
        (replace(SOUND, findings=(FINDING, replace(FINDING, severity=3))), "entry 1 is Finding("),  # type: ignore[arg-type]
        (replace(SOUND, findings=(replace(FINDING, evidence={"x": [1]}),)), "entry 0 is Finding("),  # type: ignore[dict-item]
        (replace(SOUND, findings=(replace(FINDING, message=b"bytes"),)), "entry 0 is Finding("),  # type: ignore[arg-type]
        (replace(SOUND, figures=("chart",)), "entry 0 is 'chart'"),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(TABLE, rows=((1,),)),)), "entry 0 is Table("),
        (replace(SOUND, figures=(replace(BARS, heights=("high",)),)), "entry 0 is Bars("),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(LINES, series=(Series("s", (1.0,), ()),)),)), "entry 0 is Lines("),
        (replace(SOUND, figures=(replace(LINES, x="x"),)), "entry 0 is Lines("),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(SCATTER, groups=(replace(GROUP, names=("a",)),)),)), "entry 0 is Scatter("),
        (replace(SOUND, figures=(replace(SCATTER, groups=(replace(GROUP, names=(1, 2)),)),)), "entry 0 is Scatter("),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(SCATTER, groups=(replace(GROUP, ys=(1.0,)),)),)), "entry 0 is Scatter("),
        (replace(SOUND, figures=(replace(SCATTER, groups=(replace(GROUP, is_joined=1),)),)), "entry 0 is Scatter("),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(SCATTER, y=None),)), "entry 0 is Scatter("),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(HEATMAP, values=((1.0,),)),)), "entry 0 is Heatmap("),
        (replace(SOUND, figures=(replace(HEATMAP, values=()),)), "entry 0 is Heatmap("),
        (replace(SOUND, figures=(replace(HEATMAP, values=(("1", 2.0),)),)), "entry 0 is Heatmap("),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(HEATMAP, rows=(None,)),)), "entry 0 is Heatmap("),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(HEATMAP, columns=["a", "b"]),)), "entry 0 is Heatmap("),  # type: ignore[arg-type]
        (replace(SOUND, figures=(replace(HEATMAP, low_is_bad=None),)), "entry 0 is Heatmap("),  # type: ignore[arg-type]
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_nonsense_is_refused(answer: object, problem: str) -> None:
    """The error is one line that says what was returned."""
    with pytest.raises(AnalyzerError) as caught:
        Checker().checked(answer, "signs", "w")
    assert problem in str(caught.value)
    assert str(caught.value).isprintable()
