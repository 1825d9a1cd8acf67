"""`precisionlab formats`: what it prints, to whom, and what it imports."""

import json
import re
import subprocess
import sys

import pytest

from precisionlab.cli.main import main
from precisionlab.formats import BlockFormat, formats

HEAVY = {"torch", "numba", "scipy", "numpy", "rich", "textual", "gudhi", "plotext", "ml_dtypes"}


def test_the_catalogue_fits_80_columns_and_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    """One plain line a format, no wider than a terminal; how to spell others below."""
    assert main(["formats"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert {line.split()[0] for line in lines if line} >= set(formats)
    assert not any("\x1b" in line for line in lines)
    assert "float16               16  1+5+10      0.0009766     5.96e-08       65504    3, 5" in lines


@pytest.mark.parametrize("name", formats)
def test_every_page_fits_80_columns_and_has_its_source(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One format in full, plain in a pipe."""
    assert main(["formats", name]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert " ".join(formats[name].source.split()[:2]) in text
    assert "\x1b" not in text


def test_a_page_tells_every_landmark(capsys: pytest.CaptureFixture[str]) -> None:
    """binary16, as its definition gives it."""
    assert main(["formats", "half"]) == 0
    text = capsys.readouterr().out
    expected = {
        "bias": "15",
        "exponents": "-14 to 15",
        "epsilon": "2^-10 = 0.000976562",
        "unit roundoff": "2^-11 = 0.000488281",
        "dynamic range": "12.04 decades, 40.00 bits",
        "integers exact to": "2048",
        "decimal digits": "3 guaranteed, 5 to round-trip",
        "smallest subnormal": "0 00000 0000000001  5.96046448e-08  2^-24",
        "largest finite": "0 11110 1111111111           65504  2047 * 2^5",
        "source": "IEEE 754-2019, table 3.5",
    }
    for label, value in expected.items():
        assert re.search(rf"^  {label} +{re.escape(value)}$", text, re.MULTILINE), label


def test_json_holds_exact_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """The same facts, as fractions, decimals and patterns; also for the whole catalogue."""
    assert main(["formats", "half", "--format", "json"]) == 0
    (page,) = json.loads(capsys.readouterr().out)
    assert page["smallest_subnormal"]["fraction"] == "1/16777216"
    assert page["largest_finite"]["decimal"] == "65504"
    assert page["landmark_patterns"]["largest_finite"] == "0x7bff"
    assert page["special_patterns"] == {"nan": "0x7e00", "inf": "0x7c00", "-inf": "0xfc00", "-0": "0x8000"}
    assert main(["formats", "--format", "json"]) == 0
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == list(formats)


def test_unknown_formats_are_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest name is suggested, on standard error."""
    assert main(["formats", "bf61"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "precisionlab: error: bf61: there is no such format; did you mean bf16?\n"


def test_colour_is_for_terminals_or_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    """--color always colours the headings even in a pipe."""
    assert main(["formats", "half", "--color", "always"]) == 0
    assert "\x1b[1mfloat16\x1b[0m" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["formats"], ["formats", "x87", "--format", "json"], ["inspect", "0.1"]])
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    """Neither torch nor numpy nor any other large library is needed to look at formats and numbers."""
    program = (
        f"import sys\nfrom precisionlab.cli.main import main\nmain({arguments!r})\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not HEAVY & {name.partition(".")[0] for name in done.stderr.split()}
    assert "\x1b" not in done.stdout


def test_help_imports_no_formats() -> None:
    """The parser knows the commands without what they stand on."""
    program = "import sys, precisionlab.cli.parser as m\nm.build_parser()\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "precisionlab.formats" not in done.stdout.split()


def test_a_page_of_a_block_format_tells_what_it_costs_and_how_it_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    """Q4_K: 144 bytes for 256 weights, scales and minima of 6 bits under binary16 numbers."""
    assert main(["formats", "Q4_K"]) == 0
    text = capsys.readouterr().out
    assert "bits a weight  4.5 " in text
    assert "uint4: unsigned 4-bit integer" in text
    assert "float16 for 8 blocks" in text
    assert main(["formats", "q4_k", "--format", "json"]) == 0
    (page,) = json.loads(capsys.readouterr().out)
    assert page["scale"]["second_level"] == "float16"
    assert page["minimum"]["format"] == "uint6"
    assert page["block"] == {"rows": 1, "columns": 32, "is_flat": False}


def test_entries_of_one_name_are_listed_apart_with_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    """Below the others, with whose arithmetic each is."""
    assert main(["formats"]) == 0
    first, second = capsys.readouterr().out.split("the same formats as another runtime computes them\n")
    names = {line.split()[0] for line in second.partition("\n\n")[0].splitlines()[1:]}
    assert names == {name for name, found in formats.items() if isinstance(found, BlockFormat) and found.base}
    assert not names & {line.split()[0] for line in first.splitlines() if line}
    assert re.search(r"^int4_g128_torchao +torchao +kept, divided by$", second, re.MULTILINE)
    assert re.search(r"^nvfp4_ggml +ggml +kept, rounded$", second, re.MULTILINE)


def test_a_page_tells_what_other_runtimes_make_of_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a catalogued name, and of a spelled one."""
    assert main(["formats", "int4_g128"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "arithmetic of compressed-tensors" in text
    assert "same name int4_g128_torchao (torchao). kept: as float32, rounded to it, at least 2^-126;" in text
    assert "same name int4_g128_noclip_torchao (torchao). scale:" in text
    assert main(["formats", "int5_g48_asym_torchao"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert (
        "same name int5_g48_asym (compressed-tensors). kept: as float32, rounded to it; divided by: x / stored scale; rounded: nearest, ties to even, after the zero point"
        in text
    )
    assert main(["formats", "nvfp4_ggml", "q4_k", "--format", "json"]) == 0
    found, other = json.loads(capsys.readouterr().out)
    assert (found["runtime"], found["same_name"]) == ("ggml", ["nvfp4", "nvfp4_torchao"])
    assert (other["runtime"], other["same_name"]) == ("ggml", [])


@pytest.mark.parametrize("name", [name for name, found in formats.items() if isinstance(found, BlockFormat)])
def test_block_formats_are_refused_where_one_number_is_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A number alone has no code in a block; the element format is named."""
    assert main(["inspect", "0.1", "--formats", name]) == 2
    assert "is a format of blocks" in capsys.readouterr().err
