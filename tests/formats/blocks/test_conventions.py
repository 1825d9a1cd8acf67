"""One name, several runtimes: entries of their own, which say whose arithmetic they are and do what they say."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from precisionlab.errors import FormatError
from precisionlab.formats import BlockFormat, FloatFormat, fake_quantize, formats, quantize
from precisionlab.formats.patterns import decode_all
from tests.formats.blocks.conftest import BLOCK_FORMATS, adversarial

OTHERS = [found for found in BLOCK_FORMATS if found.base]
RUNTIMES = {"OCP MX as in torchao", "compressed-tensors", "torchao", "bitsandbytes", "ggml", "DeepSeek"}


def test_every_entry_says_whose_arithmetic_it_is() -> None:
    """In a few words, which the source bears out: ggml is the library of llama.cpp."""
    assert {found.runtime for found in BLOCK_FORMATS} == RUNTIMES
    for found in BLOCK_FORMATS:
        word = found.runtime.split()[-1].replace("ggml", "llama.cpp")
        assert word in found.source, found.name


@pytest.mark.parametrize("found", OTHERS, ids=lambda found: found.name)
def test_an_entry_of_another_runtime_is_the_same_format_with_other_numbers(found: BlockFormat) -> None:
    """Element, extent and zero point are those of its base, the runtime and most codes or scales are not."""
    base = formats.block(found.base)
    assert (found.element, found.extent, found.zero_point) == (base.element, base.extent, base.zero_point)
    assert found.family == base.family == base.name
    assert found.name.startswith(f"{base.name}_")
    assert found.name.endswith(f"_{found.runtime.lower().replace('-', '_')}")
    assert found.runtime != base.runtime
    values = adversarial(128, 512, seed=3)
    assert not np.array_equal(fake_quantize(values, found), fake_quantize(values, base))


SPELLED = {
    "int5_g48_torchao": ("torchao", "int5_g48"),
    "INT3-G64-ASYM-TORCHAO": ("torchao", "int3_g64_asym"),
    "int8_tensor_torchao": ("torchao", "int8_tensor"),
    "int6_channel_noclip_torchao": ("torchao", "int6_channel"),
    "fp8_e5m2_g64_deepseek": ("DeepSeek", "fp8_e5m2_g64"),
    "e4m3fn_1x128_deepseek": ("DeepSeek", "fp8_e4m3_1x128"),
}


@pytest.mark.parametrize(("name", "facts"), SPELLED.items())
def test_they_are_spelled_as_their_bases_are(name: str, facts: tuple[str, str]) -> None:
    """With the runtime behind."""
    found = formats.block(name)
    assert (found.runtime, found.base) == facts
    assert formats.block(found.name) == found
    assert found.bits_per_weight == formats.block(found.base).bits_per_weight


NONE = {
    "q4_0_torchao": "q4_0_torchao: there is no arithmetic of torchao beside that of q4_0; write q4_0",
    "fp8_e4m3_channel_torchao": "beside that of fp8_e4m3_channel; write fp8_e4m3_channel",
    "int4_g128_torchao_torchao": "beside that of int4_g128_torchao",
    "int4_g128_asym_noclip_torchao": "beside that of int4_g128_asym",
    "mxfp4_torchao": "beside that of mxfp4",
    "int4_g128_deepseek": "there is no arithmetic of DeepSeek",
    "fp8_e4m3_tensor_deepseek": "there is no arithmetic of DeepSeek",
    "nvfp4_deepseek": "there is no arithmetic of DeepSeek",
    "mxfp8_e4m3_ggml": "there is no arithmetic of ggml",
    "mxfp4_compressed_tensors": "beside that of mxfp4_even; write mxfp4_even",
    "int4_g128_compressed_tensors": "beside that of int4_g128",
    "int4_g128" + 2000 * "_torchao": "there is no such format",
    "bf16_torchao": "there is no such format",
}


@pytest.mark.parametrize(("name", "problem"), NONE.items())
def test_runtimes_without_an_arithmetic_of_their_own_are_named(name: str, problem: str) -> None:
    """With the entry that is theirs."""
    with pytest.raises(FormatError) as caught:
        formats.find(name)
    assert problem in str(caught.value)
    assert name not in formats


singles = arrays.arrays(np.float32, (3, 64), elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False))


@settings(deadline=None, max_examples=60)
@given(singles, st.sampled_from(["int4_g32_noclip_torchao", "int8_g32_noclip_torchao", "int2_g64_noclip_torchao"]))
def test_without_clipping_no_error_exceeds_half_a_step(values: NDArray[np.float32], name: str) -> None:
    """At both ends, which are not equally far from zero."""
    steps = np.repeat(quantize(values, name).scales.numbers.numpy().ravel(), formats.block(name).extent.columns or 1)
    errors = np.abs(fake_quantize(values, name).astype(np.float64) - values).ravel()
    assert (errors <= steps * 0.5001).all()


def test_with_clipping_the_largest_number_loses_half_a_step_more() -> None:
    """7.5 steps of a block whose largest number is positive become 7."""
    values = np.zeros((1, 32), np.float32)
    values[0, :2] = 7.5, -7.5
    assert fake_quantize(values, "int4_g32_torchao")[0, :2].tolist() == [7.0, -8.0]
    assert fake_quantize(values, "int4_g32_noclip_torchao")[0, :2].tolist() == [7.5, -7.5]


def test_ties_are_even_before_the_zero_point_is_added() -> None:
    """An odd zero point moves them: 0.5 and 1.5 steps are 0 and 2 for torchao, 1 and 1 where the sum is rounded."""
    values = np.zeros((1, 32), np.float32)
    values[0, :4] = -3, 12, 0.5, 1.5
    for name, wanted in (("int4_g32_asym", [1.0, 1.0]), ("int4_g32_asym_torchao", [0.0, 2.0])):
        found = quantize(values, name)
        assert found.zero_points is not None
        assert float(found.zero_points) == -5
        assert fake_quantize(values, name)[0, 2:4].tolist() == wanted


@pytest.mark.parametrize("name", ["mxfp4_ggml", "nvfp4_ggml"])
def test_elements_of_ggml_are_the_nearest_and_the_smaller_at_a_tie(name: str) -> None:
    """Of all elements times the stored scale, compared in float64; zero has no sign."""
    format_ = formats.block(name)
    assert isinstance(format_.element, FloatFormat)
    random = np.random.default_rng(4)
    ties = random.choice(np.arange(-24, 25), (4, 64)) * np.exp2(random.integers(-3, 4, (4, 1))) / 4
    values = np.concatenate([adversarial(11, 64, seed=5).clip(-1000, 1000), ties.astype(np.float32)])
    found = quantize(values, format_)
    scales = np.repeat(found.scales.numbers.numpy().reshape(len(values), -1), format_.extent.columns or 1, axis=1)
    sizes = np.unique(np.abs(decode_all(format_.element)))
    distances = np.abs(np.abs(values)[..., None].astype(np.float64) - sizes * scales[..., None].astype(np.float64))
    wanted = np.where(scales > 0, sizes[distances.argmin(axis=-1)], 0.0)
    got = decode_all(format_.element)[found.codes.numpy()]
    assert np.array_equal(np.abs(got), wanted)
    assert (np.sign(got) * np.sign(values) >= 0).all()
    assert not (np.signbit(got) & (got == 0)).any()


def test_scales_of_nvfp4_in_ggml_leave_out_what_its_conversion_leaves_out() -> None:
    """As ggml_fp32_to_ue4m3 has it: 2^-6 only from 2^-6, nothing between 240 and 448, halves up."""
    wanted = {0.9 * 2**-6: 7 * 2**-9, 2.0**-6: 2.0**-6, 239.0: 240.0, 247.9: 240.0, 248.0: 448.0, 300.0: 448.0}
    wanted |= {1.0625: 1.125, 1.1875: 1.25, 0.4 * 2**-9: 0.0, 0.5 * 2**-9: 2.0**-9, 1e6: 448.0}
    values = np.zeros((len(wanted), 64), np.float32)
    values[:, 0] = np.array(list(wanted), np.float32) * 6
    assert quantize(values, "nvfp4_ggml").scales.numbers[:, 0].tolist() == list(wanted.values())


def test_the_smallest_scale_holds_for_blocks_of_zeros() -> None:
    """Which stay zero, also where there is nothing else in the tensor."""
    least = {"int4_g32_torchao": 2.0**-126, "int8_channel_asym_torchao": 2.0**-126, "nvfp4_plain": 2.0**-6}
    least |= {"nvfp4_torchao": 2.0**-6, "int4_g128_noclip_torchao": 2.0**-126}
    for name, scale in least.items():
        found = quantize(torch.zeros(2, 256), name)
        assert set(found.scales.numbers.ravel().tolist()) == {scale}
        assert not fake_quantize(torch.zeros(2, 256), name).any()


def test_deepseek_keeps_the_reciprocal_of_what_it_multiplies_with() -> None:
    """The factor is the binary32 next to the binary64 quotient; amax is never taken for less than 1e-12."""
    values = np.random.default_rng(6).standard_normal((64, 128)).astype(np.float32)
    values[0] = 0
    values[1] *= np.float32(1e-20)
    amax = np.maximum(np.abs(values).max(axis=1).astype(np.float64), 1e-12)
    factors = (448 / amax).astype(np.float32)
    found = quantize(values, "fp8_e4m3_g128_deepseek")
    assert np.array_equal(found.scales.numbers.numpy().ravel(), np.float32(1) / factors)
    products = (values * factors[:, None]).clip(-448, 448)
    assert np.array_equal(found.codes.numpy(), torch.from_numpy(products).to(torch.float8_e4m3fn).view(torch.uint8))


def test_even_in_compressed_tensors_has_the_threshold_of_e2m1() -> None:
    """1.75 times a power of two goes up for E4M3 elements too, for which torchao waits until 1.9375."""
    values = np.zeros((4, 32), np.float32)
    values[:, 0] = np.float32(1.75) - np.float32(2**-23), 1.75, 1.9, 1.9375
    ours = quantize(values, "mxfp8_e4m3_compressed_tensors").scales.numbers.ravel().log2() + 8
    theirs = quantize(values, "mxfp8_e4m3_even").scales.numbers.ravel().log2() + 8
    assert ours.tolist() == [0, 1, 1, 1]
    assert theirs.tolist() == [0, 0, 0, 1]
