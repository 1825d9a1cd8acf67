"""The figures of a tensor against loops of other libraries' scalars, and against formulas."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.rounding.accumulators import accumulators_for, cost, deployed_for
from analyzers.rounding.measuring import taken
from analyzers.rounding.options import Options
from analyzers.rounding.sampling import Kind, sampled_rows, trials_of
from precisionlab.accumulation.catalogue import parse_accumulator
from precisionlab.analysis.results import Result, Scalar, Status
from tests.analyzers.memory import in_memory

Measured = Callable[..., Mapping[str, Scalar]]
Array = NDArray[Any]
Doubles = NDArray[np.float64]


def weights(rows: int, columns: int, kind: Any = np.float32, seed: int = 0) -> Array:  # noqa: ANN401 - any dtype
    """Normal deviates of standard deviation 1/50."""
    return (0.02 * np.random.default_rng(seed).standard_normal((rows, columns))).astype(kind)


def by_scalars(left: Array, right: Array, kind: Any) -> tuple[Doubles, float]:  # noqa: ANN401 - a numpy scalar type
    """Outputs by a running sum of scalars, and the share of products other than 0 that it absorbs (first input)."""
    outputs = np.zeros((len(left), right.shape[1]))
    absorbed, n_terms = 0, 0
    for i, row in enumerate(left):
        for j in range(right.shape[1]):
            total = kind(0)
            for w, x in zip(row, right[:, j], strict=True):
                product = kind(np.float64(w) * np.float64(x))
                after = kind(total + product)
                if j == 0 and product != 0:
                    n_terms += 1
                    absorbed += int(after == total)
                total = after
            outputs[i, j] = float(total)
    return outputs, absorbed / n_terms


@pytest.mark.parametrize(("name", "kind"), [("bf16", ml_dtypes.bfloat16), ("fp16", np.float16), ("fp32", np.float32)])
@pytest.mark.parametrize("inputs", [Kind.NORMAL, Kind.UNIFORM, Kind.ONE_SIGN])
def test_plain_accumulation_is_what_scalars_of_the_type_do(
    name: str,
    kind: Any,  # noqa: ANN401 - a numpy scalar type
    inputs: Kind,
    measured: Measured,
) -> None:
    """Forward and backward error, bias, absorbed share, by the definitions, from numpy's and ml_dtypes' additions."""
    array, options = weights(6, 300, ml_dtypes.bfloat16), Options(inputs=3, accumulators=(name,))
    tensor = in_memory(array)
    trial = next(one for one in trials_of(tensor, sampled_rows(tensor, options), options) if one.kind is inputs)
    got, absorbed = by_scalars(trial.weights, trial.inputs, kind)
    exact = np.array(
        [
            [
                float(sum(Fraction(float(w)) * Fraction(float(x)) for w, x in zip(row, column, strict=True)))
                for column in trial.inputs.T
            ]
            for row in trial.weights
        ]
    )
    sizes = np.abs(trial.weights).astype(np.float64) @ np.abs(trial.inputs).astype(np.float64)
    values = measured(in_memory(array), inputs=3, accumulators=(name,))
    label = f"[accumulator={name},inputs={inputs.value}]"
    off = got - exact
    assert values[f"relative_error{label}"] == pytest.approx(np.linalg.norm(off) / np.linalg.norm(exact), rel=1e-6)
    assert values[f"backward_error_largest{label}"] == pytest.approx((np.abs(off) / sizes).max(), rel=1e-6)
    assert values[f"backward_error_rms{label}"] == pytest.approx(np.sqrt(((off / sizes) ** 2).mean()), rel=1e-6)
    bias = (np.sign(exact) * off).mean() / np.abs(exact).mean()
    assert values[f"bias{label}"] == pytest.approx(bias, rel=1e-6, abs=1e-12)
    assert values[f"absorbed_share{label}"] == pytest.approx(absorbed, abs=1e-15)
    conditions = sizes / np.abs(exact)
    assert values[f"condition_median[inputs={inputs.value}]"] == pytest.approx(np.median(conditions), rel=0.15)
    assert values[f"condition_p99[inputs={inputs.value}]"] == pytest.approx(conditions.max(), rel=1e-9)


def test_one_sign_stagnates_and_pulls_down_and_both_signs_do_not(measured: Measured) -> None:
    """4,096 products of one sign in bfloat16: the sum stops, most terms are absorbed, the bias is the error."""
    values = measured(weights(8, 4096, ml_dtypes.bfloat16), accumulators=("bf16", "fp32", "a100_bf16"))
    one_sign, normal = "[accumulator=bf16,inputs=one_sign]", "[accumulator=bf16,inputs=normal]"
    assert float(values[f"absorbed_share{one_sign}"]) > 0.5
    assert float(values[f"absorbed_share{normal}"]) < 0.4
    assert float(values[f"bias{one_sign}"]) < -0.5
    assert abs(float(values[f"bias{one_sign}"])) == pytest.approx(float(values[f"relative_error{one_sign}"]), rel=0.05)
    assert float(values["bias[accumulator=a100_bf16,inputs=one_sign]"]) < 0  # truncation
    assert values["condition_median[inputs=one_sign]"] == 1


@pytest.mark.parametrize(
    "accumulator", ["bf16", "fp16", "fp32", "fp32_pairwise", "bf16_blocked16", "bf16_kahan", "h100_bf16"]
)
def test_no_error_exceeds_its_bound(accumulator: str, measured: Measured) -> None:
    """The worst case holds for certain; ratios are those of bound and seen."""
    values = measured(weights(16, 200, ml_dtypes.bfloat16), accumulators=(accumulator,))
    label = f"[accumulator={accumulator}]"
    seen = float(values[f"backward_error_largest[accumulator={accumulator},inputs=normal]"])
    worst, probable = float(values[f"worst_bound{label}"]), float(values[f"probable_bound{label}"])
    assert 0 < seen <= probable <= worst
    assert values[f"worst_bound_over_seen{label}"] == pytest.approx(worst / seen)
    assert values[f"probable_bound_over_seen{label}"] == pytest.approx(probable / seen)


def test_the_worst_bound_of_a_running_sum_is_gamma(measured: Measured) -> None:
    """N u / (1 - n u) of n = 200 roundings: those of the first product and of 199 additions; vacuous from n u = 1 on."""
    values = measured(weights(4, 200), accumulators=("bf16", "fp16"))
    u = Fraction(1, 2**11)
    assert values["worst_bound[accumulator=fp16]"] == pytest.approx(float(200 * u / (1 - 200 * u)), rel=1e-12)
    long = measured(weights(4, 600), accumulators=("bf16",))
    assert long["worst_bound[accumulator=bf16]"] == math.inf


def test_bits_are_the_fewest_of_the_kinds_that_are_judged(measured: Measured) -> None:
    """Products of one sign are a worst case that no layer need have; calibrated ones are its own."""
    moments = np.ones(256, np.float32)
    moments[:4] = 1e8
    values = measured(in_memory(weights(8, 256), calibration=moments), accumulators=("bf16",))
    errors = [
        float(values[f"relative_error[accumulator=bf16,inputs={kind}]"])
        for kind in ("normal", "uniform", "calibration")
    ]
    assert values["bits[accumulator=bf16]"] == -math.log2(max(errors))


def test_an_overflow_leaves_no_bits(measured: Measured) -> None:
    """Weights of float16 whose sums leave it."""
    values = measured(weights(8, 512, np.float64).__mul__(1e5).astype(np.float16), accumulators=("fp16", "fp32"))
    assert 0 < float(values["overflowed_share[accumulator=fp16,inputs=normal]"]) <= 1
    assert values["bits[accumulator=fp16]"] == 0
    assert values["overflowed_share[accumulator=fp32,inputs=normal]"] == 0
    assert values["cheapest_safe"] == "fp32"


def test_zeros_are_right_to_any_number_of_bits(measured: Measured) -> None:
    """A tensor of zeros loses nothing, and its condition numbers are 1."""
    values = measured(np.zeros((16, 64), np.float32), accumulators=("bf16",))
    assert values["bits[accumulator=bf16]"] == math.inf
    assert values["relative_error[accumulator=bf16,inputs=normal]"] == 0
    assert values["condition_p99[inputs=normal]"] == 1


def test_rows_that_are_not_finite_are_left_out_and_counted(measured: Measured, answered: Callable[..., Result]) -> None:
    """The others are as they would be without; a tensor of nothing else is skipped with the reason."""
    array = weights(8, 128)
    array[2, 5], array[6, 0] = np.nan, np.inf
    values = measured(array, accumulators=("fp32",))
    assert (values["non_finite_rows"], values["sampled_rows"]) == (2, 6)
    assert math.isfinite(float(values["relative_error[accumulator=fp32,inputs=normal]"]))
    result = answered(np.full((8, 128), np.nan, np.float32))
    assert result.status is Status.SKIPPED
    assert result.reason == "all rows looked at hold infinities, NaN or numbers beyond float32"


@pytest.mark.parametrize(
    ("array", "options", "reason"),
    [
        (np.ones(4096, np.float32), {}, "fewer than 2 axes: biases and norms multiply nothing (rounding.min_axes)"),
        (np.float32(3).reshape(()), {}, "fewer than 2 axes: biases and norms multiply nothing (rounding.min_axes)"),
        (np.ones((3, 3), np.float32), {}, "fewer than 256 elements (rounding.min_elements)"),
        (np.ones((0, 64), np.float32), {}, "fewer than 256 elements (rounding.min_elements)"),
        (np.ones((0, 64), np.float32), {"min_elements": 1}, "fewer than 1 elements (rounding.min_elements)"),
        (np.ones((64, 64), np.int8), {}, "its type is no signed float"),
        (np.ones((64, 64), np.complex64), {}, "complex numbers are not looked at"),
        (np.ones((64, 64), bool), {}, "its type is no signed float"),
    ],
)
def test_what_multiplies_nothing_is_skipped(
    array: Array, options: dict[str, Any], reason: str, answered: Callable[..., Result]
) -> None:
    """With the reason, and the option that changes it."""
    result = answered(array, **options)
    assert (result.status, result.reason) == (Status.SKIPPED, reason)


def test_states_of_optimizers_are_skipped(answered: Callable[..., Result]) -> None:
    """Their shapes are those of weights."""
    result = answered(in_memory(weights(32, 32), "optimizer.state.0.exp_avg"))
    assert (result.status, result.reason) == (Status.SKIPPED, "an optimizer's state multiplies nothing")


def test_vectors_are_looked_at_where_one_asks(measured: Measured) -> None:
    """As a single row."""
    assert measured(weights(1, 512)[0], min_axes=1, accumulators=("fp32",))["terms"] == 512


def test_the_same_twice_and_with_other_threads(answered: Callable[..., Result]) -> None:
    """All figures, to the last bit."""
    array = weights(40, 300, ml_dtypes.bfloat16)
    names = ("bf16_sr4", "h100_bf16", "fp16_kahan")
    assert answered(array, accumulators=names) == answered(array, accumulators=names)


def test_stochastic_rounding_has_no_bias_where_nearest_has(measured: Measured) -> None:
    """4,096 products of one sign in bfloat16: nearest stagnates, 16 random bits do not (Connolly et al. 2021)."""
    values = measured(weights(16, 4096, ml_dtypes.bfloat16), accumulators=("bf16", "bf16_sr16"), rows=16)
    nearest, drawn = (float(values[f"bias[accumulator={name},inputs=one_sign]"]) for name in ("bf16", "bf16_sr16"))
    assert nearest < -0.5
    assert abs(drawn) < 0.05


@pytest.mark.parametrize(("stored", "unit"), [("bfloat16", "h100_bf16"), ("float8_e4m3fn", "h100_fp8_promoted128")])
def test_tensor_cores_are_those_that_take_the_stored_type(stored: str, unit: str) -> None:
    """Beside the accumulators that all have; FP8 is judged with promotion, for that without has its own rule."""
    names = [one.name for one in accumulators_for(stored, Options())]
    assert names[:2] == ["bf16", "fp16"]
    assert unit in names
    assert len(set(names)) == len(names)
    assert unit in deployed_for(stored, Options())
    assert "h100_fp8" not in deployed_for(stored, Options())
    assert deployed_for(stored, Options(accumulator="bf16_fma")) == ("bf16_fma",)
    assert accumulators_for(stored, Options(accumulators=("fp32",), accumulator="bf16"))[-1].name == "bf16"


def test_cheaper_is_narrower_and_then_fewer_operations() -> None:
    """Kahan's sum holds two numbers, and takes four additions."""
    names = ("bf16", "bf16_kahan", "fp32", "h100_fp8", "h100_fp8_promoted128")
    costs = {name: cost(parse_accumulator(name)) for name in names}
    assert costs["bf16"] == (16, 1)
    assert costs["bf16_kahan"] == (32, 4)
    assert costs["bf16"] < costs["h100_fp8"] < costs["fp32"] < costs["bf16_kahan"]
    assert costs["h100_fp8_promoted128"] == costs["fp32"]


def test_factors_of_eight_bits_are_scaled_before_they_are_rounded() -> None:
    """By a power of two, so that the largest is within a factor of two of the format's largest."""
    factor = weights(4, 64) * np.float32(1e-4)
    scaled = taken(factor, "float8_e4m3fn", 448.0).astype(np.float64)
    assert 224 < np.abs(scaled).max() <= 448
    assert np.array_equal(scaled, scaled.astype(ml_dtypes.float8_e4m3fn).astype(np.float64))
    ratio = scaled.flat[np.abs(scaled).argmax()] / factor.flat[np.abs(scaled).argmax()]
    assert abs(math.log2(ratio) - round(math.log2(ratio))) < 0.1
    assert np.array_equal(taken(np.zeros((2, 2), np.float32), "float8_e4m3fn", 448.0), np.zeros((2, 2)))
