"""The samples under the `quantization` analyzer: each planted fault is found, and nothing else."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

import precisionlab
from precisionlab.analysis.figures import Table
from precisionlab.analysis.report import CheckpointReport

SAMPLES = Path(__file__).parents[3] / "samples"
ROW = re.compile(r"^\| (?P<tensors>`[^|]+`) \| [^|]+ \| (?P<rules>none|PL\d{3}(?:, PL\d{3})*) \|$", re.MULTILINE)


def scanned(name: str) -> CheckpointReport:
    """The report of one sample."""
    (checkpoint,) = precisionlab.scan(SAMPLES / name, analyzers=["quantization"]).checkpoints
    assert checkpoint.failures == ()
    return checkpoint


def codes_by_tensor(checkpoint: CheckpointReport) -> dict[str, set[str]]:
    """The codes that fire for each tensor, an empty set for none."""
    codes: dict[str, set[str]] = defaultdict(set, {tensor.name: set() for tensor in checkpoint.tensors})
    for finding in checkpoint.findings:
        codes[str(finding.subject)].add(finding.code)
    return codes


@pytest.fixture(scope="module")
def quantized() -> CheckpointReport:
    """`quantized.safetensors`."""
    return scanned("quantized.safetensors")


def test_the_sample_has_exactly_the_findings_that_are_planted(quantized: CheckpointReport) -> None:
    """Tensor by tensor as the samples' README says, which was written by hand and names every tensor."""
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## What is wrong in `quantized.safetensors`")[2].partition("\n## ")[0]
    described = {
        name: set(re.findall(r"PL\d{3}", row["rules"]))
        for row in ROW.finditer(section)
        for name in re.findall(r"`([^`]+)`", row["tensors"])
    }
    assert codes_by_tensor(quantized) == described
    assert sum(map(len, described.values())) == 14


def test_planted_channels_are_named_in_the_table_and_the_finding(quantized: CheckpointReport) -> None:
    """Channels 300 and 1,201 along the second axis, and no other."""
    (result,) = (one for one in quantized.results if one.subject == "outlier_channels.weight")
    (table,) = (one for one in result.figures if isinstance(one, Table) and one.title.startswith("Outlier channels"))
    assert {row[:2] for row in table.rows} == {("second", 300), ("second", 1201)}
    (message,) = (one.message for one in result.findings if one.code == "PL101")
    assert "; channels 300 and 1,201 along the second axis are outliers" in message


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("stored_int4.weight", "int4_g128: a grid for each group of 128, at most 16 levels"),
        ("stored_int8.weight", "int8_channel: a grid for each channel, at most 256 levels"),
        ("stored_nf4.weight", "nf4_g64: a grid for each group of 64, at most 16 levels"),
        ("stored_mxfp4.weight", "mxfp4: a grid for each group of 32"),
        ("stored_float8.weight", "float8_e4m3fn:amax: one grid for the tensor"),
        ("binary.weight", "binary_tensor: one grid for the tensor, at most 2 levels"),
        ("ternary.weight", "ternary_tensor: one grid for the tensor, at most 3 levels"),
    ],
)
def test_the_format_of_weights_that_were_quantized_is_told(name: str, likely: str, quantized: CheckpointReport) -> None:
    """What was written back as floats, by its format and the length of its groups."""
    (message,) = (one.message for one in quantized.findings if one.code == "PL104" and one.subject == name)
    assert message.startswith(f"likely {likely}")


def test_discreteness_tells_how_near_weights_are_to_three_levels(quantized: CheckpointReport) -> None:
    """0 of binary and ternary ones, little with a little noise, about 0.44 of normal deviates."""
    by_name = {result.subject: result for result in quantized.results}
    assert by_name["binary.weight"].value("discreteness") == by_name["ternary.weight"].value("discreteness") == 0
    assert by_name["nearly_ternary.weight"].value("discreteness") == pytest.approx(0.063, abs=0.003)
    assert by_name["healthy.bfloat.weight"].value("discreteness_over_gaussian") == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", ["healthy.safetensors", "tiny-transformer", "tiny-transformer.npz"])
def test_ordinary_weights_have_no_findings(name: str) -> None:
    """Normal deviates, and a small model that was really trained."""
    assert scanned(name).findings == ()


def test_integers_in_the_sick_sample_are_quantized_weights() -> None:
    """As is one column that is 100 times too large in its way; nothing is said of the other pathologies."""
    found = {name: codes for name, codes in codes_by_tensor(scanned("sick.safetensors")).items() if codes}
    assert found == {
        "integer_grid.power_of_two_scale.weight": {"PL104"},
        "integer_grid.any_scale.weight": {"PL104"},
        "outlier_channel.column.weight": {"PL102"},
    }
