"""Quantizing and back: laws that hold for every block format, shapes of every kind, and bad input."""

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from precisionlab.errors import FormatError, UsageError
from precisionlab.formats import BlockFormat, IntegerFormat, dequantize, fake_quantize, formats, quantize
from tests.formats.blocks.conftest import BLOCK_FORMATS, adversarial, bits, parts

by_name = pytest.mark.parametrize("format_", BLOCK_FORMATS, ids=lambda format_: format_.name)
SHAPES = [(), (0,), (1,), (5,), (3, 0), (0, 3), (2, 7), (4, 3, 5), (6, 4, 3, 3), (1, 1000), (300, 260)]


@by_name
def test_codes_and_scales_make_the_same_numbers_as_one_pass(format_: BlockFormat) -> None:
    """`fake_quantize` is `dequantize` of `quantize`, zeros' signs included."""
    values = torch.from_numpy(adversarial(11, 512, seed=1))
    assert torch.equal(bits(dequantize(quantize(values, format_))), bits(fake_quantize(values, format_)))


@by_name
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_shape_comes_back(format_: BlockFormat, shape: tuple[int, ...]) -> None:
    """Scalars, vectors, kernels, empty tensors, rows that blocks do not divide: all finite, of the same shape."""
    values = torch.from_numpy(np.random.default_rng(2).standard_normal(shape).astype(np.float32))
    result = fake_quantize(values, format_)
    assert result.shape == values.shape
    assert result.dtype == torch.float32
    assert bool(result.isfinite().all())
    found = quantize(values, format_)
    assert found.codes.shape == values.shape
    assert torch.equal(dequantize(found), result)


@by_name
def test_zeros_stay_zero(format_: BlockFormat) -> None:
    """Blocks without any other number have a scale of nothing, or of the least power of two."""
    assert not fake_quantize(torch.zeros(3, 256), format_).any()


SPELLED = [
    formats.block(name) for name in ("int4_g48_asym", "fp8_e5m2_70x90", "fp8_e5m2_3x20", "af4_g40", "int8_g3000")
]


@pytest.mark.parametrize("format_", [*BLOCK_FORMATS, *SPELLED], ids=lambda format_: format_.name)
def test_pieces_do_not_matter(format_: BlockFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor is cut for the caches' sake only: codes, scales of both levels, minima, zero points and results."""
    values = torch.from_numpy(adversarial(150, 1024, seed=4))
    whole = [*parts(quantize(values, format_)), fake_quantize(values, format_)]
    monkeypatch.setattr("precisionlab.formats.blocks.tiling.PIECE", 2000)
    cut = [*parts(quantize(values, format_)), fake_quantize(values, format_)]
    assert all(torch.equal(bits(one), bits(other)) for one, other in zip(whole, cut, strict=True))


@by_name
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(format_: BlockFormat, bad: float) -> None:
    """A block that holds it has no scale."""
    values = torch.ones(2, 256)
    values[1, 200] = bad
    with pytest.raises(FormatError, match="infinity or a number beyond binary32 has no scale; replace"):
        fake_quantize(values, format_)


@pytest.mark.parametrize("name", ["mxfp4", "nvfp4", "int4_g128_asym", "q4_k", "nf4_g64_dq"])
def test_arrays_of_every_kind_give_the_same(name: str) -> None:
    """Numpy and torch, 16 bits as the 32 that they widen to, 64 bits rounded to 32, strided, big-endian, with gradients."""
    values = adversarial(6, 256, seed=5)
    values[2:4] = 1  # binary16 reaches neither far enough
    half = values.astype(np.float16)
    wanted = fake_quantize(half.astype(np.float32), name)
    assert np.array_equal(fake_quantize(half, name), wanted)
    assert np.array_equal(fake_quantize(torch.from_numpy(half), name).numpy(), wanted)
    brain = values.astype(ml_dtypes.bfloat16)
    wanted = fake_quantize(brain.astype(np.float32), name)
    assert np.array_equal(fake_quantize(brain, name), wanted)
    assert np.array_equal(fake_quantize(torch.from_numpy(values).to(torch.bfloat16), name).numpy(), wanted)
    wanted = fake_quantize(values, name)
    assert np.array_equal(fake_quantize(values.astype(np.float64), name), wanted)
    assert np.array_equal(fake_quantize(values.astype(">f4"), name), wanted)
    assert np.array_equal(fake_quantize(np.asfortranarray(values), name), wanted)
    assert np.array_equal(fake_quantize(torch.from_numpy(values).t().contiguous().t(), name).numpy(), wanted)
    assert not fake_quantize(torch.from_numpy(values).requires_grad_(), name).requires_grad


@settings(deadline=None, max_examples=60)
@given(
    arrays.arrays(np.float32, (3, 64), elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)),
    st.sampled_from(["mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4"]),
)
def test_microscaling_twice_is_once(values: np.ndarray, name: str) -> None:
    """Rounding amax never leaves its binade by the floor rule, so what is on the grid stays."""
    once = fake_quantize(values, name)
    assert np.array_equal(fake_quantize(once, name), once)


