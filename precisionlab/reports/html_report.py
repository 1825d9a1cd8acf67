"""The report as one HTML file that opens offline, asks nobody for anything and works without JavaScript.

The verdict, summaries, findings and the checkpoints' own figures are plain HTML; the
table of all tensors and their details are drawn by the page's script from JSON beside it.
The policy in the head allows that one script and that one style sheet, and nothing else.
"""

import base64
import hashlib
from collections.abc import Iterator
from importlib import resources

from precisionlab.analysis.report import Report
from precisionlab.reports import digest
from precisionlab.reports.html_data import Limits, columns, details_data, embedded, limits, table_data
from precisionlab.reports.html_sections import checkpoint_parts, footer, unreadable_list, verdict
from precisionlab.reports.markup import Markup, element


def render(report: Report) -> str:
    """The report as one HTML document."""
    style, script = page_file("report.css"), page_file("report.js")
    where = limits(report)
    body = element(
        "body",
        element("header", element("p", "precisionlab report", class_="brand"), theme_button(), class_="top"),
        element("main", *main_parts(report, where)),
        footer(report),
        element("dialog", id="tensor", aria_labelledby="tensor-name"),
        *data_parts(report, where),
        element("script", script),
    )
    return f"<!doctype html>\n{element('html', head(report, style, script), body, lang='en')}\n"


def page_file(name: str) -> Markup:
    """The style sheet or the script, which ship beside this module."""
    return Markup(resources.files("precisionlab.reports").joinpath("page", name).read_text(encoding="utf-8"))


def head(report: Report, style: Markup, script: Markup) -> Markup:
    """Title, policy and style sheet. The empty icon keeps browsers from asking a server for one."""
    policy = (
        f"default-src 'none'; img-src data:; style-src '{digest_of(style)}'; script-src '{digest_of(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
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


def main_parts(report: Report, where: Limits) -> Iterator[Markup]:
    """Verdict first, then the checkpoints, then what could not be read."""
    yield verdict(report)
    for at, checkpoint in enumerate(report.checkpoints):
        yield element(
            "section", *checkpoint_parts(checkpoint, report, at, where), class_="checkpoint", id=f"checkpoint-{at}"
        )
    if report.unreadable:
        yield element("section", element("h2", "Unreadable"), unreadable_list(report.unreadable), id="unreadable")


def data_parts(report: Report, where: Limits) -> Iterator[Markup]:
    """The tables and details for the script, which reads each when it is needed."""
    for at, checkpoint in enumerate(report.checkpoints):
        entries, measured = digest.standings(checkpoint), columns(checkpoint)
        data = table_data(entries, measured, where.n_columns)
        details = details_data(checkpoint, entries, measured, where, at)
        yield element("script", embedded(data), type="application/json", id=f"table-{at}")
        yield element("script", embedded(details), type="application/json", id=f"details-{at}")
