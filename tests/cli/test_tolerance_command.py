"""`precisionlab tolerance`: text, JSON, and what it refuses."""

import itertools
import json
import re
from pathlib import Path

import pytest
import torch

from precisionlab.accumulation import parse_accumulator
from precisionlab.accumulation.tolerances import Op, Problem, tolerance_of
from precisionlab.cli.main import main
from precisionlab.formats.finding import formats
from precisionlab.formats.records import FloatFormat

GEMM = """\
rtol = 0.003907   atol = 0.004087

gemm, k = 4,096: bfloat16 inputs, accumulated in fp32_blocked128, bfloat16
output, against float64 on the inputs that the kernel gets.

On inputs from N(0, 1) a right kernel fails a test of 1,048,576 outputs with a
probability of at most 1e-06.

allowed is the sum of  worst case  failure 1e-06
inputs from N(0, 1)
  rtol                   0.003907       0.003907  times |want|
  atol                    0.02863       0.004087
any inputs; scale is |a| @ |b|
  arithmetic            9.455e-06      6.583e-06  times scale
  of the result          0.003907       0.003907  times |want|
  underflow              4.88e-41       4.88e-41
where errors come from
  accumulation          9.418e-06      6.558e-06  times scale
  output rounding        0.003907       0.003907  times |want|

# for inputs from N(0, 1)
want = a.double() @ b.double()
torch.testing.assert_close(got.double(), want, rtol=0.003907, atol=0.004087)

# for any inputs, worst case
want = a.double() @ b.double()
scale = a.double().abs() @ b.double().abs()
allowed = 9.455e-06 * scale + 0.003907 * want.abs() + 4.88e-41
assert ((got.double() - want).abs() <= allowed).all()
"""
VACUOUS = """\
no rtol and atol can be given for inputs from N(0, 1)

gemm, k = 4,096: bfloat16 inputs, accumulated in bf16, bfloat16 output, against
float64 on the inputs that the kernel gets.

allowed is the sum of  worst case  failure 1e-06
inputs from N(0, 1)
"""
OPS = ("gemm", "dot", "sum", "layernorm", "rmsnorm", "softmax")
ACCUMULATORS = ("fp32", "fp32_kahan", "fp16_sr11", "bf16_promoted64", "h100_bf16", "h100_fp8_promoted128", "h100_tf32")


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a successful call prints."""
    assert main(["tolerance", *arguments]) == 0
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    """The same as JSON."""
    found: dict[str, object] = json.loads(output(capsys, *arguments, "--format", "json"))
    return found


def test_a_matrix_product(capsys: pytest.CaptureFixture[str]) -> None:
    """The answer, bounds, causes, and lines to paste."""
    assert output(capsys, "--op", "gemm", "--k", "4096", "--in", "bf16", "--order", "blocked:128") == GEMM


def test_the_documentation_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each of its examples, to the letter."""
    page = (Path(__file__).parents[2] / "docs" / "tolerance.md").read_text("utf-8")
    examples = re.findall(r"```console\n\$ precisionlab tolerance (.*)\n([^`]*)```", page)
    assert len(examples) == 3
    for arguments, shown in examples:
        assert output(capsys, *arguments.split()) == shown


