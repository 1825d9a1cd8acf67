"""The measurements of one tensor are what numpy and ml_dtypes make of it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.quantization import analyze
from analyzers.quantization.options import Options
from precisionlab.analysis.results import Result, Scalar, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.errors import UsageError
from precisionlab.formats import BlockFormat, formats
from tests.analyzers.memory import in_memory
from tests.analyzers.quantization.twins import cast_to_e4m3, in_groups, mxfp4, nf4, symmetric_integers

Array = NDArray[Any]
Doubles = NDArray[np.float64]
MakeTensor = Callable[..., Tensor]
Measure = Callable[..., Mapping[str, Scalar]]
Answer = Callable[..., Result]

E4M3 = "float8_e4m3fn:none"
ARITHMETIC = 1e-5
"""Scaled numbers of binary32 that lie next to a threshold may fall to its other side: so much of a squared error."""


def weights(*shape: int, seed: int = 0, kind: str = "float32") -> Array:
    """Normal deviates around 1/20."""
    drawn = np.random.default_rng(seed).normal(0, 0.05, shape)
    return drawn.astype(getattr(ml_dtypes, kind, kind))


def numbers(array: Array) -> Doubles:
    """As float64."""
    return array.astype(np.float64)


TWINS: dict[str, Callable[[Array], Doubles]] = {
    E4M3: cast_to_e4m3,
    "int8_channel": lambda array: in_groups(array, 1 << 30, symmetric_integers(8)),
    "int4_g128": lambda array: in_groups(array, 128, symmetric_integers(4)),
    "int4_g64": lambda array: in_groups(array, 64, symmetric_integers(4)),
    "nf4_g64": lambda array: in_groups(array, 64, nf4),
    "mxfp4": lambda array: in_groups(array, 32, mxfp4),
}
SHAPES = {"whole groups": (24, 256), "short groups": (24, 100), "shorter rows": (40, 20), "convolution": (16, 10, 3, 3)}


def flat_nf4(array: Array) -> Doubles:
    """NF4 runs on from row to row, as in bitsandbytes."""
    return in_groups(array.reshape(1, -1), 64, nf4).reshape(array.shape)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", TWINS)
def test_every_figure_is_that_of_the_quantized_array(name: str, shape: tuple[int, ...], measured: Measure) -> None:
    """Blocks that divide a row, the short ones of rows that they do not, and rows shorter than a block."""
    array = weights(*shape)
    x, values = numbers(array), measured(array, formats=(name,))
    q = flat_nf4(array) if name == "nf4_g64" else TWINS[name](array)
    e = q - x
    nonzero = x != 0
    expected = {
        "squared_error": (e**2).sum(),
        "sqnr": 10 * np.log10((x**2).sum() / (e**2).sum()),
        "relative_error": np.linalg.norm(e) / np.linalg.norm(x),
        "largest_error": np.abs(e).max(),
        "largest_relative_error": np.abs(e[nonzero] / x[nonzero]).max(),
        "cosine": (x * q).sum() / np.linalg.norm(x) / np.linalg.norm(q),
        "flushed_share": (q[nonzero] == 0).mean(),
        "output_error": np.sqrt((e**2).sum() / shape[0]),
    }
    for key, value in expected.items():
        assert float(values[f"{key}[format={name}]"]) == pytest.approx(value, rel=ARITHMETIC), key
    assert float(values[f"cross[format={name}]"]) == pytest.approx((x * e).sum(), abs=ARITHMETIC * (e**2).sum())
    assert values["elements"] == values["nonzero"] == x.size
    assert float(values["energy"]) == pytest.approx((x**2).sum(), rel=1e-12)


@pytest.mark.parametrize("rule", ["none", "amax", "power", "mse"])
def test_the_census_and_a_pass_agree(rule: str, measured: Measure) -> None:
    """A target that is judged is measured by column, in a pass; the same target beside another one by the census."""
    array, name = weights(64, 128, kind="bfloat16"), f"float8_e4m3fn:{rule}"
    passed = measured(array, formats=(name,), target=name)
    told = measured(array, formats=(name,), channels=0)
    assert passed.keys() == told.keys()
    for key, value in told.items():
        assert float(passed[key]) == pytest.approx(float(value), rel=1e-12, abs=1e-300, nan_ok=True), key


@pytest.mark.parametrize("name", ["int4_g128", "int8_channel", "q4_0", "nvfp4", "mxfp4", "q4_k", "float8_e4m3fn:amax"])
def test_bits_count_scales_and_padding(name: str, measured: Measure) -> None:
    """A row of 100 has one short group of 128, seven blocks of NVFP4, four of 32; GGUF fills up its last block."""
    values = measured(weights(24, 100), formats=(name,))
    by_row = {
        "int4_g128": 100 * 4 + 32,
        "int8_channel": 100 * 8 + 32,
        "q4_0": 4 * (32 * 4 + 16),
        "nvfp4": 100 * 4 + 7 * 8,
        "mxfp4": 100 * 4 + 4 * 8,
        "q4_k": 256 * 4 + 8 * 12 + 2 * 16,
        "float8_e4m3fn:amax": 100 * 8,
    }
    of_tensor = {"nvfp4": 32, "float8_e4m3fn:amax": 32}
    bits = 24 * by_row[name] + of_tensor.get(name, 0)
    assert values[f"stored_bits[format={name}]"] == bits
    assert values[f"bits_per_weight[format={name}]"] == bits / 2400


def test_elements_that_are_not_finite_are_counted_out(measured: Measure) -> None:
    """Sums are those of the tensor with zeros in their places, and shares are of the finite elements."""
    array = weights(32, 128)
    array[::5, ::7] = [[np.nan], [np.inf], [-np.inf], [np.nan], [np.nan], [np.inf], [np.nan]]
    without = np.where(np.isfinite(array), array, np.float32(0))
    n_finite = int(np.isfinite(array).sum())
    names = (*TWINS, "nvfp4", "q4_0", "int8:amax")
    values, expected = measured(array, formats=names), measured(without, formats=names)
    assert (values["elements"], expected["elements"]) == (n_finite, array.size)
    assert values["nonzero"] == expected["nonzero"] == n_finite
    for key in ("squared_error", "cross", "largest_error", "largest_relative_error", "flushed_share", "stored_bits"):
        for name in names:
            assert values[f"{key}[format={name}]"] == expected[f"{key}[format={name}]"], (key, name)
    for name in names:
        shares = [float(of[f"clipped_share[format={name}]"]) for of in (values, expected)]
        assert shares[0] * n_finite == pytest.approx(shares[1] * array.size, abs=1e-9)


@pytest.mark.parametrize("name", ["int4_g32", "nf4_g64", "nvfp4_plain", "mxfp4", "q4_0", "q8_0"])
def test_blocks_of_zeros_lose_nothing(name: str, measured: Measure) -> None:
    """With blocks of zeros between them, all others lose what they lose without."""
    array = weights(16, 128)
    spread = np.zeros((16, 256), np.float32)
    spread[:, :64], spread[:, 192:] = array[:, :64], array[:, 64:]
    values, alone = measured(spread, formats=(name,)), measured(array, formats=(name,))
    for key in ("squared_error", "cross", "largest_error", "flushed_share", "sqnr"):
        assert float(values[f"{key}[format={name}]"]) == pytest.approx(float(alone[f"{key}[format={name}]"]), rel=1e-12)
    assert (values["elements"], values["nonzero"]) == (4096, 2048)


def test_zeros_alone_have_no_ratios(answered: Answer) -> None:
    """Nothing is lost, nothing is found, and ratios to nothing are NaN."""
    result = answered(np.zeros((16, 64), np.float32))
    assert (result.status, result.findings) == (Status.DONE, ())
    for one in result.measurements:
        if one.metric.name in {"squared_error", "largest_error", "output_error", "clipped_share", "energy", "nonzero"}:
            assert one.value == 0
        if one.metric.name in {"sqnr", "relative_error", "cosine", "flushed_share", "discreteness"}:
            assert math.isnan(float(one.value))


def test_nothing_finite_is_no_error(answered: Answer) -> None:
    """A tensor of NaN is measured as one without elements."""
    result = answered(np.full((16, 64), np.nan, np.float32))
    assert (result.status, result.findings) == (Status.DONE, ())
    assert result.value("elements") == result.value("energy") == 0


def test_output_error_is_that_of_random_inputs(measured: Measure) -> None:
    """4,000 inputs of unit variance through the matrix of errors, whose mean square is within its confidence."""
    array = weights(24, 64)
    errors = cast_to_e4m3(array) - numbers(array)
    outputs = np.random.default_rng(1).standard_normal((4000, 64)) @ errors.T
    squares = (outputs**2).mean(axis=1)
    expected = float(measured(array, formats=(E4M3,))[f"output_error[format={E4M3}]"]) ** 2
    assert abs(squares.mean() - expected) < 4 * squares.std(ddof=1) / math.sqrt(len(squares))
    assert squares.std(ddof=1) / math.sqrt(len(squares)) < 0.02 * expected


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", TWINS)
def test_calibrated_error_is_weighted_by_input_channel(
    name: str, shape: tuple[int, ...], measured: Measure, tensor_of: MakeTensor
) -> None:
    """The root of (sum h e^2 / sum h x^2); the taps of a convolution share the moment of their input channel."""
    array = weights(*shape)
    moments = np.random.default_rng(2).random(shape[1]).astype(np.float32)
    h = numbers(moments).reshape(1, -1, *[1] * (len(shape) - 2))
    x = numbers(array)
    e = (flat_nf4(array) if name == "nf4_g64" else TWINS[name](array)) - x
    values = measured(tensor_of(array, calibration=moments), formats=(name,))
    expected = math.sqrt((h * e**2).sum() / (h * x**2).sum())
    assert float(values[f"calibrated_error[format={name}]"]) == pytest.approx(expected, rel=ARITHMETIC)


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", TWINS)
def test_weighted_loss_is_the_sum_of_weighted_squares(
    name: str, kind: str, measured: Measure, tensor_of: MakeTensor
) -> None:
    """A weight for each element, in any float type."""
    array = weights(24, 128, kind="bfloat16")
    beside = np.abs(weights(24, 128, seed=3)).astype(getattr(ml_dtypes, kind, kind))
    e = TWINS[name](array) - numbers(array)
    values = measured(tensor_of(array, sensitivity=beside), formats=(name,))
    assert float(values[f"weighted_loss[format={name}]"]) == pytest.approx(
        (numbers(beside) * e**2).sum(), rel=ARITHMETIC
    )


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)], ids=str)
def test_one_weight_is_for_all_elements(shape: tuple[int, ...], measured: Measure, tensor_of: MakeTensor) -> None:
    """The weighted loss is the squared error times that number, whatever its shape."""
    array = weights(24, 128)
    values = measured(tensor_of(array, sensitivity=np.full(shape, 2.5, np.float32)))
    names = [key[21:-1] for key in values if key.startswith("weighted_loss")]
    assert len(names) == len([key for key in values if key.startswith("sqnr")])
    for name in names:
        assert values[f"weighted_loss[format={name}]"] == 2.5 * float(values[f"squared_error[format={name}]"])


def test_without_files_nothing_is_weighted(measured: Measure) -> None:
    """Neither a calibrated error nor a weighted loss is made up."""
    assert not [key for key in measured(weights(24, 128)) if key.startswith(("calibrated", "weighted"))]


REFUSED = {
    "shape": ({"sensitivity": np.ones((24, 127), np.float32)}, "its sensitivity has shape [24, 127], not [24, 128]"),
    "negative weight": ({"sensitivity": np.full((24, 128), -1e-9, np.float32)}, "its sensitivity holds negative"),
    "weight NaN": ({"sensitivity": np.full((24, 128), np.nan, np.float32)}, "its sensitivity holds negative"),
    "infinite weight": ({"sensitivity": np.full((24, 128), np.inf, np.float32)}, "its sensitivity holds negative"),
    "negative number": ({"sensitivity": np.array(-1.0, np.float32)}, "its sensitivity holds negative"),
    "number NaN": ({"sensitivity": np.array(np.nan, np.float32)}, "its sensitivity holds negative"),
    "channels": ({"calibration": np.ones(24, np.float32)}, "its calibration has 24 input channels, the tensor 128"),
    "negative moment": ({"calibration": np.full(128, -1.0, np.float32)}, "its calibration holds negative"),
    "moment NaN": ({"calibration": np.full(128, np.nan, np.float32)}, "its calibration holds negative"),
}


@pytest.mark.parametrize(("beside", "problem"), REFUSED.values(), ids=REFUSED)
def test_files_that_do_not_fit_are_refused(
    beside: Mapping[str, Array], problem: str, answered: Answer, tensor_of: MakeTensor
) -> None:
    """In one line that names the tensor, what is wrong, and the remedy."""
    with pytest.raises(UsageError, match="make the file anew") as raised:
        answered(tensor_of(weights(24, 128), "layers.0.weight", **beside))
    message = str(raised.value)
    assert message.startswith("layers.0.weight: ")
    assert problem in message
    assert "\n" not in message


SKIPPED = {
    "integers": (np.zeros((32, 32), np.int8), "its type is no signed float"),
    "truth values": (np.zeros((32, 32), np.bool_), "its type is no signed float"),
    "scales": (np.ones((32, 32), ml_dtypes.float8_e8m0fnu), "its type is no signed float"),
    "complex": (np.zeros((32, 32), np.complex64), "complex numbers are not quantized"),
    "vector": (np.zeros(1024, np.float32), "fewer than 2 axes: biases and norms stay as they are"),
    "scalar": (np.zeros((), np.float32), "fewer than 2 axes"),
    "small": (np.zeros((15, 17), np.float32), "fewer than 256 elements (quantization.min_elements)"),
    "empty": (np.zeros((0, 64), np.float32), "fewer than 256 elements"),
}


@pytest.mark.parametrize(("array", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_what_is_not_quantized_is_skipped_with_its_reason(array: Array, reason: str, answered: Answer) -> None:
    """And nothing else is said of it."""
    result = answered(array)
    assert result.status is Status.SKIPPED
    assert result.reason.startswith(reason)
    assert (result.measurements, result.findings, result.figures) == ((), (), ())


def test_options_decide_what_is_small(answered: Answer) -> None:
    """A vector of 10 elements is measured where it is asked for."""
    result = answered(np.ones(10, np.float32), min_axes=1, min_elements=10)
    assert result.status is Status.DONE
    assert result.value("elements") == 10
    assert answered(np.ones((), np.float32), min_axes=0, min_elements=1).status is Status.DONE


@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_default_formats_are_narrower_than_the_stored_type(kind: str, measured: Measure) -> None:
    """Every one of them takes fewer bits, scales counted; 4-bit formats are always among them."""
    array = (weights(32, 256) * 100).astype(getattr(ml_dtypes, kind, kind))
    values = measured(array)
    bits = {key: float(value) for key, value in values.items() if key.startswith("bits_per_weight")}
    assert "bits_per_weight[format=int4_g128]" in bits
    assert max(bits.values()) < 8 * array.itemsize


def test_a_tensor_of_which_every_format_is_left_out_is_skipped(answered: Answer) -> None:
    """Drawing in float32 cannot be told of many distinct values; the reason is the result's."""
    many = weights(300, 300, kind="float64")
    result = answered(many, formats=("float32:none",), rounding="dithered")
    assert result.status is Status.SKIPPED
    assert result.reason.startswith("drawing in formats of more than 16 bits")


