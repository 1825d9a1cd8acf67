"""Rules as SARIF has them: what a code-scanning page tells of a finding's kind."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from precisionlab.analysis.report import Report, RuleSummary
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable
from precisionlab.reports.json_encoding import Json
from precisionlab.reports.putting import storable
from precisionlab.reports.sarif_messages import message

MOST_RULES = 25_000
"""Of a run: code scanning refuses more."""
MOST_TAGS = 10
"""Of a rule: code scanning shows no more."""

PROBLEM_SEVERITY: Mapping[Severity, str] = MappingProxyType(
    {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
)
"""What code scanning calls them; SARIF's levels have the names that we use."""


def descriptors(report: Report) -> Mapping[str, Json]:
    """Every rule by its code: those that could have fired, then those that fired all the same."""
    askers: dict[str, list[str]] = {}
    for name, summary in report.analyzers.items():
        for code in summary.rules:
            askers.setdefault(code, []).append(printable(name))
    told = {rule.code: descriptor(rule, askers.get(rule.code, ())) for rule in report.rules}
    gone = report.baseline.gone if report.baseline else ()
    codes = [*(finding.code for _, finding in report.findings), *(finding.code for finding in gone)]
    every = told | {code: {"id": storable(code)} for code in codes if code not in told}
    return dict(list(every.items())[:MOST_RULES])


def descriptor(rule: RuleSummary, analyzers: Iterable[str]) -> Json:
    """A rule with its page."""
    summary = rule.summary or rule.name or rule.code
    return {
        "id": storable(rule.code),
        "name": storable(rule.name),
        "shortDescription": message(f"{rule.name}: {rule.summary}" if rule.name and rule.summary else summary),
        "fullDescription": message(f"{summary}; {rule.remedy}" if rule.remedy else summary),
        "help": page(rule),
        "defaultConfiguration": {"level": rule.severity.label},
        "properties": {
            "tags": list(dict.fromkeys(analyzers))[:MOST_TAGS],
            "problem.severity": PROBLEM_SEVERITY[rule.severity],
        },
    }


def page(rule: RuleSummary) -> Json:
    """What the rule means and what to do about it. As text it is the Markdown as it stands, which reads well enough."""
    whole = storable(rule.explanation or rule.remedy or rule.summary)
    return {"text": whole, "markdown": whole}
