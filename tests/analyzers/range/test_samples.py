"""The samples under the `range` analyzer: each planted pathology is found, and nothing else."""

import re
from collections import defaultdict
from pathlib import Path

import precisionlab

SAMPLES = Path(__file__).parents[3] / "samples"

ROW = re.compile(r"^\| (?P<tensors>`[^|]+`) \| (?P<rules>none|PL\d{3}(?:, PL\d{3})*) \|", re.MULTILINE)


def described() -> dict[str, set[str]]:
    """The codes that the README states for each tensor of the sick sample."""
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## What is wrong in `sick.safetensors`")[2].partition("\n## ")[0]
    return {
        name: set(re.findall(r"PL\d{3}", row["rules"]))
        for row in ROW.finditer(section)
        for name in re.findall(r"`([^`]+)`", row["tensors"])
    }


def codes_by_tensor(file: str) -> dict[str, set[str]]:
    """The codes that fire for each tensor of a sample, an empty set for none."""
    (checkpoint,) = precisionlab.scan(SAMPLES / file, analyzers=["range"]).checkpoints
    assert checkpoint.failures == ()
    codes: dict[str, set[str]] = defaultdict(set, {tensor.name: set() for tensor in checkpoint.tensors})
    for finding in checkpoint.findings:
        codes[str(finding.subject)].add(finding.code)
    return codes


def test_the_sick_sample_has_exactly_the_findings_that_are_planted() -> None:
    """Tensor by tensor as the samples' README says, which was written by hand and names every tensor."""
    found = codes_by_tensor("sick.safetensors")
    assert found == described()
    assert sum(map(len, found.values())) == 43


def test_the_healthy_sample_has_no_findings() -> None:
    """Nothing is said of any of its tensors."""
    assert set().union(*codes_by_tensor("healthy.safetensors").values()) == set()


def test_trained_weights_have_no_findings() -> None:
    """A small model that was really trained, in bfloat16, and its first layer in float32."""
    assert set().union(*codes_by_tensor("tiny-transformer").values()) == set()
    assert set().union(*codes_by_tensor("tiny-transformer.npz").values()) == set()


def test_bfloat16_in_float32_is_unused_precision_in_every_matrix() -> None:
    """All matrices of the layer; its norms have fewer elements than are judged."""
    found = codes_by_tensor("tiny-transformer-bf16-in-fp32.safetensors")
    assert {name for name, codes in found.items() if codes} == {name for name in found if "_proj" in name}
    assert set().union(*found.values()) == {"PL030"}


def test_second_moments_underflow() -> None:
    """Of AdamW's state, cast to float16, the squares are lost; embedding and head are one."""
    found = codes_by_tensor("tiny-transformer-fp16.pth")
    assert {codes_of for name, codes in found.items() for codes_of in codes if name.startswith("model.")} == {"PL040"}
    squares = {name for name, codes in found.items() if "PL022" in codes and name.endswith("exp_avg_sq")}
    assert len(squares) > 10
