"""The grammar of `precisionlab sum`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import COMPLETES_FILES, add_configuration

SUM_DESCRIPTION = """\
Add numbers up in several ways, and show how far from their exact sum each of
them comes, and which is the cheapest that is right."""

SUM_EPILOG = """\
  echo 1e-10 1e10 1e-10 -1e10 1e-10 | precisionlab sum -
  precisionlab sum values.npy --in bf16
  precisionlab sum model.safetensors::layer.0.weight --square --time

methods: recursive, pairwise, blocked:128, kahan, neumaier, klein,
double-double and exact by default; sum2 and sumk:K (3 for K) on request, with
--square also fma, dot2 and dotk:K.

A text holds decimal or hexadecimal numbers (0x1.8p3), inf and nan between
blanks, commas, brackets and line ends, as lists, columns and JSON have them;
each is rounded to float64."""


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab sum SOURCE`."""
    parser = add_parser(
        "sum",
        help="add numbers up in several ways, and show how far from their exact sum each comes",
        description=SUM_DESCRIPTION,
        epilog=SUM_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    source = parser.add_argument(
        "source", metavar="SOURCE", help="- for standard input, a text of numbers, a .npy file, or PATH::TENSOR"
    )
    source.complete = COMPLETES_FILES  # type: ignore[attr-defined]
    parser.add_argument(
        "--in", metavar="FORMAT", dest="working", help="round terms and every sum to it; default: the numbers' own"
    )
    parser.add_argument("--methods", metavar="NAMES", help="ways of summing, separated by commas; default: see below")
    parser.add_argument("--square", action="store_true", help="add up squares: the norm's square")
    parser.add_argument("--time", action="store_true", help="tell how long each takes on this machine")
    parser.add_argument(
        "--format", metavar="text|json|FORMAT", help="text or json, default: text; or a number format, as with --in"
    )
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    add_configuration(parser)
