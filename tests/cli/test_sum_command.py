"""`precisionlab sum`: the table and its JSON, where numbers come from, and what is refused."""

import io
import json
import math
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from precisionlab.cli.main import main
from precisionlab.cli.sum_numbers import numbers_in
from precisionlab.cli.sum_text import shortest
from precisionlab.formats.finding import formats

Command = Callable[..., tuple[int, str, str]]
Process = Callable[..., subprocess.CompletedProcess[str]]
Document = Mapping[str, Any]
Give = Callable[[str | bytes], None]

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
HEALTHY = SAMPLES / "healthy.safetensors"
CLASSIC = "1e-10 1e10 1e-10 -1e10 1e-10"

LESSON = """\
standard input
  summed    5 numbers in float64
  exact sum 3e-10
  condition 6.67e+19 = sum |x| / |sum x|
  rounding  the numbers to float64 alone costs nothing
  absorbed  the recursive sum is unchanged by 1 of 4 additions

method           sum   relative       ulps  digits
recursive      1e-10     -0.667  -3.87e+15     0.2
pairwise       1e-10     -0.667  -3.87e+15     0.2
blocked:128    1e-10     -0.667  -3.87e+15     0.2
kahan          1e-10     -0.667  -3.87e+15     0.2
neumaier       3e-10  -4.31e-17      -0.25    16.0
klein          3e-10  -4.31e-17      -0.25    16.0
double-double  3e-10  -4.31e-17      -0.25    16.0
exact          3e-10  -4.31e-17      -0.25    16.0

neumaier is the cheapest that is right to within 1 ulp.
"""


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> Give:
    """Puts a text on standard input."""

    def put(text: str | bytes) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return put


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Document:
    """The JSON of a successful call."""
    assert main(["sum", "--format", "json", *arguments]) == 0
    answer: Document = json.loads(capsys.readouterr().out)
    return answer


def sums(answer: Document) -> dict[str, float]:
    """What each method came to."""
    return {method["method"]: number_of(method["sum"]) for method in answer["methods"]}


def number_of(number: Any) -> float:  # noqa: ANN401 - JSON
    """A number of the document as a float64, which holds it."""
    return float(number) if isinstance(number, str) else float(Fraction(number["fraction"]))


def exact_of(number: Any) -> Fraction:  # noqa: ANN401 - JSON
    """A number of the document."""
    return Fraction(number["fraction"])


def test_the_classic_shows_its_lesson(command: Command, give: Give) -> None:
    """Kahan's correction is lost with the large term; Neumaier's is not."""
    give(CLASSIC)
    assert command("sum", "-") == (0, LESSON, "")


