"""`precisionlab explain`: the documentation of a rule, or of an analyzer and its options."""

import argparse
import inspect
import sys
from importlib import import_module

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import nearest, option_fields
from precisionlab.analysis.rules import Rule
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.errors import UsageError
from precisionlab.scanning.discovery import load_all


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print what the subject means.

    Raises:
        UsageError: no rule or analyzer has this name.
    """
    analyzers = load_all().analyzers
    rules = {rule.code: rule for analyzer in analyzers.values() for rule in analyzer.rules}
    by_name = {rule.name: rule for rule in rules.values()}
    subject = arguments.subject
    rule = rules.get(subject.upper()) or by_name.get(subject.lower())
    if rule is not None:
        sys.stdout.write(rule_page(rule))
    elif subject in analyzers:
        sys.stdout.write(analyzer_page(analyzers[subject]))
    else:
        raise UsageError(
            subject, "there is no such rule or analyzer", nearest(subject, {**rules, **by_name, **analyzers})
        )
    return ExitCode.OK


def rule_page(rule: Rule) -> str:
    """The documentation of a rule in Markdown."""
    return (
        f"# {rule.code} {rule.name} ({rule.severity.label})\n\n"
        f"{rule.summary[0].upper()}{rule.summary[1:]}.\n\n{rule.explanation}\n\n"
        f"**Remedy**: {rule.remedy}.\n"
    )


def analyzer_page(analyzer: Analyzer) -> str:
    """The documentation of an analyzer, its options and its rules in Markdown."""
    module = import_module(analyzer.analyze.__module__)
    options = "".join(
        f"- `{analyzer.name}.{field.name}`: {field.help_text} Takes {field.accepts}; default "
        f"`{','.join(map(str, field.default)) if isinstance(field.default, tuple) else field.default}`.\n"
        for field in option_fields(analyzer.options)
    )
    rules = "".join(f"- {rule.code} {rule.name} ({rule.severity.label}): {rule.summary}\n" for rule in analyzer.rules)
    return (
        f"# {analyzer.name}: {analyzer.question}\n\n{inspect.getdoc(module) or ''}\n\n"
        f"## Options\n{options or 'None.'}\n## Rules\n{rules or 'None.'}"
    )
