"""The structural analyzers find in their sample what is planted there, and nothing else."""

import re
from pathlib import Path

import pytest

import precisionlab

SAMPLES = Path(__file__).parents[2] / "samples"
STRUCTURAL = ("topology", "spectrum", "lowrank", "symmetry", "cp")


@pytest.mark.slow
def test_the_sample_fires_the_rules_of_its_table() -> None:
    """With default options, tensor by tensor, as samples/README.md says."""
    section = (SAMPLES / "README.md").read_text("utf-8").split("`structure.safetensors`\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(.*?)` \| .* \| (.*?) \|$", section, re.MULTILINE)
    described = {name: set(re.findall(r"PL\d{3}", codes)) for name, codes in rows}
    report = precisionlab.scan(SAMPLES / "structure.safetensors", STRUCTURAL)
    (checkpoint,) = report.checkpoints
    found: dict[str, set[str]] = {tensor.name: set() for tensor in checkpoint.tensors}
    for finding in checkpoint.findings:
        found[finding.subject or ""].add(finding.code)
    assert found == described
    assert not any(result.status == "failed" for result in checkpoint.results)
