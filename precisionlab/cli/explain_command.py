"""`precisionlab explain`: the documentation of a rule, or of an analyzer and its options."""

import argparse
import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import option_fields
from precisionlab.analysis.rules import Rule
from precisionlab.cli import messages
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.measurement_table import measurement_table
from precisionlab.cli.output import put
from precisionlab.errors import UsageError
from precisionlab.scanning.discovery import analyzer_entry_points, load_all, load_analyzer


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print what the subject means.

    Raises:
        UsageError: no rule or analyzer has this name.
        AnalyzerError: the analyzer of this name does not load.
    """
    put(page(arguments.subject))
    return ExitCode.OK


def page(subject: str) -> str:
    """The documentation of a rule, by code or name, or of an analyzer.

    Raises:
        UsageError: there is none of that name; the nearest is suggested.
        AnalyzerError: the analyzer of this name does not load.
    """
    if subject in analyzer_entry_points():
        return analyzer_page(load_analyzer(subject))
    discovered = load_all()
    for warning in discovered.warnings:
        messages.warning(warning)
    rules = {rule.code: rule for analyzer in discovered.analyzers.values() for rule in analyzer.rules}
    by_name = {rule.name: rule for rule in rules.values()}
    rule = rules.get(subject.upper()) or by_name.get(subject.lower())
    if rule is None:
        known = {**rules, **by_name, **discovered.analyzers}
        raise UsageError(subject, "there is no such rule or analyzer", suggestion(subject, known))
    return rule_page(rule)


def suggestion(subject: str, known: Mapping[str, object]) -> str:
    """A remedy that names the nearest rule or analyzer, whatever the case, or the command that lists them."""
    match = get_close_matches(subject.lower(), [name.lower() for name in known], 1)
    names = {name.lower(): name for name in known}
    return f"did you mean {names[match[0]]}?" if match else "see precisionlab list rules analyzers"


def rule_page(rule: Rule) -> str:
    """The documentation of a rule in Markdown."""
    return (
        f"# {rule.code} {rule.name} ({rule.severity.label})\n\n"
        f"{rule.summary[:1].upper()}{rule.summary[1:]}.\n\n{rule.explanation}\n\n"
        f"**Remedy**: {rule.remedy}.\n"
    )


def analyzer_page(analyzer: Analyzer) -> str:
    """The documentation of an analyzer, its measurements, options and rules in Markdown."""
    module = import_module(analyzer.analyze.__module__)
    options = "".join(
        f"- `{analyzer.name}.{field.name}`: {field.help_text} Takes {field.accepts}; default "
        f"`{','.join(map(str, field.default)) if isinstance(field.default, tuple) else field.default}`.\n"
        for field in option_fields(analyzer.options)
    )
    rules = "".join(f"- {rule.code} {rule.name} ({rule.severity.label}): {rule.summary}\n" for rule in analyzer.rules)
    measurements = measurement_table(analyzer.definitions) if analyzer.definitions else "None is defined.\n"
    return (
        f"# {analyzer.name}: {analyzer.question}\n\n{inspect.getdoc(module) or ''}\n\n"
        f"## Measurements\n{measurements}\n## Options\n{options or 'None.'}\n## Rules\n{rules or 'None.'}"
    )