def test_no_answer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing useful is proved there are no lines to paste, and notes say why."""
    text = output(capsys, "--op", "gemm", "--k", "4096", "--acc", "bf16")
    assert text.startswith(VACUOUS)
    assert "\nnote: the worst-case bound for any inputs says nothing: n u = 16, with" in text
    assert "want =" not in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("--op", "sum", "--k", "8192", "--in", "fp16", "--acc", "fp16", "--inputs", "uniform"),
        ("--op", "sum", "--k", "4096", "--in", "fp16", "--acc", "fp16"),
        ("--op", "softmax", "--k", "4096", "--in", "fp16", "--acc", "fp16"),
    ],
)
def test_nothing_is_promised_of_sums_that_stagnate(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """In float16 a sum of ones stays at 2,048: neither lines to paste nor a probability."""
    text = output(capsys, *arguments)
    assert text.startswith("no rtol and atol can be given for inputs from ")
    assert "a right kernel fails" not in text
    assert "want =" not in text
    assert "sums of one sign stagnate" in text
    (accumulation,) = re.findall(r"^  (?:accumulation|sum of exp) +(.*)", text, re.MULTILINE)
    assert accumulation.split()[:2] == ["none", "none"]


@pytest.mark.parametrize("op", OPS)
def test_every_answer_fits_80_columns_and_is_python(op: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For all sorts of kernels: no line is longer, nothing is printed as nan or inf, what is to be pasted compiles."""
    n_answers = 0
    for acc, k, drawn, reference in itertools.product(
        ACCUMULATORS, ("1", "300", "4294967296"), ("normal", "uniform"), ("same", "wide")
    ):
        arguments = ["--op", op, "--k", k, "--acc", acc, "--inputs", drawn, "--reference", reference]
        code, captured = main(["tolerance", *arguments]), capsys.readouterr()
        if code == 2:
            assert re.search("adds up products|above the smallest inputs in bfloat16", captured.err)
            continue
        n_answers += 1
        assert max(map(len, captured.out.splitlines())) <= 80
        assert not re.search(r"\b(nan|inf)\b", captured.out)
        assert captured.out.count("\n\n\n") == 0
        found = document(capsys, *arguments)
        for lines in (found["assert_close"], found["componentwise"]):
            if lines is not None:
                compile(str(lines), "pasted", "exec")
                assert str(lines) in captured.out
    assert n_answers >= 36


