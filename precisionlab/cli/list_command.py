"""`precisionlab list`: what analyzers, rules, formats and containers there are."""

import argparse
import json
from collections.abc import Mapping, Sequence

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import nearest, option_fields
from precisionlab.checkpoints.containers import all_containers
from precisionlab.cli import messages
from precisionlab.cli.aligned import aligned
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.format_cells import HEADINGS, row
from precisionlab.cli.grammar.list_grammar import SUBJECTS
from precisionlab.cli.output import put
from precisionlab.errors import UsageError
from precisionlab.formats import STORED_FORMATS
from precisionlab.scanning.discovery import Discovered, load_all

Row = Mapping[str, str]


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print the lists that were asked for, or all.

    Raises:
        UsageError: there is no such list.
    """
    for subject in arguments.subjects:
        if subject not in SUBJECTS:
            raise UsageError(subject, "there is no such list", nearest(subject, dict.fromkeys(SUBJECTS)))
    discovered = load_all()
    for warning in discovered.warnings:
        messages.warning(warning)
    lists = {subject: rows_of(subject, discovered) for subject in arguments.subjects or SUBJECTS}
    if arguments.format == "json":
        put(json.dumps(lists, indent=2))
    else:
        put("\n".join(section(subject, rows) for subject, rows in lists.items()))
    return ExitCode.OK


def when_it_runs(analyzer: Analyzer) -> str:
    """In which scans an analyzer runs."""
    if not analyzer.by_default:
        return "if named"
    flags = sorted(f"--{role.value}" for role in analyzer.needs_beside)
    return f"with {' and '.join(flags)}" if flags else "by default"


def rows_of(subject: str, discovered: Discovered) -> Sequence[Row]:
    """The rows of one list."""
    analyzers = discovered.analyzers.values()
    match subject:
        case "analyzers":
            return [
                {
                    "name": analyzer.name,
                    "runs": when_it_runs(analyzer),
                    "question": analyzer.question,
                    "options": " ".join(field.name for field in option_fields(analyzer.options)),
                }
                for analyzer in analyzers
            ]
        case "rules":
            rules = sorted((rule.code, rule, analyzer.name) for analyzer in analyzers for rule in analyzer.rules)
            return [
                {
                    "code": code,
                    "severity": rule.severity.label,
                    "name": rule.name,
                    "analyzer": name,
                    "summary": rule.summary,
                }
                for code, rule, name in rules
            ]
        case "formats":
            return [format_row(name) for name in STORED_FORMATS]
        case _:
            return [
                {"name": container.NAME, "suffixes": " ".join(container.SUFFIXES)} for container in all_containers()
            ]


def format_row(name: str) -> Row:
    """One of the formats that checkpoints store, as `precisionlab formats` shows it."""
    format_ = STORED_FORMATS[name]
    return {**dict(zip(HEADINGS, row(format_), strict=True)), "title": format_.title}


def section(title: str, rows: Sequence[Row]) -> str:
    """A heading and its rows in aligned columns."""
    lines = aligned([tuple(rows[0]), *(tuple(row.values()) for row in rows)]) if rows else ["none"]
    return "\n".join((title.upper(), *(f"  {line}" for line in lines))) + "\n"
