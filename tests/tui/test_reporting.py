"""The lab's full report is what a scan writes."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TabbedContent

from precisionlab.analysis.report import Report
from precisionlab.cli.main import main as command
from precisionlab.reports import json_report, writers
from precisionlab.scanning.settings import Selected
from precisionlab.tui.app import PrecisionlabApp
from precisionlab.tui.screens.lab import LabScreen
from tests.tui.conftest import scanned, until

SAMPLES = Path(__file__).parents[2] / "samples"
Flow = Callable[[LabScreen, Pilot[None]], Coroutine[None, None, None]]


def play(path: Path, flow: Flow) -> None:
    """Open a checkpoint and let somebody use the lab once the scan is over."""

    async def main() -> None:
        app = PrecisionlabApp(str(path))
        async with app.run_test(size=(140, 45)) as pilot:
            lab = await scanned(app, pilot)
            await until(pilot, lambda: not lab._scanned)
            await flow(lab, pilot)

    asyncio.run(main())


def report_of(lab: LabScreen) -> Report:
    """What the lab would write now."""
    make = lab.reporter()
    assert make is not None
    return make()


def without_run(text: str) -> Any:  # noqa: ANN401 - JSON
    """A JSON report without its circumstances."""
    document = json.loads(text)
    assert document.pop("run")
    return document


@pytest.mark.parametrize("sample", ["tiny-transformer", "sick.safetensors", "structure.safetensors"])
def test_it_equals_the_report_of_a_scan(sample: str, tmp_path: Path) -> None:
    """Byte for byte in JSON, but for the run's circumstances, where the same analyzers ran."""
    path = SAMPLES / sample
    reports: list[Report] = []

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        del pilot
        reports.append(report_of(lab))

    play(path, flow)
    (own,) = reports
    assert own.checkpoints[0].complete
    target = tmp_path / "scan.json"
    command(["scan", str(path), "-q", "--device", "cpu", "-a", ",".join(own.analyzers), "-o", str(target)])
    written = tmp_path / "app.json"
    writers.write(own, written)
    assert without_run(written.read_text()) == without_run(target.read_text())
    same_run = replace(own, run=json_report.parse(target.read_text()).run)
    assert json_report.render(same_run) == target.read_text()


def test_options_of_the_last_scan_count_and_what_is_missing_is_told() -> None:
    """An analyzer that was asked of one tensor makes the report incomplete, with its last options; a scan of all completes it, with its own."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        assert report_of(lab).checkpoints[0].complete
        lab.go_to("healthy.weight")
        lab.query_one(TabbedContent).active = "tab-spectrum"
        panel = lab.active_panel
        await until(pilot, lambda: (one := panel()) and one.analyzer.name == "spectrum" and one.result)
        analyzer = lab._analyzers["spectrum"]
        assert lab._bench is not None
        tensor = next(info for info in lab._bench.checkpoint.tensors if info.name == "healthy.weight")
        other = replace(analyzer.options(), seed=7)
        lab._bench.ask(analyzer, other, tensor, lab.hear)
        await until(pilot, lambda: len([one for one in lab._answers if one.analyzer == "spectrum"]) == 2)
        report = report_of(lab)
        assert not report.checkpoints[0].complete
        assert report.analyzers["spectrum"].options["seed"] == 7
        assert len([one for one in report.checkpoints[0].results if one.analyzer == "spectrum"]) == 1
        lab.scan([Selected(analyzer, analyzer.options())])
        await until(pilot, lambda: not lab._scanned)
        lab._bench.ask(analyzer, replace(other, seed=8), tensor, lab.hear)
        await until(pilot, lambda: any(getattr(one.options, "seed", 0) == 8 for one in lab._answers))
        report = report_of(lab)
        assert report.checkpoints[0].complete
        assert report.analyzers["spectrum"].options["seed"] == 0

    play(SAMPLES / "sick.safetensors", flow)


def test_a_scan_that_is_not_done_is_marked() -> None:
    """Whatever is taken away from its answers, also the one about the whole checkpoint."""

    async def flow(lab: LabScreen, pilot: Pilot[None]) -> None:
        del pilot
        answers = dict(lab._answers)
        whole = [question for question in answers if question.subject is None]
        assert whole
        for missing in (*whole, next(iter(answers))):
            lab._answers = {question: result for question, result in answers.items() if question != missing}
            assert not report_of(lab).checkpoints[0].complete
        lab._answers = {}
        report = report_of(lab)
        assert (report.analyzers, report.checkpoints[0].complete) == ({}, False)

    play(SAMPLES / "healthy.safetensors", flow)
