"""The JSON report: read back, checked against its schema, refused where it is none."""

import dataclasses
import gc
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.report import AnalyzerSummary, Baseline, CheckpointReport, FileIdentity, Report
from precisionlab.analysis.results import Measurement, Metric, Result
from precisionlab.errors import ReportError
from precisionlab.reports import json_report
from precisionlab.reports.json_encoding import scalar

VALIDATOR = jsonschema.Draft202012Validator(json.loads(json_report.schema()))


def spelled(value: object) -> object:
    """A value in a form that tells 1 from 1.0 and True, 0.0 from -0.0, and finds NaN equal to itself."""
    if isinstance(value, Mapping):
        return {key: spelled(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(map(spelled, value))
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return (type(value), *(spelled(getattr(value, field.name)) for field in fields))
    return (type(value), repr(value))


def holding(value: float | str | bool, sample: Report) -> Report:
    """A report whose one measurement has this value."""
    result = Result("range", "w", measurements=(Measurement(Metric("m", ""), value),))
    checkpoint = CheckpointReport("p", "c", (), 0, 0, MappingProxyType({}), (), (result,))
    return dataclasses.replace(sample, checkpoints=(checkpoint,))


def test_the_sample_reads_back_equal(sample_report: Report) -> None:
    """Nothing of a report is lost in JSON."""
    assert spelled(json_report.parse(json_report.render(sample_report))) == spelled(sample_report)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_report_reads_back_equal(data: st.DataObject, any_report: st.SearchStrategy[Report]) -> None:
    """parse(render(report)) is the report, whatever it holds."""
    report = data.draw(any_report)
    assert spelled(json_report.parse(json_report.render(report))) == spelled(report)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_report_keeps_the_schema(data: st.DataObject, any_report: st.SearchStrategy[Report]) -> None:
    """The published schema describes all that is written."""
    VALIDATOR.validate(json.loads(json_report.render(data.draw(any_report))))


def test_the_schema_is_a_schema_and_the_golden_report_keeps_it() -> None:
    """The file that ships is valid draft 2020-12, and so is the golden report under it."""
    jsonschema.Draft202012Validator.check_schema(json.loads(json_report.schema()))
    VALIDATOR.validate(json.loads((Path(__file__).parent / "golden" / "report.json").read_text()))


def test_a_report_of_the_first_version_still_opens(sample_report: Report) -> None:
    """What the first version wrote keeps its schema, and reads as what it says with nothing known of the rest."""
    text = (Path(__file__).parent / "golden" / "report-version-1.json").read_text()
    jsonschema.Draft202012Validator(json.loads(json_report.schema(1))).validate(json.loads(text))
    report = json_report.parse(text)
    rules = tuple(dataclasses.replace(rule, remedy="", explanation="") for rule in sample_report.rules)
    bare = {name: AnalyzerSummary(analyzer.options) for name, analyzer in sample_report.analyzers.items()}
    checkpoints = tuple(
        dataclasses.replace(checkpoint, files=tuple(FileIdentity(file.path) for file in checkpoint.files))
        for checkpoint in sample_report.checkpoints
    )
    expected = dataclasses.replace(
        sample_report, checkpoints=checkpoints, rules=rules, analyzers=bare, command=(), beside={}
    )
    assert spelled(report) == spelled(expected)
    VALIDATOR.validate(json.loads(json_report.render(report)))


def test_the_schema_is_strict(sample_report: Report) -> None:
    """No object of the document, maps from names aside, may have a member more, or one less."""
    sick, small = sample_report.checkpoints
    few = dataclasses.replace(sick, tensors=sick.tensors[:2], results=(*sick.results[5:9], sick.results[-1]))
    held = Baseline("old.json", "2026-01-01T00:00:00+00:00", (sick.findings[0],))
    report = dataclasses.replace(sample_report, checkpoints=(few, small), baseline=held)
    document = json.loads(json_report.render(report))
    maps = ["analyzers", "settings", "metrics", "labels", "parameters_by_dtype", "measurements", "evidence"]
    maps += ["versions", "options", "beside"]
    shapes = {tuple(holder): holder for holder, name in objects(document, "") if name not in maps}
    assert len(shapes) == 27
    for holder in shapes.values():
        holder["surplus"] = 1
        assert not VALIDATOR.is_valid(document), holder
        del holder["surplus"]
        key = next(iter(holder))
        value = holder.pop(key)
        assert not VALIDATOR.is_valid(document), (key, holder)
        holder[key] = value
    assert VALIDATOR.is_valid(document)


def objects(value: object, name: str) -> list[tuple[dict[str, object], str]]:
    """Every object in the document with the name of the member that holds it."""
    if isinstance(value, dict):
        return [(value, name), *(found for key, inner in value.items() for found in objects(inner, key))]
    if isinstance(value, list):
        return [found for inner in value for found in objects(inner, "")]
    return []


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (math.nan, {"float": "nan"}),
        (math.inf, {"float": "inf"}),
        (-math.inf, {"float": "-inf"}),
        (-0.0, -0.0),
        (2**53 + 1, 2**53 + 1),
        ("nan", "nan"),
        (True, True),
    ],
    ids=str,
)
def test_values_are_encoded_unambiguously(value: float, encoded: object) -> None:
    """Floats that JSON lacks are objects; a string that spells one is a string."""
    assert spelled(scalar(value)) == spelled(encoded)


