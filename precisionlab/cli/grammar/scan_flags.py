"""Flags of the commands that scan: which analyzers and tensors, what counts, and where the report goes."""

import argparse
from typing import Any

from precisionlab.cli.grammar.flags import COMPLETES_FILES, FAIL_ON
from precisionlab.scanning.configuration_keys import REPORT_FORMATS


def add_questions(group: Any) -> None:  # noqa: ANN401 - argparse's groups have no public type
    """What is asked, and of which tensors."""
    group.add_argument(
        "-a", "--analyzers", metavar="NAMES", help="analyzers, separated by commas (see 'list analyzers')"
    )
    group.add_argument("--include", metavar="GLOB", action="append", help="only tensors with such names; repeatable")
    group.add_argument("--exclude", metavar="GLOB", action="append", help="no tensors with such names; repeatable")
    group.add_argument(
        "--set", metavar="ANALYZER.OPTION=VALUE", action="append", default=[], help="an analyzer's option; repeatable"
    )
    group.add_argument(
        "--formats", metavar="NAMES", help="the option 'formats' of those analyzers that have it, e.g. fp8_e4m3,nvfp4"
    )
    group.add_argument(
        "--sensitivity", metavar="FILE", help="how much errors cost, by tensor (made by precisionlab.calibration)"
    )
    group.add_argument("--calibration", metavar="FILE", help="second moments of what layers are fed, by layer")


def add_judging(group: Any) -> None:  # noqa: ANN401 - as above
    """Which findings count, and for what."""
    group.add_argument("--select", metavar="CODES", help="only rules with these codes or prefixes, separated by commas")
    group.add_argument("--ignore", metavar="CODES", help="no rules with these codes or prefixes, separated by commas")
    baseline = group.add_argument(
        "--baseline", metavar="FILE", help="an earlier JSON report: only findings that are new or worse since count"
    )
    baseline.complete = COMPLETES_FILES
    group.add_argument(
        "--fail-on", choices=FAIL_ON, help="severity from which findings give exit code 1; default: error"
    )
    group.add_argument(
        "--exit-zero",
        action=argparse.BooleanOptionalAction,
        help="exit with 0 whatever is found; failures still give 2",
    )


def add_output(group: Any) -> None:  # noqa: ANN401 - as above
    """Where the report goes."""
    group.add_argument("--format", choices=REPORT_FORMATS, help="what to print on standard output; default: text")
    group.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        action="append",
        default=[],
        help="also write a report, its format by suffix; repeatable",
    )
    group.add_argument(
        "--checksum",
        action=argparse.BooleanOptionalAction,
        help="tell the SHA-256 of every file that was read, for which each is read once more",
    )
    group.add_argument(
        "-q",
        "--quiet",
        action=argparse.BooleanOptionalAction,
        help="no progress, no notes, and no text beside --format or --output",
    )
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