BLOCK_NAMES = sorted(name for name, found in formats.items() if isinstance(found, BlockFormat))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tensor that Hypothesis made up."""

    shape: tuple[int, int]
    size: float
    special: float
    seed: int

    @property
    def array(self) -> Array:
        """Normal deviates, one of them replaced."""
        array = np.random.default_rng(self.seed).normal(0, self.size, self.shape).astype(np.float32)
        array.flat[self.seed % array.size] = self.special
        return array


drawn_tensors = st.builds(
    Drawn,
    shape=st.tuples(st.integers(1, 6), st.integers(1, 80)),
    size=st.sampled_from([1e-30, 1e-5, 1.0, 1e4]),
    special=st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45]),
    seed=st.integers(0, 1 << 30),
)


@given(st.lists(st.sampled_from(BLOCK_NAMES), min_size=1, max_size=3, unique=True), drawn_tensors)
@settings(max_examples=60)
def test_any_tensor_is_measured(names: list[str], drawn: Drawn) -> None:
    """Whatever the format, the shape and the range, and with NaN and infinities inside, shares are shares."""
    result = analyze(in_memory(drawn.array), Options(formats=tuple(names), min_elements=1))
    assert result.status is Status.DONE
    for one in result.measurements:
        if one.metric.name.endswith("_share"):
            assert math.isnan(float(one.value)) or 0 <= float(one.value) <= 1
        if one.metric.name in {"squared_error", "largest_error"}:
            assert 0 <= float(one.value) < math.inf


@pytest.mark.parametrize("name", ["q4_0", "q8_0", "q4_k"])
def test_scales_that_overflow_are_no_good_figure(name: str, answered: Answer) -> None:
    """binary16 has no scale for 1e30: whatever is said of the loss, it does not look small, and the target fails."""
    result = answered(weights(8, 256) * np.float32(1e30), formats=(name,), target=name)
    assert not float(result.value(f"sqnr[format={name}]")) > 0
    assert [finding.code for finding in result.findings] == ["PL101"]


def test_stochastic_rounding_is_told_by_its_expectation(measured: Measure) -> None:
    """At f of a step above an integer the squared error is f (1 - f) on average, all of it variance."""
    array = np.random.default_rng(0).uniform(-90, 90, (32, 64)).astype(np.float32)
    values = measured(array, formats=("int8:none",), rounding="stochastic")
    f = numbers(array) - np.floor(numbers(array))
    assert float(values["squared_error[format=int8:none]"]) == pytest.approx((f * (1 - f)).sum(), rel=1e-9)
    assert float(values["drawn_variance[format=int8:none]"]) == pytest.approx((f * (1 - f)).mean(), rel=1e-9)
    assert float(values["cross[format=int8:none]"]) == pytest.approx(0, abs=1e-9)


def test_dithered_rounding_is_told_by_its_expectation(measured: Measure) -> None:
    """One twelfth of a squared step, wherever a number lies between two integers."""
    array = np.random.default_rng(0).uniform(-90, 90, (32, 64)).astype(np.float32)
    values = measured(array, formats=("int8:none",), rounding="dithered")
    assert float(values["drawn_variance[format=int8:none]"]) == pytest.approx(1 / 12, rel=1e-9)
    assert float(values["squared_error[format=int8:none]"]) == pytest.approx(array.size / 12, rel=1e-9)
    assert not [key for key in measured(array, formats=("int8:none",)) if key.startswith("drawn")]