def test_through_a_pipe(environment: Mapping[str, str], tmp_path: Path) -> None:
    """As a process of its own, whose output is no terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "precisionlab", "sum", "-"],
        input=CLASSIC,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=dict(environment),
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, LESSON, "")


def test_recursive_is_numpys_cumsum_and_exact_is_fsum(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """In float64, on numbers of both signs; errors are those of rational arithmetic."""
    values = np.random.default_rng(1).standard_normal(3000) * 10.0 ** np.random.default_rng(2).integers(-9, 9, 3000)
    np.save(tmp_path / "a.npy", values)
    answer = document(capsys, str(tmp_path / "a.npy"))
    assert sums(answer)["recursive"] == np.cumsum(values)[-1]
    assert sums(answer)["exact"] == math.fsum(values)
    total = sum(map(Fraction, values.tolist()), Fraction(0))
    assert exact_of(answer["exact_sum"]) == total
    assert exact_of(answer["condition"]) == sum(map(Fraction, np.abs(values).tolist()), Fraction(0)) / abs(total)
    unit = Fraction(math.ulp(float(abs(total))))
    for method in answer["methods"]:
        error = Fraction(float(method["shortest"])) - total
        assert exact_of(method["error"]) == error
        assert exact_of(method["relative_error"]) == error / total
        assert exact_of(method["error_in_ulps"]) == error / unit
        assert method["is_right"] == (abs(error) <= unit)
        cap = 53 * math.log10(2)
        expected = min(cap, max(0.0, -math.log10(abs(error / total)))) if error else cap
        assert method["right_digits"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "stuck", "n"), [("bf16", 256, 1000), ("fp16", 2048, 5000), ("e5m7", 256, 1000), ("e4m3", 16, 100)]
)
def test_ones_stagnate_where_the_next_integer_is_missing(
    capsys: pytest.CaptureFixture[str], give: Give, name: str, stuck: int, n: int
) -> None:
    """At 2^p the sum takes no other 1: all further ones are absorbed."""
    give("1 " * n)
    answer = document(capsys, "-", "--in", name, "--methods", "recursive,pairwise,exact")
    assert sums(answer)["recursive"] == stuck
    assert answer["absorbed"] == n - stuck
    assert sums(answer)["pairwise"] == pytest.approx(n, rel=0.1)
    assert sums(answer)["exact"] == pytest.approx(n, rel=2.0**-4)


def test_numbers_keep_the_type_that_they_are_stored_in(capsys: pytest.CaptureFixture[str]) -> None:
    """A tensor of a checkpoint is summed in its own type, here float16, and in another on demand."""
    name = "stem.conv.weight"
    values = load_file(HEALTHY)[name].double().numpy().reshape(-1)
    answer = document(capsys, f"{HEALTHY}::{name}")
    assert (answer["format"], answer["numbers"], answer["tensor"]) == ("float16", values.size, name)
    assert answer["shape"] == list(load_file(HEALTHY)[name].shape)
    assert sums(answer)["exact"] == np.float16(math.fsum(values))
    running = np.float16(0)
    for value in values.astype(np.float16):
        running = np.float16(running + value)
    assert sums(answer)["recursive"] == running
    narrow = document(capsys, f"{HEALTHY}::{name}", "--in", "bf16")
    rounded = values.astype(ml_dtypes.bfloat16).astype(np.float64)
    assert exact_of(narrow["rounding"]["error"]) == Fraction(math.fsum(rounded)) - Fraction(math.fsum(values))


@pytest.mark.parametrize(
    "arguments", [["--in", "bf16"], ["--format", "bf16"], ["--format", "bfloat16", "--in", "bf16"]], ids=" ".join
)
def test_the_format_has_two_flags(command: Command, give: Give, arguments: Sequence[str]) -> None:
    """`--format` takes a number format, too."""
    give("1 2 3")
    code, out, err = command("sum", "-", *arguments)
    assert (code, err) == (0, "")
    assert "3 numbers in bfloat16" in out


def test_squares(capsys: pytest.CaptureFixture[str], give: Give) -> None:
    """Their exact sum is that of the numbers' squares, even where float64 holds none of these."""
    numbers = [0.1, -0.2, 1e-200, 3e200, 7.0]
    give(" ".join(map(repr, numbers)))
    answer = document(capsys, "-", "--square", "--methods", "recursive,fma,dot2,dotk:3,exact")
    assert answer["summands"] == "squares"
    assert exact_of(answer["exact_sum"]) == sum((Fraction(number) ** 2 for number in numbers), Fraction(0))
    assert sums(answer) == dict.fromkeys(["recursive", "fma", "dot2", "dotk:3", "exact"], math.inf)
    give(" ".join(map(repr, numbers[:3])))
    answer = document(capsys, "-", "--square", "--methods", "recursive,exact")
    assert exact_of(answer["condition"]) == 1
    assert sums(answer)["recursive"] == 0.1 * 0.1 + 0.2 * 0.2
    assert sums(answer)["exact"] == float(sum((Fraction(number) ** 2 for number in numbers[:3]), Fraction(0)))


def test_squares_that_stagnate(capsys: pytest.CaptureFixture[str], give: Give) -> None:
    """The squares are what is absorbed: 17 * 17 = 289 is 288 in bf16, and half a unit of 144 * 288 is more."""
    give("17 " * 1000)
    answer = document(capsys, "-", "--square", "--in", "bf16", "--methods", "recursive")
    running, absorbed, square = ml_dtypes.bfloat16(288), 0, ml_dtypes.bfloat16(17 * 17)
    for _ in range(999):
        following = ml_dtypes.bfloat16(float(running) + float(square))
        absorbed += int(following == running)
        running = following
    assert absorbed > 0
    assert (sums(answer)["recursive"], answer["absorbed"]) == (float(running), absorbed)


def test_methods_on_request(capsys: pytest.CaptureFixture[str], give: Give) -> None:
    """In the order asked for, each once."""
    give(CLASSIC)
    answer = document(capsys, "-", "--methods", "sumk:3, sum2,recursive ,sum2")
    assert sums(answer) == {"sumk:3": 3e-10, "sum2": 3e-10, "recursive": 1e-10}
    assert answer["cheapest_right"] == "sum2"