@settings(deadline=None, max_examples=60)
@given(
    arrays.arrays(np.float32, (2, 96), elements=st.floats(-1000, 1000, width=32, allow_subnormal=False)),
    st.sampled_from(["int8_g32", "int4_g32", "int4_g32_asym", "int2_g32", "fp8_e4m3_g32", "nf4_g32"]),
)
def test_errors_are_within_half_the_widest_step(values: np.ndarray, name: str) -> None:
    """In units of the block's scale; at the ends of integers, which are not symmetric, within one step."""
    format_ = formats.block(name)
    found = quantize(values, format_)
    step = {"int": 1.0, "fp8": 32.0, "nf4": 0.31}[name[:3]]
    scales = np.repeat(found.scales.numbers.numpy().reshape(2, 3), 32, axis=1)
    error = np.abs(dequantize(found).numpy().astype(np.float64) - values)
    limit = scales * step * (1.0 if isinstance(format_.element, IntegerFormat) else 0.5)
    assert (error <= limit * (1 + 1e-3) + 1e-30).all()


def test_bits_count_scales_zero_points_padding_and_short_blocks() -> None:
    """Of whole shapes, by hand."""
    assert formats.block("int4_g128").stored_bits((4096, 4096)) == 4096 * 4096 * 4 + 4096 * 32 * 32
    assert formats.block("int4_g128").stored_bits((2, 130)) == 2 * 130 * 4 + 2 * 2 * 32
    assert formats.block("int4_g128_asym").stored_bits((2, 128)) == 2 * 128 * 4 + 2 * (32 + 4)
    assert formats.block("int8_channel").stored_bits((64, 3, 3, 3)) == 64 * 27 * 8 + 64 * 32
    assert formats.block("int8_tensor").stored_bits((64, 64)) == 64 * 64 * 8 + 32
    assert formats.block("fp8_e4m3_128x128").stored_bits((300, 260)) == 300 * 260 * 8 + 9 * 32
    assert formats.block("nvfp4").stored_bits((16, 32)) == 16 * 32 * 4 + 32 * 8 + 32
    assert formats.block("q4_k").stored_bits((2, 300)) == 2 * 512 * 9 // 2
    assert formats.block("nf4_g64_dq").stored_bits((512, 64)) == 512 * 64 * 4 + 512 * 8 + 2 * 32 + 32
    assert formats.block("mxfp4").stored_bits((0, 32)) == 0
    assert quantize(np.ones((2, 300), np.float32), "q4_k").bits == 2 * 512 * 9 // 2


