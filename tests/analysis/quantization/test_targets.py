"""Targets by name: what they stand for, how many bits they take, and why a name is none."""

import pytest

from precisionlab.analysis.quantization.targets import Scale, Target, parse_target, parse_targets
from precisionlab.errors import FormatError
from precisionlab.formats import formats
from precisionlab.formats.blocks.parts import ScaleRule
from tests.formats.blocks.conftest import BLOCK_FORMATS

NAMES = {
    "int8": "int8:amax",
    "int8:none": "int8:none",
    "int8:amax": "int8:amax",
    "int8:power": "int8:power",
    "int8:mse": "int8:mse",
    "INT8:MSE": "int8:mse",
    " int8:mse ": "int8:mse",
    "float8_e4m3fn": "float8_e4m3fn:amax",
    "e4m3": "float8_e4m3:amax",
    "torch.float8-e5m2:power": "float8_e5m2:power",
    "half:none": "float16:none",
    "bf16": "bfloat16:none",
    "half": "float16:none",
    "posit16": "posit16:none",
    "posit8": "posit8:none",
    "posit8:mse": "posit8:mse",
    "e3m2:mse": "float6_e3m2fn:mse",
    "mxfp4": "mxfp4",
    "MXFP4": "mxfp4",
    "mxfp4-rceil": "mxfp4_rceil",
    "nvfp4": "nvfp4",
    "nvfp4:mse": "nvfp4:mse",
    "int4-g128": "int4_g128",
    "int4_g128:mse": "int4_g128:mse",
    "q4_k": "q4_k",
    "nf4": "nf4_g64",
    "NF4": "nf4_g64",
    "bnb_fp4": "bnb_fp4_g64",
    "nf4:amax": "nf4:amax",
    "bnb_fp4:none": "bnb_fp4:none",
    "af4": "af4:amax",
}
"""Names as given, and of the targets."""


@pytest.mark.parametrize(("given", "name"), NAMES.items(), ids=NAMES)
def test_names_stand_for_targets(given: str, name: str) -> None:
    """In any spelling; elements take the largest magnitude unless told or of wide range, tables come in their blocks."""
    target = parse_target(given)
    assert target.name == name
    assert target.format.name == name.partition(":")[0]
    assert (target.scale.value if target.scale else "") == name.partition(":")[2]


@pytest.mark.parametrize("name", NAMES.values())
def test_the_name_of_a_target_is_one_that_leads_to_it(name: str) -> None:
    """So that what a report calls a target can be typed."""
    assert parse_target(parse_target(name).name) == parse_target(name)


def test_targets_come_once_in_order() -> None:
    """Under whichever name, any iterable."""
    found = parse_targets(iter(["mxfp4", "int8", "int8:amax", "MXFP4", "nf4_g64", "int8:mse", "nf4"]))
    assert [target.name for target in found] == ["mxfp4", "int8:amax", "nf4_g64", "int8:mse"]
    assert parse_targets([]) == ()


LARGEST = {ScaleRule.LARGEST, ScaleRule.HALF_RANGE}


@pytest.mark.parametrize("name", [one.name for one in BLOCK_FORMATS if one.rule not in LARGEST])
def test_scales_by_other_rules_than_the_largest_magnitude_are_not_searched(name: str) -> None:
    """They are fits already, powers of two, or go with a minimum or a zero point."""
    rule = formats.block(name).rule.name
    with pytest.raises(FormatError, match=f"^{name}: scales by the rule {rule} are not searched; write {name}$"):
        parse_target(f"{name}:mse")


@pytest.mark.parametrize("name", ["int8_channel", "int4_g32", "fp8_e4m3_128x128", "nvfp4", "nf4_g64", "q8_0"])
def test_scales_by_the_largest_magnitude_can_be_searched(name: str) -> None:
    """With and without a second level, from tables, by channel and by tile."""
    assert parse_target(f"{name}:mse") == Target(formats.block(name), Scale.MSE)