@pytest.mark.parametrize("value", [2**64 + 1, -0.0, 5e-324, 1.0, 1, True, "\ud800", "\x00\x1b\u2028", '"\\'], ids=ascii)
def test_awkward_values_survive(value: float | str, sample_report: Report) -> None:
    """Large integers, negative zero, integral floats and lone surrogates come back as they were."""
    text = json_report.render(holding(value, sample_report))
    assert text.isascii()
    back = json_report.parse(text).checkpoints[0].results[0].value("m")
    assert (type(back), repr(back)) == (type(value), repr(value))


def test_a_surrogate_pair_reads_back_as_its_character(sample_report: Report) -> None:
    """JSON cannot tell two surrogates that spell a character from that character; nothing else is merged."""
    back = json_report.parse(json_report.render(holding("\ud83d\ude00", sample_report)))
    assert back.checkpoints[0].results[0].value("m") == "\N{GRINNING FACE}"


def test_metrics_with_one_key_stay_apart(sample_report: Report) -> None:
    """Two metrics whose names and labels spell the same key keep their units, and a repeated one its values."""
    plain, odd = Metric("a[b=c]", "bits"), Metric("a", "dB", MappingProxyType({"b": "c"}))
    measured = tuple(Measurement(metric, value) for value, metric in enumerate((plain, odd, plain, odd)))
    result = Result("range", "w", measurements=measured)
    checkpoint = dataclasses.replace(holding(0.0, sample_report).checkpoints[0], results=(result,))
    report = dataclasses.replace(sample_report, checkpoints=(checkpoint,))
    assert spelled(json_report.parse(json_report.render(report))) == spelled(report)


def test_only_the_run_differs_between_two_runs(sample_report: Report) -> None:
    """Another time, machine and duration change the last line and nothing else."""
    run = dataclasses.replace(sample_report.run, started="2027-01-01T00:00:00Z", seconds=9.0, platform="macOS arm64")
    other = dataclasses.replace(sample_report, run=run)
    lines, changed = (json_report.render(report).splitlines() for report in (sample_report, other))
    assert [line for line in lines if line not in changed] == [lines[-2]]
    assert lines[-2].startswith(' "run": ')


def test_the_order_of_options_does_not_show(sample_report: Report) -> None:
    """Options given in another order give the same bytes."""
    turned = dict(reversed(list(sample_report.analyzers.items())))
    other = dataclasses.replace(sample_report, analyzers=turned)
    assert json_report.render(other) == json_report.render(sample_report)


