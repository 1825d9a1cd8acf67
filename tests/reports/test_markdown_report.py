"""The Markdown report, read by a Markdown parser that we did not write."""

import dataclasses
import math
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from precisionlab.analysis.figures import Axis, Figure, Heatmap
from precisionlab.analysis.report import Baseline, CheckpointReport, Report, TensorSummary
from precisionlab.analysis.results import Finding, Novelty, Result
from precisionlab.analysis.rules import Severity
from precisionlab.escaping import printable
from precisionlab.reports import markdown_markup, markdown_report
from precisionlab.reports.advice import advice

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OWN_HTML = re.compile(
    r"</?code>|</?sub>|<!-- -->|</details>|<details>\n<summary>(?:[^<>]|</?code>|<!-- -->)*</summary>"
)
"""All the HTML that the renderer writes."""


def tokens(text: str) -> Iterator[Token]:
    """All tokens of the document, those within lines too."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def strange_html(found: Iterable[Token]) -> list[str]:
    """HTML that is not the renderer's own."""
    parts = [token.content.strip() for token in found if token.type in {"html_inline", "html_block"}]
    return [part for part in parts if not OWN_HTML.fullmatch(part)]


def words(text: str) -> str:
    """What a reader sees, code included, markup not."""
    shown = (token.content for token in tokens(text) if token.type in {"text", "text_special", "code_inline", "fence"})
    return "".join(shown)


def report_on(name: str, message: str, sample: Report) -> Report:
    """A report with a tensor of this name, and a finding with this message about it."""
    found = Finding("PL001", Severity.ERROR, name, message, message, MappingProxyType({}))
    tensor = TensorSummary(name, "float32", (2,), 2, 8)
    result = Result("range", name, findings=(found,))
    one = CheckpointReport(name, "npz", (), 2, 8, MappingProxyType({}), (tensor,), (result,))
    return dataclasses.replace(sample, checkpoints=(one,), unreadable=(), rules=())


def test_no_name_becomes_markup(sample_report: Report) -> None:
    """Of the report with all hostile names, the only HTML is the renderer's own, and nothing is a link or an image."""
    found = list(tokens(markdown_report.render(sample_report)))
    assert not strange_html(found)
    assert not [token for token in found if token.type in {"link_open", "image", "em_open", "s_open", "hr"}]


@settings(max_examples=150, deadline=None)
@given(
    name=st.text(min_size=1, max_size=30) | st.text("|`*_[]()<>&\\#@!~$:/.-+= ab1\n\t", min_size=1, max_size=30),
    message=st.text("|`*_[]()<>&\\@!~$:/.-+=ab1\n", max_size=30).map(lambda text: f"x{text}"),
)
def test_any_name_and_message_is_shown_and_inert(name: str, message: str, sample_report: Report) -> None:
    """Whatever a name or a message holds, a reader sees it, and the document's structure stays the same."""
    text = markdown_report.render(report_on(name, message, sample_report))
    plain = markdown_report.render(report_on("plain", "plain", sample_report))
    found = list(tokens(text))
    assert not strange_html(found)
    assert blocks(text) == blocks(plain)
    seen = "".join(words(text).split())
    assert "".join(printable(name).split()) in seen
    assert "".join(printable(message).split()) in seen


def showing(figure: Figure, sample: Report) -> str:
    """The report with one figure of the checkpoint itself."""
    one = CheckpointReport("p", "npz", (), 2, 8, MappingProxyType({}), (), (Result("r", None, figures=(figure,)),))
    return markdown_report.render(dataclasses.replace(sample, checkpoints=(one,), unreadable=(), rules=()))


def rows_of(text: str) -> list[list[str]]:
    """The cells of the document's last table, header included, as a reader sees them."""
    rows: list[list[str]] = []
    for token in PARSER.parse(text):
        if token.type == "table_open":
            rows = []
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline" and rows:
            shown = (child.content for child in token.children or () if child.type in {"text", "code_inline"})
            rows[-1].append("".join(shown))
    return rows


def test_a_heat_map_is_a_table_of_numbers(sample_report: Report) -> None:
    """Names and columns as code, four digits, a dash where nothing is known, and between which values all lie."""
    values = ((31.25, 7.0), (math.nan, math.inf))
    figure = Heatmap("Noise", Axis("format"), Axis("tensor"), ("a|b", "c"), ("w_0", "v"), values, "dB", low_is_bad=True)
    text = showing(figure, sample_report)
    table = text[text.index("### Noise") : text.index("best")]
    assert rows_of(table) == [["tensor", "a|b", "c"], ["w_0", "31.25", "7"], ["v", "\N{EN DASH}", "inf"]]
    assert "\nbest 31.25 dB, worst 7 dB\n" in text


def test_rows_of_a_heat_map_beyond_fifty_are_counted(sample_report: Report) -> None:
    """The first fifty stand in the table."""
    names = tuple(f"w{i}" for i in range(100_000))
    figure = Heatmap("Noise", Axis("x"), Axis("y"), ("c",), names, ((0.5,),) * 100_000, "share", low_is_bad=False)
    text = showing(figure, sample_report)
    assert "and 99,950 more rows" in text
    part = text[text.index("### Noise") :].split("</details>")[0]
    assert [row[0] for row in rows_of(part)] == ["y", *names[:50]]


def blocks(text: str) -> list[str]:
    """The kinds of the document's blocks, in their order."""
    return [token.type for token in PARSER.parse(text)]


