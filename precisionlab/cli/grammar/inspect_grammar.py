"""The grammar of `precisionlab inspect`."""

import argparse
import re
from collections.abc import Callable

from precisionlab.cli.grammar.argument_parser import Parser
from precisionlab.cli.grammar.flags import add_configuration, add_display

ROUNDINGS = ("nearest-even", "nearest-away", "toward-zero", "up", "down", "to-odd")
OVERFLOWS = ("ieee", "saturate")
BYS = ("absolute", "relative")
INSPECT_DESCRIPTION = """\
Show what a number, or an element of a checkpoint, is in number formats:
bits, class, neighbours, rounding errors. All is computed exactly; the text
shortens long expansions, neighbours to 17 digits or more and errors to 6, and
--format json has every digit.
Or show which elements of a tensor lose most in a cast."""

INSPECT_EPILOG = """\
PATH is a file, a folder or a sharded model; INDEX counts from 0, or from the
end where it is negative:
  inspect 'model.safetensors::layer.0.weight[3,5]'
  inspect model.safetensors::layer.0.weight --worst 20 --to e4m3fn
  inspect 'model.safetensors::layer.0.spectrum[7].imag'

PATTERN is hexadecimal (0x7bff), binary (0b0111101111111111), binary as printed
here, every bit of it ('0 11110 1111111111'), or decimal (31743).

A VALUE may begin with a minus sign: inspect -1/3, inspect -inf."""

NEGATIVE_NUMBER = re.compile(r"-(?:[0-9.(]|inf|nan)", re.IGNORECASE)
"""How a number begins that is no flag; no flag of `inspect` begins so."""


def add(add_parser: Callable[..., Parser]) -> None:
    """`precisionlab inspect VALUE`, `precisionlab inspect PATH::TENSOR[INDEX]`."""
    parser = add_parser(
        "inspect",
        help="show a number, or an element of a checkpoint, in number formats, bit by bit",
        description=INSPECT_DESCRIPTION,
        epilog=INSPECT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.take_numbers(NEGATIVE_NUMBER)
    parser.add_argument(
        "value",
        metavar="VALUE",
        nargs="?",
        help="0.1, 1/3, 2**-149, 0x1.8p3, 0b101, -1/3, -0.0, nan, -inf, an integer; or PATH::TENSOR[INDEX]",
    )
    parser.add_argument(
        "--formats", metavar="NAMES", help="formats, separated by commas (see 'formats'), or all; default: common ones"
    )
    parser.add_argument("--from", metavar="FORMAT", dest="source", help="decode --bits in this format")
    parser.add_argument("--bits", metavar="PATTERN", help="0x7bff, '0 11110 1111111111', …; with --from")
    parser.add_argument("--rounding", choices=ROUNDINGS, help="default: nearest-even")
    parser.add_argument("--overflow", choices=OVERFLOWS, help="infinity or NaN, or the largest number; default: ieee")
    worst = parser.add_argument_group("the elements of PATH::TENSOR that lose most")
    worst.add_argument("--worst", metavar="N", help="show so many, at most 10,000; with --to")
    worst.add_argument("--to", metavar="FORMAT", help="the format that the tensor is cast to, unscaled")
    worst.add_argument("--by", choices=BYS, help="the error that is compared; default: absolute")
    add_display(parser)
    add_configuration(parser)
