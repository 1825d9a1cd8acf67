"""Any format by any of its names."""

from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import torch

import precisionlab
from precisionlab.errors import FormatError
from precisionlab.formats import BlockFormat, FloatFormat, formats
from precisionlab.formats.blocks.parts import ElementRounding, ScaleRule
from precisionlab.formats.naming import ELEMENTS


def test_the_catalogue_holds_elements_and_blocks_once() -> None:
    """Each under its own name, which finds it."""
    assert len(formats) == len(list(formats)) == len(set(formats))
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"# {len(ELEMENTS)} formats of one number and {len(formats) - len(ELEMENTS)} of blocks;" in readme
    assert set(ELEMENTS) < set(formats)
    assert all(found.name == name for name, found in formats.items())
    assert all(found.source for found in formats.values())


def test_the_package_gives_the_module_and_its_verbs() -> None:
    """However often it is asked."""
    for _ in range(2):
        assert precisionlab.formats.formats["half"].name == "float16"
    assert precisionlab.round_to is precisionlab.formats.round_to
    assert precisionlab.fake_quantize is precisionlab.formats.fake_quantize
    assert set(precisionlab.__all__) <= set(dir(precisionlab))
    assert set(precisionlab.formats.__all__) <= set(dir(precisionlab.formats))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = precisionlab.formats.nothing


SPELLED = {
    "MXFP4-RCEIL": ("float4_e2m1fn", 32, 4.25),
    "int4_g96": ("int4", 96, 4 + 32 / 96),
    "int6_g128_asym": ("int6", 128, 6 + 38 / 128),
    "e4m3fn_g32": ("float8_e4m3fn", 32, 9),
    "fp4_e2m1_g32": ("float4_e2m1fn", 32, 5),
    "nf4_g128": ("nf4", 128, 4.25),
    "af4_g64_dq": ("af4", 64, 4.126953125),
    "fp8_e5m2_64x32": ("float8_e5m2", 32, 8 + 32 / 2048),
}


@pytest.mark.parametrize(("name", "facts"), SPELLED.items())
def test_block_formats_are_spelled(name: str, facts: tuple[str, int, float]) -> None:
    """Element, extent and what the scale costs."""
    element, columns, bits = facts
    found = formats[name]
    assert isinstance(found, BlockFormat)
    assert (found.element.name, found.extent.columns) == (element, columns)
    assert found.bits_per_weight == pytest.approx(bits, abs=1e-12)


def test_spelled_names_of_catalogued_formats_are_those() -> None:
    """However they are written."""
    assert formats["float8_e4m3fn_tensor"] == formats["fp8_e4m3_tensor"]
    assert formats["I8_channel"] == formats["int8_channel"]
    assert formats["mxfp4_even"].rule is ScaleRule.POWER_EVEN  # type: ignore[union-attr] # a block format
    assert formats["Q4_K"] is formats["q4_k"]


WRONG = {
    "int4_g0": "blocks have 1 to",
    "int4_g99999999999": "there is no such format",
    "int12_g32": "elements of blocks have at most 8 bits, not 12",
    "bf16_g32": "elements of blocks have at most 8 bits, not 16",
    "nf4_g64_asym": "integers have a zero point by the rule RANGE, and by it alone",
    "int8_g32_dq": "only tables are quantized twice",
    "posit8_g32": "posits are no elements of blocks",
    "e8m0_g32": "no signed float with subnormals",
    "sign_magnitude4_g32": "in two's complement",
    "uint4_g32": "or all negative numbers become 0",
    "bool_tensor": "every pattern a number",
    "e4m3b140fn_g16": "elements of blocks have exponents from -126 to 100",
    "e2m2b-110fn_g16": "there is no such format",
    "int\uff14_g32": "there is no such format",
    "nonsense_g32": "nonsense: there is no such format",
    "int4_g\uff13\uff12": "there is no such format",
    "fp8_g32": "fp8: is ambiguous; name fp8_e4m3 or fp8_e5m2",
    "mxfp5": "did you mean mxfp4?",
}


@pytest.mark.parametrize(("name", "problem"), WRONG.items())
def test_what_cannot_be_is_one_line(name: str, problem: str) -> None:
    """It says what is wrong; as a key it is missing."""
    with pytest.raises(FormatError) as caught:
        formats.find(name)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert name not in formats
    with pytest.raises(KeyError):
        _ = formats[name]


DTYPES = {
    "torch": (torch.bfloat16, "bfloat16"),
    "torch, 8 bits": (torch.float8_e4m3fn, "float8_e4m3fn"),
    "torch, packed": (torch.float4_e2m1fn_x2, "float4_e2m1fn"),
    "torch's float": (torch.float, "float32"),
    "numpy": (np.dtype("float16"), "float16"),
    "numpy, big-endian": (np.dtype(">i4"), "int32"),
    "numpy's float": (np.dtype(float), "float64"),
    "numpy's long long": (np.dtype("q"), "int64"),
    "scalar type": (np.float16, "float16"),
    "ml_dtypes": (np.dtype(ml_dtypes.bfloat16), "bfloat16"),
    "scalar type of ml_dtypes": (ml_dtypes.float8_e5m2, "float8_e5m2"),
}


@pytest.mark.parametrize("case", DTYPES)
def test_dtypes_name_formats(case: str) -> None:
    """Those of torch and numpy, and scalar types; numpy's float is not torch's."""
    dtype, name = DTYPES[case]
    assert formats.find(dtype) is formats[name] is formats.element(dtype)
    with pytest.raises(FormatError, match="is a format of single numbers"):
        formats.block(dtype)


@pytest.mark.parametrize("key", [5, None, float, b"half", np.float16(1), np.zeros(1), ("half",)], ids=repr)
def test_other_objects_name_none(key: object) -> None:
    """One line; as keys they are missing, as any that there is not."""
    with pytest.raises(FormatError, match=r"^an object of type \w+: is no name of a format; give a text, or a dtype"):
        formats.find(key)
    assert key not in formats
    for catalogue in (formats, ELEMENTS):
        with pytest.raises(KeyError):
            _ = catalogue[key]  # type: ignore[index] # what mypy would refuse


@pytest.mark.parametrize("dtype", [np.dtype("longdouble"), np.longdouble, torch.complex64, np.dtype("M8[s]")], ids=str)
def test_dtypes_without_a_format_are_refused(dtype: object) -> None:
    """NumPy calls the long double of x87 float128, which it is not."""
    with pytest.raises(FormatError, match="there is no such format"):
        formats.find(dtype)


def test_elements_and_blocks_are_told_apart() -> None:
    """Where a number alone is wanted, or a tensor."""
    assert isinstance(formats.element("half"), FloatFormat)
    assert formats.block("mxfp4").rounding is ElementRounding.NEAREST_EVEN
    with pytest.raises(FormatError, match=r"is a format of blocks, .* elements are float4_e2m1fn"):
        formats.element("mxfp4")
    with pytest.raises(FormatError, match=r"is a format of single numbers; .* float16_g128"):
        formats.block("half")
