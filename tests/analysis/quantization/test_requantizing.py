"""Tensors as targets keep them, against `fake_quantize` of all at once and casts by ml_dtypes, bit for bit."""

import math

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab import fake_quantize
from precisionlab.analysis.quantization import bands
from precisionlab.analysis.quantization.requantizing import requantized
from precisionlab.analysis.quantization.sweep import Question, sweep
from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.analysis.tensors import Tensor
from tests.analysis.quantization.conftest import stored
from tests.formats.blocks.conftest import BLOCK_FORMATS

DTYPES = (torch.float16, torch.float32, torch.float64, torch.float8_e4m3fn)
PLAIN = ("nvfp4", "nf4_g64_dq", "q4_k", "fp8_e4m3_128x128", "int8_tensor", "int4_g128_asym", "mxfp4_even", "q2_k")
"""One of each way to scales: two levels, a second block of them, fits, tiles, the whole tensor, minima, powers of two."""
LARGEST = {"float8_e4m3fn": 448.0, "float8_e5m2": 57344.0, "float6_e3m2fn": 28.0, "float4_e2m1fn": 6.0}
SHAPES = ((11, 512), (5, 333), (3, 8, 6, 5), (1, 700), (700, 1), (130, 260), (7, 5), (1, 1), (64,), ())


def numbers(shape: tuple[int, ...], dtype: torch.dtype, seed: int = 0) -> torch.Tensor:
    """Rows of unlike sizes with outliers, zeros of either sign, and subnormals; all finite."""
    random = np.random.default_rng(seed)
    values = np.asarray(random.standard_normal(shape) * 0.05)
    flat = values.reshape(-1)
    flat[random.random(flat.size) < 0.01] *= 30
    flat[random.random(flat.size) < 0.02] = -0.0
    flat[random.random(flat.size) < 0.02] = 1e-7
    return torch.from_numpy(values).to(torch.float32).to(dtype)


