"""The grammar of `precisionlab formats`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import add_configuration, add_display


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab formats [NAME...]`."""
    parser = add_parser(
        "formats",
        help="print the catalogue of number formats, or all about one",
        description="Print the catalogue of number formats, or all about those named.",
        allow_abbrev=False,
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="e.g. bf16, e4m3fn, e5m7, int4, posit16, nf4")
    add_display(parser)
    add_configuration(parser)
