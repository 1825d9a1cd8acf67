"""The grammar of `precisionlab compare`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import COMPLETES_FILES, EPILOG, add_configuration, add_means
from precisionlab.cli.grammar.scan_flags import add_judging, add_output, add_questions

DESCRIPTION = """\
Tell what differs between two checkpoints: base and fine-tuned, before and after
a cast, a quantization or a merge, two steps of a run. Tensors are matched by
name, then by what was put before the name, then by their numbers.

Of two JSON reports it tells what got better or worse: findings that are new,
worse, known or gone, and figures old and new."""


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab compare A B`."""
    parser = add_parser(
        "compare",
        help="tell what differs between checkpoints, or between reports",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    reference = parser.add_argument("reference", metavar="A", help="the checkpoint, or report, to compare with")
    path = parser.add_argument("path", metavar="B", help="the one that is looked at")
    others = parser.add_argument(
        "others", metavar="C", nargs="*", default=[], help="further ones, looked at together with B, as in a merge"
    )
    for one in (reference, path, others):
        one.complete = COMPLETES_FILES  # type: ignore[attr-defined]
    what = parser.add_argument_group("what to compare")
    what.add_argument(
        "--report",
        action="store_true",
        help="the paths are JSON reports: print a table of their figures side by side, without findings",
    )
    what.add_argument(
        "--metric",
        metavar="GLOB",
        action="append",
        default=[],
        help="of reports only figures with such names, e.g. 'sqnr*' or 'range.nans'; repeatable",
    )
    add_questions(what)
    add_configuration(what)
    add_judging(parser.add_argument_group("what counts"))
    add_output(parser.add_argument_group("output"))
    add_means(parser.add_argument_group("means"))
