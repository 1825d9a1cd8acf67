"""The report as one HTML file that opens offline, asks nobody for anything and works without JavaScript.

The verdict, what to do, findings, the checkpoints' own figures and the provenance are plain
HTML; the table of all tensors, their details and the search are made by the page's scripts from
JSON beside them, and the charts become ones to zoom and hover. The policy in the head allows
these scripts and that one style sheet, and nothing else.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib import resources

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.reports import digest
from precisionlab.reports.html_analyzers import analyzers_section
from precisionlab.reports.html_data import Details, Limits, details_data, embedded, limits, table_data
from precisionlab.reports.html_figures import Charts
from precisionlab.reports.html_provenance import footer, provenance
from precisionlab.reports.html_sections import Page, checkpoint_parts, gone_section, unreadable_list, verdict
from precisionlab.reports.markup import Markup, element
from precisionlab.reports.model_map import map_of
from precisionlab.reports.tensor_columns import TensorColumn, tensor_columns

SCRIPTS = ("values.js", "charts.js", "table.js", "tensor.js", "search.js", "start.js")
"""In the order in which they make one script."""


def render(report: Report) -> str:
    """The report as one HTML document."""
    style, script = page_file("report.css"), page_script()
    charts, where = Charts(), limits(report)
    columns = [tensor_columns(checkpoint) for checkpoint in report.checkpoints]
    main = element("main", *main_parts(report, where, columns, charts))
    tables = [*data_parts(report, where, columns, charts)]
    library = page_file("vega.js") if charts.specs else Markup()
    body = element(
        "body",
        element(
            "header", element("p", "precisionlab report", class_="brand"), search_box(), theme_button(), class_="top"
        ),
        main,
        footer(),
        element("dialog", id="tensor", aria_labelledby="tensor-name"),
        *tables,
        *chart_parts(charts, library),
        element("script", script),
    )
    return f"<!doctype html>\n{element('html', head(report, style, (script, library)), body, lang='en')}\n"


def page_file(name: str) -> Markup:
    """The style sheet or a script, which ship beside this module."""
    return Markup(resources.files("precisionlab.reports").joinpath("page", name).read_text(encoding="utf-8"))


def page_script() -> Markup:
    """The page's own script: its parts in one function, so that their names stay their own."""
    parts = "\n".join(map(page_file, SCRIPTS))
    return Markup(f'"use strict";\n(() => {{\n{parts}}})();\n')


def head(report: Report, style: Markup, scripts: Sequence[Markup]) -> Markup:
    """Title, policy and style sheet. The empty icon keeps browsers from asking a server for one."""
    allowed = " ".join(f"'{digest_of(script)}'" for script in scripts if script)
    policy = (
        f"default-src 'none'; img-src data:; style-src '{digest_of(style)}'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=Markup(policy)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", f"precisionlab: {digest.found(report)}"),
        element("style", style),
    )


def digest_of(text: Markup) -> str:
    """The hash by which a policy allows an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def theme_button() -> Markup:
    """Light or dark; shown by the script, which alone can do it."""
    return element("button", "Dark", type="button", id="theme", hidden=True)


def search_box() -> Markup:
    """The place of the search, which the script makes."""
    return element("div", id="search", role="search")


def main_parts(
    report: Report, where: Limits, columns: Sequence[list[TensorColumn]], charts: Charts
) -> Iterator[Markup]:
    """Verdict first, then the checkpoints, what could not be read, what the figures mean, and where all is from."""
    yield verdict(report)
    page = Page(report, where, charts)
    for at, checkpoint in enumerate(report.checkpoints):
        layers = map_of(checkpoint, columns[at], report.analyzers)
        parts = checkpoint_parts(checkpoint, at, page, layers)
        yield element("section", *parts, class_="checkpoint", id=f"checkpoint-{at}")
    if report.unreadable:
        yield element("section", element("h2", "Unreadable"), unreadable_list(report.unreadable), id="unreadable")
    yield gone_section(report)
    yield analyzers_section(report)
    yield provenance(report)


def data_parts(
    report: Report, where: Limits, columns: Sequence[list[TensorColumn]], charts: Charts
) -> Iterator[Markup]:
    """The tables and details for the script, which reads each when it is needed."""
    for at, checkpoint in enumerate(report.checkpoints):
        yield from tensor_parts(checkpoint, at, where, columns[at], charts)


def tensor_parts(
    checkpoint: CheckpointReport, at: int, where: Limits, measured: list[TensorColumn], charts: Charts
) -> Iterator[Markup]:
    """The table and the details of one checkpoint."""
    entries = digest.standings(checkpoint)
    full = frozenset(place for number, place in where.detailed if number == at)
    details = Details(entries, measured, full, where.all_texts, charts)
    for name, content in (
        ("table", table_data(entries, measured, where.n_columns)),
        ("details", details_data(checkpoint, details)),
    ):
        yield element("script", embedded(content), type="application/json", id=f"{name}-{at}")


def chart_parts(charts: Charts, library: Markup) -> Iterator[Markup]:
    """The specifications and data of charts, and the library that draws them; nothing where there is no chart.

    The library is not run before a chart comes into view.
    """
    if charts.specs:
        specs = Markup(f"[{','.join(charts.specs)}]".replace("<", "\\u003c"))
        yield element("script", specs, type="application/json", id="specs")
        yield element("script", embedded(charts.placed), type="application/json", id="charts")
        yield element("script", library, type="text/plain", id="vega")
