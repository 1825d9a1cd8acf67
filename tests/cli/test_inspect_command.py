"""`precisionlab inspect`: numbers and patterns, in text and JSON."""

import json
import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest

from precisionlab.analysis.cast_losses import By
from precisionlab.cli.grammar.inspect_grammar import BYS, OVERFLOWS, ROUNDINGS
from precisionlab.cli.inspected_formats import COMMON
from precisionlab.cli.main import main
from precisionlab.formats import Overflow, Rounding
from precisionlab.formats.naming import ELEMENTS

HALF_OF_A_TENTH = """\
0.1

float16  half precision (binary16)
  bits      0 01011 1001100110
  hex       0x2e66
  class     normal
  decimal   0.0999755859375
  binary    1.100110011 * 2^-4
  ulp       2^-14 = 6.10352e-05
  below     0x2e65  0.09991455078125
  above     0x2e67  0.10003662109375
  rounding  nearest-even, nearest-away, toward-zero, down:
              0x2e66  0.0999755859375
              error -2.44141e-05, -0.4 ulp, relative -0.000244141
            up, to-odd:
              0x2e67  0.10003662109375
              error +3.66211e-05, +0.6 ulp, relative +0.000366211
"""


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a successful call prints."""
    assert main(["inspect", *arguments]) == 0
    return capsys.readouterr().out


def test_a_tenth_in_half_precision(capsys: pytest.CaptureFixture[str]) -> None:
    """Bits by field, exact value, neighbours, and the errors of all rounding modes, those that agree together."""
    assert output(capsys, "0.1", "--formats", "half") == HALF_OF_A_TENTH


@pytest.mark.parametrize("value", ["0.1", "1/3", "2**-149", "nan", "inf", "-0.0", "1e4000", "-7", "0x3dcccccd"])
def test_every_format_fits_80_columns(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All formats for all kinds of numbers, quadruple precision and posits included."""
    lines = output(capsys, value, "--formats", "all").splitlines()
    assert max(map(len, lines)) <= 80
    assert {line.split()[0] for line in lines if line[:1].strip()} >= set(ELEMENTS)


def test_common_formats_are_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """What deep learning stores, in falling width."""
    document = json.loads(output(capsys, "0.1", "--format", "json"))
    assert [entry["format"] for entry in document["formats"]] == list(COMMON)


@pytest.mark.parametrize(("name", "kind"), [("half", np.float16), ("fp32", np.float32), ("fp64", np.float64)])
def test_json_agrees_with_numpy(name: str, kind: type[np.floating], capsys: pytest.CaptureFixture[str]) -> None:
    """Pattern, value, neighbours and ulp of 0.1 are numpy's."""
    (entry,) = json.loads(output(capsys, "0.1", "--formats", name, "--format", "json"))["formats"]
    value = kind(0.1)
    assert int(entry["pattern"], 16) == int.from_bytes(value.tobytes(), "little")
    assert float(entry["value"]["decimal"]) == float(value)
    assert float(entry["below"]["value"]["decimal"]) == float(np.nextafter(value, kind(-1)))
    assert float(entry["above"]["value"]["decimal"]) == float(np.nextafter(value, kind(1)))
    assert float(entry["ulp"]["decimal"]) == float(np.spacing(value))
    assert entry["class"] == "normal"
    assert list(entry["roundings"]) == list(ROUNDINGS)