def test_tables_have_a_cell_for_each_column(sample_report: Report) -> None:
    """No pipe in a name adds a cell to its row."""
    rows: list[int] = []
    for token in tokens(markdown_report.render(sample_report)):
        if token.type == "table_open":
            rows = []
        if token.type == "tr_open":
            rows.append(0)
        if token.type in {"td_open", "th_open"}:
            rows[-1] += 1
        if token.type == "table_close":
            assert len(rows) > 1
            assert len(set(rows)) == 1
    assert rows


def test_sections_follow_the_verdict(sample_report: Report) -> None:
    """The verdict is the first paragraph; findings are grouped by severity, the severest first."""
    text = markdown_report.render(sample_report)
    assert text.splitlines()[2].startswith("**3 errors, 10 warnings, 16 notes in 32 of 35 tensors of 2 checkpoints;")
    order = [
        "### 3 errors",
        "### 10 warnings",
        "### 16 notes",
        "### Worst tensors",
        "### Failed",
        "<summary>Model map",
        "<summary><code>range</code>: What lies where",
        "<summary>Skipped",
        "## Unread",
        "<summary>What the figures mean",
        "<summary>Provenance",
    ]
    places = [text.index(title) for title in order]
    assert places == sorted(places)


def test_many_findings_of_a_rule_are_counted(sample_report: Report) -> None:
    """The first twenty are listed, the rest counted."""
    one = report_on("w", "broken", sample_report)
    many = dataclasses.replace(one.checkpoints[0], results=one.checkpoints[0].results * 57)
    text = markdown_report.render(dataclasses.replace(one, checkpoints=(many,)))
    assert text.count("- `w`: broken") == 20
    assert "- and 37 more" in text


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("@someone", "@<!-- -->someone"),
        ("see #12", "see #<!-- -->12"),
        ("https://example.invalid/", "https:<!-- -->//example.invalid/"),
        ("www.example.invalid", "www<!-- -->.example.invalid"),
        ("float8_e4m3fn: 2 * 3", "float8_e4m3fn: 2 &#42; 3"),
    ],
)
def test_sites_find_no_mention_or_link(message: str, shown: str) -> None:
    """What a site would turn into a link after rendering is cut in two; identifiers stay as they are."""
    assert markdown_markup.text(message) == shown


def test_what_to_do_comes_first(sample_report: Report) -> None:
    """The advice is a numbered list right after the verdict."""
    found = list(tokens(markdown_report.render(sample_report)))
    first = found[: next(at for at, token in enumerate(found) if token.type == "ordered_list_close")]
    listed = [token for token in first if token.type == "list_item_open"]
    seen = "".join(token.content for token in first if token.type in {"text", "text_special"})
    assert len(listed) == len(advice(sample_report))
    assert [line for line in advice(sample_report) if line not in seen] == []
    assert not [token for token in first if token.type == "heading_open"][1:]


def test_folded_parts_are_closed(sample_report: Report) -> None:
    """Every part that opens is closed before the next, so that nothing after it is hidden."""
    parts = [token.content for token in tokens(markdown_report.render(sample_report)) if token.type == "html_block"]
    kinds = [part.split("\n")[0].strip() for part in parts]
    assert len(kinds) >= 10
    assert kinds == ["<details>", "</details>"] * (len(kinds) // 2)


def test_definitions_name_their_references(sample_report: Report) -> None:
    """A definition stands with its code spans, unit and direction; its number is that of its source in the list."""
    text = markdown_report.render(sample_report)
    part = text[text.index("<summary>What the figures mean") :].split("</details>")[0]
    assert rows_of(part)[2] == [
        "overflows",
        "elements that a cast to format makes infinite",
        "elements",
        "lower",
        "[1]",
    ]
    found = list(PARSER.parse(part))
    listed = [found[at + 2].content for at, token in enumerate(found) if token.type == "list_item_open"]
    assert [words(line) for line in listed] == [
        "IEEE Std 754-2019, section 7.4",
        "C. E. Shannon (1948), A Mathematical Theory of <Communication>",
    ]


def test_the_command_can_be_copied(sample_report: Report) -> None:
    """It stands in a fence of its own, quoted for a shell."""
    found = tokens(markdown_report.render(sample_report))
    commands = [token.content.strip() for token in found if token.type == "fence" and token.info == "sh"]
    assert [shlex.split(command) for command in commands] == [list(sample_report.command)]


def test_the_unfolded_part_is_compact(large_report: Callable[[int, int], Report]) -> None:
    """Of a thousand tensors with findings, what is not folded takes a fraction of a comment on GitHub (65,536)."""
    text = markdown_report.render(large_report(1_000, 60))
    assert len(re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)) < 10_000
    assert len(text) < 65_536


def test_findings_stand_beside_a_baseline(sample_report: Report) -> None:
    """Each says whether it is new, worse or known; those that are gone are listed."""
    one = report_on("w", "broken", sample_report)
    found = one.checkpoints[0].findings[0]
    result = Result("range", "w", findings=(dataclasses.replace(found, novelty=Novelty.NEW),))
    checkpoint = dataclasses.replace(one.checkpoints[0], results=(result,))
    baseline = Baseline("old.json", "2025-12-31T00:00:00Z", (dataclasses.replace(found, subject="v"),))
    text = markdown_report.render(dataclasses.replace(one, checkpoints=(checkpoint,), baseline=baseline))
    assert "- `w`: broken (new)\n" in text
    assert "## Gone since the baseline\n\n- `PL001` `v`: broken\n" in text
