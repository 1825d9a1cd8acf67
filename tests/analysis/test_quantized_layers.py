"""Quantized weights by the names and types that tools store them under."""

import pytest

from precisionlab.analysis.quantized_layers import are_codes, parts_in, quantized_in
from precisionlab.checkpoints import TensorInfo
from precisionlab.checkpoints.model import ByteRange

WEIGHT = "model.layers.0.q_proj.weight"
LAYOUTS = {
    "compressed-tensors, packed": ("weight_packed", "weight_scale", "weight_zero_point"),
    "GPTQ": ("g_idx", "qweight", "qzeros", "scales"),
    "AWQ": ("qweight", "qzeros", "scales"),
}
"""Names of Linear layers' tensors, without their weights."""
SCALED = {
    "compressed-tensors, FP8": ("float8_e4m3fn", ("weight_scale",)),
    "blocks of FP8": ("float8_e4m3fn", ("weight_scale_inv",)),
    "ModelOpt, NVFP4": ("uint8", ("input_scale", "weight_scale", "weight_scale_2")),
    "bitsandbytes, int8": ("int8", ("SCB",)),
    "bitsandbytes, NF4": ("uint8", ("weight.absmax", "weight.quant_map", "weight.quant_state.bitsandbytes__nf4")),
}
"""And of those that keep the weight's name: its type, and what is beside."""


def info(name: str, dtype: str = "float16") -> TensorInfo:
    """A tensor by its header."""
    return TensorInfo(name, dtype, (4, 4), ByteRange("nowhere", 0, 32))


def same(name: str) -> str:
    """The name itself."""
    return name


@pytest.mark.parametrize("parts", LAYOUTS.values(), ids=LAYOUTS)
def test_packed_weights_are_known_by_what_stands_for_them(parts: tuple[str, ...]) -> None:
    """All of it, and only where the weight is on the other side alone."""
    names = [WEIGHT.replace("weight", part) for part in parts]
    (found,) = quantized_in([*map(info, names), info("other.bias")], [info(WEIGHT), info("other.weight")], same)
    assert (found.name, found.parts) == (WEIGHT, tuple(sorted(names)))
    assert quantized_in([*map(info, names)], [info("other.weight")], same) == ()


@pytest.mark.parametrize(("dtype", "parts"), SCALED.values(), ids=SCALED)
def test_codes_are_known_by_their_type_and_their_scales(dtype: str, parts: tuple[str, ...]) -> None:
    """They are no numbers to compare with wide ones; without scales, or beside narrow ones, they are."""
    beside = parts_in([info(WEIGHT.replace("weight", part)) for part in parts])
    assert are_codes(info(WEIGHT, dtype), info(WEIGHT), beside)
    assert not are_codes(info(WEIGHT, dtype), info(WEIGHT), {})
    assert not are_codes(info(WEIGHT, dtype), info(WEIGHT, dtype), beside)
    assert not are_codes(info(WEIGHT), info(WEIGHT, "float32"), beside)
    assert not are_codes(info("model.layers.1.q_proj.weight", dtype), info(WEIGHT), beside)


def test_experts_in_one_tensor_are_known_by_their_own_name() -> None:
    """`gate_up_proj_blocks` stands for `gate_up_proj`, and for nothing else of the layer."""
    only = [info(f"experts.{part}") for part in ("gate_up_proj_blocks", "gate_up_proj_scales")]
    others = [info(f"experts.{part}") for part in ("gate_up_proj", "down_proj")]
    (found,) = quantized_in(only, others, same)
    assert (found.name, found.parts) == (others[0].name, tuple(one.name for one in only))


def test_another_beginning_of_names_is_no_hindrance() -> None:
    """Where one says how names differ."""
    only = [info(f"model.{WEIGHT}", "int8"), info(f"model.{WEIGHT}_scale")]
    (found,) = quantized_in(only, [info(WEIGHT)], lambda name: f"model.{name}")
    assert (found.name, found.parts) == (WEIGHT, tuple(one.name for one in only))
    assert quantized_in(only, [info(WEIGHT)], same) == ()
