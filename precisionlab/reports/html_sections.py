"""The sections of the HTML page about checkpoints: verdict, summaries, findings, figures, what has no answer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from precisionlab.analysis.report import CheckpointReport, Report, Unreadable
from precisionlab.analysis.results import Finding, Result
from precisionlab.analysis.rules import Severity
from precisionlab.reports import digest
from precisionlab.reports.advice import advice
from precisionlab.reports.digest import RuleGroup, Unanswered, capitalised
from precisionlab.reports.html_data import DETAILED, Limits
from precisionlab.reports.html_figures import Charts, figure_markup, map_markup, table
from precisionlab.reports.markup import Markup, element, joined
from precisionlab.reports.model_map import ModelMap
from precisionlab.reports.quantities import byte_size, count, counted, shown_name

FINDINGS_SHOWN = 50
"""Findings of one rule that are listed; the others are counted, and in the table of tensors."""
OPEN_FINDINGS = 10
NAMES_SHOWN = 20
WORST_SHOWN = 20
"""Tensors in the table for paper and for readers without JavaScript."""
MAP_SAYS = (
    "Each cell tells the worst of the layer's tensors, where higher (\N{UPWARDS ARROW}) or lower (\N{DOWNWARDS ARROW}) "
    "is better, else the median. Columns are shaded each by itself: the darker, the worse among the layers; where "
    "neither is better, the higher."
)


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
        element("h2", "What to do", class_="advice"),
        element("ol", *(element("li", capitalised(line)) for line in advice(report)), class_="advice"),
        overview(report) if len(report.checkpoints) > 1 else Markup(),
        class_="verdict",
    )


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


@dataclass(frozen=True, slots=True)
class Page:
    """What all sections of a page share."""

    report: Report
    where: Limits
    charts: Charts


def checkpoint_parts(checkpoint: CheckpointReport, at: int, page: Page, layers: ModelMap | None) -> Iterator[Markup]:
    """Summary, findings, the map of its layers, figures by analyzer, tensors, and what has no answer."""
    reference = digest.reference(page.report)
    against = () if reference is None else (" against ", name_of(reference))
    yield element("h2", name_of(checkpoint.path), *against)
    yield facts(checkpoint)
    places = {tensor.name: place for place, tensor in reversed(list(enumerate(checkpoint.tensors)))}
    groups = digest.rule_groups(checkpoint, page.report.rules)
    yield element("h3", "Findings")
    yield from severity_parts(groups, at, places)
    if not groups:
        yield element("p", f"{capitalised(digest.absence(page.report))}.", class_="empty")
    if layers:
        yield element("h3", "Model map")
        yield element("p", MAP_SAYS, class_="says")
        yield element("div", map_markup(layers, page.charts), class_="figures")
    yield from own_parts(checkpoint, page)
    yield element("h3", "Tensors", id=f"tensors-title-{at}")
    yield tensors_part(checkpoint, at, page.where)
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
    summary = element(
        "summary",
        element("span", group.severity.label, class_=f"severity {group.severity.label}"),
        element("code", group.code),
        element("span", group.summary or group.name, class_="about"),
        element("span", group.extent, class_="where"),
    )
    remedies = [element("p", f"Remedy: {remedy}.", class_="remedy") for remedy in group.remedies]
    listed = [
        element("li", *finding_parts(finding, at, places), data_find="finding")
        for finding in group.findings[:FINDINGS_SHOWN]
    ]
    rest = len(group.findings) - FINDINGS_SHOWN
    more = element("p", f"and {count(rest)} more, all in the table of tensors", class_="more") if rest > 0 else Markup()
    is_open = group.severity is Severity.ERROR and len(group.findings) <= OPEN_FINDINGS
    return element(
        "details",
        summary,
        *remedies,
        element("ul", *listed),
        more,
        class_="rule",
        open=is_open,
        data_find="rule that fired",
    )


def finding_parts(finding: Finding, at: int, places: Mapping[str, int]) -> tuple[Markup, ...]:
    """The tensor, as a button that opens its details, and what is the case there."""
    if finding.subject is None:
        return (element("span", *novelty(finding), finding.message),)
    place = places.get(finding.subject)
    name = name_of(finding.subject)
    shown = (
        name if place is None else element("button", name, type="button", class_="name", data_tensor=f"{at}:{place}")
    )
    return shown, element("span", *novelty(finding), finding.message)


def novelty(finding: Finding) -> Iterator[Markup]:
    """How it stands to the baseline, where there is one."""
    if finding.novelty is not None:
        yield joined(element("span", finding.novelty.value, class_=f"novelty {finding.novelty.value}"), " ")


def own_parts(checkpoint: CheckpointReport, page: Page) -> Iterator[Markup]:
    """What each analyzer says of the checkpoint as a whole: its question, what it measured, its figures."""
    analyzers = page.report.analyzers
    places = {name: at for at, name in enumerate(analyzers)}
    results: dict[str, list[Result]] = {}
    for result in digest.own_results(checkpoint):
        results.setdefault(result.analyzer, []).append(result)
    for name, answers in results.items():
        measured = digest.own_measurements(replace(checkpoint, results=tuple(answers)))
        figures = [figure for answer in answers for figure in answer.figures]
        drawn = [measured, *figures] if measured.rows else figures
        if drawn:
            yield element("h3", analyzer_title(name, places), class_="analyzer")
            if name in analyzers and analyzers[name].question:
                yield element("p", analyzers[name].question, class_="question")
            yield element("div", *(figure_markup(figure, page.charts) for figure in drawn), class_="figures")


def analyzer_title(name: str, places: Mapping[str, int]) -> Markup:
    """An analyzer's name, which leads to what its figures mean."""
    shown = element("code", name)
    return element("a", shown, href=f"#analyzer-{places[name]}") if name in places else shown


def gone_section(report: Report) -> Markup:
    """What the baseline has and is found no more."""
    groups = digest.gone(report)
    if not groups:
        return Markup()
    lines = (
        element("li", element("code", group.code), f" {group.summary or group.name}: {count(len(group.findings))}")
        for group in groups
    )
    return element("section", element("h2", "Gone since the baseline"), element("ul", *lines), id="gone")


def tensors_part(checkpoint: CheckpointReport, at: int, where: Limits) -> Markup:
    """The place of the table that the script draws, and the worst ones for paper and readers without it."""
    worst = digest.worst_table(checkpoint, WORST_SHOWN)
    listed = table(worst) if worst.rows else element("p", "No tensor has findings.", class_="empty")
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


def name_of(text: str) -> Markup:
    """A name from a file, as code."""
    return element("code", shown_name(text))
