"""`precisionlab compare`: a checkpoint beside another one, or a report beside another one."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.plan import split
from precisionlab.cli.running import scanned, strays_diverted
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.reports.targets import checked_targets
from precisionlab.scanning.discovery import load_all

REPORT_SUFFIX: Final = ".json"
MARK: Final = b'"schema_version"'
"""What a report has near its beginning, and an index of shards has not."""
BEGINNING: Final = 4096
"""Bytes in which the mark is looked for."""


def run(arguments: argparse.Namespace) -> ExitCode:
    """Compare, print, write. The first checkpoint, or report, is what the others are compared with.

    Raises:
        PrecisionlabError: bad usage, what cannot be compared, or an output that cannot be written to.
    """
    paths = (arguments.reference, arguments.path, *arguments.others)
    reports = [path for path in paths if is_report(path)]
    if arguments.report or (reports and all(map(is_named_so, paths))):  # one that is none tells why when it is read
        from precisionlab.cli import compare_reports  # noqa: PLC0415 - most comparisons need none of it

        return compare_reports.run(arguments)
    if reports:
        other = next(path for path in paths if path not in reports)
        raise UsageError(other, f"is no JSON report, and {printable(reports[0])} is one", "compare two of a kind")
    if "metric" in arguments.given:
        raise UsageError("--metric", "has no meaning between checkpoints", "it chooses figures of reports")
    return scanned(beside_reference(arguments), checked_targets(arguments.output, paths))


def is_report(path: str) -> bool:
    """Whether a path is that of a JSON report: by its suffix and its beginning."""
    if not is_named_so(path):
        return False
    try:
        with Path(path).open("rb") as stream:
            return MARK in stream.read(BEGINNING)
    except (OSError, ValueError):
        return False


def is_named_so(path: str) -> bool:
    """Whether a path has the suffix of a JSON report."""
    return path.lower().endswith(REPORT_SUFFIX)


def beside_reference(arguments: argparse.Namespace) -> argparse.Namespace:
    """What the scan of the second checkpoint beside the first one is asked for: all that compares, unless some is named.

    Raises:
        UsageError: nothing that is named looks at another checkpoint, or the first one has no name.
    """
    if not arguments.reference:
        raise UsageError("A", "is empty", "name the checkpoint to compare with")
    with strays_diverted(is_quiet=arguments.quiet):
        discovered = load_all()
    if not arguments.quiet:
        for warning in discovered.warnings:
            messages.warning(warning)
    analyzers = arguments.analyzers or ",".join(comparing(discovered.analyzers))
    named = (discovered.analyzers.get(name) for name in split(analyzers))
    if not any(one is None or Role.REFERENCE in one.reads_beside for one in named):  # the plan refuses unknown ones
        known = ", ".join(comparing(discovered.analyzers))
        raise UsageError("--analyzers", "names none that looks at another checkpoint", f"name some of {known}")
    return argparse.Namespace(
        **{**vars(arguments), "paths": [arguments.path], "against": arguments.reference, "analyzers": analyzers}
    )


def comparing(analyzers: Mapping[str, Analyzer]) -> tuple[str, ...]:
    """The names of those that have nothing to say without another checkpoint, the cheaper ones first."""
    chosen = [one for one in analyzers.values() if Role.REFERENCE in one.needs_beside]
    return tuple(one.name for one in sorted(chosen, key=lambda one: not one.by_default))