def test_json_is_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers as derived; rtol and atol rounded up as in the lines."""
    found = document(capsys, "--op", "layernorm", "--k", "512", "--in", "fp16", "--failure", "1e-9", "--outputs", "64")
    half = formats.element("fp16")
    assert isinstance(half, FloatFormat)
    tolerance = tolerance_of(Problem(Op.LAYERNORM, 512, half, parse_accumulator("fp32"), half, 1e-9, 64))
    worst, probable = tolerance.worst, tolerance.probable
    assert found["problem"] == {
        "op": "layernorm",
        "k": 512,
        "in": "float16",
        "acc": "fp32",
        "out": "float16",
        "failure": 1e-9,
        "outputs": 64,
        "inputs": "normal",
        "reference": "same",
    }
    assert found["worst"] == {
        "drawn_inputs": {"relative": worst.relative, "absolute": worst.absolute},
        "any_inputs": {
            "of_scale": worst.factor,
            "of_result": worst.of_result,
            "of_bias": worst.of_bias,
            "absolute": worst.floor,
        },
    }
    assert found["assert_close"] == tolerance.assert_close
    assert found["componentwise"] == tolerance.componentwise
    assert found["warnings"] == list(tolerance.warnings)
    assert found["parts"] == [
        {"name": part.name, "of": part.of, "worst": part.worst, "probable": part.probable} for part in tolerance.parts
    ]
    for name, exact in (("rtol", probable.relative), ("atol", probable.absolute)):
        shown = found[name]
        assert isinstance(shown, float)
        assert exact < shown < 1.002 * exact
        assert f"{name}={shown}" in str(tolerance.assert_close)


def test_json_has_null_for_a_bound_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """And no lines."""
    found = document(capsys, "--op", "gemm", "--k", "4096", "--acc", "bf16")
    assert [found[name] for name in ("rtol", "atol", "assert_close", "componentwise")] == [None] * 4
    worst = found["worst"]
    assert isinstance(worst, dict)
    assert worst["any_inputs"]["of_scale"] is None


def test_every_number_of_the_text_is_rounded_up(capsys: pytest.CaptureFixture[str]) -> None:
    """None is smaller than that of JSON, nor larger by more than the last of its digits."""
    arguments = ["--op", "layernorm", "--k", "777", "--in", "fp16", "--reference", "wide"]
    found, text = document(capsys, *arguments), output(capsys, *arguments)
    rows = {
        row[1]: (float(row[2]), float(row[3]))
        for row in re.finditer(r"^  (\S.*?)\s{2,}(\S+)\s+([0-9.e-]+)(?:  |$)", text, re.MULTILINE)
    }
    exact: dict[str, list[float]] = {}
    for column in (found["worst"], found["probable"]):
        assert isinstance(column, dict)
        for label, value in zip(
            ("rtol", "atol", "arithmetic", "of the result", "of the bias", "underflow"),
            [*column["drawn_inputs"].values(), *column["any_inputs"].values()],
            strict=True,
        ):
            exact.setdefault(label, []).append(value)
    parts = found["parts"]
    assert isinstance(parts, list)
    exact |= {part["name"]: [part["worst"], part["probable"]] for part in parts}
    assert set(rows) == set(exact)
    for label, pair in exact.items():
        for shown, derived in zip(rows[label], pair, strict=True):
            assert derived < shown < 1.002 * derived


@pytest.mark.parametrize(
    ("arguments", "inputs", "acc", "out"),
    [
        ((), "bfloat16", "fp32", "bfloat16"),
        (("--in", "fp16"), "float16", "fp32", "float16"),
        (("--acc", "h100_fp16"), "float16", "h100_fp16", "float16"),
        (("--acc", "h100_tf32"), "float32", "h100_tf32", "float32"),
        (("--acc", "h100_fp8_promoted128"), "float8_e4m3fn", "h100_fp8_promoted128", "bfloat16"),
        (("--in", "e5m2", "--out", "fp16"), "float8_e5m2", "fp32", "float16"),
        (("--order", "pairwise"), "bfloat16", "fp32_pairwise", "bfloat16"),
        (("--order", "blocked:64", "--acc", "bf16_fma"), "bfloat16", "bf16_fma_blocked64", "bfloat16"),
        (("--order", "recursive", "--acc", "fp32_floor"), "bfloat16", "fp32_floor", "bfloat16"),
        (("--order", "kahan", "--acc", "fp32_kahan"), "bfloat16", "fp32_kahan", "bfloat16"),
        (("--acc", "FP32_Pairwise"), "bfloat16", "fp32_pairwise", "bfloat16"),
    ],
)
def test_defaults_are_what_kernels_have(
    arguments: tuple[str, ...], inputs: str, acc: str, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inputs of a tensor core are its own; outputs are of the format of the inputs, unless that is narrow."""
    problem = document(capsys, "--op", "gemm", "--k", "64", *arguments)["problem"]
    assert isinstance(problem, dict)
    assert (problem["in"], problem["acc"], problem["out"]) == (inputs, acc, out)