WRONG = {
    "int9x": r"^int9x: there is no such format; did you mean int\?",
    "mxpf4": r"^mxpf4: there is no such format; did you mean mxfp4",
    "int8:max": r"^int8:max: there is no scale rule max; known: none, amax, power, mse$",
    "int8:": r"^int8:: there is no scale rule without a name; known: none, amax, power, mse$",
    "int8:mse:amax": r"^int8:mse:amax: there is no scale rule mse:amax; known: ",
    "mxfp4:mse": r"^mxfp4: scales by the rule POWER_FLOOR are not searched; write mxfp4$",
    "q4_k:mse": r"^q4_k: scales by the rule FIT_AFFINE are not searched; write q4_k$",
    "int8_tensor:mse": r"^int8_tensor: one scale for the tensor is searched for element formats; write int8:mse$",
    "nf4_g64_dq:mse": r"^nf4_g64_dq: scales that are stored less the mean of all are not searched; write nf4_g64_dq$",
    "tq2_0:mse": r"^tq2_0: scales of packed elements are not searched; write tq2_0$",
    "nvfp4:amax": r"^nvfp4: a block format follows its own rule for scales, or :mse; write nvfp4$",
    "int4_g128:power": r"^int4_g128: a block format follows its own rule for scales, or :mse; write int4_g128$",
    "bool": r"^bool: tensors are not quantized to it; name a format of at most 64 bits$",
    "x87_extended": r"^x87_extended: tensors are not quantized to it; name a format of at most 64 bits$",
    "binary128:none": r"^binary128: tensors are not quantized to it; name a format of at most 64 bits$",
    "": r"there is no such format",
    ":mse": r"there is no such format",
    "int8:\x1b[2J": r"^int8:\\x1b\[2J: there is no scale rule \\x1b\[2J; known: ",
}


@pytest.mark.parametrize(("name", "message"), WRONG.items(), ids=[name or "empty" for name in map(ascii, WRONG)])
def test_other_names_are_refused_with_a_remedy(name: str, message: str) -> None:
    """On one line, without anything that a terminal obeys."""
    with pytest.raises(FormatError, match=message) as caught:
        parse_targets(["int8", name])
    assert str(caught.value).isprintable()
    assert caught.value.remedy


def test_bits_count_scales() -> None:
    """By hand: one binary32 scale, one E8M0 scale, none, and those of blocks."""
    shape = (4096, 4096)
    elements = 4096 * 4096
    bits = {
        "int8:none": elements * 8,
        "int8:amax": elements * 8 + 32,
        "int8:mse": elements * 8 + 32,
        "int8:power": elements * 8 + 8,
        "ternary:mse": elements * 2 + 32,
        "float6_e3m2fn:none": elements * 6,
        "int4_g128": elements * 4 + elements // 128 * 32,
        "int4_g128:mse": elements * 4 + elements // 128 * 32,
        "mxfp4": elements * 4 + elements // 32 * 8,
    }
    for name, wanted in bits.items():
        target = parse_target(name)
        assert target.bits(shape) == wanted
        assert target.bits_per_weight(shape) == wanted / elements


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, 3, 300)], ids=str)
@pytest.mark.parametrize("name", ["int8", "int8:power", "float16:none", "mxfp4", "q4_k", "int8_channel", "nf4_g64_dq"])
def test_bits_a_weight_are_the_bits_over_the_weights(name: str, shape: tuple[int, ...]) -> None:
    """Small tensors too, where scales weigh more."""
    target = parse_target(name)
    n_elements = 1
    for length in shape:
        n_elements *= length
    assert target.bits_per_weight(shape) == pytest.approx(target.bits(shape) / n_elements, rel=1e-15)


@pytest.mark.parametrize(("name", "bits"), [("int8", 8.0), ("ternary:mse", 2.0), ("int4_g128", 4.25), ("mxfp4", 4.25)])
def test_bits_a_weight_of_an_empty_tensor_are_those_of_a_large_one(name: str, bits: float) -> None:
    """Where there is nothing to divide by."""
    assert parse_target(name).bits_per_weight((0, 4)) == bits


def test_targets_are_keys() -> None:
    """Equal ones are one."""
    assert len({parse_target("int8"), parse_target("int8:amax"), Target(formats.element("int8"), Scale.AMAX)}) == 1
