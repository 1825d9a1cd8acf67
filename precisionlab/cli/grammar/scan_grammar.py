"""The grammar of `precisionlab scan`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import COMPLETES_FILES, EPILOG, add_configuration, add_means
from precisionlab.cli.grammar.scan_flags import add_judging, add_output, add_questions


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab scan PATH...`."""
    summary = "scan checkpoints: findings, figures, reports"
    parser = add_parser(
        "scan",
        help=summary,
        description="Scan checkpoints and print what was found.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    path = parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, a folder, or a glob in quotes")
    path.complete = COMPLETES_FILES  # type: ignore[attr-defined]
    what = parser.add_argument_group("what to scan")
    add_questions(what)
    what.add_argument(
        "--against", metavar="PATH", help="another checkpoint, to tell what differs from it in each tensor"
    )
    add_configuration(what)
    add_judging(parser.add_argument_group("what counts"))
    add_output(parser.add_argument_group("output"))
    add_means(parser.add_argument_group("means"))
