"""The grammar of `precisionlab list`."""

import argparse
from collections.abc import Callable

SUBJECTS = ("analyzers", "rules", "formats", "containers")


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab list`."""
    parser = add_parser(
        "list",
        help="list analyzers, rules, formats and containers",
        description="List what there is.",
        allow_abbrev=False,
    )
    parser.add_argument("subjects", metavar="WHAT", nargs="*", help=f"some of {', '.join(SUBJECTS)}; default: all")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
