"""The report as JSON Lines."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.report import Report
from precisionlab.reports import json_report, jsonl_report


def test_one_line_for_each_result_between_header_and_run(sample_report: Report) -> None:
    """Header first, then each checkpoint's results and its own line, the run last."""
    kinds = [json.loads(line)["kind"] for line in jsonl_report.render(sample_report).splitlines()]
    body = [[*["result"] * len(checkpoint.results), "checkpoint"] for checkpoint in sample_report.checkpoints]
    assert kinds == ["header", *(kind for part in body for kind in part), "run"]


def test_lines_can_be_written_one_at_a_time(sample_report: Report) -> None:
    """A scan that writes each line when it knows it writes what `render` writes."""
    parts = [jsonl_report.header_line(sample_report)]
    for checkpoint in sample_report.checkpoints:
        parts += [jsonl_report.result_line(checkpoint.path, result) for result in checkpoint.results]
        parts.append(jsonl_report.checkpoint_line(checkpoint))
    parts.append(jsonl_report.run_line(sample_report.unreadable, sample_report.run))
    assert "\n".join(parts) + "\n" == jsonl_report.render(sample_report)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_lines_hold_all_that_the_document_holds(data: st.DataObject, any_report: st.SearchStrategy[Report]) -> None:
    """From the lines alone, the JSON document can be put together again."""
    report = data.draw(any_report)
    header, *middle, last = map(json.loads, jsonl_report.render(report).split("\n")[:-1])
    document = json.loads(json_report.render(report))
    for checkpoint in document["checkpoints"]:
        for result in checkpoint["results"]:
            expected = [{**document["metrics"][key], "value": value} for key, value in result["measurements"].items()]
            line = middle.pop(0)
            assert line == {"kind": "result", "checkpoint": checkpoint["path"], **result, "measurements": expected}
        del checkpoint["results"]
        assert middle.pop(0) == {"kind": "checkpoint", **checkpoint}
    names = ("schema_version", "analyzers", "settings", "rules", "command", "beside", "baseline")
    asked = {name: document[name] for name in names}
    assert header == {"kind": "header", **asked}
    assert last == {"kind": "run", "unreadable": document["unreadable"], "run": document["run"]}
    assert not middle