def test_the_printed_lines_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Copied as they stand, comments and all."""
    text = output(capsys, "--op", "softmax", "--k", "128")
    x = torch.randn(16, 128, generator=torch.Generator().manual_seed(0)).bfloat16()
    exec(text[text.index("# for inputs") :], {"torch": torch, "x": x, "got": x.softmax(-1)})  # noqa: S102


def test_less_failure_and_more_outputs_cost_more(capsys: pytest.CaptureFixture[str]) -> None:
    """In both forms' probable bounds."""
    tolerances = [
        document(capsys, "--op", "gemm", "--k", "4096", "--failure", failure, "--outputs", outputs)["atol"]
        for failure, outputs in (("1e-2", "1"), ("1e-6", "1"), ("1e-6", "1000000"))
    ]
    assert tolerances == sorted(set(map(float, map(str, tolerances))))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--k", "8"), "the following arguments are required: --op; see precisionlab tolerance --help"),
        (("--op", "gemm"), "the following arguments are required: --k"),
        (("--op", "conv", "--k", "8"), "argument --op: invalid choice: 'conv'"),
        (("--k", "4k"), "--k: takes a whole number, not 4k"),
        (("--k", ""), "--k: takes a whole number, not nothing"),
        (("--k", "0"), "k: a sum has from 1 to 2^32 terms, not 0"),
        (("--k", "-5"), "k: a sum has from 1 to 2^32 terms, not -5"),
        (("--k", "1e3"), "--k: takes a whole number, not 1e3"),
        (("--in", "int8"), "--in: int8 is no float format; give one such as bf16, fp16, fp8_e4m3 or fp32"),
        (("--in", "mxfp4"), "--in: mxfp4 is no float format"),
        (("--out", "posit16"), "--out: posit16 is no float format"),
        (("--in", "bf61"), "bf61: there is no such format; did you mean bf16?"),
        (("--in", "fp128"), "binary128: is no signed float that the float64 reference holds"),
        (("--out", "e8m0"), "float8_e8m0fnu: is no signed float"),
        (("--acc", "h101"), "accumulator: there is no h101; did you mean h100_fp16? Names are like fp32, "),
        (("--acc", "fp128"), "binary128: its arithmetic is not simulated"),
        (("--acc", "fp32_strassen1"), "fp32_strassen1: has no componentwise bound, only one of the largest entry"),
        (("--acc", "h100_bf16", "--in", "fp16"), "h100_bf16: multiplies bfloat16, not float16; give inputs of"),
        (("--acc", "h100_bf16", "--order", "kahan"), "--order: h100_bf16 has an order of its own; leave --order away"),
        (("--acc", "bf16_promoted8", "--order", "kahan"), "--order: bf16_promoted8 has an order of its own"),
        (("--acc", "fp32_pairwise", "--order", "kahan"), "--order: fp32_pairwise has an order of its own"),
        (("--acc", "fp32_floor", "--order", "kahan"), "--order: fp32_floor adds one term after the other only"),
        (("--acc", "fp32_fma", "--order", "pairwise"), "--order: fp32_fma adds one term after the other only"),
        (("--order", "sum2"), "--order: there is no sum2; choose one of recursive, pairwise, blocked:N, kahan"),
        (("--order", ""), "--order: there is no order of no name; choose one of"),
        (
            ("--order", "blocked"),
            "--order: blocked takes a whole number from 1 to 1,099,511,627,776, not nothing; write",
        ),
        (
            ("--order", "blocked:0"),
            "--order: blocked takes a whole number from 1 to 1,099,511,627,776, not 0; write for",
        ),
        (
            ("--failure", "2"),
            "failure: a probability from 1e-100 to less than 1 is needed, not 2; give for example 1e-6",
        ),
        (("--failure", "0"), "failure: a probability from 1e-100 to less than 1 is needed, not 0"),
        (("--failure", "nan"), "failure: a probability from 1e-100 to less than 1 is needed, not nan"),
        (("--failure", "one"), "--failure: takes a probability such as 1e-6, not one"),
        (("--outputs", "0"), "outputs: a test compares from 1 to 2^40 numbers, not 0"),
        (("--outputs", "1e6"), "--outputs: takes a whole number, not 1e6"),
        (("--inputs", "cauchy"), "argument --inputs: invalid choice: 'cauchy'"),
        (("--reference", "fp32"), "argument --reference: invalid choice: 'fp32'"),
        (("--op", "softmax", "--acc", "h100_bf16"), "h100_bf16: adds up products, and softmax is more than that"),
        (("--op", "rmsnorm", "--in", "fp32", "--acc", "bf16"), "bf16: has fewer bits than the inputs in float32"),
        (("--reduction", "blocked:8"), "there is no flag --reduction; see precisionlab tolerance --help"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was given and what would be accepted, on standard error alone."""
    usual = () if message.startswith("the following") or "'conv'" in message else ("--op", "gemm", "--k", "64")
    assert main(["tolerance", *usual, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"precisionlab: error: {message}")
    assert captured.err.count("\n") == 1
