"""That right kernels pass the lines to paste, and wrong ones do not: kernels of torch, and simulated ones."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.accumulation import matmul_by, parse_accumulator
from precisionlab.accumulation.pasting import number, rounded_up
from precisionlab.accumulation.records import Chain
from precisionlab.accumulation.tolerances import Inputs, Op, Problem, Reference, Tolerance, tolerance_of
from precisionlab.errors import UsageError
from precisionlab.formats.finding import formats
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding import round_to
from precisionlab.summation import sum_by

Array = NDArray[Any]
Tensors = dict[str, torch.Tensor]

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
OUTPUTS = 64 * 64


def float_of(name: str) -> FloatFormat:
    """The float format of a name."""
    found = formats.element(name)
    assert isinstance(found, FloatFormat)
    return found


def derived(  # noqa: PLR0913, PLR0917 - those of the command
    op: str, k: int, inputs: str, acc: str, output: str, drawn: str = "normal", reference: str = "same"
) -> Tolerance:
    """The tolerance of a test of 4,096 numbers."""
    sources = float_of(inputs), parse_accumulator(acc), float_of(output)
    return tolerance_of(Problem(Op(op), k, *sources, 1e-6, OUTPUTS, Inputs(drawn), Reference(reference)))


def passes(lines: str | None, got: torch.Tensor, tensors: Tensors) -> bool:
    """Whether a kernel's result passes the lines, pasted into a test."""
    assert lines is not None
    try:
        exec(lines, {"torch": torch, "got": got, **tensors})  # noqa: S102 - what they are for
    except AssertionError:
        return False
    return True


def draw(drawn: str, *shape: int, seed: int = 0) -> Array:
    """Float32 numbers from N(0, 1) or U[0, 1]."""
    random = np.random.default_rng([seed, *shape])
    numbers = random.standard_normal(shape) if drawn == "normal" else random.random(shape)
    return numbers.astype(np.float32)


def rounded(array: Array, name: str) -> Array:
    """Rounded to nearest even, infinite beyond the end."""
    result: Array = round_to(np.asarray(array, np.float64), name)
    return result


# Matrix products, simulated

PRODUCTS = [
    ("fp32", "bf16", 512),
    ("fp32_blocked128", "bf16", 512),
    ("fp32_pairwise", "fp16", 512),
    ("fp32_kahan", "fp16", 512),
    ("fp32", "fp32", 512),
    ("fp32_truncated", "bf16", 512),
    ("fp16", "fp16", 128),
    ("fp16_sr11", "fp16", 128),
    ("bf16", "bf16", 16),
    ("bf16_kahan", "bf16", 16),
    ("bf16_promoted8", "bf16", 128),
    ("h100_bf16", "bf16", 512),
    ("h100_tf32", "fp32", 512),
    ("a100_fp16", "fp16", 512),
    ("v100_fp16_to_fp16", "fp16", 128),
    ("h100_fp8_promoted128", "fp8_e4m3", 512),
    ("h100_fp8_e5m2", "fp8_e5m2", 64),
]


@pytest.mark.parametrize("reference", ["same", "wide"])
@pytest.mark.parametrize("drawn", ["normal", "uniform"])
@pytest.mark.parametrize(("acc", "inputs", "k"), PRODUCTS, ids=str)
def test_right_products_pass(acc: str, inputs: str, k: int, drawn: str, reference: str) -> None:
    """In the accumulator's own format, and in bfloat16, from inputs as they are or before rounding."""
    wide = draw(drawn, 64, k), draw(drawn, k, 64)
    kept = [round_to(one, inputs) for one in wide]
    exact = matmul_by(kept[0], kept[1], acc, seed=1 if "_sr" in acc else None)
    a, b = (torch.tensor(one) for one in (wide if reference == "wide" else kept))
    made = parse_accumulator(acc)
    for output in (made.format.name, "bf16"):
        tolerance = derived("gemm", k, inputs, acc, output, drawn, reference)
        got = torch.tensor(rounded(exact, output))
        assert passes(tolerance.componentwise, got, {"a": a, "b": b})
        if tolerance.assert_close is not None:
            assert passes(tolerance.assert_close, got, {"a": a, "b": b})