def test_times_are_told_on_request(capsys: pytest.CaptureFixture[str], give: Give) -> None:
    """A number more for each method; a column in the text."""
    give("1 2 3")
    answer = document(capsys, "-", "--time", "--methods", "recursive,exact")
    assert all(method["nanoseconds"] > 0 for method in answer["methods"])
    give("1 2 3")
    assert main(["sum", "-", "--time", "--methods", "recursive"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^method .* digits +ns$", out, re.MULTILINE)
    assert "nanoseconds" not in document(capsys, str(HEALTHY) + "::stem.conv.weight")["methods"][0]


@pytest.mark.parametrize(
    ("numbers", "arguments", "verdict"),
    [
        ("1 2", [], "recursive is the cheapest that is right to within 1 ulp."),
        ("1 1e100 1 -1e100", [], "neumaier is the cheapest that is right to within 1 ulp."),
        ("1 1e-20 -1 1e-60", ["--methods", "recursive,kahan"], "None of these is right to within 1 ulp."),
        ("1 1e-20 -1", ["--methods", "recursive"], "recursive is not right to within 1 ulp."),
        (
            "1.003 -1",
            ["--in", "bf16"],
            "Only exact, which rounds once, is right to within 1 ulp: rounding the numbers to bfloat16 alone costs 197 ulp.",
        ),
        (
            "1.003 -1.001 -1.003 1.001",
            ["--in", "bf16"],
            "recursive is the cheapest that is right to within 1 ulp.",
        ),
        ("60000 60000", ["--in", "fp16"], "The exact sum is beyond float16, in which it becomes inf."),
        ("1e-20 -3e-20", ["--in", "fp16"], "The exact sum is too small for float16, in which it becomes 0."),
        ("5 5", ["--in", "e2m1fn"], "The exact sum is beyond float4_e2m1fn, in which it becomes 6."),
        ("1e308 1e308 -1e308", [], "Only exact, which rounds once, is right to within 1 ulp."),
        ("inf 1", [], "The numbers add up to inf, in whatever order and by whatever method."),
        ("inf 1 -inf", [], "The numbers add up to nan, in whatever order and by whatever method."),
        ("-inf nan", ["--square"], "The squares add up to nan, in whatever order and by whatever method."),
        ("-inf 1", ["--square"], "The squares add up to inf, in whatever order and by whatever method."),
        ("", [], "There are no numbers: their sum is 0."),
        ("[]", ["--square"], "There are no squares: their sum is 0."),
    ],
)
def test_verdicts(command: Command, give: Give, numbers: str, arguments: Sequence[str], verdict: str) -> None:
    """One sentence; where rounding the numbers decides, it says so."""
    give(numbers)
    code, out, _ = command("sum", "-", *arguments)
    assert code == 0
    assert " ".join(out.rpartition("\n\n")[2].split()) == verdict


@pytest.mark.parametrize(
    ("numbers", "expected"), [("nan 1", "nan"), ("inf 1", "inf"), ("-inf 2", "-inf"), ("-0.0", "-0")]
)
def test_specials_are_words(capsys: pytest.CaptureFixture[str], give: Give, numbers: str, expected: str) -> None:
    """In JSON, which has none of them."""
    give(numbers)
    answer = document(capsys, "-")
    assert {method["sum"] for method in answer["methods"]} == {expected}
    assert all(method["is_right"] for method in answer["methods"])


NO_ERRORS = dict.fromkeys(("error", "relative_error", "error_in_ulps", "right_digits"))


@pytest.mark.parametrize(
    ("numbers", "arguments", "is_right"),
    [
        ("1e308 1e308 -1e308", ["--in", "fp64"], False),
        ("65504 16", ["--in", "fp16"], True),
        ("-65504 -16", ["--in", "fp16"], True),
        ("3e200", ["--square"], True),
    ],
)
def test_sums_that_are_not_finite_have_no_errors(
    capsys: pytest.CaptureFixture[str], give: Give, numbers: str, arguments: Sequence[str], *, is_right: bool
) -> None:
    """Whether infinity is what the exact sum becomes in the format, which is right, or is not."""
    give(numbers)
    answer = document(capsys, "-", "--methods", "recursive,exact", *arguments)
    (recursive, exact) = answer["methods"]
    assert recursive["sum"] in {"inf", "-inf"}
    assert {key: recursive[key] for key in NO_ERRORS} == NO_ERRORS
    assert recursive["is_right"] is is_right
    assert exact["is_right"]
    assert answer["cheapest_right"] == ("recursive" if is_right else "exact")
    give(numbers)
    assert main(["sum", "-", "--methods", "recursive,exact", *arguments]) == 0
    (row,) = re.findall(r"^recursive (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert row.split() == [recursive["sum"], "-", "-", "-"]


def test_what_rounding_makes_of_the_sum_is_told_where_it_is_infinite(command: Command, give: Give) -> None:
    """Of one sign and of both; JSON has no error."""
    for numbers, word in (("1e5 -1", "inf"), ("-1e5 1", "-inf"), ("1e5 -1e5", "nan")):
        give(numbers)
        _, out, _ = command("sum", "-", "--in", "fp16")
        assert f"the numbers to float16 alone makes their sum {word}\n" in out.replace("rounding  ", "")


def test_errors_over_a_sum_of_zero_are_words(capsys: pytest.CaptureFixture[str], give: Give) -> None:
    """A sum of 0 that a method misses."""
    give("1 1e-20 -1 -1e-20")
    answer = document(capsys, "-", "--methods", "recursive")
    assert answer["condition"] == "inf"
    assert answer["methods"][0]["relative_error"] == "-inf"


@pytest.mark.parametrize(
    "text",
    [
        "1.5 2 -3e-1",
        "1.5,2,-3e-1",
        "[1.5, 2,\n -3e-1]",
        "[[1.5], [2], [-.3]]\n",
        "1.5\r\n2\r\n-0.3\r\n",
        "0x1.8p0;2;-0.3",
    ],
)
def test_lists_columns_and_json_are_alike(text: str) -> None:
    """What separates numbers is all the same."""
    assert numbers_in(text, "text") == [1.5, 2.0, -0.3]


@given(st.lists(st.floats()), st.sampled_from((repr, float.hex)), st.sampled_from((" ", ",", "\n", ", ", "][")))
def test_numbers_are_read_as_they_were_written(numbers: list[float], write: Callable[[float], str], mark: str) -> None:
    """In decimal and in hexadecimal, special ones and signs of zero too."""
    read = numbers_in(mark.join(map(write, numbers)), "text")
    assert [struct_of(number) for number in read] == [struct_of(number) for number in numbers]


def struct_of(number: float) -> str:
    """What tells floats apart, but for kinds of NaN."""
    return "nan" if math.isnan(number) else number.hex()


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float8_e4m3fn", "float32"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.floats(-400, 400, allow_nan=False))
def test_sums_are_written_in_the_fewest_digits(name: str, value: float) -> None:
    """They read back, and one digit less would not."""
    kind = np.dtype(getattr(ml_dtypes, name, name))
    stored = float(np.array(value).astype(kind))
    if stored == 0:
        return
    text = shortest(Fraction(stored), formats.element(name))
    assert float(np.array(float(text)).astype(kind)) == stored
    digits = len(re.sub(r"e.*|[-.]", "", text).strip("0"))
    if digits > 1:
        fewer = float(f"{stored:.{digits - 2}e}")
        assert float(np.array(fewer).astype(kind)) != stored


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "bool", "float16", "float64", ">f4"])
def test_arrays_of_any_real_type(capsys: pytest.CaptureFixture[str], tmp_path: Path, dtype: str) -> None:
    """Integers are summed in float64, floats in their own format; one array needs no name."""
    values = np.array([[1, 0, 1], [1, 1, 0]]).astype(dtype)
    np.save(tmp_path / "a.npy", values)
    answer = document(capsys, str(tmp_path / "a.npy"))
    own = {"float16": "float16", ">f4": "float32"}
    assert answer["format"] == own.get(dtype, "float64")
    assert set(sums(answer).values()) == {4.0}


def test_narrow_floats_of_a_checkpoint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """FP8 is decoded, and summed in FP8 unless another format is named; scales, which lack zero, need another."""
    path = str(tmp_path / "a.safetensors")
    tensor = torch.randn(300, generator=torch.Generator().manual_seed(0)).to(torch.float8_e4m3fn)
    scales = torch.tensor([0.25, 4, 1024]).to(torch.float8_e8m0fnu)
    save_file({"w": tensor, "s": scales}, path)
    values = tensor.double().numpy()
    answer = document(capsys, f"{path}::w")
    assert answer["format"] == "float8_e4m3fn"
    assert exact_of(answer["exact_sum"]) == Fraction(math.fsum(values))
    assert sums(document(capsys, f"{path}::w", "--in", "float64"))["recursive"] == np.cumsum(values)[-1]
    assert sums(document(capsys, f"{path}::s", "--in", "fp16"))["recursive"] == 1028
    assert main(["sum", f"{path}::s"]) == 2
    assert "float8_e8m0fnu: its arithmetic is not simulated; give float64, or " in capsys.readouterr().err


def test_packed_floats_of_a_checkpoint(capsys: pytest.CaptureFixture[str]) -> None:
    """Two numbers a byte: OCP Microscaling Formats 1.0, table 5."""
    path = SAMPLES / "sick.safetensors"
    name, tensor = next((name, one) for name, one in load_file(path).items() if "float4" in str(one.dtype))
    codes = tensor.view(torch.uint8).numpy().reshape(-1)
    magnitudes = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
    total = sum(magnitudes[half & 7] * (-1 if half & 8 else 1) for half in (*(codes & 15), *(codes >> 4)))
    answer = document(capsys, f"{path}::{name}", "--in", "fp32")
    assert answer["numbers"] == 2 * codes.size
    assert sums(answer)["exact"] == total


def test_a_file_that_is_no_text_is_a_checkpoint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Whatever it is called; and a text may be called as it likes."""
    np.save(tmp_path / "a.npy", np.ones(3, np.float32))
    (tmp_path / "a.npy").rename(tmp_path / "values")
    assert document(capsys, str(tmp_path / "values"))["dtype"] == "float32"
    (tmp_path / "numbers.log").write_text("1 2 3")
    assert sums(document(capsys, str(tmp_path / "numbers.log")))["exact"] == 6
    (tmp_path / "marked.csv").write_bytes(b"\xef\xbb\xbf1,2\r\n")
    assert sums(document(capsys, str(tmp_path / "marked.csv")))["exact"] == 3


BAD_TEXTS = {
    "1 2\n3 foo 5": "foo is no number (word 4, line 2); takes numbers such as ",
    "x,y\n1,2": "x is no number (word 1, line 1); ",
    "1 0x 2": "0x is no number (word 2, line 1); ",
    "1/3": "1/3 is no number (word 1, line 1); ",
    "1e999": "1e999 is beyond float64 (word 1, line 1); ",
    "2 -0x1p5000": "-0x1p5000 is beyond float64 (word 2, line 1); ",
    "1_000": "1_000 is no number (word 1, line 1); ",
    "1 2\n0x1_0": "0x1_0 is no number (word 3, line 2); ",
    "1 \u0661\u0662": "\u0661\u0662 is no number (word 2, line 1); ",
    "\uff11": "\uff11 is no number (word 1, line 1); ",
    "[1, null]": "null is no number (word 2, line 1); ",
    "1 \x1b[31m": r"\x1b is no number (word 2, line 1); ",
    "1" * 500 + "z": f"{'1' * 40}… (501 characters) is no number (word 1, line 1); ",
}


@pytest.mark.parametrize(("text", "problem"), BAD_TEXTS.items(), ids=range(len(BAD_TEXTS)))
def test_words_that_are_no_numbers(command: Command, give: Give, tmp_path: Path, text: str, problem: str) -> None:
    """The first of them is named, with its place: on standard input and in a file."""
    give(text)
    code, out, err = command("sum", "-")
    assert (code, out) == (2, "")
    assert err.startswith(f"precisionlab: error: standard input: {problem}")
    assert err.count("\n") == 1
    (tmp_path / "a.txt").write_text(text)
    code, _, err = command("sum", "a.txt")
    assert code == 2
    assert err.startswith(f"precisionlab: error: a.txt: {problem}")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "the following arguments are required: SOURCE; see precisionlab sum --help"),
        (["nowhere.txt"], "nowhere.txt: does not exist"),
        (["nowhere.npy"], "nowhere.npy: does not exist"),
        (["1 2 3"], "1 2 3: is no file; numbers are read from standard input: echo 1 2 3 | precisionlab sum -"),
        ([""], "the path is empty"),
        (["two.npz"], "two.npz: holds 2 tensors; name one, PATH::TENSOR, such as two.npz::a"),
        (["two.npz::c"], "c: there is no such tensor in two.npz; it has 2: a, b"),
        (["two.npz::a[1]"], "a: is summed as a whole; leave out [1]"),
        (["complex.npy"], "complex: is complex64, and only real numbers are summed"),
        (["wide.npy"], "wide: holds 9007199254740993, and integers are summed below 2^53, where float64 has"),
        (["binary.dat"], "binary.dat: is of an unknown type; known are safetensors, "),
        (["two.npz::a", "--in", "bf17"], "bf17: there is no such format; did you mean bf16?"),
        (["two.npz::a", "--format", "bf17"], "bf17: there is no such format; did you mean bf16?"),
        (["two.npz::a", "--format", "jsno"], "--format: takes text, json or a number format, not jsno; did you mean j"),
        (
            ["two.npz::a", "--in", "bf16", "--format", "half"],
            "--format: float16 is not the format of --in, bfloat16; leave one of them out",
        ),
        (["two.npz::a", "--in", "int8"], "int8: sums are computed in floats only; give one such as bf16"),
        (["two.npz::a", "--in", "mxfp4"], "mxfp4: is a format of blocks, "),
        (["two.npz::a", "--in", "binary128"], "binary128: its arithmetic is not simulated; give float64, "),
        (["nan.npy", "--in", "e2m1fn"], "float4_e2m1fn: the format has no NaN, but the values have"),
        (["two.npz::a", "--methods", "khan"], "method: there is no way of summing called khan; did you mean kahan?"),
        (["two.npz::a", "--methods", "blocked"], "method: blocked takes a whole number from 1 to 1,0"),
        (
            ["two.npz::a", "--methods", ", "],
            "--methods: takes ways of summing, separated by commas; such as recursive,",
        ),
        (["two.npz::a", "--methods", "dot2"], "--methods: dot2 is a way of summing products; add --square, or leave "),
        (["two.npz::a", "--methods", "fma"], "--methods: fma is a way of summing products; add --square, or leave it"),
        (
            ["two.npz::a", "--methods", "sumk:17"],
            "method: sumk takes a whole number from 2 to 16, not 17; write for ex",
        ),
        (
            ["two.npz::a", "--methods", "blocked:99999999999999999999"],
            "method: blocked takes a whole number from 1 to ",
        ),
        (["two.npz::a", "--metods", "fma"], "there is no flag --metods; did you mean --methods?"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_what_is_refused(command: Command, tmp_path: Path, arguments: Sequence[str], error: str) -> None:
    """In one line, before anything is summed."""
    np.savez(tmp_path / "two.npz", a=np.ones(3), b=np.ones(2))
    np.save(tmp_path / "complex.npy", np.ones(2, np.complex64))
    np.save(tmp_path / "wide.npy", np.array([1, 2**53 + 1]))
    np.save(tmp_path / "nan.npy", np.array([1, np.nan]))
    (tmp_path / "binary.dat").write_bytes(b"\1\0\2\0")
    code, out, err = command("sum", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"precisionlab: error: {error}")
    assert err.count("\n") == 1


def test_input_that_is_no_text(command: Command, give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    """An array piped in is told to be named; other bytes are words; a closed input is told."""
    give(b"\x93NUMPY\x01\0")
    assert command("sum", "-")[2] == (
        "precisionlab: error: standard input: is no text; write a checkpoint to a file, and name that\n"
    )
    give(b"1 \xe9")
    assert command("sum", "-")[2].startswith(r"precisionlab: error: standard input: \xe9 is no number (word 2, line 1)")
    monkeypatch.setattr(sys, "stdin", None)
    assert command("sum", "-")[0] == 2


def test_the_text_fits_eighty_columns(command: Command, tmp_path: Path) -> None:
    """Also with long sums, times and a long verdict."""
    np.save(tmp_path / "a.npy", np.random.default_rng(3).standard_normal(999) * -1.2345678901234567e-123)
    for arguments in (["--time"], ["--in", "bf16", "--square"], ["--in", "fp16", "--time"]):
        _, out, _ = command("sum", "a.npy", *arguments)
        assert max(map(len, out.splitlines())) <= 80


EXAMPLES = re.findall(
    r"```console\n\$ (.*)\n((?:.*\n)*?)```", (ROOT / "docs" / "summation.md").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("line", "expected"), EXAMPLES, ids=[line for line, _ in EXAMPLES])
def test_what_the_documentation_shows(
    capsys: pytest.CaptureFixture[str], give: Give, monkeypatch: pytest.MonkeyPatch, line: str, expected: str
) -> None:
    """Is what the command prints."""
    monkeypatch.chdir(ROOT)
    before, _, call = line.rpartition(" | ")
    give(subprocess.run(["bash", "-c", before], capture_output=True, check=True).stdout)
    assert main(shlex.split(call)[1:]) == 0
    assert capsys.readouterr().out == expected


def test_the_documentation_shows_something() -> None:
    """Or the test above would test nothing."""
    assert len(EXAMPLES) == 4
