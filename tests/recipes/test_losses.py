"""Losses that recipes go by, against `fake_quantize` of whole tensors in float64 and correctly rounded sums."""

import math
import os
from pathlib import Path

import pytest
import torch

from precisionlab.analysis.quantization.targets import parse_targets
from precisionlab.checkpoints import CheckpointError, open_checkpoint
from precisionlab.errors import UsageError
from precisionlab.recipes.losses import Offer, is_quantizable, measured
from precisionlab.scanning.companions import Companions
from precisionlab.scanning.settings import Settings
from tests.recipes.checkpoints import FIVE, direct, drawn, info_of, losses_in, names_of, saved

SUMMED = 1e-9


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    """Five matrices of unlike shapes and types, and what is no matrix."""
    return {
        "a.weight": drawn(64, 64, seed=1, dtype=torch.bfloat16),
        "b.weight": drawn(32, 300, seed=2),
        "c.weight": drawn(16, 8, 3, 3, seed=3, dtype=torch.float16),
        "d.weight": drawn(1, 128, seed=4, dtype=torch.float64).float().double(),
        "e.weight": drawn(130, 2, seed=5),
        "bias": drawn(64, seed=6),
        "ids": torch.arange(12).reshape(3, 4),
        "scalar": torch.tensor(1.0),
        "empty": torch.zeros(0, 4),
    }


def test_every_target_loses_what_fake_quantize_loses(tmp_path: Path, weights: dict[str, torch.Tensor]) -> None:
    """Five matrices in five formats: bits, energy, squared error and SQNR; without a sensitivity nothing is weighted."""
    found = losses_in(saved(tmp_path / "model.safetensors", weights), FIVE)
    assert sorted(names_of(found)) == [f"{letter}.weight" for letter in "abcde"]
    for one in found:
        assert list(one.targets) == list(FIVE)
        assert one.weighted_energy is None
        for name, loss in one.targets.items():
            expected = direct(weights[one.info.name], name)
            assert one.energy == pytest.approx(expected.energy, rel=SUMMED)
            assert loss.squared_error == pytest.approx(expected.squared_error, rel=SUMMED)
            assert loss.sqnr_db == pytest.approx(expected.sqnr_db, abs=1e-6)
            assert loss.weighted_error is None
            assert loss.failure == ""
            assert loss.bits == loss.target.bits(one.info.shape)


@pytest.mark.parametrize("is_by_layer", [False, True])
def test_sensitivities_weigh_each_square(tmp_path: Path, weights: dict[str, torch.Tensor], is_by_layer: bool) -> None:
    """Per element, or one number for the layer under the name without `.weight`."""
    path = saved(tmp_path / "model.safetensors", weights)
    matrices = [name for name in weights if name.endswith(".weight")]
    if is_by_layer:
        beside = {name.removesuffix(".weight"): torch.tensor([0.5 + i]) for i, name in enumerate(matrices)}
        of = {name: beside[name.removesuffix(".weight")] for name in matrices}
    else:
        beside = of = {name: drawn(*weights[name].shape, seed=9 + i).square() for i, name in enumerate(matrices)}
    found = losses_in(path, FIVE, saved(tmp_path / "fisher.safetensors", beside))
    assert len(found) == 5
    for one in found:
        for name, loss in one.targets.items():
            values, weight = weights[one.info.name], of[one.info.name]
            expected = direct(values, name, weight.float() if is_by_layer else weight)
            assert one.weighted_energy == pytest.approx(expected.weighted_energy, rel=SUMMED)
            assert loss.weighted_error == pytest.approx(expected.weighted_error, rel=SUMMED)
            assert loss.squared_error == pytest.approx(expected.squared_error, rel=SUMMED)


def test_what_is_not_finite_is_not_summed(tmp_path: Path) -> None:
    """NaN and infinities are as zeros, and their weights do not count."""
    values = drawn(16, 256, seed=7)
    holed, zeroed = values.clone(), values.clone()
    holed[3, ::7], holed[5, 1], zeroed[3, ::7], zeroed[5, 1] = math.nan, math.inf, 0, 0
    weight = torch.where(zeroed == 0, 1e30, 1.0)
    found = losses_in(
        saved(tmp_path / "m.safetensors", {"a": holed}), FIVE, saved(tmp_path / "f.safetensors", {"a": weight})
    )
    for name, loss in found[0].targets.items():
        expected = direct(zeroed, name)
        assert loss.squared_error == pytest.approx(expected.squared_error, rel=SUMMED)
        assert loss.weighted_error == pytest.approx(expected.squared_error, rel=SUMMED)
    assert found[0].weighted_energy == pytest.approx(found[0].energy, rel=SUMMED)


