"""Options are checked before anything is read, in one line that says what to do."""

from collections.abc import Callable

import pytest

from analyzers.quantization.options import Options
from precisionlab.analysis.options import build_options
from precisionlab.errors import FormatError, UsageError

Command = Callable[..., tuple[int, str, str]]

WRONG = {
    "unknown format": ({"formats": "nvfp5"}, "nvfp5: there is no such format; did you mean nvfp4?"),
    "unknown rule": ({"formats": "int8:largest"}, "int8:largest: there is no scale rule largest; known: none, amax"),
    "rule of blocks": ({"formats": "nvfp4:amax"}, "nvfp4: a block format follows its own rule"),
    "rule without search": ({"formats": "nvfp4,mxfp4:mse"}, "mxfp4: scales by the rule POWER_FLOOR are not searched"),
    "wide posit": ({"formats": "posit32"}, "posit32: posits of more than 16 bits are not measured"),
    "truth values": ({"formats": "bool"}, "bool: tensors are not quantized to it"),
    "unknown target": ({"target": "int17_chanel"}, "int17_chanel"),
    "hostile target": ({"target": "a\x1b[31m\nb"}, r"a\x1b[31m\nb"),
    "share": ({"max_clipped_share": "1.5"}, "max_clipped_share"),
    "rounding": ({"rounding": "up"}, "rounding"),
    "axes": ({"min_axes": "-1"}, "min_axes"),
}


@pytest.mark.parametrize(("values", "problem"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_line(values: dict[str, str], problem: str) -> None:
    """As `--set` hands them over."""
    with pytest.raises((UsageError, FormatError)) as raised:
        build_options("quantization", Options, values)
    assert problem in str(raised.value)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "flag", [("--formats", "nvfp5"), ("--set", "quantization.target=nvfp5")], ids=lambda flag: flag[0]
)
def test_an_unknown_format_ends_the_command(flag: tuple[str, str], command: Command) -> None:
    """With exit code 2, one line on standard error, and nothing on standard output, before the path is looked at."""
    code, out, err = command("scan", "missing.safetensors", "-a", "quantization", *flag)
    assert (code, out) == (2, "")
    subject = "--formats: nvfp5" if flag[0] == "--formats" else "nvfp5"
    assert err == f"precisionlab: error: {subject}: there is no such format; did you mean nvfp4?\n"


def test_formats_without_an_analyzer_that_takes_them(command: Command) -> None:
    """`range` has no such option: exit code 2 and one line that says what to name."""
    code, out, err = command("scan", "missing.safetensors", "-a", "range", "--formats", "nvfp4")
    assert (code, out) == (2, "")
    assert err.startswith("precisionlab: error: --formats: no analyzer that runs has such an option")
    assert err.count("\n") == 1


def test_formats_are_written_as_they_are_known() -> None:
    """Other names of a format, blanks, and a rule in capital letters."""
    options = build_options("quantization", Options, {"formats": "fp8_e4m3, int4_g128 ,nf4:MSE"})
    assert isinstance(options, Options)
    assert [one.strip() for one in options.formats] == ["fp8_e4m3", "int4_g128", "nf4:MSE"]