def truncated(array: Array) -> Array:
    """Float32 cut to bfloat16."""
    words = np.ascontiguousarray(array, np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return words.view(np.float32).astype(np.float64)


def without_its_last_block(a: Array, b: Array) -> Array:
    """A loop that ends 16 terms too early."""
    return rounded(matmul_by(a[:, :-16], b[:-16], "fp32"), "bf16")


def in_bfloat16(a: Array, b: Array) -> Array:
    """Partial sums that are kept in bfloat16."""
    return matmul_by(a, b, "bf16")


def cut_in_the_end(a: Array, b: Array) -> Array:
    """The output is cut, not rounded."""
    return truncated(matmul_by(a, b, "fp32"))


def with_one_term_lost(a: Array, b: Array) -> Array:
    """In one output alone, the largest of its terms."""
    got = matmul_by(a, b, "fp32")
    terms = a[5].astype(float) * b[:, 7]
    got[5, 7] -= terms[np.argmax(np.abs(terms))]
    return rounded(got, "bf16")


def with_two_columns_swapped(a: Array, b: Array) -> Array:
    """An index is wrong."""
    got = rounded(matmul_by(a, b, "fp32"), "bf16")
    got[:, [3, 4]] = got[:, [4, 3]]
    return got


Kernel = Callable[[Array, Array], Array]


@pytest.mark.parametrize(
    "kernel",
    [without_its_last_block, in_bfloat16, cut_in_the_end, with_one_term_lost, with_two_columns_swapped],
    ids=lambda kernel: kernel.__name__,
)
def test_wrong_products_fail(kernel: Kernel) -> None:
    """The drawn form notices all of them."""
    a, b = (round_to(draw("normal", *shape), "bf16") for shape in ((64, 512), (512, 64)))
    tolerance = derived("gemm", 512, "bf16", "fp32", "bf16")
    assert not passes(tolerance.assert_close, torch.tensor(kernel(a, b)), {"a": torch.tensor(a), "b": torch.tensor(b)})


@pytest.mark.parametrize("kernel", [in_bfloat16, cut_in_the_end], ids=lambda kernel: kernel.__name__)
def test_wrong_products_of_one_sign_fail_the_worst_case(kernel: Kernel) -> None:
    """Where nothing cancels the componentwise form is sharp, too."""
    a, b = (round_to(draw("uniform", *shape), "bf16") for shape in ((64, 512), (512, 64)))
    tensors = {"a": torch.tensor(a), "b": torch.tensor(b)}
    tolerance = derived("gemm", 512, "bf16", "fp32", "bf16", "uniform")
    for lines in (tolerance.componentwise, tolerance.assert_close):
        assert not passes(lines, torch.tensor(kernel(a, b)), tensors)


def test_products_of_fp8_that_are_not_promoted_are_noticed() -> None:
    """Against the tolerance of those promoted every 128, on numbers of one sign."""
    a, b = (round_to(draw("uniform", *shape), "fp8_e4m3") for shape in ((64, 4096), (4096, 8)))
    tensors = {"a": torch.tensor(a), "b": torch.tensor(b)}
    tolerance = derived("gemm", 4096, "fp8_e4m3", "h100_fp8_promoted128", "bf16", "uniform")
    for acc, is_right in (("h100_fp8_promoted128", True), ("h100_fp8", False)):
        got = torch.tensor(rounded(matmul_by(a, b, acc), "bf16"))
        assert passes(tolerance.assert_close, got, tensors) is is_right
        assert passes(tolerance.componentwise, got, tensors) is is_right


# Any inputs

HARD = [
    "fp16",
    "fp16_fma",
    "fp16_kahan",
    "e4m7",
    "e4m3_pairwise",
    "m7e4",
    "h100_fp16",
    "h100_fp16_to_fp16",
    "h100_fp8",
    "ada_fp8",
]


@pytest.mark.parametrize("reference", ["same", "wide"])
@pytest.mark.parametrize("acc", HARD)
def test_the_worst_case_holds_where_inputs_underflow(acc: str, reference: str) -> None:
    """Factors over all of a narrow format, subnormal ones and their products among them; sums that cancel."""
    made = parse_accumulator(acc)
    inputs = "fp8_e4m3" if "fp8" in acc else made.format.name if isinstance(made, Chain) else "fp16"
    low, high, k = float_of(inputs).lowest_bit - 2, 1, 12
    tolerance = derived("gemm", k, inputs, acc, made.format.name, "normal", reference)
    for seed in range(10):
        random = np.random.default_rng(seed)
        wide = [
            (np.exp2(random.uniform(low, high, shape)) * random.choice([-1.0, 1.0], shape)).astype(np.float32)
            for shape in ((40, k), (k, 40))
        ]
        wide[0][::2, 1::2] = -wide[0][::2, ::2]
        wide[1][1::2] = wide[1][::2]
        kept = [round_to(one, inputs) for one in wide]
        got = torch.tensor(matmul_by(kept[0], kept[1], acc))
        a, b = (torch.tensor(one) for one in (wide if reference == "wide" else kept))
        assert passes(tolerance.componentwise, got, {"a": a, "b": b})


def test_underflow_counts() -> None:
    """Without the last term of the lines right kernels would fail, where all products underflow."""
    tolerance = derived("gemm", 4, "fp16", "fp16", "fp16")
    assert tolerance.componentwise is not None
    a = b = torch.full((4, 4), 2.0**-13)
    got = torch.tensor(matmul_by(a.numpy(), b.numpy(), "fp16"))
    assert passes(tolerance.componentwise, got, {"a": a, "b": b})
    floor = f" + {number(tolerance.worst.floor)}"
    assert floor in tolerance.componentwise
    assert not passes(tolerance.componentwise.replace(floor, ""), got, {"a": a, "b": b})


# Torch's own


@pytest.mark.parametrize("drawn", ["normal", "uniform"])
@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("op", ["gemm", "dot", "sum", "layernorm", "rmsnorm", "softmax"])
def test_kernels_of_torch_pass(op: str, kind: str, drawn: str) -> None:
    """On the CPU, in three dtypes, as if they computed in float32."""
    k, dtype = 1000, DTYPES[kind]
    wide = torch.tensor(draw(drawn, 64, k))
    x, other = wide.to(dtype), torch.tensor(draw(drawn, k, 64, seed=1)).to(dtype)
    ones, zeros = torch.ones(k, dtype=dtype), torch.zeros(k, dtype=dtype)
    tensors = {"a": x, "b": other, "x": x, "weight": ones, "bias": zeros}
    functions: dict[str, Callable[[], torch.Tensor]] = {
        "gemm": lambda: x @ other,
        "dot": lambda: torch.dot(x[0], other[:, 0].contiguous()),
        "sum": lambda: x.sum(-1),
        "layernorm": lambda: torch.nn.functional.layer_norm(x, (k,), ones, zeros),
        "rmsnorm": lambda: torch.nn.functional.rms_norm(x, (k,), ones, eps=1e-5),
        "softmax": lambda: x.softmax(-1),
    }
    if op == "dot":
        tensors = {"w": x[0], "x": other[:, 0]}
    acc = "fp32" if op != "dot" or kind == "fp32" else kind  # its dot products of half precision are summed in it
    got = functions[op]()
    tolerance = derived(op, k, kind, acc, kind, drawn)
    if tolerance.assert_close is not None:
        assert passes(tolerance.assert_close, got, tensors)
    if tolerance.componentwise is not None:
        assert passes(tolerance.componentwise, got, tensors)
    if op in {"layernorm", "rmsnorm", "softmax"}:
        wide_tolerance = derived(op, k, kind, acc, kind, drawn, "wide")
        assert passes(wide_tolerance.assert_close, got, {**tensors, "x": wide})
        assert passes(wide_tolerance.componentwise, got, {**tensors, "x": wide})


@pytest.mark.parametrize("kind", DTYPES)
def test_norms_with_weights_pass_the_lines_for_any_inputs(kind: str) -> None:
    """Weights and biases of many sizes, inputs whose mean is as large as their deviation."""
    k, dtype = 1000, DTYPES[kind]
    x = torch.tensor(draw("normal", 64, k) + 1).to(dtype)
    weight, bias = (torch.tensor(np.exp(2 * draw("normal", k, seed=seed)) * (-1) ** seed).to(dtype) for seed in (1, 2))
    tensors = {"x": x, "weight": weight, "bias": bias}
    layer = torch.nn.functional.layer_norm(x, (k,), weight, bias)
    root = torch.nn.functional.rms_norm(x, (k,), weight, eps=1e-5)
    for op, got in (("layernorm", layer), ("rmsnorm", root)):
        assert passes(derived(op, k, kind, "fp32", kind).componentwise, got, tensors)


# Rows, simulated in narrow formats, where every rounding tells


class Machine:
    """Arithmetic of one format: each operation in float64, then rounded; functions up to two units in the last place off."""

    def __init__(self, name: str, order: str, seed: int) -> None:
        """A format, the order of its sums, and which way functions err."""
        self.name, self.order, self.random = name, order, np.random.default_rng(seed)

    def __call__(self, numbers: Array) -> Array:
        """One rounding."""
        return rounded(numbers, self.name)

    def sum(self, rows: Array) -> Array:
        """Of rows [m, k], as [m, 1]."""
        total: Array = sum_by(rows, self.order, axis=1, working=self.name)
        return total[:, None]

    def off(self, numbers: Array) -> Array:
        """The result of a function, one unit in the last place away from the rounded one or not."""
        near = self(numbers)
        ulp = 2.0 ** (np.floor(np.log2(np.maximum(near, 2.0**-300))) - float_of(self.name).mantissa_bits)
        return self(near + ulp * self.random.integers(-1, 2, near.shape))


def norm_by(machine: Machine, x: Array, weight: Array, bias: Array | None, *, is_fused: bool) -> Array:
    """Layernorm, or rmsnorm where there is no bias; fused is x / sigma - mean / sigma."""
    k = machine(np.array(float(x.shape[1])))
    mean = machine(machine.sum(x) / k) if bias is not None else np.zeros((len(x), 1))
    centred = machine(x - mean)
    variance = machine(machine.sum(machine(centred**2)) / k)
    inverse = machine.off(1 / np.sqrt(machine(variance + machine(np.array(1e-5)))))
    normal = machine(machine(x * inverse) - machine(mean * inverse)) if is_fused else machine(centred * inverse)
    scaled = machine(normal * weight)
    return scaled if bias is None else machine(scaled + bias)


def softmax_by(machine: Machine, x: Array, *, is_base_two: bool) -> Array:
    """Softmax; exp may be a power of two."""
    below = machine(x - x.max(1, keepdims=True))
    if is_base_two:
        powers = machine.off(np.exp2(machine(below * machine(np.array(1 / math.log(2))))))
    else:
        powers = machine.off(np.exp(below))
    return machine(powers / machine.sum(powers))


ROWS = [
    ("e8m10", "recursive", 64),
    ("e8m7", "pairwise", 64),
    ("e8m10", "blocked:16", 300),
    ("fp16", "pairwise", 200),
    ("e8m7", "blocked:8", 100),
]


@pytest.mark.parametrize("reference", ["same", "wide"])
@pytest.mark.parametrize("drawn", ["normal", "uniform"])
@pytest.mark.parametrize("is_other", [False, True])
@pytest.mark.parametrize("op", ["layernorm", "rmsnorm", "softmax"])
@pytest.mark.parametrize(("name", "order", "k"), ROWS)
def test_right_rows_pass(  # noqa: PLR0913, PLR0917 - what kernels differ in
    op: str, name: str, order: str, k: int, drawn: str, reference: str, *, is_other: bool
) -> None:
    """Computed in narrow formats, in both ways that kernels are written in, and written without another rounding."""
    acc = f"{name}_{order.replace(':', '')}" if order != "recursive" else name
    inputs = "e8m6" if name != "fp16" else "fp8_e4m3"
    tolerance = derived(op, k, inputs, acc, name, drawn, reference)
    for seed in range(2):
        wide = draw(drawn, 100, k, seed=seed).astype(np.float64)
        x, machine = rounded(wide, inputs), Machine(name, order, seed)
        weight, bias = np.ones(k), np.zeros(k)
        got = {
            "layernorm": lambda: norm_by(machine, x, weight, bias, is_fused=is_other),  # noqa: B023 - called at once
            "rmsnorm": lambda: norm_by(machine, x, weight, None, is_fused=is_other),  # noqa: B023
            "softmax": lambda: softmax_by(machine, x, is_base_two=is_other),  # noqa: B023
        }[op]()
        tensors = {
            "x": torch.tensor(wide if reference == "wide" else x),
            "weight": torch.tensor(weight),
            "bias": torch.tensor(bias),
        }
        if tolerance.componentwise is not None:
            assert passes(tolerance.componentwise, torch.tensor(got), tensors)
        if tolerance.assert_close is not None:
            assert passes(tolerance.assert_close, torch.tensor(got), tensors)


def test_a_bias_that_cancels_counts() -> None:
    """Rows of one large number, whose result the bias takes back: without its term right kernels would fail."""
    random = np.random.default_rng(0)
    x = rounded(0.01 * random.standard_normal((2_000, 64)), "e8m7")
    x[:, 0] = rounded(random.uniform(1, 2, 2_000), "e8m7")
    weight, bias = np.ones(64), np.zeros(64)
    bias[0] = -rounded(np.sqrt(np.array(63.0)), "e8m10")
    got = torch.tensor(norm_by(Machine("e8m10", "pairwise", 0), x, weight, bias, is_fused=False))
    tensors = {"x": torch.tensor(x), "weight": torch.tensor(weight), "bias": torch.tensor(bias)}
    tolerance = derived("layernorm", 64, "e8m7", "e8m10_pairwise", "e8m10")
    lines = tolerance.componentwise
    assert passes(lines, got, tensors)
    assert lines is not None
    assert not passes(lines.replace("bias.double().abs()", "0"), got, tensors)


@pytest.mark.parametrize("is_base_two", [False, True])
def test_softmax_of_large_numbers_passes(is_base_two: bool) -> None:
    """Where terms lie far below the maximum, the line for any inputs allows more of them, and no more."""
    tolerance = derived("softmax", 64, "e8m7", "e8m10", "e8m10")
    x = rounded(30 * draw("normal", 200, 64), "e8m7")
    tensors = {"x": torch.tensor(x)}
    got = torch.tensor(softmax_by(Machine("e8m10", "recursive", 0), x, is_base_two=is_base_two))
    assert passes(tolerance.componentwise, got, tensors)
    assert is_base_two is not passes(tolerance.assert_close, got, tensors)


def test_powers_of_two_have_three_roundings_in_the_exponent() -> None:
    """In rows of four, where little else is off: a bound with one rounding is exceeded."""
    x = rounded(30 * draw("normal", 20_000, 4), "e8m10")
    got = torch.tensor(softmax_by(Machine("e8m10", "recursive", 0), x, is_base_two=True))
    tolerance = derived("softmax", 4, "e8m10", "e8m10", "e8m10")
    assert tolerance.componentwise is not None
    assert passes(tolerance.componentwise, got, {"x": torch.tensor(x)})
    factor = number(tolerance.worst.factor)
    less = tolerance.componentwise.replace(f"{factor} * scale", f"{float(factor) / 3} * scale")
    assert less != tolerance.componentwise
    assert not passes(less, got, {"x": torch.tensor(x)})


def wrong_rows(x: torch.Tensor) -> dict[str, tuple[str, str, torch.Tensor]]:
    """Kernels with a fault: the operation, the output's format, the result."""
    k = x.shape[-1]
    wide = x.float()
    centred = wide - wide.mean(-1, keepdim=True)
    variance = wide.var(-1, keepdim=True)
    return {
        "unbiased variance": ("layernorm", "fp32", centred / (variance + 1e-5).sqrt()),
        "no mean taken off": ("layernorm", "bf16", (wide / wide.std(-1, keepdim=True)).bfloat16()),
        "mean taken off": ("rmsnorm", "bf16", (centred / wide.square().mean(-1, keepdim=True).sqrt()).bfloat16()),
        "in bfloat16": (
            "rmsnorm",
            "bf16",
            x * x.square().mean(-1, keepdim=True).rsqrt() * torch.tensor(1.01).bfloat16(),
        ),
        "statistics of a shorter row": (
            "layernorm",
            "bf16",
            (centred / wide[:, : k - 8].std(-1, keepdim=True)).bfloat16(),
        ),
        "sum in bfloat16": (
            "softmax",
            "bf16",
            (wide - wide.amax(-1, keepdim=True)).exp().bfloat16()
            / torch.tensor(
                sum_by((wide - wide.amax(-1, keepdim=True)).exp().numpy(), axis=1, method="recursive", working="bf16")
            )[:, None],
        ),
        "no maximum taken off": ("softmax", "fp16", x.half().exp() / x.half().exp().sum(-1, keepdim=True)),
        "a term too few": ("softmax", "fp32", wide.exp() / wide[:, 1:].exp().sum(-1, keepdim=True)),
    }


@pytest.mark.parametrize("fault", wrong_rows(torch.ones(1, 16)))
def test_wrong_rows_fail(fault: str) -> None:
    """Both forms notice them."""
    k = 1024
    x = torch.tensor(draw("normal", 64, k)).bfloat16() * (12 if fault == "no maximum taken off" else 1)
    op, output, got = wrong_rows(x)[fault]
    tensors = {"x": x, "weight": torch.ones(k), "bias": torch.zeros(k)}
    tolerance = derived(op, k, "bf16", "fp32", output)
    assert not passes(tolerance.assert_close, got, tensors)
    assert fault == "unbiased variance" or not passes(tolerance.componentwise, got, tensors)


# Sums that stagnate

STAGNATING = [
    ("gemm", "fp16", "fp16", 2048),
    ("gemm", "fp16", "fp16_fma", 4096),
    ("sum", "fp16", "fp16", 8192),
    ("sum", "bf16", "bf16", 257),
    ("sum", "fp16", "fp16_away", 2049),
    ("gemm", "bf16", "bf16_blocked32", 32 * 225),
    ("gemm", "bf16", "bf16_promoted256", 1024),
    ("gemm", "bf16", "bf16_promoted16_into_bf16", 4096),
    ("gemm", "bf16", "fp32_promoted16_into_bf16", 4096),
    ("gemm", "bf16", "h100_bf16_promoted16_into_bf16", 4096),
    ("gemm", "fp16", "h100_fp16_to_fp16", 1 << 15),
    ("gemm", "fp16", "v100_fp16_to_fp16", 8192),
    ("rmsnorm", "fp16", "fp16", 4096),
    ("layernorm", "fp16", "fp16", 4096),
    ("softmax", "bf16", "bf16", 512),
]


@pytest.mark.parametrize(("op", "inputs", "acc", "k"), STAGNATING, ids=str)
def test_sums_of_one_sign_that_stagnate_have_the_worst_case_alone(op: str, inputs: str, acc: str, k: int) -> None:
    """However large the failure probability: here the worst case is none, and there is nothing to paste."""
    made = parse_accumulator(acc)
    for failure in (0.9, 1e-6):
        problem = Problem(Op(op), k, float_of(inputs), made, made.format, failure, 1, Inputs.UNIFORM)
        tolerance = tolerance_of(problem)
        assert tolerance.worst == tolerance.probable
        assert tolerance.assert_close is None
        assert tolerance.componentwise is None
        assert any("sums of one sign stagnate" in text for text in tolerance.warnings)
        assert not any("other one" in text for text in tolerance.warnings)


@pytest.mark.parametrize(("inputs", "acc", "k"), [("fp16", "fp16", 2047), ("bf16", "bf16", 255)])
@pytest.mark.parametrize("seed", range(3))
def test_sums_of_one_sign_just_before_they_stagnate_pass(inputs: str, acc: str, k: int, seed: int) -> None:
    """With n u below 1, to which the failure probability is told."""
    wide = draw("uniform", 64, k, seed=seed), draw("uniform", k, 64, seed=seed)
    a, b = (round_to(one, inputs) for one in wide)
    got = torch.tensor(matmul_by(a, b, acc))
    tolerance = derived("gemm", k, inputs, acc, inputs, "uniform")
    assert passes(tolerance.assert_close, got, {"a": torch.tensor(a), "b": torch.tensor(b)})


@pytest.mark.parametrize("k", [4096, 8192, 16384])
@pytest.mark.parametrize("op", ["gemm", "sum"])
def test_sums_of_random_signs_do_not_stagnate(op: str, k: int) -> None:
    """With n u of 2, 4 and 8 their errors stay within the probable limits, by far."""
    tolerance = derived(op, k, "fp16", "fp16", "fp16")
    a, b = (round_to(draw("normal", *shape), "fp16") for shape in ((64, k), (k, 64)))
    factor = b if op == "gemm" else np.ones((k, 1), np.float32)
    off = np.abs(matmul_by(a, factor, "fp16") - a.astype(np.float64) @ factor.astype(np.float64))
    assert math.isinf(tolerance.worst.factor)
    assert math.isfinite(tolerance.probable.absolute)
    assert off.max() < tolerance.probable.absolute / 10


def test_inputs_that_are_made_for_it_break_the_supposition_before_sums_stagnate() -> None:
    """One, and then less than half a unit of it, again and again: no line for any inputs allows less than that loses."""
    k = 1500
    x = np.full(k, 0.99 * 2.0**-11, np.float32)
    x[0] = 1
    x = round_to(x, "fp16")
    got, want = float(sum_by(x, "recursive", working="fp16")), math.fsum(x.astype(np.float64))
    tolerance = derived("sum", k, "fp16", "fp16", "fp16")
    assert got == 1
    assert tolerance.probable.factor * want < want - got
    assert tolerance.componentwise is None


@pytest.mark.parametrize("k", [1024, 2048])
def test_stochastic_rounding_has_lines_for_any_inputs_where_the_worst_case_says_nothing(k: int) -> None:
    """Nothing is supposed of its errors; equal terms, of which rounding to nearest takes no more at last, pass."""
    tolerance = derived("sum", k, "bf16", "fp16_sr11", "fp16")
    assert tolerance.worst.factor > 1
    x = round_to(np.full((4, k), 0.9, np.float32), "bf16")
    got = torch.tensor(matmul_by(x, np.ones((k, 1), np.float32), "fp16_sr11", seed=0))[:, 0]
    assert passes(tolerance.componentwise, got, {"x": torch.tensor(x)})


@pytest.mark.parametrize(("inputs", "acc", "number"), [("bf16", "fp16", 1e-8), ("fp8_e5m2", "fp8_e4m3", 2.0**-14)])
def test_inputs_below_the_accumulator_are_part_of_underflow(inputs: str, acc: str, number: float) -> None:
    """A sum has no products, but a number that becomes 0 is lost all the same."""
    x = torch.tensor([[number, 0.0]])
    got = torch.from_numpy(matmul_by(x.numpy(), np.ones(2, np.float32), acc))
    assert got.item() == 0
    assert passes(derived("sum", 2, inputs, acc, "fp32").componentwise, got, {"x": x})


# What is said


def test_a_spread_beyond_the_bound_is_refused() -> None:
    """Inputs whose mean is ten deviations: the line says so instead of promising."""
    x = torch.tensor(draw("normal", 4, 64) + 10)
    tensors = {"x": x, "weight": torch.ones(64), "bias": torch.zeros(64)}
    lines = derived("layernorm", 64, "fp32", "fp32", "fp32").componentwise
    assert not passes(lines, torch.nn.functional.layer_norm(x, (64,)), tensors)


@pytest.mark.parametrize(
    ("problem", "warning"),
    [
        (("gemm", 4096, "bf16", "bf16", "bf16"), "any rtol and atol that can be proved would let zeros pass"),
        (("gemm", 4096, "fp16", "fp16", "fp16", "uniform"), "n u = 2: sums of one sign stagnate"),
        (("gemm", 4096, "fp16", "fp16", "fp16"), "the worst-case bound for any inputs says nothing: n u = 2, with"),
        (("gemm", 4096, "bf16", "h100_bf16", "bf16"), "h100_bf16 cuts toward zero: in sums of one sign"),
        (("gemm", 4096, "bf16", "fp32_floor", "bf16"), "directed rounding errs to one side"),
        (
            ("sum", 1 << 20, "fp16", "fp32", "fp16", "uniform"),
            "sums reach 527,918, and overflow float16, which ends at 65,504",
        ),
        (("layernorm", 1 << 17, "fp16", "fp16_pairwise", "fp16"), "sums reach 134,752, and overflow float16"),
        (("gemm", 8192, "fp16", "v100_fp16_to_fp16", "fp16"), "n u = 1: sums of one sign stagnate"),
        (("sum", 1 << 20, "bf16", "bf16_promoted4096_into_fp32", "fp32"), "n u = 16: sums of one sign stagnate"),
        (
            ("gemm", 4096, "fp16", "fp16", "fp16"),
            "n u = 2: sums of one sign stagnate, which leaves them the worst case",
        ),
        (
            ("gemm", 1500, "fp16", "fp16", "fp16"),
            (
                "the worst-case bound for any inputs says nothing: n u = 0.732, with n = 1,500 roundings of a term; "
                "the other one supposes independent errors, and is for drawn inputs alone"
            ),
        ),
        (
            ("gemm", 1500, "fp16", "fp16_sr11", "fp16"),
            (
                "the worst-case bound for any inputs says nothing: n u = 1.46, with n = 1,500 roundings of a term; "
                "the lines for any inputs have the other one"
            ),
        ),
        (
            ("layernorm", 4096, "bf16", "fp32", "bf16"),
            (
                "rtol and atol are for weight 1 and bias 0; the lines for any inputs take others, and refuse rows whose "
                "mean |x| is over 4 sigma"
            ),
        ),
        (
            ("rmsnorm", 4096, "bf16", "fp32", "bf16"),
            "rtol and atol are for weight 1; the lines for any inputs take others",
        ),
    ],
)
def test_what_one_should_know_is_said(problem: tuple[Any, ...], warning: str) -> None:
    """Each in one sentence."""
    assert any(text.startswith(warning) for text in derived(*problem).warnings)


@pytest.mark.parametrize("failure", [1e-100, 1 - 2**-53])
@pytest.mark.parametrize("k", [1, 2, 1 << 32])
@pytest.mark.parametrize("drawn", Inputs)
@pytest.mark.parametrize("op", Op)
def test_the_ends_of_what_can_be_asked(op: Op, drawn: Inputs, k: int, failure: float) -> None:
    """Numbers or infinity, never NaN, and the worst case is the largest for any inputs."""
    bf16, single = float_of("bf16"), parse_accumulator("fp32")
    for reference in Reference:
        tolerance = tolerance_of(Problem(op, k, bf16, single, bf16, failure, 1 << 40, drawn, reference))
        worst, probable = tolerance.worst, tolerance.probable
        for name in ("relative", "absolute", "factor", "of_result", "floor", "of_bias"):
            assert 0 <= getattr(probable, name) <= getattr(worst, name)


@pytest.mark.parametrize("acc", ["fp32", "fp32_blocked128", "fp32_kahan"])
@pytest.mark.parametrize("op", ["gemm", "softmax"])
def test_there_is_nothing_to_say_of_the_usual(op: str, acc: str) -> None:
    """No warning where all is well."""
    assert derived(op, 4096, "bf16", acc, "bf16").warnings == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 0}, "k: a sum has from 1 to 2"),
        ({"k": 1 << 33}, "k: a sum has from 1 to 2"),
        ({"failure": 0.0}, "failure: a probability from 1e-100 to less than 1 is needed, not 0"),
        ({"failure": 1e-101}, "failure: a probability from 1e-100 to less than 1 is needed, not 1e-101"),
        ({"failure": 1.0}, "failure: a probability from 1e-100 to less than 1 is needed, not 1"),
        ({"failure": math.nan}, "failure: a probability from 1e-100 to less than 1 is needed, not nan"),
        ({"outputs": 0}, "outputs: a test compares from 1"),
        ({"accumulator": "fp32_strassen1"}, "fp32_strassen1: has no componentwise bound"),
        ({"accumulator": "h100_fp8"}, "h100_fp8: multiplies float8_e4m3fn, not bfloat16"),
        ({"accumulator": "h100_bf16", "op": Op.SOFTMAX}, "h100_bf16: adds up products, and softmax is more than that"),
        ({"accumulator": "fp8_e5m2", "op": Op.RMSNORM}, "fp8_e5m2: has fewer bits than the inputs in bfloat16"),
        ({"inputs": "e8m0"}, "float8_e8m0fnu: is no signed float"),
        ({"output": "fp128"}, "binary128: is no signed float that the float64 reference holds"),
    ],
)
def test_impossible_problems_are_refused(changes: dict[str, Any], message: str) -> None:
    """With what is wrong, and what to do."""
    named: dict[str, Callable[[str], object]] = {
        "inputs": float_of,
        "output": float_of,
        "accumulator": parse_accumulator,
    }
    asked: dict[str, Any] = {
        "op": Op.GEMM,
        "k": 64,
        "inputs": "bf16",
        "accumulator": "fp32",
        "output": "bf16",
        **changes,
    }
    found: dict[str, Any] = {name: named[name](value) if name in named else value for name, value in asked.items()}
    with pytest.raises(UsageError, match=message):
        Problem(**found)


@given(st.floats(min_value=5e-324, max_value=1e300), st.integers(1, 12))
def test_numbers_are_rounded_up(value: float, digits: int) -> None:
    """By less than a unit of the last digit, which is one of so many."""
    got = rounded_up(value, digits)
    assert got >= value
    assert len(Decimal(repr(got)).normalize().as_tuple().digits) <= digits
    unit = Decimal(10) ** (Decimal(value).adjusted() - digits + 1)
    assert Decimal(got) - Decimal(value) < unit + Decimal(math.ulp(got))
    assert float(number(value)) >= value
