"""The samples under the `summation` analyzer: each planted fault is found, and nothing else."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

import precisionlab
from precisionlab.analysis.report import CheckpointReport
from precisionlab.cli.main import main

SAMPLES = Path(__file__).parents[3] / "samples"
ROW = re.compile(r"^\| (?P<tensors>`[^|]+`) \| [^|]+ \| (?P<rules>none|PL\d{3}(?:, PL\d{3})*) \|$", re.MULTILINE)


def scanned(name: str) -> CheckpointReport:
    """The report of one sample."""
    (checkpoint,) = precisionlab.scan(SAMPLES / name, analyzers=["summation"]).checkpoints
    assert checkpoint.failures == ()
    return checkpoint


@pytest.fixture(scope="module")
def summed() -> CheckpointReport:
    """`summation.safetensors`."""
    return scanned("summation.safetensors")


def test_the_sample_has_exactly_the_findings_that_are_planted(summed: CheckpointReport) -> None:
    """Tensor by tensor as the samples' README says, which was written by hand and names every tensor."""
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## What is wrong in `summation.safetensors`")[2].partition("\n## ")[0]
    described = {
        name: set(re.findall(r"PL\d{3}", row["rules"]))
        for row in ROW.finditer(section)
        for name in re.findall(r"`([^`]+)`", row["tensors"])
    }
    codes: dict[str, set[str]] = defaultdict(set, {tensor.name: set() for tensor in summed.tensors})
    for finding in summed.findings:
        codes[str(finding.subject)].add(finding.code)
    assert codes == described
    assert sum(map(len, described.values())) == 5


def test_a_moment_is_called_one(summed: CheckpointReport) -> None:
    """By its name."""
    messages = {finding.message for finding in summed.findings if str(finding.subject).startswith("optimizer.")}
    assert len(messages) == 2
    assert all(message.startswith("optimizer moment: ") for message in messages)


@pytest.mark.parametrize("name", ["healthy.safetensors", "tiny-transformer", "tiny-transformer.npz"])
def test_ordinary_weights_have_no_findings(name: str) -> None:
    """Normal deviates, and a small model that was really trained."""
    checkpoint = scanned(name)
    assert checkpoint.findings == ()
    assert any(result.measurements for result in checkpoint.results)


@pytest.mark.slow
def test_optimizer_moments_of_a_real_training_are_looked_at() -> None:
    """AdamW's, in float32; they are added up without a finding."""
    checkpoint = scanned("tiny-transformer-fp16.pth")
    looked_at = {result.subject for result in checkpoint.results if result.measurements}
    for moment in ("exp_avg", "exp_avg_sq"):
        assert any(str(name).endswith(f".{moment}") for name in looked_at)
    assert checkpoint.findings == ()


@pytest.mark.parametrize("suffix", ["html", "json", "md", "txt"])
def test_reports_are_written_and_the_same_again(suffix: str, tmp_path: Path) -> None:
    """Every writer draws every figure; but for the run's own times two reports are the same bytes."""
    texts = []
    for turn in ("one", "two"):
        path = tmp_path / f"{turn}.{suffix}"
        main(["scan", str(SAMPLES / "summation.safetensors"), "-a", "summation", "-q", "-o", str(path)])
        texts.append(re.sub(r"\d{4}-\d\d-\d\dT[\d:+.]+|[\d.]+ s\b|\"[a-z_]*seconds\": [\d.e-]+", "", path.read_text()))
    assert texts[0] == texts[1]
    assert "double-double" in texts[0]
