"""The grammar of `precisionlab report`."""

import argparse
from collections.abc import Callable

from precisionlab.cli.grammar.flags import COMPLETES_FILES, EPILOG, FAIL_ON, add_configuration
from precisionlab.scanning.configuration_keys import REPORT_FORMATS

DESCRIPTION = """\
Write a report in other formats, later and elsewhere: what it needs is the JSON
that 'scan --output results.json' wrote, not the checkpoint."""

EXAMPLES = """\
examples:
  report results.json --to html,md,csv,pdf,sarif,junit,parquet
  report results.json -o findings.sarif -o public/index.html
  report results.json --format github --fail-on error

"""


def add(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """`precisionlab report RESULTS.json`."""
    parser = add_parser(
        "report",
        help="write a report in other formats, without the checkpoint",
        description=DESCRIPTION,
        epilog=EXAMPLES + EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    path = parser.add_argument("path", metavar="RESULTS.json", help="a JSON report")
    path.complete = COMPLETES_FILES  # type: ignore[attr-defined]
    output = parser.add_argument_group("output")
    output.add_argument(
        "--to", metavar="FORMATS", default="", help="write files beside it, named as it is: html,md,csv,pdf,…"
    )
    output.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        action="append",
        default=[],
        help="write a file, its format by suffix; repeatable",
    )
    output.add_argument(
        "--format",
        choices=REPORT_FORMATS,
        help="what to print on standard output; default: text, unless files are written",
    )
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    judging = parser.add_argument_group("what counts")
    judging.add_argument(
        "--fail-on", choices=FAIL_ON, help="exit as the scan does with it; default: 0 whatever was found"
    )
    add_configuration(judging)