def test_every_tensor_and_result_is_one_line(sample_report: Report) -> None:
    """Reports can be compared line by line."""
    lines = json_report.render(sample_report).splitlines()
    for checkpoint in sample_report.checkpoints:
        for result in checkpoint.results:
            assert any(
                f'"analyzer": "{result.analyzer}", "subject": {json.dumps(result.subject)}' in line for line in lines
            )


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_cut_report_is_refused(data: st.DataObject) -> None:
    """Whatever is missing at the end, the error is one line that says so."""
    text = (Path(__file__).parent / "golden" / "report.json").read_text().rstrip()
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(ReportError) as caught:
        json_report.parse(cut)
    assert "\n" not in str(caught.value)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_changed_report_is_refused_or_read(data: st.DataObject) -> None:
    """A member dropped or of another type gives a report or a ReportError with its place, never anything else."""
    document = json.loads((Path(__file__).parent / "golden" / "report.json").read_text())
    holder, _ = data.draw(st.sampled_from(objects(document, "")))
    key = data.draw(st.sampled_from([*holder, "none"]))
    if data.draw(st.booleans()):
        holder.pop(key, None)
    else:
        holder[key] = data.draw(
            st.sampled_from([None, 1, -1, "x", True, [], {}, [[]], {"float": "nan"}, {"float": 3}, 1.5])
        )
    said = refusal(json.dumps(document))
    assert said is None or re.fullmatch("report: is .*", said)


def refusal(text: str) -> str | None:
    """Why the text is refused; None where it is read."""
    try:
        json_report.parse(text)
    except ReportError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no JSON, or only the beginning of it (line 1, column 1)"),
        ("[1, 2]", "it should be an object"),
        ("{}", "schema_version is missing"),
        ('{"schema_version": "1"}', "schema_version should be a whole number"),
        ('{"schema_version": 0}', "schema_version should be 1 or more"),
        ('{"schema_version": 3}', "is of report version 3; this release reads up to 2; upgrade precisionlab"),
        ('{"schema_version": NaN}', "holds a number or a nesting that no report has"),
        ("[" * 100_000, "holds a number or a nesting that no report has"),
        ("9" * 5_000, "holds a number or a nesting that no report has"),
    ],
    ids=["empty", "array", "object", "text", "old", "newer", "nan", "nested", "digits"],
)
def test_what_is_no_report_is_refused(text: str, says: str) -> None:
    """Each wrong document is refused with what is wrong with it."""
    with pytest.raises(ReportError) as caught:
        json_report.parse(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('"first": -30.0', f'"first": {10**400}', "figures[0].first should be a number within the range of float64"),
        ('["float16", 3, 0.25, false, ', "[", "figures[1].rows[0] should be as long as columns: 5"),
    ],
    ids=["a place on no axis", "a row too short"],
)
def test_a_figure_that_nobody_can_draw_is_refused(was: str, becomes: str, says: str, sample_report: Report) -> None:
    """By its place, when the report is read."""
    text = json_report.render(sample_report)
    assert was in text
    assert says in (refusal(text.replace(was, becomes, 1)) or "")


def test_reading_a_file(tmp_path: Path, sample_report: Report) -> None:
    """A file is read back; what cannot be read is refused under its own name."""
    good, bad, binary = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "binary.json"
    good.write_text(json_report.render(sample_report), encoding="utf-8-sig")  # a byte order mark is no part of it
    bad.write_text("{", encoding="utf-8")
    binary.write_bytes(b"\xff\xfe")
    assert spelled(json_report.read(good)) == spelled(sample_report)
    for path, says in ((bad, "is no JSON"), (binary, "not UTF-8"), (tmp_path / "none.json", "cannot be read")):
        with pytest.raises(ReportError, match=says) as caught:
            json_report.read(path)
        assert str(caught.value).startswith(str(path))


def test_the_collector_goes_on_after_a_report_was_read_or_refused(sample_report: Report) -> None:
    """And stays off where somebody turned it off."""
    for text in (json_report.render(sample_report), "{"):
        refusal(text)
        assert gc.isenabled()
    gc.disable()
    try:
        refusal("{")
        assert not gc.isenabled()
    finally:
        gc.enable()
