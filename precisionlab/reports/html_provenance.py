"""Where the report comes from, in the HTML page: circumstances, files, the command that makes it anew."""

from collections.abc import Iterator

from precisionlab.analysis.report import Report
from precisionlab.reports.html_figures import table
from precisionlab.reports.markup import Markup, element
from precisionlab.reports.provenance import circumstances, command_line, file_table, told

FILES_OPEN = 8
"""More files than that are folded."""


def provenance(report: Report) -> Markup:
    """How the report was made, and how to make it anew."""
    return element(
        "section", element("h2", "How this report was made"), *parts(report), id="provenance", class_="provenance"
    )


def parts(report: Report) -> Iterator[Markup]:
    """Circumstances, command, files and what decides the outcome beside the analyzers' options."""
    pairs = (element("div", element("dt", label), element("dd", value)) for label, value in circumstances(report))
    yield element("dl", *pairs, class_="facts")
    command = command_line(report)
    if command:
        yield element("h3", "To make it anew")
        yield element("pre", element("code", command, id="command"), class_="command")
    files = file_table(report)
    if files.rows:
        yield element("h3", "Files")
        listed = table(files)
        if len(files.rows) > FILES_OPEN:
            listed = element("details", element("summary", f"{len(files.rows):,} files"), listed)
        yield listed
    asked = [f"{name} = {told(value)}" for name, value in report.settings.items()]
    if asked:
        yield element("h3", "Settings")
        yield element("p", element("code", ", ".join(asked)))


def footer() -> Markup:
    """Whose page it is."""
    return element("footer", element("p", "Made by precisionlab. This page loads nothing and sends nothing."))
