"""What is a finding and what is not."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import precisionlab

SAMPLES = Path(__file__).parents[3] / "samples"
ROW = re.compile(r"^\| (?P<tensors>`[^|]+`) \| (?P<rules>none|PL\d{3}(?:, PL\d{3})*) \|", re.MULTILINE)
Messages = Callable[..., Mapping[str, str]]


def test_the_sample_has_exactly_the_findings_that_are_planted() -> None:
    """Tensor by tensor as the samples' README says, which was written by hand and names every tensor."""
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## What is wrong in `accumulation.safetensors`")[2].partition("\n## ")[0]
    described = {
        name: set(re.findall(r"PL\d{3}", row["rules"]))
        for row in ROW.finditer(section)
        for name in re.findall(r"`([^`]+)`", row["tensors"])
    }
    (checkpoint,) = precisionlab.scan(SAMPLES / "accumulation.safetensors", analyzers=["rounding"]).checkpoints
    assert checkpoint.failures == ()
    found: dict[str, set[str]] = defaultdict(set, {tensor.name: set() for tensor in checkpoint.tensors})
    for finding in checkpoint.findings:
        found[str(finding.subject)].add(finding.code)
    assert found == described
    assert sum(map(len, described.values())) == 5


@pytest.mark.parametrize("seed", range(5))
def test_ordinary_layers_are_no_finding(seed: int, messages: Messages) -> None:
    """512 inputs, in any 16-bit type and float32, whatever is drawn."""
    array = 0.02 * np.random.default_rng(seed).standard_normal((64, 512))
    for kind in (np.float32, np.float16, ml_dtypes.bfloat16):
        assert messages(array.astype(kind), seed=seed) == {}


def test_the_deployed_accumulator_is_judged_by_the_bits_that_are_wanted(messages: Messages) -> None:
    """One that the user names, on either side of the threshold."""
    array = (0.02 * np.random.default_rng(0).standard_normal((32, 512))).astype(ml_dtypes.bfloat16)
    found = messages(array, accumulator="bf16", accumulators=("fp32",))
    assert re.fullmatch(
        r"[45]\.\d bits are right with bf16 over 512 terms; fp32 is the cheapest that keeps enough", found["PL201"]
    )
    assert "PL201" not in messages(array, accumulator="bf16", accumulators=("fp32",), min_bits=3)
    assert "PL201" not in messages(array, accumulators=("bf16", "fp32"))
    none = messages(array, accumulator="bf16", accumulators=("bf16",))
    assert none["PL201"].endswith("; none of those looked at keeps enough")


def test_half_the_digits_of_bfloat16_are_four(messages: Messages) -> None:
    """The message compares with what a compensated sum and float32 keep."""
    array = (0.02 * np.random.default_rng(0).standard_normal((8, 16384))).astype(ml_dtypes.bfloat16)
    names = ("bf16", "bf16_kahan", "bf16_pairwise", "fp32")
    message = messages(array, accumulators=names)["PL204"]
    assert re.fullmatch(
        r"bf16 keeps [23]\.\d of 8 bits over 16,384 terms; bf16_pairwise [78]\.\d, bf16_kahan 8\.\d, fp32 \d\d\.\d",
        message,
    )
    assert "PL204" not in messages(array[:, :256], accumulators=names)
    assert "PL204" not in messages(array, accumulators=("fp32",))


def test_overflow_is_of_sums_in_float16_and_of_inputs_that_may_occur(messages: Messages) -> None:
    """Products of one sign alone are no finding: no input need have the weights' signs."""
    array = np.full((8, 4096), 2.0**-1, np.float32)
    array[:, ::2] *= -1
    array *= np.float32(60)
    assert "PL202" not in messages(array, accumulators=("fp16", "fp32"))
    found = messages(array * np.float32(100), accumulators=("fp16", "fp32"))
    assert re.fullmatch(r"[\d.]+% of the outputs of \w+ inputs overflow in fp16", found["PL202"])
    assert "PL202" not in messages(array * np.float32(100), accumulators=("bf16", "fp32"))
