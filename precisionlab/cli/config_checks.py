"""What `precisionlab config` looks at beside types and bounds: names that only the commands themselves know."""

from collections.abc import Callable, Sequence
from pathlib import Path

from precisionlab.errors import PrecisionlabError, UsageError
from precisionlab.scanning.configuration import Configuration


def check_known(configuration: Configuration) -> None:
    """See that formats, methods, a theme and suffixes of files are ones that there are.

    Raises:
        UsageError: one is not.
    """
    for command, key, check in CHECKS:
        entry = configuration.entry(command, key)
        if entry is None:
            continue
        try:
            check(entry.value)
        except PrecisionlabError as error:
            subject = "" if error.subject.startswith("--") else f": {error.subject}"
            raise UsageError(f"{configuration.where(entry.place)}{subject}", error.problem, error.remedy) from error


def check_reports(paths: Sequence[str]) -> None:
    """Suffixes of reports."""
    from precisionlab.reports.writers import writer_for  # noqa: PLC0415 - here and below: only where the key is set

    for path in paths:
        writer_for(Path(path))


def check_beside(names: Sequence[str]) -> None:
    """Formats of files beside a report."""
    from precisionlab.cli.report_command import beside  # noqa: PLC0415

    tuple(beside(Path("report.json"), ",".join(names)))


def check_recipes(paths: Sequence[str]) -> None:
    """Suffixes of recipes."""
    from precisionlab.recipes.exports.files import exporter_of  # noqa: PLC0415

    for path in paths:
        exporter_of(path, None)


def check_targets(names: Sequence[str]) -> None:
    """Formats that a recipe may choose."""
    from precisionlab.analysis.quantization.targets import parse_targets  # noqa: PLC0415

    parse_targets(names)


def check_elements(names: Sequence[str]) -> None:
    """Formats that a number is shown in."""
    from precisionlab.cli.inspected_formats import formats_wanted  # noqa: PLC0415

    formats_wanted(",".join(names) or None)


def check_methods(names: Sequence[str]) -> None:
    """Ways of summing."""
    from precisionlab.summation.methods import parse_method  # noqa: PLC0415

    for name in names:
        parse_method(name)


def check_theme(name: str) -> None:
    """Colours of the app."""
    from precisionlab.cli import open_command  # noqa: PLC0415

    open_command.check_theme(name)


CHECKS: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("scan", "output", check_reports),
    ("compare", "output", check_reports),
    ("report", "output", check_reports),
    ("report", "to", check_beside),
    ("recipe", "output", check_recipes),
    ("recipe", "formats", check_targets),
    ("inspect", "formats", check_elements),
    ("sum", "methods", check_methods),
    ("open", "theme", check_theme),
)
"""By command and key."""
