"""`precisionlab scan`: run the scan, show how far it is, print and write what was found."""

import argparse

from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.running import scanned
from precisionlab.reports.targets import checked_targets


def run(arguments: argparse.Namespace) -> ExitCode:
    """Scan, print, write. Nothing is written where no path could be opened.

    Raises:
        PrecisionlabError: bad usage, or an output that cannot be written to.
    """
    return scanned(arguments, checked_targets(arguments.output, arguments.paths))
