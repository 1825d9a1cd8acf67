"""The grammar of `precisionlab open`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import COMPLETES_FILES, add_configuration, add_means

OPEN_DESCRIPTION = """\
Look at a checkpoint on the screen: tensors, findings, figures, bits. Without
PATH, choose one there; precisionlab alone does the same on a terminal."""


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab open [PATH]`."""
    parser = add_parser(
        "open",
        help="look at a checkpoint on the screen",
        description=OPEN_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    path = parser.add_argument("path", metavar="PATH", nargs="?", help="a file or a folder")
    path.complete = COMPLETES_FILES  # type: ignore[attr-defined]
    parser.add_argument("--against", metavar="PATH", help="another checkpoint, beside which it is shown")
    parser.add_argument("--theme", metavar="NAME", help="colours for this time, e.g. textual-light")
    add_configuration(parser)
    web = parser.add_argument_group("in a browser")
    web.add_argument("--web", action=argparse.BooleanOptionalAction, help="serve the app to browsers on this machine")
    web.add_argument("--port", metavar="N", help="default: 8000")
    add_means(parser.add_argument_group("means"))