def with_holes(values: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """The same with NaN of a payload and infinities of either sign here and there."""
    places = torch.from_numpy(np.random.default_rng(seed).random(tuple(values.shape)))
    holed = values.float()
    holed[places < 0.02] = math.nan
    holed[places > 0.98] = -math.inf
    holed[(places > 0.5) & (places < 0.52)] = math.inf
    made = holed.to(values.dtype)
    patterns = made.view({1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[made.element_size()])
    patterns[holed.isnan()] ^= 1
    assert bool(made.float()[holed.isnan()].isnan().all())
    return made


def made(tensor: Tensor, name: str) -> bytes:
    """All that a target makes of it."""
    return b"".join(requantized(tensor, parse_target(name)))


def content(values: torch.Tensor) -> bytes:
    """The bytes of a tensor."""
    return values.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def saturated(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Cast, what lies beyond the type's range becoming its largest number."""
    largest = min(torch.finfo(dtype).max, torch.finfo(torch.float32).max)
    return values.clamp(-largest, largest).to(dtype)


@pytest.mark.parametrize("name", [format_.name for format_ in BLOCK_FORMATS])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=str)
def test_every_block_format_gives_what_fake_quantize_gives(dtype: torch.dtype, name: str) -> None:
    """All of the catalogue: the same numbers, cast to the stored type, to the last bit and the sign of zero."""
    values = numbers((7, 384), dtype)
    assert made(stored(values), name) == content(fake_quantize(values, name).to(dtype))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_shape_and_type(shape: tuple[int, ...], name: str, dtype: torch.dtype) -> None:
    """Short last blocks, one row, one column, one element, many axes and none; float64 goes through binary32."""
    values = numbers(shape, dtype, seed=len(shape))
    expected = saturated(fake_quantize(values.float(), name), dtype)
    assert made(stored(values), name) == content(expected)


@pytest.mark.parametrize("name", [*PLAIN, "int4_g128:mse", "float8_e4m3fn:amax"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float8_e5m2], ids=str)
def test_what_is_not_finite_stays_to_the_last_bit_and_changes_nothing_beside_it(dtype: torch.dtype, name: str) -> None:
    """NaN with its payload and infinities are kept; the others become what they become where those are zeros."""
    values = with_holes(numbers((6, 300), dtype))
    zeroed = torch.where(values.float().isfinite(), values.float(), 0.0).to(dtype)
    got = torch.frombuffer(bytearray(made(stored(values), name)), dtype=dtype).reshape(values.shape)
    around = torch.frombuffer(bytearray(made(stored(zeroed), name)), dtype=dtype).reshape(values.shape)
    is_finite = values.float().isfinite()
    as_bytes = {name: one.view(torch.uint8).reshape(6, 300, -1) for name, one in (("got", got), ("was", values))}
    assert not is_finite.all()
    assert torch.equal(as_bytes["got"][~is_finite], as_bytes["was"][~is_finite])
    assert torch.equal(got[is_finite].float(), around[is_finite].float())


def test_numbers_beyond_binary32_stay() -> None:
    """A float64 that binary32 has not is excluded, as it is from the losses; one that it rounds is quantized."""
    values = torch.tensor([[1e300, 0.1, -0.2, 0.3]], dtype=torch.float64)
    got = torch.frombuffer(bytearray(made(stored(values), "int8_channel")), dtype=torch.float64)
    expected = fake_quantize(torch.tensor([[0.0, 0.1, -0.2, 0.3]]), "int8_channel").double()
    assert got[0] == 1e300
    assert torch.equal(got[1:], expected[0, 1:])


@pytest.mark.parametrize("name", ["int8_channel", "int4_g128", "q6_k", "q8_0", "mxfp4_even", "float8_e4m3fn:power"])
def test_no_number_becomes_infinite(name: str) -> None:
    """An element times its scale may exceed all that was quantized: binary16's 65504 stays the largest number."""
    values = (numbers((16, 256), torch.float32) * 3e6).clamp(-65504, 65504).half()
    got = torch.frombuffer(bytearray(made(stored(values), name)), dtype=torch.float16)
    assert float(got.abs().max()) <= 65504.0


def test_the_case_of_infinities_is_real() -> None:
    """Without saturation int4_g128 would make infinities of binary16."""
    values = (numbers((16, 256), torch.float32) * 3e6).clamp(-65504, 65504).half()
    assert bool(fake_quantize(values, "int4_g128").half().isinf().any())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=str)
@pytest.mark.parametrize("name", LARGEST)
def test_element_formats_are_casts_of_ml_dtypes_under_the_largest_magnitude(name: str, dtype: torch.dtype) -> None:
    """Its largest magnitude over the largest number is the scale, and each number over it a cast, in float64, then in binary32."""
    values = numbers((9, 250), dtype)
    exact = values.double().numpy()
    kind = np.dtype(getattr(ml_dtypes, name))
    scale = np.abs(exact).max() / LARGEST[name]
    cast = (exact / scale).astype(kind).astype(np.float64) * scale
    expected = torch.from_numpy(cast.astype(np.float32)).to(dtype)
    assert made(stored(values), f"{name}:amax") == content(expected)


def test_searched_scales_lose_what_the_sweep_said() -> None:
    """`:mse` for blocks and elements: the error of what is made is that which was measured, and below amax's."""
    values = numbers((12, 384), torch.float32) ** 3
    for name, plain in (("int4_g128:mse", "int4_g128"), ("float8_e4m3fn:mse", "float8_e4m3fn:amax")):
        losses = sweep(stored(values), Question((parse_target(name), parse_target(plain)))).losses
        got = torch.frombuffer(bytearray(made(stored(values), name)), dtype=torch.float32).reshape(values.shape)
        error = float((got.double() - values.double()).square().sum())
        assert error == pytest.approx(losses[0].sums.squared_error, rel=1e-6)
        assert losses[0].sums.squared_error < losses[1].sums.squared_error


@pytest.mark.parametrize("name", [*PLAIN, "int6_g128", "int3_g128:mse", "float8_e4m3fn:amax", "int8:mse"])
def test_the_error_of_what_is_made_is_what_was_measured(name: str) -> None:
    """The losses that recipes go by are those of the tensors that are written, when stored in float32."""
    values = numbers((40, 300), torch.float32, seed=3)
    [loss] = sweep(stored(values), Question((parse_target(name),))).losses
    got = torch.frombuffer(bytearray(made(stored(values), name)), dtype=torch.float32).reshape(values.shape)
    error = math.fsum(((got.double() - values.double()) ** 2).reshape(-1).tolist())
    assert error == pytest.approx(loss.sums.squared_error, rel=1e-6)


@pytest.mark.parametrize("name", [*PLAIN, "float8_e4m3fn:amax"])
@pytest.mark.parametrize("memory_bytes", [0, 1 << 30])
def test_bands_make_no_difference(name: str, memory_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor in dozens of bands, held or read one by one, becomes what it becomes at once."""
    values = with_holes(numbers((1100, 96), torch.bfloat16))
    whole = made(stored(values), name)
    monkeypatch.setattr(bands, "ELEMENTS", 700)
    pieces = list(requantized(stored(values, memory_bytes), parse_target(name)))
    assert len(pieces) > 2
    assert b"".join(pieces) == whole


@pytest.mark.parametrize("name", ["int8_channel", "int4_g128", "nvfp4", "int8_tensor", "nf4_g64", "q8_0"])
def test_rows_too_long_for_a_band_are_cut(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One long row in parts becomes what it becomes at once."""
    values = numbers((1, 5000), torch.float32)
    monkeypatch.setattr(bands, "ELEMENTS", 512)
    monkeypatch.setattr(bands, "LONGEST_ROW", 2048)
    pieces = list(requantized(stored(values), parse_target(name)))
    assert len(pieces) > 2
    assert b"".join(pieces) == content(fake_quantize(values, name))


@pytest.mark.parametrize("name", ["int4_g128", "q4_k", "nvfp4", "float8_e4m3fn:amax", "int8:mse"])
@pytest.mark.parametrize("value", [0.0, math.nan])
@pytest.mark.parametrize("shape", [(4, 300), (0, 48), (48, 0)])
def test_nothing_but_zeros_or_nan_stays(shape: tuple[int, ...], value: float, name: str) -> None:
    """Zeros stay zeros, NaN stays NaN to the last bit, and of no elements there are no bytes."""
    values = torch.full(shape, value, dtype=torch.bfloat16)
    got = torch.frombuffer(bytearray(made(stored(values), name) or b"\0\0"), dtype=torch.bfloat16)
    assert len(made(stored(values), name)) == 2 * values.numel()
    assert torch.equal(got[: values.numel()].isnan(), values.reshape(-1).isnan())
    assert not bool(got.nan_to_num(0.0).any())


@given(
    st.integers(1, 40),
    st.integers(1, 300),
    st.sampled_from([format_.name for format_ in BLOCK_FORMATS]),
    st.integers(0, 99),
)
@settings(max_examples=60)
def test_any_matrix_in_any_format(n_rows: int, n_columns: int, name: str, seed: int) -> None:
    """As many bytes as there were, and those of `fake_quantize`."""
    values = numbers((n_rows, n_columns), torch.bfloat16, seed)
    assert made(stored(values), name) == content(fake_quantize(values, name).bfloat16())