FAILURES = {
    "plain cast that overflows": (torch.tensor([[1e5, 1.0]]), "float16:none", "overflow of 1 element"),
    "flushed to zero": (torch.full((2, 4), 1e-9), "float8_e5m2:none", "all elements become zero"),
    "scales that overflow": (torch.full((1, 32), 1e37), "q8_0", "its error is not finite"),
}


@pytest.mark.parametrize(("values", "name", "reason"), FAILURES.values(), ids=FAILURES.keys())
def test_hard_failures_are_told(tmp_path: Path, values: torch.Tensor, name: str, reason: str) -> None:
    """What a format does to a tensor alone: overflow, all zeros, errors that are no numbers."""
    [found] = losses_in(saved(tmp_path / "m.safetensors", {"a": values}), [name])
    assert found.targets[name].failure.startswith(reason)


@pytest.mark.parametrize(
    ("number", "failure"), [(0.0, ""), (math.nan, "no element is finite"), (math.inf, "no element is finite")]
)
def test_zeros_lose_nothing_and_without_numbers_there_is_nothing_to_store(
    tmp_path: Path, number: float, failure: str
) -> None:
    """Zeros are the same in any format; NaN or infinities alone have no place in blocks."""
    values = torch.full((4, 64), number)
    [found] = losses_in(saved(tmp_path / "m.safetensors", {"a": values}), [*FIVE, "float8_e4m3fn:amax"])
    assert [(loss.squared_error, loss.failure) for loss in found.targets.values()] == [(0.0, failure)] * 6
    assert found.energy == 0


def test_threads_change_nothing(tmp_path: Path) -> None:
    """The same sums to the last bit in one thread and in four."""
    path = saved(tmp_path / "m.safetensors", {"a": drawn(600, 4096), "b": drawn(300, 5000, seed=1)})
    assert losses_in(path, FIVE, threads=1) == losses_in(path, FIVE, threads=4)


WRONG = {
    "shape": (torch.ones(3, 64), "has shape [3, 64], not [4, 64] or one number"),
    "negative": (-torch.ones(4, 64), "holds negative numbers, infinities or NaN"),
    "NaN": (torch.full((4, 64), math.nan), "holds negative numbers, infinities or NaN"),
    "negative number": (torch.tensor([-1.0]), "holds negative numbers, infinities or NaN"),
}


@pytest.mark.parametrize(("sensitivity", "problem"), WRONG.values(), ids=WRONG.keys())
def test_wrong_sensitivities_are_refused(tmp_path: Path, sensitivity: torch.Tensor, problem: str) -> None:
    """The tensor is named, and what is wrong with its sensitivity."""
    path = saved(tmp_path / "m.safetensors", {"a.weight": drawn(4, 64)})
    with pytest.raises(UsageError, match=r"a\.weight") as caught:
        losses_in(path, FIVE, saved(tmp_path / "f.safetensors", {"a.weight": sensitivity}))
    assert problem in str(caught.value)


def test_bytes_that_are_gone_are_an_error_that_names_the_tensor(tmp_path: Path) -> None:
    """A file that shrinks after its header was read costs the whole recipe, which must not guess."""
    path = tmp_path / "m.safetensors"
    saved(path, {"a.weight": drawn(64, 64), "b.weight": drawn(64, 64)})
    with open_checkpoint(str(path)) as checkpoint:
        offers = [Offer(info, parse_targets(FIVE)) for info in checkpoint.tensors]
        os.truncate(path, path.stat().st_size - 100)
        with pytest.raises(CheckpointError, match=r"b\.weight: cannot be read"):
            list(measured(offers, Settings(threads=1), Companions()))


QUANTIZABLE = {
    "matrix": (info_of("a", (4, 4)), True),
    "convolution": (info_of("a", (4, 4, 3, 3), "float16"), True),
    "float64": (info_of("a", (4, 4), "float64"), True),
    "fp8": (info_of("a", (4, 4), "float8_e4m3fn"), True),
    "vector": (info_of("a", (4,)), False),
    "scalar": (info_of("a", ()), False),
    "empty": (info_of("a", (0, 4)), False),
    "integers": (info_of("a", (4, 4), "int8"), False),
    "flags": (info_of("a", (4, 4), "bool"), False),
    "complex": (info_of("a", (4, 4), "complex64"), False),
    "packed": (info_of("a", (4, 4), "float4_e2m1fn"), False),
    "scales": (info_of("a", (4, 4), "float8_e8m0fnu"), False),
}


@pytest.mark.parametrize("case", QUANTIZABLE)
def test_matrices_of_signed_floats_are_quantized(case: str) -> None:
    """Two axes or more, at least one element, at least 8 bits, one component."""
    info, expected = QUANTIZABLE[case]
    assert is_quantizable(info) is expected
