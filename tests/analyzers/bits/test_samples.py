"""The samples under the `bits` analyzer, through the Python function and through the command."""

import re
from pathlib import Path

import pytest

import precisionlab
from precisionlab.analysis.report import CheckpointReport
from precisionlab.analysis.results import Result, Status
from precisionlab.cli.main import main

SAMPLES = Path(__file__).parents[3] / "samples"
CHECKPOINTS = (
    "healthy.safetensors",
    "hostile-names.safetensors",
    "shared-storage.pth",
    "sick.safetensors",
    "tiny-transformer",
    "tiny-transformer-bf16-in-fp32.safetensors",
    "tiny-transformer-compressed.npz",
    "tiny-transformer-fp16.pth",
    "tiny-transformer.npz",
)
MOST_LINES = 100
"""What still is a summary, whatever the number of tensors."""


def scanned(name: str) -> CheckpointReport:
    """The report of one sample."""
    (checkpoint,) = precisionlab.scan(SAMPLES / name, ["bits"]).checkpoints
    return checkpoint


def results(name: str) -> dict[str | None, Result]:
    """The results of one sample by tensor."""
    return {result.subject: result for result in scanned(name).results}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_every_tensor_of_every_sample_is_answered(name: str) -> None:
    """None fails, none is skipped, none has findings."""
    checkpoint = scanned(name)
    assert {result.status for result in checkpoint.results} == {Status.DONE}
    assert len(checkpoint.results) == len(checkpoint.tensors) + 1
    assert checkpoint.findings == ()


def test_bfloat16_in_float32_uses_7_mantissa_bits() -> None:
    """The lower half of every number is zero: its bits are never set and have no entropy."""
    for result in results("tiny-transformer-bf16-in-fp32.safetensors").values():
        if result.subject is not None:
            assert 0 < int(result.value("mantissa_bits_in_use")) <= 7
            assert [result.value(f"set_share[bit={bit},field=mantissa]") for bit in range(16)] == 16 * [0]


def test_boxed_numbers_have_their_upper_half_set() -> None:
    """All of them NaN: no bit of the upper half varies, and no flip has a change to tell."""
    result = results("sick.safetensors")["nan_boxed.weight"]
    shares = [one.value for one in result.measurements if one.metric.name == "set_share"]
    assert shares[16:] == 16 * [1]
    assert not [one for one in result.measurements if one.metric.name == "flip_median_change"]
    assert result.value("flip_to_finite_share[bit=30,field=exponent]") == 1
    assert result.value("flip_to_finite_share[bit=31,field=sign]") == 0


def test_the_planted_subnormal_is_nearest_to_underflow() -> None:
    """The smallest subnormal of float16 is the nearest one to underflow, at no distance."""
    found = results("sick.safetensors")["subnormal.half.weight"]
    assert abs(float(found.value("near_underflow_value[rank=1]"))) == 2.0**-24
    assert found.value("near_underflow_footroom[rank=1]") == 0
    assert found.value("near_underflow_is_subnormal[rank=1]") is True


@pytest.mark.parametrize("name", ["sick.safetensors", "tiny-transformer", "tiny-transformer-fp16.pth"])
def test_the_command_prints_a_summary(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A few tables and a verdict, however many tensors there are, in lines that a pipe's 100 columns hold."""
    assert main(["scan", str(SAMPLES / name), "-a", "bits"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert "Tensors nearest to overflow" in lines
    assert any(line.startswith("Bits of ") for line in lines)
    assert "…" not in out
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= 100
    assert re.fullmatch("no rules were asked of [0-9]+ tensors of 1 checkpoint: bits has none", lines[-1])


def test_it_does_not_run_by_default() -> None:
    """Only where it is named."""
    report = precisionlab.scan(SAMPLES / "healthy.safetensors")
    assert "bits" not in report.analyzers