GGUF_SIZES = {
    "q8_0": (32, 34), "q4_0": (32, 18), "q4_1": (32, 20), "q5_0": (32, 22), "q5_1": (32, 24), "iq4_nl": (32, 18),
    "q2_k": (256, 84), "q3_k": (256, 110), "q4_k": (256, 144), "q5_k": (256, 176), "q6_k": (256, 210),
    "tq1_0": (256, 54), "tq2_0": (256, 66), "mxfp4_ggml": (32, 17), "nvfp4_ggml": (64, 36),
}  # fmt: skip
"""Elements and bytes of a block: ggml-common.h, the structs' sizes."""


@pytest.mark.parametrize(("name", "size"), GGUF_SIZES.items())
def test_bits_a_weight_are_those_of_ggml(name: str, size: tuple[int, int]) -> None:
    """To the byte."""
    elements, n_bytes = size
    assert formats.block(name).bits_per_weight == n_bytes * 8 / elements
    assert formats.block(name).stored_bits((3, elements)) == 3 * n_bytes * 8


def test_other_arguments_are_refused_in_one_line() -> None:
    """Integers, lists, formats of single numbers, unknown names."""
    with pytest.raises(UsageError, match="int64: is no type that is rounded; convert"):
        fake_quantize(np.zeros(3, np.int64), "mxfp4")
    with pytest.raises(UsageError, match="int8: is no type that is rounded"):
        fake_quantize(torch.zeros(3, dtype=torch.int8), "mxfp4")
    with pytest.raises(UsageError, match="list: is no array"):
        fake_quantize([1.0], "mxfp4")  # type: ignore[type-var] # the mistake that is tested
    with pytest.raises(FormatError, match=r"bf16: is a format of single numbers; .* bfloat16_g128"):
        fake_quantize(np.zeros(3), "bf16")
    with pytest.raises(FormatError, match="there is no such format; did you mean mxfp4"):
        fake_quantize(np.zeros(3), "mxpf4")


def test_numbers_too_small_for_a_ratio_become_zero() -> None:
    """Scales of K-quants near binary32's smallest normal number, whose reciprocals overflow."""
    values = np.linspace(-1e-38, 1e-38, 256, dtype=np.float32)
    for name in ("q2_k", "q3_k", "q4_k", "q5_k", "q6_k"):
        assert not fake_quantize(values, name).any()


def test_zeros_of_formats_with_one_zero_have_no_sign() -> None:
    """Whichever way they come about."""
    values = np.array([-0.0, -1e-6, 1.0, -1.0], np.float32)
    for name in ("e3m2fnuz_g4", "e4m3b11fnuz_g4"):
        result = fake_quantize(values, name)
        assert np.signbit(result).tolist() == [False, False, False, True]
        assert np.array_equal(dequantize(quantize(values, name)).numpy(), result)


def test_arrays_that_may_not_be_written_are_read() -> None:
    """Memory maps, without a warning, and left as they are."""
    values = adversarial(2, 64, seed=6)
    values.flags.writeable = False
    kept = values.copy()
    assert np.array_equal(fake_quantize(values, "mxfp4"), fake_quantize(kept, "mxfp4"))
    assert np.array_equal(values, kept)


def test_tensors_without_numbers_are_refused() -> None:
    """Sparse ones, and those on the meta device; and what never was quantized."""
    for values in (torch.eye(3).to_sparse(), torch.ones(3, device="meta")):
        with pytest.raises(UsageError, match="has no numbers to round; give a dense tensor"):
            fake_quantize(values, "mxfp4")
    with pytest.raises(UsageError, match="ndarray: is no quantized tensor"):
        dequantize(np.ones(3))  # type: ignore[arg-type] # the mistake that is tested
    with pytest.raises(FormatError, match="is a format of single numbers"):
        fake_quantize(np.ones(3), formats.element("half"))  # type: ignore[arg-type] # the mistake that is tested
    with pytest.raises(FormatError, match="None: there is no such format"):
        fake_quantize(np.ones(3), None)  # type: ignore[arg-type] # the mistake that is tested
