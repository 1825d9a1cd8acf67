"""What was asked, and what the answers mean: a section for each analyzer in the HTML page."""

from collections.abc import Iterator, Sequence

from precisionlab.analysis.report import AnalyzerSummary, Report, RuleSummary
from precisionlab.reports.markup import Markup, element, joined
from precisionlab.reports.provenance import told
from precisionlab.reports.references import Meaning, code_spans, meanings


def analyzers_section(report: Report) -> Markup:
    """Every analyzer with its question; its definitions, rules and options are folded."""
    if not report.analyzers:
        return Markup()
    known = meanings(report)
    rules = {rule.code: rule for rule in report.rules}
    entries = (
        element("div", *analyzer_parts(name, summary, known.get(name, ()), rules), id=f"analyzer-{at}", class_="asked")
        for at, (name, summary) in enumerate(report.analyzers.items())
    )
    title = element("h2", "What was asked, and what the figures mean")
    return element("section", title, *entries, id="analyzers", class_="analyzers")


def analyzer_parts(
    name: str, summary: AnalyzerSummary, known: Sequence[Meaning], rules: dict[str, RuleSummary]
) -> Iterator[Markup]:
    """The question, then what is folded."""
    yield element("h3", element("code", name))
    if summary.question:
        yield element("p", summary.question, class_="question")
    if known:
        yield folded("Definitions", definitions(known))
    asked = [rules[code] for code in summary.rules if code in rules]
    if asked:
        yield folded("Rules", rule_table(asked))
    if summary.options:
        rows = (element("tr", cell(key, code=True), cell(told(value))) for key, value in summary.options.items())
        yield folded("Options", table(("option", "value"), rows))


def folded(title: str, content: Markup) -> Markup:
    """A part that opens."""
    return element("details", element("summary", title), content)


def definitions(known: Sequence[Meaning]) -> Markup:
    """What each figure means, which way is better, and where it is from."""
    rows = (
        element(
            "tr",
            element("th", element("code", one.definition.name), scope="row"),
            element("td", spans(one.definition.meaning)),
            cell(one.unit),
            cell(one.better if one.definition.better else ""),
            cell(one.definition.source),
            data_find="definition",
        )
        for one in known
    )
    return table(("measurement", "meaning", "unit", "better", "source"), rows)


def rule_table(rules: Sequence[RuleSummary]) -> Markup:
    """The rules that could have fired."""
    rows = (
        element(
            "tr",
            element("th", element("code", rule.code), " ", rule.name, scope="row"),
            cell(rule.severity.label, class_=f"severity {rule.severity.label}"),
            cell(rule.summary),
            cell(rule.remedy),
            data_find="rule",
        )
        for rule in rules
    )
    return table(("rule", "severity", "fires where", "remedy"), rows)


def table(labels: Sequence[str], rows: Iterator[Markup]) -> Markup:
    """Rows under their header."""
    head = element("thead", element("tr", *(element("th", label, scope="col") for label in labels)))
    return element("div", element("table", head, element("tbody", *rows)), class_="scroll-x")


def cell(text: str, *, code: bool = False, class_: str | bool = False) -> Markup:
    """One cell."""
    return element("td", element("code", text) if code else text, class_=class_)


def spans(markdown: str) -> Markup:
    """A definition's words, its code as code."""
    return joined(*(element("code", part) if is_code else part for part, is_code in code_spans(markdown)))
