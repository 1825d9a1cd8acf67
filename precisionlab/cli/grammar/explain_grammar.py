"""The grammar of `precisionlab explain`."""

import argparse
from collections.abc import Callable


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab explain CODE`."""
    parser = add_parser(
        "explain",
        help="explain a rule or an analyzer",
        description="Print the documentation of a rule, or of an analyzer and its options.",
        allow_abbrev=False,
    )
    parser.add_argument("subject", metavar="RULE|ANALYZER", help="e.g. PL020 or range")
