"""The sections of the HTML page that need no script: verdict, summaries, findings, figures, footer."""

from collections.abc import Iterable, Iterator, Mapping

from precisionlab.analysis.report import CheckpointReport, Report, Unreadable
from precisionlab.analysis.results import Finding, Scalar
from precisionlab.analysis.rules import Severity
from precisionlab.reports import digest
from precisionlab.reports.digest import RuleGroup, Unanswered
from precisionlab.reports.html_data import DETAILED, Limits
from precisionlab.reports.html_figures import figure_markup
from precisionlab.reports.markup import Markup, element, joined
from precisionlab.reports.quantities import byte_size, count, counted, scalar, shown_name

FINDINGS_SHOWN = 50
"""Findings of one rule that are listed; the others are counted, and in the table of tensors."""
OPEN_FINDINGS = 10
NAMES_SHOWN = 20
WORST_SHOWN = 20
"""Tensors in the table for paper and for readers without JavaScript."""


def verdict(report: Report) -> Markup:
    """What was found, in what, and what is missing."""
    if digest.nothing_analysed(report):
        title, within = "Nothing was analysed", Markup()
    else:
        title, within = (
            capitalised(digest.found(report)),
            element("p", digest.within(report), class_="within"),
        )
    worst = report.worst
    shortfalls = [element("li", capitalised(clause)) for clause in digest.shortfalls(report)]
    return element(
        "section",
        element("h1", title, class_=worst.label if worst else "clean"),
        within,
        element("ul", *shortfalls, class_="shortfalls") if shortfalls else Markup(),
        overview(report) if len(report.checkpoints) > 1 else Markup(),
        class_="verdict",
    )


