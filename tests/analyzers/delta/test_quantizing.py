"""What quantizing leaves of an update, against quantizing whole arrays."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.results import Result, Scalar
from precisionlab.formats import fake_quantize

pytestmark = pytest.mark.usefixtures("one_thread")

Doubles = NDArray[np.float64]
Between = Callable[..., Result]
Figures = Callable[..., Mapping[str, Scalar]]


def drawn(shape: tuple[int, int], step: float = 0.01) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A tensor and its base."""
    random = np.random.default_rng(shape)
    base = random.standard_normal(shape).astype(np.float32)
    return base + (step * random.standard_normal(shape)).astype(np.float32), base


def by_channel(values: NDArray[np.float32]) -> Doubles:
    """Eight bits a number, one scale a row, by hand: half the range, 255 / 2, for the largest magnitude."""
    scale = np.abs(values).max(axis=1, keepdims=True) / np.float32(127.5)
    return np.asarray(np.rint(values / scale).clip(-128, 127) * scale.astype(np.float64))


def whole(name: str) -> Callable[[NDArray[np.float32]], Doubles]:
    """An array at once, as the library quantizes it."""
    return lambda values: fake_quantize(values, name).astype(np.float64)


@pytest.mark.parametrize("shape", [(48, 256), (1100, 1024)], ids=["one band", "two bands"])
@pytest.mark.parametrize(
    ("name", "quantize"),
    [("int8_channel", by_channel), ("nvfp4", whole("nvfp4")), ("int4_g128", whole("int4_g128"))],
    ids=["int8_channel", "nvfp4", "int4_g128"],
)
def test_errors_are_those_of_quantized_arrays(
    name: str, quantize: Callable[[NDArray[np.float32]], Doubles], shape: tuple[int, int], figures: Figures
) -> None:
    """Base, sum and update each with scales of its own, and everything that is made of them."""
    tensor, base = drawn(shape)
    values = figures(tensor, base, quantized=(name,), noise_target="", max_elements=1)
    update = tensor.astype(np.float64) - base
    of_base, of_sum, of_update = quantize(base), quantize(tensor), quantize(update.astype(np.float32))
    left = of_sum - of_base

    def over(error: Doubles, beside: NDArray[np.floating]) -> float:
        return float(np.linalg.norm(error) / np.linalg.norm(beside))

    wanted = {
        "noise_ratio": over(of_sum - tensor, update),
        "quantized_error": over(left - update, update),
        "quantized_cosine": float((left * update).sum() / np.linalg.norm(left) / np.linalg.norm(update)),
        "adapter_error": over(of_update - update, update),
    }
    for key, value in wanted.items():
        assert values[f"{key}[format={name}]"] == pytest.approx(value, rel=1e-5), key
    ways = {"together": of_sum, "base": of_base + update, "apart": of_base + of_update}
    for way, made in ways.items():
        assert values[f"weight_error[format={name},way={way}]"] == pytest.approx(over(made - tensor, tensor), rel=1e-5)


def test_element_formats_have_one_scale_for_the_tensor(figures: Figures) -> None:
    """That of the largest magnitude, as `quantization` has it."""
    tensor, base = drawn((32, 64))
    values = figures(tensor, base, quantized=("int8:amax",), noise_target="")
    scale = float(np.abs(tensor).max()) / 127
    noise = np.rint(tensor / scale) * scale - tensor
    wanted = np.linalg.norm(noise) / np.linalg.norm(tensor.astype(np.float64) - base)
    assert values["noise_ratio[format=int8:amax]"] == pytest.approx(wanted, rel=1e-6)


def test_strong_directions_stand_out_of_larger_noise(figures: Figures) -> None:
    """Noise that is larger than the update hides it where it is spread, and not where it is one direction."""
    random = np.random.default_rng(3)
    base = random.standard_normal((128, 128)).astype(np.float32)
    spread = random.standard_normal((128, 128))
    single = np.outer(*random.standard_normal((2, 128)))
    hidden = []
    for update in (spread, single):
        step = 3e-3 * 128 / np.linalg.norm(update)
        values = figures(base + (step * update).astype(np.float32), base)
        assert float(values["noise_ratio[format=int8_channel]"]) > 1.5
        hidden.append(float(values["hidden_energy[format=int8_channel]"]))
    assert hidden[0] > 0.9
    assert hidden[1] < 0.01


def test_what_is_not_finite_is_quantized_around(figures: Figures) -> None:
    """It is left out of base, sum and update alike, and does not touch scales."""
    tensor, base = drawn((32, 64))
    clean = figures(tensor[:, :63].copy(), base[:, :63].copy(), quantized=("int8_channel",))
    tensor[:, 63] = np.nan
    values = figures(tensor, base, quantized=("int8_channel",))
    for key in ("noise_ratio", "quantized_error", "adapter_error"):
        assert values[f"{key}[format=int8_channel]"] == pytest.approx(clean[f"{key}[format=int8_channel]"], rel=1e-9)


def test_an_update_that_binary32_does_not_show_is_lost(figures: Figures) -> None:
    """Of float64: base and sum are one there, and so is what they become."""
    base = drawn((8, 64))[1].astype(np.float64)
    values = figures(base * (1 + 1e-12), base, quantized=("int8_channel",))
    assert values["quantized_error[format=int8_channel]"] == 1
    assert "quantized_cosine[format=int8_channel]" not in values


@pytest.mark.parametrize("update", [6e38, 1e-60], ids=["beyond", "below"])
def test_an_update_out_of_range_is_not_quantized(update: float, between: Between) -> None:
    """Base and sum are within that of binary32, their difference is not."""
    sign = np.where(np.arange(128) % 2, 1.0, -1.0).reshape(2, 64)
    base = np.where(sign > 0, sign * min(update, 3e38), -1.0)
    other = np.where(sign > 0, base - update, -1.0)
    result = between(other, base)
    assert not any(key.startswith("noise_ratio") for key in result.values)
    assert result.value("largest_update") == pytest.approx(update)


def test_vectors_are_not_quantized(between: Between) -> None:
    """Biases and norms stay as they are."""
    tensor, base = drawn((1, 256))
    assert not any(key.startswith("noise_ratio") for key in between(tensor[0], base[0]).values)
