"""What is a finding and what is not."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import precisionlab
from analyzers.rounding import analyze
from analyzers.rounding.options import Options
from precisionlab.analysis.results import Result
from tests.analyzers.memory import in_memory

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
        r"bf16 keeps [23]\.\d of 8 bits over 16,384 terms of both signs; bf16_pairwise [78]\.\d, bf16_kahan 8\.\d, fp32 \d\d\.\d",
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
    inner = messages(array * np.float32(100), accumulators=("fp16_promoted2048", "fp32"))
    assert inner["PL202"].endswith("overflow in fp16_promoted2048")
    assert "PL202" not in messages(array * np.float32(100), accumulators=("bf16", "fp32"))


def test_overflow_is_told_of_the_accumulator_that_has_most_of_it(answered: Callable[..., Result]) -> None:
    """The share in the message is that of the first name; others are named after."""
    array = (2000.0 * np.random.default_rng(0).standard_normal((32, 512))).astype(np.float16)
    result = answered(array, accumulators=("fp16_pairwise", "fp16"))
    (found,) = (one for one in result.findings if one.code == "PL202")
    values = {one.metric.key: one.value for one in result.measurements}
    name = str(found.evidence["accumulator"])
    shares = {
        (each, kind): float(values[f"overflowed_share[accumulator={each},inputs={kind}]"])
        for each in ("fp16_pairwise", "fp16")
        for kind in ("normal", "uniform")
    }
    assert found.evidence["share"] == max(shares.values()) == max(shares[name, kind] for kind in ("normal", "uniform"))
    other = {"fp16": "fp16_pairwise", "fp16_pairwise": "fp16"}[name]
    assert f"overflow in {name}; some do in {other}" in found.message


def test_few_bits_for_fp8_are_told_of_each_unit(messages: Messages) -> None:
    """Compared with the same unit promoted, whether that was asked for or not."""
    array = np.abs(np.random.default_rng(0).standard_normal((8, 2048))).astype(ml_dtypes.float8_e4m3fn)
    for unit in ("ada_fp8", "h100_fp8"):
        found = messages(array, accumulators=(unit,))
        assert re.fullmatch(rf"{unit} keeps [\d.]+ bits over 2,048 terms, [\d.]+ promoted every 128", found["PL203"])


def test_products_that_underflow_are_no_loss_of_digits_by_fan_in(messages: Messages) -> None:
    """Kahan's sum would not help."""
    tiny = np.full((16, 64), 2.0**-148, np.float32)
    assert "PL204" not in messages(tiny, accumulators=("bf16", "bf16_kahan"))
    single = np.zeros((64, 64), np.float32)
    single[0, 0] = 1e-42
    assert "PL204" not in messages(single, accumulators=("bf16", "bf16_kahan", "fp32"), rows=64)


def test_experts_of_one_tensor_are_layers_of_their_own() -> None:
    """[experts, outputs, inputs]: sums are over the inputs."""
    array = (0.02 * np.random.default_rng(0).standard_normal((8, 64, 1024))).astype(ml_dtypes.bfloat16)
    values = {
        name: {one.metric.key: one.value for one in analyze(in_memory(array, name), Options()).measurements}
        for name in ("mlp.experts.down_proj", "conv.weight")
    }
    assert values["mlp.experts.down_proj"]["terms"] == 1024
    assert "spectral_norm" not in values["mlp.experts.down_proj"]
    assert values["conv.weight"]["terms"] == 65536