def capitalised(sentence: str) -> str:
    """The sentence with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]


def overview(report: Report) -> Markup:
    """One line for each checkpoint."""
    labels = ("checkpoint", "tensors", "size", "errors", "warnings", "notes")
    header = [element("th", text, scope="col", class_="number" if i else False) for i, text in enumerate(labels)]
    rows = [overview_row(at, checkpoint) for at, checkpoint in enumerate(report.checkpoints)]
    whole = element("table", element("thead", element("tr", *header)), element("tbody", *rows), class_="overview")
    return element("div", whole, class_="scroll-x")


def overview_row(at: int, checkpoint: CheckpointReport) -> Markup:
    """A checkpoint with its counts."""
    severities = [finding.severity for finding in checkpoint.findings]
    counts = [count(severities.count(severity)) for severity in sorted(Severity, reverse=True)]
    name = element("th", element("a", name_of(checkpoint.path), href=f"#checkpoint-{at}"), scope="row")
    cells = (count(len(checkpoint.tensors)), byte_size(checkpoint.n_bytes), *counts)
    return element("tr", name, *(element("td", text, class_="number") for text in cells))


def checkpoint_parts(checkpoint: CheckpointReport, report: Report, at: int, where: Limits) -> Iterator[Markup]:
    """Summary, findings, own figures, tensors, and what has no answer."""
    yield element("h2", name_of(checkpoint.path))
    yield facts(checkpoint)
    places = {tensor.name: place for place, tensor in reversed(list(enumerate(checkpoint.tensors)))}
    groups = digest.rule_groups(checkpoint, report.rules)
    yield element("h3", "Findings")
    yield from severity_parts(groups, at, places)
    if not groups:
        yield element("p", f"{capitalised(digest.absence(report))}.", class_="empty")
    yield from own_parts(checkpoint)
    yield element("h3", "Tensors", id=f"tensors-title-{at}")
    yield tensors_part(checkpoint, at, where)
    yield from unanswered_parts(checkpoint)


def facts(checkpoint: CheckpointReport) -> Markup:
    """The summary as a list of labels and values."""
    pairs = (element("div", element("dt", label), element("dd", value)) for label, value in digest.facts(checkpoint))
    return element("dl", *pairs, class_="facts")


def severity_parts(groups: Iterable[RuleGroup], at: int, places: Mapping[str, int]) -> Iterator[Markup]:
    """The rules that fired, under a heading for each severity."""
    by_severity: dict[Severity, list[RuleGroup]] = {}
    for group in groups:
        by_severity.setdefault(group.severity, []).append(group)
    for severity, concerned in by_severity.items():
        total = sum(len(group.findings) for group in concerned)
        yield element("h4", counted(total, severity.label), class_=severity.label)
        yield from (rule_part(group, at, places) for group in concerned)


def rule_part(group: RuleGroup, at: int, places: Mapping[str, int]) -> Markup:
    """A rule, folded: what to do and where; errors with few findings stand open."""
    number = counted(group.n_tensors, "tensor") if group.n_tensors else "checkpoint"
    summary = element(
        "summary",
        element("span", group.severity.label, class_=f"severity {group.severity.label}"),
        element("code", group.code),
        element("span", group.summary or group.name, class_="about"),
        element("span", number, class_="where"),
    )
    remedies = [element("p", f"Remedy: {remedy}.", class_="remedy") for remedy in group.remedies]
    listed = [element("li", *finding_parts(finding, at, places)) for finding in group.findings[:FINDINGS_SHOWN]]
    rest = len(group.findings) - FINDINGS_SHOWN
    more = element("p", f"and {count(rest)} more, all in the table of tensors", class_="more") if rest > 0 else Markup()
    is_open = group.severity is Severity.ERROR and len(group.findings) <= OPEN_FINDINGS
    return element("details", summary, *remedies, element("ul", *listed), more, class_="rule", open=is_open)


def finding_parts(finding: Finding, at: int, places: Mapping[str, int]) -> tuple[Markup, ...]:
    """The tensor, as a button that opens its details, and what is the case there."""
    if finding.subject is None:
        return (element("span", finding.message),)
    place = places.get(finding.subject)
    name = name_of(finding.subject)
    shown = (
        name if place is None else element("button", name, type="button", class_="name", data_tensor=f"{at}:{place}")
    )
    return shown, element("span", finding.message)


def own_parts(checkpoint: CheckpointReport) -> Iterator[Markup]:
    """What was measured of the checkpoint itself, and its figures."""
    measurements = digest.own_measurements(checkpoint)
    figures = [figure for result in digest.own_results(checkpoint) for figure in result.figures]
    if measurements.rows:
        figures.insert(0, measurements)
    if figures:
        yield element("h3", "The checkpoint as a whole")
        yield element("div", *map(figure_markup, figures), class_="figures")


def tensors_part(checkpoint: CheckpointReport, at: int, where: Limits) -> Markup:
    """The place of the table that the script draws, and the worst ones for paper and readers without it."""
    worst = digest.worst_table(checkpoint, WORST_SHOWN)
    listed = figure_markup(worst) if worst.rows else element("p", "No tensor has findings.", class_="empty")
    without = element("noscript", element("p", "The table of all tensors needs JavaScript."))
    left_out = (
        f"Figures, findings in full and all measurements are embedded for the {count(DETAILED)} tensors with the "
        "severest findings, the most of them and the largest size; the JSON report has all."
    )
    note = element("p", left_out, class_="more") if where.partial else Markup()
    return element(
        "div", element("div", listed, without, class_="worst"), note, class_="tensors", data_checkpoint=str(at)
    )


def unanswered_parts(checkpoint: CheckpointReport) -> Iterator[Markup]:
    """What was skipped, and which analyses failed."""
    for title, groups in (("Failed", digest.failures(checkpoint)), ("Skipped", digest.skips(checkpoint))):
        if groups:
            yield element("h3", title)
            yield element("ul", *(element("li", *unanswered(group)) for group in groups), class_="unanswered")


def unanswered(group: Unanswered) -> Iterator[Markup]:
    """A reason and the names that it keeps from having an answer."""
    by = joined(element("code", group.analyzer), ": ") if group.analyzer else Markup()
    yield element("p", by, group.reason)
    names = [
        joined("the checkpoint itself") if subject is None else name_of(subject)
        for subject in group.names[:NAMES_SHOWN]
    ]
    rest = len(group.names) - NAMES_SHOWN
    yield element("p", *separated(names), f" and {count(rest)} more" if rest > 0 else "", class_="names")


def separated(parts: Iterable[Markup]) -> Iterator[Markup]:
    """The parts with commas between."""
    for i, part in enumerate(parts):
        yield joined(", " if i else "", part)


def unreadable_list(entries: Iterable[Unreadable]) -> Markup:
    """Paths with what is wrong with them."""
    return element(
        "ul", *(element("li", name_of(entry.path), ": ", entry.message) for entry in entries), class_="unanswered"
    )


def footer(report: Report) -> Markup:
    """How the report was asked for and made."""
    run = report.run
    made = (
        f"Made {run.started} in {run.seconds:.1f} s on {run.device}, {counted(run.threads, 'thread')}, {run.platform}."
    )
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    options = [option_line(name, analyzer.options) for name, analyzer in report.analyzers.items()]
    return element(
        "footer",
        element("p", made),
        element("p", f"With {versions}."),
        element("details", element("summary", "Options"), *options, option_line("scan", report.settings)),
    )


def option_line(name: str, values: Mapping[str, Scalar | tuple[Scalar, ...]]) -> Markup:
    """The options of one analyzer."""
    shown = ", ".join(f"{key} = {option(value)}" for key, value in values.items())
    return element("p", element("code", name), f": {shown}" if shown else ": no options")


def option(value: Scalar | tuple[Scalar, ...]) -> str:
    """An option's value."""
    return ", ".join(map(scalar, value)) or "none" if isinstance(value, tuple) else scalar(value)


def name_of(text: str) -> Markup:
    """A name from a file, as code."""
    return element("code", shown_name(text))
