"""How long the HTML report takes: to be written, and in headless Chromium from the navigation to a table that answers.

    python benchmarks/page.py [--tensors 1000 100000] [--browser chromium]

The report is made up: one checkpoint of so many tensors with 20 measurements each as the range
analyzer has them, findings of four rules for two of three tensors, and a figure for each tensor.
Milliseconds in the browser: `ready` from the navigation until the table is there and laid out, the
others for one act each, laid out: a filter, a sorting by name, the first search over everything, the
first details of a tensor.
"""

import argparse
import json
import math
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from precisionlab.analysis.figures import Axis, Bars, Window
from precisionlab.analysis.report import (
    AnalyzerSummary,
    CheckpointReport,
    FileIdentity,
    Report,
    RuleSummary,
    Run,
    TensorSummary,
)
from precisionlab.analysis.results import Finding, Measurement, Metric, Result
from precisionlab.analysis.rules import Severity
from precisionlab.reports import html_report
from timing import machine

RULES = (
    RuleSummary("PL001", "nan", Severity.ERROR, "tensor holds NaN", "find the step that produced it"),
    RuleSummary("PL021", "overflow", Severity.WARNING, "a cast to float16 would overflow", "cast to bfloat16"),
    RuleSummary("PL030", "wide", Severity.WARNING, "a narrower format holds every value exactly", "store it in that"),
    RuleSummary("PL031", "grid", Severity.NOTE, "the values are integers times one step", "quantize with this step"),
)
PARTS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "norm")
METRICS = (
    Metric("smallest_magnitude", ""),
    Metric("largest_magnitude", ""),
    Metric("zeros_share", "1"),
    Metric("distinct_values", "values"),
    *(Metric("exact", "elements", MappingProxyType({"format": f"format{i}"})) for i in range(16)),
)
WITHIN = """
<script>
addEventListener("load", () => {
  const laidOut = () => document.body.getBoundingClientRect().height;
  laidOut();
  const told = { ready: performance.now() };
  const timed = (act) => { const start = performance.now(); act(); laidOut(); return performance.now() - start; };
  const [filter] = document.querySelectorAll(".controls input[type=search]");
  const enter = (field, text) => { field.value = text; field.dispatchEvent(new Event("input")); };
  told.filter = timed(() => enter(filter, "layers.7."));
  told.sort = timed(() => document.querySelectorAll(".grid-view thead button")[1].click());
  told.search = timed(() => enter(document.getElementById("search-all"), "overflow"));
  told.details = timed(() => document.querySelector("tr.row button").click());
  const answer = document.createElement("pre");
  answer.id = "told";
  answer.textContent = JSON.stringify(told);
  document.body.append(answer);
});
</script>
"""


def made_up(n_tensors: int) -> Report:
    """The report of one checkpoint with so many tensors."""
    names = [f"model.layers.{i // 64}.experts.{i // 8 % 8}.{PARTS[i % 8]}.weight" for i in range(n_tensors)]
    tensors = tuple(
        TensorSummary(name, "bfloat16", (4096, 1024 + i % 7), 4194304, 8388608) for i, name in enumerate(names)
    )
    results = tuple(result_of(name, i) for i, name in enumerate(names))
    checkpoint = CheckpointReport(
        path="made-up",
        container="sharded safetensors",
        files=tuple(FileIdentity(f"model-{i:05}.safetensors", 10**9) for i in range(100)),
        n_parameters=n_tensors * 4194304,
        n_bytes=n_tensors * 8388608,
        parameters_by_dtype=MappingProxyType({"bfloat16": n_tensors * 4194304}),
        tensors=tensors,
        results=results,
    )
    run = Run("2026-01-01T00:00:00Z", 60.0, "cpu", 2, MappingProxyType({"precisionlab": "0"}), "Linux")
    asked = MappingProxyType({"range": AnalyzerSummary(MappingProxyType({}), "What lies where?")})
    return Report((checkpoint,), (), asked, RULES, MappingProxyType({}), run, ("precisionlab", "scan", "made-up"))


def result_of(name: str, at: int) -> Result:
    """Measurements, findings and a figure of the tensor at this place."""
    values = (1e-6 / (1 + at % 97), 0.5 + at % 13, (at % 11) / 100, 200 + at % 4096, *(at * 31 + k for k in range(16)))
    measurements = tuple(Measurement(metric, value) for metric, value in zip(METRICS, values, strict=True))
    return Result(
        "range", name, measurements=measurements, findings=tuple(findings_of(name, at)), figures=(histogram(at),)
    )


def findings_of(name: str, at: int) -> Iterator[Finding]:
    """Few errors, more warnings, many notes."""
    for rule, period in zip(RULES, (5_000, 40, 25, 2), strict=True):
        if at % period == 1:
            yield Finding(rule.code, rule.severity, name, f"{at:,} of 4,194,304 elements", rule.remedy, {"count": at})


def histogram(at: int) -> Bars:
    """Exponents as of normally distributed weights, over two windows."""
    heights = tuple(float(round(1e5 * math.exp(-(((i - 22 - at % 3) / 5) ** 2)))) for i in range(40))
    windows = (Window("float16", -24.0, -14.0, 16.0), Window("bfloat16", -133.0, -126.0, 128.0))
    return Bars("Exponents", Axis("binary exponent"), Axis("elements"), -30.0, 1.0, heights, windows)


def in_browser(program: str, page: str) -> dict[str, float]:
    """Milliseconds that the page takes in a browser, the mark at its end beside its own script."""
    without = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page, count=1)
    start, _, end = without.rpartition("</body>")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(f"{start}{WITHIN}</body>{end}", encoding="utf-8")
        options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile")
        command = [program, *options, "--dump-dom", path.as_uri()]
        dom = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode()
    found = re.search('<pre id="told">(.*?)</pre>', dom)
    return json.loads(found[1]) if found else {}


def main() -> None:
    """Print a line for each number of tensors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tensors", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--browser", default="chromium")
    arguments = parser.parse_args()
    program = shutil.which(arguments.browser)
    names = ("ready", "filter", "sort", "search", "details")
    heads = ("tensors", "written, s", "file, MB", *(f"{name}, ms" for name in names))
    print(f"{machine()}\n\n| {' | '.join(heads)} |\n|{' ---: |' * len(heads)}")
    for n_tensors in arguments.tensors:
        report = made_up(n_tensors)
        start = time.perf_counter()
        page = html_report.render(report)
        seconds = time.perf_counter() - start
        told = in_browser(program, page) if program else {}
        size = len(page.encode()) / 1e6
        times = (f"{told.get(name, math.nan):.0f}" for name in names)
        print(f"| {n_tensors:,} | {seconds:.2f} | {size:.1f} | {' | '.join(times)} |")


if __name__ == "__main__":
    main()