def test_patterns_decode(capsys: pytest.CaptureFixture[str]) -> None:
    """--from fp16 --bits 0x7bff is the largest half; its conversion to bfloat16 rounds once."""
    text = output(capsys, "--from", "fp16", "--bits", "0x7bff", "--formats", "bf16")
    assert "  bits      0 11110 1111111111\n  hex       0x7bff\n  class     normal\n  decimal   65504\n" in text
    assert "  above     0x7c00  inf\n" in text
    assert "bfloat16" in text
    assert "0x4780  65536" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--from", "x87", "--bits", "0x7fff0000000000000001"), "class     pseudo-NaN"),
        (("--from", "half", "--bits", "0x7c01"), "class     signaling NaN"),
        (("nan", "--formats", "fp4"), "the format has no NaN"),
        (("1e9", "--formats", "half"), "becomes inf"),
        (("1e9", "--formats", "half", "--overflow", "saturate"), "hex       0x7bff"),
        (("0.1", "--formats", "half", "--rounding", "up"), "hex       0x2e67"),
        (("0.5", "--formats", "half"), "rounding  exact"),
        (("0x3dcccccd",), "As bits: float32 0.100000001 (inspect --from float32 --bits 0x3dcccccd)"),
        (("--formats", "half", "--", "-1/3"), "hex       0xb555"),
        (("-nan", "--formats", "half"), "hex       0x7e00"),
        (("-0.0", "--formats", "half"), "class     negative zero\n  decimal   -0\n  binary    -0\n  ulp"),
        (("--from", "half", "--bits", "0 11110 1111111111"), "hex       0x7bff"),
        (("--from", "fp4", "--bits", "0 01 0"), "hex       0x2"),
        (("--from", "half", "--bits", "0", "--formats", "bf16", "--rounding", "up"), "bfloat16"),
    ],
)
def test_answers_contain(arguments: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Specials, overflow policies, rounding modes and hints, each in its words."""
    assert expected in output(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("abc",), "abc: abc is no number; takes a number such as"),
        (("0.1", "--formats", "bf61"), "bf61: there is no such format; did you mean bf16?"),
        (("0.1", "--formats", ","), "--formats: takes names of formats, separated by commas, or all"),
        (("--from", "fp16"), "inspect: --from FORMAT and --bits PATTERN go together, without a VALUE"),
        (("0.1", "--from", "fp16", "--bits", "1"), "inspect: --from FORMAT and --bits PATTERN go together"),
        (("--from", "fp16", "--bits", "0x1ffff"), "float16: has 16 bits, 17 were given"),
        (("--from", "fp16", "--bits", ""), "--bits: is empty; takes a bit pattern such as"),
        (("--from", "fp16", "--bits", "10"), "10: may be bits or a decimal number; write 0b10 for bits, 0xa for"),
        (("--from", "fp16", "--bits", "0 01"), "0 01: has 3 bits, the format has 16"),
        (("--from", "fp16", "--bits", "1", "--rounding", "up"), "--rounding: has no effect on a pattern alone; name"),
        (("--from", "fp16", "--bits", "1", "--overflow", "ieee"), "--overflow: has no effect on a pattern alone"),
        (("--from", "fp16", "--bits", "1", "--formats", ""), "--formats: takes names of formats, separated by"),
        (("0.1", "--formats", ""), "--formats: takes names of formats, separated by commas, or all"),
        (("",), "an empty text is no number; takes a number such as"),
        (("1/inf",), "1/inf: nan and inf stand alone; nothing is computed with them"),
        (("-x",), "there is no flag -x; see precisionlab inspect --help"),
        (("-infinite",), "-infinite: infinite is no number; takes a number such as"),
        (("--formts", "half", "1"), "there is no flag --formts; did you mean --formats?"),
        (("--from", "fp16", "--bits", "zz"), "zz: is no bit pattern; takes a bit pattern such as"),
        ((), "inspect: takes a VALUE, PATH::TENSOR[INDEX], or --from FORMAT with --bits PATTERN"),
        (("9**9**9",), "9**9**9: is longer than 300,000 bits"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was given and what would be accepted, on standard error alone."""
    assert main(["inspect", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"precisionlab: error: {message}")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("value", ["-inf", "-Infinity", "-1e5", "-0x10", "-1/3", "-.5", "-(1/3)", "-0.0", "-NaN", "-1"])
def test_values_may_begin_with_a_minus_sign(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before flags, between and after them, as after `--`."""
    expected = output(capsys, "--formats", "half", "--format", "json", "--", value)
    for arguments in (
        (value, "--formats", "half", "--format", "json"),
        ("--formats", "half", value, "--format", "json"),
        ("--formats", "half", "--format", "json", value),
    ):
        assert output(capsys, *arguments) == expected


STAND_INS = {
    ("inf", "fp4"): "infinity becomes 6, the largest number",
    ("inf", "int4"): "infinity becomes 7, the largest number",
    ("inf", "uint8"): "infinity becomes 255, the largest number",
    ("inf", "e4m3fn"): "infinity becomes NaN",
    ("inf", "posit8"): "infinity becomes NaR",
    ("-inf", "fp4"): "-infinity becomes -6, the lowest number",
    ("-inf", "uint8"): "-infinity becomes 0, the lowest number",
    ("-0.0", "int8"): "-0 becomes 0",
    ("-0.0", "uint8"): "-0 becomes 0",
    ("-0.0", "e8m0"): "-0 becomes NaN",
    ("inf", "half"): "",
    ("-0.0", "fp4"): "",
    ("nan", "half"): "",
}


@pytest.mark.parametrize(("value", "name"), STAND_INS, ids="-".join)
def test_what_stands_in_for_a_special_is_said(value: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the format has none of it; JSON says that it is not the same."""
    sentence = STAND_INS[value, name]
    found = re.findall(r"^  rounding  (.*)$", output(capsys, value, "--formats", name), re.MULTILINE)
    assert found == [sentence] * bool(sentence)
    (entry,) = json.loads(output(capsys, value, "--formats", name, "--format", "json"))["formats"]
    assert entry["is_exact"] is not bool(sentence)


def test_saturated_infinity_is_the_largest_number(capsys: pytest.CaptureFixture[str]) -> None:
    """Also in a format that has an infinity."""
    text = output(capsys, "inf", "--formats", "half", "--overflow", "saturate")
    assert "  rounding  infinity becomes 65504, the largest number\n" in text


def test_exactness_of_numbers_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Whether the format holds the number itself."""
    entries = json.loads(output(capsys, "1/8", "--formats", "half,int8", "--format", "json"))["formats"]
    assert [entry["is_exact"] for entry in entries] == [True, False]


@pytest.mark.parametrize(
    "arguments",
    [("1e90000", "--formats", "all"), ("2**-299999", "--format", "json"), ("1e-90000", "--format", "json")],
    ids=lambda arguments: arguments[0],
)
def test_the_longest_numbers_take_no_longer_than_others(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a second here, in work that takes no square of their length; it was half a minute."""
    before = time.process_time()
    assert output(capsys, *arguments)
    assert time.process_time() - before < 8


def test_the_parsers_words_are_the_modes() -> None:
    """The parser spells them out, so as to import nothing; they are the same."""
    assert tuple(mode.value for mode in Rounding) == ROUNDINGS
    assert tuple(policy.value for policy in Overflow) == OVERFLOWS
    assert tuple(by.value for by in By) == BYS


def test_fields_are_coloured_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    """Sign, exponent and mantissa each in a colour; the text is the same without."""
    text = output(capsys, "0.1", "--formats", "half", "--color", "always")
    assert "\x1b[31m0\x1b[0m \x1b[32m01011\x1b[0m \x1b[36m1001100110\x1b[0m" in text


def test_terminals_without_unicode_are_served() -> None:
    """An ASCII pipe gets ASCII."""
    command = [sys.executable, "-m", "precisionlab", "inspect", "2**-16445", "--formats", "x87"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert b"... e-4951 (11,495" in done.stdout
    assert done.stdout.isascii()
