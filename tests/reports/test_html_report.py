"""The HTML report: its text, by Python's parser."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Measurement, Metric, Result
from precisionlab.escaping import printable
from precisionlab.reports import html_report
from precisionlab.reports.svg_heatmap import STRONGEST
from precisionlab.reports.tensor_columns import tensor_columns

VOID = {"meta", "link", "input", "br", "col"}


class Reader(HTMLParser):
    """Collects the elements of a page, their attributes and their text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.scripts: list[tuple[str, str]] = []
        """Type and text of each; the type is empty where it runs."""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that elements are closed in order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text under its element."""
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)
        if self.open[-1:] == ["script"]:
            self.scripts.append((self.elements[-1][1].get("type") or "", data))

    def visible(self) -> str:
        """All text that is neither script nor style."""
        return " ".join(text for tag, texts in self.texts.items() if tag not in {"script", "style"} for text in texts)


@pytest.fixture(scope="module")
def page(sample_report: Report) -> str:
    """The sample report as a page."""
    return html_report.render(sample_report)


def test_elements_are_closed_in_order(page: str) -> None:
    """A strict reader finds every element closed where it should be."""
    assert Reader(page).open == []


def test_nothing_is_loaded(page: str) -> None:
    """No element and no style asks for another file; links lead within the page."""
    reader = Reader(page)
    attributes = [pair for _, attrs in reader.elements for pair in attrs.items()]
    assert not [value for name, value in attributes if name in {"src", "srcset", "action", "formaction", "xlink:href"}]
    assert {value for name, value in attributes if name == "href" and not (value or "").startswith("#")} == {"data:,"}
    assert not re.search(r"url\(|@import|@font-face", "".join(reader.texts["style"]))


def test_the_policy_allows_these_scripts_and_this_style_alone(page: str) -> None:
    """The hashes in the head are those of the script, the library and the style sheet; no element has a handler or a style."""
    reader = Reader(page)
    policy = next(attrs["content"] or "" for tag, attrs in reader.elements if attrs.get("http-equiv"))
    (script,) = [text for kind, text in reader.scripts if not kind]
    (library,) = [text for kind, text in reader.scripts if kind == "text/plain"]
    scripts = f"'{hash_of(script)}' '{hash_of(library)}'"
    style = f"'{hash_of(''.join(reader.texts['style']))}'"
    assert policy == (
        f"default-src 'none'; img-src data:; style-src {style}; script-src {scripts}; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not [name for _, attrs in reader.elements for name in attrs if name.startswith("on") or name == "style"]


def hash_of(text: str) -> str:
    """As a policy names an inline script or style (CSP level 3, hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_a_page_without_charts_carries_no_library(sample_report: Report) -> None:
    """The library comes with charts only."""
    page = html_report.render(replace(sample_report, checkpoints=sample_report.checkpoints[1:]))
    assert "vegaEmbed =" not in page
    assert {kind for kind, _ in Reader(page).scripts} == {"", "application/json"}


def test_it_reads_without_a_script(page: str, sample_report: Report) -> None:
    """Verdict, summaries, findings with remedies, skipped, failed and unreadable are text of the page itself."""
    text = Reader(page).visible()
    for wanted in (
        "3 errors, 10 warnings, 16 notes",
        "in 32 of 35 tensors of 2 checkpoints",
        "1,234,567",
        "Interrupted",
    ):
        assert wanted in text
    for finding in sample_report.checkpoints[0].findings:
        assert finding.remedy in text
        assert printable(finding.message) in text
    for wanted in ("division by <zero>", "not a tensor", "the header ends after 5 of 80 bytes", "Exponents and what"):
        assert wanted in text


def test_headings_do_not_skip_a_level(page: str) -> None:
    """One h1, and every heading at most one level below the one before."""
    levels = [int(tag[1]) for tag, _ in Reader(page).elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_severity_is_a_word(page: str) -> None:
    """What is coloured by severity also says it."""
    for word, number in (("error", 3), ("warning", 10), ("note", 16)):
        assert f'<span class="severity {word}">{word}</span>' in page
        assert f'<h4 class="{word}">{number} {word}s</h4>' in page


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_report_gives_a_sound_page(data: st.DataObject, any_report: st.SearchStrategy[Report]) -> None:
    """However senseless the report, the page is well-formed, can be encoded, and its data is JSON."""
    text = html_report.render(data.draw(any_report))
    text.encode()
    reader = Reader(text)
    assert reader.open == []
    for kind, embedded in reader.scripts:
        if kind == "application/json":
            json.loads(embedded)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, relative luminance)."""
    low, high = sorted(map(luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_has_contrast_in_light_and_dark() -> None:
    """Every colour of text stands at 4.5 to 1 or more against paper and shaded rows."""
    style = html_report.page_file("report.css")
    schemes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block)) for block in re.findall(r"{([^{}]*--paper[^{}]*)}", style)
    ]
    assert len([scheme for scheme in schemes if "soft" in scheme]) == 3
    for scheme in (scheme for scheme in schemes if "soft" in scheme):
        for name in ("ink", "muted", "accent", "error", "warning", "note"):
            assert min(contrast(scheme[name], scheme[ground]) for ground in ("paper", "soft")) >= 4.5, name
        assert contrast(scheme["ink"], mixed(scheme["paper"], scheme["accent"], STRONGEST)) >= 4.5


def mixed(ground: str, over: str, opacity: float) -> str:
    """The colour that is seen where one of some opacity lies over another one."""
    parts = ((int(ground[i : i + 2], 16), int(over[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(below + opacity * (above - below)):02x}" for below, above in parts)


def test_the_table_begins_with_what_most_tensors_have(sample_report: Report) -> None:
    """Measurements of few tensors come last, also preferred ones; else those come first that analyzers tell first."""
    first = sample_report.checkpoints[1]
    names = ("a", "b", "c")
    common = tuple(Measurement(Metric(f"listed_{i}", ""), i) for i in range(3))
    used = Measurement(Metric("mantissa_bits_in_use", "bits"), 7)
    results = (
        Result("bits", "a", measurements=(Measurement(Metric("zeros_share", "1"), 0.5), *common)),
        Result("bits", "b", measurements=(common[0], used, *common[1:])),
        Result("bits", "c", measurements=(common[0], used, *common[1:])),
    )
    tensors = tuple(replace(first.tensors[0], name=name) for name in names)
    found = tensor_columns(replace(first, tensors=tensors, results=results))
    assert [column.key for column in found] == [
        *("listed_0", "mantissa_bits_in_use", "listed_1", "listed_2", "zeros_share"),
    ]
