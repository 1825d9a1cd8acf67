"""The grammar of `precisionlab scan`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import COMPLETES_FILES, EPILOG, FAIL_ON, add_means

FORMATS = ("text", "json", "jsonl", "markdown", "html")


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
    what.add_argument(
        "-a", "--analyzers", metavar="NAMES", help="analyzers, separated by commas (see 'list analyzers')"
    )
    what.add_argument("--include", metavar="GLOB", action="append", help="only tensors with such names; repeatable")
    what.add_argument("--exclude", metavar="GLOB", action="append", help="no tensors with such names; repeatable")
    what.add_argument(
        "--set", metavar="ANALYZER.OPTION=VALUE", action="append", default=[], help="an analyzer's option; repeatable"
    )
    what.add_argument(
        "--formats", metavar="NAMES", help="the option 'formats' of those analyzers that have it, e.g. fp8_e4m3,nvfp4"
    )
    what.add_argument(
        "--sensitivity", metavar="FILE", help="how much errors cost, by tensor (made by precisionlab.calibration)"
    )
    what.add_argument("--calibration", metavar="FILE", help="second moments of what layers are fed, by layer")
    what.add_argument(
        "--against", metavar="PATH", help="another checkpoint, to tell what differs in tensors of the same names"
    )
    what.add_argument(
        "--config", metavar="FILE", help="configuration; default: precisionlab.toml or pyproject.toml upwards"
    )
    judging = parser.add_argument_group("what counts")
    judging.add_argument(
        "--select", metavar="CODES", help="only rules with these codes or prefixes, separated by commas"
    )
    judging.add_argument("--ignore", metavar="CODES", help="no rules with these codes or prefixes, separated by commas")
    judging.add_argument(
        "--fail-on", choices=FAIL_ON, help="severity from which findings give exit code 1; default: error"
    )
    judging.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 whatever is found; failures still give 2"
    )
    output = parser.add_argument_group("output")
    output.add_argument("--format", choices=FORMATS, help="what to print on standard output; default: text")
    output.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        action="append",
        default=[],
        help="also write a report, its format by suffix; repeatable",
    )
    output.add_argument(
        "--checksum",
        action="store_true",
        default=None,
        help="tell the SHA-256 of every file that was read, for which each is read once more",
    )
    output.add_argument(
        "-q", "--quiet", action="store_true", help="no progress, no notes, and no text beside --format or --output"
    )
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    add_means(parser.add_argument_group("means"))
